/* SPDX-License-Identifier: Apache-2.0 */
#include "base/size.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void test_an_amount_is_shown_in_the_unit_in_which_it_is_less_than_a_thousand(void **state) {
    static const struct {
        uint64_t bytes;
        const char *text;
    } cases[] = {
        {0, "0 B"},
        {1, "1 B"},
        {999, "999 B"},
        {1000, "1.0 kB"},
        {1024, "1.0 kB"},
        {1500, "1.5 kB"},
        {999949, "999.9 kB"},
        {999950, "1.0 MB"}, /* never 1000.0 kB */
        {1234567, "1.2 MB"},
        {214300000, "214.3 MB"},
        {999999999999ull, "1.0 TB"},
        {UINT64_C(1) << 50, "1.1 PB"},
        {UINT64_MAX, "18.4 EB"},
    };
    char out[SIZE_TEXT_MAX];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(size_format(cases[i].bytes, out), cases[i].text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_amount_is_shown_in_the_unit_in_which_it_is_less_than_a_thousand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
