/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_BASE_FIGURE_FIGURE_H
#define GANTRY_BASE_FIGURE_FIGURE_H

#include "base/counter.h"
#include "base/figure/gauge_table.h"

#include <stdbool.h>
#include <stddef.h>

/* The sensor in numbers, one list for stats record, metrics and `gantryctl status`: first all counters, which
 * only grow, then all gauges, which say how something stands. An array of figures has FIGURE_COUNT values,
 * one for each number below. */
enum gauge_unit { UNIT_COUNT, UNIT_BYTES, UNIT_SECONDS, UNIT_PPM };
enum gauge_how {
    HOW_SUM,      /* workers' values are added */
    HOW_MAX,      /* the largest of the workers' */
    HOW_OWN,      /* who gathers the figures sets it */
    HOW_INTERVAL, /* the same; it follows from counters, so that metrics leave it out */
};

enum gauge {
#define GAUGE(id, key, unit, how, help) GAUGE_##id,
    GAUGE_TABLE
#undef GAUGE
        GAUGE_COUNT
};

enum { FIGURE_COUNT = COUNTER_COUNT + GAUGE_COUNT };

struct gauge_facts {
    const char *key, *help;
    enum gauge_unit unit;
    enum gauge_how how;
};

const struct gauge_facts *gauge_facts(enum gauge which);

/* Where a worker keeps its gauges, GAUGE_COUNT values: at first an array of its own, then its part of the
 * memory in which the supervisor and the reporter look at it (pipeline/shared/). */
extern uint64_t *gauge_values;

static inline void gauge_set(enum gauge which, uint64_t n) {
    __atomic_store_n(&gauge_values[which], n, __ATOMIC_RELAXED);
}

static inline bool figure_is_gauge(size_t which) {
    return which >= COUNTER_COUNT;
}

static inline size_t figure_of_gauge(enum gauge which) {
    return COUNTER_COUNT + (size_t)which;
}

const char *figure_key(size_t which);
const char *figure_help(size_t which);

/* Their numbers: first those that a heartbeat is read for, then the others in the order of their keys.
 * *headlines: how many of the first. */
const uint16_t *figures_ranked(size_t *headlines);
/* Puts `n` numbers into the order of their keys, which brings those with a common beginning together. */
void figures_sort(uint16_t *which, size_t n);

#endif
