/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/shared.h"

#include "base/counter.h"
#include "protocol/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* State that several flows of one session share. */

enum { UNUSED_MAX = 1 << 12 }; /* that linger, as shared.c bounds them */

static const struct protocol one = {.name = "one"}, another = {.name = "another"};

struct session {
    uint64_t number;
    uint8_t more[56];
};

static uint64_t finished[1 << 15]; /* numbers of sessions, in the order in which they ended */
static size_t finished_n;

static void finish(void *state) {
    assert_true(finished_n < sizeof finished / sizeof *finished);
    finished[finished_n++] = ((struct session *)state)->number;
}

static int begin(void **state) {
    finished_n = 0;
    memset(counter_values, 0, COUNTER_COUNT * sizeof *counter_values);
    protocol_memory_limit(0);
    shared_state_tick(0);
    return shared_state_count() == 0 ? 0 : -1;
}

static int end(void **state) {
    shared_state_clear();
    return shared_state_count() == 0 && protocol_memory_used(PROTOCOL_STATE) == 0 ? 0 : -1;
}

static struct session *join_text(const struct protocol *p, const char *key, bool *made) {
    return shared_state_join(p, bytes_text(key), sizeof(struct session), finish, made);
}

/* A new one of this number, and with it as its key. */
static struct session *make(uint64_t number) {
    bool made;
    struct session *s = shared_state_join(&one, bytes_of(&number, sizeof number), sizeof *s, finish, &made);
    if (!s)
        return NULL;
    assert_true(made);
    s->number = number;
    return s;
}

static struct session *find(uint64_t number) {
    return shared_state_find(&one, bytes_of(&number, sizeof number));
}

static void who_joins_by_the_same_key_shares_one_state(void **state) {
    bool made;
    struct session *a = join_text(&one, "session", &made), *b, *c;
    assert_true(a && made);
    for (size_t i = 0; i < sizeof *a; i++)
        assert_int_equal(((uint8_t *)a)[i], 0);
    a->number = 7;
    b = join_text(&one, "session", &made);
    assert_ptr_equal(b, a);
    assert_false(made);
    c = shared_state_find(&one, bytes_text("session"));
    assert_ptr_equal(c, a);
    assert_int_equal(shared_state_count(), 1);
    shared_state_leave(a, false);
    shared_state_leave(b, false);
    assert_int_equal(finished_n, 0);
    shared_state_leave(c, false);
    assert_int_equal(finished_n, 1);
    assert_int_equal(finished[0], 7);
    assert_int_equal(shared_state_count(), 0);
    shared_state_leave(NULL, false);
    shared_state_leave(NULL, true);
}

static void another_key_or_protocol_is_another_state(void **state) {
    static const char *const keys[] = {"session", "sessiom", "session ", "", "sess"};
    struct session *s[10];
    bool made;
    for (int i = 0; i < 10; i++) {
        s[i] = join_text(i < 5 ? &one : &another, keys[i % 5], &made);
        assert_true(s[i] && made);
        for (int k = 0; k < i; k++)
            assert_ptr_not_equal(s[i], s[k]);
    }
    assert_null(shared_state_find(&one, bytes_text("none")));
    for (int i = 0; i < 10; i++)
        shared_state_leave(s[i], false);
    assert_null(shared_state_find(&one, bytes_text("session")));
}

static void one_that_is_retained_needs_one_more_to_leave(void **state) {
    struct session *s = make(1);
    shared_state_retain(s);
    shared_state_leave(s, false);
    assert_int_equal(finished_n, 0);
    shared_state_leave(s, false);
    assert_int_equal(finished_n, 1);
}

static void a_key_has_room_for_48_octets(void **state) {
    char key[SHARED_KEY_MAX + 1];
    bool made = true;
    memset(key, 'k', sizeof key);
    void *s = shared_state_join(&one, bytes_of(key, SHARED_KEY_MAX), 8, NULL, &made);
    assert_non_null(s);
    assert_null(shared_state_join(&one, bytes_of(key, SHARED_KEY_MAX + 1), 8, NULL, &made));
    assert_false(made);
    assert_null(shared_state_find(&one, bytes_of(key, SHARED_KEY_MAX + 1)));
    assert_ptr_equal(shared_state_find(&one, bytes_of(key, SHARED_KEY_MAX)), s);
    assert_int_equal(shared_state_count(), 1);
    shared_state_leave(s, false);
    shared_state_leave(s, false);
}

/* --- lingering --- */

static void one_that_lingers_is_found_for_two_minutes(void **state) {
    time_ns start = 1000 * NS_PER_S;
    shared_state_tick(start);
    shared_state_leave(make(1), true);
    shared_state_tick(start + 119 * NS_PER_S);
    assert_int_equal(shared_state_count(), 1);
    struct session *again = find(1);
    assert_non_null(again);
    assert_int_equal(again->number, 1);
    shared_state_tick(start + 1000 * NS_PER_S); /* in use it has no age */
    assert_int_equal(finished_n, 0);
    shared_state_leave(again, true);
    shared_state_tick(start + 1119 * NS_PER_S);
    assert_int_equal(finished_n, 0);
    shared_state_tick(start + 1120 * NS_PER_S);
    assert_int_equal(finished_n, 1);
    assert_null(find(1));
}

static void who_leaves_last_says_whether_it_lingers(void **state) {
    struct session *s = make(1);
    shared_state_retain(s);
    shared_state_leave(s, true);
    shared_state_leave(s, false);
    assert_int_equal(finished_n, 1);
}

