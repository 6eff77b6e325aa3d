/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/path.h"
#include "pipeline/proxied.h"

/* Even where the start of transfers is left out one in so many is looked into: never quite blind. */
enum { STARTS_LEFT = 8 };

static bool is_short(const struct pipeline *p) {
    enum { SHORT = 750 };
    return inspector_fill(p->generations.newest->inspector) >= SHORT || content_is_short(p->content);
}

void pipeline_give_way(struct pipeline *p, unsigned most) {
    static const time_ns repeat = 600 * NS_PER_S;
    unsigned tries = 0;
    while (tries < most && is_short(p) && content_make_room(p->content, p->now))
        tries++;
    if (tries == 0 || (p->short_told && p->now - p->short_told < repeat && p->now >= p->short_told))
        return;
    p->short_told = p->now;
    pipeline_notice(p, "inspection-short",
                    "memory for inspection is short: unfinished uploads and downloads give way, those of the "
                    "hosts that have most of them first");
}

/* Whom a relay is asked for with this transfer: in a tunnel that is who the tunnel leads to, whatever stands
 * in it. */
static struct bytes target_of(const struct conversation *c, const struct transfer_seed *seed) {
    const struct flow_context *flow = c->owner;
    struct bytes host = seed->fact[FACT_HOST], own = seed->fact[FACT_TARGET];
    if (!flow->relayed[seed->from] || seed->from != SIDE_CLIENT)
        return bytes_of(NULL, 0);
    if (own.n == 0)
        own = conversation_target(c);
    if (own.n)
        return own;
    return conversation_tunnels(c) == 0 && host.n ? host : flow_context_target(flow, seed->from);
}

/* Whom a proxy that is no relay of ours is asked for with this transfer, and those to whom its tunnel leads.
 */
static struct bytes proxied_of(const struct conversation *c, const struct transfer_seed *seed,
                               char list[PROXIED_MAX]) {
    const struct flow_context *flow = c->owner;
    struct bytes own = seed->fact[FACT_TARGET], before = facts_get(flow->facts, FACT_PROXIED);
    if (flow->relayed[SIDE_CLIENT] || seed->from != SIDE_CLIENT)
        return bytes_of(NULL, 0);
    if (own.n == 0)
        return before;
    return proxied_add(conversation_tunnels(c) > 0 ? before : bytes_of(NULL, 0), own, list);
}

static struct transfer *begin_transfer(struct conversation *c, const struct transfer_seed *given) {
    struct pipeline *the = the_pipeline;
    struct transfer_seed with_target, *seed = &with_target;
    char list[PROXIED_MAX];
    struct flow_context *flow = c->owner;
    /* What is under way stays with the rules that it began with; what begins takes the newest. */
    if (flow->generation != the->generations.newest)
        flow_context_judge(flow, the->generations.newest, the->inspect_all);
    if (!flow->matters[given->from]) {
        counter_one(COUNTER_TRANSFERS_NOT_LEAVING);
        return NULL;
    }
    with_target = *given;
    with_target.fact[FACT_TARGET] = target_of(c, given);
    with_target.fact[FACT_PROXIED] = proxied_of(c, given, list);
    if (overload_sheds(&the->overload, SHED_STARTS) && ++the->starts % STARTS_LEFT != 0) {
        counter_one(COUNTER_SHED_STARTS);
        return NULL;
    }
    if (!flow->application) /* nDPI has no name, but somebody understands it */
        flow_context_called(flow, c->protocol);
    flow->began |= !given->aside;
    struct transfer_context *x =
        transfer_context_open(&the->transfer_contexts, flow, seed->from, the->generations.newest);
    if (!x)
        return NULL;
    pipeline_give_way(the, 4);
    struct transfer *t = content_begin(the->content, c, x, seed);
    transfer_context_release(&the->transfer_contexts, &the->flow_contexts, x); /* its objects have theirs */
    return t;
}

