/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ground.h"

#include <stdint.h>
#include <sys/mman.h>

void *ground_reserve(size_t size) {
    uint8_t *p =
        mmap(NULL, size + GROUND_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED)
        return NULL;
    size_t before = -(uintptr_t)p % GROUND_PAGE;
    if (before > 0)
        munmap(p, before);
    if (before < GROUND_PAGE)
        munmap(p + before + size, GROUND_PAGE - before);
    return p + before;
}

bool ground_open(void *base, size_t size) {
    if (mmap(base, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1,
             0) != base)
        return false;
    madvise(base, size, MADV_HUGEPAGE); /* a wish */
    return true;
}

size_t ground_prepare(void *base, size_t ready, size_t used, size_t size) {
    if (used <= ready)
        return ready;
    size_t next = (used + GROUND_STEP - 1) / GROUND_STEP * GROUND_STEP;
    if (next > size)
        next = size;
    madvise((uint8_t *)base + ready, next - ready, MADV_POPULATE_WRITE);
    return next;
}
