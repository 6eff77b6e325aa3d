/* SPDX-License-Identifier: Apache-2.0 */
#include "content/type/picture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* Pictures by Pillow (tests/data/make_pictures.py), behind, inside and without bytes. */
static const struct {
    const char *file, *mime;
} pictures[] = {
    {"jfif.jpg", "image/jpeg"},  {"exif.jpg", "image/jpeg"},  {"progressive.jpg", "image/jpeg"},
    {"grey.jpg", "image/jpeg"},  {"noise.jpg", "image/jpeg"}, {"png.png", "image/png"},
    {"gif.gif", "image/gif"},    {"tif.tif", "image/tiff"},   {"bmp.bmp", "image/bmp"},
    {"webp.webp", "image/webp"}, {"jp2.jp2", "image/jp2"},
};
enum { PICTURES = sizeof pictures / sizeof *pictures, JPEGS = 5, NOISE = 4, ROOM = 256 << 10 };

static uint8_t room[ROOM];

static size_t read_picture(size_t which, uint8_t *out) {
    char path[512];
    snprintf(path, sizeof path, TEST_DATA "/pictures/%s", pictures[which].file);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t n = fread(out, 1, ROOM / 2, f);
    fclose(f);
    assert_true(n > 200);
    return n;
}

/* Not random: xorshift32, the same bytes each time. */
static void fill_noise(uint8_t *out, size_t n, uint32_t seed) {
    for (size_t i = 0; i < n; i++) {
        seed ^= seed << 13, seed ^= seed >> 17, seed ^= seed << 5;
        out[i] = (uint8_t)(seed >> 9);
    }
}

/* In pieces of this size; `before` is checked against what was given. */
static struct picture find_in_pieces(const uint8_t *p, size_t n, size_t piece, bool any) {
    struct picture_finder f = {0};
    struct picture found = {0};
    for (size_t at = 0; at < n && !found.type && picture_finder_works(&f); at += piece) {
        uint8_t *copy = malloc(piece);
        size_t k = n - at < piece ? n - at : piece;
        memcpy(copy, p + at, k);
        found = picture_find(&f, bytes_of(copy, k), any);
        free(copy);
        if (found.type && found.before.n > 0) {
            assert_int_equal(found.offset + found.before.n, at);
            assert_memory_equal(found.before.p, p + found.offset, found.before.n);
        } else if (found.type)
            assert_in_range(found.offset, at, at + k);
    }
    return found;
}

static void assert_found(const uint8_t *p, size_t n, const char *mime, uint64_t least, uint64_t most) {
    static const size_t pieces[] = {ROOM, 1448, 512, 47, 1};
    struct picture first = {0};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        struct picture found = find_in_pieces(p, n, pieces[i], true);
        assert_non_null(found.type);
        assert_string_equal(found.type->mime, mime);
        assert_in_range(found.offset, least, most);
        assert_true(i == 0 || found.offset == first.offset);
        first = found;
    }
}

static void assert_none(const uint8_t *p, size_t n) {
    static const size_t pieces[] = {ROOM, 1448, 31};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
        assert_null(find_in_pieces(p, n, pieces[i], true).type);
}

static void a_picture_is_found_behind_other_bytes_and_at_its_place(void **state) {
    static const size_t leads[] = {1, 2, 47, 48, 500, 5000, 60000};
    for (size_t i = 0; i < PICTURES; i++)
        for (size_t k = 0; k < sizeof leads / sizeof *leads; k++) {
            fill_noise(room, leads[k], 7);
            size_t n = read_picture(i, room + leads[k]);
            assert_found(room, leads[k] + n, pictures[i].mime, leads[k], leads[k]);
        }
}

static void behind_64_kib_nobody_looks(void **state) {
    fill_noise(room, PICTURE_REACH, 7);
    size_t n = read_picture(0, room + PICTURE_REACH);
    assert_none(room, PICTURE_REACH + n);
}

/* However many of its first bytes are missing: as long as a table or the frame is there, or a long enough
 * scan. */
