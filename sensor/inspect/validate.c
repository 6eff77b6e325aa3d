/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/validate.h"

#include "inspect/mrz.h"

static bool is_digit(uint8_t c) {
    return c >= '0' && c <= '9';
}

static bool is_upper(uint8_t c) {
    return c >= 'A' && c <= 'Z';
}

static bool is_alnum(uint8_t c) {
    return is_digit(c) || is_upper(c) || (c >= 'a' && c <= 'z');
}

/* --- machine-readable zones --- */

/* The last bytes of the match are the lower line; what stands before is for the pattern to judge. */
static bool check_td3(struct bytes match, struct bytes *value) {
    return match.n >= MRZ_TD3 && mrz_td3(match.p + match.n - MRZ_TD3, value);
}

static bool check_td2(struct bytes match, struct bytes *value) {
    return match.n >= MRZ_TD2 && mrz_td2(match.p + match.n - MRZ_TD2, value);
}

static bool is_in_zone(uint8_t c) {
    return is_digit(c) || is_upper(c) || c == '<';
}

/* The match begins with the upper line, or with what stands before it; the middle one stands behind whatever
 * separates lines, and begins with a date. */
static bool check_td1(struct bytes match, struct bytes *value) {
    uint8_t zone[2 * MRZ_TD1];
    struct bytes number;
    size_t middle = MRZ_TD1;
    if (match.n > 0 && !is_in_zone(match.p[0])) /* what stands before the line */
        match = bytes_of(match.p + 1, match.n - 1);
    while (middle < match.n && !is_digit(match.p[middle]))
        middle++;
    if (match.n < middle + MRZ_TD1)
        return false;
    memcpy(zone, match.p, MRZ_TD1);
    memcpy(zone + MRZ_TD1, match.p + middle, MRZ_TD1);
    if (!mrz_td1(zone, &number))
        return false;
    *value = bytes_of(match.p + 5, number.n);
    return true;
}

/* --- numbers --- */

/* ISO/IEC 7812-1 annex B, over the digits of the match; spaces and hyphens are stepped over. */
static bool check_luhn(struct bytes match, struct bytes *value) {
    unsigned sum = 0, count = 0;
    for (size_t i = match.n; i-- > 0;) {
        unsigned d = match.p[i] - '0';
        if (match.p[i] == ' ' || match.p[i] == '-')
            continue;
        if (d > 9)
            return false;
        if (count++ % 2)
            d = d * 2 > 9 ? d * 2 - 9 : d * 2;
        sum += d;
    }
    return count > 1 && sum > 0 && sum % 10 == 0;
}

/* 49 CFR 565.15: transliteration and weights; the ninth character is the remainder by 11, X for 10. */
static bool check_vin(struct bytes match, struct bytes *value) {
    static const uint8_t weight[17] = {8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2};
    static const char letters[] = "12345678.12345.7.923456789"; /* A to Z; '.' is not used in a VIN */
    unsigned sum = 0, letters_seen = 0;
    if (match.n != 17)
        return false;
    for (size_t i = 0; i < 17; i++) {
        uint8_t c = match.p[i] >= 'a' && match.p[i] <= 'z' ? (uint8_t)(match.p[i] - 32) : match.p[i];
        if (!is_digit(c) && (!is_upper(c) || letters[c - 'A'] == '.'))
            return false;
        letters_seen += is_upper(c);
        sum += weight[i] * (unsigned)((is_digit(c) ? c : (uint8_t)letters[c - 'A']) - '0');
    }
    unsigned check = sum % 11;
    return letters_seen > 0 && (match.p[8] | 32) == (check == 10 ? 'x' : ('0' + check) | 32);
}

/* --- times --- */

/* Groups of digits in the order they come, e.g. 2026-05-31T04:12 gives 2026 5 31 4 12. */
static size_t split_numbers(struct bytes match, unsigned out[6], unsigned width[6]) {
    size_t count = 0;
    for (size_t i = 0; i < match.n && count < 6;) {
        if (!is_digit(match.p[i])) {
            i++;
            continue;
        }
        uint64_t v = 0;
        size_t from = i;
        for (; i < match.n && is_digit(match.p[i]) && i - from < 18; i++)
            v = v * 10 + (unsigned)(match.p[i] - '0');
        width[count] = (unsigned)(i - from);
        /* An epoch in milliseconds is kept in seconds, so that it fits. */
        out[count++] = (unsigned)(i - from == 13 ? v / 1000 : v);
    }
    return count;
}

