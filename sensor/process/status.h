/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROCESS_STATUS_H
#define GANTRY_PROCESS_STATUS_H

#include "base/counter.h"
#include "config/config.h"
#include "health/health.h"
#include "pipeline/shared/worker_status.h"
#include "process/reload/request.h"
#include "process/reporter/suspects.h"

#include <stdbool.h>

/* Of all roles. */
enum { CHILDREN_MAX = SUSPECT_CHANNELS };

/* What only the supervisor and the reporter see: a worker could have been taken over. */
struct upper_status {
    struct child_status {
        _Atomic int pid;                /* 0: not running */
        _Atomic uint32_t starts;        /* since the sensor's own */
    } child[CHILDREN_MAX];              /* by the supervisor: in the order of the roles */
    uint64_t supervisor[COUNTER_COUNT]; /* what each counted; a successor of the reporter goes on */
    uint64_t reporter[COUNTER_COUNT];
    uint64_t unstored;             /* struct store_config's */
    _Atomic bool hand_over;        /* the reporter is to end for a successor */
    char loading[RELOAD_TEXT_MAX]; /* what a load under way has to say, lines */
    uint32_t told;                 /* request whose answer the reporter has told its outputs of */
    struct reload_status reload;
    struct health_memory health;
    struct suspects suspects;
};

#endif
