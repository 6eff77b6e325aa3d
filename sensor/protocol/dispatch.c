/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "base/pool.h"
#include "protocol/memory.h"
#include "protocol/protocol.h"

#include <stdlib.h>

enum {
    HOLD_BYTES_PRESET = 4096,
    HOLD_EVENTS_MAX = 32, /* turns between the sides that are kept in their order */
    TUNNELS_MAX = 4,      /* tunnels in tunnels; bounds the recursion of enter_tunnel() */
    INNER_MAX = 4,
};

enum event_kind { EVENT_DATA, EVENT_GAP, EVENT_END_CLEAN, EVENT_END_CUT };

struct event {
    enum event_kind kind;
    enum side side;
    const uint8_t *bytes; /* EVENT_DATA, borrowed */
    uint64_t n;           /* bytes of data or gap */
};

/* What came while undecided. The bytes of a side lie together, the events tell how the sides took turns. */
struct hold {
    size_t used[2];
    size_t first[2];      /* bytes up to the first gap: what the probes see */
    bool first_closed[2]; /* a gap came behind them */
    unsigned events;
    struct held_event {
        uint8_t kind, side;
        uint64_t n;
    } event[HOLD_EVENTS_MAX];
    uint8_t bytes[]; /* hold_bytes a side */
};

struct dispatch {
    struct dispatcher *dispatcher;
    struct hold *hold; /* undecided, or kept while nDPI may still overrule the probe */
    enum { UNDECIDED, RUNNING, FINISHED } phase;
    uint32_t refused; /* bit a protocol of the table: its probe said NO */
    bool ndpi_spoke;
    bool foreign; /* nDPI named what is not parsed here, before the first byte came in order */
    bool by_probe;
    bool announced;
    bool began; /* a transfer */
    bool encrypted;
    unsigned tunnels;
    unsigned inner_runs;
    struct event inner[INNER_MAX];
};

struct slot {
    struct conversation c; /* first: the pool's object is found by it */
    struct dispatch d;
};

struct dispatcher {
    const struct protocol_services *services; /* the owner's */
    struct protocol_services watched;         /* the same, noting what dispatch must know */
    size_t hold_bytes;
    struct pool slots, holds;
};

static void take_event(struct dispatcher *dp, struct conversation *c, const struct event *e);

static struct transfer *watched_begin(struct conversation *c, const struct transfer_facts *facts) {
    struct transfer *t = c->dispatch->dispatcher->services->begin(c, facts);
    c->dispatch->began = true;
    if (t)
        counter_one(COUNTER_TRANSFERS);
    return t;
}

static void watched_encrypted(struct conversation *c) {
    if (c->dispatch->encrypted)
        return;
    c->dispatch->encrypted = true;
    counter_one(COUNTER_FLOWS_ENCRYPTED);
    c->dispatch->dispatcher->services->encrypted(c);
}

struct dispatcher *dispatcher_create(const struct dispatch_options *o,
                                     const struct protocol_services *services) {
    struct dispatcher *dp = calloc(1, sizeof *dp);
    if (!dp)
        return NULL;
    dp->services = services;
    dp->watched = *services;
    dp->watched.begin = watched_begin;
    dp->watched.encrypted = watched_encrypted;
    protocol_memory_limit(o->memory);
    dp->hold_bytes = o->hold_bytes ? o->hold_bytes : HOLD_BYTES_PRESET;
    if (!pool_init(&dp->slots, sizeof(struct slot), o->conversations) ||
        !pool_init(&dp->holds, sizeof(struct hold) + 2 * dp->hold_bytes,
                   o->holds ? o->holds : o->conversations)) {
        dispatcher_destroy(dp);
        return NULL;
    }
    return dp;
}

void dispatcher_destroy(struct dispatcher *dp) {
    if (!dp)
        return;
    pool_finish(&dp->slots);
    pool_finish(&dp->holds);
    free(dp);
}

bool dispatcher_room(const struct dispatcher *dp) {
    return dp->slots.in_use < dp->slots.limit;
}

size_t dispatcher_conversations(const struct dispatcher *dp) {
    return dp->slots.in_use;
}

struct conversation *conversation_open(struct dispatcher *dp, void *owner, const struct endpoint end[2]) {
    struct slot *s = pool_take(&dp->slots);
    if (!s) {
        counter_one(COUNTER_CONVERSATIONS_SHED);
        return NULL;
    }
    *s = (struct slot){.c = {.services = &dp->watched, .owner = owner, .end = {end[0], end[1]}},
                       .d = {.dispatcher = dp}};
    s->c.dispatch = &s->d;
    return &s->c;
}

/* --- what is held --- */

static void drop_hold(struct dispatcher *dp, struct dispatch *d) {
    pool_give(&dp->holds, d->hold);
    d->hold = NULL;
}

