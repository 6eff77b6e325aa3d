/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

/* The film's header, two frames, of which one has an odd
 * length. */
#define AVIH                                                                                                 \
    "avih\x38\0\0\0"                                                                                         \
    "................................\x40\1\0\0\xf0\0\0\0................"
#define FILE                                                                                                 \
    "RIFF\x78\0\0\0AVI LIST\x44\0\0\0hdrl" AVIH "LIST\x20\0\0\0movi"                                         \
    "00dc\5\0\0\0\xff\xd8\xff"                                                                               \
    "ab\0"                                                                                                   \
    "00dc\6\0\0\0\xff\xd8\xff"                                                                               \
    "cde"

static void each_frame_is_a_file_of_its_own_and_counted(void **state) {
    static const char film[] = FILE "behind it";
    for (size_t split = 1; split < sizeof film - 1; split++) {
        struct said s;
        struct image i = walk_halves("video/x-msvideo", S(film), split, &s);
        assert_non_null(memmem(s.text, s.n,
                               "{\xff\xd8\xff"
                               "ab|{\xff\xd8\xff"
                               "cde|#behind it",
                               25));
        assert_int_equal(i.facts.frames, 2);
        assert_int_equal(i.facts.width, 320);
        assert_int_equal(i.facts.height, 240);
        assert_int_equal(i.child_n, 6);
        assert_string_equal(i.child, "frame");
    }
}

static void frames_in_other_codings_are_stepped_over(void **state) {
    assert_walk("video/x-msvideo", S("RIFF\x1c\0\0\0AVI LIST\x10\0\0\0movi00dc\4\0\0\0codebehind it"),
                "#behind it");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_frame_is_a_file_of_its_own_and_counted),
        cmocka_unit_test(frames_in_other_codings_are_stepped_over),
    };
    return cmocka_run_group_tests_name("inspect/images/avi", tests, NULL, NULL);
}
