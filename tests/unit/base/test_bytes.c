/* SPDX-License-Identifier: Apache-2.0 */
#include "problem_text.h"

#include "base/bytes.h"

static void test_case_is_ignored_for_ascii_letters_only(void **state) {
    assert_true(bytes_equal_nocase(bytes_text("Content-TYPE"), "content-type"));
    assert_false(bytes_equal_nocase(bytes_text("content-type"), "content-typ"));
    assert_false(bytes_equal_nocase(bytes_text("content-typ"), "content-type"));
    assert_false(bytes_equal_nocase(bytes_text("a@"), "a`")); /* 0x40 and 0x60 are no letters */
    assert_false(bytes_equal_nocase(bytes_text("\xc3\x89"), "\xc3\xa9"));
    assert_true(bytes_starts_nocase(bytes_text("STOR x"), "stor"));
    assert_false(bytes_starts_nocase(bytes_text("STO"), "stor"));
    assert_true(bytes_starts_nocase(bytes_of(NULL, 0), ""));
}

static void test_trim_takes_white_space_at_both_ends_only(void **state) {
    assert_true(bytes_equal(bytes_trim(bytes_text(" \t a b\r\n")), bytes_text("a b")));
    assert_int_equal(bytes_trim(bytes_text(" \t\v\f\r\n")).n, 0);
    assert_int_equal(bytes_trim(bytes_of(NULL, 0)).n, 0);
    assert_int_equal(bytes_trim(bytes_of("\0a\0", 3)).n, 3);
}

static void test_until_takes_all_where_the_stop_is_missing(void **state) {
    assert_true(bytes_equal(bytes_until(bytes_text("a;b;c"), ';'), bytes_text("a")));
    assert_true(bytes_equal(bytes_until(bytes_text("abc"), ';'), bytes_text("abc")));
    assert_int_equal(bytes_until(bytes_of(NULL, 0), ';').n, 0);
    assert_true(bytes_equal(bytes_after_last(bytes_text("a/b/c.jpg"), '/'), bytes_text("c.jpg")));
    assert_true(bytes_equal(bytes_after_last(bytes_text("c.jpg"), '/'), bytes_text("c.jpg")));
    assert_int_equal(bytes_after_last(bytes_text("a/"), '/').n, 0);
    assert_int_equal(bytes_after_last(bytes_of(NULL, 0), '/').n, 0);
}

static void test_numbers_are_all_digits_and_do_not_wrap(void **state) {
    static const char *const wrong[] = {
        "", "+1", "-1", " 1", "1 ", "0x1", "1.0", "18446744073709551616", "99999999999999999999999"};
    uint64_t n;
    assert_true(bytes_number(bytes_text("18446744073709551615"), &n));
    assert_true(n == UINT64_MAX);
    assert_true(bytes_number(bytes_text("007"), &n));
    assert_int_equal(n, 7);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(bytes_number(bytes_text(wrong[i]), &n));
}

static void test_the_reader_takes_all_it_asks_for_or_nothing(void **state) {
    static const uint8_t data[] = {1, 2, 3, 4, 5, 6, 7};
    struct reader r = reader_of(data, sizeof data);
    uint8_t a;
    uint16_t b;
    uint32_t c;
    const uint8_t *p;
    assert_true(reader_u16(&r, &b));
    assert_int_equal(b, 0x0102);
    assert_true(reader_u32(&r, &c));
    assert_int_equal(c, 0x03040506);
    assert_false(reader_u16(&r, &b));
    assert_false(reader_u32(&r, &c));
    assert_false(reader_u16le(&r, &b));
    assert_false(reader_u32le(&r, &c));
    assert_false(reader_skip(&r, SIZE_MAX));
    assert_false(reader_take(&r, 2, &p));
    assert_int_equal(reader_left(&r), 1);
    assert_true(reader_u8(&r, &a));
    assert_int_equal(a, 7);
    assert_false(reader_u8(&r, &a));
    assert_true(reader_skip(&r, 0));
}

static void test_little_endian_reads_say_so(void **state) {
    static const uint8_t data[] = {1, 2, 0xf3, 4, 5, 0xf6};
    struct reader r = reader_of(data, sizeof data);
    uint16_t b;
    uint32_t c;
    assert_true(reader_u16le(&r, &b));
    assert_int_equal(b, 0x0201);
    assert_true(reader_u32le(&r, &c));
    assert_true(c == 0xf60504f3u);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_case_is_ignored_for_ascii_letters_only),
        cmocka_unit_test(test_trim_takes_white_space_at_both_ends_only),
        cmocka_unit_test(test_until_takes_all_where_the_stop_is_missing),
        cmocka_unit_test(test_numbers_are_all_digits_and_do_not_wrap),
        cmocka_unit_test(test_the_reader_takes_all_it_asks_for_or_nothing),
        cmocka_unit_test(test_little_endian_reads_say_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
