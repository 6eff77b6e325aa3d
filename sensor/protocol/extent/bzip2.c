/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/extent/format.h"

/* bzip2: a stream ends behind 48 bits that stand for it (the square root of pi), at any bit, and a checksum
 * of 32; it is filled up to an octet. Another stream may follow. */

enum {
    START = 10,
    CHECKSUM_BITS = 32,
    END_BITS = 48,
    WHOLE = 6 /* octet of the register that holds none but its bits */
};

struct bzip2_state {
    uint64_t last; /* eight octets, the last one lowest */
};
EXTENT_STATE(struct bzip2_state);

static const uint64_t end_mark = UINT64_C(0x177245385090), block_mark = UINT64_C(0x314159265359);

static void read_next(struct extent *e);

/* How many bits of the last octet stand behind the mark; -1: it does not end there. */
static int find_mark(uint64_t last) {
    for (int bits = 0; bits < 8; bits++)
        if ((last >> bits & ((UINT64_C(1) << END_BITS) - 1)) == end_mark)
            return bits;
    return -1;
}

/* The octets in which the mark's third octet may begin, at any bit: nearly all others are stepped over. */
static bool may_hold_mark(uint8_t c) {
    static bool table[256], ready;
    for (int bits = 0; bits < 8 && !ready; bits++)
        table[end_mark >> (16 - bits) & 0xff] = true;
    ready = true;
    return table[c];
}

static size_t walk_stream(struct extent *e, struct bytes in) {
    struct bzip2_state *s = (void *)e->state;
    for (size_t i = 0; i < in.n; i++) {
        s->last = s->last << 8 | in.p[i];
        int bits = may_hold_mark((uint8_t)(s->last >> 16)) ? find_mark(s->last) : -1;
        if (bits >= 0) {
            extent_skip_ahead(e, (uint64_t)(CHECKSUM_BITS - bits + 7) / 8, START, read_next);
            return i + 1;
        }
    }
    return in.n;
}

static uint64_t mark_at(const uint8_t *p) {
    return (uint64_t)extent_u16(p) << 32 | extent_u32(p + 2);
}

static bool begins(const uint8_t *p) {
    return memcmp(p, "BZh", 3) == 0 && p[3] >= '1' && p[3] <= '9' &&
           (mark_at(p + 4) == block_mark || mark_at(p + 4) == end_mark);
}

static void enter_stream(struct extent *e) {
    struct bzip2_state *s = (void *)e->state;
    s->last = mark_at(e->header + 4);
    if (s->last == end_mark)
        extent_skip_ahead(e, CHECKSUM_BITS / 8, START, read_next);
    else
        extent_walk(e, walk_stream);
}

static void read_next(struct extent *e) {
    if (begins(e->header))
        enter_stream(e);
    else
        extent_end(e);
}

const struct extent_format extent_bzip2 = {EXTENT_MAGIC("BZh"), .need = START, .fits = begins, .first = START,
                                           .read = enter_stream};
