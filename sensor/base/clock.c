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
