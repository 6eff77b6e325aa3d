/* SPDX-License-Identifier: Apache-2.0 */
/* libzstd keeps the functions that take an allocator in this section of its header; the shared library has
 * them. */
#define ZSTD_STATIC_LINKING_ONLY
#include "coding/decoder.h"

#include <zstd.h>
#include <zstd_errors.h>

/* Zstandard (RFC 8878): frames one behind another, skippable ones among them. As a content coding it has a
 * window of at most 8 MiB (RFC 9659); what its usual decoders take beyond that is taken here too. */

struct zstd {
    ZSTD_DStream *stream; /* made once a frame's first byte is there: trials of other bodies cost nothing */
    uint64_t frames;      /* ended so far */
    size_t wants;         /* bytes of the present frame; 0: between frames */
};

static_assert(sizeof(struct zstd) <= CODING_STATE, "a decoder has room for the state");

static struct zstd *zstd_of(const struct decoder *d) {
    return (struct zstd *)(void *)d->own;
}

/* The magic numbers are FD2FB528 and 184D2A50 to 184D2A5F, the lowest byte first. */
static bool may_begin_frame(uint8_t c) {
    return c == 0x28 || (c & 0xf0) == 0x50;
}

/* libzstd keeps what it decoded to itself when the same call ends in an error: no call goes beyond the end of
 * a block or header. It asks for that, and often for the header of a block behind it. */
static size_t choose_step(const struct zstd *z, size_t n) {
    enum { BLOCK_HEADER = 3 };
    size_t most = z->wants > BLOCK_HEADER ? z->wants - BLOCK_HEADER : z->wants > 0 ? z->wants : 1;
    return n < most ? n : most;
}

static size_t decode_some(struct decoder *d, struct coding_window *w) {
    struct zstd *z = zstd_of(d);
    ZSTD_inBuffer in = {w->in, choose_step(z, w->in_n), 0};
    ZSTD_outBuffer out = {w->out, w->out_n, 0};
    size_t result = ZSTD_decompressStream(z->stream, &out, &in);
    w->in += in.pos;
    w->in_n -= in.pos;
    w->out += out.pos;
    w->out_n -= out.pos;
    return result;
}

/* What is no further frame is no more of the body. */
static enum coding_step zstd_step(struct decoder *d, struct coding_window *w) {
    struct zstd *z = zstd_of(d);
    if (z->wants == 0 && w->in_n == 0)
        return CODING_MORE;
    if (z->wants == 0 && !may_begin_frame(*w->in))
        return z->frames > 0 ? CODING_ENDED : CODING_BROKEN;
    if (!z->stream)
        z->stream =
            ZSTD_createDStream_advanced((ZSTD_customMem){coding_history_alloc, coding_history_free, d});
    if (!z->stream)
        return CODING_BROKEN;
    size_t result = decode_some(d, w);
    if (ZSTD_getErrorCode(result) == ZSTD_error_prefix_unknown && z->frames > 0) {
        d->trailing = true;
        return CODING_ENDED;
    }
    d->too_wide |= ZSTD_getErrorCode(result) == ZSTD_error_frameParameter_windowTooLarge;
    if (ZSTD_isError(result))
        return CODING_BROKEN;
    z->wants = result;
    z->frames += result == 0;
    return CODING_MORE;
}

static bool zstd_may_end(const struct decoder *d) {
    return zstd_of(d)->frames > 0 && zstd_of(d)->wants == 0;
}

static void zstd_stop(struct decoder *d) {
    ZSTD_freeDStream(zstd_of(d)->stream);
}

const struct coding coding_zstd = {.names = {"zstd", "x-zstd", NULL},
                                   .step = zstd_step,
                                   .may_end = zstd_may_end,
                                   .stop = zstd_stop,
                                   .joins = true};
