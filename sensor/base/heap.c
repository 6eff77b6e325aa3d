/* SPDX-License-Identifier: Apache-2.0 */
#include "base/heap.h"

#include <malloc.h>

enum {
    LARGE = 128 << 10,  /* bytes of a block */
    LARGEST = 32 << 20, /* that malloc(3) can be told to keep */
    END = 4 << 20,      /* free bytes at the heap's end that stay there */
};

void heap_begin(void) {
    mallopt(M_MMAP_THRESHOLD, LARGE);
    mallopt(M_TRIM_THRESHOLD, END);
}

void heap_keep(void) {
    mallopt(M_MMAP_THRESHOLD, LARGEST);
    mallopt(M_TRIM_THRESHOLD, 2 * LARGEST);
}
