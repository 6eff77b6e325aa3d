/* SPDX-License-Identifier: Apache-2.0 */
#include "report/fleet/reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct reply_reader r;

static int begin(void **state) {
    return reply_begin(&r) ? 0 : -1;
}

static int finish(void **state) {
    reply_finish(&r);
    return 0;
}

static bool feed(const char *text) {
    return reply_feed(&r, text, strlen(text));
}

static void answers_come_whole_at_any_cut(void **state) {
    static const char text[] = "+OK\r\n$5\r\nhello\r\n*2\r\n:7\r\n$-1\r\n-ERR no\r\n";
    static const int types[] = {REDIS_REPLY_STATUS, REDIS_REPLY_STRING, REDIS_REPLY_ARRAY, REDIS_REPLY_ERROR};
    for (size_t cut = 1; cut < sizeof text; cut++) {
        size_t n = 0;
        for (size_t at = 0; at < sizeof text - 1; at += cut) {
            size_t left = sizeof text - 1 - at;
            redisReply *reply = NULL;
            assert_true(reply_feed(&r, text + at, left < cut ? left : cut));
            while (assert_true(reply_next(&r, &reply)), reply) {
                assert_int_equal(reply->type, types[n++]);
                freeReplyObject(reply);
            }
        }
        assert_int_equal(n, 4);
    }
}

static void as_many_elements_as_an_engine_only_says_take_no_room(void **state) {
    redisReply *reply;
    char text[32];
    snprintf(text, sizeof text, "*%d\r\n", REPLY_ELEMENTS_MAX + 1);
    assert_true(feed(text));
    assert_false(reply_next(&r, &reply));
}

static void arrays_within_arrays_are_bounded_together(void **state) {
    redisReply *reply;
    char text[64];
    snprintf(text, sizeof text, "*2\r\n*%d\r\n", REPLY_ELEMENTS_MAX - 2);
    assert_true(feed(text));
    assert_true(reply_next(&r, &reply));
    for (int i = 0; i < REPLY_ELEMENTS_MAX - 2; i++)
        assert_true(feed(":1\r\n"));
    assert_true(reply_next(&r, &reply));
    assert_null(reply);
    assert_true(feed("*1\r\n"));
    assert_false(reply_next(&r, &reply));
}

static void one_answer_has_so_many_octets_at_most(void **state) {
    static char block[1 << 20];
    redisReply *reply;
    size_t fed = 0;
    memset(block, 'x', sizeof block);
    assert_true(feed("$999999999\r\n"));
    while (fed <= REPLY_OCTETS_MAX && reply_feed(&r, block, sizeof block)) {
        assert_true(reply_next(&r, &reply));
        fed += sizeof block;
    }
    assert_true(fed < REPLY_OCTETS_MAX);
}

static void short_answers_may_be_as_many_as_there_are(void **state) {
    redisReply *reply;
    for (int i = 0; i < REPLY_OCTETS_MAX / 1024 * 2; i++) {
        static char text[1100];
        snprintf(text, sizeof text, "$1024\r\n%01024d\r\n", i);
        assert_true(feed(text));
        assert_true(reply_next(&r, &reply));
        assert_non_null(reply);
        freeReplyObject(reply);
    }
}

static void what_is_no_answer_ends_it(void **state) {
    static const char *const wrong[] = {"hello\r\n", "$x\r\n", "*x\r\n", "?1\r\n", "\r\n", ":1x\r\n"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct reply_reader one;
        redisReply *reply = NULL;
        assert_true(reply_begin(&one));
        bool good = reply_feed(&one, wrong[i], strlen(wrong[i])) && reply_next(&one, &reply);
        if (good && reply)
            fail_msg("%s", wrong[i]);
        reply_finish(&one);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(answers_come_whole_at_any_cut, begin, finish),
        cmocka_unit_test_setup_teardown(as_many_elements_as_an_engine_only_says_take_no_room, begin, finish),
        cmocka_unit_test_setup_teardown(arrays_within_arrays_are_bounded_together, begin, finish),
        cmocka_unit_test_setup_teardown(one_answer_has_so_many_octets_at_most, begin, finish),
        cmocka_unit_test_setup_teardown(short_answers_may_be_as_many_as_there_are, begin, finish),
        cmocka_unit_test_setup_teardown(what_is_no_answer_ends_it, begin, finish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
