/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/calendar/hours.h"

#include <ctype.h>
#include <stdio.h>
#include <strings.h>

enum { DAY_MINUTES = 24 * 60, DAY_S = 86400, DAYS_ALL = 0x7f };

static const char days[7][4] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

/* --- asking --- */

static int64_t floor_divide(int64_t a, int64_t b) {
    return a / b - (a % b < 0);
}

static int64_t local_seconds(const struct zone *z, time_ns t) {
    int64_t utc = floor_divide(t, NS_PER_S);
    return utc + zone_offset(z, utc);
}

int32_t hours_day(const struct zone *z, time_ns t) {
    return (int32_t)floor_divide(local_seconds(z, t), DAY_S);
}

int32_t hours_month(const struct zone *z, time_ns t) {
    struct clock_date d = clock_date_of(hours_day(z, t));
    return (d.year - 1970) * 12 + d.month - 1;
}

/* 0 is Monday; 1970-01-01 was a Thursday. */
static unsigned weekday_of(int64_t day) {
    return (unsigned)(((day + 3) % 7 + 7) % 7);
}

bool hours_hold(const struct hours *h, time_ns t) {
    int64_t local = local_seconds(h->zone, t), day = floor_divide(local, DAY_S);
    unsigned minute = weekday_of(day) * DAY_MINUTES + (unsigned)((local - day * DAY_S) / 60);
    for (size_t i = 0; i < h->count; i++) {
        const struct hours_range *r = &h->ranges[i];
        if ((minute >= r->from && minute < r->to) || minute + HOURS_WEEK < r->to)
            return true;
    }
    return false;
}

const char *hours_moment(const struct zone *z, time_ns t, char out[HOURS_MOMENT_MAX]) {
    int64_t local = local_seconds(z, t), day = floor_divide(local, DAY_S);
    struct clock_date d = clock_date_of((int32_t)day);
    unsigned minute = (unsigned)((local - day * DAY_S) / 60);
    snprintf(out, HOURS_MOMENT_MAX, "%s %04d-%02d-%02d %02u:%02u", days[weekday_of(day)], d.year % 10000,
             d.month, d.day, minute / 60 % 24, minute % 60);
    return out;
}

/* --- reading --- */

struct parsing {
    struct hours_range ranges[HOURS_RANGES_MAX];
    size_t count;
    unsigned waiting; /* days, a bit each, that have no times yet */
    char *why;
};

static bool fail_word(struct parsing *p, struct bytes word, const char *what, const char *mend) {
    snprintf(p->why, HOURS_WHY_MAX, "\"%.*s\" %s; %s", word.n < 40 ? (int)word.n : 40,
             word.p ? (const char *)word.p : "", what, mend);
    return false;
}

static const char write_days[] = "write Mon, Tue, Wed, Thu, Fri, Sat or Sun, or Mon-Fri",
                  write_times[] = "write it like Mon-Fri 07:00-19:00 America/Chicago";

/* "Mon" or "Monday" */
static bool parse_day(struct bytes word, unsigned *out) {
    static const char *const rest[] = {"day", "sday", "nesday", "rsday", "day", "urday", "day"};
    for (unsigned i = 0; i < 7; i++) {
        if (word.n < 3 || strncasecmp((const char *)word.p, days[i], 3) != 0)
            continue;
        *out = i;
        return word.n == 3 || bytes_equal_nocase(bytes_of(word.p + 3, word.n - 3), rest[i]);
    }
    return false;
}

/* One hyphen between two parts. */
static bool split_range(struct bytes word, struct bytes *first, struct bytes *last) {
    const uint8_t *hyphen = word.n ? memchr(word.p, '-', word.n) : NULL;
    if (!hyphen)
        return false;
    *first = bytes_of(word.p, (size_t)(hyphen - word.p));
    *last = bytes_of(hyphen + 1, word.n - first->n - 1);
    return true;
}

/* A bit each; false: no days at all. */
static bool parse_days(struct bytes word, unsigned *out) {
    struct bytes first = word, last = word;
    unsigned from, to;
    split_range(word, &first, &last);
    if (!parse_day(first, &from) || !parse_day(last, &to))
        return false;
    *out = 1u << to;
    for (unsigned d = from; d != to; d = (d + 1) % 7)
        *out |= 1u << d;
    return true;
}

/* "7:00", "19:30", "24:00" */
static bool parse_time(struct bytes word, unsigned *minutes) {
    const uint8_t *colon = word.n ? memchr(word.p, ':', word.n) : NULL;
    uint64_t h, m;
    if (!colon || word.p + word.n - colon != 3 || colon - word.p > 2 ||
        !bytes_number(bytes_of(word.p, (size_t)(colon - word.p)), &h) ||
        !bytes_number(bytes_of(colon + 1, 2), &m))
        return false;
    *minutes = (unsigned)(h * 60 + m);
    return m < 60 && *minutes <= DAY_MINUTES;
}