/* 14 digits in a run, or 8 and 6: 20260531041158. */
static void split_compact(unsigned v[6], unsigned *width, size_t *count) {
    if (*count >= 2 && width[0] == 8 && width[1] == 6) {
        unsigned date = v[0], clock = v[1];
        v[0] = date / 10000, v[1] = date / 100 % 100, v[2] = date % 100;
        v[3] = clock / 10000, v[4] = clock / 100 % 100, v[5] = clock % 100;
        *count = 6;
        width[0] = 4;
    }
}

/* An instant between 1990 and 2100: year first, year last (month or day first), compact, or seconds or
 * milliseconds since 1970. */
static bool check_timestamp(struct bytes match, struct bytes *value) {
    unsigned v[6], width[6];
    size_t count = split_numbers(match, v, width);
    if (count == 1 && (width[0] == 10 || width[0] == 13))
        return v[0] >= 631152000u && v[0] < 4102444800u;
    split_compact(v, width, &count);
    if (count < 5)
        return false;
    bool year_first = width[0] == 4;
    unsigned year = year_first ? v[0] : v[2], a = year_first ? v[1] : v[0], b = year_first ? v[2] : v[1];
    bool day = a >= 1 && b >= 1 && ((a <= 12 && b <= 31) || (!year_first && a <= 31 && b <= 12));
    return year >= 1990 && year < 2100 && day && v[3] < 24 && v[4] < 60 &&
           (count < 6 || width[5] > 2 || v[5] <= 60);
}

/* --- plates --- */

/* A plate's signs as bits behind a leading 1: 0 a letter, 1 a digit. */
enum { L = 0, D = 1, SHAPE_SIGNS = 7 };
#define SHAPE6(a, b, c, d, e, f) (1 << 6 | (a) << 5 | (b) << 4 | (c) << 3 | (d) << 2 | (e) << 1 | (f))
#define SHAPE7(a, b, c, d, e, f, g) (SHAPE6(a, b, c, d, e, f) << 1 | (g))

/* Passenger series of the United States, Mexico and Canada, each with a number of its own. */
static const uint8_t plate_shapes[1 << (SHAPE_SIGNS + 1)] = {
    [SHAPE7(L, L, L, D, D, D, D)] = 1,  [SHAPE7(D, L, L, L, D, D, D)] = 2, [SHAPE7(L, L, D, L, D, D, D)] = 3,
    [SHAPE7(L, L, D, D, D, D, D)] = 4,  [SHAPE7(D, L, D, D, D, D, D)] = 5, [SHAPE7(D, D, D, D, D, L, D)] = 6,
    [SHAPE7(L, L, L, D, D, D, L)] = 7,  [SHAPE7(L, L, L, L, D, D, D)] = 8, [SHAPE7(L, D, D, D, D, D, D)] = 9,
    [SHAPE7(L, L, D, D, L, L, L)] = 10, [SHAPE6(L, L, L, D, D, D)] = 11,   [SHAPE6(D, D, D, L, L, L)] = 12,
    [SHAPE6(L, D, D, L, L, L)] = 13,    [SHAPE6(L, L, L, L, D, D)] = 14,   [SHAPE6(L, D, D, D, L, L)] = 15,
    [SHAPE6(L, L, D, D, L, L)] = 16,    [SHAPE6(D, L, L, L, D, D)] = 17,   [SHAPE6(D, L, L, D, D, D)] = 18,
    [SHAPE6(D, D, D, D, L, L)] = 19,    [SHAPE6(L, L, L, D, D, L)] = 20,
};

/* `anycase`: small letters are letters too. */
static unsigned find_plate_shape(struct bytes token, bool anycase) {
    unsigned shape = 1;
    for (size_t i = 0; i < token.n; i++) {
        uint8_t c = token.p[i];
        if (c == ' ' || c == '-')
            continue;
        if (!(anycase ? is_alnum(c) : is_upper(c) || is_digit(c)) || shape >> SHAPE_SIGNS)
            return 0;
        shape = shape << 1 | (is_digit(c) ? D : L);
    }
    return plate_shapes[shape];
}

bool plate_shape(struct bytes token) {
    return find_plate_shape(token, false) > 0;
}

unsigned plate_shape_number(unsigned build) {
    return build < sizeof plate_shapes ? plate_shapes[build] : 0;
}

static bool check_plate(struct bytes match, struct bytes *value) {
    struct bytes v = match;
    while (v.n > 0 && !is_alnum(v.p[0]))
        v.p++, v.n--;
    while (v.n > 0 && !is_alnum(v.p[v.n - 1]))
        v.n--;
    *value = v;
    return plate_shape(v);
}

