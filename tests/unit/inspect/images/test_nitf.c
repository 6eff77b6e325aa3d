/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <stdio.h>

static size_t make(char *file, const char *picture) {
    char sub[400];
    size_t sub_n = 333 + 16, n = strlen(picture);
    memset(sub, ' ', sizeof sub);
    memcpy(sub, "IM", 2);
    memcpy(sub + 333, "0000024000000320", 16);
    int head = sprintf(file, "NITF02.10%333s%012zu%06u001%06zu%010zu", "", 379 + sub_n + n, 379, sub_n, n);
    memcpy(file + head, sub, sub_n);
    memcpy(file + head + sub_n, picture, n);
    return (size_t)head + sub_n + n;
}

static struct image walked(const char *picture, struct said *tail) {
    char file[1024];
    size_t n = make(file, picture);
    struct image i;
    struct said s = {.n = 0};
    memcpy(file + n, "behind.", 7);
    image_init(&i, "image/nitf");
    walk_chunk(&i, bytes_of(file, n - strlen(picture)), &s);
    *tail = (struct said){.n = 0};
    walk_chunk(&i, bytes_of(file + n - strlen(picture), strlen(picture) + 7), tail);
    return i;
}

static void pictures_are_stepped_over_and_what_is_behind_the_files_end_is_a_trailer(void **state) {
    struct said tail;
    struct image i = walked("pixels", &tail);
    assert_int_equal(i.facts.width, 320);
    assert_int_equal(i.facts.height, 240);
    assert_true(tail.n >= 8 && memcmp(tail.text + tail.n - 8, "#behind.", 8) == 0);
    assert_null(memmem(tail.text, tail.n, "pixels", 6));
}

static void a_picture_in_jpeg_is_a_file_of_its_own(void **state) {
    struct said tail;
    walked("\xff\xd8\xffjpeg", &tail);
    assert_non_null(memmem(tail.text, tail.n, "{\xff\xd8\xffjpeg|#behind.", 17));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pictures_are_stepped_over_and_what_is_behind_the_files_end_is_a_trailer),
        cmocka_unit_test(a_picture_in_jpeg_is_a_file_of_its_own),
    };
    return cmocka_run_group_tests_name("inspect/images/nitf", tests, NULL, NULL);
}
