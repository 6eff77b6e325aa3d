/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

/* Little-endian directories, written down octet by octet. */
#define SHORT(tag, value) tag "\3\0\1\0\0\0" value "\0\0"
#define LONG(tag, value) tag "\4\0\1\0\0\0" value "\0\0\0"
#define TEXT(tag, n, at) tag "\2\0" n "\0\0\0" at "\0\0\0"
#define WIDTH "\0\1"
#define HEIGHT "\1\1"
#define PACKING "\3\1"
#define STRIPS "\x11\1"
#define COUNTS "\x17\1"
#define JPEG_AT "\1\2"
#define JPEG_N "\2\2"
#define REMARK "\x0e\1"
#define LAST "\0\0\0\0"

static struct image walked(const char *bytes, size_t n, struct said *s) {
    struct image i;
    *s = (struct said){.n = 0};
    image_init(&i, "image/tiff");
    walk_chunk(&i, bytes_of(bytes, n), s);
    for (size_t split = 1; split < n; split++) { /* the same, however it is cut */
        struct said other;
        struct image again = walk_halves("image/tiff", bytes, n, split, &other);
        assert_int_equal(other.n, s->n);
        assert_memory_equal(other.text, s->text, s->n);
        assert_memory_equal(&again.facts, &i.facts, sizeof i.facts);
    }
    return i;
}

static bool says(const struct said *s, const char *text) {
    return memmem(s->text, s->n, text, strlen(text)) != NULL;
}

/* Directory at 8: five entries, ends at 0x4a; the remark stands there, the pixels behind it. */
static void what_a_directory_tells_is_known_and_pixels_are_stepped_over(void **state) {
    static const char file[] = "II*\0\x08\0\0\0\5\0" SHORT(WIDTH, "\x40\0") SHORT(HEIGHT, "\x30\0")
        TEXT(REMARK, "\x08", "\x4a") LONG(STRIPS, "\x52") LONG(COUNTS, "\4") LAST "remark.\0pixl";
    struct said s;
    struct image i = walked(S(file), &s);
    assert_int_equal(i.facts.width, 64);
    assert_int_equal(i.facts.height, 48);
    assert_int_equal(i.facts.notes, 0);
    assert_true(says(&s, "remark."));
    assert_false(says(&s, "pixl"));
    assert_false(says(&s, "#"));
}

static void what_stands_behind_all_that_is_told_is_a_trailer(void **state) {
    static const char file[] = "II*\0\x08\0\0\0\4\0" SHORT(WIDTH, "\x40\0") SHORT(HEIGHT, "\x30\0")
        LONG(STRIPS, "\x3e") LONG(COUNTS, "\4") LAST "pixlPK\3\4behind";
    struct said s;
    walked(S(file), &s);
    assert_true(says(&s, "#PK\3\4behind"));
}

static void a_thumbnail_is_a_file_of_its_own(void **state) {
    static const char file[] = "II*\0\x08\0\0\0\4\0" SHORT(WIDTH, "\x40\0") SHORT(HEIGHT, "\x30\0")
        LONG(JPEG_AT, "\x3e") LONG(JPEG_N, "\4") LAST "JPEG";
    struct said s;
    walked(S(file), &s);
    assert_true(says(&s, "{JPEG"));
}

/* 64 octets of pixels at 8, among them a line of letters; their directory stands behind them, at 0x48. */
static void pixels_before_their_directory_are_stepped_over_but_for_what_is_written_in_them(void **state) {
    static const char file[] =
        "II*\0\x48\0\0\0"
        "\1\2\3\4\5\6\7\x08plate=KXR4471 lane=04 2026-05-31 "
        "04:11\1\2\3\4\5\6\7\x08\1\2\3\4\5\6\7\x08\1\2"
        "\4\0" SHORT(WIDTH, "\x40\0") SHORT(HEIGHT, "\x30\0") LONG(STRIPS, "\x08") LONG(COUNTS, "\x40") LAST;
    struct said s;
    struct image i = walked(S(file), &s);
    assert_int_equal(i.facts.width, 64);
    assert_true(says(&s, "plate=KXR4471 lane=04 2026-05-31 04:11|"));
    assert_false(says(&s, "\1\2\3\4\5\6\7\x08\1\2\3"));
}

static void a_ring_of_directories_is_walked_once_and_said_to_be_unread(void **state) {
    static const char file[] = "II*\0\x08\0\0\0\1\0" SHORT(WIDTH, "\x40\0") "\x08\0\0\0behind";
    struct said s;
    struct image i = walked(S(file), &s);
    assert_true(i.facts.notes & IMAGE_NOTE_BEHIND);
    assert_int_equal(i.tiff.directories, 1);
}

static void more_entries_than_there_are_octets_cost_nothing(void **state) {
    static const char file[] = "II*\0\x08\0\0\0\xff\xff" SHORT(WIDTH, "\x40\0") SHORT(HEIGHT, "\x30\0");
    struct said s;
    walked(S(file), &s);
    assert_false(says(&s, "#"));
}

