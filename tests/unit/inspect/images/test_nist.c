/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#define GS "\x1d"
#define FS "\x1c"

static void the_picture_of_a_record_is_a_file_of_its_own_and_its_fields_are_text(void **state) {
    assert_walk("application/x-ansi-nist",
                S("1.001:30" GS "1.002:0400" GS "1.003:abc" FS "10.001:44" GS "10.003:FACE" GS "10.999:JPE" GS
                  "\x1c"
                  "G picture" FS "more."),
                "1.001:30" GS "1.002:0400" GS "1.003:abc" FS "|10.001:44" GS "10.003:FACE" GS "10.999:{JPE" GS "\x1c"
                "G picture|#more.");
}

static void a_first_field_that_is_no_length_is_matched_rather_than_skipped(void **state) {
    assert_walk("application/x-ansi-nist", S("1.002:23" GS "text"), "1.002:23" GS "text");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_picture_of_a_record_is_a_file_of_its_own_and_its_fields_are_text),
        cmocka_unit_test(a_first_field_that_is_no_length_is_matched_rather_than_skipped),
    };
    return cmocka_run_group_tests_name("inspect/images/nist", tests, NULL, NULL);
}
