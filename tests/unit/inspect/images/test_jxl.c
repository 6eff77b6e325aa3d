/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#define BOXES "\0\0\0\x0cJXL \r\n\x87\n"

static void boxes_are_metadata_but_the_codestream(void **state) {
    assert_walk("image/jxl", S(BOXES "\0\0\0\x0bxml one\0\0\0\x10jxlc\xff\x0a\0\0pixl\0\0\0\x0bxml two"),
                "\r\n\x87\n|one|two");
}

static void what_is_no_box_behind_the_picture_is_a_trailer(void **state) {
    assert_walk("image/jxl", S(BOXES "\0\0\0\x10jxlc\xff\x0a\0\0pixlPK\3\4behind."),
                "\r\n\x87\n|#PK\3\4behind.");
}

/* 640 by 480: 480 is 8 times 60, and the ratio 4 to 3: bits 1, 59 in five, which it does not fit; so 479 in
 * nine, 3 in three. */
static void the_size_stands_in_the_codestreams_first_bits(void **state) {
    struct image i;
    struct said s = {.n = 0};
    image_init(&i, "image/jxl");
    /* small 0, selector 0, 479 = 111011111b, ratio 3 = 011b: from the lowest bit on */
    walk_chunk(&i, bytes_of(S(BOXES "\0\0\0\x14jxlc\xff\x0a\xf8\x3e\0\0\0\0\0\0\0\0")), &s);
    assert_int_equal(i.facts.width, 640);
    assert_int_equal(i.facts.height, 480);
}

static void what_two_octets_alone_call_a_codestream_is_matched(void **state) {
    assert_walk("image/jxl", S("\xff\x0aplate,time\nKXR4471,04:11\n"), "\xff\x0aplate,time\nKXR4471,04:11\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boxes_are_metadata_but_the_codestream),
        cmocka_unit_test(what_is_no_box_behind_the_picture_is_a_trailer),
        cmocka_unit_test(the_size_stands_in_the_codestreams_first_bits),
        cmocka_unit_test(what_two_octets_alone_call_a_codestream_is_matched),
    };
    return cmocka_run_group_tests_name("inspect/images/jxl", tests, NULL, NULL);
}
