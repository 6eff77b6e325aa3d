/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROCESS_WORKER_H
#define GANTRY_PROCESS_WORKER_H

#include "pipeline/pipeline.h"
#include "process/reload/handout.h"
#include "process/sandbox/sandbox.h"

struct worker_options {
    struct pipeline_options pipeline;
    struct capture *capture;
    struct worker_status *status;
    const struct handout *handout; /* NULL: offline, no other snapshot comes */
    const char *name;              /* "worker 1" */
    bool successor;                /* of one that died: goes on with its ring, and tells */
    const struct sandbox *sandbox; /* closed once the tables are made; NULL: none */
    uint64_t headroom;             /* bytes of memory that it may take beyond what it has then */
};

/* The worker's whole life in its own process: packets in, records out, until the capture ends or SIGTERM.
 * Returns the exit status: 0, or 1 after saying why. */
int worker_run(const struct worker_options *options);

#endif
