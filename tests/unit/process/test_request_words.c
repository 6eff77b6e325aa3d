/* SPDX-License-Identifier: Apache-2.0 */
#include "process/requests/requests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct error e;

static time_ns moment(const char *word) {
    time_ns t = -1;
    assert_true(request_moment(word, &t, &e));
    return t;
}

/* Seconds as of date -u -d TIME +%s. */
static void a_moment_is_a_day_or_a_time_of_day_in_utc(void **state) {
    assert_true(moment("2026-05-31") == 1780185600 * NS_PER_S);
    assert_true(moment("2026-05-31T04:12Z") == 1780200720 * NS_PER_S);
    assert_true(moment("2026-05-31T04:12:09Z") == 1780200729 * NS_PER_S);
}

static void a_moment_beyond_what_time_can_hold_stays_the_latest_or_the_first(void **state) {
    assert_true(moment("9999-12-31") > moment("2262-01-01"));
    assert_true(moment("9999-12-31T23:59:59Z") > moment("9999-12-31"));
    assert_true(moment("0001-01-01") < moment("1678-01-01"));
}

static void what_is_no_moment_is_refused_with_what_to_write(void **state) {
    static const char *const words[] = {"",
                                        "tomorrow",
                                        "2026-02-30",
                                        "2026-05-31T",
                                        "2026-05-31T24:00Z",
                                        "2026-05-31T04:12",
                                        "2026-05-31 04:12Z",
                                        "2026-05-31T04:12Zz",
                                        "2026-05-31T-1:12Z"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        time_ns t;
        assert_false(request_moment(words[i], &t, &e));
        assert_non_null(strstr(e.text, "write 2026-05-31"));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_moment_is_a_day_or_a_time_of_day_in_utc),
        cmocka_unit_test(a_moment_beyond_what_time_can_hold_stays_the_latest_or_the_first),
        cmocka_unit_test(what_is_no_moment_is_refused_with_what_to_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
