/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PIPELINE_FLOW_CONTEXT_H
#define GANTRY_PIPELINE_FLOW_CONTEXT_H

#include "base/shares.h"
#include "flow/flow.h"
#include "pipeline/allowances.h"
#include "pipeline/generation.h"
#include "pipeline/uploads.h"
#include "policy/policy.h"
#include "protocol/protocol.h"

/* Octets of a class with its end; a longer one is not remembered. */
enum { CONTENT_CLASS_MAX = 32 };

/* The context of a flow: what records say of it. One for each flow that is looked into; it is the owner of
 * the flow's conversation. A flow may end while parts of its objects are still waited for: their transfers'
 * contexts (transfer_context.h) keep it. What policy says of it is the newest generation's: a flow keeps no
 * snapshot alive. */
struct flow_context {
    unsigned references;
    const struct generation *generation; /* that judged the sides: the newest, as long as the flow lives */
    struct endpoint end[2];              /* by enum side */
    bool matters[2];                     /* bytes that this side sends are looked at */
    bool leaves[2];                      /* by policy: from an image network to the outside */
    bool metered[2];                     /* what this side sends counts under a contract, or may */
    bool relayed[2];                     /* a relay receives what this side sends */
    bool asks[2];                        /* what this side asks a resolver may be passed on */
    bool began;                          /* a transfer: its objects count, not the flow */
    bool encrypted;
    bool ambiguous;      /* its segments contradict each other: this is one of several readings, or may be */
    bool carried;        /* payload */
    bool waits, counted; /* unread.c's own: in its list; counted as a flow */
    bool contract_asked, contract_holds; /* likewise */
    bool shook;                          /* likewise: it waits for what may be behind a handshake */
    struct age_node waiting;             /* likewise */
    const char *class; /* likewise: why nobody reads it; NULL: it is read, or not known yet */
    const char *told;  /* likewise: a class by which some of it was summed up; NULL: none of it was */
    char content[CONTENT_CLASS_MAX];   /* the class of what was found in it last; empty: nothing was */
    struct conversation *conversation; /* NULL once the flow is over */
    time_ns first;                     /* packet time of its first packet */
    uint64_t payload[2];               /* octets that each side sent and that are in no sum yet */
    uint32_t sent[2];                  /* all of them, at most UINT32_MAX */
    uint32_t outside[2];               /* likewise those of them that nobody read and that are in no object */
    struct uploads uploads;            /* of the side that leaves */
    uint8_t transport;
    uint16_t vlan;
    uint32_t flow;                    /* number of the flow */
    const char *application, *master; /* nDPI's names, NULL while unknown */
    const char *protocol;             /* by our own look, brought up to date for a record; NULL unknown */
    uint32_t *share; /* of the source that opened it, in flow_contexts.shares; NULL likewise */
    struct pair_allowance *allowance; /* of its pair of hosts; NULL in one that is only filled */
    struct facts *facts;              /* what protocols say of the flow itself; NULL: nothing yet */
};

/* One worker's, under one cap. */
struct flow_contexts {
    struct pool pool;
    struct fact_pool *facts;
    struct allowances allowances;
    struct shares shares; /* contexts by source */
};

bool flow_contexts_init(struct flow_contexts *p, size_t limit, struct fact_pool *facts);
void flow_contexts_finish(struct flow_contexts *p);
bool flow_contexts_room(const struct flow_contexts *p);

/* What is known of a flow from its addresses; one reference. */
void flow_context_fill(struct flow_context *x, const struct flow *flow, const struct generation *generation,
                       bool inspect_all);
/* The same out of the pool; NULL at the cap (counted). */
struct flow_context *flow_context_open(struct flow_contexts *p, const struct flow *flow,
                                       const struct generation *generation, bool inspect_all);
/* Its sides are judged by this generation from now on. */
void flow_context_judge(struct flow_context *x, const struct generation *generation, bool inspect_all);
void flow_context_retain(struct flow_context *x);
void flow_context_release(struct flow_contexts *p, struct flow_context *x); /* accepts NULL */

/* Its application, where nDPI has no name for it: that of the protocol that was announced for it, or that
 * reads it. */
void flow_context_called(struct flow_context *x, const struct protocol *p);
/* Whom a relay is asked for that receives what `from` sends: as it was told, else by the name; empty: nobody
 * said. */
struct bytes flow_context_target(const struct flow_context *x, enum side from);
/* FACT_COUNT values: those that are not empty replace what was known. Without room they are not kept:
 * counted. */
void flow_context_tell(struct flow_contexts *p, struct flow_context *x, const struct bytes *facts);

#endif
