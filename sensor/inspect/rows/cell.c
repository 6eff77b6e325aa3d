/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/rows/cell.h"

#include "inspect/rows/name.h"
#include "inspect/validate.h"

static bool is_digit(uint8_t c) {
    return c >= '0' && c <= '9';
}

static bool is_upper(uint8_t c) {
    return c >= 'A' && c <= 'Z';
}

static bool is_lower(uint8_t c) {
    return c >= 'a' && c <= 'z';
}

/* By octet: what a cell may be that holds it. */
enum { IS_DIGIT = 1, IS_LETTER = 2, IS_JOINT = 4, IS_HIGH = 8, IS_BETWEEN = 16, IS_OTHER = 32 };

static const uint8_t class_of[256] = {
    [0 ... 31] = IS_OTHER,
    [' '] = IS_JOINT | IS_BETWEEN,
    ['!' ... '*'] = IS_OTHER,
    ['+'] = IS_JOINT | IS_BETWEEN,
    [','] = IS_OTHER,
    ['-' ... '.'] = IS_JOINT | IS_BETWEEN,
    ['/'] = IS_BETWEEN | IS_OTHER,
    ['0' ... '9'] = IS_DIGIT,
    [':'] = IS_BETWEEN | IS_OTHER,
    [';' ... '@'] = IS_OTHER,
    ['A' ... 'Z'] = IS_LETTER,
    ['[' ... '^'] = IS_OTHER,
    ['_'] = IS_JOINT | IS_BETWEEN,
    ['`'] = IS_OTHER,
    ['a' ... 'z'] = IS_LETTER,
    ['{' ... 127] = IS_OTHER,
    [128 ... 255] = IS_HIGH,
};

static bool is_word(uint8_t c) {
    return class_of[c] & (IS_DIGIT | IS_LETTER | IS_HIGH);
}

struct bytes cell_trim(struct bytes t) {
    while (t.n > 0 && !is_word(t.p[0]))
        t.p++, t.n--;
    while (t.n > 0 && !is_word(t.p[t.n - 1]))
        t.n--;
    return t;
}

bool cell_is_void(struct bytes t) {
    static const char *const words[] = {"null",     "none",    "nan",     "n/a",     "na",
                                        "nil",      "unknown", "n",       "noplate", "no plate",
                                        "no_plate", "noread",  "no read", "no_read", "unread"};
    if (t.n > 8 || (t.n > 0 && (t.p[0] | 32) != 'n' && (t.p[0] | 32) != 'u'))
        return false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (bytes_equal_nocase(t, words[i]))
            return true;
    return t.n == 0;
}

/* --- signs --- */

struct signs {
    unsigned n, joints, letters, digits, upper, lower, wide; /* `wide`: fullwidth */
    unsigned build; /* a bit a sign, 1 for a digit, below a bit for the first one */
    uint32_t which; /* letters: a bit each, 1 << 0 for A */
    uint8_t sign[CELL_SIGNS];
};

/* What may stand between two signs; its octets, 0: none of these. */
static size_t joint_size(struct bytes b) {
    uint8_t c = b.p[0];
    if (c == ' ' || c == '-' || c == '.' || c == '_' || c == '+') /* the last one: a blank in a form */
        return 1;
    if (b.n >= 2 && c == 0xc2 && (b.p[1] == 0xad || b.p[1] == 0xb7 || b.p[1] == 0xa0))
        return 2;
    return b.n >= 3 && c == 0xe2 && b.p[1] == 0x80 && b.p[2] >= 0x8b && b.p[2] <= 0x95 ? 3 : 0;
}

static bool add_sign(struct signs *s, uint8_t c) {
    bool digit = is_digit(c), lower = is_lower(c);
    if (s->n == CELL_SIGNS)
        return false;
    c = lower ? (uint8_t)(c - 32) : c;
    s->upper += is_upper(c) && !lower;
    s->lower += lower;
    s->digits += digit;
    s->build = s->build << 1 | digit;
    s->which |= is_upper(c) ? 1u << (c - 'A') : 0;
    s->sign[s->n++] = c;
    return true;
}

