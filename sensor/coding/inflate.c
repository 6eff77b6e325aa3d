/* SPDX-License-Identifier: Apache-2.0 */
#include "coding/decoder.h"

#include <zlib.h>

/* gzip (RFC 1952), zlib (RFC 1950) and bare deflate (RFC 1951): "deflate" on the web is either of the latter
 * two. */

struct inflate {
    z_stream stream;
    uint64_t members; /* ended so far */
};

static_assert(sizeof(struct inflate) <= CODING_STATE, "a decoder has room for the state");

static struct inflate *inflate_of(const struct decoder *d) {
    return (struct inflate *)(void *)d->own;
}

static void *zlib_alloc(void *codings, unsigned items, unsigned size) {
    return coding_alloc(codings, (size_t)items * size);
}

static bool inflate_start(struct decoder *d, int window_bits) {
    struct inflate *i = inflate_of(d);
    *i = (struct inflate){.stream = {.zalloc = zlib_alloc, .zfree = coding_free, .opaque = d->codings}};
    return inflateInit2(&i->stream, window_bits) == Z_OK;
}

static bool gzip_start(struct decoder *d) {
    return inflate_start(d, 16 + MAX_WBITS);
}

static bool zlib_start(struct decoder *d) {
    return inflate_start(d, MAX_WBITS);
}

static bool deflate_start(struct decoder *d) {
    return inflate_start(d, -MAX_WBITS);
}

static void inflate_stop(struct decoder *d) {
    inflateEnd(&inflate_of(d)->stream);
}

static int inflate_window(z_stream *z, struct coding_window *w) {
    unsigned in = w->in_n < UINT32_MAX ? (unsigned)w->in_n : UINT32_MAX;
    z->next_in = (Bytef *)w->in; /* zlib only reads it */
    z->avail_in = in;
    z->next_out = w->out;
    z->avail_out = (unsigned)w->out_n;
    int result = inflate(z, Z_NO_FLUSH);
    w->in += in - z->avail_in;
    w->in_n -= in - z->avail_in;
    w->out = z->next_out;
    w->out_n = z->avail_out;
    return result;
}

static enum coding_step inflate_step(struct decoder *d, struct coding_window *w) {
    int result = inflate_window(&inflate_of(d)->stream, w);
    if (result == Z_OK || result == Z_BUF_ERROR)
        return CODING_MORE;
    inflate_of(d)->members += result == Z_STREAM_END;
    return result == Z_STREAM_END ? CODING_ENDED : CODING_BROKEN;
}

/* A gzip file may hold several members; what is no further member is trailing garbage, as gzip itself treats
 * it. */
static enum coding_step gzip_step(struct decoder *d, struct coding_window *w) {
    z_stream *z = &inflate_of(d)->stream;
    if (inflate_of(d)->members > 0 && z->total_in == 0 && w->in_n > 0 && w->in[0] != 0x1f)
        return CODING_ENDED; /* no byte of what follows is taken */
    int result = inflate_window(z, w);
    if (result == Z_STREAM_END) {
        inflate_of(d)->members++;
        return inflateReset(z) == Z_OK ? CODING_MORE : CODING_BROKEN;
    }
    if (result == Z_OK || result == Z_BUF_ERROR)
        return CODING_MORE;
    if (inflate_of(d)->members == 0 || z->total_out > 0)
        return CODING_BROKEN;
    d->trailing = true;
    return CODING_ENDED;
}

static bool gzip_may_end(const struct decoder *d) {
    return inflate_of(d)->members > 0 &&
           inflate_of(d)->stream.total_in < 2; /* two bytes make a member's magic */
}

static bool inflate_may_end(const struct decoder *d) {
    return inflate_of(d)->members > 0;
}

const struct coding coding_bare_deflate = {.names = {NULL},
                                           .start = deflate_start,
                                           .step = inflate_step,
                                           .may_end = inflate_may_end,
                                           .stop = inflate_stop,
                                           .likely = true,
                                           .no_magic = true};

const struct coding coding_gzip = {.names = {"gzip", "x-gzip", NULL},
                                   .start = gzip_start,
                                   .step = gzip_step,
                                   .may_end = gzip_may_end,
                                   .stop = inflate_stop,
                                   .likely = true,
                                   .joins = true};

const struct coding coding_deflate = {.names = {"deflate", "x-deflate", NULL},
                                      .start = zlib_start,
                                      .step = inflate_step,
                                      .may_end = inflate_may_end,
                                      .stop = inflate_stop,
                                      .likely = true};
