/* SPDX-License-Identifier: Apache-2.0 */
#include "base/heap.h"

#include "base/sanitized.h"

#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    LARGE = 128 << 10,   /* bytes of a block */
    LARGEST = 32 << 20, /* that malloc(3) can be told to keep */
    END = 4 << 20,      /* free bytes at the heap's end that stay there */
    STEP = 8 << 20,     /* by which the heap grows */
    SMALL = 4 << 20,    /* a heap up to this stays in small pages */
    PAGE = 2 << 20,     /* a huge one */
};

/* Where huge pages begin, 0: nowhere; and up to where they were asked for. */
static uintptr_t huge_from, huge_to;

void heap_begin(void) {
    mallopt(M_MMAP_THRESHOLD, LARGE);
    mallopt(M_TRIM_THRESHOLD, END);
}

void heap_keep(void) {
    mallopt(M_MMAP_THRESHOLD, LARGEST);
    mallopt(M_TRIM_THRESHOLD, 2 * LARGEST);
    mallopt(M_TOP_PAD, STEP);
    huge_from = huge_to = ((uintptr_t)sbrk(0) + SMALL + PAGE - 1) & ~(uintptr_t)(PAGE - 1);
}

/* Asked for while next to nothing of it was touched: a page that is there stays as it is. What was given back
 * comes again in small ones. */
void heap_widen(void) {
    uintptr_t end = (uintptr_t)sbrk(0) & ~(uintptr_t)(PAGE - 1);
    if (huge_from == 0 || end == huge_to || end < huge_from)
        return;
    if (end > huge_to)
        madvise((void *)huge_to, end - huge_to, MADV_HUGEPAGE); /* a wish */
    huge_to = end;
}

void heap_leave(int status) {
    if (SANITIZED)
        exit(status); /* leaks are told then */
    fflush(NULL);
    _exit(status);
}
