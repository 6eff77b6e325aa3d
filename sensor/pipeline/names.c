/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/path.h"

/* Names from clear answers of the DNS, for flows that say none of their own. They are shown and nothing else.
 */

static bool is_ours(const struct pipeline *p, const struct address *a) {
    return p->inspect_all || policy_place(p->generations.newest->policy, a).kind == PLACE_IMAGE;
}

bool pipeline_may_resolve(const struct pipeline *p, const struct flow *flow) {
    enum { DOMAIN = 53 };
    return flow->end[SIDE_SERVER].port == DOMAIN && is_ours(p, &flow->end[SIDE_CLIENT].address);
}

/* Clients keep a name somewhat longer than they are told, and longer than a day none is believed. */
static time_ns life_of(uint32_t seconds) {
    enum { LEAST = 60, MOST = 24 * 3600 };
    return (time_ns)(seconds < LEAST ? LEAST : seconds > MOST ? MOST : seconds) * NS_PER_S;
}

void pipeline_resolved(struct conversation *c, struct bytes name, const struct name_address *address,
                       unsigned n) {
    struct pipeline *p = the_pipeline;
    struct resolution is = {.client = c->end[SIDE_CLIENT].address, .since = c->now};
    if (!is_ours(p, &is.client) || name.n > RESOLVED_NAME_MAX)
        return;
    is.n = (uint16_t)name.n;
    memcpy(is.name, name.p, name.n);
    for (unsigned i = 0; i < n; i++) {
        is.server = address[i].address;
        is.until = c->now + life_of(address[i].life);
        resolved_add(&p->resolved, &is);
        if (p->readers > 0)
            board_write_name(p->board, &is);
    }
}

/* The outer name of an encrypted hello is the one of who hides it. */
static bool has_name(const struct facts *f) {
    return facts_get(f, FACT_HOST).n || facts_get(f, FACT_DNS_NAME).n ||
           (facts_get(f, FACT_TLS_SERVER_NAME).n && !facts_get(f, FACT_TLS_ECH).n);
}

void pipeline_name_asked(struct pipeline *p, struct flow_context *x) {
    enum side inside = x->matters[SIDE_CLIENT] ? SIDE_CLIENT : SIDE_SERVER;
    if (!x->matters[inside] || has_name(x->facts))
        return;
    pipeline_hear(p, true);
    struct bytes name =
        resolved_find(&p->resolved, &x->end[inside].address, &x->end[side_other(inside)].address, x->first);
    if (name.n)
        flow_context_tell(&p->flow_contexts, x, (const struct bytes[FACT_COUNT]){[FACT_DNS_NAME] = name});
}
