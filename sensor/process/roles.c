/* SPDX-License-Identifier: Apache-2.0 */
#include "process/examiner/examiner.h"
#include "process/reporter/reporting.h"
#include "process/sensor.h"
#include "process/worker/worker.h"

unsigned role_count(const struct role *role, const struct sensor *s) {
    return !role->run ? 0 : role->count ? role->count(s) : 1;
}

static unsigned count_workers(const struct sensor *s) {
    return s->workers;
}

static uint64_t worker_headroom(const struct sensor *s) {
    return budget_worker_headroom(s->budget.worker);
}

static uint64_t reporter_headroom(const struct sensor *s) {
    return budget_reporter_headroom(s->config, s->outputs->count);
}

static time_ns stuck_after_configured(const struct sensor *s) {
    return (time_ns)s->config->sensor.stuck_after;
}

const struct role sensor_roles[] = {
    {.name = "supervisor", .sandbox = {SANDBOX_ALL, .descriptors = 4096}},
    {.name = "worker",
     .count = count_workers,
     /* Its descriptors are open already, but for that of a new snapshot; poll() demands room for those it is
      * given. */
     .sandbox = {SANDBOX_CAPTURE | SANDBOX_SNAPSHOTS, .descriptors = 8},
     .headroom = worker_headroom,
     .keeps = KEEPS_CAPTURE,
     .inspects = true,
     .nameless_alone = true,
     .first_wait = 100 * NS_PER_MS,
     .longest_wait = 30 * NS_PER_S,
     .stuck_after = stuck_after_configured,
     .begin = worker_begin,
     .run = worker_run,
     .ended = worker_ended},
    {.name = "examiner",
     .count = examiner_count,
     .sandbox = {SANDBOX_SNAPSHOTS | SANDBOX_LIBRARIES, .descriptors = 7},
     .headroom = examiner_headroom,
     .keeps = KEEPS_FILES,
     .inspects = true,
     .serves = true,
     .nameless_alone = true,
     .first_wait = 100 * NS_PER_MS,
     .longest_wait = 30 * NS_PER_S,
     .stuck_after = examiner_stuck_after,
     .share = examiner_share,
     .begin = examiner_begin,
     .run = examiner_run},
    {.name = "reporter",
     .sandbox = {SANDBOX_FILES | SANDBOX_NETWORK, .descriptors = 512},
     .headroom = reporter_headroom,
     .keeps = KEEPS_OUTPUTS | KEEPS_UPPER | KEEPS_SOCKETS,
     .receives = true,
     .first_wait = 100 * NS_PER_MS,
     .longest_wait = 2 * NS_PER_S, /* what is found meanwhile waits in the channels, which are bounded */
     .begin = reporting_begin,
     .run = reporting_run,
     .ended = reporting_ended},
};
const size_t sensor_role_count = sizeof sensor_roles / sizeof *sensor_roles;
_Static_assert(sizeof sensor_roles / sizeof *sensor_roles <= SANDBOX_PROFILES_MAX, "one sandbox a role");
