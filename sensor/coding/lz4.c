/* SPDX-License-Identifier: Apache-2.0 */
/* liblz4 keeps the function that takes an allocator in this section of its header; the shared library has
 * it. */
#define LZ4F_STATIC_LINKING_ONLY
#include "coding/decoder.h"

#include <lz4frame.h>

/* LZ4 frames one behind another, skippable ones among them. A block of up to 4 MiB is decoded before any of
 * it comes. */

struct lz4 {
    LZ4F_dctx *context; /* made once a frame's first byte is there */
    uint64_t frames;    /* ended so far */
    size_t wants;       /* bytes of the present frame; 0: between frames */
};

static_assert(sizeof(struct lz4) <= CODING_STATE, "a decoder has room for the state");

static struct lz4 *lz4_of(const struct decoder *d) {
    return (struct lz4 *)(void *)d->own;
}

/* The magic numbers are 184D2204 and 184D2A50 to 184D2A5F, the lowest byte first. */
static bool may_begin_frame(uint8_t c) {
    return c == 0x04 || (c & 0xf0) == 0x50;
}

/* liblz4 keeps what it decoded to itself when the same call ends in an error: no call goes beyond the end of
 * a block or header. It asks for that, and for the header of a block behind it. */
static size_t choose_step(const struct lz4 *z, size_t n) {
    enum { BLOCK_HEADER = 4 };
    size_t most = z->wants > BLOCK_HEADER ? z->wants - BLOCK_HEADER : z->wants > 0 ? z->wants : 1;
    return n < most ? n : most;
}

static size_t decode_some(struct lz4 *z, struct coding_window *w) {
    size_t taken = choose_step(z, w->in_n), made = w->out_n;
    size_t result = LZ4F_decompress(z->context, w->out, &made, w->in, &taken, NULL);
    w->in += taken;
    w->in_n -= taken;
    w->out += made;
    w->out_n -= made;
    return result;
}

/* What is no further frame is no more of the body. */
static enum coding_step lz4_step(struct decoder *d, struct coding_window *w) {
    struct lz4 *z = lz4_of(d);
    const LZ4F_CustomMem memory = {coding_history_alloc, NULL, coding_history_free, d};
    if (z->wants == 0 && w->in_n == 0)
        return CODING_MORE;
    if (z->wants == 0 && !may_begin_frame(*w->in))
        return z->frames > 0 ? CODING_ENDED : CODING_BROKEN;
    if (!z->context && !(z->context = LZ4F_createDecompressionContext_advanced(memory, LZ4F_VERSION)))
        return CODING_BROKEN;
    size_t result = decode_some(z, w);
    if (LZ4F_isError(result) && LZ4F_getErrorCode(result) == LZ4F_ERROR_frameType_unknown && z->frames > 0) {
        d->trailing = true;
        return CODING_ENDED;
    }
    if (LZ4F_isError(result))
        return CODING_BROKEN;
    z->wants = result;
    z->frames += result == 0;
    return CODING_MORE;
}

static bool lz4_may_end(const struct decoder *d) {
    return lz4_of(d)->frames > 0 && lz4_of(d)->wants == 0;
}

static void lz4_stop(struct decoder *d) {
    LZ4F_freeDecompressionContext(lz4_of(d)->context);
}

const struct coding coding_lz4 = {.names = {"lz4", "x-lz4", NULL},
                                  .step = lz4_step,
                                  .may_end = lz4_may_end,
                                  .stop = lz4_stop,
                                  .joins = true};
