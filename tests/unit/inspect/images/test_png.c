/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

static void text_chunks_are_metadata_and_pixels_are_not(void **state) {
    static const char png[] = "\x89PNG\r\n\x1a\n\0\0\0\x04IHDRhead\1\2\3\4\0\0\0\x07tEXtkey=one\1\2\3\4"
                              "\0\0\0\5IDATpixel\1\2\3\4\0\0\0\0IEND\1\2\3\4behind";
    assert_walk("image/png", png, sizeof png - 1, "head|key=one|#behind");
}

static void compressed_text_is_told_as_such_behind_its_keyword(void **state) {
    static const char plain[] =
        "\x89PNG\r\n\x1a\n\0\0\0\x0ciTXtk\0\0\0en\0t\0one\1\2\3\4\0\0\0\0IEND\1\2\3\4.";
    static const char packed[] =
        "\x89PNG\r\n\x1a\n\0\0\0\x0ciTXtk\0\1\0en\0t\0one\1\2\3\4\0\0\0\6zTXtk\0\0two"
        "\1\2\3\4\0\0\0\0IEND\1\2\3\4.";
    struct image i;
    struct said s = {.n = 0};
    image_init(&i, "image/png");
    walk_chunk(&i, bytes_of(S(plain)), &s);
    assert_int_equal(s.n, 15);
    assert_memory_equal(s.text, "k\0\0\0en\0t\0one|#.", 15);
    s = (struct said){.n = 0};
    image_init(&i, "image/png");
    walk_chunk(&i, bytes_of(S(packed)), &s);
    assert_int_equal(s.n, 24);
    assert_memory_equal(s.text, "k\0\1\0en\0t\0~one|k\0\0~two|#.", 24);
}

static void a_text_chunk_that_ends_in_its_keyword_leaves_the_next_one_in_place(void **state) {
    static const char png[] =
        "\x89PNG\r\n\x1a\n\0\0\0\3zTXtkey\1\2\3\4\0\0\0\3tEXtone\1\2\3\4\0\0\0\0IEND\1\2\3\4.";
    assert_walk("image/png", png, sizeof png - 1, "key|one|#.");
}

static void what_breaks_the_form_is_matched_rather_than_skipped(void **state) {
    assert_walk("image/png",
                S("\x89PNG\r\n\x1a\n\xff\0\0\0"
                  "IHDRall of it"),
                "all of it");
    assert_walk("image/png",
                S("\x89PNX\r\n\x1a\n\0\0\0\4"
                  "IDATall of it"),
                "all of it");
}

static void a_gap_inside_a_chunk_is_stepped_over_and_one_in_a_texts_keyword_is_not(void **state) {
    static const char pixels[] = "\x89PNG\r\n\x1a\n\0\0\0\x04IHDRhead\1\2\3\4\0\0\0\x08IDATpi";
    static const char text[] = "\x89PNG\r\n\x1a\n\0\0\0\x08zTXtke";
    static const char rest[] = "ls\1\2\3\4\0\0\0\3tEXtabc\1";
    assert_walk_with_gap("image/png", bytes_of(S(pixels)), 4, bytes_of(S(rest)), "head|abc|");
    assert_walk_with_gap("image/png", bytes_of(S(text)), 4, bytes_text("lost"), "kelost");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_chunks_are_metadata_and_pixels_are_not),
        cmocka_unit_test(compressed_text_is_told_as_such_behind_its_keyword),
        cmocka_unit_test(a_text_chunk_that_ends_in_its_keyword_leaves_the_next_one_in_place),
        cmocka_unit_test(what_breaks_the_form_is_matched_rather_than_skipped),
        cmocka_unit_test(a_gap_inside_a_chunk_is_stepped_over_and_one_in_a_texts_keyword_is_not),
    };
    return cmocka_run_group_tests_name("inspect/images/png", tests, NULL, NULL);
}
