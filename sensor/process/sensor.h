/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROCESS_SENSOR_H
#define GANTRY_PROCESS_SENSOR_H

#include "base/shared.h"
#include "pipeline/budget.h"
#include "pipeline/shared/examine_area.h"
#include "process/outputs.h"
#include "process/reload/handout.h"
#include "process/role.h"
#include "process/status.h"

#include <sys/types.h>

/* What all children of the supervisor are started with. Captures and rings belong to the supervisor and live
 * as long as the sensor runs, so that a successor goes on where a dead child stood. */
struct sensor {
    const struct role *roles; /* the supervisor's own is the first */
    size_t role_count;
    struct snapshot *snapshot;   /* in force */
    const struct config *config; /* of it */
    const struct outputs *outputs;
    unsigned workers;
    unsigned places; /* of ring, handout and status: one for each child that inspects, in the order
                      * of the roles */
    struct budget_plan budget;
    const char *interface; /* NULL: files are read */
    bool inspect_all, offline;
    uint64_t run;                         /* of these rings; random */
    bool store_checked;                   /* the reporter that ended last handed over in order */
    struct capture *capture[WORKERS_MAX]; /* by number of the worker, from 0 */
    struct ring *ring[CHILDREN_MAX];
    struct handout handout[CHILDREN_MAX];
    struct doorbell *doorbell;
    /* What each worker says of itself, by place. In the supervisor and in the worker itself to read and
     * write, in the reporter to read alone; NULL in siblings, which see nothing of it. */
    struct worker_status *status[CHILDREN_MAX];
    struct blame *blame; /* the supervisor writes, workers read; NULL in others */
    struct shared_memory status_memory[CHILDREN_MAX], blame_memory;
    /* What each of several workers announces to the others (struct board), by its number: its own to write,
     * the others' to read alone; nothing of it in other processes. Not made for one worker. */
    struct shared_memory board_memory[WORKERS_MAX];
    /* Files that are examined (struct examine_area), by number of the worker: its own to write, examiners' to
     * read alone; what examiners say of them (struct examine_answers), by their number: their own to write,
     * workers' to read alone. Nothing of either in other processes. */
    struct shared_memory examine_memory[WORKERS_MAX], answer_memory[EXAMINERS_MAX];
    struct upper_status *upper;
    struct sandbox *sandbox;
    time_ns started;     /* wall clock */
    int control;         /* listening socket, -1: none */
    gid_t control_group; /* whose members may ask there */
    int metrics;         /* listening socket, -1: none */
    int manager;         /* socket of the service manager, which the supervisor tells; -1: none */
};

/* The folder of the database; NULL: none is kept. */
const char *sensor_state(const struct sensor *s);
/* Where requests are taken; NULL: nowhere. */
const char *sensor_control(const struct sensor *s);
/* Where metrics are served; NULL: nowhere. */
const char *sensor_metrics(const struct sensor *s);

#endif
