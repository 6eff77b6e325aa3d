/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/pop3/pop3.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "talk.h"

/* Conversations after RFC 1939, 2449, 2595 and 5034, at every split. */

/* clang-format off */
#define LOGIN S("+OK ready <1896.697@store.example>\r\n"), C("USER lane4\r\n"), S("+OK\r\n"), C("PASS secret\r\n"), S("+OK in\r\n")
/* clang-format on */

static void assert_message_so(const struct transfer *t, enum transfer_end how, const char *text) {
    assert_true(t->ended);
    assert_int_equal(t->how, how);
    assert_int_equal(t->from, SIDE_SERVER);
    assert_text(&t->type, "message/rfc822");
    assert_text(&t->user, "lane4");
    assert_bytes(t, text);
}

static void assert_message(const struct transfer *t, const char *text) {
    assert_message_so(t, TRANSFER_DONE, text);
}

/* Where it began nobody said. */
static void assert_unasked(const struct transfer *t, const char *text) {
    assert_message_so(t, TRANSFER_UNKNOWN, text);
}

static void each_message_that_is_fetched_is_one(void **state) {
    static const struct piece p[] = {
        LOGIN,
        C("STAT\r\n"),
        S("+OK 2 320\r\n"),
        C("LIST\r\n"),
        S("+OK 2 messages\r\n1 120\r\n2 200\r\n.\r\n"),
        C("RETR 1\r\n"),
        S("+OK 120 octets\r\nSubject: x\r\n\r\n..\r\n..a\r\n.\r\n"),
        C("TOP 2 10\r\nDELE 1\r\nRETR 3\r\nQUIT\r\n"),
        S("+OK\r\n+OK is text here\r\n.\r\n+OK gone\r\n-ERR no such\r\n+OK bye\r\n")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 2);
        assert_message(&w->transfer[0], "Subject: x\r\n\r\n.\r\n.a\r\n");
        assert_message(&w->transfer[1], "+OK is text here\r\n");
    });
}

static void listings_capabilities_and_credentials_move_nothing(void **state) {
    static const struct piece p[] = {S("+OK ready\r\n"),
                                     C("CAPA\r\n"),
                                     S("+OK\r\nTOP\r\nUIDL\r\nSASL PLAIN\r\n.\r\n"),
                                     C("AUTH PLAIN\r\n"),
                                     S("+ \r\n"),
                                     C("AGxhbmU0AHNlY3JldA==\r\n"),
                                     S("+OK in\r\n"),
                                     C("UIDL\r\nUIDL 1\r\nLIST 1\r\nNOOP\r\n"),
                                     S("+OK\r\n1 abc\r\n.\r\n+OK 1 abc\r\n+OK 1 120\r\n+OK\r\n"),
                                     C("QUIT\r\n"),
                                     S("+OK bye\r\n")};
    FOR_EACH_SPLIT(p, assert_int_equal(w->transfers, 0));
}

static void messages_are_seen_without_what_asked_for_them(void **state) {
    static const struct piece p[] = {
        LOGIN, GAP(SIDE_CLIENT, 10),
        S("+OK\r\n1 120\r\n2 40\r\n.\r\n+OK 120 octets\r\nSubject: x\r\n\r\na\r\n.\r\n"), C("QUIT\r\n"),
        S("+OK bye\r\n")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_unasked(&w->transfer[0], "Subject: x\r\n\r\na\r\n");
    });
}

static void a_gap_within_a_message_is_told_and_the_next_one_is_whole(void **state) {
    static const struct piece p[] = {LOGIN,
                                     C("RETR 1\r\n"),
                                     S("+OK\r\none\r\n"),
                                     GAP(SIDE_SERVER, 50),
                                     S("x\r\n.\r\n"),
                                     C("RETR 2\r\n"),
                                     S("+OK\r\nSubject: y\r\n\r\ntwo\r\n.\r\n")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 2);
        assert_int_equal(w->transfer[0].missing, 50);
        assert_message(&w->transfer[0], "one\r\nx\r\n");
        assert_unasked(&w->transfer[1], "Subject: y\r\n\r\ntwo\r\n");
    });
}

static void what_a_client_sends_that_is_no_command_is_a_thing(void **state) {
    static const struct piece p[] = {LOGIN, C("Content-Type: image/jpeg\r\n\r\nabc\r\n"),
                                     S("-ERR what?\r\n")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_int_equal(w->transfer[0].from, SIDE_CLIENT);
        assert_bytes(&w->transfer[0], "Content-Type: image/jpeg\r\n\r\nabc\r\n");
        assert_int_equal(counter_values[COUNTER_POP3_STRAYS], 1);
    });
}

static void a_listing_that_goes_on_as_none_does_is_a_message(void **state) {
    static const struct piece p[] = {LOGIN, C("LIST\r\n"), S("+OK\r\n1 120\r\nabc\r\n.\r\n"), C("QUIT\r\n")};
    static char line[700];
    memset(line, 'a', sizeof line - 1);
    const struct piece capabilities[] = {
        LOGIN, C("CAPA\r\n"), S("+OK\r\nTOP\r\n"), {SIDE_SERVER, line, sizeof line - 1}, S("\r\n.\r\n")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_unasked(&w->transfer[0], "abc\r\n");
    });
    FOR_EACH_SPLIT(capabilities, {
        assert_int_equal(w->transfers, 1);
        assert_int_equal(w->transfer[0].missing, 512);
        assert_int_equal(w->transfer[0].size, sizeof line + 1);
    });
}

static void tls_follows_stls_or_nothing_does(void **state) {
    static const struct piece sealed[] = {S("+OK ready\r\n"), C("STLS\r\n"), S("+OK begin\r\n"),
                                          C("\x16\3\1\2\0\1\0\1\xfc\3\3"), S("\x16\3\3\0\x7a\2\0\0\x76\3\3")};
    static const struct piece clear[] = {S("+OK ready\r\n"),    C("STLS\r\n"), S("+OK begin\r\n"),
                                         C("USER lane4\r\n"),   S("+OK\r\n"),  C("RETR 1\r\n"),
                                         S("+OK\r\na\r\n.\r\n")};
    FOR_EACH_SPLIT(sealed, assert_int_equal(w->transfers, 0);
                   assert_int_equal(counter_values[COUNTER_TUNNELS], 1));
    FOR_EACH_SPLIT(clear, {
        assert_int_equal(w->transfers, 1);
        assert_message(&w->transfer[0], "a\r\n");
    });
}

static void others_that_begin_alike_are_none(void **state) {
    static const struct piece redis[] = {C("*1\r\n$4\r\nPING\r\n"), S("+PONG\r\n")};
    static const struct piece text[] = {C("LIST of things\r\n"), S("a list\r\n")};
    FOR_EACH_SPLIT(redis, assert_ptr_not_equal(w->flow[0]->protocol, &protocol_pop3));
    FOR_EACH_SPLIT(text, assert_ptr_not_equal(w->flow[0]->protocol, &protocol_pop3));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_message_that_is_fetched_is_one),
        cmocka_unit_test(listings_capabilities_and_credentials_move_nothing),
        cmocka_unit_test(messages_are_seen_without_what_asked_for_them),
        cmocka_unit_test(a_gap_within_a_message_is_told_and_the_next_one_is_whole),
        cmocka_unit_test(what_a_client_sends_that_is_no_command_is_a_thing),
        cmocka_unit_test(a_listing_that_goes_on_as_none_does_is_a_message),
        cmocka_unit_test(tls_follows_stls_or_nothing_does),
        cmocka_unit_test(others_that_begin_alike_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
