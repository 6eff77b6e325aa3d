/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/imap/imap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "coding/coding.h"
#include "talk.h"

#include <zlib.h>

/* Conversations after RFC 9051, 3516, 4978 and 7888, at every split. */

#define MAIL "Subject: x\r\n\r\n} {5}\r\n"
#define LINE64 "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJz"

/* clang-format off */
#define LOGIN S("* OK [CAPABILITY IMAP4rev1] ready\r\n"), C("a1 LOGIN lane4 \"sec ret\"\r\n"), S("a1 OK in\r\n"), \
    C("a2 SELECT \"INBOX/reads\"\r\n"), S("* 3 EXISTS\r\n* FLAGS (\\Seen)\r\na2 OK done\r\n")
/* clang-format on */

static void assert_transfer(const struct transfer *t, enum side from, const char *type, const char *text) {
    assert_true(t->ended);
    assert_int_equal(t->how, TRANSFER_DONE);
    assert_int_equal(t->from, from);
    assert_text(&t->type, type);
    assert_text(&t->user, "lane4");
    assert_text(&t->path, "INBOX/reads");
    assert_bytes(t, text);
}

static void literals_of_a_fetch_are_things(void **state) {
    static const struct piece p[] = {
        LOGIN, C("a3 FETCH 1:2 (FLAGS BODY[])\r\n"),
        S("* 1 FETCH (FLAGS () BODY[] {21}\r\n" MAIL
          ")\r\n* 2 FETCH (UID 9 RFC822.HEADER {14}\r\nSubject: x\r\n\r\n BODY[TEXT] {3}\r\nabc)\r\n"
          "* 3 FETCH (BODY[1] \"short\" BINARY[2] ~{4}\r\n\0\1\r\n)\r\na3 OK done\r\n")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 4);
        assert_transfer(&w->transfer[0], SIDE_SERVER, "message/rfc822", MAIL);
        assert_transfer(&w->transfer[1], SIDE_SERVER, "text/rfc822-headers", "Subject: x\r\n\r\n");
        assert_transfer(&w->transfer[2], SIDE_SERVER, "", "abc");
        assert_int_equal(w->transfer[3].size, 4);
    });
}

static void what_is_appended_goes_out(void **state) {
    static const struct piece p[] = {
        LOGIN,
        C("a3 APPEND \"INBOX/reads\" (\\Seen) \"17-Jul-2026 02:44:25 -0700\" {21}\r\n"),
        S("+ go\r\n"),
        C(MAIL "\r\n"),
        S("a3 OK done\r\n"),
        C("a4 APPEND x {21+}\r\n" MAIL " (\\Seen) {3+}\r\nabc\r\na5 NOOP\r\n"),
        S("a4 OK\r\na5 OK\r\n")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 3);
        assert_transfer(&w->transfer[0], SIDE_CLIENT, "message/rfc822", MAIL);
        assert_transfer(&w->transfer[1], SIDE_CLIENT, "message/rfc822", MAIL);
        assert_transfer(&w->transfer[2], SIDE_CLIENT, "message/rfc822", "abc");
    });
}

static void a_literal_that_is_refused_does_not_come(void **state) {
    static const struct piece p[] = {LOGIN,
                                     C("a3 APPEND x {21}\r\n"),
                                     S("a3 NO too many\r\n"),
                                     C("a4 APPEND x {3}\r\n"),
                                     S("+ go\r\n"),
                                     C("abc\r\n"),
                                     S("a4 OK\r\n")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 2);
        assert_int_equal(w->transfer[0].how, TRANSFER_CUT);
        assert_int_equal(w->transfer[0].size, 0);
        assert_transfer(&w->transfer[1], SIDE_CLIENT, "message/rfc822", "abc");
    });
}

static void names_credentials_and_listings_move_nothing(void **state) {
    static const struct piece p[] = {S("* PREAUTH ready\r\n"),
                                     C("a1 LOGIN {5}\r\n"),
                                     S("+ go\r\n"),
                                     C("lane4 {6}\r\n"),
                                     S("+ go\r\n"),
                                     C("secret\r\n"),
                                     S("a1 OK in\r\n"),
                                     C("a2 AUTHENTICATE PLAIN\r\n"),
                                     S("+ \r\n"),
                                     C("AGxhbmU0AHNlY3JldA==\r\n"),
                                     S("a2 OK in\r\n"),
                                     C("a3 LIST \"\" *\r\na4 IDLE\r\n"),
                                     S("* LIST () \"/\" INBOX\r\na3 OK\r\n+ idling\r\n"),
                                     C("DONE\r\n"),
                                     S("a4 OK\r\n"),
                                     C("a5 LOGOUT\r\n"),
                                     S("* BYE\r\na5 OK\r\n")};
    FOR_EACH_SPLIT(p, assert_int_equal(w->transfers, 0));
}

