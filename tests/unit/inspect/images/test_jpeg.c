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

static void a_second_picture_behind_the_first_is_walked_like_it(void **state) {
    assert_walk("image/jpeg",
                S("\xff\xd8\xff\xda\0\x03hpix\xff\xd9\xff\xd8\xff\xfe\0\x04"
                  "ab\xff\xda\0\x03hpix\xff\xd9xyz"),
                "ab|#xyz");
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
                "ab| marker");
    assert_walk("image/jpeg", S("no picture"), " picture");
}

static void a_gap_in_a_scan_is_stepped_over_and_one_between_segments_is_not(void **state) {
    assert_walk_with_gap("image/jpeg", bytes_of(S("\xff\xd8\xff\xda\0\x02pi\xff")), 1000,
                         bytes_of(S("\xfexels\xff\xfe\0\x05oneabc")), "one|c");
    assert_walk_with_gap("image/jpeg", bytes_of(S("\xff\xd8\xff")), 1000, bytes_of(S("\xfexels\xff\xd9one")),
                         "\xfexels\xff\xd9one");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(segments_are_metadata_and_scans_are_not),
        cmocka_unit_test(a_second_picture_behind_the_first_is_walked_like_it),
        cmocka_unit_test(what_begins_like_a_second_picture_and_is_none_is_a_trailer),
        cmocka_unit_test(fill_and_markers_without_a_segment_hold_nothing),
        cmocka_unit_test(what_breaks_the_form_is_matched_rather_than_skipped),
        cmocka_unit_test(a_gap_in_a_scan_is_stepped_over_and_one_between_segments_is_not),
    };
    return cmocka_run_group_tests_name("inspect/images/jpeg", tests, NULL, NULL);
}
