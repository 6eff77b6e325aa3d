/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/hold.h"

enum { ROOM = 4096 };

static struct holds all;

static void make(size_t small, size_t large) {
    all = (struct holds){.room = 0};
    assert_true(holds_init(&all, ROOM, small, large));
}

static int finish(void **state) {
    holds_finish(&all);
    return 0;
}

/* As the dispatcher does. */
static bool add(struct hold **h, enum side side, const uint8_t *bytes, size_t n) {
    *h = *h ? holds_widen(&all, *h, side, n) : holds_take(&all, n);
    return *h && hold_add(*h, &(struct event){.kind = EVENT_DATA, .side = side, .bytes = bytes, .n = n});
}

/* So many octets that differ by their places. */
static const uint8_t *octets(enum side side, size_t from) {
    static uint8_t of[2][2 * ROOM];
    for (size_t i = 0; i < sizeof of[side]; i++)
        of[side][i] = (uint8_t)(i * 7 + i / 256 + (side == SIDE_SERVER ? 101 : 0));
    return of[side] + from;
}

static void few_bytes_take_little_room_and_move_on_when_more_come(void **state) {
    make(1, 1);
    struct hold *h = NULL;
    assert_true(add(&h, SIDE_CLIENT, octets(SIDE_CLIENT, 0), HOLD_SMALL));
    assert_true(add(&h, SIDE_SERVER, octets(SIDE_SERVER, 0), 3));
    assert_int_equal(all.small.in_use, 1);
    assert_int_equal(all.large.in_use, 0);
    assert_true(add(&h, SIDE_CLIENT, octets(SIDE_CLIENT, HOLD_SMALL), 1));
    assert_int_equal(all.small.in_use, 0);
    assert_int_equal(all.large.in_use, 1);
    assert_true(add(&h, SIDE_SERVER, octets(SIDE_SERVER, 3), ROOM - 3));
    for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++) {
        struct bytes first = hold_first(h, side);
        assert_int_equal(first.n, side == SIDE_CLIENT ? HOLD_SMALL + 1 : ROOM);
        assert_memory_equal(first.p, octets(side, 0), first.n);
    }
    size_t at[2] = {0, 0};
    static const size_t sizes[] = {HOLD_SMALL, 3, 1, ROOM - 3};
    for (unsigned i = 0; i < 4; i++) /* and the turns are as they were */
        assert_int_equal(hold_event(h, i, at).n, sizes[i]);
    assert_false(add(&h, SIDE_SERVER, octets(SIDE_SERVER, 0), 1));
    holds_give(&all, h);
    assert_int_equal(all.large.in_use, 0);
}

static void where_one_kind_is_used_up_the_other_serves_as_far_as_it_can(void **state) {
    make(1, 1);
    struct hold *first = NULL, *second = NULL, *third = NULL;
    assert_true(add(&first, SIDE_CLIENT, octets(SIDE_CLIENT, 0), 1));
    assert_true(add(&second, SIDE_CLIENT, octets(SIDE_CLIENT, 0), 1));
    assert_int_equal(second->room, ROOM);
    assert_false(add(&third, SIDE_CLIENT, octets(SIDE_CLIENT, 0), 1));
    assert_null(third);
    assert_true(add(&first, SIDE_CLIENT, octets(SIDE_CLIENT, 1), HOLD_SMALL - 1));
    assert_false(add(&first, SIDE_CLIENT, octets(SIDE_CLIENT, 0), 1)); /* nowhere to move on to */
    assert_int_equal(hold_first(first, SIDE_CLIENT).n, HOLD_SMALL);
    holds_give(&all, second);
    assert_true(add(&first, SIDE_CLIENT, octets(SIDE_CLIENT, HOLD_SMALL), 1));
    assert_memory_equal(hold_first(first, SIDE_CLIENT).p, octets(SIDE_CLIENT, 0), HOLD_SMALL + 1);
    holds_give(&all, first);
    holds_give(&all, NULL);
}

static void many_bytes_at_once_begin_in_a_large_one(void **state) {
    make(1, 1);
    struct hold *h = NULL;
    assert_true(add(&h, SIDE_CLIENT, octets(SIDE_CLIENT, 0), HOLD_SMALL + 1));
    assert_int_equal(all.large.in_use, 1);
    holds_give(&all, h);
    h = NULL;
    assert_false(add(&h, SIDE_CLIENT, octets(SIDE_CLIENT, 0), ROOM + 1));
    holds_give(&all, h);
    assert_int_equal(all.small.in_use + all.large.in_use, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(few_bytes_take_little_room_and_move_on_when_more_come, finish),
        cmocka_unit_test_teardown(where_one_kind_is_used_up_the_other_serves_as_far_as_it_can, finish),
        cmocka_unit_test_teardown(many_bytes_at_once_begin_in_a_large_one, finish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
