/* SPDX-License-Identifier: Apache-2.0 */
#include "report/event/standing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static enum standing of(struct standing_facts f) {
    return standing_of(&f);
}

static void strangers_with_little_stand_lowest_and_partners_that_may_not_receive_highest(void **state) {
    assert_int_equal(of((struct standing_facts){.severity = 8, .objects = 99, .bytes = 3, .days = 1, .denied = true}),
                     STANDING_SMALL);
    assert_int_equal(of((struct standing_facts){.severity = 9, .denied = true}), STANDING_LARGE);
    assert_int_equal(of((struct standing_facts){.bytes = 1 << 20}), STANDING_LARGE);
    assert_int_equal(of((struct standing_facts){.objects = 100}), STANDING_LARGE);
    assert_int_equal(of((struct standing_facts){.days = 2}), STANDING_LARGE);
    assert_int_equal(of((struct standing_facts){.partner = true}), STANDING_PARTNER);
    assert_int_equal(of((struct standing_facts){.partner = true, .denied = true}), STANDING_DENIED);
}

static void the_lowest_gives_way_but_for_what_it_keeps(void **state) {
    assert_int_equal(standing_gives_way((uint64_t[]){500, 100, 100, 300}), STANDING_SMALL);
    assert_int_equal(standing_gives_way((uint64_t[]){100, 500, 100, 300}), STANDING_LARGE);
    assert_int_equal(standing_gives_way((uint64_t[]){100, 200, 300, 400}), STANDING_PARTNER);
    assert_int_equal(standing_gives_way((uint64_t[]){0, 0, 0, 5}), STANDING_DENIED);
    assert_int_equal(standing_gives_way((uint64_t[]){0, 0, 0, 0}), STANDING_SMALL);
}

static void the_least_recent_of_a_standing_goes_first_and_a_spared_one_last(void **state) {
    struct ranking r = {0};
    struct ranked a = {0}, b = {0}, c = {0};
    assert_null(ranking_first_out(&r, NULL));
    ranking_put(&r, &a, STANDING_SMALL, 10);
    ranking_put(&r, &b, STANDING_SMALL, 10);
    ranking_put(&r, &c, STANDING_DENIED, 10);
    assert_ptr_equal(ranking_first_out(&r, NULL), &a);
    ranking_put(&r, &a, STANDING_SMALL, 20); /* was used again */
    assert_ptr_equal(ranking_first_out(&r, NULL), &b);
    ranking_put(&r, &b, STANDING_PARTNER, 10); /* became another */
    assert_ptr_equal(ranking_first_out(&r, NULL), &a);
    assert_ptr_equal(ranking_first_out(&r, &a), &b);
    ranking_remove(&r, &b);
    ranking_remove(&r, &b);
    assert_ptr_equal(ranking_first_out(&r, &a), &c);
    ranking_remove(&r, &c);
    assert_null(ranking_first_out(&r, &a));
    assert_int_equal(r.used[STANDING_SMALL], 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strangers_with_little_stand_lowest_and_partners_that_may_not_receive_highest),
        cmocka_unit_test(the_lowest_gives_way_but_for_what_it_keeps),
        cmocka_unit_test(the_least_recent_of_a_standing_goes_first_and_a_spared_one_last),
    };
    return cmocka_run_group_tests_name("report/standing", tests, NULL, NULL);
}
