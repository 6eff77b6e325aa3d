/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/dispatch_inside.h"

/* --- beginning and ending a protocol --- */

void dispatch_drop_hold(struct dispatcher *dp, struct dispatch *d) {
    pool_give(&dp->holds, d->hold);
    d->hold = NULL;
}

void dispatch_close_protocol(struct conversation *c) {
    if (c->protocol)
        c->protocol->close(c);
    c->protocol = NULL;
    c->state = NULL;
}

static void finish_conversation(struct dispatcher *dp, struct conversation *c) {
    while (c->protocol || c->dispatch->outer) {
        dispatch_close_protocol(c);
        if (c->dispatch->outer)
            dispatch_leave_to_outer(c);
    }
    dispatch_drop_hold(dp, c->dispatch);
    dispatch_forget_settle(dp, c->dispatch);
    c->dispatch->phase = FINISHED;
}

void dispatch_give_up(struct dispatcher *dp, struct conversation *c, enum counter why) {
    counter_one(why);
    finish_conversation(dp, c);
}

static bool start_protocol(struct conversation *c, const struct protocol *p, struct bytes facts) {
    c->state = p->open(c, facts);
    if (!c->state) {
        counter_one(COUNTER_PROTOCOL_NOT_OPENED);
        return false;
    }
    c->protocol = p;
    c->dispatch->phase = RUNNING;
    return true;
}

void dispatch_replay_hold(struct dispatcher *dp, struct conversation *c) {
    struct dispatch *d = c->dispatch;
    struct hold *h = d->hold;
    unsigned tunnels = d->tunnels;
    size_t at[2] = {0, 0};
    if (!h)
        return;
    d->hold = NULL;
    for (unsigned i = 0; i < h->events; i++) {
        struct event e = hold_event(h, i, at);
        dispatch_take_event(dp, c, &e);
    }
    if (d->phase == RUNNING && d->by_probe && !d->ndpi_spoke && !d->began && d->tunnels == tunnels)
        d->hold = h;
    else
        pool_give(&dp->holds, h);
}

