/* SPDX-License-Identifier: Apache-2.0 */
#include "mime/mime.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void check(const char *text, const char *expected) {
    uint8_t out[256];
    size_t n = mime_words_decode(bytes_text(text), out, sizeof out);
    if (!bytes_equal(bytes_of(out, n), bytes_text(expected)))
        fail_msg("%s: %.*s, not %s", text, (int)n, out, expected);
}

/* The table at the end of RFC 2047 section 8, without the parentheses of comments. */
static void examples_of_rfc_2047_section_8_show_as_it_says(void **state) {
    check("=?ISO-8859-1?Q?a?=", "a");
    check("=?ISO-8859-1?Q?a?= b", "a b");
    check("=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab");
    check("=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=", "ab");
    check("=?ISO-8859-1?Q?a?=\r\n    =?ISO-8859-1?Q?b?=", "ab");
    check("=?ISO-8859-1?Q?a_b?=", "a b");
    check("=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=", "a b");
    check("=?US-ASCII?Q?Keith_Moore?= <moore@cs.utk.edu>", "Keith Moore <moore@cs.utk.edu>");
    check("=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=\r\n "
          "=?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=",
          "If you can read this you understand the example.");
}

static void a_word_longer_than_a_piece_is_whole(void **state) {
    check("=?utf-8?q?0123456789012345678901234567890123456789012345678901234567890123456789=41?=",
          "0123456789012345678901234567890123456789012345678901234567890123456789A");
    check("=?utf-8?b?MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5?=",
          "0123456789012345678901234567890123456789"
          "01234567890123456789");
}

static void a_word_without_its_padding_is_whole(void **state) {
    check("=?utf-8?B?YWI?=.txt", "ab.txt");
}

static void what_is_no_word_is_kept(void **state) {
    static const char *const texts[] = {"plain",           "=?",         "=?utf-8?B?no end", "a =?x?= b",
                                        "=?utf-8?Z?abc?=", "two  spaces"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        check(texts[i], texts[i]);
}

/* If each were looked for to the end, this would take minutes. */
static void words_that_never_end_cost_their_length(void **state) {
    enum { WORDS = 600000 };
    static const char word[] = "=?a?Q?x";
    size_t n = WORDS * (sizeof word - 1);
    uint8_t *in = malloc(n), out[8];
    for (size_t i = 0; i < n; i++)
        in[i] = (uint8_t)word[i % (sizeof word - 1)];
    assert_int_equal(mime_words_decode(bytes_of(in, n), out, sizeof out), sizeof out);
    assert_memory_equal(out, "=?a?Q?x=", sizeof out);
    free(in);
}

static void no_more_is_written_than_there_is_room(void **state) {
    uint8_t out[8] = "........";
    assert_int_equal(mime_words_decode(bytes_text("=?utf-8?B?YWJjZGVm?="), out, 3), 3);
    assert_memory_equal(out, "abc.", 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples_of_rfc_2047_section_8_show_as_it_says),
        cmocka_unit_test(a_word_longer_than_a_piece_is_whole),
        cmocka_unit_test(a_word_without_its_padding_is_whole),
        cmocka_unit_test(what_is_no_word_is_kept),
        cmocka_unit_test(words_that_never_end_cost_their_length),
        cmocka_unit_test(no_more_is_written_than_there_is_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
