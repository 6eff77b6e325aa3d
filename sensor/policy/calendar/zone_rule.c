/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "policy/calendar/zone.h"

/* The TZ string of POSIX with the extensions of RFC 8536 section 3.3.1 (hours of changes from -167 to 167).
 */

enum { DAY = 86400, HOURS_MAX = 167, OFFSET_HOURS_MAX = 24 };

/* --- reading --- */

static bool take_byte(struct reader *r, uint8_t c) {
    return reader_left(r) && *r->at == c && reader_skip(r, 1);
}

/* Decimal digits up to `most`. */
static bool take_number(struct reader *r, unsigned low, unsigned most, unsigned *out) {
    unsigned n = 0;
    const uint8_t *from = r->at;
    while (reader_left(r) && *r->at >= '0' && *r->at <= '9' && n <= most)
        n = n * 10 + (unsigned)(*r->at++ - '0');
    *out = n;
    return r->at > from && n >= low && n <= most;
}

/* "CST" or "<-03>". */
static bool take_name(struct reader *r) {
    const uint8_t *from = r->at;
    if (take_byte(r, '<')) {
        while (reader_left(r) && *r->at != '>')
            r->at++;
        return r->at > from + 1 && take_byte(r, '>');
    }
    while (reader_left(r) && (*r->at | 0x20) >= 'a' && (*r->at | 0x20) <= 'z')
        r->at++;
    return r->at >= from + 3;
}

/* "[+-]hh[:mm[:ss]]" */
static bool take_time(struct reader *r, unsigned hours_max, int32_t *out) {
    unsigned h, m = 0, s = 0;
    int32_t sign = take_byte(r, '-') ? -1 : 1;
    if (sign == 1)
        take_byte(r, '+');
    if (!take_number(r, 0, hours_max, &h))
        return false;
    if (take_byte(r, ':') && !take_number(r, 0, 59, &m))
        return false;
    if (take_byte(r, ':') && !take_number(r, 0, 59, &s))
        return false;
    *out = sign * (int32_t)(h * 3600 + m * 60 + s);
    return true;
}

static bool take_month_week_day(struct reader *r, struct zone_change *c) {
    unsigned month, week, weekday;
    if (!take_number(r, 1, 12, &month) || !take_byte(r, '.') || !take_number(r, 1, 5, &week) ||
        !take_byte(r, '.') || !take_number(r, 0, 6, &weekday))
        return false;
    c->kind = ZONE_MONTH_WEEK_DAY;
    c->month = (uint8_t)month;
    c->week = (uint8_t)week;
    c->weekday = (uint8_t)weekday;
    return true;
}

static bool take_change(struct reader *r, struct zone_change *c) {
    unsigned day;
    c->time = 2 * 3600;
    if (take_byte(r, 'M')) {
        if (!take_month_week_day(r, c))
            return false;
    } else {
        bool julian = take_byte(r, 'J');
        if (!take_number(r, julian, 365, &day))
            return false;
        c->kind = julian ? ZONE_JULIAN : ZONE_DAY;
        c->day = (uint16_t)day;
    }
    return !take_byte(r, '/') || take_time(r, HOURS_MAX, &c->time);
}

/* POSIX counts west of Greenwich as positive. */
static bool take_offset(struct reader *r, int32_t *ahead) {
    if (!take_time(r, OFFSET_HOURS_MAX, ahead))
        return false;
    *ahead = -*ahead;
    return true;
}

bool zone_rule_parse(struct bytes text, struct zone_rule *out) {
    struct reader r = reader_of(text.p, text.n);
    *out = (struct zone_rule){0};
    if (!take_name(&r) || !take_offset(&r, &out->standard))
        return false;
    out->daylight = out->standard;
    if (reader_left(&r) == 0)
        return true;
    out->changes = true;
    out->daylight += 3600;
    if (!take_name(&r))
        return false;
    if (reader_left(&r) && *r.at != ',' && !take_offset(&r, &out->daylight))
        return false;
    return take_byte(&r, ',') && take_change(&r, &out->begin) && take_byte(&r, ',') &&
           take_change(&r, &out->end) && reader_left(&r) == 0;
}

/* --- asking --- */

static int32_t day_of_change(const struct zone_change *c, int year) {
    int32_t january = clock_day_of(year, 1, 1);
    if (c->kind == ZONE_DAY)
        return january + c->day;
    if (c->kind == ZONE_JULIAN)
        return january + c->day - 1 +
               (c->day >= 60 && clock_day_of(year, 3, 1) - january == 60); /* never 29 February */
    int32_t first = clock_day_of(year, c->month, 1);
    int32_t next = c->month == 12 ? clock_day_of(year + 1, 1, 1) : clock_day_of(year, c->month + 1, 1);
    int32_t weekday = ((first + 4) % 7 + 7) % 7; /* 1970-01-01 was a Thursday */
    int32_t day = first + (c->weekday - weekday + 7) % 7 + (c->week - 1) * 7;
    return day >= next ? day - 7 : day;
}

/* s since 1970 UTC, where the clocks were `ahead` before. */
static int64_t change_at(const struct zone_change *c, int year, int32_t ahead) {
    return (int64_t)day_of_change(c, year) * DAY + c->time - ahead;
}

/* The last change at or before `at` decides; those of three years, since a change of one year may lie in the
 * next. */
int32_t zone_rule_offset(const struct zone_rule *r, int64_t at) {
    int64_t last = INT64_MIN;
    int32_t offset = r->standard;
    if (!r->changes)
        return r->standard;
    const int64_t limit = INT64_C(200000) * DAY; /* far behind the years that packets can have */
    at = at < -limit ? -limit : at > limit ? limit : at;
    int year = clock_date_of((int32_t)((at + r->standard) / DAY)).year;
    for (int y = year - 1; y <= year + 1; y++) {
        int64_t begin = change_at(&r->begin, y, r->standard), end = change_at(&r->end, y, r->daylight);
        if (begin <= at && begin >= last) {
            last = begin;
            offset = r->daylight;
        }
        /* All year long: a year's end that is the next one's begin changes nothing. */
        if (end <= at && end > last && end != change_at(&r->begin, y + 1, r->standard)) {
            last = end;
            offset = r->standard;
        }
    }
    return offset;
}
