/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PIPELINE_BUDGET_H
#define GANTRY_PIPELINE_BUDGET_H

#include "config/config.h"
#include "flow/flow.h"
#include "inspect/inspect.h"
#include "protocol/dispatch.h"
#include "settings/problem.h"
#include "stream/stream.h"

#include <stdio.h>

/* sensor.memory, shared out: the kernel's packet rings, the channels to the reporter, two snapshots of the
 * configuration (a reload has both for a while), and of each worker what libraries take and every table of
 * its stages. Who gets what stands in one table (budget.c). */

/* One worker's tables. */
struct budget {
    uint64_t contexts, expectations; /* contexts: of flows, with their facts */
    uint64_t lone;                   /* first packets of flows, lone.h */
    uint64_t fact_rooms;             /* of objects and flows whose texts are long; counted with the objects */
    uint64_t tunnels;                /* lines */
    uint64_t resolved;               /* names */
    uint64_t waiting;                /* bytes of objects that are examined elsewhere */
    time_ns expectation_life;
    struct decoder_options decoder;
    struct flow_options flow;
    struct identify_options identify;
    struct stream_options stream;
    struct dispatch_options dispatch;
    struct content_options content;
    struct inspector_options inspector;
    uint64_t older_inspection; /* bytes of all inspectors that transfers from before a reload are left with */
};

/* `memory`: bytes for this worker's tables. */
void budget_share(const struct config *config, uint64_t memory, struct budget *out);
/* Of an examiner: nearly all of it is for decoders and inspection. */
void budget_share_examiner(const struct config *config, uint64_t memory, struct budget *out);

/* All sizes in bytes. */
struct budget_plan {
    uint64_t memory; /* sensor.memory */
    unsigned workers;
    uint64_t ring;      /* the kernel's, of one worker; 0 for files */
    uint64_t channel;   /* of one worker, a power of two */
    uint64_t snapshots; /* both */
    uint64_t examine;   /* of one worker, for files that are examined; 0: none are */
    uint64_t examiner;  /* tables of one examiner */
    uint64_t worker;    /* tables of one worker */
};

/* `snapshot`: bytes of the loaded one. False, after telling the problem with file, line and key, when the
 * shares do not fit. */
bool budget_plan(const struct config *config, unsigned workers, bool live, uint64_t snapshot,
                 struct problems *problems, struct budget_plan *out);
/* The table for people. */
void budget_print(const struct config *config, const struct budget_plan *plan, FILE *out);

/* Bytes that a process may take beyond what it has once its tables are made (a worker's are at their full
 * size from the start); the kernel gives it no more. `memory` as above. */
uint64_t budget_worker_headroom(uint64_t memory);
uint64_t budget_reporter_headroom(const struct config *config, size_t outputs);

#endif