/* Which worker sees a flow is told by its pair of addresses, or by its ports. */
static bool may_be_elsewhere(const struct conversation *c, const struct endpoint end[2]) {
    const struct pipeline *the = the_pipeline;
    bool same = (address_equal(&c->end[0].address, &end[0].address) &&
                 address_equal(&c->end[1].address, &end[1].address)) ||
                (address_equal(&c->end[0].address, &end[1].address) &&
                 address_equal(&c->end[1].address, &end[0].address));
    return the->readers > 0 && (!same || the->by_ports);
}

static bool expect_flow(struct conversation *c, const struct protocol *p, uint8_t transport,
                        const struct endpoint end[2], struct bytes facts) {
    unsigned number = dispatcher_number(the_pipeline->dispatcher, p);
    if (number >= PROTOCOLS_MAX || facts.n > EXPECT_FACTS_MAX || (!end[0].port && !end[1].port))
        return false;
    struct expectation e = {.transport = transport,
                            .protocol = (uint8_t)number,
                            .facts_n = (uint8_t)facts.n,
                            .end = {end[0], end[1]}};
    if (facts.n)
        memcpy(e.facts, facts.p, facts.n);
    expect_add(the_pipeline->expected, &e, c->now);
    bool elsewhere = may_be_elsewhere(c, end);
    if (elsewhere)
        board_write_expectation(the_pipeline->board, &e);
    return elsewhere;
}

static void note_elsewhere(struct conversation *c, const struct protocol *p, struct bytes text) {
    unsigned number = dispatcher_number(the_pipeline->dispatcher, p);
    if (the_pipeline->readers > 0 && number < PROTOCOLS_MAX)
        board_write_note(the_pipeline->board, (uint8_t)number, text);
}

static bool find_announced(struct conversation *c, struct expectation *out) {
    const struct flow flow = {.transport = c->transport, .end = {c->end[0], c->end[1]}};
    pipeline_hear(the_pipeline, true);
    return pipeline_take_expected(the_pipeline, &flow, c->now, out);
}

static void call_encrypted(struct conversation *c) {
    struct flow_context *flow = c->owner;
    flow->encrypted = true;
}

static void call_clear(struct conversation *c) {
    struct flow_context *flow = c->owner;
    flow->encrypted = false;
}

/* Whom a tunnel leads to is said before it, and what stands in it may ask others for others. */
static bool takes_target(const struct conversation *c) {
    const struct flow_context *flow = c->owner;
    return flow->relayed[SIDE_CLIENT] &&
           (conversation_tunnels(c) == 0 || facts_get(flow->facts, FACT_TARGET).n == 0);
}

static void tell_facts(struct conversation *c, const struct bytes *facts) {
    const struct flow_context *flow = c->owner;
    struct bytes rest[FACT_COUNT];
    char list[PROXIED_MAX];
    if (facts[FACT_TARGET].n && !takes_target(c)) {
        memcpy(rest, facts, sizeof rest);
        rest[FACT_TARGET] = bytes_of(NULL, 0);
        if (!flow->relayed[SIDE_CLIENT])
            rest[FACT_PROXIED] = proxied_add(facts_get(flow->facts, FACT_PROXIED), facts[FACT_TARGET], list);
        facts = rest;
    }
    flow_context_tell(&the_pipeline->flow_contexts, c->owner, facts);
}

static void take_turn(struct conversation *c, bool on) {
    turn_switch(the_pipeline, c->owner, on);
}

const struct protocol_services pipeline_services = {
    .turn = take_turn,
    .begin = begin_transfer,
    .data = content_data,
    .write = content_write,
    .gap = content_gap,
    .learn = content_learn,
    .end = content_end,
    .expect = expect_flow,
    .note = note_elsewhere,
    .announced = find_announced,
    .encrypted = call_encrypted,
    .clear = call_clear,
    .tell = tell_facts,
    .name = pipeline_name_message,
    .head = pipeline_head_lines,
    .resolved = pipeline_resolved,
};
