/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/utf16.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* What comes out of `in`, cut behind `cut` bytes; its end is told. */
static struct bytes convert(struct bytes in, size_t cut, uint8_t out[128]) {
    struct utf16 u = {.mode = UTF16_START};
    struct bytes pieces[] = {bytes_of(in.p, cut), bytes_of(in.p + cut, in.n - cut)};
    size_t n = 0;
    for (size_t i = 0; i < 2; i++)
        while (pieces[i].n > 0) {
            uint8_t room[UTF16_OUT_MIN];
            struct bytes text = utf16_next(&u, &pieces[i], room, sizeof room);
            memcpy(out + n, text.p ? text.p : room, text.n);
            n += text.n;
        }
    struct bytes held = utf16_gap(&u, 0);
    memcpy(out + n, held.p, held.n);
    return bytes_of(out, n + held.n);
}

#define ASSERT_TEXT(in, want)                                                                                \
    for (size_t cut = 0; cut < sizeof(in); cut++) {                                                          \
        uint8_t out[128];                                                                                    \
        struct bytes text = convert(bytes_of(in, sizeof(in) - 1), cut, out);                                 \
        assert_int_equal(text.n, sizeof(want) - 1);                                                          \
        assert_memory_equal(text.p, want, text.n);                                                           \
    }

static void a_mark_tells_the_width_and_is_left_out(void **state) {
    ASSERT_TEXT("\xff\xfeK\0X\0R\0", "KXR");
    ASSERT_TEXT("\xfe\xff\0K\0X\0R", "KXR");
    ASSERT_TEXT("\xff\xfe\0\0K\0\0\0X\0\0\0", "KX");
    ASSERT_TEXT("\0\0\xfe\xff\0\0\0K\0\0\0X", "KX");
}

static void without_a_mark_the_zeros_of_the_first_characters_tell_it(void **state) {
    ASSERT_TEXT("K\0X\0R\0", "KXR");
    ASSERT_TEXT("\0K\0X\0R", "KXR");
    ASSERT_TEXT("K\0\0\0X\0\0\0", "KX");
    ASSERT_TEXT("\0\0\0K\0\0\0X", "KX");
    ASSERT_TEXT("KXR4471", "KXR4471");
    ASSERT_TEXT("K\0\0X44", "K\0\0X44");
}

static void short_texts_pass_as_they_are(void **state) {
    ASSERT_TEXT("", "");
    ASSERT_TEXT("K", "K");
    ASSERT_TEXT("KXR", "KXR");
}

static void halves_of_pairs_and_numbers_that_are_no_characters_are_replaced(void **state) {
    ASSERT_TEXT("\xff\xfe\x3d\xd8\x97\xde", "\xf0\x9f\x9a\x97");
    ASSERT_TEXT("\xff\xfe\x3d\xd8K\0", "\xef\xbf\xbdK");
    ASSERT_TEXT("\xff\xfe\0\0K\0\0\0\0\0\x11\0", "K\xef\xbf\xbd");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mark_tells_the_width_and_is_left_out),
        cmocka_unit_test(without_a_mark_the_zeros_of_the_first_characters_tell_it),
        cmocka_unit_test(short_texts_pass_as_they_are),
        cmocka_unit_test(halves_of_pairs_and_numbers_that_are_no_characters_are_replaced),
    };
    return cmocka_run_group_tests_name("inspect/utf16", tests, NULL, NULL);
}
