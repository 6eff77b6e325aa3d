/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/smtp/smtp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "talk.h"

/* Conversations after RFC 5321, 2033, 2920, 3030, 3207 and 4954, at every split. */

/* clang-format off */
#define HELLO S("220 mx.example ESMTP ready\r\n"), C("EHLO lane4.example\r\n"), \
    S("250-mx.example\r\n250-PIPELINING\r\n250-CHUNKING\r\n250-STARTTLS\r\n250 8BITMIME\r\n")
#define ENVELOPE C("MAIL FROM:<ops@lanes.example> SIZE=99\r\n"), S("250 ok\r\n"), C("RCPT TO:<desk@partner.example>\r\n"), S("250 ok\r\n")
#define DATA C("DATA\r\n"), S("354 go ahead\r\n")
#define TAKEN S("250 2.0.0 queued\r\n")
/* clang-format on */

static void assert_message(const struct transfer *t, const char *text) {
    assert_true(t->ended);
    assert_int_equal(t->how, TRANSFER_DONE);
    assert_int_equal(t->from, SIDE_CLIENT);
    assert_text(&t->type, "message/rfc822");
    assert_text(&t->mail_from, "ops@lanes.example");
    assert_bytes(t, text);
}

static void a_message_ends_with_a_dot_alone_and_stuffed_dots_are_taken_off(void **state) {
    static const struct piece p[] = {
        HELLO,
        ENVELOPE,
        DATA,
        C("Subject: x\r\n\r\n..\r\n..a\r\n.b\r\n. \r\na.\r\n\r.\r\n\n.\n\r\n.\r\n"),
        TAKEN,
        C("QUIT\r\n"),
        S("221 bye\r\n")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_message(&w->transfer[0], "Subject: x\r\n\r\n.\r\n.a\r\nb\r\n \r\na.\r\n\r.\r\n\n.\n\r\n");
        assert_text(&w->transfer[0].mail_to, "desk@partner.example");
    });
}

static void an_empty_message_is_one(void **state) {
    static const struct piece p[] = {HELLO, ENVELOPE, DATA, C(".\r\n"), TAKEN, C("QUIT\r\n")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_message(&w->transfer[0], "");
    });
}

static void several_messages_on_a_connection_have_envelopes_of_their_own(void **state) {
    static const struct piece p[] = {HELLO,
                                     ENVELOPE,
                                     DATA,
                                     C("one\r\n.\r\n"),
                                     TAKEN,
                                     C("MAIL FROM:<ops@lanes.example>\r\nRCPT TO:<a@one.example>\r\nRCPT "
                                       "TO:<@relay.example:\"b, c\"@two.example>\r\nDATA\r\n"),
                                     S("250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n"),
                                     C("two\r\n.\r\nQUIT\r\n"),
                                     TAKEN};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 2);
        assert_message(&w->transfer[0], "one\r\n");
        assert_message(&w->transfer[1], "two\r\n");
        assert_text(&w->transfer[1].mail_to, "a@one.example, \"b, c\"@two.example");
    });
}

static void chunks_make_one_message_whatever_they_hold(void **state) {
    static const struct piece p[] = {
        HELLO,
        C("MAIL FROM:<ops@lanes.example> BODY=BINARYMIME\r\nRCPT TO:<desk@partner.example>\r\nBDAT "
          "13\r\nab\r\n.\r\nQUIT\r\nBDAT 0\r\n"),
        S("250 ok\r\n250 ok\r\n250 14 octets\r\n250 0 octets\r\n"),
        C("bdat 3 last\r\n.\r\nMAIL FROM:<>\r\n"),
        TAKEN,
        C("QUIT\r\n")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_message(&w->transfer[0], "ab\r\n.\r\nQUIT\r\n.\r\n");
    });
}

static void a_refused_message_is_none_and_the_next_one_is(void **state) {
    static const struct piece p[] = {
        HELLO,
        C("MAIL FROM:<x@lanes.example>\r\nRCPT TO:<no@partner.example>\r\nDATA\r\n"),
        S("250 ok\r\n550 who?\r\n554 nobody is left\r\n"),
        C("RSET\r\n"),
        S("250 ok\r\n"),
        ENVELOPE,
        DATA,
        C("one\r\n.\r\n"),
        TAKEN};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_message(&w->transfer[0], "one\r\n");
        assert_text(&w->transfer[0].mail_to, "desk@partner.example");
    });
}

static void what_is_sent_though_it_was_refused_is_a_thing_too(void **state) {
    static const struct piece p[] = {HELLO,
                                     ENVELOPE,
                                     C("DATA\r\n"),
                                     S("554 no\r\n"),
                                     C("Content-Type: image/jpeg\r\n\r\n12345\r\nQUIT\r\n"),
                                     S("221 bye\r\n")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_text(&w->transfer[0].type, "");
        assert_bytes(&w->transfer[0], "Content-Type: image/jpeg\r\n\r\n12345\r\n");
        assert_int_equal(counter_values[COUNTER_SMTP_STRAYS], 1);
    });
}

