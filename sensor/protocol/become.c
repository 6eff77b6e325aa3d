/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/dispatch_inside.h"

#include "protocol/memory.h"

void conversation_become(struct conversation *c, const struct protocol *const *candidates, bool fallback) {
    struct dispatch *d = c->dispatch;
    d->fallback = fallback;
    d->certain = NULL;
    d->candidates = candidates ? 0 : UINT64_MAX;
    for (; candidates && *candidates; candidates++) {
        unsigned number = dispatcher_number(d->dispatcher, *candidates);
        if (number < d->dispatcher->protocols)
            d->candidates |= UINT64_C(1) << number;
    }
}

void conversation_become_this(struct conversation *c, const struct protocol *p, struct bytes facts) {
    conversation_become(c, NULL, false);
    c->dispatch->certain = p;
    c->dispatch->facts = facts;
}

void conversation_inner(struct conversation *c, enum side from, const uint8_t *bytes, size_t n) {
    struct dispatch *d = c->dispatch;
    if (n && d->inner_runs < INNER_MAX)
        d->inner[d->inner_runs++] =
            (struct event){c->transport == PROTOCOL_UDP ? EVENT_DATAGRAM : EVENT_DATA, from, bytes, n};
    else
        counter_add(COUNTER_INNER_LOST, n);
}

enum protocol_result conversation_become_any(struct conversation *c, enum side from, struct bytes held,
                                             struct bytes rest) {
    conversation_become(c, NULL, false);
    conversation_inner(c, from, held.p, held.n);
    conversation_inner(c, from, rest.p, rest.n);
    return PROTOCOL_BECOMES;
}

void conversation_within(struct conversation *c, const struct layer *layer, void *state) {
    struct dispatch *d = c->dispatch;
    protocol_free(d->asked.state);
    d->asked = (struct within){layer, state};
}

/* What is not encrypted any more. */
static void end_encryption(struct conversation *c) {
    counter_one(COUNTER_ENCRYPTED_CLEAR);
    c->dispatch->encrypted = false;
    c->services->clear(c);
}

/* nDPI has nothing to say of what follows, the probes have. The old state is closed at the end of the call,
 * since the first inner bytes may lie in it. */
void dispatch_become(struct dispatcher *dp, struct conversation *c) {
    struct dispatch *d = c->dispatch;
    struct event inner[INNER_MAX];
    unsigned runs = d->inner_runs;
    const struct protocol *certain = d->certain;
    struct bytes facts = d->facts;
    bool wrapped = d->asked.layer != NULL;
    if (d->tunnels == TUNNELS_MAX || d->turns == TUNNELS_MAX || (wrapped && d->within.layer)) {
        dispatch_give_up(dp, c, COUNTER_TUNNELS_TOO_DEEP);
        return;
    }
    struct outer *o = protocol_alloc(PROTOCOL_STATE, sizeof *o);
    if (!o) {
        dispatch_give_up(dp, c, COUNTER_PROTOCOL_NO_MEMORY);
        return;
    }
    counter_one(COUNTER_TUNNELS);
    if (d->encrypted)
        end_encryption(c);
    *o = (struct outer){d->outer, c->protocol, c->state, d->fallback};
    memcpy(inner, d->inner, sizeof inner);
    dispatch_drop_hold(dp, d);
    dispatch_forget_settle(dp, d);
    *d = (struct dispatch){.dispatcher = dp,
                           .outer = o,
                           .refused = ~d->candidates,
                           .ndpi_spoke = true,
                           .foreign = d->foreign,
                           .spoken = d->spoken,
                           .target = d->target,
                           .flow = d->flow,
                           .branches = d->branches,
                           .within = wrapped ? d->asked : d->within,
                           .tunnels = (uint8_t)(d->tunnels + 1),
                           .turns = (uint8_t)(d->turns + 1)};
    c->protocol = NULL;
    c->state = NULL;
    c->shaking[SIDE_CLIENT] = c->shaking[SIDE_SERVER] = false;
    conversation_grant(c, SIDE_CLIENT, 0);
    conversation_grant(c, SIDE_SERVER, 0);
    if (certain)
        dispatch_start(c, certain, facts);
    for (unsigned i = 0; i < runs; i++)
        if (wrapped)
            dispatch_take_within(dp, c, &inner[i]);
        else
            dispatch_take_event(dp, c, &inner[i]);
}

void dispatch_leave_to_outer(struct conversation *c) {
    struct outer *o = c->dispatch->outer;
    dispatch_close_protocol(c);
    c->protocol = o->protocol;
    c->state = o->state;
    c->dispatch->outer = o->next;
    protocol_free(o);
}

static void close_outers(struct conversation *c) {
    const struct protocol *now = c->protocol;
    void *state = c->state;
    c->protocol = NULL;
    while (c->dispatch->outer)
        dispatch_leave_to_outer(c);
    dispatch_close_protocol(c);
    c->protocol = now;
    c->state = state;
}

bool dispatch_has_fallback(const struct dispatch *d) {
    return d->outer && d->outer->fallback;
}

void dispatch_fall_back(struct dispatcher *dp, struct conversation *c, const struct event *e) {
    struct dispatch *d = c->dispatch;
    counter_one(COUNTER_TUNNELS_FALLBACK);
    dispatch_leave_to_outer(c);
    d->phase = RUNNING;
    d->by_probe = false;
    d->tunnels--;
    dispatch_replay_hold(dp, c);
    if (e)
        dispatch_take_event(dp, c, e);
}

/* At the end of each call: who followed another is on its own once it runs, and what cannot fall back is
 * over. */
void dispatch_settle_outers(struct conversation *c) {
    struct dispatch *d = c->dispatch;
    d->turns = 0;
    if (d->outer && (d->phase != UNDECIDED || !d->outer->fallback))
        close_outers(c);
}
