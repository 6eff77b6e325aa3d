/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/overload/shed.h"

static const time_ns step = 200 * NS_PER_MS;

enum {
    MEMORY_HIGH = 900, /* thousandths; falls below MEMORY_LOW before a level is left */
    MEMORY_LOW = 700,
    RING_CALM = 4, /* a level is left below this part of the ring share that begins it */
};

/* The last level costs alerts: it takes lost packets or a ring that is all but full, is never worth it for
 * memory (a full one refuses by itself), and is left as soon as there is air. */
static const struct {
    const char *what;
    enum counter counter;
    int ring; /* thousandths that wait to be read from which on this level is due */
    bool for_memory;
    time_ns hold; /* calm for so long before it is left */
} levels[SHED_LEVELS] = {
    [SHED_NOTHING] = {.what = "nothing"},
    [SHED_APPROVED] = {.what = "flows to approved destinations",
                       .counter = COUNTER_SHED_APPROVED,
                       .ring = 250,
                       .for_memory = true,
                       .hold = 5 * NS_PER_S},
    [SHED_UNKNOWN] = {.what = "flows of unknown protocol",
                      .counter = COUNTER_SHED_UNKNOWN,
                      .ring = 400,
                      .for_memory = true,
                      .hold = 2 * NS_PER_S},
    [SHED_ALERTED] = {.what = "content behind an alert",
                      .counter = COUNTER_SHED_ALERTED,
                      .ring = 600,
                      .for_memory = true,
                      .hold = 2 * NS_PER_S},
    [SHED_STARTS] = {.what = "new transfers",
                     .counter = COUNTER_SHED_STARTS,
                     .ring = 900,
                     .hold = NS_PER_S / 2},
};

const char *shed_what(enum shed_level level) {
    return levels[level].what;
}

enum counter shed_counter(enum shed_level level) {
    return levels[level].counter;
}

static bool is_pressed(const struct shed_pressure *p, uint64_t dropped, enum shed_level level) {
    return dropped > 0 || p->ring >= levels[level].ring ||
           (levels[level].for_memory && p->memory >= MEMORY_HIGH);
}

static bool is_calm(const struct shed_pressure *p, uint64_t dropped, enum shed_level level) {
    return dropped == 0 && p->ring < levels[level].ring / RING_CALM && p->memory < MEMORY_LOW;
}

static enum shed_change raise_level(struct shed *s, const struct shed_pressure *p) {
    bool began = s->level == SHED_NOTHING;
    s->level++;
    s->changed = p->now;
    if (began) {
        s->began = p->now;
        s->worst = SHED_NOTHING;
        s->dropped_before = s->dropped;
        counter_one(COUNTER_SHED_EPISODES);
    }
    if (s->level <= s->worst)
        return SHED_SAME;
    s->worst = s->level;
    return began ? SHED_BEGAN : SHED_WORSE;
}

static enum shed_change lower_level(struct shed *s, const struct shed_pressure *p) {
    s->level--;
    s->changed = s->press = p->now;
    return s->level == SHED_NOTHING ? SHED_ENDED : SHED_SAME;
}

/* Packet time, which is the clock of files, jumps back where one begins before the other ended. */
static void keep_time(struct shed *s, time_ns now) {
    if (now < s->began)
        s->began = now;
    if (now < s->changed)
        s->changed = now;
    if (now < s->press)
        s->press = now;
}

enum shed_change shed_update(struct shed *s, const struct shed_pressure *p) {
    uint64_t dropped = s->looked ? p->dropped - s->dropped : 0;
    enum shed_change change = SHED_SAME;
    keep_time(s, p->now);
    s->looked = true;
    if (s->level + 1 < SHED_LEVELS && is_pressed(p, dropped, s->level + 1) &&
        (s->level == SHED_NOTHING || p->now - s->changed >= step))
        change = raise_level(s, p);
    if (!is_calm(p, dropped, s->level))
        s->press = p->now;
    else if (s->level > SHED_NOTHING && p->now - s->press >= levels[s->level].hold)
        change = lower_level(s, p);
    s->dropped = p->dropped;
    return change;
}