/* False: something else stands in it, or too much. */
static bool read_signs(struct bytes t, struct signs *s) {
    *s = (struct signs){.build = 1};
    for (size_t at = 0, n; at < t.n; at += n) {
        uint8_t c = t.p[at];
        struct bytes rest = bytes_of(t.p + at, t.n - at);
        n = 1;
        if (is_digit(c) || is_upper(c) || is_lower(c)) {
            if (!add_sign(s, c))
                return false;
        } else if (c == 0xef && rest.n >= 3 && rest.p[1] == 0xbc && rest.p[2] >= 0x90 && rest.p[2] <= 0xba) {
            n = 3;
            s->wide++;
            if (!add_sign(s, (uint8_t)(rest.p[2] - 0x90 + '0')))
                return false;
        } else if (c == 0xc3 && rest.n >= 2 &&
                   (rest.p[1] == 0x84 || rest.p[1] == 0x96 || rest.p[1] == 0x9c)) {
            n = 2; /* umlauts of German plates */
            if (!add_sign(s, rest.p[1] == 0x84 ? 'A' : rest.p[1] == 0x96 ? 'O' : 'U'))
                return false;
        } else if ((n = joint_size(rest)) > 0)
            s->joints++;
        else
            return false;
    }
    s->letters = s->upper + s->lower;
    return s->n > 0;
}

/* The same of letters and digits alone. */
static bool read_plain_signs(struct bytes t, struct signs *s) {
    *s = (struct signs){.build = 1};
    if (t.n > CELL_SIGNS)
        return false;
    for (size_t at = 0; at < t.n; at++) {
        uint8_t c = t.p[at];
        bool digit = c <= '9', lower = c >= 'a';
        c = lower ? (uint8_t)(c - 32) : c;
        s->digits += digit;
        s->lower += lower;
        s->build = s->build << 1 | digit;
        s->which |= digit ? 0 : 1u << (c - 'A');
        s->sign[at] = c;
    }
    s->n = (unsigned)t.n;
    s->letters = s->n - s->digits;
    s->upper = s->letters - s->lower;
    return true;
}

#define LETTER(c) (1u << ((c) - 'A'))
static bool looks_hexadecimal(const struct signs *s) {
    return s->which < LETTER('G');
}

/* United Kingdom: an outward code, then a digit and two letters. The Netherlands: four digits, two letters.
 * Canada: letters and digits in turn. */
static bool is_postcode(unsigned build) {
    static const uint8_t builds[] = {
        0x2c, /* LD DLL */
        0x5c, /* LDD DLL */
        0x4c, /* LLD DLL */
        0x9c, /* LLDD DLL */
        0x54, /* LDL DLL */
        0x94, /* LLDL DLL */
        0x7c, /* DDDD LL */
        0x55, /* LDL DLD */
    };
    return build <= UINT8_MAX && memchr(builds, (int)build, sizeof builds);
}

/* Of letters or of digits. */
static unsigned count_runs(const struct signs *s) {
    unsigned below = (1u << (s->n - 1)) - 1;
    return 1 + (unsigned)__builtin_popcount((s->build ^ s->build >> 1) & below);
}

static void read_plate(const struct signs *s, struct cell *out) {
    enum { RUNS_MOST = 4 };
    bool apart = (s->n >= 6 && s->joints == s->n - 1u) || (s->n >= 6 && s->wide == s->n);
    if (s->sign[0] == '0' && s->sign[1] == 'X') /* a number of a program */
        return;
    /* Words are no plate that somebody chose to have. */
    if (s->n < 4 || s->n > 10 || (s->joints > 2 && !apart) || (s->digits == 0 && s->joints > 0))
        return;
    out->is |= CELL_WIDE;
    out->n = (uint8_t)s->n;
    memcpy(out->sign, s->sign, sizeof out->sign);
    out->is |= is_postcode(s->build) ? CELL_POSTCODE : 0;
    out->is |= s->which & (LETTER('I') | LETTER('O') | LETTER('Q')) ? CELL_UNSURE : 0;
    out->is |= s->which & (LETTER('A') | LETTER('E') | LETTER('U')) ? CELL_VOWEL : 0;
    if (s->n < 5 || s->n > 8 || (s->upper && s->lower) || !s->letters || s->digits < 2 ||
        looks_hexadecimal(s))
        return;
    out->build = (uint16_t)s->build;
    out->is |= count_runs(s) <= RUNS_MOST ? CELL_LIKELY : 0;
    bool plain = s->letters + s->digits == s->n;
    if (plain && (out->shape = (uint8_t)plate_shape_number(s->build)) > 0)
        out->is |= CELL_SHAPED | (apart ? CELL_APART : 0);
}