static void words_that_only_the_server_knows_and_credentials_move_nothing(void **state) {
    static const struct piece p[] = {HELLO,
                                     C("AUTH LOGIN\r\n"),
                                     S("334 VXNlcm5hbWU6\r\n"),
                                     C("bGFuZTQ=\r\n"),
                                     S("334 UGFzc3dvcmQ6\r\n"),
                                     C("c2VjcmV0LWFuZC1sb25nLWVub3VnaC1mb3Itbm8tY29tbWFuZA==\r\n"),
                                     S("235 in\r\n"),
                                     C("FOOBAR some text\r\nNOOP\r\n\r\n"),
                                     S("500 what?\r\n250 ok\r\n"),
                                     C("QUIT\r\n")};
    FOR_EACH_SPLIT(p, assert_int_equal(w->transfers, 0));
}

static void only_the_clients_side_is_enough(void **state) {
    static const struct piece p[] = {
        C("EHLO x\r\nMAIL FROM:<ops@lanes.example>\r\nRCPT TO:<desk@partner.example>\r\nDATA\r\n"),
        C("one\r\n.\r\nQUIT\r\n")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_message(&w->transfer[0], "one\r\n");
    });
}

static void lines_without_cr_end_a_message_where_commands_end_so_too(void **state) {
    static const struct piece p[] = {
        HELLO, C("MAIL FROM:<ops@lanes.example>\nRCPT TO:<desk@partner.example>\nDATA\n"),
        S("250 ok\r\n250 ok\r\n354 go\r\n"), C("one\n..\n.\nQUIT\n"), TAKEN};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_message(&w->transfer[0], "one\n.\n");
    });
}

static void where_the_server_sees_an_end_commands_are_commands(void **state) {
    static const struct piece p[] = {HELLO, ENVELOPE,          DATA, C("one\r\n\n.\n"), TAKEN, ENVELOPE,
                                     DATA,  C("two\r\n.\r\n"), TAKEN};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 2);
        assert_bytes(&w->transfer[0], "one\r\n\n.\n");
        assert_message(&w->transfer[1], "two\r\n");
    });
}

static void the_end_of_a_message_may_be_missing_and_the_next_one_is_whole(void **state) {
    static const struct piece p[] = {HELLO,
                                     ENVELOPE,
                                     DATA,
                                     C("one\r\ntw"),
                                     GAP(SIDE_CLIENT, 100),
                                     C("x\r\nNOOP\r\nMAIL FROM:<ops@lanes.example>\r\n"),
                                     C("RCPT TO:<desk@partner.example>\r\n"),
                                     DATA,
                                     C("two\r\n.\r\n")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 2);
        assert_int_equal(w->transfer[0].missing, 100);
        assert_int_equal(w->transfer[0].how, TRANSFER_UNKNOWN);
        assert_bytes(&w->transfer[0], "one\r\ntwx\r\nNOOP\r\n");
        assert_message(&w->transfer[1], "two\r\n");
    });
}

static void the_command_before_a_message_may_be_missing(void **state) {
    static const struct piece p[] = {HELLO, ENVELOPE, GAP(SIDE_CLIENT, 20),
                                     C("ject: x\r\n\r\nbody text goes here\r\n.\r\nQUIT\r\n"), TAKEN};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_text(&w->transfer[0].mail_to, "desk@partner.example");
        assert_bytes(&w->transfer[0], "ject: x\r\n\r\nbody text goes here\r\n");
    });
}

static void lmtp_answers_for_each_recipient(void **state) {
    static const struct piece p[] = {
        S("220 store.example LMTP\r\n"),
        C("LHLO x\r\n"),
        S("250 store.example\r\n"),
        C("MAIL FROM:<ops@lanes.example>\r\nRCPT TO:<a@x.example>\r\nRCPT TO:<b@x.example>\r\nDATA\r\n"),
        S("250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n"),
        C("one\r\n.\r\n"),
        S("250 a\r\n452 b is full\r\n"),
        ENVELOPE,
        DATA,
        C("two\r\n.\r\n"),
        TAKEN,
        C("QUIT\r\n")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 2);
        assert_message(&w->transfer[0], "one\r\n");
        assert_message(&w->transfer[1], "two\r\n");
    });
}

static void after_starttls_mail_may_stay_clear(void **state) {
    static const struct piece p[] = {HELLO,
                                     C("STARTTLS\r\n"),
                                     S("220 go\r\n"),
                                     C("EHLO lane4.example\r\n"),
                                     S("250 mx\r\n"),
                                     ENVELOPE,
                                     DATA,
                                     C("one\r\n.\r\n"),
                                     TAKEN};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_message(&w->transfer[0], "one\r\n");
        assert_int_equal(w->encrypted, 0);
    });
}

static void tls_is_known_by_its_first_record_whatever_was_said(void **state) {
    static const struct piece p[] = {HELLO, C("\x16\3\1\2\0\1\0\1\xfc\3\3"),
                                     S("\x16\3\3\0\x7a\2\0\0\x76\3\3")};
    static const struct piece text[] = {HELLO, C("\x16 is no record\r\n")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 0);
        assert_int_equal(counter_values[COUNTER_TUNNELS], 1);
    });
    FOR_EACH_SPLIT(text, {
        assert_int_equal(w->transfers, 1);
        assert_int_equal(counter_values[COUNTER_TUNNELS], 0);
    });
}

