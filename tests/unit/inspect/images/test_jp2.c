/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#define SIGNATURE "\0\0\0\x0cjP  \r\n\x87\n"

static void boxes_are_metadata_but_the_codestream(void **state) {
    assert_walk("image/jp2", S(SIGNATURE "\0\0\0\x0bxml one\0\0\0\x0bjp2cpix\0\0\0\x0bxml two."),
                "\r\n\x87\n|one|two|");
}

static void a_long_box_has_its_length_behind_its_type(void **state) {
    assert_walk("image/jp2", S(SIGNATURE "\0\0\0\1jp2c\0\0\0\0\0\0\0\x13pix\0\0\0\1xml \1\1\1\1\1\1\1\1one"),
                "\r\n\x87\n|one");
}

static void a_box_without_a_length_goes_to_the_end(void **state) {
    struct bytes in = bytes_of(S("\0\0\0\x0bxml one"));
    assert_walk_with_gap("image/jp2", in, 0, bytes_of(S("\0\0\0\0jp2cpix\0\0\0\x0bxml two")), "one|");
    assert_walk_with_gap("image/jp2", in, 0, bytes_of(S("\0\0\0\0uuidtwo")), "one|two");
}

static void a_length_less_than_the_boxs_header_is_no_box(void **state) {
    assert_walk("image/jp2", S("\0\0\0\7jp2cpixels"), "pixels");
    assert_walk("image/jp2", S("\0\0\0\1jp2c\0\0\0\0\0\0\0\x0fpixels"), "pixels");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boxes_are_metadata_but_the_codestream),
        cmocka_unit_test(a_long_box_has_its_length_behind_its_type),
        cmocka_unit_test(a_box_without_a_length_goes_to_the_end),
        cmocka_unit_test(a_length_less_than_the_boxs_header_is_no_box),
    };
    return cmocka_run_group_tests_name("inspect/images/jp2", tests, NULL, NULL);
}