static void a_time_stamp_far_ahead_keeps_nothing_for_ever(void **state) {
    time_ns start = 1000 * NS_PER_S;
    shared_state_tick(start + 1000000 * NS_PER_S);
    shared_state_leave(make(1), true);
    shared_state_tick(start);
    assert_int_equal(finished_n, 1);
}

static void those_in_use_hide_none_that_is_over(void **state) {
    enum { IN_USE = 1000 };
    struct session *s[IN_USE];
    shared_state_tick(1000 * NS_PER_S);
    for (uint64_t i = 0; i < IN_USE; i++)
        s[i] = make(i);
    shared_state_leave(make(IN_USE), true);
    for (int i = 0; i < IN_USE; i++)
        shared_state_retain(s[i]);
    for (int ticks = 0; ticks < 20; ticks++)
        shared_state_tick(1200 * NS_PER_S + ticks * NS_PER_S / 10);
    assert_int_equal(finished_n, 1);
    assert_int_equal(finished[0], IN_USE);
    for (int i = 0; i < 2 * IN_USE; i++)
        shared_state_leave(s[i / 2], false);
    assert_int_equal(finished_n, 1 + IN_USE);
}

static void of_more_than_may_linger_the_one_unused_for_longest_goes(void **state) {
    for (uint64_t i = 0; i < UNUSED_MAX; i++)
        shared_state_leave(make(i), true);
    assert_int_equal(finished_n, 0);
    shared_state_leave(find(0), true); /* now the youngest */
    for (uint64_t i = 0; i < 10; i++)
        shared_state_leave(make(UNUSED_MAX + i), true);
    assert_int_equal(finished_n, 10);
    for (uint64_t i = 0; i < 10; i++)
        assert_int_equal(finished[i], i + 1);
    assert_int_equal(shared_state_count(), UNUSED_MAX);
}

static void those_in_use_are_not_among_them(void **state) {
    struct session *used = make(1);
    for (uint64_t i = 0; i < UNUSED_MAX + 5; i++)
        shared_state_leave(make(2 + i), true);
    assert_int_equal(finished_n, 5);
    assert_ptr_equal(find(1), used);
    shared_state_leave(used, false);
    shared_state_leave(used, false);
}

/* --- memory --- */

static void where_memory_is_short_those_that_linger_go_first(void **state) {
    enum { LIMIT = 64 << 10 };
    uint64_t n = 0, all;
    protocol_memory_limit(2 * LIMIT); /* half for each kind */
    struct session *used = make(n++), *s;
    while (finished_n == 0 && n < LIMIT)
        shared_state_leave(make(n++), true);
    assert_int_equal(finished[0], 1); /* the oldest that nobody uses */
    assert_in_range(protocol_memory_used(PROTOCOL_STATE), LIMIT * 9 / 10, LIMIT);
    all = n;
    for (s = make(n); s; s = make(n)) /* now by those that stay in use */
        assert_true(++n < 2 * all);
    assert_int_equal(counter_values[COUNTER_PROTOCOL_NO_MEMORY], 1);
    assert_int_equal(finished_n, all - 1);
    assert_int_equal(shared_state_count(), 1 + n - all);
    assert_ptr_equal(find(0), used);
    shared_state_leave(used, false);
    shared_state_leave(used, false);
    for (uint64_t i = all; i < n; i++) {
        s = find(i);
        shared_state_leave(s, false);
        shared_state_leave(s, false);
    }
}

static void what_lingers_gives_way_and_what_is_used_does_not(void **state) {
    enum { LIMIT = 64 << 10 };
    protocol_memory_limit(2 * LIMIT);
    struct session *used = make(1);
    shared_state_leave(make(2), true);
    assert_true(protocol_memory_room(PROTOCOL_STATE));
    size_t rest = LIMIT - (size_t)protocol_memory_used(PROTOCOL_STATE);
    assert_true(protocol_charge(PROTOCOL_STATE, rest));
    assert_false(protocol_memory_room(PROTOCOL_STATE));
    assert_true(shared_state_give_way());
    assert_int_equal(finished[0], 2);
    assert_false(shared_state_give_way());
    assert_int_equal(finished_n, 1);
    protocol_discharge(PROTOCOL_STATE, rest);
    assert_true(protocol_memory_room(PROTOCOL_STATE));
    shared_state_leave(used, false);
}

static void to_clear_leaves_what_is_used(void **state) {
    struct session *used = make(1);
    shared_state_leave(make(2), true);
    shared_state_clear();
    assert_int_equal(finished_n, 1);
    assert_int_equal(finished[0], 2);
    assert_ptr_equal(find(1), used);
    shared_state_leave(used, false);
    shared_state_leave(used, false);
    shared_state_clear();
    shared_state_clear();
    assert_int_equal(finished_n, 2);
    assert_null(find(1)); /* and it may begin again */
    shared_state_leave(make(3), false);
    assert_int_equal(finished_n, 3);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(who_joins_by_the_same_key_shares_one_state),
        TEST(another_key_or_protocol_is_another_state),
        TEST(one_that_is_retained_needs_one_more_to_leave),
        TEST(a_key_has_room_for_48_octets),
        TEST(one_that_lingers_is_found_for_two_minutes),
        TEST(who_leaves_last_says_whether_it_lingers),
        TEST(a_time_stamp_far_ahead_keeps_nothing_for_ever),
        TEST(those_in_use_hide_none_that_is_over),
        TEST(of_more_than_may_linger_the_one_unused_for_longest_goes),
        TEST(those_in_use_are_not_among_them),
        TEST(where_memory_is_short_those_that_linger_go_first),
        TEST(what_lingers_gives_way_and_what_is_used_does_not),
        TEST(to_clear_leaves_what_is_used),
    };
    return cmocka_run_group_tests_name("protocol/shared", tests, NULL, NULL);
}
