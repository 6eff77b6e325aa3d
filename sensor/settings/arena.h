/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_SETTINGS_ARENA_H
#define GANTRY_SETTINGS_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A bump allocator over one caller-given region: what a snapshot (configuration, rules, policy) is built in.
 * Nothing is freed one by one. Once something did not fit, `failed` stays true and all further calls
 * return NULL, so a loader may check once at its end. */
struct arena {
    uint8_t *base;
    size_t used, size; /* bytes */
    size_t ready;      /* of new memory: bytes that the kernel has been asked for */
    bool fresh, failed;
};

void arena_init(struct arena *a, void *region, size_t size);
/* The region was mapped just now, begins a page and is all zeros. */
void arena_init_fresh(struct arena *a, void *region, size_t size);

/* Zeroed, aligned to 16 (Hyperscan databases need 8). NULL when full. */
void *arena_alloc(struct arena *a, size_t size);

/* `count` elements of `size`, overflow checked. */
void *arena_array(struct arena *a, size_t count, size_t size);

/* NUL-terminated copy. */
char *arena_text(struct arena *a, const char *text, size_t n);

#endif
