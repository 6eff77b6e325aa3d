/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_DOTTED_H
#define GANTRY_PROTOCOL_DOTTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A text that ends with a line of a dot alone, as mail protocols send it; a dot before any other line is not
 * the text's (RFC 5321 section 4.5.2, RFC 1939 section 3). Exact at every split of the input: dots that are
 * not content are never stored, all else goes on from where it lies. */

struct dotted {
    bool lf; /* lines end without a CR too */
    /* How the last octet stands to a line's start: */
    enum { DOTTED_MID, DOTTED_CR, DOTTED_LF, DOTTED_START, DOTTED_DOT, DOTTED_DOT_CR } mark;
};

static inline void dotted_begin(struct dotted *d, bool lf) {
    *d = (struct dotted){.lf = lf, .mark = DOTTED_START};
}

/* Gives the text's own octets to `emit`, never none; how many of `n` were taken: up to the text's end, which
 * *ended tells, or all. */
size_t dotted_take(struct dotted *d, const uint8_t *p, size_t n,
                   void (*emit)(void *context, const uint8_t *p, size_t n), void *context, bool *ended);
/* Octets are missing. */
static inline void dotted_gap(struct dotted *d) {
    d->mark = DOTTED_MID;
}

#endif
