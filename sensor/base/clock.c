/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <time.h>

static time_ns read_clock(clockid_t which) {
    struct timespec t;
    clock_gettime(which, &t);
    return t.tv_sec * NS_PER_S + t.tv_nsec;
}

time_ns clock_wall(void) {
    return read_clock(CLOCK_REALTIME);
}

time_ns clock_monotonic(void) {
    return read_clock(CLOCK_MONOTONIC);
}

/* So many decimal digits of a number, and a sign behind them. */
static char *put_digits(char *at, unsigned number, unsigned digits, char sign) {
    for (unsigned i = digits; i-- > 0; number /= 10)
        at[i] = (char)('0' + number % 10);
    at[digits] = sign;
    return at + digits + 1;
}

/* Each record has several. Nanoseconds in 64 bits reach from 1677 to 2262. */
const char *clock_format(time_ns t, char out[CLOCK_TEXT_MAX]) {
    const time_ns day_ns = 86400 * NS_PER_S;
    int64_t day = t / day_ns - (t % day_ns < 0);
    time_ns rest = t % day_ns + (t % day_ns < 0 ? day_ns : 0);
    unsigned second = (unsigned)(rest / NS_PER_S), micro = (unsigned)(rest % NS_PER_S / 1000);
    struct clock_date d = clock_date_of((int32_t)day);
    char *at = put_digits(out, (unsigned)d.year, 4, '-');
    at = put_digits(at, (unsigned)d.month, 2, '-');
    at = put_digits(at, (unsigned)d.day, 2, 'T');
    at = put_digits(at, second / 3600, 2, ':');
    at = put_digits(at, second / 60 % 60, 2, ':');
    at = put_digits(at, second % 60, 2, '.');
    *put_digits(at, micro, 6, 'Z') = '\0';
    return out;
}

/* Howard Hinnant's days_from_civil and civil_from_days: years begin in March, so that the leap day is the
 * last of its year. */
int32_t clock_day_of(int year, int month, int day) {
    year -= month <= 2;
    int era = year / 400, year_of_era = year % 400;
    int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

struct clock_date clock_date_of(int32_t day) {
    int32_t since = day + 719468;
    int32_t era = (since >= 0 ? since : since - 146096) / 146097, of_era = since - era * 146097;
    int32_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int32_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int32_t month = (5 * of_year + 2) / 153;
    struct clock_date d = {.day = of_year - (153 * month + 2) / 5 + 1,
                           .month = month + (month < 10 ? 3 : -9)};
    d.year = year + era * 400 + (d.month <= 2);
    return d;
}
