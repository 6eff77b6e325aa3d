/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/dispatch_inside.h"

#include "protocol/memory.h"
#include "protocol/promise.h"

/* --- beginning and ending a protocol --- */

void dispatch_drop_hold(struct dispatcher *dp, struct dispatch *d) {
    holds_give(&dp->holds, d->hold);
    d->hold = NULL;
}

void dispatch_close_protocol(struct conversation *c) {
    if (c->protocol)
        c->protocol->close(c);
    c->protocol = NULL;
    c->state = NULL;
    conversation_grant(c, SIDE_CLIENT, 0);
    conversation_grant(c, SIDE_SERVER, 0);
}

static void finish_conversation(struct dispatcher *dp, struct conversation *c) {
    while (c->protocol || c->dispatch->outer) {
        dispatch_close_protocol(c);
        if (c->dispatch->outer)
            dispatch_leave_to_outer(c);
    }
    dispatch_drop_hold(dp, c->dispatch);
    dispatch_forget_settle(dp, c->dispatch);
    protocol_free(c->dispatch->within.state);
    protocol_free(c->dispatch->asked.state);
    c->dispatch->within = c->dispatch->asked = (struct within){NULL, NULL};
    c->dispatch->phase = FINISHED;
    c->shaking[SIDE_CLIENT] = c->shaking[SIDE_SERVER] = false; /* nobody looks any more */
}

void dispatch_give_up(struct dispatcher *dp, struct conversation *c, enum counter why) {
    counter_one(why);
    c->dispatch->lost = true;
    finish_conversation(dp, c);
}

bool dispatch_start(struct conversation *c, const struct protocol *p, struct bytes facts) {
    c->state = p->open(c, facts);
    if (!c->state) {
        counter_one(COUNTER_PROTOCOL_NOT_OPENED);
        return false;
    }
    c->protocol = p;
    c->shaking[SIDE_CLIENT] = c->shaking[SIDE_SERVER] = p->shakes;
    c->spare = false;
    c->dispatch->phase = RUNNING;
    if (!p->takes_rest)
        c->dispatch->spoken = p->name;
    return true;
}

void dispatch_replay_hold(struct dispatcher *dp, struct conversation *c) {
    struct dispatch *d = c->dispatch;
    struct hold *h = d->hold;
    size_t at[2] = {0, 0};
    if (!h)
        return;
    d->hold = NULL;
    for (unsigned i = 0; i < h->events; i++) {
        struct event e = hold_event(h, i, at);
        dispatch_take_event(dp, c, &e);
    }
    holds_give(&dp->holds, h);
}

/* Runs it from what is held; what cannot be opened is not looked at any more. */
static bool run_from_hold(struct dispatcher *dp, struct conversation *c, const struct protocol *p) {
    if (!dispatch_start(c, p, bytes_of(NULL, 0))) {
        finish_conversation(dp, c);
        return false;
    }
    dispatch_replay_hold(dp, c);
    return true;
}

/* --- events --- */

static enum protocol_result give_event(struct conversation *c, const struct event *e) {
    const struct protocol *p = c->protocol;
    switch (e->kind) {
    case EVENT_DATA:
        return p->data(c, e->side, e->bytes, e->n);
    case EVENT_DATAGRAM:
        return p->datagram(c, e->side, e->bytes, e->n);
    case EVENT_GAP:
        return p->gap(c, e->side, e->n);
    case EVENT_END_CLEAN:
    case EVENT_END_CUT:
        if (p->end)
            p->end(c, e->side, e->kind == EVENT_END_CLEAN);
    }
    return PROTOCOL_OK;
}

static void run_protocol(struct dispatcher *dp, struct conversation *c, const struct event *e) {
    struct dispatch *d = c->dispatch;
    d->inner_runs = 0;
    d->candidates = UINT64_MAX;
    d->fallback = false;
    enum protocol_result result = give_event(c, e);
    if (result == PROTOCOL_DONE)
        finish_conversation(dp, c);
    else if (result == PROTOCOL_LOST)
        dispatch_give_up(dp, c, COUNTER_PROTOCOL_LOST);
    else if (result == PROTOCOL_BECOMES)
        dispatch_become(dp, c);
}

/* The first protocol whose probe says YES; *more if one still might, the one that nDPI named aside.
 * `datagram`: that alone is looked at. */
