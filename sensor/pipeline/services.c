/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/path.h"

/* Even where the start of transfers is left out one in so many is looked into: never quite blind. */
enum { STARTS_LEFT = 8 };

static struct transfer *begin_transfer(struct conversation *c, const struct transfer_seed *seed) {
    struct pipeline *the = the_pipeline;
    struct flow_context *flow = c->owner;
    /* What is under way stays with the rules that it began with; what begins takes the newest. */
    if (flow->generation != the->generations.newest)
        flow_context_judge(flow, the->generations.newest, the->inspect_all);
    if (!flow->matters[seed->from]) {
        counter_one(COUNTER_TRANSFERS_NOT_LEAVING);
        return NULL;
    }
    if (overload_sheds(&the->overload, SHED_STARTS) && ++the->starts % STARTS_LEFT != 0) {
        counter_one(COUNTER_SHED_STARTS);
        return NULL;
    }
    if (!flow->application) /* nDPI has no name, but somebody understands it */
        flow_context_called(flow, c->protocol);
    flow->began = true;
    struct transfer_context *x =
        transfer_context_open(&the->transfer_contexts, flow, seed->from, the->generations.newest);
    if (!x)
        return NULL;
    struct transfer *t = content_begin(the->content, c, x, seed);
    transfer_context_release(&the->transfer_contexts, &the->flow_contexts, x); /* its objects have theirs */
    return t;
}

static void expect_flow(struct conversation *c, const struct protocol *p, uint8_t transport,
                        const struct endpoint end[2], struct bytes facts) {
    unsigned number = dispatcher_number(the_pipeline->dispatcher, p);
    if (number >= PROTOCOLS_MAX || facts.n > EXPECT_FACTS_MAX || (!end[0].port && !end[1].port))
        return;
    struct expectation e = {.transport = transport,
                            .protocol = (uint8_t)number,
                            .facts_n = (uint8_t)facts.n,
                            .end = {end[0], end[1]}};
    if (facts.n)
        memcpy(e.facts, facts.p, facts.n);
    expect_add(the_pipeline->expected, &e, c->now);
}

static void call_encrypted(struct conversation *c) {
    struct flow_context *flow = c->owner;
    flow->encrypted = true;
}

static void tell_facts(struct conversation *c, const struct bytes *facts) {
    flow_context_tell(&the_pipeline->flow_contexts, c->owner, facts);
}

const struct protocol_services pipeline_services = {
    .begin = begin_transfer,
    .data = content_data,
    .write = content_write,
    .gap = content_gap,
    .learn = content_learn,
    .end = content_end,
    .expect = expect_flow,
    .encrypted = call_encrypted,
    .tell = tell_facts,
};
