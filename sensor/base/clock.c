/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <stdio.h>
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

const char *clock_format(time_ns t, char out[CLOCK_TEXT_MAX]) {
    time_t seconds = t / NS_PER_S;
    long rest = (long)(t % NS_PER_S);
    struct tm tm;
    if (rest < 0) {
        rest += NS_PER_S;
        seconds--;
    }
    if (!gmtime_r(&seconds, &tm) || tm.tm_year > 8099 || tm.tm_year < -1900) {
        snprintf(out, CLOCK_TEXT_MAX, "1970-01-01T00:00:00.000000Z");
        return out;
    }
    size_t n = strftime(out, CLOCK_TEXT_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(out + n, CLOCK_TEXT_MAX - n, ".%06ldZ", rest / 1000);
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