static const struct protocol *probe_all(const struct dispatcher *dp, struct conversation *c,
                                        const struct bytes first[2], const struct event *datagram,
                                        bool *more) {
    struct dispatch *d = c->dispatch;
    *more = false;
    for (unsigned i = 0; i < dp->protocols; i++) {
        const struct protocol *p = dp->table[i];
        uint64_t bit = UINT64_C(1) << i;
        bool asks = datagram ? p->probe_datagram != NULL : p->probe != NULL;
        if (!asks || !protocol_can_read(p, c->transport) || (d->refused & bit))
            continue;
        enum probe answer = datagram
                                ? p->probe_datagram(datagram->side, bytes_of(datagram->bytes, datagram->n))
                                : p->probe(first);
        if (answer == PROBE_YES)
            return p;
        if (answer == PROBE_NO)
            d->refused |= bit;
        else if (p != d->named)
            *more = true;
    }
    return NULL;
}

/* Has any probe said of all datagrams so far that one more may tell? */
static bool awaits_datagram(const struct dispatcher *dp, const struct conversation *c) {
    for (unsigned i = 0; i < dp->protocols; i++)
        if (dp->table[i]->probe_datagram && protocol_can_read(dp->table[i], c->transport) &&
            !(c->dispatch->refused & UINT64_C(1) << i))
            return true;
    return false;
}

static bool start_with(struct dispatcher *dp, struct conversation *c, const struct protocol *p,
                       const struct event *e) {
    if (!dispatch_start(c, p, bytes_of(NULL, 0)))
        return false;
    dispatch_replay_hold(dp, c);
    if (e)
        dispatch_take_event(dp, c, e);
    return true;
}

/* A protocol that takes what nothing names, such as FTP data of which no announcement was seen. `e`: what
 * comes next, or NULL. */
static bool claim_unnamed(struct dispatcher *dp, struct conversation *c, const struct event *e) {
    const struct dispatch *d = c->dispatch;
    bool sent[2];
    for (int side = 0; side < 2; side++)
        sent[side] =
            (d->hold && d->hold->used[side] > 0) || (e && e->kind == EVENT_DATA && (int)e->side == side);
    if (sent[0] == sent[1] || c->transport == PROTOCOL_UDP)
        return false;
    for (unsigned i = 0; i < dp->protocols; i++)
        if (dp->table[i]->claims && dp->table[i]->claims(c) && start_with(dp, c, dp->table[i], e))
            return true;
    return false;
}

static bool find_promise(const struct dispatch *d, const struct event *e) {
    struct bytes first[2] = {hold_first(d->hold, SIDE_CLIENT), hold_first(d->hold, SIDE_SERVER)};
    if (e && e->kind == EVENT_DATA && first[e->side].n == 0)
        first[e->side] = bytes_of(e->bytes, e->n);
    return promises_tls(first[SIDE_CLIENT], first[SIDE_SERVER]);
}

/* Nobody knows it: the last resort looks on. */
static void leave_to_rest(struct dispatcher *dp, struct conversation *c, const struct event *e) {
    c->dispatch->may_seal = find_promise(c->dispatch, e);
    enum counter why = c->dispatch->foreign ? COUNTER_FLOWS_NOT_PARSED : COUNTER_FLOWS_UNIDENTIFIED;
    for (unsigned i = 0; i < dp->protocols; i++)
        if (dp->table[i]->takes_rest && protocol_can_read(dp->table[i], c->transport)) {
            counter_one(why);
            if (!start_with(dp, c, dp->table[i], e))
                finish_conversation(dp, c);
            return;
        }
    dispatch_give_up(dp, c, why);
}

/* nDPI's name helps where the probe of that protocol, which saw the same bytes, has not said NO. */
static bool take_named(struct dispatcher *dp, struct conversation *c, const struct event *e) {
    const struct dispatch *d = c->dispatch;
    return d->named && !(d->refused >> dispatcher_number(dp, d->named) & 1) && start_with(dp, c, d->named, e);
}

static void take_unidentified(struct dispatcher *dp, struct conversation *c, const struct event *e) {
    struct expectation late;
    if (take_named(dp, c, e))
        return;
    if (dispatch_has_fallback(c->dispatch)) {
        dispatch_fall_back(dp, c, e);
    } else if (c->services->announced && c->services->announced(c, &late) &&
               conversation_announce(dp, c, &late)) {
        if (e)
            dispatch_take_event(dp, c, e);
    } else if (!claim_unnamed(dp, c, e)) {
        leave_to_rest(dp, c, e);
    }
}

static uint64_t size_of(const struct event *e) {
    return e->kind == EVENT_DATA || e->kind == EVENT_DATAGRAM ? e->n : 0;
}

