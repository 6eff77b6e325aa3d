/* SPDX-License-Identifier: Apache-2.0 */
#include "base/pool.h"

#include <sys/mman.h>

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

void *pool_take(struct pool *p) {
    void *object = p->free;
    if (object)
        p->free = *(void **)object;
    else if (p->touched < p->limit)
        object = p->region + p->object_size * p->touched++;
    else
        return NULL;
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
