/* SPDX-License-Identifier: Apache-2.0 */
#include "content/coding.h"

/* Content-Transfer-Encodings of MIME parts: base64 (RFC 2045 section 6.8), quoted-printable (section 6.7).
 * Both find their feet again at the next line. */

static bool base64_start(struct decoder *d) {
    memset(&d->u.base64, 0, sizeof d->u.base64);
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
    unsigned count = d->u.base64.count;
    uint32_t bits = d->u.base64.bits << 6 * (4 - count);
    for (unsigned i = 0; i + 1 < count; i++) {
        *w->out++ = (uint8_t)(bits >> (16 - 8 * i));
        w->out_n--;
    }
    d->u.base64.bits = 0;
    d->u.base64.count = 0;
}

static enum coding_step base64_step(struct decoder *d, struct coding_window *w) {
    for (; w->in_n > 0 && w->out_n >= 3; w->in++, w->in_n--) {
        int value = base64_value(*w->in);
        if (d->u.base64.to_next_line) {
            d->u.base64.to_next_line = *w->in != '\n';
        } else if (value >= 0) {
            d->u.base64.bits = d->u.base64.bits << 6 | (unsigned)value;
            if (++d->u.base64.count == 4)
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
    return d->u.base64.count != 1; /* many leave the padding out */
}

static uint64_t base64_gap(struct decoder *d, uint64_t n) {
    base64_start(d);
    d->u.base64.to_next_line = true;
    return n / 4 * 3;
}

static void base64_finish(struct decoder *d, struct coding_window *w) {
    base64_flush(d, w);
}

static void nothing_to_stop(struct decoder *d) {
}

const struct coding coding_base64 = {.names = {"base64", NULL},
                                     .start = base64_start,
                                     .step = base64_step,
                                     .may_end = base64_may_end,
                                     .finish = base64_finish,
                                     .stop = nothing_to_stop,
                                     .gap = base64_gap};

static bool quoted_start(struct decoder *d) {
    memset(&d->u.quoted, 0, sizeof d->u.quoted);
    return true;
}

static int hex_value(uint8_t c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void quoted_put(struct coding_window *w, uint8_t c) {
    *w->out++ = c;
    w->out_n--;
}

/* No escape after all: what was held stands for itself. */
static void quoted_release(struct decoder *d, struct coding_window *w) {
    for (uint8_t i = 0; i < d->u.quoted.n; i++)
        quoted_put(w, d->u.quoted.held[i]);
    d->u.quoted.n = 0;
}

/* One character behind "=" or "=X"; false if it was not taken. */
static bool quoted_escape(struct decoder *d, struct coding_window *w, uint8_t c) {
    if (d->u.quoted.n == 1 && c == '\n') {
        d->u.quoted.n = 0; /* soft line end */
        return true;
    }
    if (d->u.quoted.n == 1 && (c == '\r' || c == ' ' || c == '\t'))
        return true; /* transport padding before a soft line end */
    if (hex_value(c) < 0) {
        quoted_release(d, w);
        return false;
    }
    if (d->u.quoted.n == 1) {
        d->u.quoted.held[1] = c;
        d->u.quoted.n = 2;
        return true;
    }
    quoted_put(w, (uint8_t)(hex_value(d->u.quoted.held[1]) << 4 | hex_value(c)));
    d->u.quoted.n = 0;
    return true;
}

/* White space at the ends of lines is kept: whether transport added it cannot be told. */
static enum coding_step quoted_step(struct decoder *d, struct coding_window *w) {
    while (w->in_n > 0 && w->out_n >= 3) {
        uint8_t c = *w->in;
        bool escape = d->u.quoted.n > 0;
        if (escape && !quoted_escape(d, w, c))
            continue; /* what was held is out: c is looked at again as plain text */
        if (!escape && c == '=')
            d->u.quoted.held[d->u.quoted.n++] = c;
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
    return d->u.quoted.n <= 1; /* a soft line end may be the last of it */
}

static uint64_t quoted_gap(struct decoder *d, uint64_t n) {
    d->u.quoted.n = 0;
    return n;
}

const struct coding coding_quoted_printable = {.names = {"quoted-printable", NULL},
                                               .start = quoted_start,
                                               .step = quoted_step,
                                               .may_end = quoted_may_end,
                                               .stop = nothing_to_stop,
                                               .gap = quoted_gap};
