/* SPDX-License-Identifier: Apache-2.0 */
#include "coding/decoder.h"

#include <string.h>

/* base64 (RFC 2045 section 6.8). It finds its feet again at the next line behind a gap. */

struct base64 {
    uint32_t bits;
    uint8_t count; /* characters in `bits` */
    bool to_next_line;
};

static struct base64 *base64_of(const struct decoder *d) {
    return (struct base64 *)(void *)d->own;
}

static bool base64_start(struct decoder *d) {
    *base64_of(d) = (struct base64){0};
    return true;
}

/* 0..63, or -1 for characters that do not count: line ends, padding, and what RFC 2045 says to ignore. */
static int base64_value(uint8_t c) {
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+' || c == '-')
        return 62;
    return c == '/' || c == '_' ? 63 : -1;
}

/* The bytes that `count` characters hold; what is left of less than a byte is padding. */
static void base64_flush(struct decoder *d, struct coding_window *w) {
    unsigned count = base64_of(d)->count;
    uint32_t bits = base64_of(d)->bits << 6 * (4 - count);
    for (unsigned i = 0; i + 1 < count; i++) {
        *w->out++ = (uint8_t)(bits >> (16 - 8 * i));
        w->out_n--;
    }
    base64_of(d)->bits = 0;
    base64_of(d)->count = 0;
}

static enum coding_step base64_step(struct decoder *d, struct coding_window *w) {
    for (; w->in_n > 0 && w->out_n >= 3; w->in++, w->in_n--) {
        int value = base64_value(*w->in);
        if (base64_of(d)->to_next_line) {
            base64_of(d)->to_next_line = *w->in != '\n';
        } else if (value >= 0) {
            base64_of(d)->bits = base64_of(d)->bits << 6 | (unsigned)value;
            if (++base64_of(d)->count == 4)
                base64_flush(d, w);
        } else if (*w->in == '=') {
            base64_flush(d, w); /* padding: a further run may follow */
        }
    }
    if (w->in_n > 0)
        w->out_n = 0; /* no room for three more */
    return CODING_MORE;
}

static bool base64_may_end(const struct decoder *d) {
    return base64_of(d)->count != 1; /* many leave the padding out */
}

static uint64_t base64_gap(struct decoder *d, uint64_t n) {
    base64_start(d);
    base64_of(d)->to_next_line = true;
    return n / 4 * 3;
}

static void base64_finish(struct decoder *d, struct coding_window *w) {
    base64_flush(d, w);
}

const struct coding coding_base64 = {.names = {"base64", NULL},
                                     .start = base64_start,
                                     .step = base64_step,
                                     .may_end = base64_may_end,
                                     .finish = base64_finish,
                                     .gap = base64_gap};