/* Runs it from what is held; what cannot be opened is not looked at any more. */
static bool run_from_hold(struct dispatcher *dp, struct conversation *c, const struct protocol *p) {
    if (!start_protocol(c, p, bytes_of(NULL, 0))) {
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
    if (d->hold && (d->began || !hold_add(d->hold, e)))
        dispatch_drop_hold(dp, d);
    enum protocol_result result = give_event(c, e);
    if (d->encrypted)
        finish_conversation(dp, c);
    else if (result == PROTOCOL_LOST)
        dispatch_give_up(dp, c, COUNTER_PROTOCOL_LOST);
    else if (result == PROTOCOL_BECOMES)
        dispatch_become(dp, c);
}

/* The first protocol whose probe says YES; *more if one still might. `datagram`: that alone is looked at. */
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
        if (answer == PROBE_MORE)
            *more = true;
        else
            d->refused |= bit;
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

/* Where no protocol of the table reads TLS, the client's first record tells it inside a tunnel, of which nDPI
 * sees nothing (RFC 8446 section 5.1: handshake, 3.x). */
static enum probe probe_tunnelled_tls(const struct dispatch *d, struct bytes client) {
    if (!d->tunnels || client.n == 0 || client.p[0] != 0x16 || (client.n > 1 && client.p[1] != 3))
        return PROBE_NO;
    if (client.n < 3)
        return PROBE_MORE;
    return client.p[2] <= 4 ? PROBE_YES : PROBE_NO;
}

/* A protocol that takes what nothing names, such as FTP data of which no announcement was seen. `e`: what
 * comes next, or NULL. */
static bool claim_unnamed(struct dispatcher *dp, struct conversation *c, const struct event *e) {
    const struct dispatch *d = c->dispatch;
    bool sent[2];
    for (int side = 0; side < 2; side++)
        sent[side] =
            (d->hold && d->hold->used[side] > 0) || (e && e->kind == EVENT_DATA && (int)e->side == side);
    if (sent[0] == sent[1] || d->foreign || c->transport == PROTOCOL_UDP)
        return false;
    for (unsigned i = 0; i < dp->protocols; i++)
        if (dp->table[i]->claims && dp->table[i]->claims(c) &&
            start_protocol(c, dp->table[i], bytes_of(NULL, 0))) {
            dispatch_replay_hold(dp, c);
            if (e)
                dispatch_take_event(dp, c, e);
            return true;
        }
    return false;
}

static void take_unidentified(struct dispatcher *dp, struct conversation *c, const struct event *e) {
    struct expectation late;
    if (dispatch_has_fallback(c->dispatch)) {
        dispatch_fall_back(dp, c, e);
    } else if (c->services->announced && c->services->announced(c, &late) &&
               conversation_announce(dp, c, &late)) {
        if (e)
            dispatch_take_event(dp, c, e);
    } else if (!claim_unnamed(dp, c, e))
        dispatch_give_up(dp, c, COUNTER_FLOWS_UNIDENTIFIED);
}

static bool keep_event(struct dispatcher *dp, struct conversation *c, const struct event *e) {
    struct dispatch *d = c->dispatch;
    if (!d->hold && (d->hold = pool_take(&dp->holds)))
        hold_init(d->hold, dp->hold_bytes);
    bool memory = d->hold != NULL;
    if (memory && hold_add(d->hold, e))
        return true;
    counter_one(memory ? COUNTER_HOLDS_FULL : COUNTER_HOLDS_SHED);
    take_unidentified(dp, c, e);
    return false;
}

/* Bytes are copied only when they do not decide by themselves. */
static void take_undecided(struct dispatcher *dp, struct conversation *c, const struct event *e) {
    struct dispatch *d = c->dispatch;
    const struct event *datagram = e->kind == EVENT_DATAGRAM ? e : NULL;
    bool held = d->hold && d->hold->used[e->side] > 0, more;
    if (held && !keep_event(dp, c, e))
        return;
    struct bytes first[2] = {hold_first(d->hold, SIDE_CLIENT), hold_first(d->hold, SIDE_SERVER)};
    if (!held)
        first[e->side] = bytes_of(e->bytes, e->n);
    const struct protocol *p = probe_all(dp, c, first, datagram, &more);
    enum probe tls = datagram ? PROBE_NO : probe_tunnelled_tls(d, first[SIDE_CLIENT]);
    more |= tls == PROBE_MORE;
    if (p) {
        d->by_probe = true;
        if (run_from_hold(dp, c, p) && !held)
            dispatch_take_event(dp, c, e);
    } else if (tls == PROBE_YES) {
        c->services->encrypted(c);
        finish_conversation(dp, c);
    } else if (d->ndpi_spoke && !more && d->foreign) {
        dispatch_give_up(dp, c, COUNTER_FLOWS_NOT_PARSED);
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
        else
            keep_event(dp, c, e);
        break;
    case RUNNING:
        run_protocol(dp, c, e);
        break;
    case FINISHED:
        break;
    }
}

static bool take_call(struct dispatcher *dp, struct conversation *c, const struct event *e, time_ns time) {
    c->now = time;
    dispatch_take_event(dp, c, e);
    dispatch_settle_outers(c);
    return c->dispatch->phase != FINISHED;
}

bool conversation_data(struct dispatcher *dp, struct conversation *c, enum side from, const uint8_t *bytes,
                       size_t n, time_ns time) {
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
    return n ? take_call(dp, c, &(struct event){EVENT_GAP, from, NULL, n}, time)
             : c->dispatch->phase != FINISHED;
}

void conversation_end(struct dispatcher *dp, struct conversation *c, enum side from, bool clean,
                      time_ns time) {
    take_call(dp, c, &(struct event){clean ? EVENT_END_CLEAN : EVENT_END_CUT, from, NULL, 0}, time);
}

void conversation_close(struct dispatcher *dp, struct conversation *c) {
    if (!c)
        return;
    const struct dispatch *d = c->dispatch;
    /* Who goes on with what is held may ask again among it: as often as in one call. */
    while (d->phase == UNDECIDED && d->hold &&
           (dispatch_has_fallback(d) || d->hold->used[0] + d->hold->used[1]))
        take_unidentified(dp, c, NULL);
    if (d->phase == UNDECIDED && d->foreign)
        counter_one(COUNTER_FLOWS_NOT_PARSED);
    finish_conversation(dp, c);
    pool_give(&dp->slots, c);
}

/* --- what others say of the flow --- */

bool conversation_awaits(const struct conversation *c) {
    const struct dispatch *d = c->dispatch;
    return d->phase == UNDECIDED ||
           (d->phase == RUNNING && c->protocol->adopt && !d->by_probe && !d->announced);
}

bool conversation_spoke(const struct conversation *c) {
    return c->protocol || c->dispatch->tunnels > 0;
}

bool conversation_undecided(const struct conversation *c) {
    return c->dispatch->phase == UNDECIDED;
}

void conversation_abandon(struct dispatcher *dp, struct conversation *c) {
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
    if (d->phase != UNDECIDED || !p || !protocol_can_read(p, c->transport) || !start_protocol(c, p, facts))
        return false;
    d->announced = true;
    d->ndpi_spoke = true; /* an announcement is certain */
    dispatch_replay_hold(dp, c);
    dispatch_settle_outers(c);
    return true;
}

/* nDPI is certain of another protocol than the probe was, and nothing has been handed on yet. */
static void switch_protocol(struct dispatcher *dp, struct conversation *c, const struct protocol *p) {
    counter_one(COUNTER_PROTOCOL_SWITCHED);
    c->dispatch->by_probe = false;
    dispatch_close_protocol(c);
    run_from_hold(dp, c, p);
}

static void name_undecided(struct dispatcher *dp, struct conversation *c, const char *name,
                           const struct protocol *p) {
    struct dispatch *d = c->dispatch;
    if (p) {
        run_from_hold(dp, c, p);
    } else if (name && d->hold) {
        dispatch_give_up(dp, c, COUNTER_FLOWS_NOT_PARSED);
    } else if (name) {
        d->foreign = true; /* of a flow seen late nDPI may judge by less than a probe will see */
    } else if (d->hold) {
        const struct bytes first[2] = {hold_first(d->hold, SIDE_CLIENT), hold_first(d->hold, SIDE_SERVER)};
        bool more;
        if (c->transport == PROTOCOL_UDP)
            more = awaits_datagram(dp, c);
        else
            probe_all(dp, c, first, NULL, &more);
        if (!more)
            take_unidentified(dp, c, NULL);
    }
}

void conversation_named(struct dispatcher *dp, struct conversation *c, const char *name) {
    struct dispatch *d = c->dispatch;
    const struct protocol *p = dispatcher_find_named(dp, c->transport, name);
    if (d->tunnels || d->phase == FINISHED)
        return;
    d->ndpi_spoke = true;
    if (d->phase == UNDECIDED)
        name_undecided(dp, c, name, p);
    else if (p && p != c->protocol && d->by_probe && !d->began && d->hold)
        switch_protocol(dp, c, p);
    else
        dispatch_drop_hold(dp, d);
    dispatch_settle_outers(c);
}
