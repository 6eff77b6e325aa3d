/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_BASE_POOL_H
#define GANTRY_BASE_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Objects of one size under a cap, reserved as address space at start and touched only as they are used:
 * the packet path takes and gives back without malloc. Not zeroed. One that grows beyond some megabytes goes on
 * in huge pages, where the system gives them: a page is not asked for at every few objects then. */
struct pool {
    uint8_t *region;
    void *free;         /* singly linked through the objects' first word */
    size_t object_size; /* bytes, rounded up to 16 */
    size_t limit;       /* objects */
    size_t touched;     /* objects ever handed out at once */
    size_t in_use;
    bool huge; /* the rest is to come in huge pages */
};

/* False when the address space cannot be had. */
bool pool_init(struct pool *p, size_t object_size, size_t limit);
void pool_finish(struct pool *p);

/* Share of the objects that is in use, 0..1000. */
unsigned pool_fill(const struct pool *p);

/* NULL at the cap: the caller sheds, and counts what it shed. */
void *pool_take(struct pool *p);
/* Accepts NULL. */
void pool_give(struct pool *p, void *object);

#endif
