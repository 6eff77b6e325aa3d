/* SPDX-License-Identifier: Apache-2.0 */
#include "problem_text.h"

#include "base/utf8.h"

static void test_every_character_survives_writing_and_reading(void **state) {
    char text[4];
    for (uint32_t c = 0; c <= 0x10FFFF; c++) {
        uint32_t back;
        if (c >= 0xD800 && c <= 0xDFFF)
            continue;
        size_t n = utf8_put(c, text);
        if (utf8_next(bytes_of(text, n), &back) != n || back != c)
            fail_msg("U+%04X", (unsigned)c);
    }
}

static void test_known_characters_have_their_bytes(void **state) {
    /* RFC 3629 section 7 */
    static const struct {
        const char *text;
        uint32_t c;
    } cases[] = {{"A", 0x41},
                 {"\xE2\x89\xA2", 0x2262},
                 {"\xCE\x91", 0x391},
                 {"\xED\x95\x9C", 0xD55C},
                 {"\xF0\xA3\x8E\xB4", 0x233B4}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint32_t c;
        assert_int_equal(utf8_next(bytes_text(cases[i].text), &c), strlen(cases[i].text));
        assert_int_equal(c, cases[i].c);
    }
}

static void test_invalid_bytes_take_one_and_give_the_replacement(void **state) {
    /* overlong forms, surrogates, beyond U+10FFFF, cut characters, lone continuations: RFC 3629 section 3 */
    static const char *const wrong[] = {"\xC0\x80",
                                        "\xE0\x80\xAF",
                                        "\xF0\x80\x80\xAF",
                                        "\xED\xA0\x80",
                                        "\xF4\x90\x80\x80",
                                        "\xF8\x88\x80\x80",
                                        "\x80",
                                        "\xE2\x89",
                                        "\xE2\x28\xA1",
                                        "\xFF",
                                        "\xC3"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        uint32_t c = 0;
        assert_int_equal(utf8_next(bytes_text(wrong[i]), &c), 1);
        assert_int_equal(c, UTF8_REPLACEMENT);
    }
}

static void test_fitting_never_cuts_a_character(void **state) {
    const char *text = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x9A\x97z"; /* ends at 1, 3, 6, 10, 11 */
    static const size_t expected[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11};
    for (size_t limit = 0; limit < sizeof expected / sizeof expected[0]; limit++)
        assert_int_equal(utf8_fit(bytes_text(text), limit), expected[limit]);
    /* of what is no UTF-8 it does not throw away more than a character could be long */
    assert_true(utf8_fit(bytes_text("\x80\x80\x80\x80\x80\x80\x80\x80"), 6) >= 3);
}

/* RFC 8259 section 7 has the last one as its example. */
static void test_escapes_are_those_of_json(void **state) {
    static const struct {
        uint32_t c;
        const char *escape;
    } cases[] = {{0, "\\u0000"},
                 {0x9b, "\\u009b"},
                 {0x202e, "\\u202e"},
                 {0xffff, "\\uffff"},
                 {0x10000, "\\ud800\\udc00"},
                 {0xe0001, "\\udb40\\udc01"},
                 {0x10ffff, "\\udbff\\udfff"},
                 {0x1d11e, "\\ud834\\udd1e"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char out[UTF8_ESCAPE_MAX];
        assert_int_equal(utf8_escape(cases[i].c, out), strlen(cases[i].escape));
        assert_string_equal(out, cases[i].escape);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_character_survives_writing_and_reading),
        cmocka_unit_test(test_known_characters_have_their_bytes),
        cmocka_unit_test(test_invalid_bytes_take_one_and_give_the_replacement),
        cmocka_unit_test(test_fitting_never_cuts_a_character),
        cmocka_unit_test(test_escapes_are_those_of_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
