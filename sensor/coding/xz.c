/* SPDX-License-Identifier: Apache-2.0 */
#include "coding/decoder.h"

#include <lzma.h>

/* What liblzma reads: xz, streams one behind another with padding between them; lzip, members likewise; and
 * the bare LZMA that was before them. All ask for a history of any size. */

struct xz_stream {
    lzma_stream lzma;
    lzma_allocator allocator;
};

struct xz {
    struct xz_stream *stream; /* NULL: none runs */
    uint64_t streams;         /* ended so far */
};

static_assert(sizeof(struct xz) <= CODING_STATE, "a decoder has room for the state");

static struct xz *xz_of(const struct decoder *d) {
    return (struct xz *)(void *)d->own;
}

static void *take_memory(void *decoder, size_t items, size_t size) {
    return size > 0 && items > SIZE_MAX / size ? NULL : coding_history_alloc(decoder, items * size);
}

static void give_memory(void *decoder, void *p) {
    coding_history_free(decoder, p);
}

static void end_stream(struct decoder *d) {
    struct xz *x = xz_of(d);
    if (x->stream) {
        lzma_end(&x->stream->lzma);
        coding_free(d->codings, x->stream);
    }
    x->stream = NULL;
}

typedef lzma_ret start_decoder(lzma_stream *stream);

/* Those behind the first may be of few bytes each. */
static bool begin_stream(struct decoder *d, start_decoder *start) {
    struct xz *x = xz_of(d);
    d->unpaid |= x->streams > 0 && !allowance_spend(d->allowance, ACCOUNT_DECODED, ALLOWANCE_BEGUN);
    if (d->unpaid)
        return false;
    x->stream = coding_alloc(d->codings, sizeof *x->stream);
    if (!x->stream)
        return false;
    *x->stream = (struct xz_stream){.lzma = LZMA_STREAM_INIT, .allocator = {take_memory, give_memory, d}};
    x->stream->lzma.allocator = &x->stream->allocator;
    return start(&x->stream->lzma) == LZMA_OK;
}

static lzma_ret start_xz(lzma_stream *s) {
    return lzma_stream_decoder(s, UINT64_MAX, 0);
}

static lzma_ret start_lzma(lzma_stream *s) {
    return lzma_alone_decoder(s, UINT64_MAX);
}

static lzma_ret start_lzip(lzma_stream *s) {
    return lzma_lzip_decoder(s, UINT64_MAX, 0);
}

static enum coding_step decode_window(struct decoder *d, struct coding_window *w) {
    struct xz *x = xz_of(d);
    lzma_stream *s = &x->stream->lzma;
    s->next_in = w->in;
    s->avail_in = w->in_n;
    s->next_out = w->out;
    s->avail_out = w->out_n;
    lzma_ret result = lzma_code(s, LZMA_RUN);
    w->in = s->next_in;
    w->in_n = s->avail_in;
    w->out = s->next_out;
    w->out_n = s->avail_out;
    if (result == LZMA_STREAM_END) {
        x->streams++;
        end_stream(d);
        return CODING_MORE;
    }
    if (result == LZMA_OK || result == LZMA_BUF_ERROR)
        return CODING_MORE;
    if (result == LZMA_FORMAT_ERROR && x->streams > 0) {
        d->trailing = true;
        return CODING_ENDED;
    }
    return CODING_BROKEN;
}

/* What is no further stream is no more of the body. */
static enum coding_step step_streams(struct decoder *d, struct coding_window *w, start_decoder *start,
                                     uint8_t first) {
    struct xz *x = xz_of(d);
    if (!x->stream && w->in_n == 0)
        return CODING_MORE;
    if (!x->stream && *w->in != first)
        return x->streams > 0 ? CODING_ENDED : CODING_BROKEN;
    if (!x->stream && !begin_stream(d, start))
        return CODING_BROKEN;
    return decode_window(d, w);
}

static enum coding_step xz_step(struct decoder *d, struct coding_window *w) {
    struct xz *x = xz_of(d);
    while (!x->stream && x->streams > 0 && w->in_n > 0 && *w->in == 0) { /* "Stream Padding" */
        w->in++;
        w->in_n--;
    }
    return step_streams(d, w, start_xz, 0xfd);
}

static enum coding_step lzip_step(struct decoder *d, struct coding_window *w) {
    return step_streams(d, w, start_lzip, 'L');
}

/* One stream, which says nothing of what it is but for its first byte: five small numbers in one. */
static enum coding_step lzma_step(struct decoder *d, struct coding_window *w) {
    struct xz *x = xz_of(d);
    if (x->streams > 0)
        return w->in_n > 0 ? CODING_ENDED : CODING_MORE;
    if (!x->stream && w->in_n > 0 && !begin_stream(d, start_lzma))
        return CODING_BROKEN;
    return w->in_n > 0 || x->stream ? decode_window(d, w) : CODING_MORE;
}

static bool xz_may_end(const struct decoder *d) {
    return xz_of(d)->streams > 0 && !xz_of(d)->stream;
}

const struct coding coding_xz = {.names = {"xz", "x-xz", NULL},
                                 .step = xz_step,
                                 .may_end = xz_may_end,
                                 .stop = end_stream,
                                 .price_in = 13,
                                 .price_out = 5,
                                 .joins = true};

const struct coding coding_lzip = {.names = {"lzip", "x-lzip", NULL},
                                   .step = lzip_step,
                                   .may_end = xz_may_end,
                                   .stop = end_stream,
                                   .price_in = 13,
                                   .price_out = 5,
                                   .joins = true};

const struct coding coding_lzma = {.names = {"lzma", "x-lzma", NULL},
                                   .step = lzma_step,
                                   .may_end = xz_may_end,
                                   .stop = end_stream,
                                   .price_in = 13,
                                   .price_out = 5};
