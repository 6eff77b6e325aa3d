/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_BASE_SHARED_H
#define GANTRY_BASE_SHARED_H

#include <stdbool.h>
#include <stddef.h>

/* Memory that several processes see and that one of them writes. It is made before they are: each inherits
 * both views through fork and gives up what is not its own. The kernel refuses to make `seen` writable
 * (F_SEAL_FUTURE_WRITE, memfd_create(2)), and no descriptor is left by which it could be mapped again, so
 * what was given up is given up for good. */
struct shared_memory {
    void *own;  /* to read and write; NULL: not this process's */
    void *seen; /* the same bytes, to read alone; NULL: not this process's */
    size_t size;
};

/* Zeroed, `size` rounded up to whole pages. False with errno: no memory. */
bool shared_create(struct shared_memory *m, const char *name, size_t size);
/* From now on this process reads it and no more. */
void shared_only_read(struct shared_memory *m);
/* From now on this process does not see it. Accepts one that was never made. */
void shared_release(struct shared_memory *m);

#endif
