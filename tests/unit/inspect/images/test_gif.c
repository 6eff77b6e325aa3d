/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#define GIF_HEAD "GIF89a\1\0\1\0\x80\0\0RGBRGB"
#define GIF_PICTURE ",\0\0\0\0\1\0\1\0\0\2"

/* The break behind each block but a picture's descriptor is an empty piece of metadata. */
static void a_comment_goes_on_over_its_sub_blocks(void **state) {
    assert_walk("image/gif", S(GIF_HEAD "!\xfe\3com\4ment\0" GIF_PICTURE "\3pix\0;behind"),
                "comment||#behind");
}

static void the_graphic_control_and_pixels_hold_no_text_and_an_application_block_does(void **state) {
    assert_walk("image/gif", S(GIF_HEAD "!\xf9\4abcd\0!\xff\3app\0" GIF_PICTURE "\3pix\2el\0;"), "|app||");
}

static void colour_tables_are_stepped_over(void **state) {
    assert_walk("image/gif", S("GIF87a\1\0\1\0\0\0\0,\0\0\0\0\1\0\1\0\x81rgbrgbrgbrgb\2\3pix\0!\xfe\3one\0;"),
                "|one|");
}

static void what_breaks_the_form_is_matched_rather_than_skipped(void **state) {
    assert_walk("image/gif", S("GIF89a\1\0\1\0\0\0\0?not a block"), "not a block");
    assert_walk("image/gif", S("GIX89a\1\0\1\0\x80\0\0RGBRGB"), "RGBRGB");
}

static void a_gap_inside_a_sub_block_is_stepped_over_and_one_beyond_it_is_not(void **state) {
    struct bytes head = bytes_of(S(GIF_HEAD "!\xfe\5o"));
    assert_walk_with_gap("image/gif", head, 3, bytes_of(S("e\0;")), "oe|");
    assert_walk_with_gap("image/gif", head, 5, bytes_text("e;"), "oe;");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_comment_goes_on_over_its_sub_blocks),
        cmocka_unit_test(the_graphic_control_and_pixels_hold_no_text_and_an_application_block_does),
        cmocka_unit_test(colour_tables_are_stepped_over),
        cmocka_unit_test(what_breaks_the_form_is_matched_rather_than_skipped),
        cmocka_unit_test(a_gap_inside_a_sub_block_is_stepped_over_and_one_beyond_it_is_not),
    };
    return cmocka_run_group_tests_name("inspect/images/gif", tests, NULL, NULL);
}
