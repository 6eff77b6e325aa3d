/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_BASE_STAGE_H
#define GANTRY_BASE_STAGE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* What a worker is at with a packet, so that one that dies of it tells which part of the work it was: what
 * killed it once is looked at again without that part alone. A store for each change. */
enum stage {
    STAGE_PACKET, /* layers and flow: without them there is nothing */
    STAGE_STREAM, /* without it a flow is one that nobody reads */
    STAGE_NAMES,
    STAGE_PROTOCOL,
    STAGE_CODING,
    STAGE_UNPACKING,
    STAGE_DIGEST,
    STAGE_PATTERNS, /* content; names and types are matched by the next one */
    STAGE_RULES,
    STAGE_COUNT
};

/* Where the process notes it; its own word until somebody points elsewhere. Never NULL. */
extern _Atomic uint8_t *stage_now;
/* Left out of the packet that is worked on: bits 1 << enum stage. */
extern unsigned stage_without;

/* Returns what it was at before, for stage_leave(). */
static inline uint8_t stage_enter(enum stage s) {
    uint8_t before = atomic_load_explicit(stage_now, memory_order_relaxed);
    atomic_store_explicit(stage_now, (uint8_t)s, memory_order_relaxed);
    return before;
}

static inline void stage_leave(uint8_t before) {
    atomic_store_explicit(stage_now, before, memory_order_relaxed);
}

static inline bool stage_left_out(enum stage s) {
    return stage_without >> s & 1;
}

#endif
