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

static bool leaves(const struct policy *policy, const struct endpoint end[2], enum side from) {
    return policy_matters(policy, &end[from].address, &end[side_other(from)].address);
}

static bool has_contract(const struct policy *policy, const struct address *a) {
    struct place to = policy_place(policy, a);
    return to.kind == PLACE_PARTNER && policy_partner(policy, to.index)->contract_count > 0;
}

/* By the policy of its generation. */
static void judge_sides(struct session *s, bool inspect_all) {
    for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++) {
        s->leaves[side] = leaves(s->policy, s->end, side);
        s->matters[side] = inspect_all || s->leaves[side];
        s->metered[side] = s->leaves[side] && has_contract(s->policy, &s->end[side_other(side)].address);
    }
}

void session_fill(struct session *s, const struct flow *flow, struct generation *generation,
                  bool inspect_all) {
    *s = (struct session){.references = 1,
                          .generation = generation,
                          .policy = generation->policy,
                          .end = {flow->end[0], flow->end[1]},
                          .transport = flow->transport,
                          .vlan = flow->vlan,
                          .flow = flow->number};
    judge_sides(s, inspect_all);
    flow_community_id(flow, s->community_id);
}

struct session *session_open(struct session_pool *p, const struct flow *flow, struct generation *generation,
                             bool inspect_all) {
    struct session *s = pool_take(&p->pool);
    if (!s) {
        counter_one(COUNTER_SESSIONS_SHED);
        return NULL;
    }
    session_fill(s, flow, generation, inspect_all);
    generation->sessions++;
    return s;
}

bool session_idle(const struct session *s) {
    return s->references == 1;
}

void session_move(struct session *s, struct generation *to, bool inspect_all) {
    s->generation->sessions--;
    to->sessions++;
    s->generation = to;
    s->policy = to->policy;
    judge_sides(s, inspect_all);
}

void session_retain(struct session *s) {
    s->references++;
}

void session_release(struct session_pool *p, struct session *s) {
    if (!s || --s->references > 0)
        return;
    s->generation->sessions--;
    pool_give(&p->pool, s);
}

void session_name(struct session *s, struct bytes host) {
    size_t n = host.n < sizeof s->host ? host.n : sizeof s->host - 1;
    if (n)
        memcpy(s->host, host.p, n);
    s->host[n] = '\0';
}

void session_called(struct session *s, const struct protocol *p) {
    s->application = p->ndpi_names ? p->ndpi_names[0] : p->name;
}
