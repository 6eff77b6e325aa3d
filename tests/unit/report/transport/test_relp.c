/* SPDX-License-Identifier: Apache-2.0 */
#include "report/transport/relp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct relp_parser parser;
static struct relp_frame frame;

/* All frames of `text`, which comes in pieces of `piece` octets, as one line each; the last result. */
static enum relp_result parse(const char *text, size_t size, size_t piece, char *out) {
    enum relp_result result = RELP_MORE;
    out[0] = '\0';
    relp_begin(&parser);
    for (size_t at = 0; at < size && result != RELP_WRONG; at += piece) {
        struct bytes in = bytes_of(text + at, size - at < piece ? size - at : piece);
        while ((result = relp_parse(&parser, &in, &frame)) == RELP_FRAME)
            out += sprintf(out, "%u %s %zu <%.*s>\n", frame.txnr, frame.command, frame.data.n,
                           (int)(frame.data.n < 40 ? frame.data.n : 40), (const char *)frame.data.p);
        if (result == RELP_MORE)
            assert_int_equal(in.n, 0);
    }
    return result;
}

/* What rsyslogd 8.2302 with imrelp said to a session of two messages, and what else may come. */
static void a_receivers_answers_are_read_in_pieces_of_any_size(void **state) {
    static const char said[] =
        "1 rsp 93 200 OK\nrelp_version=0\nrelp_software=librelp,1.11.0,http://librelp.adiscon.com\n"
        "commands=syslog\n2 rsp 6 200 OK\n3 rsp 6 200 OK\n4 rsp 0\n0 serverclose 0\n5 rsp 9 500 wrong\n6 rsp "
        "0 \n";
    static const char expected[] =
        "1 rsp 93 <200 OK\nrelp_version=0\nrelp_software=libr>\n2 rsp 6 <200 OK>\n3 rsp 6 <200 OK>\n"
        "4 rsp 0 <>\n0 serverclose 0 <>\n5 rsp 9 <500 wrong>\n6 rsp 0 <>\n";
    char out[1024];
    for (size_t piece = 1; piece <= sizeof said; piece++) {
        assert_int_equal(parse(said, sizeof said - 1, piece, out), RELP_MORE);
        assert_string_equal(out, expected);
    }
}

static void what_is_no_frame_is_refused(void **state) {
    static const char *const wrong[] = {
        "\n",
        " rsp 0\n",
        "x rsp 0\n",
        "-1 rsp 0\n",
        "1234567890 rsp 0\n",
        "1  0\n",
        "1 r5p 0\n",
        "1 rsp\n",
        "1 rsp \n",
        "1 rsp  \n",
        "1 rsp x\n",
        "1 rsp 6\n200 OK\n",
        "1 rsp 6 200 OKK\n",
        "1 rsp 131073 x",
        "1 rsp 999999999 x",
        "1 rsp 1234567890 x",
        "1 abcdefghijklmnopqrstuvwxyzabcdefg 0\n",
        "HTTP/1.1 400 Bad\n",
    };
    char out[1024];
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (parse(wrong[i], strlen(wrong[i]), 1 + i % 5, out) != RELP_WRONG)
            fail_msg("taken: %s", wrong[i]);
}

static void the_largest_frame_is_stepped_over_in_constant_memory(void **state) {
    static char text[RELP_DATA_MAX + 64];
    size_t n = RELP_DATA_MAX;
    char out[256];
    size_t head = (size_t)sprintf(text, "7 rsp %zu 200 OK\n", n);
    memset(text + head, 'x', n);
    memcpy(text + head + n - 7, "\n8 rsp 3 200\n", 13);
    assert_int_equal(parse(text, head + n - 7 + 13, 1000, out), RELP_MORE);
    assert_non_null(strstr(out, "7 rsp 1024 <200 OK\n"));
    assert_non_null(strstr(out, "8 rsp 3 <200>"));
}

static void codes_are_three_digits_and_a_space_or_nothing(void **state) {
    struct bytes rest;
    unsigned code;
    assert_true(relp_code(bytes_text("200 OK\ncommands=syslog"), &code, &rest));
    assert_int_equal(code, 200);
    assert_true(bytes_equal(rest, bytes_text("commands=syslog")));
    assert_true(relp_code(bytes_text("500"), &code, &rest));
    assert_int_equal(code, 500);
    assert_int_equal(rest.n, 0);
    static const char *const wrong[] = {"", "20", "2000", "20x", "OK 200", "200OK", "\n200", " 200"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(relp_code(bytes_text(wrong[i]), &code, &rest));
}

static void offers_are_whole_names_and_whole_values(void **state) {
    struct bytes o = bytes_text("relp_version=1\nrelp_software=x,y\ncommands=eventlog,syslog\nempty");
    assert_true(relp_offers(o, "relp_version", NULL));
    assert_true(relp_offers(o, "commands", "syslog"));
    assert_true(relp_offers(o, "commands", "eventlog"));
    assert_true(relp_offers(o, "empty", NULL));
    assert_false(relp_offers(o, "empty", "x"));
    assert_false(relp_offers(o, "relp", NULL));
    assert_false(relp_offers(o, "commands", "sys"));
    assert_false(relp_offers(bytes_text("commands=syslogs"), "commands", "syslog"));
    assert_false(relp_offers(bytes_of(NULL, 0), "commands", NULL));
}

static void headers_are_as_the_specification_has_them(void **state) {
    char out[RELP_HEADER_MAX + 1];
    assert_int_equal(relp_header(out, 2, "syslog", 11), 12);
    assert_memory_equal(out, "2 syslog 11 ", 12);
    assert_int_equal(relp_header(out, 999999999, "close", 0), 17);
    assert_memory_equal(out, "999999999 close 0", 17);
    assert_int_equal(relp_next(1), 2);
    assert_int_equal(relp_next(999999999), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_receivers_answers_are_read_in_pieces_of_any_size),
        cmocka_unit_test(what_is_no_frame_is_refused),
        cmocka_unit_test(the_largest_frame_is_stepped_over_in_constant_memory),
        cmocka_unit_test(codes_are_three_digits_and_a_space_or_nothing),
        cmocka_unit_test(offers_are_whole_names_and_whole_values),
        cmocka_unit_test(headers_are_as_the_specification_has_them),
    };
    return cmocka_run_group_tests_name("report/relp", tests, NULL, NULL);
}
