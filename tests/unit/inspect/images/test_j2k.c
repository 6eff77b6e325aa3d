/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

static void comments_are_metadata_and_tile_parts_are_not(void **state) {
    assert_walk("image/x-jp2-codestream",
                S("\xff\x4f\xff\x51\0\5siz\xff\x64\0\5one\xff\x90\0\x0a\1\1\0\0\0\x11\1\1\xff\x93pix"
                  "\xff\x64\0\5two\xff\xd9"
                  "behind"),
                "one|two|#behind");
}

static void a_tile_part_without_a_length_goes_to_the_end(void **state) {
    assert_walk("image/x-jp2-codestream",
                S("\xff\x4f\xff\x64\0\5one\xff\x90\0\x0a\1\1\0\0\0\0\1\1\xff\x93pix\xff\x64\0\5two"), "one|");
}

static void what_breaks_the_form_is_matched_rather_than_skipped(void **state) {
    assert_walk("image/x-jp2-codestream", S("\xff\x4f\xff\x51\0\1rest of it"), "rest of it");
    assert_walk("image/x-jp2-codestream", S("\xff\x4f\xff\x51\0\5siznot"), "t");
    assert_walk("image/x-jp2-codestream", S("no codestream"), " codestream");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comments_are_metadata_and_tile_parts_are_not),
        cmocka_unit_test(a_tile_part_without_a_length_goes_to_the_end),
        cmocka_unit_test(what_breaks_the_form_is_matched_rather_than_skipped),
    };
    return cmocka_run_group_tests_name("inspect/images/j2k", tests, NULL, NULL);
}
