/* SPDX-License-Identifier: Apache-2.0 */
#include "base/allowance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { MIB = 1 << 20 };

static void a_new_one_has_a_little_and_no_more(void **state) {
    struct allowance a;
    allowance_init(&a, 1000);
    assert_int_equal(allowance_take(&a, ACCOUNT_DECODED, MIB - 1), MIB - 1);
    assert_int_equal(allowance_take(&a, ACCOUNT_DECODED, 2), 1);
    assert_int_equal(allowance_take(&a, ACCOUNT_DECODED, 2), 0);
    assert_int_equal(allowance_take(&a, ACCOUNT_MATCHED, 2), 2); /* an account of its own */
}

static void a_share_of_nothing_is_nothing(void **state) {
    struct allowance a;
    allowance_init(&a, 0);
    for (enum account i = 0; i < ACCOUNT_COUNT; i++)
        assert_int_equal(allowance_take(&a, i, 1), 0);
}

static void each_byte_earns_its_ratio_up_to_the_cap(void **state) {
    struct allowance a;
    allowance_init(&a, 0);
    allowance_earn(&a, 100);
    assert_int_equal(a.left[ACCOUNT_DECODED], 2000);
    assert_int_equal(a.left[ACCOUNT_MATCHED], 300);
    assert_int_equal(a.left[ACCOUNT_OBJECTS], 100);
    allowance_earn(&a, UINT64_MAX);
    assert_int_equal(a.left[ACCOUNT_DECODED], 4 * MIB);
    assert_int_equal(a.left[ACCOUNT_OBJECTS], 5 * MIB / 4);
    for (int i = 0; i < 1000; i++)
        allowance_earn(&a, 12345);
    assert_int_equal(a.left[ACCOUNT_DECODED], 4 * MIB);
}

static void what_is_spent_beyond_is_owed_once_and_earned_first(void **state) {
    struct allowance a;
    allowance_init(&a, 0);
    allowance_earn(&a, 1);
    assert_true(allowance_spend(&a, ACCOUNT_DECODED, 4020));
    assert_int_equal(a.left[ACCOUNT_DECODED], -4000);
    assert_false(allowance_spend(&a, ACCOUNT_DECODED, 4020));
    assert_int_equal(a.left[ACCOUNT_DECODED], -4000);
    allowance_earn(&a, 200);
    assert_false(allowance_has(&a, ACCOUNT_DECODED, 1));
    allowance_earn(&a, 1);
    assert_true(allowance_has(&a, ACCOUNT_DECODED, 1));
}

static void what_was_done_is_owed_whatever_is_left(void **state) {
    struct allowance a;
    allowance_init(&a, 0);
    allowance_owe(&a, ACCOUNT_DECODED, 100);
    allowance_owe(&a, ACCOUNT_DECODED, 60);
    assert_int_equal(a.left[ACCOUNT_DECODED], -160);
    assert_true(a.poor[ACCOUNT_DECODED]);
    allowance_earn(&a, 8);
    assert_false(allowance_has(&a, ACCOUNT_DECODED, 1));
    allowance_earn(&a, 1);
    assert_true(allowance_has(&a, ACCOUNT_DECODED, 1));
    for (int i = 0; i < 3; i++)
        allowance_owe(&a, ACCOUNT_DECODED, UINT64_MAX);
    assert_int_equal(a.left[ACCOUNT_DECODED], -256 * MIB); /* and not for ever */
    allowance_owe(NULL, ACCOUNT_DECODED, 7);
}

static void who_decodes_much_borrows_up_to_a_share_and_makes_it_good(void **state) {
    int64_t common = ALLOWANCE_COMMON;
    struct allowance a, other;
    allowance_init(&a, 0);
    assert_false(allowance_borrow(&a, 1)); /* from nobody */
    a.common = &common;
    assert_true(allowance_borrow(&a, 1));
    assert_int_equal(a.left[ACCOUNT_DECODED], 4 * MIB);
    assert_int_equal(common, ALLOWANCE_COMMON - 4 * MIB);
    assert_true(allowance_borrow(&a, 4 * MIB)); /* is there already */
    assert_int_equal(a.lent, 4 * MIB);
    for (int i = 1; i < ALLOWANCE_LENT / (4 * MIB); i++) {
        assert_true(allowance_spend(&a, ACCOUNT_DECODED, 4 * MIB));
        assert_true(allowance_borrow(&a, 4 * MIB));
    }
    assert_true(allowance_spend(&a, ACCOUNT_DECODED, 4 * MIB));
    assert_false(allowance_borrow(&a, 1));
    allowance_init(&other, 0);
    other.common = &common;
    assert_true(allowance_borrow(&other, 1));
    int64_t before = common;
    allowance_earn(&a, 2 * MIB);
    allowance_earn_common(&common, 2 * MIB);
    assert_int_equal(common - before, 4 * MIB);
    assert_true(allowance_spend(&a, ACCOUNT_DECODED, 4 * MIB));
    assert_true(allowance_borrow(&a, 1));
    assert_false(allowance_spend(&a, ACCOUNT_DECODED, 4 * MIB) && allowance_borrow(&a, 1));
    allowance_earn_common(&common, UINT64_MAX);
    assert_int_equal(common, ALLOWANCE_COMMON);
}

