/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/zones.h"

#include "base/octets.h"
#include "inspect/country.h"
#include "inspect/mrz.h"

enum {
    DATE = 7,    /* digits of a date with its check digit */
    NUMBER = 13, /* signs before the birth: a number, its check digit, a nationality */
    VISA = 28,   /* signs up to the expiry's check digit */
    BEHIND = 16, /* signs behind it, at most */
    GAP = 96,    /* octets between two lines at most: keys, quotes, ends of lines */
};

void zone_reader_init(struct zone_reader *z) {
    memset(z, 0, offsetof(struct zone_reader, kept));
}

/* --- signs of a zone --- */

static bool is_digit(uint8_t c) {
    return c >= '0' && c <= '9';
}

/* Ways to write '<'; what ends with another one stands before it. */
static const char *const fillers[] = {"&amp;lt;", "&lt;",      "&#60;",   "&#060;", "&#x3c;", "%253c",
                                      "%3c",      "\\\\u003c", "\\u003c", "\\x3c",  "=3c",    NULL};

static bool equals_nocase(const uint8_t *p, const char *small, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (letter_lower((char)p[i]) != small[i])
            return false;
    return true;
}

/* The sign that begins at `at`, in capitals; 0: none of a zone. An element's end is no filler. */
static uint8_t next_sign(struct bytes w, size_t at, size_t *size) {
    uint8_t c = at < w.n ? w.p[at] : 0;
    *size = 1;
    if (is_digit(c) || (c >= 'A' && c <= 'Z'))
        return c;
    if (c >= 'a' && c <= 'z')
        return (uint8_t)(c - 32);
    if (c == '<')
        return at + 1 < w.n && w.p[at + 1] == '/' ? 0 : c;
    if (c != '&' && c != '%' && c != '\\' && c != '=')
        return 0;
    for (const char *const *f = fillers; *f; f++) {
        *size = strlen(*f);
        if ((uint8_t) * *f == c && w.n - at >= *size && equals_nocase(w.p + at, *f, *size))
            return '<';
    }
    return 0;
}

/* The one that ends before `at`. */
static uint8_t last_sign(struct bytes w, size_t at, size_t *size) {
    uint8_t c = at > 0 ? w.p[at - 1] : 0;
    for (const char *const *f = fillers; (c == ';' || (c | 32) == 'c') && *f; f++) {
        *size = strlen(*f);
        if (at >= *size && equals_nocase(w.p + at - *size, *f, *size))
            return '<';
    }
    *size = 1;
    if (is_digit(c) || (c >= 'A' && c <= 'Z') || c == '<')
        return c;
    return c >= 'a' && c <= 'z' ? (uint8_t)(c - 32) : 0;
}

static size_t read_ahead(struct bytes w, size_t at, uint8_t *out, size_t most) {
    size_t n = 0, size;
    while (n < most && (out[n] = next_sign(w, at, &size))) {
        at += size;
        n++;
    }
    return n;
}

/* `most` signs that end before `at`, in their order; *from: where they begin. False: fewer. */
static bool read_back(struct bytes w, size_t at, uint8_t *out, size_t most, size_t *from) {
    for (size_t i = most, size; i-- > 0; at -= size)
        if (!(out[i] = last_sign(w, at, &size)))
            return false;
    *from = at;
    return true;
}

/* --- lines before --- */

/* Signs before the end of a window, the last ones first: zeros stand for what is no sign. */
struct before {
    unsigned n;
    uint8_t sign[ZONE_BACK];
};

static void read_before(struct bytes w, size_t at, struct before *out) {
    size_t size;
    for (out->n = 0; at > 0 && out->n < sizeof out->sign; at -= size)
        out->sign[out->n++] = last_sign(w, at, &size);
}

/* A line of `n` signs that ends `skip` signs before the end; false: not all of them are signs. */
static bool copy_line(const struct before *b, unsigned skip, unsigned n, uint8_t *out) {
    if (skip + n > b->n)
        return false;
    for (unsigned i = 0; i < n; i++)
        if (!(out[n - 1 - i] = b->sign[skip + i]))
            return false;
    return true;
}

