/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

/* As the C library writes it. */
static void write_plain(time_ns t, char out[CLOCK_TEXT_MAX]) {
    time_t seconds = t / NS_PER_S;
    long rest = (long)(t % NS_PER_S);
    struct tm tm;
    if (rest < 0) {
        rest += NS_PER_S;
        seconds--;
    }
    assert_non_null(gmtime_r(&seconds, &tm));
    size_t n = strftime(out, CLOCK_TEXT_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(out + n, CLOCK_TEXT_MAX - n, ".%06ldZ", rest / 1000);
}

static void expect_plain(time_ns t) {
    char plain[CLOCK_TEXT_MAX], ours[CLOCK_TEXT_MAX];
    write_plain(t, plain);
    assert_string_equal(clock_format(t, ours), plain);
    assert_int_equal(strlen(ours), sizeof "2026-05-31T04:12:09.113000Z" - 1);
}

static void a_time_is_written_as_the_c_library_writes_it(void **state) {
    static const time_ns edges[] = {0,         1,         -1,       999,       1000,        -1000,
                                    INT64_MIN, INT64_MAX, NS_PER_S, -NS_PER_S, CLOCK_LATEST};
    uint64_t x = 88172645463325252u; /* xorshift64: the same times each time */
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++)
        expect_plain(edges[i]);
    for (unsigned i = 0; i < 200000; i++) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        expect_plain((time_ns)x);
        expect_plain((time_ns)(x % (uint64_t)CLOCK_LATEST));
    }
    for (int64_t day = -100000; day < 100000; day++) { /* and each day from midnight and to it */
        expect_plain(day * 86400 * NS_PER_S);
        expect_plain(day * 86400 * NS_PER_S - 1);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_time_is_written_as_the_c_library_writes_it)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
