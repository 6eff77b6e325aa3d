/* SPDX-License-Identifier: Apache-2.0 */
#include "coding/decoder.h"

#include "base/hex.h"

/* quoted-printable (RFC 2045 section 6.7). */

struct quoted {
    uint8_t n; /* characters of an escape that are held */
    uint8_t held[2];
};

static struct quoted *quoted_of(const struct decoder *d) {
    return (struct quoted *)(void *)d->own;
}

static bool quoted_start(struct decoder *d) {
    *quoted_of(d) = (struct quoted){0};
    return true;
}

static void quoted_put(struct coding_window *w, uint8_t c) {
    *w->out++ = c;
    w->out_n--;
}

/* No escape after all: what was held stands for itself. */
static void quoted_release(struct decoder *d, struct coding_window *w) {
    for (uint8_t i = 0; i < quoted_of(d)->n; i++)
        quoted_put(w, quoted_of(d)->held[i]);
    quoted_of(d)->n = 0;
}

/* One character behind "=" or "=X"; false if it was not taken. */
static bool quoted_escape(struct decoder *d, struct coding_window *w, uint8_t c) {
    if (quoted_of(d)->n == 1 && c == '\n') {
        quoted_of(d)->n = 0; /* soft line end */
        return true;
    }
    if (quoted_of(d)->n == 1 && (c == '\r' || c == ' ' || c == '\t'))
        return true; /* transport padding before a soft line end */
    if (hex_value(c) < 0) {
        quoted_release(d, w);
        return false;
    }
    if (quoted_of(d)->n == 1) {
        quoted_of(d)->held[1] = c;
        quoted_of(d)->n = 2;
        return true;
    }
    quoted_put(w, (uint8_t)(hex_value(quoted_of(d)->held[1]) << 4 | hex_value(c)));
    quoted_of(d)->n = 0;
    return true;
}

/* White space at the ends of lines is kept: whether transport added it cannot be told. */
static enum coding_step quoted_step(struct decoder *d, struct coding_window *w) {
    while (w->in_n > 0 && w->out_n >= 3) {
        uint8_t c = *w->in;
        bool escape = quoted_of(d)->n > 0;
        if (escape && !quoted_escape(d, w, c))
            continue; /* what was held is out: c is looked at again as plain text */
        if (!escape && c == '=')
            quoted_of(d)->held[quoted_of(d)->n++] = c;
        else if (!escape)
            quoted_put(w, c);
        w->in++;
        w->in_n--;
    }
    if (w->in_n > 0)
        w->out_n = 0;
    return CODING_MORE;
}

static bool quoted_may_end(const struct decoder *d) {
    return quoted_of(d)->n <= 1; /* a soft line end may be the last of it */
}

static uint64_t quoted_gap(struct decoder *d, uint64_t n) {
    quoted_of(d)->n = 0;
    return n;
}

const struct coding coding_quoted_printable = {.names = {"quoted-printable", NULL},
                                               .start = quoted_start,
                                               .step = quoted_step,
                                               .may_end = quoted_may_end,
                                               .gap = quoted_gap};
