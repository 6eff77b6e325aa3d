/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bytes.h"
#include "report/event/redact.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void assert_redacted(const char *in, const char *expected) {
    char text[256];
    for (int again = 0; again < 2; again++) { /* what is covered stays as it is */
        snprintf(text, sizeof text, "%s", again ? expected : in);
        redact((uint8_t *)text, strlen(text));
        assert_string_equal(text, expected);
    }
}

static void plates_in_names_are_covered_but_for_two_characters_at_each_end(void **state) {
    assert_redacted("20260531-041158_L04_ABC1234.jpg", "20260531-041158_L04_AB***34.jpg");
    assert_redacted("abc1234.jpg", "ab***34.jpg");
    assert_redacted("1ABC234", "1A***34");
    assert_redacted("AB12C", "AB*2C");
    assert_redacted("TXABC1234.jpg", "TX*****34.jpg");
    assert_redacted("20240913141423_613_roi_1_in_7543_47ATDPN_USA_Ford.jpg",
                    "20240913141423_613_roi_1_in_7543_47***PN_USA_Ford.jpg");
}

static void plates_written_in_groups_are_covered(void **state) {
    assert_redacted("lane/ABC-1234.jpg", "lane/AB*-**34.jpg");
    assert_redacted("AB12 CDE.png", "AB** *DE.png");
    assert_redacted("ABC-123-A", "AB*-**3-A");
    assert_redacted("/up/AB12%20CDE.png", "/up/AB**%20*DE.png");
    assert_redacted("L04-ABC-1234", "L0*-***-**34");
}

static void percent_encoding_and_other_scripts_hide_no_plate(void **state) {
    assert_redacted("/bucket%2FABC1234.jpg", "/bucket%2FAB***34.jpg");
    assert_redacted("?plate=ABC1234&x=1", "?plate=AB***34&x=1");
    assert_redacted("\xc3\xa9"
                    "ABC1234\xe2\x80\xae",
                    "\xc3\xa9"
                    "AB***34\xe2\x80\xae");
}

static void dates_words_and_long_identifiers_stay(void **state) {
    assert_redacted("2026-05-31-04-11-58.jpg", "2026-05-31-04-11-58.jpg");
    assert_redacted("20260531_041158.jpg", "20260531_041158.jpg");
    assert_redacted("monthly-report.pdf", "monthly-report.pdf");
    assert_redacted("deadbeef0123456789.bin", "deadbeef0123456789.bin");
    assert_redacted("L04", "L04");
    assert_redacted("lane-archive", "lane-archive");
    assert_redacted("", "");
    assert_redacted("%", "%");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plates_in_names_are_covered_but_for_two_characters_at_each_end),
        cmocka_unit_test(plates_written_in_groups_are_covered),
        cmocka_unit_test(percent_encoding_and_other_scripts_hide_no_plate),
        cmocka_unit_test(dates_words_and_long_identifiers_stay),
    };
    return cmocka_run_group_tests_name("report/redact", tests, NULL, NULL);
}
