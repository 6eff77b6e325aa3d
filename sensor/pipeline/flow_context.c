/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/flow_context.h"

#include "base/counter.h"

bool flow_contexts_init(struct flow_contexts *p, size_t limit, struct fact_pool *facts) {
    enum { PAIRS_LEAST = 64, PAIRS_MOST = 1 << 16 };
    size_t pairs = limit / 4 < PAIRS_LEAST ? PAIRS_LEAST : limit / 4 > PAIRS_MOST ? PAIRS_MOST : limit / 4;
    p->facts = facts;
    shares_init(&p->shares);
    return allowances_init(&p->allowances, pairs) && pool_init(&p->pool, sizeof(struct flow_context), limit);
}

void flow_contexts_finish(struct flow_contexts *p) {
    pool_finish(&p->pool);
    allowances_finish(&p->allowances);
}

bool flow_contexts_room(const struct flow_contexts *p) {
    return p->pool.in_use < p->pool.limit;
}

static bool has_contract(const struct policy *policy, const struct address *a) {
    struct place to = policy_place(policy, a);
    const struct partner *p =
        to.kind == PLACE_PARTNER ? policy_partner(policy, to.index) : policy_reader_at(policy, a);
    return p && p->contract_count > 0;
}

void flow_context_judge(struct flow_context *x, const struct generation *generation, bool inspect_all) {
    const struct policy *policy = generation->policy;
    x->generation = generation;
    for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++) {
        const struct address *to = &x->end[side_other(side)].address;
        x->leaves[side] = policy_matters(policy, &x->end[side].address, to);
        x->matters[side] = inspect_all || x->leaves[side];
        x->relayed[side] = x->leaves[side] && policy_relays(policy, to);
        x->asks[side] = policy_asks(policy, &x->end[side].address, to);
        x->metered[side] = x->relayed[side] || (x->leaves[side] && has_contract(policy, to));
    }
}

void flow_context_fill(struct flow_context *x, const struct flow *flow, const struct generation *generation,
                       bool inspect_all) {
    *x = (struct flow_context){.references = 1,
                               .end = {flow->end[0], flow->end[1]},
                               .transport = flow->transport,
                               .first = flow->first,
                               .vlan = flow->vlan,
                               .flow = flow->number};
    flow_context_judge(x, generation, inspect_all);
}

struct flow_context *flow_context_open(struct flow_contexts *p, const struct flow *flow,
                                       const struct generation *generation, bool inspect_all) {
    struct flow_context *x = pool_take(&p->pool);
    if (!x) {
        counter_one(COUNTER_CONTEXTS_SHED);
        return NULL;
    }
    flow_context_fill(x, flow, generation, inspect_all);
    x->share = shares_of(&p->shares, &flow->end[SIDE_CLIENT].address);
    ++*x->share;
    x->allowance = allowances_open(&p->allowances, &flow->end[0].address, &flow->end[1].address);
    return x;
}

void flow_context_retain(struct flow_context *x) {
    x->references++;
}

void flow_context_release(struct flow_contexts *p, struct flow_context *x) {
    if (!x || --x->references > 0)
        return;
    facts_release(p->facts, x->facts);
    allowances_release(x->allowance);
    if (x->share)
        --*x->share;
    pool_give(&p->pool, x);
}

void flow_context_called(struct flow_context *x, const struct protocol *p) {
    x->application = p->ndpi_names ? p->ndpi_names[0] : p->name;
}

struct bytes flow_context_target(const struct flow_context *x, enum side from) {
    if (!x->relayed[from] || from != SIDE_CLIENT)
        return bytes_of(NULL, 0);
    struct bytes target = facts_get(x->facts, FACT_TARGET);
    return target.n ? target : facts_get(x->facts, FACT_HOST);
}

void flow_context_tell(struct flow_contexts *p, struct flow_context *x, const struct bytes *facts) {
    if (!x->facts)
        x->facts = facts_create(p->facts, NULL);
    if (x->facts)
        facts_replace(p->facts, x->facts, facts);
    else
        counter_one(COUNTER_FACTS_SHED);
}