static void parts_of_a_message_have_their_place(void **state) {
    static const struct piece p[] = {LOGIN, C("a3 UID FETCH 9 BODY.PEEK[]<0.5>\r\n"),
                                     S("* 2 FETCH (UID 9 BODY[]<0> {5}\r\nabcde)\r\na3 OK\r\n"),
                                     C("a4 UID FETCH 9 BODY.PEEK[]<5.5>\r\n"),
                                     S("* 2 FETCH (UID 9 BODY[]<5> {3}\r\nfgh)\r\na4 OK\r\n")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 2);
        assert_transfer(&w->transfer[0], SIDE_SERVER, "message/rfc822", "abcde");
        assert_transfer(&w->transfer[1], SIDE_SERVER, "message/rfc822", "fgh");
        assert_int_equal(w->transfer[1].offset, 5);
        assert_int_equal(w->transfer[0].total, LENGTH_UNKNOWN);
        assert_int_equal(w->transfer[1].total, 8);
    });
}

static void the_coding_of_a_part_is_told_by_its_bytes(void **state) {
    static const struct piece p[] = {LOGIN, C("a3 FETCH 1 (BODY[1] BODY[2])\r\n"),
                                     S("* 1 FETCH (BODY[1] {62}\r\n" LINE64
                                       "\r\n BODY[2] {62}\r\nwords of a text, which are not so " LINE64
                                       "\r\n"),
                                     S("a3 OK\r\n")};
    FOR_EACH_SPLIT(p, {
        assert_true(w->transfers >= 1);
        assert_bytes(&w->transfer[0], LINE64 "\r\n");
        assert_text(&w->transfer[0].coded, "base64");
        assert_text(&w->transfer[1].coded, "");
    });
}

static void gaps_are_told_and_what_follows_is_read(void **state) {
    static const struct piece p[] = {LOGIN,
                                     C("a3 FETCH 1:* BODY[]\r\n"),
                                     S("* 1 FETCH (BODY[] {30}\r\nabcde"),
                                     GAP(SIDE_SERVER, 10),
                                     S("1234567890defgh)\r\n* 2 FE"),
                                     GAP(SIDE_SERVER, 40),
                                     S("lost text)\r\n* 3 FETCH (BODY[] {21}\r\n" MAIL ")\r\na3 OK\r\n")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 2);
        assert_int_equal(w->transfer[0].missing, 10);
        assert_transfer(&w->transfer[0], SIDE_SERVER, "message/rfc822", "abcde1234567890defgh");
        assert_transfer(&w->transfer[1], SIDE_SERVER, "message/rfc822", MAIL);
    });
}

/* The line that announced a literal is lost with its first octets. */
static void the_rest_of_a_literal_is_not_complete_and_the_next_one_is_found(void **state) {
    static const struct piece p[] = {
        LOGIN,
        C("a3 FETCH 1:* BODY[]\r\n"),
        S("* 1 FET"),
        GAP(SIDE_SERVER, 40),
        S("of a line\r\n+ words of a mail\r\nno line of a server\r\n"),
        GAP(SIDE_SERVER, 7),
        S("any more\r\n* words\r\n)\r\n* 2 FETCH (BODY[] {21}\r\n" MAIL ")\r\na3 OK\r\n")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 2);
        assert_bytes(&w->transfer[0], "no line of a server\r\nany more\r\n* words\r\n)\r\n");
        assert_int_equal(w->transfer[0].missing,
                         7 + 40 + sizeof "of a line\r\n+ words of a mail\r\n" - 1 + 7);
        assert_int_equal(w->transfer[0].how, TRANSFER_CUT);
        assert_transfer(&w->transfer[1], SIDE_SERVER, "message/rfc822", MAIL);
        assert_int_equal(w->transfer[1].missing, 0);
    });
}

static void the_rest_of_what_is_appended_is_not_complete(void **state) {
    static const struct piece p[] = {LOGIN, GAP(SIDE_CLIENT, 60), C("of a line\r\n\1\2\3\r\n"),
                                     C("a4 NOOP\r\na5 APPEND x {21+}\r\n" MAIL "\r\n"),
                                     S("a4 OK\r\na5 OK\r\n")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 2);
        assert_bytes(&w->transfer[0], "\1\2\3\r\n");
        assert_true(w->transfer[0].missing > 0);
        assert_transfer(&w->transfer[1], SIDE_CLIENT, "message/rfc822", MAIL);
    });
}

