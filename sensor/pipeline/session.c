/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/session.h"

#include "base/counter.h"

bool session_pool_init(struct session_pool *p, size_t limit) {
    return pool_init(&p->pool, sizeof(struct session), limit);
}

void session_pool_finish(struct session_pool *p) {
    pool_finish(&p->pool);
}

bool session_pool_room(const struct session_pool *p) {
    return p->pool.in_use < p->pool.limit;
}

static bool leaves(const struct policy *policy, const struct flow *flow, enum side from) {
    return policy_matters(policy, &flow->end[from].address, &flow->end[side_other(from)].address);
}

static bool has_contract(const struct policy *policy, const struct address *a) {
    struct place to = policy_place(policy, a);
    return to.kind == PLACE_PARTNER && policy_partner(policy, to.index)->contract_count > 0;
}

bool session_wanted(const struct policy *policy, const struct flow *flow, bool inspect_all) {
    return inspect_all || leaves(policy, flow, SIDE_CLIENT) || leaves(policy, flow, SIDE_SERVER);
}

struct session *session_open(struct session_pool *p, const struct flow *flow, const struct policy *policy,
                             bool inspect_all) {
    struct session *s = pool_take(&p->pool);
    if (!s) {
        counter_one(COUNTER_SESSIONS_SHED);
        return NULL;
    }
    *s = (struct session){.references = 1,
                          .policy = policy,
                          .end = {flow->end[0], flow->end[1]},
                          .transport = flow->transport,
                          .vlan = flow->vlan,
                          .flow = flow->number};
    for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++) {
        s->leaves[side] = leaves(policy, flow, side);
        s->matters[side] = inspect_all || s->leaves[side];
        s->metered[side] = s->leaves[side] && has_contract(policy, &s->end[side_other(side)].address);
    }
    return s;
}

void session_retain(struct session *s) {
    s->references++;
}

void session_release(struct session_pool *p, struct session *s) {
    if (s && --s->references == 0)
        pool_give(&p->pool, s);
}

void session_name(struct session *s, struct bytes host) {
    size_t n = host.n < sizeof s->host ? host.n : sizeof s->host - 1;
    if (n)
        memcpy(s->host, host.p, n);
    s->host[n] = '\0';
}