static bool keep_event(struct dispatcher *dp, struct conversation *c, const struct event *e) {
    struct dispatch *d = c->dispatch;
    d->hold =
        d->hold ? holds_widen(&dp->holds, d->hold, e->side, size_of(e)) : holds_take(&dp->holds, size_of(e));
    if (d->hold && hold_add(d->hold, e))
        return true;
    bool memory = d->hold && d->hold->room == dp->holds.room;
    counter_one(memory ? COUNTER_HOLDS_FULL : COUNTER_HOLDS_SHED);
    take_unidentified(dp, c, e);
    return false;
}

/* A segment that does not fit what is held is looked at as far as there is room for it. */
static bool decide_beyond(struct dispatcher *dp, struct conversation *c, const struct event *e) {
    struct hold *h = c->dispatch->hold = holds_widen(&dp->holds, c->dispatch->hold, e->side, size_of(e));
    struct bytes first[2] = {hold_first(h, SIDE_CLIENT), hold_first(h, SIDE_SERVER)};
    bool more;
    if (e->n <= h->room - h->used[e->side] || e->kind != EVENT_DATA)
        return false;
    first[e->side] = hold_peek(h, e);
    const struct protocol *p = probe_all(dp, c, first, NULL, &more);
    if (!p)
        return false;
    c->dispatch->by_probe = true;
    if (run_from_hold(dp, c, p))
        dispatch_take_event(dp, c, e);
    return true;
}

/* Bytes are copied only when they do not decide by themselves. */
static void take_undecided(struct dispatcher *dp, struct conversation *c, const struct event *e) {
    struct dispatch *d = c->dispatch;
    const struct event *datagram = e->kind == EVENT_DATAGRAM ? e : NULL;
    bool held = d->hold && d->hold->used[e->side] > 0, more;
    if (held && (decide_beyond(dp, c, e) || !keep_event(dp, c, e)))
        return;
    struct bytes first[2] = {hold_first(d->hold, SIDE_CLIENT), hold_first(d->hold, SIDE_SERVER)};
    if (!held)
        first[e->side] = bytes_of(e->bytes, e->n);
    const struct protocol *p = probe_all(dp, c, first, datagram, &more);
    if (p) {
        d->by_probe = true;
        if (run_from_hold(dp, c, p) && !held)
            dispatch_take_event(dp, c, e);
    } else if (d->ndpi_spoke && !more) {
        take_unidentified(dp, c, held ? NULL : e);
    } else if (!held) {
        keep_event(dp, c, e);
    }
}

void dispatch_take_event(struct dispatcher *dp, struct conversation *c, const struct event *e) {
    switch (c->dispatch->phase) {
    case UNDECIDED:
        if (e->kind == EVENT_DATA || e->kind == EVENT_DATAGRAM)
            take_undecided(dp, c, e);
        else if (keep_event(dp, c, e) && e->kind != EVENT_GAP)
            take_named(dp, c, NULL); /* that side will say no more */
        break;
    case RUNNING:
        run_protocol(dp, c, e);
        break;
    case FINISHED:
        break;
    }
}

void dispatch_take_within(struct dispatcher *dp, struct conversation *c, const struct event *e) {
    struct within w = c->dispatch->within;
    bool inside = e->kind == EVENT_DATA || e->kind == EVENT_DATAGRAM;
    if (!w.layer || (!inside && e->kind != EVENT_GAP)) {
        dispatch_take_event(dp, c, e);
        return;
    }
    if (e->kind == EVENT_GAP) {
        w.layer->gap(w.state, e->side, e->n);
        dispatch_take_event(dp, c, e);
        return;
    }
    struct bytes in = bytes_of(e->bytes, e->n);
    while (in.n > 0 && c->dispatch->phase != FINISHED) {
        struct bytes run = w.layer->next(w.state, e->side, &in);
        if (run.n > 0)
            dispatch_take_event(dp, c, &(struct event){e->kind, e->side, run.p, run.n});
    }
}

static bool take_call(struct dispatcher *dp, struct conversation *c, const struct event *e, time_ns time) {
    c->now = time;
    dispatch_take_within(dp, c, e);
    dispatch_settle_outers(c);
    return c->dispatch->phase != FINISHED;
}

bool conversation_counts(struct conversation *c, enum side from, size_t n, time_ns time) {
    if (n > c->quiet[from] || c->dispatch->within.layer)
        return false;
    c->quiet[from] -= (uint32_t)n;
    c->now = time;
    return true;
}

bool conversation_data(struct dispatcher *dp, struct conversation *c, enum side from, const uint8_t *bytes,
                       size_t n, time_ns time) {
    if (n > 0 && conversation_counts(c, from, n, time))
        return true;
    return n ? take_call(dp, c, &(struct event){EVENT_DATA, from, bytes, n}, time)
             : c->dispatch->phase != FINISHED;
}