static void what_is_not_dear_borrows_little_and_leaves_the_rest(void **state) {
    int64_t common = ALLOWANCE_COMMON;
    struct allowance a;
    unsigned pairs = 0;
    allowance_init(&a, 0);
    assert_false(allowance_borrow_easily(&a, 1)); /* from nobody */
    a.common = &common;
    for (int i = 0; i < ALLOWANCE_LENT_EASY / (4 * MIB); i++) {
        assert_true(allowance_borrow_easily(&a, 4 * MIB));
        assert_true(allowance_spend(&a, ACCOUNT_DECODED, 4 * MIB));
    }
    assert_false(allowance_borrow_easily(&a, 1));
    assert_true(allowance_borrow(&a, 1)); /* for what is dear */
    do {
        allowance_init(&a, 0);
        a.common = &common;
    } while (allowance_borrow_easily(&a, ALLOWANCE_LENT_EASY) && ++pairs < 100);
    assert_int_equal(pairs, (128 - 16 - 4) / 16);
    assert_in_range(common, ALLOWANCE_COMMON / 4 * 3, ALLOWANCE_COMMON / 4 * 3 + ALLOWANCE_LENT_EASY);
}

static void what_is_given_back_is_there_again_up_to_the_most(void **state) {
    struct allowance a;
    allowance_init(&a, 1000);
    assert_true(allowance_spend(&a, ACCOUNT_AHEAD, 3 * MIB));
    allowance_return(&a, ACCOUNT_AHEAD, MIB);
    assert_int_equal(a.left[ACCOUNT_AHEAD], 3 * MIB);
    allowance_return(&a, ACCOUNT_AHEAD, 100 * MIB);
    assert_int_equal(a.left[ACCOUNT_AHEAD], 16 * MIB);
    allowance_return(NULL, ACCOUNT_AHEAD, MIB);
}

static void who_has_spent_all_is_poor_until_half_is_earned(void **state) {
    struct allowance a;
    allowance_init(&a, 1000);
    allowance_take(&a, ACCOUNT_DECODED, MIB);
    assert_false(a.poor[ACCOUNT_DECODED]);
    allowance_take(&a, ACCOUNT_DECODED, 1);
    assert_true(a.poor[ACCOUNT_DECODED]);
    assert_false(a.poor[ACCOUNT_MATCHED]);
    allowance_earn(&a, 2 * MIB / 20);
    assert_true(a.poor[ACCOUNT_DECODED]);
    allowance_earn(&a, 1);
    assert_false(a.poor[ACCOUNT_DECODED]);
}

static void without_one_nothing_is_counted(void **state) {
    assert_int_equal(allowance_take(NULL, ACCOUNT_DECODED, 7), 7);
    assert_true(allowance_spend(NULL, ACCOUNT_MATCHED, 7));
    assert_true(allowance_has(NULL, ACCOUNT_OBJECTS, 7));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_one_has_a_little_and_no_more),
        cmocka_unit_test(a_share_of_nothing_is_nothing),
        cmocka_unit_test(each_byte_earns_its_ratio_up_to_the_cap),
        cmocka_unit_test(what_is_spent_beyond_is_owed_once_and_earned_first),
        cmocka_unit_test(what_was_done_is_owed_whatever_is_left),
        cmocka_unit_test(who_decodes_much_borrows_up_to_a_share_and_makes_it_good),
        cmocka_unit_test(what_is_not_dear_borrows_little_and_leaves_the_rest),
        cmocka_unit_test(what_is_given_back_is_there_again_up_to_the_most),
        cmocka_unit_test(who_has_spent_all_is_poor_until_half_is_earned),
        cmocka_unit_test(without_one_nothing_is_counted),
    };
    return cmocka_run_group_tests_name("base/allowance", tests, NULL, NULL);
}
