/* SPDX-License-Identifier: Apache-2.0 */
#include "coding/igzip.h"

#include <isa-l/igzip_lib.h>

enum {
    LEAST_IN = 16 << 10,
    LEAST_RATIO = 2,
    HISTORY = 32 << 10,
    HALF = 500, /* of a thousand */
    ADLER_BASE = 65521,
    /* z_stream.data_type behind Z_BLOCK (zlib.h) */
    UNUSED_BITS = 7,
    LAST_BLOCK = 64,
    BLOCK_ENDED = 128,
};

struct igzip {
    struct inflate_state state;
};

bool igzip_is_over(const z_stream *z) {
    return (z->data_type & (BLOCK_ENDED | LAST_BLOCK)) == (BLOCK_ENDED | LAST_BLOCK);
}

bool igzip_is_worth(const z_stream *z) {
    return (z->data_type & (BLOCK_ENDED | LAST_BLOCK)) == BLOCK_ENDED && z->total_in >= LEAST_IN &&
           z->total_out / LEAST_RATIO >= z->total_in;
}

/* It keeps the lower half of Adler-32 less by one. */
static uint32_t less_one(uint32_t adler) {
    return (adler & 0xffff0000) | ((adler & 0xffff) + ADLER_BASE - 1) % ADLER_BASE;
}

static void take_checksum(struct igzip *i, const z_stream *z, int window_bits) {
    bool zlib = window_bits > 0 && window_bits <= MAX_WBITS;
    i->state.crc_flag = window_bits < 0 ? ISAL_DEFLATE : zlib ? ISAL_ZLIB_NO_HDR_VER : ISAL_GZIP_NO_HDR_VER;
    i->state.crc = zlib ? less_one((uint32_t)z->adler) : (uint32_t)z->adler;
    i->state.total_out = (uint32_t)z->total_out;
}

static bool take_history(struct igzip *i, z_stream *z) {
    uint8_t history[HISTORY];
    unsigned n = 0;
    return inflateGetDictionary(z, history, &n) == Z_OK &&
           isal_inflate_set_dict(&i->state, history, n) == ISAL_DECOMP_OK;
}

/* It has twice zlib's memory, so where half of all is in use zlib goes on. */
struct igzip *igzip_take(struct codings *c, z_stream *z, int window_bits, uint8_t last) {
    unsigned bits = (unsigned)z->data_type & UNUSED_BITS;
    struct igzip *i = codings_fill(c) < HALF ? coding_alloc(c, sizeof *i) : NULL;
    if (!i)
        return NULL;
    isal_inflate_init(&i->state);
    if (!take_history(i, z)) {
        coding_free(c, i);
        return NULL;
    }
    take_checksum(i, z, window_bits);
    i->state.read_in = bits ? last >> (8 - bits) : 0;
    i->state.read_in_length = (int32_t)bits;
    return i;
}

/* It takes up to eight octets ahead, of those that it was given last: it ends as soon as the end is there. */
static void give_back(const struct inflate_state *s, struct coding_window *w) {
    size_t n = s->read_in_length > 0 ? (size_t)s->read_in_length / 8 : 0;
    w->in -= n;
    w->in_n += n;
}

enum coding_step igzip_step(struct igzip *i, struct coding_window *w) {
    struct inflate_state *s = &i->state;
    uint32_t in = w->in_n < UINT32_MAX ? (uint32_t)w->in_n : UINT32_MAX;
    s->next_in = (uint8_t *)w->in; /* it only reads */
    s->avail_in = in;
    s->next_out = w->out;
    s->avail_out = (uint32_t)w->out_n;
    int result = isal_inflate(s);
    w->in += in - s->avail_in;
    w->in_n -= in - s->avail_in;
    w->out = s->next_out;
    w->out_n = s->avail_out;
    if (result != ISAL_DECOMP_OK)
        return CODING_BROKEN; /* also where the end was seen, but not its checksum */
    if (s->block_state != ISAL_BLOCK_FINISH)
        return CODING_MORE;
    give_back(s, w);
    return CODING_ENDED;
}

void igzip_stop(struct codings *c, struct igzip *i) {
    coding_free(c, i);
}