static bool parse_times(struct bytes word, unsigned *from, unsigned *to) {
    struct bytes first, last;
    *from = 0;
    *to = DAY_MINUTES;
    if (bytes_equal_nocase(word, "24h"))
        return true;
    return split_range(word, &first, &last) && parse_time(first, from) && parse_time(last, to) &&
           *from < DAY_MINUTES;
}

static bool add_range(struct parsing *p, struct bytes word, unsigned from, unsigned to) {
    unsigned days_of_range = p->waiting ? p->waiting : DAYS_ALL;
    if (from == to)
        return fail_word(p, word, "is empty", "write 24h for a whole day");
    if (to < from)
        to += DAY_MINUTES;
    for (unsigned d = 0; d < 7; d++) {
        if (!(days_of_range & 1u << d))
            continue;
        if (p->count == HOURS_RANGES_MAX)
            return fail_word(p, word, "is one range too many",
                             "join ranges, there may be 64 days with times");
        p->ranges[p->count++] =
            (struct hours_range){(uint16_t)(d * DAY_MINUTES + from), (uint16_t)(d * DAY_MINUTES + to)};
    }
    p->waiting = 0;
    return true;
}

static struct bytes take_word(struct bytes *rest) {
    struct bytes word;
    *rest = bytes_trim(*rest);
    word = bytes_of(rest->p, 0);
    while (word.n < rest->n && !isspace(rest->p[word.n]))
        word.n++;
    *rest = bytes_of(rest->p + word.n, rest->n - word.n);
    return word;
}

/* What stands between two commas: days, times or both. `last`: the zone may follow, and is left in *rest. */
static bool parse_range(struct parsing *p, struct bytes *rest, bool last) {
    struct bytes word = take_word(rest);
    unsigned found, from, to;
    if (parse_days(word, &found)) {
        p->waiting |= found;
        word = take_word(rest);
    }
    if (word.n == 0 && !last && p->waiting)
        return true;
    if (word.n == 0)
        return fail_word(p, word, "says no times", "write them, like Sat 08:00-12:00, or Sat 24h");
    if (!parse_times(word, &from, &to))
        return fail_word(p, word, "is neither a day nor times",
                         memchr(word.p, ':', word.n) ? write_times : write_days);
    if (!add_range(p, word, from, to))
        return false;
    *rest = bytes_trim(*rest);
    if (!last && rest->n)
        return fail_word(p, *rest, "stands behind the times", "put a comma before the next range");
    return true;
}

static bool parse_ranges(struct parsing *p, struct bytes *rest) {
    for (;;) {
        const uint8_t *comma = rest->n ? memchr(rest->p, ',', rest->n) : NULL;
        if (!comma)
            return parse_range(p, rest, true);
        struct bytes part = bytes_of(rest->p, (size_t)(comma - rest->p));
        if (!parse_range(p, &part, false))
            return false;
        *rest = bytes_of(comma + 1, rest->n - (size_t)(comma + 1 - rest->p));
    }
}

static bool parse_zone(struct parsing *p, const char *folder, struct bytes rest, struct arena *arena,
                       const struct zone **out) {
    char name[ZONE_NAME_MAX + 1];
    struct bytes word = take_word(&rest);
    *out = NULL;
    if (word.n == 0)
        return true;
    if (take_word(&rest).n || word.n > ZONE_NAME_MAX)
        return fail_word(p, word, "is followed by more",
                         "write the time zone's name behind the times, and nothing behind it");
    memcpy(name, word.p, word.n);
    name[word.n] = '\0';
    *out = zone_load(folder, name, arena, p->why);
    return *out != NULL;
}

const struct hours *hours_parse(const char *folder, const char *text, struct arena *arena,
                                char why[HOURS_WHY_MAX]) {
    struct parsing p = {.why = why};
    struct bytes rest = bytes_text(text);
    struct hours *h = arena_alloc(arena, sizeof *h);
    if (!h || !parse_ranges(&p, &rest)) {
        if (!h)
            fail_word(&p, rest, "has no room left for it", "make the file smaller");
        return NULL;
    }
    struct bytes ranges = bytes_trim(bytes_of(text, strlen(text) - rest.n));
    struct hours_range *copy = arena_array(arena, p.count, sizeof *copy);
    h->text = arena_text(arena, (const char *)ranges.p, ranges.n);
    if (!copy || !h->text) {
        fail_word(&p, ranges, "has no room left for it", "make the file smaller");
        return NULL;
    }
    memcpy(copy, p.ranges, p.count * sizeof *copy);
    h->ranges = copy;
    h->count = p.count;
    return parse_zone(&p, folder, rest, arena, &h->zone) ? h : NULL;
}
