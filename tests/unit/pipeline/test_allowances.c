/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/allowances.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { MIB = 1 << 20 };

static struct address host(uint32_t n) {
    struct address a;
    memset(&a, 0, sizeof a);
    memcpy((uint8_t *)&a + sizeof a - sizeof n, &n, sizeof n);
    return a;
}

static struct pair_allowance *open_pair(struct allowances *s, uint32_t a, uint32_t b) {
    struct address one = host(a), other = host(b);
    return allowances_open(s, &one, &other);
}

static void both_directions_of_a_pair_and_all_its_flows_share_one(void **state) {
    struct allowances s = {.rest = NULL};
    assert_true(allowances_init(&s, 16));
    struct pair_allowance *p = open_pair(&s, 1, 2);
    allowances_release(p);
    assert_ptr_equal(open_pair(&s, 2, 1), p);
    assert_ptr_not_equal(open_pair(&s, 1, 3), p);
    assert_int_equal(p->allowance.left[ACCOUNT_DECODED], MIB);
    allowances_finish(&s);
}

static void who_closes_a_flow_and_opens_another_has_what_was_left(void **state) {
    struct allowances s = {.rest = NULL};
    assert_true(allowances_init(&s, 16));
    struct pair_allowance *p = open_pair(&s, 1, 2);
    assert_int_equal(allowance_take(&p->allowance, ACCOUNT_DECODED, 2 * MIB), MIB);
    allowances_release(p);
    p = open_pair(&s, 1, 2);
    assert_int_equal(allowance_take(&p->allowance, ACCOUNT_DECODED, 1), 0);
    allowances_earn(&s, p, 10);
    assert_int_equal(allowance_take(&p->allowance, ACCOUNT_DECODED, 1000), 200);
    allowances_finish(&s);
}

static void where_all_places_are_in_use_the_rest_share_one(void **state) {
    struct allowances s = {.rest = NULL};
    assert_true(allowances_init(&s, 4));
    struct pair_allowance *first = open_pair(&s, 0, 100);
    for (uint32_t i = 1; i < 4; i++)
        open_pair(&s, i, 100);
    struct pair_allowance *more = open_pair(&s, 4, 100);
    assert_ptr_equal(open_pair(&s, 5, 100), more);
    allowances_release(first); /* its place is free now */
    assert_ptr_not_equal(open_pair(&s, 6, 100), more);
    allowances_finish(&s);
}

static void many_new_pairs_find_the_chest_empty_until_somebody_brings_bytes(void **state) {
    struct allowances s = {.rest = NULL};
    assert_true(allowances_init(&s, 1024));
    uint64_t given = 0;
    for (uint32_t i = 0; i < 1000; i++) {
        struct pair_allowance *p = open_pair(&s, i, 5000);
        given += allowance_take(&p->allowance, ACCOUNT_DECODED, MIB);
        allowances_release(p);
    }
    assert_int_equal(given, (uint64_t)256 * MIB);
    struct pair_allowance *p = open_pair(&s, 1, 5000);
    allowances_earn(&s, p, MIB);
    p = open_pair(&s, 2000, 5000);
    assert_int_equal(allowance_take(&p->allowance, ACCOUNT_DECODED, 2 * MIB), MIB);
    allowances_finish(&s);
}

static void where_the_chest_is_empty_a_new_pair_earns_before_anything_small_is_looked_at(void **state) {
    struct allowances s = {.rest = NULL};
    assert_true(allowances_init(&s, 1024));
    struct pair_allowance *p = open_pair(&s, 0, 5000);
    assert_true(allowance_has(&p->allowance, ACCOUNT_OBJECTS, MIB));
    for (uint32_t i = 1; i <= 256; i++)
        p = open_pair(&s, i, 5000);
    allowances_earn(&s, p, ALLOWANCE_SMALL);
    assert_false(allowance_spend(&p->allowance, ACCOUNT_OBJECTS, ALLOWANCE_SMALL));
    allowances_earn(&s, p, 1);
    assert_true(allowance_spend(&p->allowance, ACCOUNT_OBJECTS, ALLOWANCE_SMALL));
    allowances_finish(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_directions_of_a_pair_and_all_its_flows_share_one),
        cmocka_unit_test(who_closes_a_flow_and_opens_another_has_what_was_left),
        cmocka_unit_test(where_all_places_are_in_use_the_rest_share_one),
        cmocka_unit_test(many_new_pairs_find_the_chest_empty_until_somebody_brings_bytes),
        cmocka_unit_test(where_the_chest_is_empty_a_new_pair_earns_before_anything_small_is_looked_at),
    };
    return cmocka_run_group_tests_name("pipeline/allowances", tests, NULL, NULL);
}
