/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

static void end_all(struct image *i) {
    image_end(i);
}

static struct image unknown(uint64_t n) {
    struct image i = {.offset = 0};
    image_run_unknown(&i, n, end_all);
    return i;
}

#define LINE "plate=KXR4471 lane=04 2026-05-31"

static void letters_in_a_row_are_told_whole_and_nothing_else_is(void **state) {
    struct image i = unknown(77);
    assert_walk_from(&i,
                     S("\1\2\3short\1\2" LINE "\1\2\1\2short again\1\2\3"
                       "1234567890"
                       "\1\2\3\4\5\6\7"
                       "behind"),
                     LINE "|#behind");
}

static void letters_up_to_the_end_of_the_stretch_are_told(void **state) {
    struct image i = unknown(34);
    assert_walk_from(&i, S("\1\2" LINE "behind"), LINE "|#behind");
}

static void fewer_letters_than_that_are_not(void **state) {
    struct image i = unknown(33);
    assert_walk_from(&i, S("\1\2" LINE "behind"), "#1behind");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters_in_a_row_are_told_whole_and_nothing_else_is),
        cmocka_unit_test(letters_up_to_the_end_of_the_stretch_are_told),
        cmocka_unit_test(fewer_letters_than_that_are_not),
    };
    return cmocka_run_group_tests_name("inspect/images/unknown", tests, NULL, NULL);
}
