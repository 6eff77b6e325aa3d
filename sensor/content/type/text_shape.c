/* SPDX-License-Identifier: Apache-2.0 */
#include "content/type/shape.h"

#include "base/utf8.h"

/* One in so many characters may be none of text's: whoever puts such a one before a table does not hide it.
 */
enum { FOREIGN = 64 };

/* The beginning of a character (RFC 3629 section 4) whose end was not seen. */
static bool is_cut(struct bytes b) {
    size_t whole = b.p[0] < 0xE0 ? 2 : b.p[0] < 0xF0 ? 3 : 4;
    for (size_t i = 1; i < b.n; i++)
        if ((b.p[i] & 0xC0) != 0x80)
            return false;
    return b.p[0] >= 0xC2 && b.p[0] <= 0xF4 && b.n < whole;
}

static bool utf8_shape(struct bytes b) {
    size_t foreign = b.n / FOREIGN;
    while (b.n > 0) {
        uint32_t c;
        size_t n = utf8_next(b, &c);
        if (n == 1 && b.p[0] >= 0x80 && is_cut(b))
            return true;
        if (n == 1 && (b.p[0] >= 0x80 || is_control(b.p[0])) && foreign-- == 0)
            return false;
        b = bytes_of(b.p + n, b.n - n);
    }
    return true;
}

static bool latin1_shape(struct bytes b) {
    size_t foreign = b.n / FOREIGN;
    for (size_t i = 0; i < b.n; i++)
        if ((is_control(b.p[i]) || (b.p[i] >= 0x80 && b.p[i] < 0xA0 && b.p[i] != 0x85)) && foreign-- == 0)
            return false;
    return true;
}

/* What may stand in a character whose upper octets are zero. */
static bool is_plain(uint8_t c) {
    return c != 0 && !is_control(c);
}

static bool utf16_shape(struct bytes b) {
    if (b.n < 4)
        return false;
    bool big = b.p[0] == 0xFE && b.p[1] == 0xFF;
    if (!big && !(b.p[0] == 0xFF && b.p[1] == 0xFE))
        return false;
    for (size_t i = 2; i + 1 < b.n; i += 2) {
        uint8_t high = b.p[i + !big], low = b.p[i + big];
        if (high == 0 && is_control(low))
            return false;
        if (high == 0xFF && low >= 0xFE)
            return false; /* no characters */
    }
    return true;
}

/* Units of `size` octets, all of whose octets but the one at `low` are zero: text without a mark, or in
 * UTF-32. One unit in sixteen may be another character. */
static bool is_units(struct bytes b, size_t size, size_t low) {
    enum { UNITS_MIN = 8, OTHERS = 16 };
    size_t units = b.n / size, others = units / OTHERS;
    for (size_t i = 0; i < units; i++) {
        const uint8_t *unit = b.p + i * size;
        unsigned above = 0;
        for (size_t k = 0; k < size; k++)
            above |= k == low ? 0 : unit[k];
        if (above ? others-- == 0 : !is_plain(unit[low]))
            return false;
    }
    return units >= UNITS_MIN;
}

static bool wide_shape(struct bytes b) {
    struct bytes behind = bytes_of(b.p + 4, b.n < 4 ? 0 : b.n - 4);
    if (b.n >= 4 && memcmp(b.p, "\xFF\xFE\0\0", 4) == 0)
        return is_units(behind, 4, 0);
    if (b.n >= 4 && memcmp(b.p, "\0\0\xFE\xFF", 4) == 0)
        return is_units(behind, 4, 3);
    return is_units(b, 2, 0) || is_units(b, 2, 1) || is_units(b, 4, 0) || is_units(b, 4, 3);
}

/* Characters of text in fields that NUL, SOH or the separators of ASCII (1C to 1F) keep apart: two of these,
 * fields of two characters and more. */
static bool separated_shape(struct bytes b) {
    enum { LEAST = 64, FIELDS = 6 };
    uint32_t used = 0;
    size_t separators = 0;
    for (size_t i = 0; i < b.n; i++) {
        uint8_t c = b.p[i];
        if (c <= 1 || (c >= 0x1C && c <= 0x1F)) {
            used |= 1u << c;
            separators++;
        } else if (is_control(c)) {
            return false;
        }
    }
    bool two_at_most = (used & (used - 1) & ((used & (used - 1)) - 1)) == 0;
    return b.n >= LEAST && separators >= FIELDS && separators <= b.n / 3 && two_at_most;
}

bool text_shape(struct bytes some) {
    return some.n > 0 && (utf8_shape(some) || latin1_shape(some) || utf16_shape(some));
}

bool odd_text_shape(struct bytes some) {
    return wide_shape(some) || separated_shape(some);
}
