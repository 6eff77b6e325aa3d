/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/structure.h"
#include "streams.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct stream s;

static struct bytes all(void) {
    return bytes_of(s.p, s.n);
}

static void what_has_a_signature_begins_whatever_follows(void **state) {
    static const struct {
        const char *p;
        size_t n;
    } first[] = {
        {"\xff\xd8\xff\xe1\x20\0Exif\0\0MM", 14},
        {"\xff\xd8\xff\xdb\0\x43\0\x10\x0b\x0c\x0e\x0c\x0a\x10", 14},
        {"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR", 16},
        {"GIF89a\1\2", 8},
        {"BM\0\1\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0", 18},
        {"RIFF\1\2\3\4WEBP", 12},
        {"\0\0\0\x1c"
         "ftypheic",
         12},
        {"PK\3\4\x14\0\0\0\x08\0", 10},
        {"\x1f\x8b\x08\0\1\2\3\4\0\3", 10},
        {"%PDF-1.7\n", 9},
        {"SQLite format 3\0\x10", 17},
        {"plate,time,lane,direction,speed\nKXR4471", 39},
        {"k\0x\0r\0"
         "4\0"
         "4\0"
         "7\0"
         "1\0,\0k\0x\0r\0"
         "4\0"
         "4\0"
         "7\0"
         "1\0,\0k",
         34},
    };
    for (size_t i = 0; i < sizeof first / sizeof *first; i++) {
        s.n = 0;
        stream_add(&s, first[i].p, first[i].n);
        stream_noise(&s, 100, i);
        assert_int_equal(structure_begins(all()), STRUCTURE_FOUND);
        for (size_t n = 1; n < first[i].n; n++)
            assert_int_not_equal(structure_begins(bytes_of(first[i].p, n)), STRUCTURE_NONE);
    }
}

static void noise_has_none(void **state) {
    for (unsigned seed = 0; seed < 20000; seed++) {
        s.n = 0;
        stream_noise(&s, STRUCTURE_SAMPLE, seed);
        assert_int_equal(structure_begins(bytes_of(s.p, STRUCTURE_FIRST)), STRUCTURE_NONE);
        assert_true(structure_is_random(s.p));
    }
    s.n = 0;
    stream_noise(&s, 200000, 1);
    assert_int_equal(structure_find(all(), true), s.n);
    assert_false(structure_is_jpeg(bytes_of(s.p, 4000)));
}

static void near_misses_are_none(void **state) {
    static const char *const near[] = {"\xff\xd8\xff\xe0\0\x10KFIF\0\1\1\0\0\1",
                                       "\xff\xd8\xff\xd8\xff\xd8\xff\xd8\xff\xd8\xff\xd8\xff\xd8",
                                       "PK\3\4\x14\0\0\0\x08\x77zzzz", "\x1f\x8b\x08\x80\1\2\3\4\2\3zzz",
                                       "BM\1\1\1\1\1\1\1\1\x36\1\1\1\x28\1\1\1zzz"};
    for (size_t i = 0; i < sizeof near / sizeof *near; i++)
        assert_int_equal(structure_signature(bytes_of(near[i], 14)) == STRUCTURE_FOUND, false);
}

static void a_picture_and_a_long_text_are_found_in_the_middle(void **state) {
    s.n = 0;
    stream_noise(&s, 777, 3);
    stream_jpeg(&s, 9000);
    assert_int_equal(structure_find(all(), false), 777);
    assert_int_equal(structure_find_quickly(all()), 777);
    assert_true(structure_is_jpeg(bytes_of(s.p + 1400, 6000)));
    s.n = 0;
    stream_noise(&s, 500, 4);
    s.p[499] = 0;
    for (unsigned i = 0; i < 10; i++)
        stream_text(&s, "KXR4471,2026-05-31\n");
    assert_int_equal(structure_find(all(), true), 500);
    assert_int_equal(structure_find(all(), false), s.n);
}

/* Whatever stands first, and wherever the last of them. */
static void so_many_different_octets_and_not_one_less_are_random(void **state) {
    enum { LEAST = 112 };
    for (unsigned distinct = 1; distinct <= STRUCTURE_SAMPLE; distinct++)
        for (unsigned turn = 0; turn < STRUCTURE_SAMPLE; turn++) {
            uint8_t sample[STRUCTURE_SAMPLE];
            for (unsigned i = 0; i < STRUCTURE_SAMPLE; i++) {
                unsigned at = (i + turn) % STRUCTURE_SAMPLE;
                sample[i] = (uint8_t)((at < distinct ? at : 0) * 167 + turn);
            }
            assert_int_equal(structure_is_random(sample), distinct >= LEAST);
        }
}

static void text_base64_and_bitmaps_are_not_random(void **state) {
    s.n = 0;
    for (unsigned i = 0; i < 64; i++)
        stream_text(&s, "Uk9XMTIz+/xY==ab");
    assert_false(structure_is_random(s.p));
    s.n = 0;
    for (unsigned i = 0; i < 256; i++)
        stream_add(&s, &(uint8_t){(uint8_t)(i % 100)}, 1);
    assert_false(structure_is_random(s.p));
}

/* The first of 64 octets of text in a row, looked at one by one. */
static size_t find_row(const uint8_t *p, size_t n) {
    size_t row = 0;
    for (size_t i = 0; i < n; i++) {
        bool text = (p[i] >= 0x20 && p[i] < 0x7f) || (p[i] && strchr("\t\r\n", p[i]));
        row = text ? row + 1 : 0;
        if (row == 64)
            return i + 1 - 64;
    }
    return n;
}

static void text_is_found_wherever_it_begins_and_whatever_stands_around_it(void **state) {
    static const uint8_t around[] = {0, 1, 0x1f, 0x7f, 0x80, 0xfe};
    uint8_t bytes[400];
    uint64_t x = 88172645463325252u; /* xorshift */
    unsigned found = 0;
    for (unsigned round = 0; round < 20000; round++) {
        for (size_t i = 0; i < sizeof bytes; i++) {
            x ^= x << 13, x ^= x >> 7, x ^= x << 17;
            bytes[i] = round % 3 ? (uint8_t)(x >> 32) : around[(x >> 32) % sizeof around];
        }
        size_t at = (x >> 20) % 330, n = 58 + (x >> 40) % 12;
        for (size_t i = at; i < at + n; i++)
            bytes[i] = (uint8_t)('a' + (x >> i % 32) % 26);
        size_t first = find_row(bytes, sizeof bytes);
        assert_int_equal(structure_find_quickly(bytes_of(bytes, sizeof bytes)), first);
        found += first < sizeof bytes;
    }
    assert_in_range(found, 5000, 15000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_has_a_signature_begins_whatever_follows),
        cmocka_unit_test(noise_has_none),
        cmocka_unit_test(near_misses_are_none),
        cmocka_unit_test(a_picture_and_a_long_text_are_found_in_the_middle),
        cmocka_unit_test(so_many_different_octets_and_not_one_less_are_random),
        cmocka_unit_test(text_base64_and_bitmaps_are_not_random),
        cmocka_unit_test(text_is_found_wherever_it_begins_and_whatever_stands_around_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
