/* SPDX-License-Identifier: Apache-2.0 */
#include "coding/decoder.h"

#include <bzlib.h>

/* bzip2: streams one behind another, as its own program reads them. A block of up to 900,000 bytes is decoded
 * before any of it comes, in 3.6 MB at most. */

struct bzip2 {
    bz_stream stream;
    uint64_t streams; /* ended so far */
    size_t paid;      /* for memory that is filled before anything comes */
    bool runs;        /* a stream has begun */
};

static_assert(sizeof(struct bzip2) <= CODING_STATE, "a decoder has room for the state");

enum { SMALL = 256 << 10, PRICE_SHARE = 4 };

static struct bzip2 *bzip2_of(const struct decoder *d) {
    return (struct bzip2 *)(void *)d->own;
}

static void *take_memory(void *decoder, int items, int size) {
    struct decoder *d = decoder;
    size_t n = (size_t)items * (size_t)size, price = n > SMALL ? n / PRICE_SHARE : 0;
    if (!allowance_has(d->allowance, ACCOUNT_AHEAD, (int64_t)price)) {
        d->unpaid = true;
        return NULL;
    }
    void *p = coding_alloc(d->codings, n);
    if (p && price) {
        allowance_spend(d->allowance, ACCOUNT_AHEAD, price);
        bzip2_of(d)->paid += price;
    }
    return p;
}

static void give_memory(void *decoder, void *p) {
    coding_free(((struct decoder *)decoder)->codings, p);
}

static void end_stream(struct decoder *d) {
    struct bzip2 *b = bzip2_of(d);
    if (b->runs)
        BZ2_bzDecompressEnd(&b->stream);
    b->runs = false;
    allowance_return(d->allowance, ACCOUNT_AHEAD, b->paid);
    b->paid = 0;
}

static bool begin_stream(struct decoder *d) {
    struct bzip2 *b = bzip2_of(d);
    b->stream = (bz_stream){.bzalloc = take_memory, .bzfree = give_memory, .opaque = d};
    b->runs = BZ2_bzDecompressInit(&b->stream, 0, 0) == BZ_OK;
    return b->runs;
}

static int decompress_window(bz_stream *z, struct coding_window *w) {
    unsigned in = w->in_n < UINT32_MAX ? (unsigned)w->in_n : UINT32_MAX;
    z->next_in = (char *)w->in; /* it is only read */
    z->avail_in = in;
    z->next_out = (char *)w->out;
    z->avail_out = (unsigned)w->out_n;
    int result = BZ2_bzDecompress(z);
    w->in += in - z->avail_in;
    w->in_n -= in - z->avail_in;
    w->out = (uint8_t *)z->next_out;
    w->out_n = z->avail_out;
    return result;
}

/* What is no further stream is no more of the body. */
static enum coding_step bzip2_step(struct decoder *d, struct coding_window *w) {
    struct bzip2 *b = bzip2_of(d);
    if (!b->runs && w->in_n == 0)
        return CODING_MORE;
    if (!b->runs && *w->in != 'B')
        return b->streams > 0 ? CODING_ENDED : CODING_BROKEN;
    if (!b->runs && !begin_stream(d))
        return CODING_BROKEN;
    int result = decompress_window(&b->stream, w);
    if (result == BZ_STREAM_END) {
        b->streams++;
        end_stream(d);
        return CODING_MORE;
    }
    if (result == BZ_DATA_ERROR_MAGIC && b->streams > 0) {
        d->trailing = true;
        return CODING_ENDED;
    }
    return result == BZ_OK ? CODING_MORE : CODING_BROKEN;
}

static bool bzip2_may_end(const struct decoder *d) {
    return bzip2_of(d)->streams > 0 && !bzip2_of(d)->runs;
}

const struct coding coding_bzip2 = {.names = {"bzip2", "x-bzip2", "bz2", NULL},
                                    .step = bzip2_step,
                                    .may_end = bzip2_may_end,
                                    .stop = end_stream,
                                    .price_in = 10,
                                    .price_out = 15,
                                    .joins = true};
