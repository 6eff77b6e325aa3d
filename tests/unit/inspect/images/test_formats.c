/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

static void each_type_of_each_format_is_found_and_is_its_own(void **state) {
    size_t count = 0;
    for (; image_formats[count]; count++) {
        const struct image_format *f = image_formats[count];
        assert_non_null(f->mimes[0]);
        for (size_t m = 0; m < IMAGE_MIMES_MAX && f->mimes[m]; m++)
            assert_ptr_equal(image_format_of(f->mimes[m]), f);
    }
    assert_true(count > 0);
}

static void the_types_that_inspection_knows_are_listed(void **state) {
    static const char *const known[] = {"image/jpeg",
                                        "image/png",
                                        "image/gif",
                                        "image/webp",
                                        "image/bmp",
                                        "image/jp2",
                                        "image/x-jp2-codestream",
                                        "image/tiff",
                                        "image/heic",
                                        "image/jxl"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        assert_non_null(image_format_of(known[i]));
        for (size_t k = 0; k < i; k++)
            assert_ptr_not_equal(image_format_of(known[i]), image_format_of(known[k]));
    }
}

static void another_type_is_no_format(void **state) {
    assert_null(image_format_of("image/x-unheard-of"));
    assert_null(image_format_of("image/jpeg2"));
    assert_null(image_format_of("image/jpe"));
    assert_null(image_format_of(""));
}

static void the_first_header_of_each_format_fits(void **state) {
    for (size_t f = 0; image_formats[f]; f++) {
        assert_in_range(image_formats[f]->need, 1, IMAGE_HEADER_MAX);
        assert_non_null(image_formats[f]->read);
    }
}

/* Each gets zeroes, ones and a ramp, whole and byte by byte: walk_chunk checks that it gets on. */
static void each_format_gets_on_with_bytes_of_no_form(void **state) {
    static uint8_t bytes[3][1024];
    memset(bytes[1], 0xff, sizeof bytes[1]);
    for (size_t k = 0; k < sizeof bytes[2]; k++)
        bytes[2][k] = (uint8_t)k;
    for (size_t f = 0; image_formats[f]; f++)
        for (size_t b = 0; b < 3; b++) {
            struct said whole = {.n = 0}, parts = {.n = 0};
            struct image i;
            image_init(&i, image_formats[f]->mimes[0]);
            walk_chunk(&i, bytes_of(bytes[b], sizeof bytes[b]), &whole);
            image_init(&i, image_formats[f]->mimes[0]);
            for (size_t k = 0; k < sizeof bytes[b]; k++)
                walk_chunk(&i, bytes_of(bytes[b] + k, 1), &parts);
            assert_int_equal(whole.n, parts.n);
            assert_memory_equal(whole.text, parts.text, whole.n);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_type_of_each_format_is_found_and_is_its_own),
        cmocka_unit_test(the_types_that_inspection_knows_are_listed),
        cmocka_unit_test(another_type_is_no_format),
        cmocka_unit_test(the_first_header_of_each_format_fits),
        cmocka_unit_test(each_format_gets_on_with_bytes_of_no_form),
    };
    return cmocka_run_group_tests_name("inspect/images/formats", tests, NULL, NULL);
}
