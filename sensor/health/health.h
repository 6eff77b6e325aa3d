/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_HEALTH_HEALTH_H
#define GANTRY_HEALTH_HEALTH_H

#include "channel/channel.h"
#include "health/sight.h"
#include "policy/policy.h"
#include "settings/setting.h"

/* What the sensor knows of itself: its figures, gathered from all processes, and whether it sees what it
 * should. At the end of each interval the conditions (conditions.c) are judged by what was counted in it:
 * each that holds is told once, with a remedy, and once more when it is over; it is told anew if it comes
 * back. Reading files is one interval. */

struct health_options {
    uint64_t interval;                     /* ns, of stats records too */
    uint64_t loss, one_sided, duplicates;  /* percent from which on it is told; 0: never */
    uint64_t networks_after, vlan_silence; /* ns; 0: never told */
};
extern const struct setting health_settings[]; /* health of gantry.yaml */

enum { HEALTH_CONDITIONS_MAX = 16, HEALTH_TEXT_MAX = 480 };

/* What outlives the reporter, in shared memory, at first all zero. */
struct health_memory {
    time_ns started, since; /* monotonic: of the sensor, of the interval */
    time_ns clock_offset;   /* wall clock minus monotonic at its beginning */
    time_ns started_wall;
    uint64_t before[COUNTER_COUNT];       /* counters at its beginning */
    uint64_t interval[GAUGE_COUNT];       /* gauges of the interval that ended last */
    uint64_t told[HEALTH_CONDITIONS_MAX]; /* what was told of a condition that holds, 0: it does not */
};

struct health_setup {
    const struct health_options *options;
    const struct policy *policy;
    const char *interface; /* NULL: files are read */
    struct ring *const *rings;
    const struct worker_view *const *views; /* as many as rings */
    size_t workers;                         /* and examiners behind them */
    size_t captures;                        /* workers alone */
    const uint64_t *others[2];              /* counters of processes that are no workers; NULL: none */
    struct health_memory *memory;
    void *context;
    void (*own_gauges)(void *context, uint64_t *figures); /* of the reporter */
    void (*tell)(void *context, const char *key, const char *text);
};

/* Sets the beginning, unless a predecessor did, and tells at once what can be told without traffic. The setup
 * is kept by reference. */
void health_begin(const struct health_setup *h);
/* All figures as they stand, FIGURE_COUNT values: counters summed, workers' gauges joined, the interval's as
 * they were at its end. */
void health_figures(const struct health_setup *h, uint64_t *out);
/* The interval ends, and another begins. */
void health_interval(const struct health_setup *h);
/* Key of a condition and whether it holds now; false behind the last. */
bool health_condition(const struct health_setup *h, size_t which, const char **key, bool *holds);

#endif
