/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROCESS_BUDGET_H
#define GANTRY_PROCESS_BUDGET_H

#include "config/config.h"
#include "flow/flow.h"
#include "inspect/inspect.h"
#include "protocol/protocol.h"
#include "stream/stream.h"

/* One worker's memory, shared out to its stages: who gets what, in one place. */
struct budget {
    size_t sessions, expectations;
    time_ns expectation_life;
    struct decoder_options decoder;
    struct flow_options flow;
    struct identify_options identify;
    struct stream_options stream;
    struct dispatch_options dispatch;
    struct content_options content;
    struct inspector_options inspector;
};

/* `memory`: bytes for this worker. */
void budget_share(const struct config *config, uint64_t memory, struct budget *out);

/* Bytes that a process may take beyond what it has once its tables are made (a worker's are at their full
 * size from the start); the kernel gives it no more. `memory` as above. */
uint64_t budget_worker_headroom(uint64_t memory);
uint64_t budget_reporter_headroom(const struct config *config, size_t outputs);

#endif