/* How much was asked for is not known of an answer whose question was lost. */
static void a_short_part_whose_question_was_lost_is_not_the_last(void **state) {
    static const struct piece p[] = {LOGIN, C("a3 UID FETCH 9 BODY.PEEK[]<0.5>\r\n"),
                                     S("* 2 FETCH (UID 9 BODY[]<0> {5}\r\nabcde)\r\na3 OK\r\n"),
                                     GAP(SIDE_CLIENT, 32),
                                     S("* 2 FETCH (UID 9 BODY[]<5> {3}\r\nfgh)\r\na4 OK\r\n")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 2);
        assert_int_equal(w->transfer[1].total, LENGTH_UNKNOWN);
    });
}

static void what_is_no_line_is_a_thing(void **state) {
    static const struct piece p[] = {LOGIN, C("a3 NOOP\r\nContent-Type: image/jpeg\r\n\r\nabc\r\n"),
                                     S("a3 OK\r\n")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_bytes(&w->transfer[0], "Content-Type: image/jpeg\r\n\r\nabc\r\n");
        assert_int_equal(counter_values[COUNTER_IMAP_STRAYS], 1);
    });
}

static void what_a_line_has_beyond_what_is_usual_is_a_thing(void **state) {
    static char line[10000];
    memset(line, 'a', sizeof line - 1);
    memcpy(line, "* OK ", 5);
    const struct piece p[] = {
        LOGIN, {SIDE_SERVER, line, sizeof line - 1}, S("\r\n* 1 FETCH (BODY[] {21}\r\n" MAIL ")\r\n")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 2);
        assert_int_equal(w->transfer[0].how, TRANSFER_UNKNOWN);
        assert_int_equal(w->transfer[0].size, sizeof line + 1 - 8192);
        assert_transfer(&w->transfer[1], SIDE_SERVER, "message/rfc822", MAIL);
        assert_int_equal(counter_values[COUNTER_IMAP_LINES_LONG], 1);
    });
}

static void a_long_line_of_nothing_is_a_thing_from_its_start(void **state) {
    static char line[10000];
    memset(line, 'a', sizeof line - 1);
    const struct piece p[] = {LOGIN, {SIDE_CLIENT, line, sizeof line - 1}};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_bytes(&w->transfer[0], line);
    });
}

static void an_answer_to_another_command_refuses_no_literal(void **state) {
    static const struct piece p[] = {LOGIN, C("a3 NOOP\r\na4 APPEND x {3}\r\n"), S("a3 NO\r\n+ go\r\n"),
                                     C("abc\r\n"), S("a4 OK\r\n")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_transfer(&w->transfer[0], SIDE_CLIENT, "message/rfc822", "abc");
    });
}

static void tls_follows_starttls_or_nothing_does(void **state) {
    static const struct piece sealed[] = {S("* OK ready\r\n"), C("a1 STARTTLS\r\n"), S("a1 OK begin\r\n"),
                                          C("\x16\3\1\2\0\1\0\1\xfc\3\3"), S("\x16\3\3\0\x7a\2\0\0\x76\3\3")};
    static const struct piece clear[] = {S("* OK ready\r\n"), C("x STARTTLS\r\n"), S("x OK begin\r\n"), LOGIN,
                                         C("a3 APPEND x {3+}\r\nabc\r\n")};
    FOR_EACH_SPLIT(sealed, assert_int_equal(w->transfers, 0);
                   assert_int_equal(counter_values[COUNTER_TUNNELS], 1));
    FOR_EACH_SPLIT(clear, {
        assert_int_equal(w->transfers, 1);
        assert_transfer(&w->transfer[0], SIDE_CLIENT, "message/rfc822", "abc");
    });
}

/* --- COMPRESS --- */

static size_t deflate_text(z_stream *z, const char *text, uint8_t *out, size_t room) {
    z->next_in = (Bytef *)(uintptr_t)text;
    z->avail_in = (uInt)strlen(text);
    z->next_out = out;
    z->avail_out = (uInt)room;
    assert_int_equal(deflate(z, Z_SYNC_FLUSH), Z_OK);
    return room - z->avail_out;
}

