/* SPDX-License-Identifier: Apache-2.0 */
#include "coding/decoder.h"

/* Lines as TFTP's netascii has them (RFC 764 as RFC 1350 uses it): a CR comes before LF or NUL alone, and
 * stands for a line's end, or for itself. */

static bool *cr_of(struct decoder *d) {
    return (bool *)(void *)d->own;
}

static size_t undo_cr(uint8_t behind, uint8_t out[2]) {
    out[0] = behind == '\n' ? '\n' : '\r';
    out[1] = behind;
    return behind == '\n' || behind == 0 ? 1 : 2;
}

static enum coding_step netascii_step(struct decoder *d, struct coding_window *w) {
    struct bytes in = bytes_of(w->in, w->in_n);
    bool *cr = cr_of(d);
    size_t made = 0;
    for (; in.n > 0 && made + 2 <= w->out_n; in.p++, in.n--) {
        if (*cr) {
            made += undo_cr(*in.p, w->out + made);
            *cr = false;
        } else if (*in.p == '\r') {
            *cr = true;
        } else {
            w->out[made++] = *in.p;
        }
    }
    coding_advance(w, in, made);
    return CODING_MORE;
}

static bool netascii_may_end(const struct decoder *d) {
    (void)d;
    return true;
}

static uint64_t netascii_gap(struct decoder *d, uint64_t n) {
    *cr_of(d) = false;
    return n;
}

static void netascii_end(struct decoder *d, struct coding_window *w) {
    if (*cr_of(d))
        *w->out++ = '\r';
}

/* Who announces it and sends the file as it is, is believed by its bytes. */
static bool netascii_fits(struct bytes first) {
    for (size_t i = 0; i < first.n; i++) {
        bool behind_cr = i > 0 && first.p[i - 1] == '\r';
        if ((first.p[i] == '\n' && !behind_cr) || (behind_cr && first.p[i] != '\n' && first.p[i] != 0))
            return false;
    }
    return true;
}

const struct coding coding_netascii = {.names = {"netascii", NULL},
                                       .step = netascii_step,
                                       .may_end = netascii_may_end,
                                       .finish = netascii_end,
                                       .gap = netascii_gap,
                                       .fits = netascii_fits};
