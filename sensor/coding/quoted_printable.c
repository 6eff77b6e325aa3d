/* SPDX-License-Identifier: Apache-2.0 */
#include "coding/decoder.h"
#include "mime/mime.h"

/* quoted-printable (RFC 2045 section 6.7). */

static struct mime_quoted *quoted_of(const struct decoder *d) {
    return (struct mime_quoted *)(void *)d->own;
}

static enum coding_step quoted_step(struct decoder *d, struct coding_window *w) {
    struct bytes in = bytes_of(w->in, w->in_n);
    size_t made = mime_quoted_decode(quoted_of(d), &in, w->out, w->out_n);
    coding_advance(w, in, made);
    return CODING_MORE;
}

static bool quoted_may_end(const struct decoder *d) {
    return mime_quoted_may_end(quoted_of(d));
}

static uint64_t quoted_gap(struct decoder *d, uint64_t n) {
    quoted_of(d)->held_n = 0;
    return n;
}

/* Printable, as its name says. */
static bool quoted_fits(struct bytes first) {
    for (size_t i = 0; i < first.n; i++)
        if (first.p[i] >= 0x7f || (first.p[i] < ' ' && !memchr("\r\n\t\f", first.p[i], 4)))
            return false;
    return true;
}

const struct coding coding_quoted_printable = {.names = {"quoted-printable", NULL},
                                               .step = quoted_step,
                                               .may_end = quoted_may_end,
                                               .gap = quoted_gap,
                                               .fits = quoted_fits};
