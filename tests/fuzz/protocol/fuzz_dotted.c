/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bytes.h"
#include "protocol/dotted.h"

#include <stdlib.h>

/* A text that ends with a dot, taken at once and in pieces: the same octets and the same end must come, and
 * where its lines end in CR LF they are those that reading it line by line gives. */

enum { TEXT_MAX = 1 << 16 };

struct text {
    size_t n, taken;
    bool ended;
    uint8_t p[TEXT_MAX];
};

static void keep_octets(void *context, const uint8_t *p, size_t n) {
    struct text *t = context;
    if (n == 0 || n > sizeof t->p - t->n)
        abort();
    memcpy(t->p + t->n, p, n);
    t->n += n;
}

static void take_text(struct text *out, bool lf, const uint8_t *p, size_t n, size_t split) {
    struct dotted d;
    dotted_begin(&d, lf);
    out->n = out->taken = 0;
    out->ended = false;
    while (out->taken < n && !out->ended) {
        size_t piece = split && split < n - out->taken ? split : n - out->taken;
        out->taken += dotted_take(&d, p + out->taken, piece, keep_octets, out, &out->ended);
    }
}

/* Line by line, as RFC 5321 section 4.5.2 tells it. An unfinished last line is left to the other reading. */
static void check_lines(const struct text *t, const uint8_t *p, size_t n) {
    size_t at = 0, out = 0;
    for (const uint8_t *end; (end = memmem(p + at, n - at, "\r\n", 2)); at = (size_t)(end - p) + 2) {
        size_t from = at + (p[at] == '.'), line = (size_t)(end - p) + 2 - from;
        if (p[at] == '.' && line == 2) {
            if (!t->ended || t->n != out || t->taken != at + 3)
                abort();
            return;
        }
        if (out + line > t->n || memcmp(t->p + out, p + from, line) != 0)
            abort();
        out += line;
    }
    if (t->ended)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct text whole, split;
    if (size < 2 || size > TEXT_MAX)
        return 0;
    bool lf = data[0] & 1;
    take_text(&whole, lf, data + 1, size - 1, 0);
    take_text(&split, lf, data + 1, size - 1, data[0] / 2 % 7 + 1);
    if (whole.n != split.n || whole.taken != split.taken || whole.ended != split.ended ||
        memcmp(whole.p, split.p, whole.n) != 0)
        abort();
    if (!lf)
        check_lines(&whole, data + 1, size - 1);
    return 0;
}