static uint8_t *held_bytes(const struct dispatcher *dp, struct hold *h, enum side side) {
    return h->bytes + (side == SIDE_SERVER ? dp->hold_bytes : 0);
}

/* False when there is no room. */
static bool hold_event(const struct dispatcher *dp, struct hold *h, const struct event *e) {
    struct held_event *last = h->events ? &h->event[h->events - 1] : NULL;
    bool joins = last && last->side == e->side && last->kind == e->kind;
    if (!joins && h->events == HOLD_EVENTS_MAX)
        return false;
    if (e->kind == EVENT_DATA) {
        if (e->n > dp->hold_bytes - h->used[e->side])
            return false;
        memcpy(held_bytes(dp, h, e->side) + h->used[e->side], e->bytes, e->n);
        h->used[e->side] += e->n;
        if (!h->first_closed[e->side])
            h->first[e->side] = h->used[e->side];
    } else if (h->used[e->side]) {
        h->first_closed[e->side] = true;
    }
    if (joins)
        last->n += e->n;
    else
        h->event[h->events++] =
            (struct held_event){.kind = (uint8_t)e->kind, .side = (uint8_t)e->side, .n = e->n};
    return true;
}

static bool take_hold(struct dispatcher *dp, struct dispatch *d) {
    if (d->hold)
        return true;
    d->hold = pool_take(&dp->holds);
    if (!d->hold)
        return false;
    memset(d->hold, 0, sizeof *d->hold);
    return true;
}

/* --- beginning and ending a protocol --- */

static void close_protocol(struct conversation *c) {
    if (c->protocol)
        c->protocol->close(c);
    c->protocol = NULL;
    c->state = NULL;
}

static void finish(struct dispatcher *dp, struct conversation *c) {
    close_protocol(c);
    drop_hold(dp, c->dispatch);
    c->dispatch->phase = FINISHED;
}

static void give_up(struct dispatcher *dp, struct conversation *c, enum counter why) {
    counter_one(why);
    finish(dp, c);
}

static bool start(struct dispatcher *dp, struct conversation *c, const struct protocol *p, void *context) {
    c->state = p->open(c, context);
    if (!c->state) {
        counter_one(COUNTER_PROTOCOL_NOT_OPENED);
        return false;
    }
    c->protocol = p;
    c->dispatch->phase = RUNNING;
    return true;
}

/* Gives the held events to whatever runs now, in the order in which they came. The hold stays with a protocol
 * that only its probe chose, until nDPI has spoken. */
static void replay(struct dispatcher *dp, struct conversation *c) {
    struct dispatch *d = c->dispatch;
    struct hold *h = d->hold;
    unsigned tunnels = d->tunnels;
    size_t at[2] = {0, 0};
    if (!h)
        return;
    d->hold = NULL;
    for (unsigned i = 0; i < h->events; i++) {
        const struct held_event *held = &h->event[i];
        struct event e = {.kind = held->kind, .side = held->side, .n = held->n};
        if (e.kind == EVENT_DATA) {
            e.bytes = held_bytes(dp, h, e.side) + at[e.side];
            at[e.side] += e.n;
        }
        take_event(dp, c, &e);
    }
    if (d->phase == RUNNING && d->by_probe && !d->ndpi_spoke && !d->began && d->tunnels == tunnels)
        d->hold = h;
    else
        pool_give(&dp->holds, h);
}

/* What follows on this flow is another conversation: nDPI has nothing to say of it, the probes have. The old
 * state is closed last, since the first inner bytes may lie in it. */
static void enter_tunnel(struct dispatcher *dp, struct conversation *c) {
    struct dispatch *d = c->dispatch;
    struct event inner[INNER_MAX];
    unsigned runs = d->inner_runs;
    const struct protocol *outer = c->protocol, *now;
    void *outer_state = c->state, *state;
    if (d->tunnels == TUNNELS_MAX) {
        give_up(dp, c, COUNTER_TUNNELS_TOO_DEEP);
        return;
    }
    counter_one(COUNTER_TUNNELS);
    memcpy(inner, d->inner, sizeof inner);
    drop_hold(dp, d);
    *d = (struct dispatch){.dispatcher = dp, .ndpi_spoke = true, .tunnels = d->tunnels + 1};
    c->protocol = NULL;
    c->state = NULL;
    for (unsigned i = 0; i < runs; i++)
        take_event(dp, c, &inner[i]);
    now = c->protocol;
    state = c->state;
    c->protocol = outer;
    c->state = outer_state;
    close_protocol(c);
    c->protocol = now;
    c->state = state;
}

void conversation_inner(struct conversation *c, enum side from, const uint8_t *bytes, size_t n) {
    struct dispatch *d = c->dispatch;
    if (n && d->inner_runs < INNER_MAX)
        d->inner[d->inner_runs++] = (struct event){EVENT_DATA, from, bytes, n};
}

