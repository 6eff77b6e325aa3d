/* SPDX-License-Identifier: Apache-2.0 */
#include "health/conditions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct health_options options = {
    .interval = 60 * NS_PER_S, .loss = 1, .one_sided = 50, .duplicates = 20};
static struct health_setup setup = {.options = &options, .interface = "eth1"};

static struct opinion judge(const char *key, const struct outlook *o) {
    struct opinion out = {.what = 0};
    const struct condition *c = conditions;
    while (c->key && strcmp(c->key, key) != 0)
        c++;
    assert_non_null(c->key);
    c->judge(o, &out);
    return out;
}

static struct outlook calm(void) {
    return (struct outlook){.setup = &setup, .length = 60 * NS_PER_S, .counted = {[COUNTER_PACKETS] = 10000}};
}

static void a_clock_that_is_set_is_told_with_direction_and_a_small_step_is_not(void **state) {
    struct outlook o = calm();
    o.clock_step = 900 * NS_PER_MS;
    assert_int_equal(judge("clock-set", &o).what, 0);
    o.clock_step = -90 * NS_PER_S;
    struct opinion back = judge("clock-set", &o);
    assert_true(back.what != 0);
    assert_non_null(strstr(back.text, "set back by 90.0 s"));
    o.clock_step = 2 * NS_PER_S;
    assert_non_null(strstr(judge("clock-set", &o).text, "set forward by 2.0 s"));
}

static void lost_records_are_told_with_their_number(void **state) {
    struct outlook o = calm();
    assert_int_equal(judge("records-lost", &o).what, 0);
    o.counted[COUNTER_RECORDS_LOST] = 7;
    assert_non_null(strstr(judge("records-lost", &o).text, "7 records were lost"));
    o.counted[COUNTER_RECORDS_GIVEN_UP] = 2;
    assert_non_null(strstr(judge("records-lost", &o).text, "2 records were stepped over"));
}

static void thresholds_hold_from_their_value_on(void **state) {
    struct outlook o = calm();
    o.loss_ppm = 9999;
    assert_int_equal(judge("traffic-lost", &o).what, 0);
    o.loss_ppm = 10000;
    assert_true(judge("traffic-lost", &o).what != 0);
    o.counted[COUNTER_FLOWS_JUDGED] = 10;
    o.counted[COUNTER_FLOWS_ONE_SIDED] = 4;
    assert_int_equal(judge("span-one-way", &o).what, 0);
    o.counted[COUNTER_FLOWS_ONE_SIDED] = 5;
    assert_true(judge("span-one-way", &o).what != 0);
    o.counted[COUNTER_DUPLICATES_SAMPLED] = 119;
    o.counted[COUNTER_DUPLICATES] = 19;
    assert_int_equal(judge("span-duplicated", &o).what, 0);
    o.counted[COUNTER_DUPLICATES_SAMPLED] = 120;
    o.counted[COUNTER_DUPLICATES] = 20;
    assert_true(judge("span-duplicated", &o).what != 0);
}

static void too_little_traffic_leaves_what_was_said(void **state) {
    struct outlook o = calm();
    o.counted[COUNTER_PACKETS] = 10;
    o.loss_ppm = 500000;
    assert_true(judge("traffic-lost", &o).unsure);
    o.counted[COUNTER_FLOWS_JUDGED] = o.counted[COUNTER_FLOWS_ONE_SIDED] = 4;
    assert_true(judge("span-one-way", &o).unsure);
    o.counted[COUNTER_PACKETS] = 0;
    assert_true(judge("span-silent", &o).what != 0);
    o.length = 30 * NS_PER_S;
    assert_true(judge("span-silent", &o).unsure);
}

static void an_interface_is_told_by_what_is_wrong_with_it(void **state) {
    struct outlook o = calm();
    assert_true(judge("interface-down", &o).unsure);
    o.interface.known = true;
    assert_non_null(strstr(judge("interface-down", &o).text, "eth1 is gone"));
    o.interface.there = true;
    assert_non_null(strstr(judge("interface-down", &o).text, "ip link set eth1 up"));
    o.interface.up = true;
    assert_non_null(strstr(judge("interface-down", &o).text, "no carrier"));
    o.interface.carrier = true;
    assert_int_equal(judge("interface-down", &o).what, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clock_that_is_set_is_told_with_direction_and_a_small_step_is_not),
        cmocka_unit_test(lost_records_are_told_with_their_number),
        cmocka_unit_test(thresholds_hold_from_their_value_on),
        cmocka_unit_test(too_little_traffic_leaves_what_was_said),
        cmocka_unit_test(an_interface_is_told_by_what_is_wrong_with_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
