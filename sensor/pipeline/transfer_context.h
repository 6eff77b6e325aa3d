/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PIPELINE_TRANSFER_CONTEXT_H
#define GANTRY_PIPELINE_TRANSFER_CONTEXT_H

#include "pipeline/flow_context.h"

/* The context of a transfer, owner of its objects: the snapshot that it began with, which it keeps to its
 * end, so that a flow that is never idle (HTTP/2, WebSocket, SMB) cannot keep a contract that was revoked;
 * and its flow. */
struct transfer_context {
    unsigned references;
    bool leaves,
        metered; /* of the bytes of its side, by the policy of its generation: see struct flow_context */
    struct generation *generation;
    struct flow_context *flow;
};

struct transfer_contexts {
    struct pool pool;
};

bool transfer_contexts_init(struct transfer_contexts *p, size_t limit);
void transfer_contexts_finish(struct transfer_contexts *p);

/* Of a transfer that `from` begins to send; one reference. NULL at the cap (counted). */
struct transfer_context *transfer_context_open(struct transfer_contexts *p, struct flow_context *flow,
                                               enum side from, struct generation *generation);
void transfer_context_retain(struct transfer_context *x);
void transfer_context_release(struct transfer_contexts *p, struct flow_contexts *flows,
                              struct transfer_context *x);

#endif