static void a_jpeg_is_known_without_its_first_bytes(void **state) {
    static const size_t lost[] = {1, 2, 3, 11, 20, 50, 100};
    for (size_t i = 0; i < JPEGS; i++)
        for (size_t k = 0; k < sizeof lost / sizeof *lost; k++) {
            size_t n = read_picture(i, room);
            assert_found(room + lost[k], n - lost[k], "image/jpeg", 0, 200);
        }
    size_t n = read_picture(NOISE, room);
    assert_found(room + 2000, n - 2000, "image/jpeg", 0, 13000);
}

static void other_formats_are_asked_for_where_little_speaks_for_a_type(void **state) {
    for (size_t i = 0; i < PICTURES; i++) {
        fill_noise(room, 300, 7);
        size_t n = read_picture(i, room + 300);
        assert_true((find_in_pieces(room, 300 + n, ROOM, false).type != NULL) == (i < JPEGS));
    }
}

static void a_gap_before_or_inside_is_stepped_over(void **state) {
    struct picture_finder f = {0};
    size_t n = read_picture(0, room);
    picture_skip(&f, 1000);
    assert_null(picture_find(&f, bytes_of(room, 10), true).type); /* not enough to judge by */
    picture_skip(&f, 10);
    struct picture found = picture_find(&f, bytes_of(room + 20, n - 20), true);
    assert_non_null(found.type);
    assert_in_range(found.offset, 1020, 1300);
}

static void noise_numbers_and_sound_hold_no_picture(void **state) {
    for (uint32_t seed = 1; seed <= 40; seed++) {
        fill_noise(room, PICTURE_REACH, seed);
        assert_none(room, PICTURE_REACH);
    }
    for (size_t i = 0; i < PICTURE_REACH; i++) /* numbers of 16 bits, all below 256 */
        room[i] = i % 2 ? 0 : (uint8_t)(i * 31 / 7);
    assert_none(room, PICTURE_REACH);
    for (size_t i = 0; i < PICTURE_REACH; i++) /* octets that are counted */
        room[i] = (uint8_t)i;
    assert_none(room, PICTURE_REACH);
    memset(room, 0xff, PICTURE_REACH);
    assert_none(room, PICTURE_REACH);
    for (size_t i = 0; i < PICTURE_REACH;
         i++) /* frames of MPEG audio (ISO/IEC 11172-3): FF FB and 415 bytes */
        room[i] = i % 417 == 0 ? 0xff : i % 417 == 1 ? 0xfb : i % 417 == 2 ? 0x90 : (uint8_t)(i * i >> 5);
    assert_none(room, PICTURE_REACH);
    for (size_t i = 0; i < PICTURE_REACH; i++) /* masks: FF and 00 in turn, and blocks of them */
        room[i] = i / 16 % 2 ? 0 : 0xff;
    assert_none(room, PICTURE_REACH);
    for (size_t i = 0; i + 1 < PICTURE_REACH;
         i += 40) { /* FF 00 far between, and nothing else that is a scan's */
        memset(room + i, 0x20 + (int)(i % 9), i + 40 < PICTURE_REACH ? 40 : 2);
        room[i] = 0xff, room[i + 1] = 0;
    }
    assert_none(room, PICTURE_REACH);
}

static void segments_that_lead_nowhere_are_none(void **state) {
    static const uint8_t lonely[] = {0xff, 0xd8, 0xff, 0xdb, 0, 67, 0, 1, 2, 3},
                         names[] = "JFIF and Exif are formats of files, \xff\xd8\xff\xe0 begins one; GIF89a "
                                   "is another, RIFF....WEBPVP8 too";
    memset(room, 0x55, 4096);
    memcpy(room + 100, lonely, sizeof lonely);
    assert_none(room, 4096);
    memcpy(room + 200, "\xff\xc0\0\x0b\x08\0\x10\0\x10\x01\x01\x11\0",
           13); /* a frame, but nothing at its end */
    assert_none(room, 4096);
    memcpy(room + 213, "\xff\xda\0\x08\x01\x01\0\0\x3f\0", 10); /* and now a scan */
    assert_found(room, 4096, "image/jpeg", 213, 213);
    memcpy(room, names, sizeof names);
    assert_null(find_in_pieces(room, sizeof names, ROOM, false).type);
}

