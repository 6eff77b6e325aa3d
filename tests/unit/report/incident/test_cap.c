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

static enum standing standing; /* of what is given */
static bool flow;              /* likewise */

static bool give(struct cap *c, int64_t seconds, const char *destination, bool opening, int incident) {
    time_ns t = EXAMPLE_TIME + seconds * NS_PER_S;
    const struct cap_alert alert = {bytes_text(destination), id_of(incident), standing, opening, flow};
    cap_turn(c, t, false, &summary);
    return cap_admit(c, t, &alert);
}

/* So many alerts of different incidents, each to a destination of its own; how many went out. */
static unsigned flood(struct cap *c, enum standing of, bool opening, int many) {
    unsigned admitted = 0;
    standing = of;
    for (int i = 0; i < many; i++) {
        char name[32];
        snprintf(name, sizeof name, "%d of %d", i, of);
        admitted += give(c, 1, name, opening, of * 100000 + i);
    }
    standing = STANDING_SMALL;
    return admitted;
}

static unsigned flood_flows(struct cap *c, enum standing of, bool opening, int many) {
    flow = true;
    unsigned admitted = flood(c, of, opening, many);
    flow = false;
    return admitted;
}

static void a_destination_has_its_part_and_others_have_theirs(void **state) {
    struct cap *c = begin(10, 200); /* of which seventy are common */
    for (int i = 0; i < 50; i++)
        assert_int_equal(give(c, i, "noisy", true, i), i < 10);
    for (int i = 0; i < 6; i++) {
        char name[16];
        snprintf(name, sizeof name, "quiet %d", i);
        for (int k = 0; k < 10; k++)
            assert_true(give(c, 60, name, true, 100 + i));
    }
    assert_false(give(c, 60, "one more", true, 200));
    cap_destroy(c);
}

static void growth_leaves_half_of_all_and_a_quarter_of_a_destination_to_openings(void **state) {
    struct cap *c = begin(0, 200);
    for (int i = 0; i < 200; i++)
        assert_int_equal(give(c, 0, "a", false, i), i < 35);
    for (int i = 0; i < 60; i++)
        assert_int_equal(give(c, 1, "b", true, 500 + i), i < 35);
    cap_destroy(c);
    c = begin(40, 200);
    for (int i = 0; i < 60; i++)
        assert_int_equal(give(c, 0, "a", false, i), i < 30);
    for (int i = 0; i < 60; i++)
        assert_int_equal(give(c, 1, "a", true, 500 + i), i < 10);
    cap_destroy(c);
}

static void seven_hundred_decoys_drown_no_alert_of_a_partner(void **state) {
    struct cap *c = begin(60, 600);
    assert_int_equal(flood(c, STANDING_SMALL, true, 700), 210);
    standing = STANDING_DENIED;
    for (int i = 0; i < 5; i++)
        assert_true(give(c, 2, "partner", i == 0, 900 + i));
    standing = STANDING_SMALL;
    cap_destroy(c);
}

static void what_is_severe_and_what_is_of_partners_has_a_share_and_then_what_is_common(void **state) {
    struct cap *c = begin(0, 600);
    assert_int_equal(flood(c, STANDING_LARGE, true, 1000), 90 + 210);
    assert_int_equal(flood(c, STANDING_SMALL, true, 1000), 0);
    assert_int_equal(flood(c, STANDING_PARTNER, true, 1000), 60);
    assert_int_equal(flood(c, STANDING_DENIED, false, 1000), 75);
    assert_int_equal(flood(c, STANDING_DENIED, true, 1000), 75);
    cap_destroy(c);
}

static void flows_that_nobody_reads_have_shares_of_their_own_and_use_no_other(void **state) {
    struct cap *c = begin(0, 600);
    assert_int_equal(flood_flows(c, STANDING_SMALL, true, 1000), 30);
    assert_int_equal(flood_flows(c, STANDING_LARGE, true, 1000), 0);
    assert_int_equal(flood_flows(c, STANDING_DENIED, true, 1000), 60);
    assert_int_equal(flood(c, STANDING_DENIED, true, 1000), 150 + 210); /* objects have what they had */
    cap_destroy(c);
    c = begin(0, 600);
    flood(c, STANDING_DENIED, true, 1000);
    flood(c, STANDING_SMALL, true, 1000);
    assert_int_equal(flood_flows(c, STANDING_DENIED, true, 1000), 60);
    cap_destroy(c);
}

static void floods_of_all_kinds_together_are_no_more_than_the_cap(void **state) {
    static const uint64_t caps[] = {4, 5, 7, 99, 600, 601};
    for (size_t i = 0; i < sizeof caps / sizeof caps[0]; i++) {
        struct cap *c = begin(0, caps[i]);
        unsigned all = 0;
        for (int s = 0; s < STANDING_COUNT; s++)
            all += flood(c, (enum standing)s, true, 1000) + flood_flows(c, (enum standing)s, true, 1000);
        assert_int_equal(all, caps[i]);
        cap_destroy(c);
    }
}

static void the_smallest_cap_keeps_one_alert_for_each_share(void **state) {
    struct cap *c = begin(1, 4);
    assert_int_equal(flood(c, STANDING_SMALL, true, 10), 1);
    assert_int_equal(flood(c, STANDING_DENIED, true, 10), 1);
    cap_destroy(c);
}

static void a_window_names_those_of_partners_first(void **state) {
    struct cap *c = begin(0, 4);
    flood(c, STANDING_SMALL, true, 100);
    flood(c, STANDING_DENIED, true, 3); /* the second and the third are held back */
    assert_true(cap_turn(c, EXAMPLE_TIME + 2 * NS_PER_S, true, &summary));
    assert_int_equal(summary.ids.n, CAP_IDS_MAX * 37 - 1);
    for (int i = 1; i < 3; i++)
        assert_non_null(memmem(summary.ids.p, summary.ids.n, id_of(STANDING_DENIED * 100000 + i), 36));
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
    assert_int_equal(admitted, 35);
    assert_true(cap_turn(c, EXAMPLE_TIME + 2 * NS_PER_S, true, &summary));
    assert_int_equal(summary.alerts, 19965);
    assert_in_range(summary.incidents, 19965 * 84 / 100, 19965 * 116 / 100); /* five standard errors */
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
        cmocka_unit_test(growth_leaves_half_of_all_and_a_quarter_of_a_destination_to_openings),
        cmocka_unit_test(seven_hundred_decoys_drown_no_alert_of_a_partner),
        cmocka_unit_test(what_is_severe_and_what_is_of_partners_has_a_share_and_then_what_is_common),
        cmocka_unit_test(flows_that_nobody_reads_have_shares_of_their_own_and_use_no_other),
        cmocka_unit_test(floods_of_all_kinds_together_are_no_more_than_the_cap),
        cmocka_unit_test(the_smallest_cap_keeps_one_alert_for_each_share),
        cmocka_unit_test(a_window_names_those_of_partners_first),
        cmocka_unit_test(a_window_says_once_what_it_held_back_and_whose),
        cmocka_unit_test(a_flood_of_destinations_is_capped_and_its_incidents_are_counted),
        cmocka_unit_test(without_bounds_all_go_out),
    };
    return cmocka_run_group_tests_name("report/cap", tests, NULL, NULL);
}
