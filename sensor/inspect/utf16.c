/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/utf16.h"

#include "base/utf8.h"

/* RFC 2781 section 3.2: FE FF is big-endian, FF FE little-endian. One byte is held until the second decides.
 */
static struct bytes read_mark(struct utf16 *u, struct bytes *in, uint8_t *room) {
    uint8_t c = in->p[0];
    if (u->have == 0 && c != 0xff && c != 0xfe) {
        u->mode = UTF16_PASS;
        return bytes_of(NULL, 0);
    }
    in->p++, in->n--;
    if (u->have == 0) {
        u->held[0] = c;
        u->have = 1;
        return bytes_of(NULL, 0);
    }
    u->have = 0;
    u->mode = u->held[0] == 0xff && c == 0xfe   ? UTF16_LITTLE
              : u->held[0] == 0xfe && c == 0xff ? UTF16_BIG
                                                : UTF16_PASS;
    room[0] = u->held[0];
    room[1] = c;
    return bytes_of(room, u->mode == UTF16_PASS ? 2 : 0);
}

/* One unit; a surrogate without its other half becomes U+FFFD. Writes at most 6 bytes. */
static size_t put_unit(struct utf16 *u, uint16_t unit, char *out) {
    size_t n = 0;
    if (unit >= 0xdc00 && unit < 0xe000) {
        uint32_t c =
            u->high ? 0x10000u + ((uint32_t)(u->high - 0xd800) << 10) + (unit - 0xdc00u) : UTF8_REPLACEMENT;
        u->high = 0;
        return utf8_put(c, out);
    }
    if (u->high)
        n = utf8_put(UTF8_REPLACEMENT, out);
    u->high = unit >= 0xd800 && unit < 0xdc00 ? unit : 0;
    return u->high ? n : n + utf8_put(unit, out + n);
}

struct bytes utf16_next(struct utf16 *u, struct bytes *in, uint8_t *room, size_t size) {
    size_t n = 0;
    if (u->mode == UTF16_START)
        return read_mark(u, in, room);
    if (u->mode == UTF16_PASS) {
        struct bytes all = *in;
        in->n = 0;
        return all;
    }
    while (in->n > 0 && size - n >= UTF16_OUT_MIN) {
        u->held[u->have++] = *in->p++;
        in->n--;
        if (u->have < 2)
            continue;
        u->have = 0;
        unsigned high = u->held[u->mode == UTF16_BIG ? 0 : 1], low = u->held[u->mode == UTF16_BIG ? 1 : 0];
        n += put_unit(u, (uint16_t)(high << 8 | low), (char *)room + n);
    }
    return bytes_of(room, n);
}
