/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_MEMORY_H
#define GANTRY_PROTOCOL_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What protocols allocate for their flows: how much it is depends on what others send. One account a kind and
 * process, so that neither starves the other. All return NULL, and the caller counts it, when the account or
 * the system has no more. */
enum protocol_memory {
    PROTOCOL_STATE, /* a flow's own state */
    PROTOCOL_HELD,  /* what grows with the bytes of a flow */
    PROTOCOL_MEMORY_KINDS,
};

void protocol_memory_limit(uint64_t bytes); /* half for each kind; 0: 256 MiB */
uint64_t protocol_memory_used(enum protocol_memory kind);
/* Is a little of the account left, which a flow that begins now may need? */
bool protocol_memory_room(enum protocol_memory kind);

void *protocol_alloc(enum protocol_memory kind, size_t n); /* zeroed */
void *protocol_grow(enum protocol_memory kind, void *p,
                    size_t n); /* as realloc, of the same kind; `p` stays when it fails */
/* Of memory that a library takes: only counted in. False: there is no room. */
bool protocol_charge(enum protocol_memory kind, size_t n);
void protocol_discharge(enum protocol_memory kind, size_t n);
void protocol_free(void *p); /* accepts NULL */

#endif
