/* SPDX-License-Identifier: Apache-2.0 */
#include "mime/mime.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void check(const char *text, const char *expected, bool word) {
    uint8_t out[4 * MIME_QUOTED_HELD];
    for (size_t step = 1; step <= 7; step++) {
        struct mime_quoted s = {.word = word};
        struct bytes all = bytes_text(text);
        size_t n = 0;
        while (all.n > 0) {
            size_t take = all.n < step ? all.n : step;
            struct bytes piece = bytes_of(all.p, take);
            while (piece.n > 0)
                n += mime_quoted_decode(&s, &piece, out + n, MIME_QUOTED_HELD + 1);
            all = bytes_of(all.p + take, all.n - take);
        }
        n += mime_quoted_finish(&s, out + n);
        if (n != strlen(expected) || memcmp(out, expected, n) != 0)
            fail_msg("%s by %zu: %.*s, not %s", text, step, (int)n, out, expected);
    }
}

static void the_example_of_rfc_2045_is_one_line(void **state) {
    check("Now's the time =\r\nfor all folk to come=\r\n to the aid of their country.",
          "Now's the time for all folk to come to the aid of their country.", false);
}

static void escapes_are_bytes_in_either_case(void **state) {
    check("=41=4a=4A==41", "AJJ=A", false);
    check("caf=C3=A9_x", "caf\xc3\xa9_x", false);
}

static void white_space_may_stand_between_the_sign_and_the_soft_line_end(void **state) {
    check("a= \t\r\nb", "ab", false);
    check("a= b\r\n= cd", "a= b\r\n= cd", false);
    check("a= \t", "a", false);
}

static void white_space_at_the_end_of_a_line_is_no_content(void **state) {
    check("a \t \r\n \nb  c \rd \t", "a\r\n\nb  c \rd", false);
    check("a=20\r\nb=09\n", "a \r\nb\t\n", false);
}

static void blanks_longer_than_any_line_are_content(void **state) {
    char text[2 * MIME_QUOTED_HELD] = "x";
    memset(text + 1, ' ', MIME_QUOTED_HELD + 1);
    text[MIME_QUOTED_HELD + 2] = 'y';
    check(text, text, false);
    memcpy(text + MIME_QUOTED_HELD + 1, "\n", 2);
    check(text, "x\n", false);
}

static void what_is_no_escape_stands_for_itself(void **state) {
    check("x=yz", "x=yz", false);
    check("x=4", "x=4", false);
    check("x=4g=", "x=4g", false);
}

static void in_an_encoded_word_an_underscore_is_a_space_and_no_line_ends(void **state) {
    check("a_=5F_b", "a _ b", true);
    check("a= b", "a= b", true);
    check("a=\nb", "a=\nb", true);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_of_rfc_2045_is_one_line),
        cmocka_unit_test(escapes_are_bytes_in_either_case),
        cmocka_unit_test(white_space_may_stand_between_the_sign_and_the_soft_line_end),
        cmocka_unit_test(white_space_at_the_end_of_a_line_is_no_content),
        cmocka_unit_test(blanks_longer_than_any_line_are_content),
        cmocka_unit_test(what_is_no_escape_stands_for_itself),
        cmocka_unit_test(in_an_encoded_word_an_underscore_is_a_space_and_no_line_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
