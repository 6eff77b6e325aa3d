/* SPDX-License-Identifier: Apache-2.0 */
#include "content/type/shape.h"

#include "base/utf8.h"

/* One in so many characters may be none of text's: whoever puts such a one before a table does not hide it.
 */
enum { FOREIGN = 64 };

/* Control characters that occur in text: BEL BS TAB LF VT FF CR ESC, and NEL (0x85) in Latin-1. */
static bool is_control(uint8_t c) {
    return (c < 0x20 && !((c >= 7 && c <= 13) || c == 27)) || c == 0x7F;
}

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

bool text_shape(struct bytes some) {
    return some.n > 0 && (utf8_shape(some) || latin1_shape(some) || utf16_shape(some));
}