/* --- events --- */

static void run(struct dispatcher *dp, struct conversation *c, const struct event *e) {
    struct dispatch *d = c->dispatch;
    enum protocol_result result = PROTOCOL_OK;
    d->inner_runs = 0;
    if (d->hold && (d->began || !hold_event(dp, d->hold, e)))
        drop_hold(dp, d);
    if (e->kind == EVENT_DATA)
        result = c->protocol->data(c, e->side, e->bytes, e->n);
    else if (e->kind == EVENT_GAP)
        result = c->protocol->gap(c, e->side, e->n);
    else
        c->protocol->end(c, e->side, e->kind == EVENT_END_CLEAN);
    if (d->encrypted)
        finish(dp, c);
    else if (result == PROTOCOL_LOST)
        give_up(dp, c, COUNTER_PROTOCOL_LOST);
    else if (result == PROTOCOL_INNER)
        enter_tunnel(dp, c);
}

/* The first protocol whose probe says YES; *more if one still might. */
static const struct protocol *probe_all(struct dispatch *d, const struct bytes first[2], bool *more) {
    *more = false;
    for (unsigned i = 0; protocol_table[i]; i++) {
        uint32_t bit = UINT32_C(1) << (i % 32);
        if (!protocol_table[i]->probe || (d->refused & bit))
            continue;
        enum probe answer = protocol_table[i]->probe(first);
        if (answer == PROBE_YES)
            return protocol_table[i];
        if (answer == PROBE_MORE)
            *more = true;
        else
            d->refused |= bit;
    }
    return NULL;
}

static void first_bytes(const struct dispatcher *dp, struct hold *h, struct bytes first[2]) {
    for (int side = 0; side < 2; side++)
        first[side] = h ? bytes_of(held_bytes(dp, h, (enum side)side), h->first[side]) : bytes_text("");
}

/* Inside a tunnel nDPI does not name TLS: the client's first record does (RFC 8446 section 5.1:
 * handshake, 3.x). */
static bool tunnelled_tls(const struct dispatch *d, struct bytes client) {
    return d->tunnels && client.n >= 3 && client.p[0] == 0x16 && client.p[1] == 3 && client.p[2] <= 4;
}

/* A protocol that takes what nothing names, such as FTP data of which no announcement was seen. `e`: what
 * comes next, or NULL. */
static bool claimed(struct dispatcher *dp, struct conversation *c, const struct event *e) {
    const struct dispatch *d = c->dispatch;
    bool sent[2];
    for (int side = 0; side < 2; side++)
        sent[side] =
            (d->hold && d->hold->used[side] > 0) || (e && e->kind == EVENT_DATA && (int)e->side == side);
    for (unsigned i = 0; protocol_table[i] && sent[0] != sent[1] && !d->foreign; i++)
        if (protocol_table[i]->claims && protocol_table[i]->claims(c) &&
            start(dp, c, protocol_table[i], NULL)) {
            replay(dp, c);
            if (e)
                take_event(dp, c, e);
            return true;
        }
    return false;
}

static void unidentified(struct dispatcher *dp, struct conversation *c, const struct event *e) {
    if (!claimed(dp, c, e))
        give_up(dp, c, COUNTER_FLOWS_UNIDENTIFIED);
}

static bool keep(struct dispatcher *dp, struct conversation *c, const struct event *e) {
    struct dispatch *d = c->dispatch;
    bool memory = take_hold(dp, d);
    if (memory && hold_event(dp, d->hold, e))
        return true;
    counter_one(memory ? COUNTER_HOLDS_FULL : COUNTER_HOLDS_SHED);
    unidentified(dp, c, e);
    return false;
}

/* Bytes are copied only when they do not decide by themselves. */
static void take_undecided_data(struct dispatcher *dp, struct conversation *c, const struct event *e) {
    struct dispatch *d = c->dispatch;
    bool held = d->hold && d->hold->used[e->side] > 0, more;
    struct bytes first[2];
    if (held && !keep(dp, c, e))
        return;
    first_bytes(dp, d->hold, first);
    if (!held)
        first[e->side] = bytes_of(e->bytes, e->n);
    const struct protocol *p = probe_all(d, first, &more);
    if (p) {
        d->by_probe = true;
        if (!start(dp, c, p, NULL)) {
            finish(dp, c);
            return;
        }
        replay(dp, c);
        if (!held)
            take_event(dp, c, e);
    } else if (tunnelled_tls(d, first[SIDE_CLIENT])) {
        c->services->encrypted(c);
        finish(dp, c);
    } else if (d->ndpi_spoke && !more && d->foreign) {
        give_up(dp, c, COUNTER_FLOWS_NOT_PARSED);
    } else if (d->ndpi_spoke && !more) {
        unidentified(dp, c, held ? NULL : e);
    } else if (!held) {
        keep(dp, c, e);
    }
}

