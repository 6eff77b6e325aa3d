/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/memory.h"

#include <stdlib.h>
#include <string.h>

#define LIMIT_PRESET (UINT64_C(128) << 20) /* of each kind */

/* Before each block; keeps malloc's alignment. */
struct head {
    _Alignas(16) size_t n; /* with the head */
    enum protocol_memory kind;
};

static uint64_t used[PROTOCOL_MEMORY_KINDS], limit = LIMIT_PRESET;

void protocol_memory_limit(uint64_t bytes) {
    limit = bytes ? bytes / PROTOCOL_MEMORY_KINDS : LIMIT_PRESET;
}

uint64_t protocol_memory_used(enum protocol_memory kind) {
    return used[kind];
}

bool protocol_memory_room(enum protocol_memory kind) {
    enum { SPARE = 64 }; /* one part of so many */
    return used[kind] < limit - limit / SPARE;
}

bool protocol_charge(enum protocol_memory kind, size_t n) {
    if (n > limit || used[kind] > limit - n)
        return false;
    used[kind] += n;
    return true;
}

void protocol_discharge(enum protocol_memory kind, size_t n) {
    used[kind] -= n;
}

void *protocol_grow(enum protocol_memory kind, void *p, size_t n) {
    struct head *h = p ? (struct head *)p - 1 : NULL, *grown;
    size_t had = h ? h->n : 0, want = n + sizeof *h;
    if (want < n || want < had || !protocol_charge(kind, want - had))
        return NULL;
    grown = realloc(h, want);
    if (!grown) {
        protocol_discharge(kind, want - had);
        return NULL;
    }
    grown->n = want;
    grown->kind = kind;
    return grown + 1;
}

void *protocol_alloc(enum protocol_memory kind, size_t n) {
    void *p = protocol_grow(kind, NULL, n);
    return p ? memset(p, 0, n) : NULL;
}

void protocol_free(void *p) {
    struct head *h = p ? (struct head *)p - 1 : NULL;
    if (!h)
        return;
    protocol_discharge(h->kind, h->n);
    free(h);
}
