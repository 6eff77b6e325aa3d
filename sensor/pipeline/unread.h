/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PIPELINE_UNREAD_H
#define GANTRY_PIPELINE_UNREAD_H

#include "pipeline/emit.h"
#include "pipeline/flow_context.h"

/* Flows whose content nobody reads: encrypted ones, and those of no protocol that is known. What leaves in
 * them is summed up by source, destination, class and protocol, and goes to the reporter several times a
 * second of packet time, a record a sum: so a long flow is told while it runs, and a flood of flows is one
 * record. */
struct unread {
    struct age_list waiting; /* of contexts that have sent something since the last time */
    time_ns due;
    struct unread_sum *sums;
    uint16_t *index; /* by hash, into `sums`; UNREAD_NONE: empty */
    unsigned count, most;
    struct hash_key key;
};

/* What the sums are sent with. */
struct unread_way {
    struct emitter *emitter;
    struct flow_contexts *contexts;
    const struct generation *generation; /* the newest, which judges them */
    bool inspect_all;
};
/* False: no memory. Of so many contexts of flows an eighth may be kept by sums. */
bool unread_init(struct unread *u, size_t contexts);
void unread_finish(struct unread *u);
/* A side of this flow has sent `n` octets of payload. */
void unread_note(struct unread *u, struct flow_context *x, enum side from, uint32_t n);
/* The same of octets that carry nothing: true as long as they are few. */
bool unread_shakes(struct flow_context *x, enum side from, uint32_t n);
/* The flow is over, its conversation not yet: what it sent is summed up now, so that flows that are over keep
 * no new one from being looked into. */
void unread_close(struct unread *u, const struct unread_way *way, struct flow_context *x, time_ns now);
/* Sends what is due at `now`, or all; false: nothing is due yet. */
bool unread_tick(struct unread *u, const struct unread_way *way, time_ns now, bool all);
/* Sends the sums now: their records' flows are held no longer. */
void unread_send(struct unread *u, const struct unread_way *way);

#endif