static void take_event(struct dispatcher *dp, struct conversation *c, const struct event *e) {
    switch (c->dispatch->phase) {
    case UNDECIDED:
        if (e->kind == EVENT_DATA)
            take_undecided_data(dp, c, e);
        else
            keep(dp, c, e);
        break;
    case RUNNING:
        run(dp, c, e);
        break;
    case FINISHED:
        break;
    }
}

bool conversation_data(struct dispatcher *dp, struct conversation *c, enum side from, const uint8_t *bytes,
                       size_t n, time_ns time) {
    c->now = time;
    if (n)
        take_event(dp, c, &(struct event){EVENT_DATA, from, bytes, n});
    return c->dispatch->phase != FINISHED;
}

bool conversation_gap(struct dispatcher *dp, struct conversation *c, enum side from, uint64_t n,
                      time_ns time) {
    c->now = time;
    if (n)
        take_event(dp, c, &(struct event){EVENT_GAP, from, NULL, n});
    return c->dispatch->phase != FINISHED;
}

void conversation_end(struct dispatcher *dp, struct conversation *c, enum side from, bool clean,
                      time_ns time) {
    c->now = time;
    take_event(dp, c, &(struct event){clean ? EVENT_END_CLEAN : EVENT_END_CUT, from, NULL, 0});
}

void conversation_close(struct dispatcher *dp, struct conversation *c) {
    if (!c)
        return;
    if (c->dispatch->phase == UNDECIDED && c->dispatch->hold &&
        c->dispatch->hold->used[0] + c->dispatch->hold->used[1])
        unidentified(dp, c, NULL);
    else if (c->dispatch->phase == UNDECIDED && c->dispatch->foreign)
        counter_one(COUNTER_FLOWS_NOT_PARSED);
    finish(dp, c);
    pool_give(&dp->slots, c);
}

/* --- what others say of the flow --- */

bool conversation_awaits(const struct conversation *c) {
    const struct dispatch *d = c->dispatch;
    return d->phase == UNDECIDED ||
           (d->phase == RUNNING && c->protocol->adopt && !d->by_probe && !d->announced);
}

bool conversation_undecided(const struct conversation *c) {
    return c->dispatch->phase == UNDECIDED;
}

void conversation_abandon(struct dispatcher *dp, struct conversation *c) {
    finish(dp, c);
}

bool conversation_announce(struct dispatcher *dp, struct conversation *c, const struct protocol *p,
                           void *context) {
    struct dispatch *d = c->dispatch;
    if (d->phase == RUNNING && c->protocol == p && p->adopt) {
        bool taken = p->adopt(c, context);
        d->announced |= taken;
        return taken;
    }
    if (d->phase != UNDECIDED || !start(dp, c, p, context))
        return false;
    d->announced = true;
    d->ndpi_spoke = true; /* an announcement is certain */
    replay(dp, c);
    return true;
}

/* nDPI is certain of another protocol than the probe was, and nothing has been handed on yet. */
static void switch_protocol(struct dispatcher *dp, struct conversation *c, const struct protocol *p) {
    counter_one(COUNTER_PROTOCOL_SWITCHED);
    c->dispatch->by_probe = false;
    close_protocol(c);
    if (start(dp, c, p, NULL))
        replay(dp, c);
    else
        finish(dp, c);
}

static void named_undecided(struct dispatcher *dp, struct conversation *c, const char *name,
                            const struct protocol *p) {
    struct bytes first[2];
    bool more;
    if (p) {
        if (start(dp, c, p, NULL))
            replay(dp, c);
        else
            finish(dp, c);
    } else if (name && c->dispatch->hold) {
        give_up(dp, c, COUNTER_FLOWS_NOT_PARSED);
    } else if (name) {
        c->dispatch->foreign = true; /* of a flow seen late nDPI may judge by less than a probe will see */
    } else if (c->dispatch->hold) {
        first_bytes(dp, c->dispatch->hold, first);
        probe_all(c->dispatch, first, &more);
        if (!more)
            unidentified(dp, c, NULL);
    }
}

void conversation_named(struct dispatcher *dp, struct conversation *c, const char *name) {
    struct dispatch *d = c->dispatch;
    const struct protocol *p = protocol_by_ndpi_name(name);
    if (d->tunnels || d->phase == FINISHED)
        return;
    d->ndpi_spoke = true;
    if (d->phase == UNDECIDED)
        named_undecided(dp, c, name, p);
    else if (p && p != c->protocol && d->by_probe && !d->began && d->hold)
        switch_protocol(dp, c, p);
    else
        drop_hold(dp, d);
}