static void a_mask_of_one_byte_is_undone(void **state) {
    uint8_t mask;
    for (size_t i = 0; i < PICTURES; i++)
        for (unsigned key = 0; key < 256; key += 5) {
            size_t n = read_picture(i, room);
            for (size_t k = 0; k < n; k++)
                room[k] ^= (uint8_t)key;
            const struct file_type *type = picture_masked(bytes_of(room, n), &mask);
            assert_true((type != NULL) == (key != 0));
            assert_true(!type || (strcmp(type->mime, pictures[i].mime) == 0 && mask == key));
        }
    for (uint32_t seed = 1; seed <= 2000; seed++) {
        fill_noise(room, PICTURE_LOOK, seed);
        assert_null(picture_masked(bytes_of(room, PICTURE_LOOK), &mask));
        assert_null(picture_masked(bytes_of(room, PICTURE_LOOK - 1), &mask));
    }
}

static void names_and_declared_types_name_pictures(void **state) {
    assert_string_equal(picture_named(bytes_text("LANE4.JPG"))->mime, "image/jpeg");
    assert_string_equal(picture_named(bytes_text("a.b.tiff"))->mime, "image/tiff");
    assert_null(picture_named(bytes_text(".jpg")));
    assert_null(picture_named(bytes_text("jpg")));
    assert_null(picture_named(bytes_text("a.jpg.zip")));
    assert_string_equal(picture_type(bytes_text("image/jpg"))->mime, "image/jpeg");
    assert_string_equal(picture_type(bytes_text("IMAGE/PNG; name=a"))->mime, "image/png");
    assert_null(picture_type(bytes_text("image/svg+xml")));
    assert_null(picture_type(bytes_text("image/")));
    assert_null(picture_type(bytes_text("")));
}

/* ISO/IEC 18181-2 section 9.1: its signature box, and that of its type. */
static void a_container_of_jpeg_xl_is_found_behind_other_bytes(void **state) {
    static const char start[] = "\0\0\0\x0cJXL \r\n\x87\n\0\0\0\x14"
                                "ftypjxl \0\0\0\0jxl ";
    uint8_t bytes[400];
    struct picture_finder f = {0};
    fill_noise(bytes, sizeof bytes, 77);
    memcpy(bytes + 90, start, sizeof start - 1);
    struct picture found = picture_find(&f, bytes_of(bytes, sizeof bytes), true);
    assert_non_null(found.type);
    assert_string_equal(found.type->mime, "image/jxl");
    assert_int_equal(found.offset, 90);
    bytes[92] = 1; /* of another length */
    f = (struct picture_finder){0};
    assert_null(picture_find(&f, bytes_of(bytes, sizeof bytes), true).type);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_picture_is_found_behind_other_bytes_and_at_its_place),
        cmocka_unit_test(behind_64_kib_nobody_looks),
        cmocka_unit_test(a_jpeg_is_known_without_its_first_bytes),
        cmocka_unit_test(other_formats_are_asked_for_where_little_speaks_for_a_type),
        cmocka_unit_test(a_gap_before_or_inside_is_stepped_over),
        cmocka_unit_test(noise_numbers_and_sound_hold_no_picture),
        cmocka_unit_test(segments_that_lead_nowhere_are_none),
        cmocka_unit_test(a_mask_of_one_byte_is_undone),
        cmocka_unit_test(names_and_declared_types_name_pictures),
        cmocka_unit_test(a_container_of_jpeg_xl_is_found_behind_other_bytes),
    };
    return cmocka_run_group_tests_name("content/picture", tests, NULL, NULL);
}
