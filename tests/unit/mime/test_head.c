/* SPDX-License-Identifier: Apache-2.0 */
#include "mime/mime.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static uint8_t head[256];
static struct bytes rest;

static void read_head(const char *text) {
    size_t n = strlen(text);
    assert_true(n <= sizeof head);
    memcpy(head, text, n);
    rest = bytes_of(head, mime_head_unfold(head, n));
}

static void expect_field(const char *name, const char *value) {
    struct bytes n, v;
    assert_true(mime_head_next(&rest, &n, &v));
    if (!bytes_equal(n, bytes_text(name)) || !bytes_equal(v, bytes_text(value)))
        fail_msg("%.*s: %.*s, not %s: %s", (int)n.n, n.p, (int)v.n, v.p, name, value);
}

static void expect_end(void) {
    struct bytes n, v;
    assert_false(mime_head_next(&rest, &n, &v));
}

static void fields_come_in_their_order_trimmed(void **state) {
    read_head("Subject: reads of May\r\nX-Empty:\r\n From-is-none\nDate :  today \r\n");
    expect_field("Subject", "reads of May");
    expect_field("X-Empty", "From-is-none");
    expect_field("Date", "today");
    expect_end();
}

static void a_folded_line_belongs_to_the_one_before(void **state) {
    read_head("Content-Type: multipart/mixed;\r\n\tboundary=b\r\n  ; charset=x\nTo: a\n b\n");
    expect_field("Content-Type", "multipart/mixed;\tboundary=b  ; charset=x");
    expect_field("To", "a b");
    expect_end();
}

static void lines_without_a_colon_are_left_out(void **state) {
    read_head("no field\r\nA: 1\r\n\r\nB:2");
    expect_field("A", "1");
    expect_field("B", "2");
    expect_end();
    read_head("");
    expect_end();
}

static void a_value_may_hold_colons_and_a_name_may_be_empty(void **state) {
    read_head("Date: 04:12:09\r\n: nameless\r\n");
    expect_field("Date", "04:12:09");
    expect_field("", "nameless");
    expect_end();
}

static void a_list_gives_its_elements_trimmed_and_the_empty_ones_too(void **state) {
    static const char *const expected[] = {"gzip", "", "br", "x y"};
    struct bytes list = bytes_text("gzip,, br\t, x y ,"), element;
    for (size_t i = 0; i < 4; i++) {
        assert_true(mime_list_next(&list, &element));
        assert_true(bytes_equal(element, bytes_text(expected[i])));
    }
    assert_false(mime_list_next(&list, &element)); /* nothing stands behind the last comma */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_come_in_their_order_trimmed),
        cmocka_unit_test(a_folded_line_belongs_to_the_one_before),
        cmocka_unit_test(lines_without_a_colon_are_left_out),
        cmocka_unit_test(a_value_may_hold_colons_and_a_name_may_be_empty),
        cmocka_unit_test(a_list_gives_its_elements_trimmed_and_the_empty_ones_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
