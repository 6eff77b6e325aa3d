/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PIPELINE_SESSION_H
#define GANTRY_PIPELINE_SESSION_H

#include "content/content.h"
#include "flow/flow.h"
#include "pipeline/generation.h"
#include "policy/policy.h"
#include "protocol/protocol.h"

/* What must be known of a flow for as long as an object of it lives: a flow may end while parts of its object
 * are still waited for. One for each flow that is looked into; counted references. */
struct session {
    unsigned references;
    struct generation *generation; /* that its objects began with, or the flow */
    const struct policy *policy;   /* of it */
    struct endpoint end[2];        /* by enum side */
    bool matters[2];               /* bytes that this side sends are looked at */
    bool leaves[2];                /* by policy: from an image network to the outside */
    bool metered[2];               /* what this side sends counts under a contract */
    bool began;                    /* a transfer: its objects count, not the flow */
    uint64_t told[2];              /* bytes of the flow that the reporter knows of */
    uint8_t transport;
    uint16_t vlan;
    uint32_t flow;                    /* number of the flow */
    const char *application, *master; /* nDPI's names, NULL while unknown */
    char community_id[COMMUNITY_ID_MAX];
    char host[256]; /* name that the client used last; NUL-terminated, "" for none */
    bool encrypted;
};

struct session_pool {
    struct pool pool;
};

bool session_pool_init(struct session_pool *p, size_t limit);
void session_pool_finish(struct session_pool *p);

bool session_pool_room(const struct session_pool *p);

/* What is known of a flow from its addresses; one reference, which its generation does not count. */
void session_fill(struct session *s, const struct flow *flow, struct generation *generation,
                  bool inspect_all);
/* The same out of the pool, and counted; NULL at the cap. */
struct session *session_open(struct session_pool *p, const struct flow *flow, struct generation *generation,
                             bool inspect_all);
/* No object of it is open, which might be half inspected: it goes on under another generation. */
void session_move(struct session *s, struct generation *to, bool inspect_all);
bool session_idle(const struct session *s);
void session_retain(struct session *s);
void session_release(struct session_pool *p, struct session *s); /* accepts NULL */

/* Its application, where nDPI has no name for it: that of the protocol that was announced for it, or that
 * reads it. */
void session_called(struct session *s, const struct protocol *p);
/* The name that the client called the server by; cut if too long. */
void session_name(struct session *s, struct bytes host);

#endif
