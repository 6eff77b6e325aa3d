/* SPDX-License-Identifier: Apache-2.0 */
#include "coding/decoder.h"

/* yEnc, version 1.3: from the line "=ybegin ..." to the line "=yend ..."; each byte is written 42 higher, "="
 * stands before one that is 64 higher still. A line that begins with "=y" says something, and is no data. */

struct yenc {
    enum { AT_LINE, AT_DATA, AT_ESCAPE, AT_WORD, AT_REST } at;
    bool begun, ended, line; /* line: the escape stands at the start of one */
    uint8_t matched;         /* letters of "end" behind "=y" */
};

static struct yenc *yenc_of(const struct decoder *d) {
    return (struct yenc *)(void *)d->own;
}

/* Behind "=". */
static size_t take_escape(struct yenc *y, uint8_t c, uint8_t *out) {
    if (y->line && c == 'y') {
        y->at = AT_WORD;
        y->matched = 0;
        return 0;
    }
    y->at = AT_DATA;
    *out = (uint8_t)(c - 64 - 42);
    return y->begun;
}

/* The letters behind "=y". */
static void take_word(struct yenc *y, uint8_t c) {
    bool end = c == (uint8_t) "end"[y->matched++];
    if (!end || y->matched == 3)
        y->at = AT_REST;
    y->ended = y->begun && end && y->matched == 3;
    y->begun |= c == 'b' && y->matched == 1; /* "=ybegin" */
}

static size_t take_byte(struct yenc *y, uint8_t c, uint8_t *out) {
    if (y->at == AT_ESCAPE)
        return take_escape(y, c, out);
    if (c == '\n' || c == '\r') {
        y->at = c == '\n' || y->at == AT_LINE ? AT_LINE : y->at;
        return 0;
    }
    if (c == '=' && y->at != AT_REST && y->at != AT_WORD) {
        y->line = y->at == AT_LINE;
        y->at = AT_ESCAPE;
    } else if (y->at == AT_WORD) {
        take_word(y, c);
    } else if (y->at != AT_REST) {
        y->at = AT_DATA;
        *out = (uint8_t)(c - 42);
        return y->begun;
    }
    return 0;
}

static enum coding_step yenc_step(struct decoder *d, struct coding_window *w) {
    struct yenc *y = yenc_of(d);
    const uint8_t *p = w->in, *end = p + w->in_n;
    size_t n = 0;
    bool over = false;
    for (; p < end && n < w->out_n && !over; p++) {
        n += take_byte(y, *p, w->out + n);
        over = y->ended && *p == '\n';
    }
    coding_advance(w, bytes_of(p, (size_t)(end - p)), n);
    return over ? CODING_ENDED : CODING_MORE;
}

static bool yenc_may_end(const struct decoder *d) {
    return yenc_of(d)->ended;
}

static uint64_t yenc_gap(struct decoder *d, uint64_t n) {
    yenc_of(d)->at = AT_DATA;
    return n;
}

static bool yenc_fits(struct bytes first) {
    static const char begin[] = "=ybegin ";
    return first.n >= sizeof begin && memmem(first.p, first.n, begin, sizeof begin - 1);
}

const struct coding coding_yenc = {.names = {"yenc", "x-yenc", NULL},
                                   .step = yenc_step,
                                   .may_end = yenc_may_end,
                                   .gap = yenc_gap,
                                   .fits = yenc_fits};
