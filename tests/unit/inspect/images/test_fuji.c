/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

static void the_jpeg_in_a_raw_image_is_a_file_of_its_own(void **state) {
    char file[200] = "FUJIFILMCCD-RAW 0201FF383501X-T3";
    struct image i;
    struct said s = {.n = 0};
    memcpy(file + 84, "\0\0\0\x80\0\0\0\7", 8);
    memcpy(file + 128, "\xff\xd8\xffjpeg", 7);
    image_init(&i, "image/x-fuji-raf");
    walk_chunk(&i, bytes_of(file, sizeof file), &s);
    assert_non_null(memmem(s.text, s.n, "{\xff\xd8\xffjpeg|", 9));
    assert_int_equal(i.facts.model_n, 4);
    assert_memory_equal(i.facts.model, "X-T3", 4);
    assert_string_equal(i.child, "preview");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_jpeg_in_a_raw_image_is_a_file_of_its_own),
    };
    return cmocka_run_group_tests_name("inspect/images/fuji", tests, NULL, NULL);
}
