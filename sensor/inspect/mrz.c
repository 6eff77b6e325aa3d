/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/mrz.h"

static bool is_digit(uint8_t c) {
    return c >= '0' && c <= '9';
}

/* Part 3, section 4.9: digits themselves, A-Z 10 to 35, '<' 0; -1 for what no zone holds. */
static int value_of(uint8_t c) {
    return is_digit(c) ? c - '0' : c >= 'A' && c <= 'Z' ? c - 'A' + 10 : c == '<' ? 0 : -1;
}

/* A run of positions, from 0, over which a check digit goes. */
struct span {
    uint8_t from, n;
};

/* Weights 7, 3, 1 over the spans, taken as one run, modulo 10. -1 if a character has no value. */
static int check_digit(const uint8_t *zone, const struct span *spans, size_t count) {
    static const int weight[] = {7, 3, 1};
    int sum = 0, position = 0;
    for (size_t s = 0; s < count; s++)
        for (unsigned i = 0; i < spans[s].n; i++) {
            int v = value_of(zone[spans[s].from + i]);
            if (v < 0)
                return -1;
            sum += v * weight[position++ % 3];
        }
    return sum % 10;
}

struct digit {
    uint8_t at;
    bool filler; /* '<' may stand for 0 */
    struct span spans[4];
    uint8_t count;
};

static bool digits_hold(const uint8_t *zone, const struct digit *digits, size_t count) {
    for (size_t i = 0; i < count; i++) {
        int want = check_digit(zone, digits[i].spans, digits[i].count);
        uint8_t have = zone[digits[i].at];
        if (have == '<' && digits[i].filler)
            have = '0';
        if (want < 0 || !is_digit(have) || have - '0' != want)
            return false;
    }
    return true;
}

/* A number of more than nine characters goes on in what is optional, where its check digit stands too (parts
 * 5 and 6, note j): the place behind the nine holds a filler. */
static bool read_long(const uint8_t *zone, size_t from, size_t more, size_t most, struct bytes *number) {
    uint8_t whole[32];
    size_t n = 0;
    while (n < most && zone[more + n] != '<')
        n++;
    if (n < 2 || 9 + n > sizeof whole)
        return false;
    memcpy(whole, zone + from, 9);
    memcpy(whole + 9, zone + more, n);
    const struct digit digit = {.at = (uint8_t)(8 + n), .spans = {{0, (uint8_t)(8 + n)}}, .count = 1};
    *number = bytes_of(zone + from, 9);
    return digits_hold(whole, &digit, 1);
}

/* The nine characters of the number, behind which their check digit stands. */
static bool read_number(const uint8_t *zone, size_t from, struct bytes *number) {
    const struct digit digit = {.at = (uint8_t)(from + 9), .spans = {{(uint8_t)from, 9}}, .count = 1};
    size_t n = 9;
    while (n > 0 && zone[from + n - 1] == '<')
        n--;
    *number = bytes_of(zone + from, n);
    return digits_hold(zone, &digit, 1);
}

static bool is_somebodys(struct bytes number) {
    for (size_t i = 0; i < number.n; i++)
        if (number.p[i] != '0' && number.p[i] != '<')
            return true;
    return false;
}

bool mrz_date(const uint8_t date[7]) {
    static const struct digit digit = {.at = 6, .spans = {{0, 6}}, .count = 1};
    unsigned month = (unsigned)(date[2] - '0') * 10 + (date[3] - '0'),
             day = (unsigned)(date[4] - '0') * 10 + (date[5] - '0');
    return digits_hold(date, &digit, 1) && month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

bool mrz_td3(const uint8_t line[MRZ_TD3], struct bytes *number) {
    static const struct digit digits[] = {
        {.at = 19, .spans = {{13, 6}}, .count = 1},
        {.at = 27, .spans = {{21, 6}}, .count = 1},
        {.at = 42, .filler = true, .spans = {{28, 14}}, .count = 1},
        {.at = 43, .spans = {{0, 10}, {13, 7}, {21, 22}}, .count = 3},
    };
    return digits_hold(line, digits, 4) && read_number(line, 0, number) && is_somebodys(*number);
}

bool mrz_td2(const uint8_t line[MRZ_TD2], struct bytes *number) {
    static const struct digit digits[] = {
        {.at = 19, .spans = {{13, 6}}, .count = 1},
        {.at = 27, .spans = {{21, 6}}, .count = 1},
        {.at = 35, .spans = {{0, 10}, {13, 7}, {21, 14}}, .count = 3},
    };
    return digits_hold(line, digits, 3) &&
           (line[9] == '<' ? read_long(line, 0, 28, 7, number) : read_number(line, 0, number)) &&
           is_somebodys(*number);
}

bool mrz_td1(const uint8_t lines[2 * MRZ_TD1], struct bytes *number) {
    static const struct digit digits[] = {
        {.at = 36, .spans = {{30, 6}}, .count = 1},
        {.at = 44, .spans = {{38, 6}}, .count = 1},
        {.at = 59, .spans = {{5, 25}, {30, 7}, {38, 7}, {48, 11}}, .count = 4},
    };
    return digits_hold(lines, digits, 3) &&
           (lines[14] == '<' ? read_long(lines, 5, 15, 15, number) : read_number(lines, 5, number)) &&
           is_somebodys(*number);
}

bool mrz_visa(const uint8_t line[28], struct bytes *number) {
    static const struct digit digits[] = {
        {.at = 19, .spans = {{13, 6}}, .count = 1},
        {.at = 27, .spans = {{21, 6}}, .count = 1},
    };
    return digits_hold(line, digits, 2) && read_number(line, 0, number) && is_somebodys(*number);
}
