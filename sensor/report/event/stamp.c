/* SPDX-License-Identifier: Apache-2.0 */
#include "report/event/stamp.h"

#include <string.h>

enum {
    DATE = 8,
    TIME = 6,
    DATE_TIME = DATE + TIME,
    MILLISECONDS = 3,
    SECONDS_1970 = 10,
    DIGITS_OF_PLATE = 9
};

static const char figures[] = "0123456789";

static unsigned read_number(const char *text, size_t n) {
    unsigned value = 0;
    for (size_t i = 0; i < n; i++)
        value = value * 10 + (unsigned)(text[i] - '0');
    return value;
}

/* `text` begins with as many digits as are asked for, in all of these. */
bool stamp_is_year(const char *text) {
    return strspn(text, figures) >= 4 && (strncmp(text, "19", 2) == 0 || strncmp(text, "20", 2) == 0);
}

static bool is_day(const char *text) { /* "20260531" */
    unsigned month = read_number(text + 4, 2), day = read_number(text + 6, 2);
    return stamp_is_year(text) && month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

static bool is_clock(const char *text) { /* "041158" */
    return read_number(text, 2) < 24 && read_number(text + 2, 2) < 60 && read_number(text + 4, 2) <= 60;
}

static bool is_since_1970(const char *text, size_t n) {
    unsigned beginning = read_number(text, 2);
    return (n == SECONDS_1970 || n == SECONDS_1970 + MILLISECONDS) && beginning >= 15 && beginning <= 21;
}

/* A stamp of just `n` of the digits that are at `text`. */
static bool is_stamp(const char *text, size_t n) {
    if (n == TIME)
        return is_clock(text);
    if (n == DATE)
        return is_day(text);
    if (n == DATE_TIME || n == DATE_TIME + MILLISECONDS)
        return is_day(text) && is_clock(text + DATE);
    return is_since_1970(text, n);
}

static const size_t sizes[] = {DATE_TIME + MILLISECONDS,    DATE_TIME,    DATE,
                               SECONDS_1970 + MILLISECONDS, SECONDS_1970, TIME};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

/* May what is left of a run be a name of its own? Beside a time alone only what looks like a plate, or was
 * one before it was covered. */
static bool is_rest(const char *rest, size_t n, size_t stamp) {
    size_t digits = 0;
    if (memchr(rest, '*', n))
        return true;
    for (size_t i = 0; i < n; i++)
        digits += rest[i] <= '9';
    if (digits == n)
        return n == 0 || (n >= 4 && n <= DIGITS_OF_PLATE);
    return digits ? n >= 4 : stamp != TIME || n >= 4;
}

size_t stamp_lead(const char *run) {
    size_t digits = strspn(run, figures), all = strlen(run);
    for (size_t i = 0; i < SIZES; i++) {
        size_t n = sizes[i];
        if (digits < n || !is_stamp(run, n) || (n == TIME && all == TIME))
            continue;
        if (n == DATE && run[n] == 't' && strspn(run + n + 1, figures) >= TIME && is_clock(run + n + 1)) {
            n += 1 + TIME;
            n += strcmp(run + n, "z") == 0;
        }
        if (is_rest(run + n, all - n, sizes[i]))
            return n;
    }
    return 0;
}

size_t stamp_trail(const char *run) {
    size_t all = strlen(run), digits = 0;
    while (digits < all && run[all - 1 - digits] >= '0' && run[all - 1 - digits] <= '9')
        digits++;
    for (size_t i = 0; i < SIZES; i++) {
        size_t n = sizes[i];
        if (digits >= n && n < all && is_stamp(run + all - n, n) && is_rest(run, all - n, n))
            return n;
    }
    return 0;
}

bool stamp_whole(const char *digits) {
    size_t n = strlen(digits);
    return n != TIME && n == strspn(digits, figures) && n >= DATE && is_stamp(digits, n);
}

static bool is_month_or_day(const char *text) {
    size_t n = strlen(text);
    return n == 2 && read_number(text, 2) >= 1 && read_number(text, 2) <= 31;
}

bool stamp_is_date(const char *a, const char *b, const char *c) {
    bool first = stamp_is_year(a) && !a[4] && is_month_or_day(c);
    bool last = stamp_is_year(c) && !c[4] && is_month_or_day(a);
    return is_month_or_day(b) && (first || last);
}

bool stamp_is_clock(const char *hour, const char *minute, const char *second) {
    return strlen(hour) == 2 && strlen(minute) == 2 && strlen(second) == 2 && read_number(hour, 2) < 24 &&
           read_number(minute, 2) < 60 && read_number(second, 2) <= 60;
}

bool stamp_is_time(const char *text) {
    text += *text == 't';
    size_t n = strspn(text, figures);
    bool ends = text[n] == '\0' || strcmp(text + n, "z") == 0;
    if (n == 4)
        return ends && read_number(text, 2) < 24 && read_number(text + 2, 2) < 60;
    return ends && (n == TIME || n == TIME + MILLISECONDS) && is_clock(text);
}