static void a_place_beyond_all_octets_is_run_to_without_cost(void **state) {
    static const char file[] =
        "II*\0\x08\0\0\0\2\0" LONG(JPEG_AT, "\x3e") "\2\2\4\0\1\0\0\0\xff\xff\xff\xff" LAST "few";
    struct said s;
    struct image i = walked(S(file), &s);
    image_skip(&i, UINT64_MAX / 2);
}

static void big_endian_and_bigtiff_are_read_alike(void **state) {
    static const char motorola[] =
        "MM\0*\0\0\0\x08\0\2\1\0\0\3\0\0\0\1\0\x40\0\0\1\1\0\3\0\0\0\1\0\x30\0\0\0\0\0\0";
    static const char big[] = "II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0"
                              "\0\1\3\0\1\0\0\0\0\0\0\0\x40\0\0\0\0\0\0\0\1\1\3\0\1\0\0\0\0\0\0\0\x30\0\0\0\0"
                              "\0\0\0\0\0\0\0\0\0\0\0";
    struct said s;
    struct image i = walked(S(motorola), &s);
    assert_int_equal(i.facts.width * 1000 + i.facts.height, 64048);
    i = walked(S(big), &s);
    assert_int_equal(i.facts.width * 1000 + i.facts.height, 64048);
}

static void a_gap_in_the_pixels_leaves_the_directory_in_its_place(void **state) {
    struct image i;
    struct said s = {.n = 0};
    image_init(&i, "image/tiff");
    walk_chunk(&i, bytes_of(S("II*\0\x48\0\0\0\1\2\3")), &s);
    image_skip(&i, 61);
    walk_chunk(&i, bytes_of(S("\2\0" SHORT(WIDTH, "\x40\0") SHORT(HEIGHT, "\x30\0") LAST)), &s);
    assert_int_equal(i.facts.width, 64);
}

static void what_is_no_tiff_is_matched_rather_than_skipped(void **state) {
    assert_walk("image/tiff", S("II*!none at all"), "II*!none at all");
}

/* 128 strips: one octet each, from 0x26 + 2 * 256 on, or in the other order. */
static void arrays_of_strips_are_read_in_large_steps_and_tell_where_the_pixels_end(void **state) {
    enum { STRIPS_N = 128, AT = 8 + 2 + 2 * 12 + 4, PIXELS_AT = AT + 2 * 2 * STRIPS_N };
    static const char head[] =
        "II*\0\x08\0\0\0\2\0" STRIPS "\3\0\x80\0\0\0\x26\0\0\0" COUNTS "\3\0\x80\0\0\0\x26\1\0\0" LAST;
    for (int backwards = 0; backwards < 2; backwards++) {
        uint8_t file[PIXELS_AT + STRIPS_N + 8];
        struct image i;
        struct said s = {.n = 0};
        memcpy(file, head, AT);
        for (unsigned k = 0; k < STRIPS_N; k++) {
            unsigned at = PIXELS_AT + (backwards ? STRIPS_N - 1 - k : k);
            file[AT + 2 * k] = (uint8_t)at;
            file[AT + 2 * k + 1] = (uint8_t)(at >> 8);
            file[AT + 2 * STRIPS_N + 2 * k] = 1;
            file[AT + 2 * STRIPS_N + 2 * k + 1] = 0;
        }
        memset(file + PIXELS_AT, 'p', STRIPS_N);
        memcpy(file + PIXELS_AT + STRIPS_N, "PK\3\4behd", 8);
        image_init(&i, "image/tiff");
        struct image_piece p;
        struct bytes in = bytes_of(file, sizeof file);
        unsigned steps = 0;
        for (; in.n > 0; steps++) {
            size_t took = image_step(&i, in, &p);
            if (p.part != IMAGE_PIXELS && p.part != IMAGE_BREAK)
                say_bytes(&s, p);
            in = bytes_of(in.p + took, in.n - took);
        }
        assert_true(says(&s, "#PK\3\4behd"));
        assert_false(says(&s, "p"));
        assert_true(steps < 50);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_directory_tells_is_known_and_pixels_are_stepped_over),
        cmocka_unit_test(what_stands_behind_all_that_is_told_is_a_trailer),
        cmocka_unit_test(a_thumbnail_is_a_file_of_its_own),
        cmocka_unit_test(pixels_before_their_directory_are_stepped_over_but_for_what_is_written_in_them),
        cmocka_unit_test(a_ring_of_directories_is_walked_once_and_said_to_be_unread),
        cmocka_unit_test(more_entries_than_there_are_octets_cost_nothing),
        cmocka_unit_test(a_place_beyond_all_octets_is_run_to_without_cost),
        cmocka_unit_test(big_endian_and_bigtiff_are_read_alike),
        cmocka_unit_test(a_gap_in_the_pixels_leaves_the_directory_in_its_place),
        cmocka_unit_test(arrays_of_strips_are_read_in_large_steps_and_tell_where_the_pixels_end),
        cmocka_unit_test(what_is_no_tiff_is_matched_rather_than_skipped),
    };
    return cmocka_run_group_tests_name("inspect/images/tiff", tests, NULL, NULL);
}
