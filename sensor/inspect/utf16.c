/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/utf16.h"

#include "base/utf8.h"

static size_t unit_size(const struct utf16 *u) {
    return u->mode == UTF32_LITTLE || u->mode == UTF32_BIG ? 4 : 2;
}

/* RFC 2781 section 3.2, Unicode 15 section 3.10: by the mark, which is left out, or by where a first
 * character below U+0100 has its zeros. Returns the octets of the mark. */
static size_t decide_order(struct utf16 *u, const uint8_t b[4]) {
    static const struct {
        uint8_t zero, set; /* octets that must be zero and must not, 1 << i */
        int mode;
    } shapes[] = {{0x0e, 0x01, UTF32_LITTLE},
                  {0x07, 0x08, UTF32_BIG},
                  {0x0a, 0x05, UTF16_LITTLE},
                  {0x05, 0x0a, UTF16_BIG}};
    unsigned zero = 0;
    for (unsigned i = 0; i < 4; i++)
        zero |= (unsigned)(b[i] == 0) << i;
    u->mode = UTF16_PASS;
    if (b[0] == 0xff && b[1] == 0xfe) {
        u->mode = zero == 0x0c ? UTF32_LITTLE : UTF16_LITTLE;
        return unit_size(u);
    }
    if (b[0] == 0xfe && b[1] == 0xff) {
        u->mode = UTF16_BIG;
        return 2;
    }
    if (zero == 0x03 && b[2] == 0xfe && b[3] == 0xff) {
        u->mode = UTF32_BIG;
        return 4;
    }
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        if (zero == shapes[i].zero && (zero | shapes[i].set) == 0x0f)
            u->mode = shapes[i].mode;
    return 0;
}

/* One character; half of a pair of surrogates without the other becomes U+FFFD. Writes at most 6 bytes. */
static size_t put_unit(struct utf16 *u, uint32_t unit, char *out) {
    size_t n = 0;
    if (unit >= 0xdc00 && unit < 0xe000) {
        uint32_t c =
            u->high ? 0x10000u + ((uint32_t)(u->high - 0xd800) << 10) + (unit - 0xdc00u) : UTF8_REPLACEMENT;
        u->high = 0;
        return utf8_put(c, out);
    }
    if (u->high)
        n = utf8_put(UTF8_REPLACEMENT, out);
    u->high = unit >= 0xd800 && unit < 0xdc00 ? (uint16_t)unit : 0;
    return u->high ? n : n + utf8_put(unit > 0x10ffff ? UTF8_REPLACEMENT : unit, out + n);
}

static uint32_t read_unit(const struct utf16 *u) {
    const uint8_t *b = u->held;
    switch (u->mode) {
    case UTF16_LITTLE:
        return (uint32_t)b[1] << 8 | b[0];
    case UTF32_LITTLE:
        return (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0];
    case UTF32_BIG:
        return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
    default:
        return (uint32_t)b[0] << 8 | b[1];
    }
}

/* The first four bytes decide; as long as there are fewer they are held. What they are without a mark is
 * given out of `room`, in the coding that they are in. */
static struct bytes read_start(struct utf16 *u, struct bytes *in, uint8_t *room) {
    size_t n = 0;
    while (u->have < sizeof u->held && in->n > 0) {
        u->held[u->have++] = *in->p++;
        in->n--;
    }
    if (u->have < sizeof u->held)
        return bytes_of(NULL, 0);
    uint8_t first[4];
    memcpy(first, u->held, sizeof first);
    size_t at = decide_order(u, first);
    u->have = 0;
    if (u->mode == UTF16_PASS) {
        memcpy(room, first, sizeof first);
        return bytes_of(room, sizeof first);
    }
    for (; at < sizeof first; at += unit_size(u)) {
        memcpy(u->held, first + at, unit_size(u));
        n += put_unit(u, read_unit(u), (char *)room + n);
    }
    return bytes_of(room, n);
}

struct bytes utf16_next(struct utf16 *u, struct bytes *in, uint8_t *room, size_t size) {
    size_t n = 0;
    if (u->mode == UTF16_START)
        return read_start(u, in, room);
    if (u->mode == UTF16_PASS) {
        struct bytes all = *in;
        in->n = 0;
        return all;
    }
    while (in->n > 0 && size - n >= UTF16_OUT_MIN) {
        u->held[u->have++] = *in->p++;
        in->n--;
        if (u->have < unit_size(u))
            continue;
        u->have = 0;
        n += put_unit(u, read_unit(u), (char *)room + n);
    }
    return bytes_of(room, n);
}

struct bytes utf16_gap(struct utf16 *u, uint64_t n) {
    struct bytes held = bytes_of(u->held, u->mode == UTF16_START ? u->have : 0);
    if (u->mode == UTF16_START || u->mode == UTF16_PASS) {
        u->mode = UTF16_PASS;
        return held;
    }
    u->have = (uint8_t)((u->have + n) % unit_size(u));
    memset(u->held, 0, sizeof u->held);
    u->high = 0;
    return held;
}