/* --- times --- */

/* Runs of digits, and what stands between them. */
struct runs {
    unsigned n;
    unsigned value[8];
    uint8_t width[8];
    uint8_t behind[8]; /* the octet behind each, 0 for none */
};

static bool read_runs(struct bytes t, struct runs *r) {
    r->n = 0;
    for (size_t at = 0; at < t.n;) {
        if (!is_digit(t.p[at])) {
            uint8_t c = t.p[at++];
            bool fits = c == '-' || c == '/' || c == ':' || c == '.' || c == ' ' || c == 'T' || c == 'Z' ||
                        c == '+' || c == ',' || c == 't' || c == '_' || c == 'A' || c == 'P' || c == 'M' ||
                        c == 'a' || c == 'p' || c == 'm' || c == 'U' || c == 'C';
            if (!fits)
                return false;
            continue;
        }
        if (r->n == 8)
            return false;
        size_t from = at;
        uint64_t v = 0;
        for (; at < t.n && is_digit(t.p[at]) && at - from < 18; at++)
            v = v * 10 + (unsigned)(t.p[at] - '0');
        if (at - from == 13)
            v /= 1000;
        r->value[r->n] = (unsigned)(v > UINT32_MAX ? UINT32_MAX : v);
        r->width[r->n] = (uint8_t)(at - from);
        r->behind[r->n++] = at < t.n ? t.p[at] : 0;
    }
    return r->n > 0;
}

static bool is_clock(const struct runs *r, unsigned at) {
    return at + 1 < r->n && r->width[at] <= 2 && r->width[at + 1] == 2 && r->behind[at] == ':' &&
           r->value[at] < 24 && r->value[at + 1] < 60;
}

static bool is_year(unsigned v, unsigned width) {
    return width == 4 && v >= 1900 && v < 2100;
}

static bool is_month_day(unsigned a, unsigned b) {
    return a >= 1 && b >= 1 && ((a <= 12 && b <= 31) || (a <= 31 && b <= 12));
}

/* 20260531, or more digits behind it. */
static bool is_compact(unsigned v, unsigned width) {
    return width == 8 && v / 10000 >= 1900 && v / 10000 < 2100 && is_month_day(v / 100 % 100, v % 100) &&
           v / 100 % 100 <= 12;
}

static unsigned read_single(const struct runs *r, struct bytes t) {
    unsigned v = r->value[0], width = r->width[0];
    if (is_compact(v, width))
        return r->n == 1 ? CELL_TIME | CELL_DAY : CELL_TIME;
    if (r->n == 1 && (width == 10 || width == 13) && t.n == width)
        return v >= 946684800u && v < 2524608000u ? CELL_TIME : 0; /* 2000 to 2050 */
    if (r->n == 1 && (width == 14 || width == 17) && t.n >= 8) {
        unsigned day = 0;
        for (unsigned i = 0; i < 8; i++)
            day = day * 10 + (unsigned)(t.p[i] - '0');
        return is_compact(day, 8) ? CELL_TIME : 0;
    }
    return 0;
}

