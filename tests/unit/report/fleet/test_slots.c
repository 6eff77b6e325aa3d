/* SPDX-License-Identifier: Apache-2.0 */
#include "report/fleet/slots.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* What redis-server 7.0.15 answers to CLUSTER KEYSLOT. */
static void a_key_lies_in_the_slot_that_redis_says(void **state) {
    static const struct {
        const char *key;
        unsigned slot;
    } keys[] = {{"foo", 12182},
                {"123456789", 12739},
                {"{user1000}.following", 3443},
                {"user1000", 3443},
                {"foo{}{bar}", 8363},
                {"foo{{bar}}zap", 4015},
                {"foo{bar}{zap}", 5061},
                {"", 0},
                {"gantry:{00112233445566778899aabbccddeeff}:d20000", 13385}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        assert_int_equal(slot_of(bytes_text(keys[i].key)), keys[i].slot);
}

static char seen[1024];

static void note_range(void *context, unsigned first, unsigned last, const char *address) {
    size_t n = strlen(seen);
    snprintf(seen + n, sizeof seen - n, "%u-%u %s;", first, last, address);
}

static bool read_map(const char *answer) {
    struct reply_reader r;
    redisReply *reply;
    seen[0] = '\0';
    assert_true(reply_begin(&r));
    assert_true(reply_feed(&r, answer, strlen(answer)));
    assert_true(reply_next(&r, &reply));
    assert_non_null(reply);
    bool good = slots_read(reply, "10.0.0.9:7000", note_range, NULL);
    freeReplyObject(reply);
    reply_finish(&r);
    return good;
}

/* The form of https://redis.io/docs/latest/commands/cluster-slots/, by name, without one, and IPv6. */
static void the_map_names_a_master_for_each_range(void **state) {
    assert_true(read_map("*3\r\n"
                         "*4\r\n:0\r\n:5460\r\n*4\r\n$9\r\n127.0.0.1\r\n:30001\r\n$1\r\na\r\n*0\r\n*3\r\n$"
                         "9\r\n127.0.0.1\r\n:30004\r\n$1\r\nb\r\n"
                         "*3\r\n:5461\r\n:10922\r\n*3\r\n$-1\r\n:30002\r\n$1\r\nc\r\n"
                         "*3\r\n:10923\r\n:16383\r\n*3\r\n$11\r\n2001:db8::1\r\n:30003\r\n$1\r\nd\r\n"));
    assert_string_equal(seen,
                        "0-5460 127.0.0.1:30001;5461-10922 10.0.0.9:30002;10923-16383 [2001:db8::1]:30003;");
    assert_true(read_map("*0\r\n"));
    assert_string_equal(seen, "");
}

static void what_is_no_map_is_refused(void **state) {
    static const char *const wrong[] = {
        ":1\r\n",
        "*1\r\n:1\r\n",
        "*1\r\n*2\r\n:0\r\n:1\r\n",
        "*1\r\n*3\r\n:0\r\n:16384\r\n*2\r\n$1\r\na\r\n:1\r\n",
        "*1\r\n*3\r\n:9\r\n:8\r\n*2\r\n$1\r\na\r\n:1\r\n",
        "*1\r\n*3\r\n:-1\r\n:8\r\n*2\r\n$1\r\na\r\n:1\r\n",
        "*1\r\n*3\r\n:0\r\n:8\r\n*2\r\n$1\r\na\r\n:65536\r\n",
        "*1\r\n*3\r\n:0\r\n:8\r\n*2\r\n$1\r\na\r\n:0\r\n",
        "*1\r\n*3\r\n:0\r\n:8\r\n*2\r\n$3\r\na b\r\n:1\r\n",
        "*1\r\n*3\r\n:0\r\n:8\r\n*2\r\n:1\r\n:1\r\n",
        "*1\r\n*3\r\n:0\r\n:8\r\n*1\r\n$1\r\na\r\n",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (read_map(wrong[i]))
            fail_msg("%s", wrong[i]);
}

static void a_redirection_names_slot_and_node(void **state) {
    char address[SLOT_ADDRESS_MAX];
    unsigned slot;
    assert_int_equal(slots_redirect(bytes_text("MOVED 3999 127.0.0.1:6381"), "a:1", &slot, address),
                     REDIRECT_MOVED);
    assert_int_equal(slot, 3999);
    assert_string_equal(address, "127.0.0.1:6381");
    assert_int_equal(slots_redirect(bytes_text("ASK 1 :6381"), "host:1", &slot, address), REDIRECT_ASK);
    assert_string_equal(address, "host:6381");
    assert_int_equal(slots_redirect(bytes_text("MOVED 1 2001:db8::7:6379"), "a:1", &slot, address),
                     REDIRECT_MOVED);
    assert_string_equal(address, "[2001:db8::7]:6379");
}

static void what_is_no_redirection_is_an_error(void **state) {
    static const char *const wrong[] = {"ERR no",
                                        "MOVED",
                                        "MOVED 1",
                                        "MOVED 16384 a:1",
                                        "MOVED x a:1",
                                        "MOVED 1 a",
                                        "MOVED 1 a:0",
                                        "MOVED 1 a:65536",
                                        "MOVED 1 a/b:1",
                                        "MOVED 1 a b:1",
                                        "moved 1 a:1",
                                        "ASK -1 a:1",
                                        ""};
    char address[SLOT_ADDRESS_MAX];
    unsigned slot;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(slots_redirect(bytes_text(wrong[i]), "a:1", &slot, address), REDIRECT_NONE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_lies_in_the_slot_that_redis_says),
        cmocka_unit_test(the_map_names_a_master_for_each_range),
        cmocka_unit_test(what_is_no_map_is_refused),
        cmocka_unit_test(a_redirection_names_slot_and_node),
        cmocka_unit_test(what_is_no_redirection_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
