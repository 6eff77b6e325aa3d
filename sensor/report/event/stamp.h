/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_STAMP_H
#define GANTRY_REPORT_STAMP_H

#include <stdbool.h>
#include <stddef.h>

/* Dates and times in names: digits that are no plate. Texts are small ASCII letters and digits. */

/* Octets at the beginning, or at the end, of a run of letters and digits that are a date or a time
 * ("20260531", "20260531t041158", "20260531041158", a time alone where what is left may be a plate); all of
 * them, or 0. */
size_t stamp_lead(const char *run);
size_t stamp_trail(const char *run);
/* Digits that are a date, with a time or not, or seconds or milliseconds since 1970, from 2017 to 2039. */
bool stamp_whole(const char *digits);
bool stamp_is_year(const char *digits); /* from 1900 to 2099, at the beginning */
/* In the order of year, month, day, or with the year last. */
bool stamp_is_date(const char *a, const char *b, const char *c);
bool stamp_is_clock(const char *hour, const char *minute, const char *second);
/* "041158", with milliseconds or not, "t041158z", "0411". */
bool stamp_is_time(const char *text);

#endif