static unsigned read_time(struct bytes t) {
    struct runs r;
    if (t.n < 4 || t.n > 36 || !is_digit(t.p[0]) || !read_runs(t, &r))
        return 0;
    if (is_clock(&r, 0))
        return CELL_TIME;
    if (r.n >= 3 && r.behind[0] == r.behind[1] &&
        (r.behind[0] == '-' || r.behind[0] == '/' || r.behind[0] == '.' || r.behind[0] == ':')) {
        bool first = is_year(r.value[0], r.width[0]) && is_month_day(r.value[1], r.value[2]);
        bool last = (is_year(r.value[2], r.width[2]) || r.width[2] == 2) && r.width[0] <= 2 &&
                    r.width[1] <= 2 && is_month_day(r.value[0], r.value[1]);
        if (first || (last && r.behind[0] != ':'))
            return r.n == 3 ? CELL_TIME | CELL_DAY : CELL_TIME;
    }
    return read_single(&r, t);
}

/* "12JUL74", "12 Jul 1974" */
static bool is_month_word(struct bytes t) {
    static const char months[] = "janfebmaraprmayjunjulaugsepoctnovdec";
    size_t at = 0;
    while (at < t.n && is_digit(t.p[at]))
        at++;
    if (at == 0 || at > 2)
        return false;
    while (at < t.n && (t.p[at] == ' ' || t.p[at] == '-' || t.p[at] == '/'))
        at++;
    if (t.n < at + 5)
        return false;
    for (const char *m = months; *m; m += 3)
        if ((t.p[at] | 32) == m[0] && (t.p[at + 1] | 32) == m[1] && (t.p[at + 2] | 32) == m[2])
            return is_digit(t.p[t.n - 1]) && is_digit(t.p[t.n - 2]);
    return false;
}

/* "-106.4581" */
static bool is_degree(struct bytes t) {
    const uint8_t *point = t.n <= 16 ? memchr(t.p, '.', t.n) : NULL;
    if (!point || point - t.p > 3 || t.n - (size_t)(point - t.p) < 5)
        return false;
    for (size_t i = 0; i < t.n; i++)
        if (!is_digit(t.p[i]) && t.p + i != point)
            return false;
    return true;
}

/* --- codes of states --- */

/* States, provinces and countries: by the first letter a bit for each second one, 1 << 0 for A. */
static const uint32_t states[26] = {
    ['A' - 'A'] = 0x20a0c42, /* B G K L R T Z */
    ['B' - 'A'] = 0x0040014, /* C E S */
    ['C' - 'A'] = 0x2085081, /* A H M O T Z */
    ['D' - 'A'] = 0x0000014, /* C E */
    ['E' - 'A'] = 0x0040000, /* S */
    ['F' - 'A'] = 0x0020800, /* L R */
    ['G' - 'A'] = 0x0020003, /* A B R */
    ['H' - 'A'] = 0x0000140, /* G I */
    ['I' - 'A'] = 0x0082819, /* A D E L N T */
    ['J' - 'A'] = 0x0000001, /* A */
    ['K' - 'A'] = 0x1040000, /* S Y */
    ['L' - 'A'] = 0x0100001, /* A U */
    ['M' - 'A'] = 0x08c611b, /* A B D E I N O S T X */
    ['N' - 'A'] = 0x1241a9f, /* A B C D E H J L M S V Y */
    ['O' - 'A'] = 0x0022481, /* A H K N R */
    ['P' - 'A'] = 0x0180811, /* A E L T U */
    ['Q' - 'A'] = 0x00a0004, /* C R T */
    ['R' - 'A'] = 0x0000100, /* I */
    ['S' - 'A'] = 0x0000d0c, /* C D I K L */
    ['T' - 'A'] = 0x0803802, /* B L M N X */
    ['U' - 'A'] = 0x00c0000, /* S T */
    ['V' - 'A'] = 0x0080011, /* A E T */
    ['W' - 'A'] = 0x1200101, /* A I V Y */
    ['Y' - 'A'] = 0x0180000, /* T U */
    ['Z' - 'A'] = 0x0000001, /* A */
};
static const char countries[] =
    "ARGAUTBELBRACANCHECOLCZEDEUESPFRAGBRGTMHNDIRLITALUXMEXNLDPOLPRTSLVUSA"; /* in order */

static bool is_country(const uint8_t *p) {
    const char *at = countries;
    while (*at && *at < (char)p[0])
        at += 3;
    for (; *at == (char)p[0]; at += 3)
        if (at[1] == (char)p[1] && at[2] == (char)p[2])
            return true;
    return false;
}