bool conversation_datagram(struct dispatcher *dp, struct conversation *c, enum side from,
                           const uint8_t *bytes, size_t n, time_ns time) {
    return n ? take_call(dp, c, &(struct event){EVENT_DATAGRAM, from, bytes, n}, time)
             : c->dispatch->phase != FINISHED;
}

bool conversation_gap(struct dispatcher *dp, struct conversation *c, enum side from, uint64_t n,
                      time_ns time) {
    c->lost[from] |= n > 0;
    return n ? take_call(dp, c, &(struct event){EVENT_GAP, from, NULL, n}, time)
             : c->dispatch->phase != FINISHED;
}

void conversation_end(struct dispatcher *dp, struct conversation *c, enum side from, bool clean,
                      time_ns time) {
    take_call(dp, c, &(struct event){clean ? EVENT_END_CLEAN : EVENT_END_CUT, from, NULL, 0}, time);
}

void conversation_decide(struct dispatcher *dp, struct conversation *c) {
    const struct dispatch *d = c->dispatch;
    /* Who goes on with what is held may ask again among it: as often as in one call. */
    while (d->phase == UNDECIDED && d->hold &&
           (dispatch_has_fallback(d) || d->hold->used[0] + d->hold->used[1]))
        take_unidentified(dp, c, NULL);
}

void conversation_close(struct dispatcher *dp, struct conversation *c) {
    if (!c)
        return;
    conversation_decide(dp, c);
    finish_conversation(dp, c);
    pool_give(&dp->slots, c);
}

/* --- what others say of the flow --- */

bool conversation_awaits(const struct conversation *c) {
    const struct dispatch *d = c->dispatch;
    return d->phase == UNDECIDED ||
           (d->phase == RUNNING && c->protocol->adopt && !d->by_probe && !d->announced);
}

const char *conversation_spoken(const struct conversation *c) {
    return c->dispatch->spoken;
}

bool conversation_read(const struct conversation *c) {
    return c->protocol && !c->protocol->takes_rest && !c->dispatch->lost;
}

bool conversation_carved(const struct conversation *c) {
    return c->protocol && c->protocol->takes_rest;
}

unsigned conversation_tunnels(const struct conversation *c) {
    return c->dispatch->tunnels;
}

struct bytes conversation_target(const struct conversation *c) {
    return c->dispatch->target;
}

bool conversation_lost(const struct conversation *c) {
    return c->dispatch->lost;
}

bool conversation_undecided(const struct conversation *c) {
    const struct dispatch *d = c->dispatch;
    return d->phase == UNDECIDED || (c->protocol && c->protocol->takes_rest && !d->began);
}

bool conversation_may_seal(const struct conversation *c) {
    const struct dispatch *d = c->dispatch;
    return c->transport == PROTOCOL_TCP && conversation_undecided(c) &&
           (d->phase == UNDECIDED ? find_promise(d, NULL) : d->may_seal);
}

void conversation_abandon(struct dispatcher *dp, struct conversation *c) {
    c->dispatch->lost = true;
    finish_conversation(dp, c);
}

bool conversation_announce(struct dispatcher *dp, struct conversation *c, const struct expectation *e) {
    struct dispatch *d = c->dispatch;
    const struct protocol *p = dispatcher_protocol(dp, e->protocol);
    struct bytes facts = bytes_of(e->facts, e->facts_n);
    if (d->phase == RUNNING && c->protocol == p && p->adopt) {
        bool taken = p->adopt(c, facts);
        d->announced |= taken;
        return taken;
    }
    if (d->phase != UNDECIDED || !p || !protocol_can_read(p, c->transport) || !dispatch_start(c, p, facts))
        return false;
    d->announced = true;
    d->ndpi_spoke = true; /* an announcement is certain */
    dispatch_replay_hold(dp, c);
    dispatch_settle_outers(c);
    return true;
}

void conversation_named(struct dispatcher *dp, struct conversation *c, const char *name) {
    struct dispatch *d = c->dispatch;
    const struct protocol *p = dispatcher_find_named(dp, c->transport, name);
    if (d->tunnels || d->phase != UNDECIDED)
        return;
    d->ndpi_spoke = true;
    d->named = p;
    d->foreign = name && !p;
    if (d->hold) {
        const struct bytes first[2] = {hold_first(d->hold, SIDE_CLIENT), hold_first(d->hold, SIDE_SERVER)};
        bool more = true;
        if (c->transport == PROTOCOL_UDP)
            more = awaits_datagram(dp, c);
        else
            probe_all(dp, c, first, NULL, &more);
        if (!more)
            take_unidentified(dp, c, NULL);
    }
    dispatch_settle_outers(c);
}
