/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_BASE_CLOCK_H
#define GANTRY_BASE_CLOCK_H

#include <stdint.h>

/* Nanoseconds since the Unix epoch, UTC. On the data path it is always packet time. */
typedef int64_t time_ns;

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)
/* No record's time is later, nor before zero: what is added to one, or taken off, fits. In the year 2116. */
#define CLOCK_LATEST (INT64_MAX / 2)

time_ns clock_wall(void);
/* For intervals; its zero means nothing. */
time_ns clock_monotonic(void);

#define CLOCK_TEXT_MAX 40
/* RFC 3339 in UTC with six decimals, "2026-05-31T04:12:09.113000Z" (RFC 5424 section 6.2.3 allows no more).
 */
const char *clock_format(time_ns t, char out[CLOCK_TEXT_MAX]);

/* Days since 1970-01-01 of a date of the proleptic Gregorian calendar, year 0 and later; and back. */
int32_t clock_day_of(int year, int month, int day);
struct clock_date {
    int year, month, day;
};
struct clock_date clock_date_of(int32_t day);

#endif