static void what_a_server_says_that_is_no_reply_is_a_thing_too(void **state) {
    static const struct piece p[] = {HELLO, S("Content-Type: image/jpeg\r\n\r\nabc")};
    static const struct piece replies[] = {HELLO, C("HELP\r\nNOOP\r\n"),
                                           S("214-one\r\n214 two\r\n250\r\n\r\n"), C("QUIT\r\n")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_int_equal(w->transfer[0].from, SIDE_SERVER);
        assert_int_equal(w->transfer[0].how, TRANSFER_UNKNOWN);
        assert_bytes(&w->transfer[0], "Content-Type: image/jpeg\r\n\r\nabc");
    });
    FOR_EACH_SPLIT(replies, assert_int_equal(w->transfers, 0));
}

/* Hellos, credentials, and whatever else a line may begin with. */
static void lines_longer_than_any_are_things(void **state) {
    static char line[4000];
    memset(line, 'a', sizeof line - 1);
    memcpy(line, "NOOP ", 5);
    memcpy(line + sizeof line - 3, "\r\n", 2);
    const struct piece p[] = {
        HELLO, C("AUTH LOGIN\r\n"), S("334 VXNl\r\n"), {SIDE_CLIENT, line, sizeof line - 1}, C("QUIT\r\n")};
    memcpy(line, "NOOP ", 5);
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_bytes(&w->transfer[0], line);
        assert_int_equal(counter_values[COUNTER_SMTP_LINES_LONG], 1);
    });
}

static void a_gap_over_the_end_of_a_chunk_is_of_both(void **state) {
    static const struct piece p[] = {HELLO,
                                     ENVELOPE,
                                     C("BDAT 10\r\nabc"),
                                     GAP(SIDE_CLIENT, 17),
                                     C("st of a line\r\n"),
                                     C("BDAT 3 LAST\r\nxyz")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_int_equal(w->transfer[0].missing, 7);
        assert_bytes(&w->transfer[0], "abcxyz");
    });
}

static void a_connection_that_breaks_leaves_a_message_that_is_cut(void **state) {
    static const struct piece p[] = {HELLO, ENVELOPE, DATA, C("one\r\n")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_int_equal(w->transfer[0].how, TRANSFER_CUT);
        assert_bytes(&w->transfer[0], "one\r\n");
    });
}

static void ftp_and_others_that_greet_alike_are_none(void **state) {
    static const struct piece ftp[] = {S("220 ready\r\n"), C("USER a\r\n"), S("331 password\r\n")};
    static const struct piece http[] = {C("GET /EHLO HTTP/1.1\r\nHost: x\r\n\r\n"),
                                        S("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")};
    static const struct piece text[] = {C("EHLO\r\n"), S("what?\r\n")};
    FOR_EACH_SPLIT(ftp, assert_int_equal(w->transfers, 0);
                   assert_ptr_not_equal(w->flow[0]->protocol, &protocol_smtp));
    FOR_EACH_SPLIT(http, assert_ptr_not_equal(w->flow[0]->protocol, &protocol_smtp));
    FOR_EACH_SPLIT(text, assert_ptr_not_equal(w->flow[0]->protocol, &protocol_smtp));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_ends_with_a_dot_alone_and_stuffed_dots_are_taken_off),
        cmocka_unit_test(an_empty_message_is_one),
        cmocka_unit_test(several_messages_on_a_connection_have_envelopes_of_their_own),
        cmocka_unit_test(chunks_make_one_message_whatever_they_hold),
        cmocka_unit_test(a_refused_message_is_none_and_the_next_one_is),
        cmocka_unit_test(what_is_sent_though_it_was_refused_is_a_thing_too),
        cmocka_unit_test(words_that_only_the_server_knows_and_credentials_move_nothing),
        cmocka_unit_test(only_the_clients_side_is_enough),
        cmocka_unit_test(lines_without_cr_end_a_message_where_commands_end_so_too),
        cmocka_unit_test(where_the_server_sees_an_end_commands_are_commands),
        cmocka_unit_test(the_end_of_a_message_may_be_missing_and_the_next_one_is_whole),
        cmocka_unit_test(the_command_before_a_message_may_be_missing),
        cmocka_unit_test(lmtp_answers_for_each_recipient),
        cmocka_unit_test(after_starttls_mail_may_stay_clear),
        cmocka_unit_test(tls_is_known_by_its_first_record_whatever_was_said),
        cmocka_unit_test(what_a_server_says_that_is_no_reply_is_a_thing_too),
        cmocka_unit_test(lines_longer_than_any_are_things),
        cmocka_unit_test(a_gap_over_the_end_of_a_chunk_is_of_both),
        cmocka_unit_test(a_connection_that_breaks_leaves_a_message_that_is_cut),
        cmocka_unit_test(ftp_and_others_that_greet_alike_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
