/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_INSPECT_VALUE_SET_H
#define GANTRY_INSPECT_VALUE_SET_H

#include "base/bytes.h"

#include <stdbool.h>
#include <stdint.h>

/* The distinct values of one kind in one object: keyed digests in the order of their coming, and a hash table
 * over them. Fixed size, for a pool. */
struct value_set {
    uint32_t count, most;
    uint32_t slots;    /* of the table, a power of two */
    uint64_t values[]; /* `most` digests, then `slots` uint32_t: index + 1, 0 for none */
};

size_t value_set_size(uint32_t most); /* bytes */
void value_set_init(struct value_set *s, uint32_t most);
/* True if it was not there before and there was room. */
bool value_set_add(struct value_set *s, uint64_t digest);
bool value_set_has(const struct value_set *s, uint64_t digest);
/* Fills a new one with what another holds, which has no more values than it has room. */
void value_set_copy(struct value_set *to, const struct value_set *from);
static inline bool value_set_full(const struct value_set *s) {
    return s->count >= s->most;
}

enum { VALUE_MAX = 64 }; /* bytes of a normalised value that count; what follows is left out */

/* Upper case, without white space and hyphens; returns the bytes written to `out`. */
size_t value_normalise(struct bytes value, uint8_t out[VALUE_MAX]);
/* "AB***34": two characters at each end of six or more, one at each end of four or five, none of fewer.
 * What is not printable ASCII becomes '?'. At most 8 bytes with the NUL. */
void value_redact(struct bytes normalised, char out[8]);

#endif
