/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PIPELINE_SHED_H
#define GANTRY_PIPELINE_SHED_H

#include "base/clock.h"
#include "base/counter.h"

#include <stdbool.h>

/* What a worker leaves out when packets come faster than it can look into them, or when memory that only
 * finished work gives back is nearly used up. Each level leaves out what the levels before it do, and one
 * thing more: what is worth least goes first. */
enum shed_level {
    SHED_NOTHING,
    SHED_APPROVED, /* depth on flows whose verdict is approved */
    SHED_UNKNOWN,  /* rebuilding of flows whose protocol is still unknown */
    SHED_ALERTED,  /* content of transfers that an alert was made of */
    SHED_STARTS,   /* the start of transfers */
    SHED_LEVELS
};

/* The signs of overload at one moment. */
struct shed_pressure {
    time_ns now;      /* of a clock that goes forward; where it jumps back waits begin anew */
    int ring;         /* share of the kernel's ring that waits to be read, 0..1000; -1 unknown */
    uint64_t dropped; /* packets that the kernel dropped, since the start */
    unsigned memory;  /* share in use of the fullest memory that does not give way by itself, 0..1000 */
};

/* All zero at the start. */
struct shed {
    enum shed_level level, worst;  /* worst since `began` */
    time_ns began, changed, press; /* shedding began, the level changed, pressure was last seen */
    uint64_t dropped;              /* at the last look */
    uint64_t dropped_before;       /* at `began` */
    bool looked;
};

enum shed_change { SHED_SAME, SHED_BEGAN, SHED_WORSE, SHED_ENDED };

/* At least every 200 ms. Rises by one level a look, and not faster than every 200 ms, while the signs are
 * those of the next level; falls by one level when they have been well below for as long as the level asks.
 * SHED_WORSE is told once a level and episode. */
enum shed_change shed_update(struct shed *s, const struct shed_pressure *p);

/* For people: what is left out at this level, beside what those before it leave out. */
const char *shed_what(enum shed_level level);
/* What counts the flows, objects or transfers that this level left out. */
enum counter shed_counter(enum shed_level level);

#endif
