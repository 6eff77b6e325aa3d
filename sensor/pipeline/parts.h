/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PIPELINE_PARTS_H
#define GANTRY_PIPELINE_PARTS_H

#include "pipeline/overload.h"
#include "pipeline/pipeline.h"
#include "protocol/protocol.h"
#include "stream/stream.h"

/* One worker's data path from the inside, for pipeline.c and moves.c. */
struct pipeline {
    struct generations generations;
    bool inspect_all, offline;
    time_ns now, next_tick, newest;
    struct decoder *decoder;
    struct flow_table *flows;
    struct identify *identify;
    struct expect_table *expected;
    struct reassembler *reassembler;
    struct dispatcher *dispatcher;
    struct content *content;
    struct session_pool sessions;
    struct emitter emitter;
    struct overload overload;
    struct worker_status *status;
    uint64_t beat, starts;
    const struct blame *blame;
    struct worker_view *view;
};

/* What a flow that is looked into carries: flow->conversation. Its owner is the session. */
static inline struct session *session_of(const struct flow *flow) {
    const struct conversation *c = flow->conversation;
    return c ? c->owner : NULL;
}

/* Does anything matter that either side sends? What a contract covers whatever it is need not be looked into:
 * *covered. */
bool pipeline_matters(const struct pipeline *p, const struct flow *flow, bool *covered);

/* Every 100 ms: ends older generations that hold too much memory; a transfer that this ends is counted. */
void pipeline_bound_generations(struct pipeline *p);

#endif
