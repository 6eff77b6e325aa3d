/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

static void pixels_are_stepped_over_by_the_files_header(void **state) {
    assert_walk("image/bmp", S("BM\x17\0\0\0\0\0\0\0\x12\0\0\0headpixelbehind"), "head|#behind");
}

static void a_header_without_room_for_pixels_is_matched_rather_than_skipped(void **state) {
    assert_walk("image/bmp", S("BM\x12\0\0\0\0\0\0\0\x12\0\0\0headpixel"), "headpixel");
    assert_walk("image/bmp", S("BM\x17\0\0\0\0\0\0\0\x0d\0\0\0headpixel"), "headpixel");
    assert_walk("image/bmp", S("XM\x17\0\0\0\0\0\0\0\x12\0\0\0headpixel"), "headpixel");
}

static void a_gap_in_the_pixels_is_stepped_over_up_to_their_end(void **state) {
    struct bytes head = bytes_of(S("BM\x17\0\0\0\0\0\0\0\x12\0\0\0headp"));
    assert_walk_with_gap("image/bmp", head, 3, bytes_text("lbehind"), "head|#behind");
    assert_walk_with_gap("image/bmp", head, 5, bytes_text("behind"), "head|behind");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pixels_are_stepped_over_by_the_files_header),
        cmocka_unit_test(a_header_without_room_for_pixels_is_matched_rather_than_skipped),
        cmocka_unit_test(a_gap_in_the_pixels_is_stepped_over_up_to_their_end),
    };
    return cmocka_run_group_tests_name("inspect/images/bmp", tests, NULL, NULL);
}
