/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"

#include "coding/decoder.h"

/* base64 (RFC 2045 section 6.8). It finds its feet again at the next line behind a gap. */

struct text {
    struct base64 base64;
    bool to_next_line;
};

static struct text *text_of(const struct decoder *d) {
    return (struct text *)(void *)d->own;
}

static enum coding_step base64_step(struct decoder *d, struct coding_window *w) {
    struct text *t = text_of(d);
    struct bytes in = bytes_of(w->in, w->in_n);
    if (t->to_next_line) {
        const uint8_t *lf = in.n ? memchr(in.p, '\n', in.n) : NULL;
        t->to_next_line = !lf;
        in = lf ? bytes_of(lf, in.n - (size_t)(lf - in.p)) : bytes_of(in.p + in.n, 0);
    }
    size_t made = base64_decode(&t->base64, &in, w->out, w->out_n);
    coding_advance(w, in, made);
    return CODING_MORE;
}

static bool base64_may_end(const struct decoder *d) {
    return text_of(d)->base64.count != 1; /* many leave the padding out */
}

static uint64_t base64_gap(struct decoder *d, uint64_t n) {
    *text_of(d) = (struct text){.to_next_line = true};
    return n / 4 * 3;
}

static void base64_end(struct decoder *d, struct coding_window *w) {
    w->out += base64_finish(&text_of(d)->base64, w->out);
}

/* Mostly its alphabet; a sender that announces it and sends the file as it is is believed by its bytes. */
static bool base64_fits(struct bytes first) {
    size_t odd = 0;
    for (size_t i = 0; i < first.n; i++) {
        uint8_t c = first.p[i], letter = c | 0x20;
        bool blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';
        odd += !((c >= '/' && c <= '9') || (letter >= 'a' && letter <= 'z') || c == '+' || c == '=' || blank);
    }
    return odd * 16 <= first.n;
}

const struct coding coding_base64 = {.names = {"base64", NULL},
                                     .step = base64_step,
                                     .may_end = base64_may_end,
                                     .finish = base64_end,
                                     .gap = base64_gap,
                                     .fits = base64_fits};
