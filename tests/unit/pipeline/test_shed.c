/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/overload/shed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Looks every 100 ms for `ms` milliseconds at the same signs; the changes that were told, as bits. */
static unsigned look(struct shed *s, time_ns *now, int ms, struct shed_pressure p) {
    unsigned told = 0;
    for (int i = 0; i < ms / 100; i++) {
        *now += 100 * NS_PER_MS;
        p.now = *now;
        told |= 1u << shed_update(s, &p);
    }
    return told;
}

static const struct shed_pressure quiet = {.ring = 10}, full = {.ring = 950};

static void a_ring_that_is_read_in_time_sheds_nothing(void **state) {
    struct shed s = {0};
    time_ns now = 0;
    assert_int_equal(look(&s, &now, 10000, (struct shed_pressure){.ring = 240, .memory = 890}),
                     1u << SHED_SAME);
    assert_int_equal(s.level, SHED_NOTHING);
}

static void each_level_begins_at_its_own_share_of_the_ring(void **state) {
    static const struct {
        int ring;
        enum shed_level level;
    } cases[] = {{250, SHED_APPROVED}, {399, SHED_APPROVED}, {400, SHED_UNKNOWN}, {599, SHED_UNKNOWN},
                 {600, SHED_ALERTED},  {899, SHED_ALERTED},  {900, SHED_STARTS},  {1000, SHED_STARTS}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct shed s = {0};
        time_ns now = 0;
        look(&s, &now, 3000, (struct shed_pressure){.ring = cases[i].ring});
        assert_int_equal(s.level, cases[i].level);
    }
}

static void a_full_ring_raises_one_level_every_200_ms(void **state) {
    struct shed s = {0};
    time_ns now = 0;
    assert_int_equal(look(&s, &now, 100, full), 1u << SHED_BEGAN);
    assert_int_equal(s.level, SHED_APPROVED);
    assert_int_equal(look(&s, &now, 100, full), 1u << SHED_SAME);
    look(&s, &now, 100, full);
    assert_int_equal(s.level, SHED_UNKNOWN);
    assert_true(look(&s, &now, 400, full) & 1u << SHED_WORSE);
    assert_int_equal(s.level, SHED_STARTS);
    assert_int_equal(look(&s, &now, 5000, full), 1u << SHED_SAME);
}

static void lost_packets_raise_it_whatever_the_ring_shows(void **state) {
    struct shed s = {0};
    struct shed_pressure p = {.now = 1, .ring = -1, .dropped = 500};
    assert_int_equal(shed_update(&s, &p), SHED_SAME); /* what was lost before it looked is not its concern */
    for (int i = 0; i < 8; i++) {
        p.now += 200 * NS_PER_MS;
        p.dropped++;
        shed_update(&s, &p);
    }
    assert_int_equal(s.level, SHED_STARTS);
    assert_int_equal(s.dropped_before, 500);
}

static void memory_never_stops_the_start_of_transfers(void **state) {
    struct shed s = {0};
    time_ns now = 0;
    look(&s, &now, 5000, (struct shed_pressure){.ring = -1, .memory = 1000});
    assert_int_equal(s.level, SHED_ALERTED);
}

static void it_falls_level_by_level_after_a_calm_and_ends_once(void **state) {
    struct shed s = {0};
    time_ns now = 0;
    look(&s, &now, 2000, full);
    assert_int_equal(look(&s, &now, 600, quiet), 1u << SHED_SAME);
    assert_int_equal(s.level, SHED_ALERTED); /* what costs alerts is left first, after half a second */
    look(&s, &now, 2100, quiet);
    assert_int_equal(s.level, SHED_UNKNOWN);
    look(&s, &now, 2000, quiet);
    assert_int_equal(s.level, SHED_APPROVED);
    assert_true(look(&s, &now, 5100, quiet) & 1u << SHED_ENDED);
    assert_int_equal(s.level, SHED_NOTHING);
    assert_int_equal(s.worst, SHED_STARTS);
    assert_int_equal(look(&s, &now, 20000, quiet), 1u << SHED_SAME);
}

static void between_the_two_marks_nothing_changes(void **state) {
    struct shed s = {0};
    time_ns now = 0;
    look(&s, &now, 100, (struct shed_pressure){.ring = 260});
    look(&s, &now, 60000, (struct shed_pressure){.ring = 100});
    assert_int_equal(s.level, SHED_APPROVED);
}

static void a_level_that_was_told_is_not_told_again_in_the_same_episode(void **state) {
    struct shed s = {0};
    time_ns now = 0;
    look(&s, &now, 2000, full);
    look(&s, &now, 700, quiet);
    assert_int_equal(s.level, SHED_ALERTED);
    assert_int_equal(look(&s, &now, 1000, full), 1u << SHED_SAME);
    assert_int_equal(s.level, SHED_STARTS);
}

static void a_clock_that_jumps_back_does_not_hold_a_level(void **state) {
    struct shed s = {0};
    time_ns now = 86400 * NS_PER_S;
    look(&s, &now, 500, (struct shed_pressure){.ring = -1, .memory = 950});
    assert_true(s.level > SHED_NOTHING);
    now = 0;
    assert_true(look(&s, &now, 30000, (struct shed_pressure){.ring = -1}) & 1u << SHED_ENDED);
    assert_int_equal(s.level, SHED_NOTHING);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ring_that_is_read_in_time_sheds_nothing),
        cmocka_unit_test(each_level_begins_at_its_own_share_of_the_ring),
        cmocka_unit_test(a_full_ring_raises_one_level_every_200_ms),
        cmocka_unit_test(lost_packets_raise_it_whatever_the_ring_shows),
        cmocka_unit_test(memory_never_stops_the_start_of_transfers),
        cmocka_unit_test(it_falls_level_by_level_after_a_calm_and_ends_once),
        cmocka_unit_test(between_the_two_marks_nothing_changes),
        cmocka_unit_test(a_level_that_was_told_is_not_told_again_in_the_same_episode),
        cmocka_unit_test(a_clock_that_jumps_back_does_not_hold_a_level),
    };
    return cmocka_run_group_tests_name("pipeline/shed", tests, NULL, NULL);
}
