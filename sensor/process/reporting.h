/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROCESS_REPORTING_H
#define GANTRY_PROCESS_REPORTING_H

#include "process/sandbox/sandbox.h"
#include "process/status.h"
#include "report/report.h"

struct sensor;

struct reporting_options {
    struct report_options report;
    struct ring *const *rings;
    size_t ring_count;
    struct doorbell *doorbell;
    const struct sensor_status *status;
    struct upper_status *upper;
    const struct health_options *health;
    const struct policy *policy;   /* whose networks should be seen */
    const char *interface;         /* NULL: files are read */
    const struct sandbox *sandbox; /* entered before the outputs are opened; NULL: none */
    uint64_t headroom;             /* bytes of memory that it may take beyond what it has then */
    const struct sensor *sensor;   /* what requests over its control socket are answered from */
    int ready; /* descriptor: once the outputs are open a newline is written to it, else the reason; then it
                * is closed */
};

enum { REPORTER_HANDED_OVER = 3 }; /* exit status: it has ended for a successor */

/* The reporter's whole life in its own process: records in, alerts out, until every worker has finished, or
 * until it is to hand over (upper_status): then all that it took is in the store, and its successor goes on.
 * Returns the exit status. */
int reporting_run(const struct reporting_options *options);

#endif