/* Of a card's upper line: the first sign. */
static bool is_card(uint8_t c) {
    return c == 'I' || c == 'A' || c == 'C';
}

/* The upper line stands before the middle one, which begins at `at`: behind whatever is between lines. */
static bool find_card(struct bytes w, size_t at, const uint8_t middle[MRZ_TD1], uint8_t lines[2 * MRZ_TD1],
                      struct bytes *number) {
    struct before b;
    read_before(w, at, &b);
    memcpy(lines + MRZ_TD1, middle, MRZ_TD1);
    for (unsigned skip = 0; skip <= GAP && skip + MRZ_TD1 <= b.n; skip++)
        if (is_card(b.sign[skip + MRZ_TD1 - 1]) && copy_line(&b, skip, MRZ_TD1, lines) &&
            country_is_in_zone(lines + 2) && mrz_td1(lines, number))
            return true;
    return false;
}

/* Does a visa's upper line of this length stand before the lower one? */
static bool follows_visa(struct bytes w, size_t at, unsigned length) {
    struct before b;
    uint8_t line[MRZ_TD3];
    read_before(w, at, &b);
    for (unsigned skip = 0; skip <= GAP && skip + length <= b.n; skip++)
        if (b.sign[skip + length - 1] == 'V' && copy_line(&b, skip, length, line) &&
            country_is_in_zone(line + 2))
            return true;
    return false;
}

/* --- zones --- */

/* Of the lower line `line` so many signs are there. A visa's has no digit over all: its upper line says so,
 * or it ends in fillers, as no other one does. */
static bool is_lower_line(struct bytes w, size_t at, const uint8_t *line, size_t n, struct bytes *number) {
    if (!country_is_in_zone(line + 10))
        return false;
    if ((n >= MRZ_TD3 && mrz_td3(line, number)) || (n >= MRZ_TD2 && mrz_td2(line, number)))
        return true;
    if (n < MRZ_TD2 || !mrz_visa(line, number))
        return false;
    bool whole = n == MRZ_TD2 || n == MRZ_TD3;
    return (whole && line[n - 1] == '<' && line[n - 2] == '<') || follows_visa(w, at, MRZ_TD2) ||
           (n >= MRZ_TD3 && follows_visa(w, at, MRZ_TD3));
}

/* The sign of the sex stands at `at`, behind seven digits. Nothing beyond ZONE_BACK and ZONE_AHEAD counts. */
static bool read_zone(struct bytes w, size_t at, uint8_t room[2 * MRZ_TD1], struct bytes *number,
                      bool *begun) {
    uint8_t line[VISA + BEHIND];
    size_t floor = at > ZONE_BACK ? at - ZONE_BACK : 0, size, from;
    w = bytes_of(w.p + floor, w.n - floor < ZONE_BACK + ZONE_AHEAD ? w.n - floor : ZONE_BACK + ZONE_AHEAD);
    at -= floor;
    w.n = w.n > at + ZONE_AHEAD ? at + ZONE_AHEAD : w.n;
    uint8_t sex = next_sign(w, at, &size);
    if ((sex != 'M' && sex != 'F' && sex != 'X' && sex != '<') || w.n - at < size + DATE)
        return false;
    const uint8_t *birth = w.p + at - DATE, *expiry = w.p + at + size;
    for (unsigned i = 0; i < DATE; i++)
        if (!is_digit(expiry[i]))
            return false;
    if (!mrz_date(birth) || !mrz_date(expiry))
        return false;
    *begun = true;
    memcpy(line + NUMBER, birth, DATE);
    line[NUMBER + DATE] = sex;
    memcpy(line + NUMBER + DATE + 1, expiry, DATE);
    size_t behind = read_ahead(w, at + size + DATE, line + VISA, BEHIND);
    memcpy(room, line, sizeof line);
    if (read_back(w, at - DATE, room, NUMBER, &from) && is_lower_line(w, from, room, VISA + behind, number))
        return true;
    return behind + 1 >= BEHIND && country_is_in_zone(line + VISA) &&
           find_card(w, at - DATE, line + NUMBER, room, number);
}

