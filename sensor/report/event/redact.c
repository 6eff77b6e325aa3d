/* SPDX-License-Identifier: Apache-2.0 */
#include "report/event/redact.h"

#include "base/bytes.h"
#include "base/hex.h"

/* Plate-shaped: a chain of groups of letters and digits, single hyphens or spaces between them, with both
 * letters and digits among its 5 to 10 characters ("ABC1234", "ABC-1234", "AB12 CDE", "ABC-123-A",
 * "TXABC1234"). A chain of several groups has groups of at most four. Dates and times are digits only and
 * stay. What is covered needlessly (a camera named "cam123") costs little; a plate that leaves costs a
 * promise. */
enum { SHORTEST = 5, LONGEST = 10, GROUP_MAX = 4 };

static bool is_digit(uint8_t c) {
    return c >= '0' && c <= '9';
}

static bool is_letter(uint8_t c) {
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

/* Length of the letters and digits at `at`. A percent-encoded byte ends a group: "%2FABC1234" hides no plate.
 */
static size_t measure_group(struct bytes in, size_t at) {
    size_t n = 0;
    while (at + n < in.n && (is_digit(in.p[at + n]) || is_letter(in.p[at + n])))
        n++;
    return n;
}

/* A lone separator between two groups: '-', ' ' or an encoded space; its length or 0. */
static size_t measure_joint(struct bytes in, size_t at) {
    if (at < in.n && (in.p[at] == '-' || in.p[at] == ' ' || in.p[at] == '+'))
        return 1;
    return at + 2 < in.n && memcmp(in.p + at, "%20", 3) == 0 ? 3 : 0;
}

static bool is_mixed(struct bytes in, size_t at, size_t end, size_t *characters) {
    bool letters = false, digits = false;
    *characters = 0;
    for (size_t i = at; i < end; i++) {
        if (in.p[i] == '%') {
            i += 2;
            continue;
        }
        letters |= is_letter(in.p[i]);
        digits |= is_digit(in.p[i]);
        *characters += is_letter(in.p[i]) || is_digit(in.p[i]);
    }
    return letters && digits;
}

static void cover_middle(uint8_t *text, size_t at, size_t end, size_t characters) {
    size_t seen = 0;
    for (size_t i = at; i < end; i++) {
        if (text[i] == '%') {
            i += 2;
            continue;
        }
        if (!is_letter(text[i]) && !is_digit(text[i]))
            continue;
        if (seen >= 2 && seen + 2 < characters)
            text[i] = '*';
        seen++;
    }
}

/* Covers the group at `at`, or the chain that begins with it; returns where to go on. */
static size_t cover_chain(uint8_t *text, size_t size, size_t at) {
    struct bytes in = bytes_of(text, size);
    size_t first = measure_group(in, at), end = at + first, characters, gap, n;
    if (first <= GROUP_MAX)
        while ((gap = measure_joint(in, end)) && (n = measure_group(in, end + gap)) && n <= GROUP_MAX)
            end += gap + n;
    bool plate = is_mixed(in, at, end, &characters) && characters >= SHORTEST;
    if (plate && (characters <= LONGEST || end > at + first))
        cover_middle(text, at, end, characters);
    return end;
}

void redact(uint8_t *text, size_t n) {
    struct bytes in = bytes_of(text, n);
    for (size_t i = 0; i < n;) {
        if (text[i] == '%' && i + 2 < n && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0)
            i += 3;
        else if (measure_group(in, i))
            i = cover_chain(text, n, i);
        else
            i++;
    }
}