/* Letters of a hexadecimal number, such as log files are full of. */
static bool looks_hexadecimal(struct bytes token) {
    for (size_t i = 0; i < token.n; i++)
        if (is_upper(token.p[i]) && token.p[i] > 'F')
            return false;
    return true;
}

static bool is_field_byte(uint8_t c) {
    return is_alnum(c) || c == ' ' || c == '-';
}

enum { FIELD_MIN = 5, FIELD_MAX = 9 }; /* characters of a plate as it is written */

static bool fits_field(struct bytes field) {
    return field.n >= FIELD_MIN && field.n <= FIELD_MAX;
}

/* A name or a header says what it is, so small letters do no harm. */
static bool may_be_plate(struct bytes field, struct bytes *value) {
    return fits_field(field) && find_plate_shape(field, true) > 0;
}

static bool is_bare_plate(struct bytes token) {
    return fits_field(token) && plate_shape(token) && !looks_hexadecimal(token);
}

/* The field, or its first word: what stands at the start of a line or behind a sign, and a blank ends it. */
static bool may_be_bare(struct bytes field, struct bytes *value) {
    if (is_bare_plate(field))
        return true;
    const uint8_t *blank = field.n > FIELD_MIN ? memchr(field.p, ' ', field.n) : NULL;
    if (!blank || !is_bare_plate(bytes_of(field.p, (size_t)(blank - field.p))))
        return false;
    value->p = field.p;
    value->n = (size_t)(blank - field.p);
    return true;
}

/* The last field of the match that may be a plate. A field is what stands between two bytes that are neither
 * letter, digit, space nor hyphen. */
static bool find_last_field(struct bytes match, struct bytes *value,
                            bool (*may_be)(struct bytes field, struct bytes *value)) {
    size_t end = match.n;
    while (end > 0) {
        size_t from;
        while (end > 0 && !is_field_byte(match.p[end - 1]))
            end--;
        for (from = end; from > 0 && is_field_byte(match.p[from - 1]);)
            from--;
        struct bytes field = bytes_trim(bytes_of(match.p + from, end - from));
        *value = field;
        if (may_be(field, value))
            return true;
        end = from;
    }
    return false;
}

/* What stands between the signs of a plate that is written sign by sign: a blank, a dot, a hyphen, an
 * underscore, a soft hyphen, a middle dot, or U+200B to U+2015. Its octets; 0: none of these. */
static size_t joint_size(struct bytes b) {
    if (b.p[0] == ' ' || b.p[0] == '.' || b.p[0] == '-' || b.p[0] == '_')
        return 1;
    if (b.n >= 2 && b.p[0] == 0xC2 && (b.p[1] == 0xAD || b.p[1] == 0xB7))
        return 2;
    return b.n >= 3 && b.p[0] == 0xE2 && b.p[1] == 0x80 && b.p[2] >= 0x8B && b.p[2] <= 0x95 ? 3 : 0;
}

/* A letter or digit, or its fullwidth form (U+FF10 to U+FF3A); its octets, 0: neither. */
static size_t read_sign(struct bytes b, uint8_t *sign) {
    *sign = b.p[0];
    if (is_upper(b.p[0]) || is_digit(b.p[0]))
        return 1;
    if (b.n < 3 || b.p[0] != 0xEF || b.p[1] != 0xBC || b.p[2] < 0x90 || b.p[2] > 0xBA)
        return 0;
    *sign = (uint8_t)(b.p[2] - 0x90 + '0'); /* as they stand in ASCII, letters included */
    return is_upper(*sign) || is_digit(*sign) ? 3 : 0;
}

/* The signs of the match, ASCII with a joint behind each but the last, or all fullwidth; one byte may stand
 * before and one behind them. */
static bool check_plate_spaced(struct bytes match, struct bytes *value) {
    uint8_t signs[SHAPE_SIGNS];
    uint8_t sign;
    size_t from = match.n > 0 && read_sign(match, &sign) == 0, at = from, to = from, count = 0, n;
    while (at < match.n && (n = read_sign(bytes_of(match.p + at, match.n - at), &sign)) > 0) {
        if (count == SHAPE_SIGNS)
            return false;
        signs[count++] = sign;
        at = to = at + n;
        size_t joint = at < match.n ? joint_size(bytes_of(match.p + at, match.n - at)) : 0;
        if (n == 1 && joint == 0)
            break;
        at += joint;
    }
    *value = bytes_of(match.p + from, to - from);
    return to + 1 >= match.n && is_bare_plate(bytes_of(signs, count));
}