/* Text that was made to begin like a zone everywhere is looked at here and there. */
static bool is_worth(const struct zone_reader *z) {
    enum { MANY = 256, STEP = 64 };
    return z->refused < MANY + 8 * z->found || z->refused % STEP == 0;
}

static void try_zone(struct zone_reader *z, const struct zone_sink *sink, struct bytes w, size_t at) {
    uint8_t room[2 * MRZ_TD1];
    struct bytes number;
    bool begun = false;
    if (z->found >= ZONES_MAX || !is_worth(z)) {
        z->refused++;
        z->more = true;
        return;
    }
    if (read_zone(w, at, room, &number, &begun)) {
        z->found++;
        sink->zone(sink->context, number);
    } else
        z->refused += begun;
}

/* By octet: may it begin a sex? */
static const bool begins_sex[256] = {
    ['M'] = true, ['F'] = true, ['X'] = true,  ['m'] = true, ['f'] = true, ['x'] = true,
    ['<'] = true, ['&'] = true, ['\\'] = true, ['%'] = true, ['='] = true};

/* Of 64 octets, where seven digits have ended before one that is none. */
static uint64_t ends_date(uint64_t digits) {
    uint64_t two = digits & digits << 1, four = two & two << 2, seven = four & four << 3;
    return seven << 1 & ~digits;
}

/* Looks at what may be the sign of a sex from `from` to before `to`. */
static void scan(struct zone_reader *z, const struct zone_sink *sink, struct bytes w, size_t from,
                 size_t to) {
    enum { STEP = 64 - DATE };
    for (size_t at = from > DATE ? from : DATE; at < to; at += STEP)
        for (uint64_t bits = ends_date(octets_mask(w, at - DATE, OCTETS_DIGIT)); bits; bits &= bits - 1) {
            size_t end = at - DATE + (unsigned)__builtin_ctzll(bits);
            if (end < to && begins_sex[w.p[end]])
                try_zone(z, sink, w, end);
        }
}

/* --- pieces --- */

/* Looks at what is kept as far as enough is known of what follows, and forgets what no zone needs. */
static void scan_kept(struct zone_reader *z, const struct zone_sink *sink, bool last) {
    size_t to = last ? z->n : z->n > ZONE_AHEAD ? z->n - ZONE_AHEAD : 0;
    if (to > z->scanned) {
        scan(z, sink, bytes_of(z->kept, z->n), z->scanned, to);
        z->scanned = (uint16_t)to;
    }
}

static void forget(struct zone_reader *z) {
    size_t most = ZONE_BACK + ZONE_AHEAD;
    if (z->n <= most)
        return;
    size_t gone = z->n - most;
    memmove(z->kept, z->kept + gone, most);
    z->n = (uint16_t)most;
    z->scanned = (uint16_t)(z->scanned - gone);
}

static void keep(struct zone_reader *z, struct bytes text) {
    memcpy(z->kept + z->n, text.p, text.n);
    z->n = (uint16_t)(z->n + text.n);
}

void zone_reader_push(struct zone_reader *z, const struct zone_sink *sink, struct bytes text) {
    enum { JOINT = ZONE_BACK + ZONE_AHEAD }; /* octets that are looked at with what was there */
    if (text.n <= JOINT) {
        if (z->n + text.n > sizeof z->kept)
            forget(z);
        keep(z, text);
        scan_kept(z, sink, false);
        return;
    }
    if (z->n + JOINT > (int)sizeof z->kept)
        forget(z);
    keep(z, bytes_of(text.p, JOINT));
    scan_kept(z, sink, false); /* all before ZONE_BACK of the text */
    size_t to = text.n - ZONE_AHEAD;
    scan(z, sink, text, ZONE_BACK, to);
    z->n = z->scanned = 0;
    keep(z, bytes_of(text.p + text.n - JOINT, JOINT));
    z->scanned = ZONE_BACK;
}

void zone_reader_end(struct zone_reader *z, const struct zone_sink *sink) {
    scan_kept(z, sink, true);
    z->n = z->scanned = 0;
}
