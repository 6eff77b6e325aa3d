/* SPDX-License-Identifier: Apache-2.0 */
#include "mime/mime.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void expect_list(const char *value, const char *expected, size_t size) {
    char list[256];
    size_t n = mime_addresses_add(bytes_text(value), list, 0, size);
    if (!bytes_equal(bytes_of(list, n), bytes_text(expected)))
        fail_msg("%s: %.*s, not %s", value, (int)n, list, expected);
}

/* RFC 5322, appendix A. */
static void the_examples_of_rfc_5322_give_their_addresses(void **state) {
    expect_list("\"Joe Q. Public\" <john.q.public@example.com>", "john.q.public@example.com", 256);
    expect_list("Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>",
                "mary@x.test, jdoe@example.org, one@y.test", 256);
    expect_list("A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;",
                "c@a.test, joe@where.test, jdoe@one.test", 256);
    expect_list("Undisclosed recipients:;", "", 256);
    expect_list("Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>", "pete@silly.test", 256);
    expect_list("Joe Q. Public <john.q.public@example.com>", "john.q.public@example.com", 256);
    expect_list("\"Giant; \\\"Big\\\" Box\" <sysservices@example.net>", "sysservices@example.net", 256);
}

static void routes_quotes_and_broken_lists_are_read_as_far_as_they_go(void **state) {
    expect_list("<@a.test,@b.test:user@c.test>", "user@c.test", 256);
    expect_list("\"x, y\"@z.test, w@z.test", "\"x, y\"@z.test, w@z.test", 256);
    expect_list("<a@b.test", "a@b.test", 256);
    expect_list("a@b.test (never closed", "a@b.test", 256);
    expect_list(",, ,;a@b.test;,", "a@b.test", 256);
    expect_list("no address, neither", "", 256);
    expect_list("", "", 256);
}

static void what_does_not_fit_is_left_out(void **state) {
    expect_list("a@b.test, cc@dd.test, e@f.test", "a@b.test, e@f.test", 19);
    expect_list("a@b.test", "", 7);
}

static void comments_go_and_quoted_strings_stay(void **state) {
    static const struct {
        const char *value, *expected;
    } rows[] = {
        {"(a) multipart/mixed (b (c) \\) ); boundary=\"(x)\" (d)", "multipart/mixed ; boundary=\"(x)\""},
        {"base64", "base64"},
        {"(all", ""},
        {"\"a\\\"(b)\"(c)", "\"a\\\"(b)\""},
    };
    char out[128];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bytes got = mime_without_comments(bytes_text(rows[i].value), out, sizeof out);
        if (!bytes_equal(got, bytes_text(rows[i].expected)))
            fail_msg("%s: %.*s", rows[i].value, (int)got.n, got.p);
    }
    assert_int_equal(mime_without_comments(bytes_text("abcdef"), out, 3).n, 3);
}

static void a_text_is_decoded_and_cleaned(void **state) {
    static const char expected[] = "Gr\xc3\xbc a x";
    char out[64];
    struct bytes got = mime_text(bytes_text(" =?utf-8?q?Gr?= =?utf-8?b?w7w=?= a \x01x "), out, sizeof out);
    assert_true(bytes_equal(got, bytes_text(expected)));
    assert_int_equal(mime_text(bytes_text("a\xc3\xbc"), out, 2).n, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_examples_of_rfc_5322_give_their_addresses),
        cmocka_unit_test(routes_quotes_and_broken_lists_are_read_as_far_as_they_go),
        cmocka_unit_test(what_does_not_fit_is_left_out),
        cmocka_unit_test(comments_go_and_quoted_strings_stay),
        cmocka_unit_test(a_text_is_decoded_and_cleaned),
    };
    return cmocka_run_group_tests_name("mime/address", tests, NULL, NULL);
}
