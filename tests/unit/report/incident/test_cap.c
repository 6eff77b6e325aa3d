/* SPDX-License-Identifier: Apache-2.0 */
#include "report/incident/cap.h"

#include "../example.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct cap_summary summary;

static const char *id_of(int i) {
    static char id[37];
    snprintf(id, sizeof id, "%08x-0000-8000-8000-000000000000", (unsigned)i);
    return id;
}

static struct cap *begin(uint64_t per_destination, uint64_t global) {
    const struct alert_limits limits = {per_destination, global, 3600 * NS_PER_S};
    struct cap *c = cap_create(&limits);
    assert_non_null(c);
    return c;
}

static bool give(struct cap *c, int64_t seconds, const char *destination, bool opening, int incident) {
    time_ns t = EXAMPLE_TIME + seconds * NS_PER_S;
    cap_turn(c, t, false, &summary);
    return cap_admit(c, t, bytes_text(destination), opening, id_of(incident));
}

static void a_destination_has_its_part_and_others_have_theirs(void **state) {
    struct cap *c = begin(10, 100);
    for (int i = 0; i < 50; i++)
        assert_int_equal(give(c, i, "noisy", true, i), i < 10);
    for (int i = 0; i < 9; i++) {
        char name[16];
        snprintf(name, sizeof name, "quiet %d", i);
        for (int k = 0; k < 10; k++)
            assert_true(give(c, 60, name, true, 100 + i));
    }
    assert_false(give(c, 60, "one more", true, 200)); /* a hundred in all */
    cap_destroy(c);
}

static void growth_leaves_half_of_the_whole_to_openings(void **state) {
    struct cap *c = begin(0, 100);
    for (int i = 0; i < 200; i++)
        assert_int_equal(give(c, 0, "a", false, i), i < 50);
    for (int i = 0; i < 60; i++)
        assert_int_equal(give(c, 1, "b", true, 500 + i), i < 50);
    cap_destroy(c);
}

static void a_window_says_once_what_it_held_back_and_whose(void **state) {
    struct cap *c = begin(1, 0);
    assert_true(give(c, 0, "a", true, 1));
    for (int i = 0; i < 6; i++)
        assert_false(give(c, 10 + i, "a", false, 1 + i % 3));
    assert_false(cap_turn(c, EXAMPLE_TIME + 3599 * NS_PER_S, false, &summary));
    assert_true(cap_turn(c, EXAMPLE_TIME + 3600 * NS_PER_S, false, &summary));
    assert_int_equal(summary.alerts, 6);
    assert_int_equal(summary.incidents, 3);
    assert_int_equal(summary.begin, EXAMPLE_TIME);
    assert_int_equal(summary.end, EXAMPLE_TIME + 3600 * NS_PER_S);
    assert_int_equal(summary.ids.n, 3 * 37 - 1);
    assert_memory_equal(summary.ids.p + 37, id_of(2), 36);
    assert_false(cap_turn(c, EXAMPLE_TIME + 9000 * NS_PER_S, false, &summary));
    assert_true(give(c, 3600, "a", false, 1));                                  /* a new window */
    assert_false(cap_turn(c, EXAMPLE_TIME + 9000 * NS_PER_S, false, &summary)); /* which held nothing back */
    cap_destroy(c);
}

static void a_flood_of_destinations_is_capped_and_its_incidents_are_counted(void **state) {
    struct cap *c = begin(10, 100);
    int admitted = 0;
    for (int i = 0; i < 20000; i++) {
        char name[16];
        snprintf(name, sizeof name, "host %d", i);
        admitted += give(c, 1, name, true, i);
    }
    assert_int_equal(admitted, 100);
    assert_true(cap_turn(c, EXAMPLE_TIME + 2 * NS_PER_S, true, &summary));
    assert_int_equal(summary.alerts, 19900);
    assert_in_range(summary.incidents, 19900 * 9 / 10, 19900 * 11 / 10);
    assert_int_equal(summary.ids.n, CAP_IDS_MAX * 37 - 1);
    cap_destroy(c);
}

static void without_bounds_all_go_out(void **state) {
    struct cap *c = begin(0, 0);
    for (int i = 0; i < 5000; i++)
        assert_true(give(c, 0, "a", false, i));
    assert_false(cap_turn(c, EXAMPLE_TIME, true, &summary));
    cap_destroy(c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_destination_has_its_part_and_others_have_theirs),
        cmocka_unit_test(growth_leaves_half_of_the_whole_to_openings),
        cmocka_unit_test(a_window_says_once_what_it_held_back_and_whose),
        cmocka_unit_test(a_flood_of_destinations_is_capped_and_its_incidents_are_counted),
        cmocka_unit_test(without_bounds_all_go_out),
    };
    return cmocka_run_group_tests_name("report/cap", tests, NULL, NULL);
}
