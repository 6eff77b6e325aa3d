/* SPDX-License-Identifier: Apache-2.0 */
#include "settings/arena.h"

#include "base/ground.h"

#include <string.h>

enum { ALIGN = 16 };

void arena_init(struct arena *a, void *region, size_t size) {
    *a = (struct arena){.base = region, .size = size};
}

void arena_init_fresh(struct arena *a, void *region, size_t size) {
    *a = (struct arena){.base = region, .size = size, .fresh = true};
}

void *arena_alloc(struct arena *a, size_t size) {
    size_t rounded = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    if (a->failed || rounded < size || rounded > a->size - a->used) {
        a->failed = true;
        return NULL;
    }
    void *p = a->base + a->used;
    a->used += rounded;
    if (a->fresh)
        a->ready = ground_prepare(a->base, a->ready, a->used, a->size);
    else
        memset(p, 0, rounded);
    return p;
}

void *arena_array(struct arena *a, size_t count, size_t size) {
    size_t total;
    if (__builtin_mul_overflow(count, size, &total)) {
        a->failed = true;
        return NULL;
    }
    return arena_alloc(a, total);
}

char *arena_text(struct arena *a, const char *text, size_t n) {
    char *copy = n < SIZE_MAX ? arena_alloc(a, n + 1) : NULL;
    if (copy)
        memcpy(copy, text, n);
    return copy;
}
