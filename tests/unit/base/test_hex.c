/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void test_bytes_become_two_lower_case_digits_each(void **state) {
    const uint8_t bytes[] = {0x00, 0x0f, 0xa5, 0xff};
    char out[10];
    memset(out, 'x', sizeof out);
    assert_ptr_equal(hex_format(bytes, 4, out), out);
    assert_string_equal(out, "000fa5ff");
    assert_int_equal(out[9], 'x'); /* nothing behind the NUL */
    assert_string_equal(hex_format(bytes, 0, out), "");
}

static void test_of_all_bytes_22_are_digits_and_have_their_value(void **state) {
    static const char lower[] = "0123456789abcdef", upper[] = "0123456789ABCDEF";
    unsigned digits = 0;
    for (int c = 0; c < 256; c++)
        digits += hex_value((uint8_t)c) >= 0;
    assert_int_equal(digits, 22);
    for (int i = 0; i < 16; i++) {
        assert_int_equal(hex_value((uint8_t)lower[i]), i);
        assert_int_equal(hex_value((uint8_t)upper[i]), i);
    }
    /* beside the digits, and 0x20 away from them */
    for (const char *c = "/:@G`g\x10\x11\x19"; *c; c++)
        assert_int_equal(hex_value((uint8_t)*c), -1);
    assert_int_equal(hex_value(0), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_become_two_lower_case_digits_each),
        cmocka_unit_test(test_of_all_bytes_22_are_digits_and_have_their_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
