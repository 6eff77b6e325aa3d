/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_FUZZ_PIECES_H
#define GANTRY_FUZZ_PIECES_H

#include "base/bytes.h"

#include <stdlib.h>

/* Text in pieces of any size, with bytes missing at one place or none, which a reader reads alike however it
 * is cut. */
struct pieces {
    void (*push)(void *reader, struct bytes piece);
    void (*gap)(void *reader);
};

/* What was handed on. */
struct seen {
    uint64_t digest;
    unsigned count;
};

static inline void seen_add(struct seen *s, uint64_t octet) {
    s->digest = (s->digest ^ octet) * 0x100000001b3u;
}

/* `gap`: offset behind which bytes are missing. */
static inline void push_pieces(const struct pieces *to, void *reader, struct bytes in, size_t piece,
                               size_t gap) {
    for (size_t at = 0; at < in.n;) {
        size_t n = in.n - at < piece ? in.n - at : piece;
        if (at < gap && at + n > gap)
            n = gap - at;
        uint8_t *copy = malloc(n); /* so that a look beyond the piece is seen */
        memcpy(copy, in.p + at, n);
        to->push(reader, bytes_of(copy, n));
        free(copy);
        at += n;
        if (at == gap)
            to->gap(reader);
    }
}

#endif
