/* SPDX-License-Identifier: Apache-2.0 */
#include "base/pool.h"

#include <sys/mman.h>

enum { HUGE_FROM = 4 << 20 }; /* bytes that were touched */

bool pool_init(struct pool *p, size_t object_size, size_t limit) {
    size_t total;
    *p = (struct pool){.object_size = (object_size + 15) & ~(size_t)15, .limit = limit};
    if (limit == 0)
        return true;
    if (__builtin_mul_overflow(p->object_size, limit, &total))
        return false;
    p->region = mmap(NULL, total, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p->region == MAP_FAILED) {
        p->region = NULL;
        return false;
    }
    return true;
}

void pool_finish(struct pool *p) {
    if (p->region)
        munmap(p->region, p->object_size * p->limit);
    *p = (struct pool){0};
}

unsigned pool_fill(const struct pool *p) {
    return p->limit ? (unsigned)(p->in_use * 1000 / p->limit) : 0;
}

/* What is small stays small. */
static void ask_huge(struct pool *p, size_t used) {
    const size_t huge = 2 << 20;
    size_t total = p->object_size * p->limit;
    uintptr_t from = ((uintptr_t)p->region + used + huge - 1) & ~(huge - 1);
    size_t skipped = from - (uintptr_t)p->region;
    if (skipped < total)
        madvise(p->region + skipped, total - skipped, MADV_HUGEPAGE); /* a wish */
    p->huge = true;
}

void *pool_take(struct pool *p) {
    void *object = p->free;
    if (object)
        p->free = *(void **)object;
    else if (p->touched < p->limit)
        object = p->region + p->object_size * p->touched++;
    else
        return NULL;
    if (!p->huge && p->object_size * p->touched >= HUGE_FROM)
        ask_huge(p, p->object_size * p->touched);
    p->in_use++;
    return object;
}

void pool_give(struct pool *p, void *object) {
    if (!object)
        return;
    *(void **)object = p->free;
    p->free = object;
    p->in_use--;
}
