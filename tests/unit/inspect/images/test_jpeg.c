/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

static void segments_are_metadata_and_scans_are_not(void **state) {
    assert_walk("image/jpeg",
                S("\xff\xd8\xff\xe1\0\x08"
                  "Exif:A\xff\xff\xfe\0\x05one\xff\xdb\0\x06tabl\xff\xda\0\x05hdr"
                  "pix\xff\0els\xff\xd3more\xff\xfe\0\x05two\xff\xda\0\x03h"
                  "pix\xff\xd9"
                  "behind"),
                "Exif:A|one|two|#behind");
}

static void a_second_picture_behind_the_first_is_a_file_of_its_own(void **state) {
    assert_walk("image/jpeg",
                S("\xff\xd8\xff\xda\0\x03hpix\xff\xd9\xff\xd8\xff\xfe\0\x04"
                  "ab\xff\xda\0\x03hpix\xff\xd9xyz"),
                "{\xff\xd8\xff\xfe.\x04"
                "ab\xff\xda.\x03hpix\xff\xd9|#xyz");
}

/* "II", 42, a directory at 8 of one entry: the model, of 5 octets at 0x1a; the next directory stands at 0x20,
 * and says where the thumbnail is. */
#define EXIF                                                                                                 \
    "Exif\0\0II*\0\x08\0\0\0"                                                                                \
    "\1\0\x10\1\2\0\5\0\0\0\x1a\0\0\0\x20\0\0\0"                                                             \
    "IP91\0."                                                                                                \
    "\2\0\1\2\4\0\1\0\0\0\x3f\0\0\0\2\2\4\0\1\0\0\0\4\0\0\0\0\0\0\0"                                         \
    "."                                                                                                      \
    "THMB"                                                                                                   \
    "rest"

static void a_thumbnail_in_exif_is_a_file_of_its_own_and_all_else_metadata(void **state) {
    static const char jpeg[] =
        "\xff\xd8\xff\xe1\0\x4f" EXIF "\xff\xc0\0\x0b\x08\0\x10\0\x20\1\1\x11\0\xff\xda\0\3hpix\xff\xd9";
    for (size_t split = 1; split < sizeof jpeg - 1; split++) {
        struct said s;
        struct image i = walk_halves("image/jpeg", S(jpeg), split, &s);
        assert_int_equal(s.n, sizeof EXIF - 1 - 4 + 1 + 5); /* but for two counts; a mark, five ends */
        assert_non_null(memmem(s.text, s.n, "{THMB|rest|", 11));
        assert_non_null(memmem(s.text, s.n, "IP91", 4));
        assert_int_equal(i.facts.model_n, 4);
        assert_memory_equal(i.facts.model, "IP91", 4);
        assert_int_equal(i.facts.width, 32);
        assert_int_equal(i.facts.height, 16);
        assert_int_equal(i.facts.depth, 8);
        assert_int_equal(i.facts.notes, 0);
        assert_string_equal(i.child, "thumbnail");
    }
}

static void octets_between_segments_are_told_and_noted(void **state) {
    struct image i;
    struct said s = {.n = 0};
    image_init(&i, "image/jpeg");
    walk_chunk(&i, bytes_of(S("\xff\xd8lane=4 plate\xff\xfe\0\x05one\xff\xda\0\3hpix\xff\xd9")), &s);
    assert_said(&s, "lane=4 plate|one|");
    assert_true(i.facts.notes & IMAGE_NOTE_HIDDEN);
}

static void of_ten_thousand_segments_the_last_are_read_as_text(void **state) {
    struct image i;
    struct said s = {.n = 0};
    image_init(&i, "image/jpeg");
    walk_chunk(&i, bytes_of(S("\xff\xd8")), &s);
    for (unsigned k = 0; k < 10000; k++)
        walk_chunk(&i, bytes_of(S("\xff\xdb\0\2")), &s);
    assert_true(i.facts.notes & IMAGE_NOTE_BOUND);
    assert_memory_equal(s.text, "\xff\xdb\0\2\xff\xdb\0\2", 8);
}

static void what_begins_like_a_second_picture_and_is_none_is_a_trailer(void **state) {
    assert_walk("image/jpeg", S("\xff\xd8\xff\xda\0\x03hpix\xff\xd9\xff\xd8xyz"), "#\xff\xd8xyz");
}

static void fill_and_markers_without_a_segment_hold_nothing(void **state) {
    assert_walk("image/jpeg",
                S("\xff\xd8\xff\x01\xff\xd0\xff\xff\xff\xfe\0\x05one\xff\xda\0\x02pix\xff\xff\xd9xyz"),
                "one|#xyz");
}

static void what_breaks_the_form_is_matched_rather_than_skipped(void **state) {
    assert_walk("image/jpeg", S("\xff\xd8\xff\xe0\0\x01rest of it"), "rest of it");
    assert_walk("image/jpeg",
                S("\xff\xd8\xff\xe0\0\x04"
                  "abno marker"),
                "ab|no marker");
    assert_walk("image/jpeg", S("no picture"), " picture");
}

static void a_gap_in_a_scan_is_stepped_over_and_one_between_segments_is_not(void **state) {
    assert_walk_with_gap("image/jpeg", bytes_of(S("\xff\xd8\xff\xda\0\x02pi\xff")), 1000,
                         bytes_of(S("\xfexels\xff\xfe\0\x05oneabc")), "one|abc");
    assert_walk_with_gap("image/jpeg", bytes_of(S("\xff\xd8\xff")), 1000, bytes_of(S("\xfexels\xff\xd9one")),
                         "\xfexels\xff\xd9one");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(segments_are_metadata_and_scans_are_not),
        cmocka_unit_test(a_second_picture_behind_the_first_is_a_file_of_its_own),
        cmocka_unit_test(a_thumbnail_in_exif_is_a_file_of_its_own_and_all_else_metadata),
        cmocka_unit_test(octets_between_segments_are_told_and_noted),
        cmocka_unit_test(of_ten_thousand_segments_the_last_are_read_as_text),
        cmocka_unit_test(what_begins_like_a_second_picture_and_is_none_is_a_trailer),
        cmocka_unit_test(fill_and_markers_without_a_segment_hold_nothing),
        cmocka_unit_test(what_breaks_the_form_is_matched_rather_than_skipped),
        cmocka_unit_test(a_gap_in_a_scan_is_stepped_over_and_one_between_segments_is_not),
    };
    return cmocka_run_group_tests_name("inspect/images/jpeg", tests, NULL, NULL);
}