static bool is_state(struct bytes t) {
    if (t.n == 5 &&
        (bytes_starts_nocase(t, "us-") || bytes_starts_nocase(t, "mx-") || bytes_starts_nocase(t, "ca-")))
        t = bytes_of(t.p + 3, 2);
    if ((t.n != 2 && t.n != 3) || !is_upper(t.p[0]) || !is_upper(t.p[1]))
        return false;
    return t.n == 2 ? states[t.p[0] - 'A'] >> (t.p[1] - 'A') & 1 : is_country(t.p);
}

/* "inbound", "LPR-03" */
static unsigned read_words(struct bytes t) {
    size_t word = 0;
    while (word < t.n && (is_upper(t.p[word]) || is_lower(t.p[word]) || t.p[word] >= 0x80))
        word++;
    if (word == 0)
        return 0;
    if (word < t.n && t.p[word] == ' ' && row_word_is(bytes_of(t.p, word)) & ROW_WORD_MAKE)
        return CELL_MAKE; /* and its model */
    for (size_t at = word; at < t.n; at++)
        if (!is_digit(t.p[at]) && t.p[at] != '-' && t.p[at] != ' ' && t.p[at] != '_' && t.p[at] != '#')
            return 0;
    unsigned is = row_word_is(bytes_of(t.p, word));
    if (word < t.n)
        return is & ROW_WORD_PLACE ? CELL_READER : 0;
    return (is & ROW_WORD_MAKE ? CELL_MAKE : 0) | (is & ROW_WORD_DIRECTION ? CELL_READER : 0);
}

/* --- together --- */

bool cell_is_person(struct bytes t) {
    unsigned letters = 0;
    if (t.n < 2 || t.n > 64)
        return false;
    for (size_t i = 0; i < t.n; i++) {
        if (is_digit(t.p[i]))
            return false;
        letters += is_word(t.p[i]);
    }
    return letters * 4 >= t.n * 3;
}

static bool may_be_time(struct bytes t, unsigned classes) {
    if (!is_digit(t.p[0]) || t.n < 4)
        return false;
    return classes & (IS_BETWEEN | IS_LETTER) || t.n == 8 || t.n == 10 || t.n == 13 || t.n == 14 || t.n == 17;
}

void cell_read(struct bytes t, struct cell *out) {
    struct signs s;
    unsigned classes = 0;
    out->is = 0;
    out->n = 0;
    out->shape = 0;
    out->build = 0;
    if (t.n > 40 || t.n < 2)
        return;
    for (size_t i = 0; i < t.n; i++)
        classes |= class_of[t.p[i]];
    if (!(classes & IS_DIGIT) && t.n > 24 && t.p[0] != 0xef) /* fullwidth */
        return;
    if (t.n >= 6 && is_digit(t.p[0]) && is_degree(t))
        out->is |= CELL_WHERE;
    else if (may_be_time(t, classes))
        out->is |= is_month_word(t) ? CELL_TIME | CELL_DAY : read_time(t);
    if (t.n <= 5 && !is_digit(t.p[0]) && is_state(t))
        out->is |= CELL_STATE;
    if (t.n <= 24 && !is_digit(t.p[0]))
        out->is |= read_words(t);
    bool plain = !(classes & ~(unsigned)(IS_DIGIT | IS_LETTER));
    if (t.n < 4 || classes & IS_OTHER || !(plain ? read_plain_signs(t, &s) : read_signs(t, &s)))
        return;
    out->is |= (s.digits ? CELL_DIGIT : 0) | (s.letters ? CELL_LETTER : 0);
    if (!(out->is & CELL_TIME) || s.letters)
        read_plate(&s, out);
    if (s.joints <= 2 && s.n >= 6 && s.n <= CELL_SIGNS && s.digits * 2 >= s.n) {
        out->is |= CELL_NUMBER;
        out->n = (uint8_t)s.n;
        memcpy(out->sign, s.sign, sizeof out->sign);
    }
}
