/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bytes.h"

static uint8_t to_lower(uint8_t c) {
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static bool is_white(uint8_t c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Nearly all that are equal are so in the same case. */
static inline bool is_equal_nocase(uint8_t a, uint8_t b) {
    return a == b || to_lower(a) == to_lower(b);
}

bool bytes_starts_nocase(struct bytes a, const char *text) {
    size_t i = 0;
    for (; text[i]; i++)
        if (i >= a.n || !is_equal_nocase(a.p[i], (uint8_t)text[i]))
            return false;
    return true;
}

bool bytes_equal_nocase(struct bytes a, const char *text) {
    size_t i = 0;
    while (i < a.n && text[i] && is_equal_nocase(a.p[i], (uint8_t)text[i]))
        i++;
    return i == a.n && !text[i];
}

struct bytes bytes_trim(struct bytes a) {
    while (a.n && is_white(a.p[0])) {
        a.p++;
        a.n--;
    }
    while (a.n && is_white(a.p[a.n - 1]))
        a.n--;
    return a;
}

struct bytes bytes_until(struct bytes a, char stop) {
    const uint8_t *at = a.n ? memchr(a.p, stop, a.n) : NULL;
    return at ? bytes_of(a.p, (size_t)(at - a.p)) : a;
}

struct bytes bytes_after_last(struct bytes a, char sign) {
    const uint8_t *at = a.n ? memrchr(a.p, sign, a.n) : NULL;
    return at ? bytes_of(at + 1, (size_t)(a.p + a.n - at) - 1) : a;
}

bool bytes_hold_nocase(struct bytes a, const char *text) {
    for (size_t i = 0; i < a.n; i++)
        if (bytes_starts_nocase(bytes_of(a.p + i, a.n - i), text))
            return true;
    return false;
}

struct bytes bytes_first_line(struct bytes a, size_t most, bool *whole) {
    struct bytes line = bytes_until(a, '\n');
    *whole = line.n < a.n;
    return line.n > most ? bytes_of(line.p, most) : line;
}

bool bytes_number(struct bytes a, uint64_t *out) {
    uint64_t value = 0;
    if (a.n == 0)
        return false;
    for (size_t i = 0; i < a.n; i++) {
        if (a.p[i] < '0' || a.p[i] > '9')
            return false;
        unsigned digit = a.p[i] - '0';
        if (value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *out = value;
    return true;
}
