/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_CONTENT_ZIP_STORE_H
#define GANTRY_CONTENT_ZIP_STORE_H

#include "content/unpack/unpack.h"

/* Octets that are kept until what explains them has come, in blocks that grow with them: of the memory of all
 * decoders, and paid for by who sent them. */

enum { STORE_BLOCK = 16 << 10, STORE_BLOCKS = 128 }; /* 2 MiB at most */

struct store {
    uint32_t n; /* octets */
    uint8_t *block[STORE_BLOCKS];
};

/* False: there is no more room, and nothing was kept. */
bool store_add(struct store *s, struct unpack *u, struct bytes bytes);
void store_clear(struct store *s, struct unpack *u);

static inline uint8_t store_at(const struct store *s, uint32_t i) {
    return s->block[i / STORE_BLOCK][i % STORE_BLOCK];
}

static inline uint32_t store_u32(const struct store *s, uint32_t i) {
    uint32_t v = 0;
    for (unsigned k = 0; k < 4; k++)
        v |= (uint32_t)store_at(s, i + k) << 8 * k;
    return v;
}

#endif
