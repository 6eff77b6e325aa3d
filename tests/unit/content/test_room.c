/* SPDX-License-Identifier: Apache-2.0 */
#include "collect.h"

#include "base/allowance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Which transfers give way where many are open: hosts here are the allowances that pay for them. */

enum { OBJECTS = 100 };

static struct collector got;
static struct content *c;
static struct conversation conversation;
static struct allowance hosts[OBJECTS];

static struct allowance *owner_is_allowance(void *context, void *owner) {
    return owner;
}

static void begin(void) {
    const struct content_options options = {
        .objects = OBJECTS, .transfers = 10 * OBJECTS, .assembly_bytes = 1 << 20};
    struct content_options o = options;
    const struct content_parts parts = collect_parts(&o);
    struct object_sink sink = collect_sink(&got);
    sink.allowance = owner_is_allowance;
    for (unsigned i = 0; i < OBJECTS; i++)
        allowance_init(&hosts[i], 1000);
    conversation = collect_conversation(1);
    c = content_create(&o, &parts, &sink);
    assert_non_null(c);
}

static void finish(void) {
    collect_destroy(c);
    collect_finish(&got);
    for (unsigned i = 0; i < OBJECTS; i++)
        assert_int_equal(hosts[i].transfers, 0);
}

static void put(struct transfer *t, const char *text) {
    content_data(&conversation, t, (const uint8_t *)text, strlen(text));
}

/* A transfer of these hosts of which some bytes came. */
static struct transfer *open_by(unsigned host) {
    struct transfer_seed s = collect_facts("POST", "/upload");
    struct transfer *t = content_begin(c, &conversation, &hosts[host], &s);
    assert_non_null(t);
    put(t, "some lines of an ordinary text, of which no more comes for long\n");
    return t;
}

static void end(struct transfer *t) {
    content_end(&conversation, t, TRANSFER_DONE);
}

static bool make_room(void) {
    return content_make_room(c, conversation.now);
}

static void wait_ms(unsigned ms) {
    conversation.now += ms * NS_PER_MS;
}

static void nothing_is_short_before_three_fifths_are_open(void **state) {
    struct transfer *t[OBJECTS];
    begin();
    for (unsigned i = 0; i < 59; i++)
        t[i] = open_by(i);
    assert_false(content_is_short(c));
    t[59] = open_by(59);
    assert_true(content_is_short(c));
    assert_int_equal(content_fill(c), 600);
    for (unsigned i = 0; i < 60; i++)
        end(t[i]);
    assert_int_equal(content_fill(c), 0);
    finish();
}

static void a_transfer_of_which_nothing_came_for_a_second_ends_as_it_stands(void **state) {
    begin();
    struct transfer *quiet = open_by(0), *busy[5];
    for (unsigned i = 0; i < 5; i++)
        busy[i] = open_by(1 + i);
    assert_false(make_room());
    wait_ms(999);
    for (unsigned i = 0; i < 5; i++)
        put(busy[i], "more\n");
    assert_false(make_room());
    wait_ms(1);
    assert_true(make_room());
    assert_int_equal(got.ended, 1);
    assert_true(got.list[0].closed && got.list[0].bounded && got.list[0].hashed && !got.list[0].complete);
    assert_false(make_room());
    put(quiet, "this is left out\n");
    assert_int_equal(got.list[0].bytes, got.list[0].size);
    end(quiet);
    for (unsigned i = 0; i < 5; i++)
        end(busy[i]);
    assert_int_equal(got.ended, 6);
    assert_true(got.list[5].complete && !got.list[5].bounded);
    finish();
}

static void hosts_that_have_more_than_a_quarter_give_way_at_once_and_no_others(void **state) {
    struct transfer *t[10];
    begin();
    for (unsigned i = 0; i < 10; i++)
        t[i] = open_by(i < 3 ? 0 : i); /* three of ten */
    assert_true(make_room());
    assert_int_equal(hosts[0].transfers, 2);
    assert_false(make_room());
    assert_int_equal(got.ended, 1);
    for (unsigned i = 0; i < 10; i++)
        end(t[i]);
    finish();
}

static void of_quiet_ones_those_of_the_hosts_that_have_most_go_first(void **state) {
    struct transfer *t[12];
    begin();
    for (unsigned i = 0; i < 12; i++)
        t[i] = open_by(i < 9 ? i : 9); /* a quarter is not more than a quarter */
    assert_false(make_room());
    wait_ms(1000);
    assert_true(make_room());
    assert_true(make_room());
    assert_int_equal(hosts[9].transfers, 1);
    for (unsigned i = 0; i < 12; i++)
        end(t[i]);
    finish();
}

static void however_many_give_way_what_comes_next_is_an_object(void **state) {
    static struct transfer *t[8 * OBJECTS];
    begin();
    for (unsigned i = 0; i < 8 * OBJECTS; i++) {
        while (content_is_short(c))
            assert_true(make_room());
        t[i] = open_by(0);
    }
    assert_int_equal(hosts[0].transfers, 60);
    for (unsigned i = 0; i < 8 * OBJECTS; i++)
        end(t[i]);
    assert_int_equal(got.n, 8 * OBJECTS);
    finish();
}

static void parts_of_a_whole_give_way_and_then_the_whole(void **state) {
    begin();
    struct transfer_seed s = collect_facts("PUT", "/a");
    s.resume = RESUME_RANGE;
    s.offset = 0;
    s.total = 5000;
    struct transfer *t = content_begin(c, &conversation, &hosts[0], &s);
    put(t, "the first bytes of it\n");
    wait_ms(1000);
    assert_true(make_room());
    assert_int_equal(got.ended, 0);
    assert_true(make_room());
    assert_int_equal(got.ended, 1);
    assert_true(got.list[0].bounded);
    assert_false(make_room());
    put(t, "more of it\n");
    end(t);
    finish();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_short_before_three_fifths_are_open),
        cmocka_unit_test(a_transfer_of_which_nothing_came_for_a_second_ends_as_it_stands),
        cmocka_unit_test(hosts_that_have_more_than_a_quarter_give_way_at_once_and_no_others),
        cmocka_unit_test(of_quiet_ones_those_of_the_hosts_that_have_most_go_first),
        cmocka_unit_test(however_many_give_way_what_comes_next_is_an_object),
        cmocka_unit_test(parts_of_a_whole_give_way_and_then_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
