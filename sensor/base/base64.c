/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"

/* clang-format off */
/* One more than the value of each character, 0 for those that have none. */
static const uint8_t digits[256] = {
    ['A'] = 1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
    ['a'] = 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52,
    ['0'] = 53, 54, 55, 56, 57, 58, 59, 60, 61, 62,
    ['+'] = 63, ['/'] = 64,
    ['-'] = 63, ['_'] = 64,
};
/* clang-format on */

int base64_value(uint8_t c) {
    return c == '-' || c == '_' ? -1 : digits[c] - 1;
}

/* The bytes that the characters held make; what is left of less than a byte is padding. */
static size_t write_held(struct base64 *s, uint8_t *out) {
    uint32_t bits = s->bits << 6 * (4 - s->count);
    size_t n = s->count > 1 ? s->count - 1u : 0;
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)(bits >> (16 - 8 * i));
    *s = (struct base64){0};
    return n;
}

size_t base64_decode(struct base64 *s, struct bytes *in, uint8_t *out, size_t room) {
    const uint8_t *p = in->p, *end = p + in->n;
    size_t n = 0;
    for (; p < end && room - n >= 3; p++) {
        if (digits[*p]) {
            s->bits = s->bits << 6 | (digits[*p] - 1u);
            if (++s->count == 4)
                n += write_held(s, out + n);
        } else if (*p == '=') {
            n += write_held(s, out + n);
        }
    }
    *in = bytes_of(p, (size_t)(end - p));
    return n;
}

size_t base64_finish(struct base64 *s, uint8_t out[BASE64_REST_MAX]) {
    return write_held(s, out);
}
