/* SPDX-License-Identifier: Apache-2.0 */
#include "content/unpack/zip/store.h"

/* A block that was begun is there. */
static bool has_room(struct store *s, struct unpack *u, size_t n) {
    size_t last = (s->n + n - 1) / STORE_BLOCK;
    if (n == 0 || last >= STORE_BLOCKS)
        return n == 0;
    for (size_t i = s->n / STORE_BLOCK; i <= last; i++)
        if (!s->block[i] && !(s->block[i] = unpack_alloc(u, STORE_BLOCK)))
            return false;
    return true;
}

bool store_add(struct store *s, struct unpack *u, struct bytes bytes) {
    if (!has_room(s, u, bytes.n))
        return false;
    while (bytes.n > 0) {
        size_t at = s->n % STORE_BLOCK, room = STORE_BLOCK - at, n = bytes.n < room ? bytes.n : room;
        memcpy(s->block[s->n / STORE_BLOCK] + at, bytes.p, n);
        s->n += (uint32_t)n;
        bytes = bytes_of(bytes.p + n, bytes.n - n);
    }
    return true;
}

void store_clear(struct store *s, struct unpack *u) {
    for (size_t i = 0; i < STORE_BLOCKS && s->block[i]; i++)
        unpack_free(u, s->block[i], STORE_BLOCK);
    memset(s, 0, sizeof *s);
}
