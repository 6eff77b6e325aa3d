/* SPDX-License-Identifier: Apache-2.0 */
#include "content/coding.h"

/* Brotli (RFC 7932). A stream may ask for a window of 16 MiB, which counts against the memory of all
 * decoders. */

static bool brotli_start(struct decoder *d) {
    d->u.brotli = BrotliDecoderCreateInstance(coding_alloc, coding_free, d->filter.content);
    return d->u.brotli != NULL;
}

static enum coding_step brotli_step(struct decoder *d, struct coding_window *w) {
    switch (BrotliDecoderDecompressStream(d->u.brotli, &w->in_n, &w->in, &w->out_n, &w->out, NULL)) {
    case BROTLI_DECODER_RESULT_SUCCESS:
        return CODING_ENDED;
    case BROTLI_DECODER_RESULT_ERROR:
        return CODING_BROKEN;
    default:
        return CODING_MORE;
    }
}

/* Only its own end will do. */
static bool brotli_may_end(const struct decoder *d) {
    return false;
}

static void brotli_stop(struct decoder *d) {
    BrotliDecoderDestroyInstance(d->u.brotli);
}

const struct coding coding_brotli = {.names = {"br", NULL},
                                     .start = brotli_start,
                                     .step = brotli_step,
                                     .may_end = brotli_may_end,
                                     .stop = brotli_stop};
