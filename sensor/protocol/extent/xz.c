/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/extent/format.h"

/* xz (The .xz File Format 1.2): blocks of LZMA2, whose chunks say their lengths, an index, a footer. Another
 * stream may follow. */

enum {
    HEADER = 12,
    FOOTER = 12,
    CHECKSUM = 4,
    CHUNK_MAX = 6,
    STORED = 3,
    DICTIONARY_LAST = 2,
    LZMA = 0x80,
    PROPERTIES = 0xc0
};

struct xz_state {
    uint64_t begin;   /* offset of the block or of the index */
    uint64_t numbers; /* of the index, that are left; begins with the count of its records */
    uint64_t number;
    uint8_t shift, check; /* octets of a block's check */
    bool counted;
};
EXTENT_STATE(struct xz_state);

static void read_block(struct extent *e);
static void read_control(struct extent *e);

static struct xz_state *state_of(struct extent *e) {
    return (struct xz_state *)(void *)e->state;
}

/* --- the index (section 4) --- */

static void read_next(struct extent *e);

static void read_footer(struct extent *e) {
    if (e->header[10] == 'Y' && e->header[11] == 'Z')
        extent_ahead(e, 0, HEADER, read_next);
    else
        extent_break(e);
}

/* Numbers of seven bits an octet, the last one of each below 80; the first says how many pairs follow. */
static bool take_number(struct xz_state *s, uint8_t c) {
    if (s->shift < 63)
        s->number |= (uint64_t)(c & 0x7f) << s->shift;
    s->shift = (uint8_t)(s->shift + 7);
    if (c & 0x80)
        return s->shift < 63;
    if (!s->counted)
        s->numbers = s->number < UINT32_MAX ? 2 * s->number : 0;
    else
        s->numbers--;
    s->counted = true;
    s->number = s->shift = 0;
    return true;
}

static size_t walk_index(struct extent *e, struct bytes in) {
    struct xz_state *s = state_of(e);
    for (size_t i = 0; i < in.n; i++) {
        if (!take_number(s, in.p[i])) {
            extent_break(e);
            return i + 1;
        }
        if (s->counted && s->numbers == 0) {
            uint64_t padding = (4 - (e->at + i + 1 - s->begin) % 4) % 4;
            extent_skip(e, padding + CHECKSUM, FOOTER, read_footer);
            return i + 1;
        }
    }
    return in.n;
}

/* --- blocks (section 3) --- */

static void end_block(struct extent *e) {
    struct xz_state *s = state_of(e);
    uint64_t padding = (4 - (e->at - s->begin) % 4) % 4;
    extent_skip(e, padding + s->check, 1, read_block);
}

static void read_lzma(struct extent *e) {
    bool properties = e->header[0] >= PROPERTIES;
    extent_skip(e, extent_u16(e->header + 3) + 1u + properties, 1, read_control);
}

static void read_stored(struct extent *e) {
    extent_skip(e, extent_u16(e->header + 1) + 1u, 1, read_control);
}

static void read_control(struct extent *e) {
    uint8_t control = e->header[0];
    if (control == 0)
        end_block(e);
    else if (control >= LZMA)
        extent_gather(e, 1, 5, read_lzma);
    else if (control <= DICTIONARY_LAST)
        extent_gather(e, 1, STORED, read_stored);
    else
        extent_break(e);
}

/* The size of its header, in which 0 begins the index. */
static void read_block(struct extent *e) {
    struct xz_state *s = state_of(e);
    unsigned size = (e->header[0] + 1u) * 4;
    s->begin = e->at - 1;
    if (e->header[0]) {
        extent_skip(e, size - 1, 1, read_control);
        return;
    }
    s->counted = false;
    s->number = s->shift = 0;
    extent_walk(e, walk_index);
}

/* --- the stream (section 2) --- */

static bool fits(const uint8_t *p) {
    return memcmp(p, "\xfd\x37zXZ\0", 6) == 0 && p[6] == 0 && p[7] < 16;
}

static void read_header(struct extent *e) {
    static const uint8_t checks[16] = {0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64};
    state_of(e)->check = checks[e->header[7] & 15];
    extent_gather(e, 0, 1, read_block);
}

static void read_next(struct extent *e) {
    if (fits(e->header))
        read_header(e);
    else
        extent_end(e);
}

const struct extent_format extent_xz = {EXTENT_MAGIC("\xfd\x37zXZ\0"), .need = 8, .fits = fits,
                                        .first = HEADER, .read = read_header};
