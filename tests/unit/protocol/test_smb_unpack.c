/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/smb/unpack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

/* The examples of [MS-XCA] section 3, and what is damaged. */

typedef bool unpacker(struct bytes in, uint8_t *out, size_t n);

#define TEXT(text) bytes_of(text, sizeof text - 1)
#define ALPHABET "abcdefghijklmnopqrstuvwxyz"

/* It must be just this; less of the input is damaged, and never more than `n` is written. */
static void check(unpacker *unpack, struct bytes in, struct bytes wanted) {
    for (size_t cut = 0; cut <= in.n; cut++) {
        uint8_t *packed = malloc(cut ? cut : 1), *out = malloc(wanted.n);
        memcpy(packed, in.p, cut);
        bool good = unpack(bytes_of(packed, cut), out, wanted.n);
        if (cut == in.n)
            assert_true(good);
        if (good)
            assert_memory_equal(out, wanted.p, wanted.n);
        free(packed);
        free(out);
    }
}

static void damaged(unpacker *unpack, struct bytes in, size_t n) {
    uint8_t out[1024];
    assert_true(n <= sizeof out);
    assert_false(unpack(in, out, n));
}

static struct bytes three_hundred(void) {
    static char text[301];
    for (int i = 0; i < 300; i++)
        text[i] = "abc"[i % 3];
    return bytes_of(text, 300);
}

static void lz77_is_undone(void **state) {
    check(unpack_lz77, TEXT("\x3f\0\0\0" ALPHABET), TEXT(ALPHABET));
    check(unpack_lz77,
          TEXT("\xff\xff\xff\x1f"
               "abc\x17\x00\x0f\xff\x26\x01"),
          three_hundred());
    damaged(unpack_lz77,
            TEXT("\xff\xff\xff\x1f"
                 "abc\x1f\x00\x0f\xff\x26\x01"),
            300); /* four back of three */
    damaged(unpack_lz77,
            TEXT("\xff\xff\xff\x1f"
                 "abc\x17\x00\x0f\xff\x26\x01"),
            299); /* longer than told */
    damaged(unpack_lz77,
            TEXT("\xff\xff\xff\x1f"
                 "abc\x17\x00\x0f\xff\x15\x00"),
            300); /* a length that is less */
}

static const char song[] =
    "F# F# G A A G F# E D D E F# F# E E F# F# G A A G F# E D D E F# E D D E E F# D E F# G F# D E F# "
    "G F# E D E A F# F# G A A G F# E D D E F# E D D";

static void lznt1_is_undone(void **state) {
    check(unpack_lznt1,
          TEXT("\x38\xb0\x88"
               "F# \0 G A\0\x10\xa2G\x01\xa0"
               "E D\0\x08"
               "E\x01Py\0\xc0"
               "E \x05$\x13\x88\x05\xb4\x02JD\xef"
               "\x03X\x02\x8c\x09\x16\x01H"
               "E\0\xbe\0\x9e\0\x04\x01\x18\x90\0"),
          bytes_of(song, sizeof song));
    check(unpack_lznt1, TEXT("\x19\x30" ALPHABET "\0\0"), TEXT(ALPHABET)); /* a chunk as it is */
    damaged(unpack_lznt1, TEXT("\x03\xb0\x01\x00\x00x"), 4);               /* back before the chunk */
    damaged(unpack_lznt1, TEXT("\x19\x30" ALPHABET), 27);
}

/* Section 3.2: the lengths of the codes, two an octet, and what is coded. */
static void lz77_with_huffman_codes_is_undone(void **state) {
    static const uint8_t letters[14] = {0x50, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55,
                                        0x55, 0x55, 0x55, 0x55, 0x45, 0x44, 0x04};
    static const char coded[] = "\xd8\x52\x3e\xd7\x94\x11\x5b\xe9\x19\x5f\xf9\xd6\x7c\xdf\x8d\x04\0\0\0\0";
    uint8_t packed[256 + sizeof coded - 1] = {0}, again[sizeof packed];
    memcpy(packed + 'a' / 2, letters, sizeof letters);
    packed[128] = 4;
    memcpy(packed + 256, coded, sizeof coded - 1);
    check(unpack_lz77_huffman, bytes_of(packed, sizeof packed), TEXT(ALPHABET));
    memcpy(again, packed, sizeof packed);
    again[128] = 0; /* codes that leave room */
    damaged(unpack_lz77_huffman, bytes_of(again, sizeof again), 26);
    again[128] = 0x34; /* and too many of them */
    damaged(unpack_lz77_huffman, bytes_of(again, sizeof again), 26);
}

/* Bits in words of 16, the first one the highest. */
static void put_bit(uint8_t *out, size_t *at, bool bit) {
    size_t word = *at / 16 * 2, place = 15 - *at % 16;
    out[word + place / 8] |= (uint8_t)(bit << place % 8);
    ++*at;
}

/* Sixteen letters, of which each code is a bit longer than the one before, but the last. */
static void codes_may_be_of_any_length(void **state) {
    enum { LETTERS = 16, TIMES = 3, LONGEST = 15 };
    uint8_t packed[1024] = {0};
    char text[LETTERS * TIMES];
    size_t at = 0;
    for (int i = 0; i < LETTERS; i++)
        packed[('a' + i) / 2] |= (uint8_t)((i < LONGEST ? i + 1 : LONGEST) << ('a' + i) % 2 * 4);
    for (int i = 0; i < LETTERS * TIMES; i++) {
        int letter = i * 7 % LETTERS;
        text[i] = (char)('a' + letter);
        for (int bit = 0; bit < letter; bit++)
            put_bit(packed + 256, &at, true);
        if (letter < LONGEST)
            put_bit(packed + 256, &at, false);
    }
    check(unpack_lz77_huffman, bytes_of(packed, 256 + (at + 15) / 16 * 2 + 4), bytes_of(text, sizeof text));
}

static void a_pattern_is_one_octet_again_and_again(void **state) {
    check(unpack_pattern, TEXT("a\0\0\0\x05\0\0\0"), TEXT("aaaaa"));
    damaged(unpack_pattern, TEXT("a\0\0\0\x05\0\0\0"), 4);
}

static void lz4_is_undone(void **state) {
    check(unpack_lz4,
          TEXT("\x3f"
               "abc\x03\0\xff\x14\x30"
               "abc"),
          bytes_of(three_hundred().p, 300));
    check(unpack_lz4, TEXT("\xf0\x0b" ALPHABET), TEXT(ALPHABET));
    damaged(unpack_lz4,
            TEXT("\x3f"
                 "abc\x04\0\xff\x14\x30"
                 "c"),
            300);
    damaged(unpack_lz4,
            TEXT("\x3f"
                 "abc\0\0\xff\x14\x30"
                 "c"),
            300);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lz77_is_undone),
        cmocka_unit_test(lznt1_is_undone),
        cmocka_unit_test(lz77_with_huffman_codes_is_undone),
        cmocka_unit_test(codes_may_be_of_any_length),
        cmocka_unit_test(a_pattern_is_one_octet_again_and_again),
        cmocka_unit_test(lz4_is_undone),
    };
    return cmocka_run_group_tests_name("protocol/smb_unpack", tests, NULL, NULL);
}