static void compressed_lines_are_read(void **state) {
    for (size_t i = 0; i < sizeof talk_splits / sizeof *talk_splits; i++) {
        struct codings *codings =
            codings_create(&(struct codings_options){.memory = 8 << 20, .limits = {8, 64, 1 << 20, 100}});
        struct world *w = world_create(&(struct dispatch_options){.conversations = 4});
        const struct piece begin[] = {LOGIN, C("a3 COMPRESS DEFLATE\r\n"), S("a3 OK active\r\n")};
        const char *client[] = {"a4 FETCH 1 BODY[]\r\n", "a5 APPEND x {3+}\r\nabc\r\n"};
        const char *server[] = {"* 1 FETCH (BODY[] {21}\r\n" MAIL ")\r\na4 OK\r\n", "a5 OK\r\n"};
        z_stream z[2] = {{0}};
        uint8_t out[512];
        size_t flow = world_open(w, (struct endpoint){0}, (struct endpoint){0});
        w->flow[flow]->codings = codings;
        for (size_t k = 0; k < sizeof begin / sizeof *begin; k++)
            world_deliver(w, flow, begin[k].from, (const uint8_t *)begin[k].bytes, begin[k].n,
                          talk_splits[i]);
        for (int k = 0; k < 2; k++)
            assert_int_equal(deflateInit2(&z[k], 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
        for (int k = 0; k < 2; k++) {
            size_t n = deflate_text(&z[0], client[k], out, sizeof out);
            world_deliver(w, flow, SIDE_CLIENT, out, n, talk_splits[i]);
            n = deflate_text(&z[1], server[k], out, sizeof out);
            world_deliver(w, flow, SIDE_SERVER, out, n, talk_splits[i]);
        }
        assert_int_equal(w->transfers, 2);
        assert_transfer(&w->transfer[0], SIDE_SERVER, "message/rfc822", MAIL);
        assert_transfer(&w->transfer[1], SIDE_CLIENT, "message/rfc822", "abc");
        deflateEnd(&z[0]);
        deflateEnd(&z[1]);
        world_destroy(w);
        codings_destroy(codings);
    }
}

/* A deflate stream that breaks: nobody reads the rest, and the flow is not called read. */
static void what_does_not_inflate_leaves_the_flow_unread(void **state) {
    static const struct piece begin[] = {LOGIN, C("a3 COMPRESS DEFLATE\r\n"), S("a3 OK active\r\n")};
    struct codings *codings =
        codings_create(&(struct codings_options){.memory = 8 << 20, .limits = {8, 64, 1 << 20, 100}});
    struct world *w = world_create(&(struct dispatch_options){.conversations = 4});
    uint8_t out[600], junk[600];
    z_stream z = {0};
    size_t flow = world_open(w, (struct endpoint){0}, (struct endpoint){0});
    w->flow[flow]->codings = codings;
    for (size_t k = 0; k < sizeof begin / sizeof *begin; k++)
        world_deliver(w, flow, begin[k].from, (const uint8_t *)begin[k].bytes, begin[k].n, 0);
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
    size_t n = deflate_text(&z, "a4 NOOP\r\n", out, sizeof out);
    deflateEnd(&z);
    world_deliver(w, flow, SIDE_CLIENT, out, n, 0);
    assert_false(conversation_lost(w->flow[flow]));
    memset(junk, 0xff, sizeof junk);
    world_deliver(w, flow, SIDE_CLIENT, junk, sizeof junk, 0);
    assert_true(conversation_lost(w->flow[flow]));
    world_destroy(w);
    codings_destroy(codings);
}

static void others_that_begin_alike_are_none(void **state) {
    static const struct piece text[] = {C("a1 what is this\r\n"), S("* OK\r\n")};
    static const struct piece smtp[] = {S("220 x ESMTP\r\n"), C("NOOP\r\n")};
    FOR_EACH_SPLIT(text, assert_ptr_not_equal(w->flow[0]->protocol, &protocol_imap));
    FOR_EACH_SPLIT(smtp, assert_ptr_not_equal(w->flow[0]->protocol, &protocol_imap));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(literals_of_a_fetch_are_things),
        cmocka_unit_test(what_is_appended_goes_out),
        cmocka_unit_test(a_literal_that_is_refused_does_not_come),
        cmocka_unit_test(names_credentials_and_listings_move_nothing),
        cmocka_unit_test(parts_of_a_message_have_their_place),
        cmocka_unit_test(the_coding_of_a_part_is_told_by_its_bytes),
        cmocka_unit_test(gaps_are_told_and_what_follows_is_read),
        cmocka_unit_test(the_rest_of_a_literal_is_not_complete_and_the_next_one_is_found),
        cmocka_unit_test(the_rest_of_what_is_appended_is_not_complete),
        cmocka_unit_test(a_short_part_whose_question_was_lost_is_not_the_last),
        cmocka_unit_test(what_is_no_line_is_a_thing),
        cmocka_unit_test(what_a_line_has_beyond_what_is_usual_is_a_thing),
        cmocka_unit_test(a_long_line_of_nothing_is_a_thing_from_its_start),
        cmocka_unit_test(an_answer_to_another_command_refuses_no_literal),
        cmocka_unit_test(tls_follows_starttls_or_nothing_does),
        cmocka_unit_test(compressed_lines_are_read),
        cmocka_unit_test(what_does_not_inflate_leaves_the_flow_unread),
        cmocka_unit_test(others_that_begin_alike_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
