/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROCESS_REPORTER_TAKING_H
#define GANTRY_PROCESS_REPORTER_TAKING_H

#include "process/sensor.h"
#include "report/report.h"

/* How the reporter takes records from the channels: in batches, each of which is in the store before the
 * channels forget it. What a predecessor died over is taken behind all others, record by record, and a record
 * that two died of is stepped over (suspects.h). */
struct taking {
    struct sensor *sensor;
    struct reporter *reporter;
    void *copy; /* of one record */
    time_ns newest;
    time_ns reached[CHILDREN_MAX];  /* offline: the newest record of each worker */
    time_ns passed;                 /* and until when time has passed */
    uint64_t careful[CHILDREN_MAX]; /* positions up to which records are taken one by one, */
    unsigned left[CHILDREN_MAX];    /* and how many at most */
    bool finished;                  /* all that inspect had, before this round */
};

/* The channels begin where the predecessor had settled all. False: no memory. */
bool taking_begin(struct taking *t, struct sensor *s, struct reporter *r);
void taking_end(struct taking *t); /* accepts one that never began */
/* How many records were taken; *empty: nothing was left in any channel. */
size_t taking_round(struct taking *t, bool *empty);
/* Is there something to take? For who is about to sleep. */
bool taking_has_news(const struct taking *t);
/* The counters are as they are to be found by a successor; only once what they count is settled. */
void taking_keep_counters(const struct taking *t);

#endif
