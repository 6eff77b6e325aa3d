/* SPDX-License-Identifier: Apache-2.0 */
#include "coding/decoder.h"

/* uuencode (IEEE Std 1003.1, uuencode): from the line "begin MODE NAME" to the line "end". A line's first
 * character says how many bytes it holds; blanks at its end that transport has taken off are zeros. */

enum { LINE_BYTES = 63 }; /* most in one line */

struct uuencode {
    enum {
        AT_LINE,   /* before the begin: at the start of a line, */
        AT_TEXT,   /* and in one */
        AT_BEGIN,  /* in the line that begins it */
        AT_LENGTH, /* at the start of a line of it, */
        AT_DATA,
        AT_REST, /* and behind its data */
        AT_END,
    } at;
    uint8_t matched; /* characters of "begin " or "end" */
    uint8_t left;    /* bytes of the line that are to come */
    uint8_t count;   /* characters in `bits` */
    uint32_t bits;
};

static struct uuencode *uuencode_of(const struct decoder *d) {
    return (struct uuencode *)(void *)d->own;
}

/* The bytes of up to four characters; those that are missing are zeros. */
static size_t write_bits(struct uuencode *u, uint8_t *out) {
    uint32_t bits = u->bits << 6 * (4 - u->count);
    size_t n = u->left < 3 ? u->left : 3;
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)(bits >> (16 - 8 * i));
    u->left = (uint8_t)(u->left - n);
    u->bits = 0;
    u->count = 0;
    return n;
}

static void begin_line(struct uuencode *u, uint8_t c) {
    bool is_length = c >= ' ' && c <= '`';
    u->left = is_length ? (uint8_t)((c - ' ') & LINE_BYTES) : 0;
    u->matched = 1;
    if (c == 'e')
        u->at = AT_END;
    else if (c != '\r' && c != '\n')
        u->at = u->left > 0 ? AT_DATA : AT_REST;
}

static size_t take_data(struct uuencode *u, uint8_t c, uint8_t *out) {
    size_t n = 0;
    if (c >= ' ' && c <= '`') {
        u->bits = u->bits << 6 | ((c - ' ') & LINE_BYTES);
        u->count++;
    }
    while (u->left > 0 && (u->count == 4 || c == '\n'))
        n += write_bits(u, out + n);
    if (u->left == 0)
        u->at = c == '\n' ? AT_LENGTH : AT_REST;
    return n;
}

static bool is_octal(uint8_t c) {
    return c >= '0' && c <= '7';
}

/* Before the line that begins it. */
static void find_begin(struct uuencode *u, uint8_t c) {
    static const char begin[] = "begin ";
    if (c == '\n') {
        u->at = AT_LINE;
        u->matched = 0;
    } else if (u->at == AT_LINE) {
        bool mode = begin[u->matched] == 0; /* without one it is a line like any other */
        bool fits = mode ? is_octal(c) : c == (uint8_t)begin[u->matched++];
        u->at = !fits ? AT_TEXT : mode ? AT_BEGIN : AT_LINE;
    }
}

static enum coding_step uuencode_step(struct decoder *d, struct coding_window *w) {
    struct uuencode *u = uuencode_of(d);
    const uint8_t *p = w->in, *end = p + w->in_n;
    size_t n = 0;
    bool ended = false;
    for (; p < end && w->out_n - n >= LINE_BYTES && !ended; p++) {
        uint8_t c = *p;
        if (u->at <= AT_TEXT)
            find_begin(u, c);
        else if (u->at == AT_LENGTH)
            begin_line(u, c);
        else if (u->at == AT_DATA)
            n += take_data(u, c, w->out + n);
        else if (u->at == AT_END && c != '\n')
            u->at = u->matched >= 3 || c == (uint8_t) "end"[u->matched++] ? AT_END : AT_REST;
        else if (c == '\n' && (u->at != AT_END || u->matched < 3))
            u->at = AT_LENGTH;
        else
            ended = u->at == AT_END;
    }
    coding_advance(w, bytes_of(p, (size_t)(end - p)), n);
    return ended ? CODING_ENDED : CODING_MORE;
}

static bool uuencode_may_end(const struct decoder *d) {
    return uuencode_of(d)->at == AT_END && uuencode_of(d)->matched >= 3;
}

static uint64_t uuencode_gap(struct decoder *d, uint64_t n) {
    struct uuencode *u = uuencode_of(d);
    u->at = u->at <= AT_BEGIN ? AT_TEXT : AT_REST;
    u->count = u->left = u->matched = 0;
    return n / 4 * 3;
}

/* The line that begins it is among them. */
static bool uuencode_fits(struct bytes first) {
    static const char begin[] = "begin ";
    size_t n = sizeof begin - 1;
    for (size_t at = 0; at + n < first.n;) {
        if (memcmp(first.p + at, begin, n) == 0 && is_octal(first.p[at + n]))
            return true;
        const uint8_t *lf = memchr(first.p + at, '\n', first.n - at);
        at = lf ? (size_t)(lf - first.p) + 1 : first.n;
    }
    return false;
}

const struct coding coding_uuencode = {.names = {"x-uuencode", "uuencode", "x-uue", NULL},
                                       .step = uuencode_step,
                                       .may_end = uuencode_may_end,
                                       .gap = uuencode_gap,
                                       .fits = uuencode_fits};