struct bytes field_next(struct bytes *in) {
    size_t from = 0, end, to;
    while (from < in->n && !is_alnum(in->p[from]))
        from++;
    for (end = to = from; to < in->n && is_field_byte(in->p[to]); to++)
        if (is_alnum(in->p[to]))
            end = to + 1;
    struct bytes field = bytes_of(in->p + from, end - from);
    *in = bytes_of(in->p + to, in->n - to);
    return field;
}

/* As far as the last field and the byte before it. */
static size_t reach_field(struct bytes before) {
    size_t from = before.n;
    while (from > 0 && !is_field_byte(before.p[from - 1]))
        from--;
    while (from > 0 && is_field_byte(before.p[from - 1]))
        from--;
    return before.n - from + (from > 0);
}

static bool check_plate_end(struct bytes match, struct bytes *value) {
    while (match.n > 0 && !is_field_byte(match.p[match.n - 1]))
        match.n--;
    size_t from = match.n;
    while (from > 0 && is_field_byte(match.p[from - 1]))
        from--;
    *value = bytes_trim(bytes_of(match.p + from, match.n - from));
    return may_be_plate(*value, value);
}

static bool check_plate_field(struct bytes match, struct bytes *value) {
    return find_last_field(match, value, may_be_plate);
}

static bool check_plate_bare(struct bytes match, struct bytes *value) {
    return find_last_field(match, value, may_be_bare) || check_plate_spaced(match, value);
}

/* PLATE-NLD or PLATE;NLD;...: what stands before the country's code. */
static bool check_plate_country(struct bytes match, struct bytes *value) {
    for (value->n = 0; value->n < match.n && is_alnum(match.p[value->n]);)
        value->n++;
    return plate_shape(*value);
}

/* "KXR4471=plate", as the reader of rows hands it on. */
static bool check_cell(struct bytes match, struct bytes *value) {
    const uint8_t *sign = match.n > 0 ? memchr(match.p, '=', match.n) : NULL;
    if (!sign)
        return false;
    *value = bytes_of(match.p, (size_t)(sign - match.p));
    return value->n > 0;
}

enum { CELL_LINE_MOST = 32 };

static size_t reach_line(struct bytes before) {
    const uint8_t *end = memrchr(before.p, '\n', before.n);
    return end ? (size_t)(before.p + before.n - (end + 1)) : before.n;
}

#define ROW(n, h, ...)                                                                                       \
    { .name = n, .holds = h, __VA_ARGS__ }
const struct validator validator_table[] = {
    ROW("mrz-td1", check_td1,
        .help = "upper and middle line of a TD1 card at the match's start; counts document numbers"),
    ROW("mrz-td2", check_td2,
        .help = "lower line of a TD2 document at the match's end; counts document numbers"),
    ROW("mrz-td3", check_td3,
        .help = "lower line of a TD3 passport at the match's end; counts document numbers"),
    ROW("luhn", check_luhn, .help = "check digit of ISO/IEC 7812 over all digits of the match"),
    ROW("vin", check_vin, .help = "check digit of a 17-character vehicle identification number"),
    ROW("timestamp", check_timestamp,
        .help = "a date with a time of day, or an epoch, between 1990 and 2100"),
    ROW("plate-shape", check_plate, .may_be = may_be_plate,
        .help = "one token with the shape of a passenger plate (United States, Mexico, Canada)"),
    ROW("plate-field", check_plate_field, .may_be = may_be_plate,
        .help = "the last field of the match that is plate-shaped"),
    ROW("plate-end", check_plate_end, .may_be = may_be_plate, .reach = reach_field,
        .help = "the last field of the match, if it is plate-shaped, wherever the match begins: costs less"),
    ROW("plate-country", check_plate_country, .may_be = check_plate_country,
        .help = "a plate-shaped start of the match, before a hyphen or semicolon"),
    ROW("plate-bare", check_plate_bare, .may_be = may_be_bare,
        .help = "the same, and no hexadecimal number: for fields that no key names"),
    ROW("cell", check_cell, .reach = reach_line, .width = CELL_LINE_MOST,
        .help = "what stands before the sign of equality: a cell of the scope cells"),
    {0},
};
#undef ROW

int validator_find(const char *name) {
    for (int i = 0; validator_table[i].name; i++)
        if (strcmp(validator_table[i].name, name) == 0)
            return i;
    return -1;
}
