/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#define RECORD(length, faces)                                                                                \
    "FAC\0"                                                                                                  \
    "010\0" length faces
#define FACE(block)                                                                                          \
    block "\0\1"                                                                                             \
          "..............12345678"                                                                           \
          "\1\0\1\x40\0\xf0\1\2\0\0\0\0"

static void the_picture_of_each_face_is_a_file_of_its_own(void **state) {
    static const char record[] =
        RECORD("\0\0\0\x66", "\0\2") FACE("\0\0\0\x2c") "JPEG" FACE("\0\0\0\x2c") "jpeg"
                                                                                  "behind";
    for (size_t split = 1; split < sizeof record - 1; split++) {
        struct said s;
        struct image i = walk_halves("application/x-iso19794-5", S(record), split, &s);
        assert_non_null(memmem(s.text, s.n, "{JPEG|", 6));
        assert_non_null(memmem(s.text, s.n, "{jpeg|#behind", 13));
        assert_int_equal(i.facts.frames, 2);
        assert_int_equal(i.facts.width, 320);
        assert_int_equal(i.facts.height, 240);
    }
}

static void a_block_without_room_for_a_picture_is_matched(void **state) {
    struct image i;
    struct said s = {.n = 0};
    image_init(&i, "application/x-iso19794-5");
    walk_chunk(&i, bytes_of(S(RECORD("\0\0\0\x20", "\0\1") FACE("\0\0\0\1") "JPEG")), &s);
    assert_non_null(memmem(s.text, s.n, "JPEG", 4));
    assert_null(memchr(s.text, '{', s.n));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_picture_of_each_face_is_a_file_of_its_own),
        cmocka_unit_test(a_block_without_room_for_a_picture_is_matched),
    };
    return cmocka_run_group_tests_name("inspect/images/face", tests, NULL, NULL);
}
