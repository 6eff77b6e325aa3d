/* SPDX-License-Identifier: Apache-2.0 */
#include "content/unpack/sign_escape.h"

#include "base/hex.h"

static bool is_digits(const uint8_t *p, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (hex_value(p[i]) < 0)
            return false;
    return true;
}

static unsigned value_of(const uint8_t *p, size_t n) {
    unsigned value = 0;
    for (size_t i = 0; i < n; i++)
        value = value << 4 | (unsigned)hex_value(p[i]);
    return value;
}

static enum sign_escape_step say_sign(struct sign_escape *e, unsigned value, uint8_t *sign) {
    *sign = value < 0x80 ? (uint8_t)value : 0;
    e->n = 0;
    return ESCAPE_SIGN;
}

/* An escaped "%" begins another one. */
static enum sign_escape_step take_percent(struct sign_escape *e, uint8_t *sign) {
    if (hex_value(e->octets[e->n - 1]) < 0)
        return ESCAPE_NONE;
    if (e->n < 3)
        return ESCAPE_MORE;
    unsigned value = value_of(e->octets + 1, 2);
    if (value != '%')
        return say_sign(e, value, sign);
    e->n = 1;
    return ESCAPE_MORE;
}

static enum sign_escape_step take_backslash(struct sign_escape *e, uint8_t *sign) {
    uint8_t kind = e->octets[1];
    size_t digits = kind == 'u' ? 4 : kind == 'x' ? 2 : 0;
    if (kind == '\\') { /* of a text within a text */
        e->n = 1;
        return ESCAPE_MORE;
    }
    if (kind == '/' || kind == '\n' || kind == '\r' || kind == '"')
        return say_sign(e, kind, sign);
    if (kind == 'n' || kind == 'r')
        return say_sign(e, kind == 'n' ? '\n' : '\r', sign);
    if (digits == 0 || !is_digits(e->octets + 2, e->n - 2u))
        return ESCAPE_NONE;
    return e->n < 2 + digits ? ESCAPE_MORE : say_sign(e, value_of(e->octets + 2, digits), sign);
}

static enum sign_escape_step take_reference(struct sign_escape *e, uint8_t *sign) {
    bool hex = e->n > 2 && (e->octets[2] | 0x20) == 'x';
    size_t first = hex ? 3 : 2;
    uint8_t c = e->octets[e->n - 1];
    unsigned value = 0;
    if (e->n == 2)
        return c == '#' ? ESCAPE_MORE : ESCAPE_NONE;
    if (e->n == 3 && hex)
        return ESCAPE_MORE;
    if (c != ';')
        return (hex ? hex_value(c) >= 0 : c >= '0' && c <= '9') && e->n < SIGN_ESCAPE_MAX ? ESCAPE_MORE
                                                                                          : ESCAPE_NONE;
    if (e->n == first + 1)
        return ESCAPE_NONE;
    for (size_t i = first; i + 1 < e->n; i++)
        value = value * (hex ? 16 : 10) + (unsigned)hex_value(e->octets[i]);
    return say_sign(e, value, sign);
}

/* Of base64 only what occurs in it: elsewhere the sign is its padding, or that of a form. */
static enum sign_escape_step take_equals(struct sign_escape *e, uint8_t *sign) {
    uint8_t c = e->octets[e->n - 1];
    if (e->n == 2)
        return c == '0' || c == '2' || c == '3' ? ESCAPE_MORE : ESCAPE_NONE;
    if (hex_value(c) < 0)
        return ESCAPE_NONE;
    unsigned value = value_of(e->octets + 1, 2);
    bool occurs = value == '=' || value == '\r' || value == '\n' || value == '+' || value == '/';
    return occurs ? say_sign(e, value, sign) : ESCAPE_NONE;
}

enum sign_escape_step sign_escape_take(struct sign_escape *e, uint8_t c, uint8_t *sign) {
    e->octets[e->n++] = c;
    switch (e->octets[0]) {
    case '%':
        return take_percent(e, sign);
    case '\\':
        return take_backslash(e, sign);
    case '&':
        return take_reference(e, sign);
    default:
        return take_equals(e, sign);
    }
}
