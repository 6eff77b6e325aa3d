/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "flow/resolved.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { NAMES = 600 };
static const time_ns begin = INT64_C(1780272000) * NS_PER_S, minute = 60 * NS_PER_S;
static struct resolved r;

static int make(void **state) {
    memset(counter_values, 0, COUNTER_COUNT * sizeof *counter_values);
    return resolved_init(&r, NAMES) ? 0 : -1;
}

static int drop(void **state) {
    resolved_finish(&r);
    return 0;
}

static struct address host(unsigned n) {
    return address_from_v4((const uint8_t[]){10, 40, (uint8_t)(n >> 8), (uint8_t)n});
}

static struct address server(unsigned n) {
    return address_from_v4((const uint8_t[]){198, 51, (uint8_t)(n >> 8), (uint8_t)n});
}

static void add(unsigned client, unsigned to, const char *name, time_ns since, time_ns life) {
    struct resolution is = {
        .client = host(client), .server = server(to), .since = since, .until = since + life};
    is.n = (uint16_t)strlen(name);
    memcpy(is.name, name, is.n);
    resolved_add(&r, &is);
}

static void assert_name(unsigned client, unsigned to, time_ns at, const char *name) {
    struct address c = host(client), s = server(to);
    struct bytes found = resolved_find(&r, &c, &s, at);
    assert_int_equal(found.n, strlen(name));
    assert_memory_equal(found.p ? found.p : (const uint8_t *)"", name, found.n);
}

static void a_name_holds_from_its_answer_until_its_time_is_over(void **state) {
    add(1, 1, "store.example", begin, minute);
    assert_name(1, 1, begin - 1, "");
    assert_name(1, 1, begin, "store.example");
    assert_name(1, 1, begin + minute, "store.example");
    assert_name(1, 1, begin + minute + 1, "");
}

static void another_host_and_another_address_have_no_name_of_it(void **state) {
    add(1, 1, "store.example", begin, minute);
    assert_name(2, 1, begin, "");
    assert_name(1, 2, begin, "");
}

static void of_two_names_for_an_address_the_newest_is_kept_and_no_flow_from_before_has_it(void **state) {
    add(1, 1, "store.example", begin, minute);
    add(1, 1, "other.example", begin + 10, minute);
    assert_name(1, 1, begin + 10, "other.example");
    assert_name(1, 1, begin + 5, "");
}

static void a_name_that_is_asked_for_again_in_time_goes_on(void **state) {
    add(1, 1, "store.example", begin, minute);
    add(1, 1, "store.example", begin + minute, minute);
    assert_name(1, 1, begin, "store.example");
    assert_name(1, 1, begin + 2 * minute, "store.example");
    add(1, 1, "store.example", begin + 9 * minute, minute);
    assert_name(1, 1, begin + 2 * minute, "");
}

static void a_host_that_asks_for_more_than_its_share_loses_its_own_oldest(void **state) {
    char name[32];
    add(2, 1, "quiet.example", begin, minute);
    for (unsigned i = 0; i < RESOLVED_OF_CLIENT + 9; i++) {
        snprintf(name, sizeof name, "n%u.example", i);
        add(1, i, name, begin, minute);
    }
    assert_int_equal(counter_values[COUNTER_NAMES_FORGOTTEN], 9);
    assert_name(1, 8, begin, "");
    assert_name(1, 9, begin, "n9.example");
    assert_name(2, 1, begin, "quiet.example");
}

static void a_name_that_was_used_is_not_the_oldest(void **state) {
    for (unsigned i = 0; i < RESOLVED_OF_CLIENT; i++)
        add(1, i, "store.example", begin, minute);
    assert_name(1, 0, begin, "store.example");
    add(1, RESOLVED_OF_CLIENT, "store.example", begin, minute);
    assert_name(1, 0, begin, "store.example");
    assert_name(1, 1, begin, "");
}

static void where_all_is_full_the_host_that_holds_most_gives_way(void **state) {
    add(3, 1, "quiet.example", begin, minute);
    for (unsigned i = 0; i < NAMES; i++)
        add(1 + i / 250 * 10, i, "flood.example", begin, minute);
    assert_int_equal(r.names.in_use, NAMES);
    assert_name(3, 1, begin, "quiet.example");
    for (unsigned i = 0; i < 2 * NAMES; i++)
        add(1000 + i, 1, "one.example", begin, minute);
    assert_int_equal(r.names.in_use, NAMES);
    assert_true(r.clients.in_use <= NAMES);
}

static void what_has_no_possible_length_is_left_out(void **state) {
    struct resolution is = {.client = host(1), .server = server(1), .since = begin, .until = begin + minute};
    resolved_add(&r, &is);
    is.n = RESOLVED_NAME_MAX + 1;
    resolved_add(&r, &is);
    assert_int_equal(r.names.in_use, 0);
    is.n = RESOLVED_NAME_MAX;
    resolved_add(&r, &is);
    assert_int_equal(r.names.in_use, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, drop)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_name_holds_from_its_answer_until_its_time_is_over),
        TEST(another_host_and_another_address_have_no_name_of_it),
        TEST(of_two_names_for_an_address_the_newest_is_kept_and_no_flow_from_before_has_it),
        TEST(a_name_that_is_asked_for_again_in_time_goes_on),
        TEST(a_host_that_asks_for_more_than_its_share_loses_its_own_oldest),
        TEST(a_name_that_was_used_is_not_the_oldest),
        TEST(where_all_is_full_the_host_that_holds_most_gives_way),
        TEST(what_has_no_possible_length_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
