/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

#include <stdio.h>

/* Bytes that a character with this first byte takes, 0 if none starts so. */
static size_t length_from(uint8_t first) {
    if (first < 0x80)
        return 1;
    if (first >= 0xC2 && first <= 0xDF)
        return 2;
    if (first >= 0xE0 && first <= 0xEF)
        return 3;
    if (first >= 0xF0 && first <= 0xF4)
        return 4;
    return 0;
}

size_t utf8_next(struct bytes in, uint32_t *c) {
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    static const uint8_t mask[5] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    size_t n = length_from(in.p[0]);
    *c = UTF8_REPLACEMENT;
    if (n == 0 || n > in.n)
        return 1;
    uint32_t value = in.p[0] & mask[n];
    for (size_t i = 1; i < n; i++) {
        if ((in.p[i] & 0xC0) != 0x80)
            return 1;
        value = value << 6 | (in.p[i] & 0x3F);
    }
    if (value < least[n] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
        return 1;
    *c = value;
    return n;
}

size_t utf8_put(uint32_t c, char out[4]) {
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xC0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xE0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3F));
        out[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3F));
    out[2] = (char)(0x80 | (c >> 6 & 0x3F));
    out[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}

size_t utf8_fit(struct bytes in, size_t limit) {
    if (in.n <= limit)
        return in.n;
    size_t n = limit;
    while (n > 0 && (in.p[n] & 0xC0) == 0x80 && limit - n < 3)
        n--;
    return n;
}

bool utf8_hidden(uint32_t c) {
    static const struct {
        uint32_t first, last;
    } ranges[] = {{0, 0x1f},        {0x7f, 0x9f},     {0xad, 0xad},     {0x61c, 0x61c},    {0x200b, 0x200f},
                  {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xe0000, 0xe007f}};
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        if (c >= ranges[i].first && c <= ranges[i].last)
            return true;
    return false;
}

size_t utf8_escape(uint32_t c, char out[UTF8_ESCAPE_MAX]) {
    if (c < 0x10000)
        return (size_t)snprintf(out, UTF8_ESCAPE_MAX, "\\u%04x", (unsigned)c & 0xffff);
    return (size_t)snprintf(out, UTF8_ESCAPE_MAX, "\\u%04x\\u%04x", 0xd7c0U + (unsigned)(c >> 10 & 0x7ff),
                            0xdc00U + (unsigned)(c & 0x3ff));
}
