/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

static void chunks_and_what_is_behind_them_are_told_apart(void **state) {
    assert_walk("image/webp", S("RIFF\x1e\0\0\0WEBPVP8 \3\0\0\0pix\0EXIF\6\0\0\0exif!!behind"),
                "exif!!|#behind");
}

static void frames_and_alpha_are_pixels_and_an_unknown_chunk_is_not(void **state) {
    assert_walk("image/webp",
                S("RIFF\x2c\0\0\0WEBPVP8L\2\0\0\0piALPH\2\0\0\0alANMF\2\0\0\0frNEW \2\0\0\0ne."), "ne|#.");
}

static void what_is_no_riff_of_webp_is_matched_rather_than_skipped(void **state) {
    assert_walk("image/webp", S("RIFF\x1e\0\0\0WAVEVP8 \3pix"), "VP8 \3pix");
}

static void a_gap_in_a_chunk_counts_towards_the_files_end(void **state) {
    struct bytes head = bytes_of(S("RIFF\x16\0\0\0WEBPVP8 \x0a\0\0\0p"));
    assert_walk_with_gap("image/webp", head, 8, bytes_text("lbehind"), "#behind");
    assert_walk_with_gap("image/webp", head, 10, bytes_text("behind"), "behind");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunks_and_what_is_behind_them_are_told_apart),
        cmocka_unit_test(frames_and_alpha_are_pixels_and_an_unknown_chunk_is_not),
        cmocka_unit_test(what_is_no_riff_of_webp_is_matched_rather_than_skipped),
        cmocka_unit_test(a_gap_in_a_chunk_counts_towards_the_files_end),
    };
    return cmocka_run_group_tests_name("inspect/images/webp", tests, NULL, NULL);
}
