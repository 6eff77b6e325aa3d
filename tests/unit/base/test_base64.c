/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* In pieces of `step` bytes, with `room` bytes of room for each call. */
static size_t decode_text(const char *text, size_t step, size_t room, uint8_t *out) {
    struct base64 s = {0};
    struct bytes all = bytes_text(text);
    size_t n = 0;
    while (all.n > 0) {
        size_t take = all.n < step ? all.n : step;
        struct bytes piece = bytes_of(all.p, take);
        while (piece.n > 0) {
            size_t made = base64_decode(&s, &piece, out + n, room);
            assert_true(made <= room);
            n += made;
        }
        all = bytes_of(all.p + take, all.n - take);
    }
    return n + base64_finish(&s, out + n);
}

static void check(const char *text, const char *expected) {
    uint8_t out[64];
    for (size_t step = 1; step <= 9; step++)
        for (size_t room = 3; room <= 7; room++) {
            size_t n = decode_text(text, step, room, out);
            if (n != strlen(expected) || memcmp(out, expected, n) != 0)
                fail_msg("%s by %zu into %zu: %.*s, not %s", text, step, room, (int)n, out, expected);
        }
}

static void vectors_of_rfc_4648_are_decoded_at_every_split(void **state) {
    check("", "");
    check("Zg==", "f");
    check("Zm8=", "fo");
    check("Zm9v", "foo");
    check("Zm9vYg==", "foob");
    check("Zm9vYmE=", "fooba");
    check("Zm9vYmFy", "foobar");
}

static void padding_may_be_left_out_and_a_run_may_follow_it(void **state) {
    check("Zg", "f");
    check("Zm9vYmE", "fooba");
    check("Zg==Zm8=Zm9v", "ffofoo");
    check("Zm9vY", "foo"); /* a single character is no byte */
}

static void the_other_alphabet_stands_for_the_same(void **state) {
    check("++//", "\xfb\xef\xff");
    check("--__", "\xfb\xef\xff");
}

static void what_is_no_digit_does_not_count(void **state) {
    check("Zm\r\n9v\tYm!*\x80"
          "Fy",
          "foobar");
}

static void a_value_is_that_of_rfc_4648_table_1_and_of_nothing_else(void **state) {
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int c = 0; c < 256; c++) {
        const char *at = c ? strchr(alphabet, c) : NULL;
        assert_int_equal(base64_value((uint8_t)c), at ? (int)(at - alphabet) : -1);
    }
}

/* Octet by octet no block is ever whole. */
static size_t decode_one_by_one(struct bytes in, uint8_t *out, size_t room) {
    struct base64 s = {0};
    size_t n = 0;
    for (size_t i = 0; i < in.n; i++) {
        struct bytes one = bytes_of(in.p + i, 1);
        n += base64_decode(&s, &one, out + n, room - n);
    }
    return n + base64_finish(&s, out + n);
}

static void many_characters_at_once_are_decoded_as_each_by_itself(void **state) {
    static const char signs[] = "ABCXYZabcxyz0189+/-_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    uint8_t text[700], all[700], one[700];
    srand(3);
    for (int round = 0; round < 20000; round++) {
        size_t n = (size_t)rand() % sizeof text, width = 20 + (size_t)rand() % 80, made = 0;
        size_t apart = 1 + (size_t)rand() % 3;
        for (size_t i = 0; i < n; i++)
            if (i % width < apart)
                text[i] = (uint8_t)(round % 3 ? "\r\n= \xc3"[rand() % 5] : rand());
            else
                text[i] = (uint8_t)signs[(size_t)rand() % (sizeof signs - 1)];
        struct base64 s = {0};
        struct bytes in = bytes_of(text, n);
        while (in.n > 0) { /* with little room now and then */
            size_t room = round % 2 ? sizeof all - made : 3 + (size_t)rand() % 60;
            made += base64_decode(&s, &in, all + made, room);
        }
        made += base64_finish(&s, all + made);
        assert_int_equal(made, decode_one_by_one(bytes_of(text, n), one, sizeof one));
        assert_memory_equal(all, one, made);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_of_rfc_4648_are_decoded_at_every_split),
        cmocka_unit_test(padding_may_be_left_out_and_a_run_may_follow_it),
        cmocka_unit_test(the_other_alphabet_stands_for_the_same),
        cmocka_unit_test(what_is_no_digit_does_not_count),
        cmocka_unit_test(many_characters_at_once_are_decoded_as_each_by_itself),
        cmocka_unit_test(a_value_is_that_of_rfc_4648_table_1_and_of_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
