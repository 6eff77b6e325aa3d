/* SPDX-License-Identifier: Apache-2.0 */
#include "coding/igzip.h"

#include <isa-l/igzip_lib.h>

enum {
    LEAST_IN = 16 << 10,
    LEAST_RATIO = 2,
    HISTORY = 32 << 10,
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
static uint32_t checksum_of(const z_stream *z, enum deflate_wrapper wrapper) {
    uint32_t low = (uint32_t)z->adler & 0xffff;
    if (wrapper != WRAPPER_ZLIB)
        return (uint32_t)z->adler;
    return ((uint32_t)z->adler & 0xffff0000) | (low + ADLER_BASE - 1) % ADLER_BASE;
}

static bool take_history(struct igzip *i, z_stream *z) {
    uint8_t history[HISTORY];
    unsigned n = 0;
    return inflateGetDictionary(z, history, &n) == Z_OK &&
           isal_inflate_set_dict(&i->state, history, n) == ISAL_DECOMP_OK;
}

struct igzip *igzip_take(struct codings *c, z_stream *z, enum deflate_wrapper wrapper, uint8_t last) {
    static const uint32_t flags[] = {ISAL_DEFLATE, ISAL_ZLIB_NO_HDR_VER, ISAL_GZIP_NO_HDR_VER};
    unsigned bits = (unsigned)z->data_type & UNUSED_BITS;
    struct igzip *i = coding_alloc(c, sizeof *i);
    if (!i)
        return NULL;
    isal_inflate_init(&i->state);
    if (!take_history(i, z)) {
        coding_free(c, i);
        return NULL;
    }
    i->state.crc_flag = flags[wrapper];
    i->state.crc = checksum_of(z, wrapper);
    i->state.total_out = (uint32_t)z->total_out;
    i->state.read_in = bits ? last >> (8 - bits) : 0;
    i->state.read_in_length = (int32_t)bits;
    return i;
}

/* It takes up to eight octets ahead. */
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
