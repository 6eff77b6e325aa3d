/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_BASE_COUNTER_H
#define GANTRY_BASE_COUNTER_H

#include <stdint.h>

/* Everything that the sensor counts, in one table: COUNTER(identifier, "stats key", "what it counts"). The
 * stats record, the closing summary and the metrics are made from it. Each reason why something is
 * shed, missed or not understood has a line of its own. Add lines to the section of the stage that counts. */
#include "base/counter_table.h"

enum counter {
#define COUNTER(id, key, help) COUNTER_##id,
    COUNTER_TABLE
#undef COUNTER
        COUNTER_COUNT
};

/* Where this process counts: COUNTER_COUNT values, at first an array of its own. A worker counts in its ring
 * (channel/), which the supervisor owns, so that what it counted outlives it. One process writes, others read
 * a torn-free 64-bit value. */
extern uint64_t *counter_values;

/* This process counts there from now on, beginning with what it counted so far; `values` are zero, or what a
 * predecessor counted. */
void counter_move(uint64_t *values);

static inline void counter_add(enum counter which, uint64_t n) {
    __atomic_store_n(&counter_values[which], counter_values[which] + n, __ATOMIC_RELAXED);
}

static inline void counter_one(enum counter which) {
    counter_add(which, 1);
}

const char *counter_key(enum counter which);
const char *counter_help(enum counter which);

#endif
