/* SPDX-License-Identifier: Apache-2.0 */
#include "coding/decoder.h"

#include <brotli/decode.h>

/* Brotli (RFC 7932). A stream may ask for a window of 16 MiB, which counts against the memory of all
 * decoders. */

struct brotli {
    BrotliDecoderState *state;
    size_t paid; /* for memory that is filled before any of it comes */
};

static struct brotli *brotli_of(struct decoder *d) {
    return (struct brotli *)(void *)d->own;
}

/* libbrotli decodes as much as this memory holds before it gives anything: that is paid for before. */
static void *take_memory(void *decoder, size_t n) {
    enum { SMALL = 32 << 10 };
    struct decoder *d = decoder;
    if (n > SMALL && !allowance_has(d->allowance, ACCOUNT_AHEAD, (int64_t)n)) {
        d->unpaid = true;
        return NULL;
    }
    void *p = coding_alloc(d->codings, n);
    if (p && n > SMALL) {
        allowance_spend(d->allowance, ACCOUNT_AHEAD, n);
        brotli_of(d)->paid += n;
    }
    return p;
}

static void give_memory(void *decoder, void *p) {
    coding_free(((struct decoder *)decoder)->codings, p);
}

static bool brotli_start(struct decoder *d) {
    brotli_of(d)->state = BrotliDecoderCreateInstance(take_memory, give_memory, d);
    return brotli_of(d)->state != NULL;
}

/* libbrotli keeps what it decoded to itself when the same call ends in an error: small steps lose little of a
 * damaged body, and single bytes nothing while it may still turn out to be no brotli. */
enum { STEP_BYTES = 256 };

static enum coding_step brotli_step(struct decoder *d, struct coding_window *w) {
    size_t most = d->fed <= CODING_TRIAL ? 1 : STEP_BYTES;
    size_t n = w->in_n < most ? w->in_n : most, left = n;
    BrotliDecoderResult result =
        BrotliDecoderDecompressStream(brotli_of(d)->state, &left, &w->in, &w->out_n, &w->out, NULL);
    w->in_n -= n - left;
    if (result == BROTLI_DECODER_RESULT_ERROR)
        return CODING_BROKEN;
    return result == BROTLI_DECODER_RESULT_SUCCESS ? CODING_ENDED : CODING_MORE;
}

/* Who sends what unfolds as text does gets back what was paid: to twenty times its size, and the memory is up
 * to twice as large. */
static void brotli_stop(struct decoder *d) {
    enum { USUAL = 2 * 20 };
    const struct brotli *b = brotli_of(d);
    bool usual = d->in >= b->paid / USUAL;
    allowance_return(d->allowance, ACCOUNT_AHEAD, usual ? b->paid : (size_t)d->in * USUAL);
    BrotliDecoderDestroyInstance(b->state);
}

const struct coding coding_brotli = {
    .names = {"br", NULL}, .start = brotli_start, .step = brotli_step, .stop = brotli_stop, .ahead = true};
