/* SPDX-License-Identifier: Apache-2.0 */
#include "health/sight.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static struct sight s;

static int clear(void **state) {
    s = (struct sight){.networks_full = false};
    return 0;
}

static void a_vlan_is_remembered_with_its_longest_pause(void **state) {
    static const time_ns times[] = {10, 12, 30, 31};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        sight_vlan(&s, 40, times[i] * NS_PER_S);
    assert_int_equal(s.vlan[40].first, 10 * NS_PER_S);
    assert_int_equal(s.vlan[40].last, 31 * NS_PER_S);
    assert_int_equal(s.vlan[40].pause, 18 * NS_PER_S);
    sight_vlan(&s, 0, NS_PER_S);
    assert_int_equal(s.vlan[0].first, 0);
}

static void a_network_is_seen_once_it_was_and_no_other(void **state) {
    sight_network(&s, "lanes");
    sight_network(&s, "lanes");
    assert_true(sight_has_network(&s, "lanes"));
    assert_false(sight_has_network(&s, "depot"));
}

static void networks_beyond_the_room_count_as_seen(void **state) {
    char name[16];
    for (int i = 0; i < SIGHT_NETWORKS; i++) {
        snprintf(name, sizeof name, "n%d", i);
        sight_network(&s, name);
    }
    assert_true(sight_has_network(&s, "n0"));
    assert_false(sight_has_network(&s, "other"));
    sight_network(&s, "one more");
    assert_true(sight_has_network(&s, "one more") && sight_has_network(&s, "other"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_vlan_is_remembered_with_its_longest_pause, clear),
        cmocka_unit_test_setup(a_network_is_seen_once_it_was_and_no_other, clear),
        cmocka_unit_test_setup(networks_beyond_the_room_count_as_seen, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
