/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

static void pixels_of_each_kind_are_stepped_over_by_the_headers_numbers(void **state) {
    assert_walk("image/x-portable-greymap", S("P5\n# camera 4\n2 3\n255\npixelsbehind"),
                "\n# camera 4\n2 3\n255\n#behind");
    assert_walk("image/x-portable-greymap", S("P5 2 1 65535\nwideXX"), " 2 1 65535\n#XX");
    assert_walk("image/x-portable-pixmap", S("P6 1 2 255 rgbrgbX"), " 1 2 255 #X");
    assert_walk("image/x-portable-bitmap", S("P4 9 2\nbitsX"), " 9 2\n#X");
}

static void pixels_as_text_are_matched(void **state) {
    assert_walk("image/x-portable-greymap", S("P2 1 1 255 7 plate"), " 1 1 255 7 plate");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pixels_of_each_kind_are_stepped_over_by_the_headers_numbers),
        cmocka_unit_test(pixels_as_text_are_matched),
    };
    return cmocka_run_group_tests_name("inspect/images/pnm", tests, NULL, NULL);
}
