/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/dispatch.h"

#include "base/counter.h"
#include "protocol/hold.h"
#include "protocol/memory.h"
#include "protocol/shared.h"

#include <stdlib.h>

enum {
    HOLD_BYTES_PRESET = 4096,
    TUNNELS_MAX =
        4, /* conversations in conversations, and turns in one call; bounds the recursion of become_other() */
    INNER_MAX = 4,
};

/* A conversation whose flow has become, or may become, another one. */
struct outer {
    struct outer *next; /* the one around it */
    const struct protocol *protocol;
    void *state;
    bool fallback; /* it goes on if nobody takes what follows */
};

struct dispatch {
    struct dispatcher *dispatcher;
    struct hold *hold;   /* undecided, or kept while nDPI may still overrule the probe */
    struct outer *outer; /* closed at the end of the call in which somebody takes what follows */
    uint64_t refused;    /* bit a protocol of the table: its probe said NO, or it is no candidate */
    enum { UNDECIDED, RUNNING, FINISHED } phase;
    bool ndpi_spoke;
    bool foreign; /* nDPI named what is not parsed here, before the first byte came in order */
    bool by_probe;
    bool announced;
    bool began; /* a transfer */
    bool encrypted;
    bool fallback;   /* of what becomes of it, as the protocol asked */
    uint8_t tunnels; /* conversations around this one */
    uint8_t turns;   /* of this call */
    uint8_t inner_runs;
    uint64_t candidates; /* bits, as the protocol asked */
    struct event inner[INNER_MAX];
};

struct slot {
    struct conversation c; /* first: the pool's object is found by it */
    struct dispatch d;
};

struct dispatcher {
    const struct protocol *const *table;
    unsigned protocols;
    struct codings *codings;
    const struct protocol_services *services; /* the owner's */
    struct protocol_services watched;         /* the same, noting what dispatch must know */
    bool datagrams;
    size_t hold_bytes;
    struct pool slots, holds;
};

static void take_event(struct dispatcher *dp, struct conversation *c, const struct event *e);

static struct transfer *watched_begin(struct conversation *c, const struct transfer_seed *seed) {
    struct transfer *t = c->dispatch->dispatcher->services->begin(c, seed);
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
    dp->table = o->table ? o->table : protocol_table;
    for (; dp->table[dp->protocols] && dp->protocols < PROTOCOLS_MAX; dp->protocols++)
        dp->datagrams |= dp->table[dp->protocols]->datagram != NULL;
    dp->codings = o->codings;
    dp->services = services;
    dp->watched = *services;
    dp->watched.begin = watched_begin;
    dp->watched.encrypted = watched_encrypted;
    protocol_memory_limit(o->memory);
    dp->hold_bytes = o->hold_bytes ? o->hold_bytes : HOLD_BYTES_PRESET;
    if (!pool_init(&dp->slots, sizeof(struct slot), o->conversations) ||
        !pool_init(&dp->holds, hold_size(dp->hold_bytes), o->holds ? o->holds : o->conversations)) {
        dispatcher_destroy(dp);
        return NULL;
    }
    return dp;
}

void dispatcher_destroy(struct dispatcher *dp) {
    if (!dp)
        return;
    shared_state_clear();
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

bool dispatcher_wants_datagrams(const struct dispatcher *dp) {
    return dp->datagrams;
}

unsigned dispatcher_number(const struct dispatcher *dp, const struct protocol *p) {
    unsigned i = 0;
    while (i < dp->protocols && dp->table[i] != p)
        i++;
    return i;
}

const struct protocol *dispatcher_protocol(const struct dispatcher *dp, unsigned number) {
    return number < dp->protocols ? dp->table[number] : NULL;
}

void dispatcher_tick(struct dispatcher *dp, time_ns now) {
    shared_state_tick(now);
}

/* --- the table --- */

static bool can_read(const struct protocol *p, uint8_t transport) {
    return transport == PROTOCOL_UDP ? p->datagram != NULL : p->data != NULL;
}

static const struct protocol *find_named(const struct dispatcher *dp, uint8_t transport, const char *name) {
    for (unsigned i = 0; name && i < dp->protocols; i++)
        for (const char *const *n = dp->table[i]->ndpi_names; n && *n; n++)
            if (bytes_equal_nocase(bytes_text(name), *n) && can_read(dp->table[i], transport))
                return dp->table[i];
    return NULL;
}

bool dispatcher_reads(const struct dispatcher *dp, uint8_t transport, const char *name) {
    return find_named(dp, transport, name) != NULL;
}

struct conversation *conversation_open(struct dispatcher *dp, void *owner, uint8_t transport,
                                       const struct endpoint end[2]) {
    struct slot *s = pool_take(&dp->slots);
    if (!s) {
        counter_one(COUNTER_CONVERSATIONS_SHED);
        return NULL;
    }
    *s = (struct slot){
        .c = {.services = &dp->watched, .owner = owner, .end = {end[0], end[1]}, .transport = transport},
        .d = {.dispatcher = dp}};
    s->c.dispatch = &s->d;
    return &s->c;
}

/* --- beginning and ending a protocol --- */

static void drop_hold(struct dispatcher *dp, struct dispatch *d) {
    pool_give(&dp->holds, d->hold);
    d->hold = NULL;
}

static void close_protocol(struct conversation *c) {
    if (c->protocol)
        c->protocol->close(c);
    c->protocol = NULL;
    c->state = NULL;
}

/* Out of the conversations around this one; its protocol runs again. What ran before is closed. */
static void leave_to_outer(struct conversation *c) {
    struct outer *o = c->dispatch->outer;
    close_protocol(c);
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
        leave_to_outer(c);
    close_protocol(c);
    c->protocol = now;
    c->state = state;
}

static void finish_conversation(struct dispatcher *dp, struct conversation *c) {
    while (c->protocol || c->dispatch->outer) {
        close_protocol(c);
        if (c->dispatch->outer)
            leave_to_outer(c);
    }
    drop_hold(dp, c->dispatch);
    c->dispatch->phase = FINISHED;
}

static void give_up(struct dispatcher *dp, struct conversation *c, enum counter why) {
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

/* Gives the held events to whatever runs now, in the order in which they came. The hold stays with a protocol
 * that only its probe chose, until nDPI has spoken. */
static void replay_hold(struct dispatcher *dp, struct conversation *c) {
    struct dispatch *d = c->dispatch;
    struct hold *h = d->hold;
    unsigned tunnels = d->tunnels;
    size_t at[2] = {0, 0};
    if (!h)
        return;
    d->hold = NULL;
    for (unsigned i = 0; i < h->events; i++) {
        struct event e = hold_event(h, i, at);
        take_event(dp, c, &e);
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
    replay_hold(dp, c);
    return true;
}

/* --- what a flow becomes --- */

void conversation_become(struct conversation *c, const struct protocol *const *candidates, bool fallback) {
    struct dispatch *d = c->dispatch;
    d->fallback = fallback;
    d->candidates = candidates ? 0 : UINT64_MAX;
    for (; candidates && *candidates; candidates++) {
        unsigned number = dispatcher_number(d->dispatcher, *candidates);
        if (number < d->dispatcher->protocols)
            d->candidates |= UINT64_C(1) << number;
    }
}

void conversation_inner(struct conversation *c, enum side from, const uint8_t *bytes, size_t n) {
    struct dispatch *d = c->dispatch;
    if (n && d->inner_runs < INNER_MAX)
        d->inner[d->inner_runs++] =
            (struct event){c->transport == PROTOCOL_UDP ? EVENT_DATAGRAM : EVENT_DATA, from, bytes, n};
}

/* nDPI has nothing to say of what follows, the probes have. The old state is closed at the end of the call,
 * since the first inner bytes may lie in it. */
static void become_other(struct dispatcher *dp, struct conversation *c) {
    struct dispatch *d = c->dispatch;
    struct event inner[INNER_MAX];
    unsigned runs = d->inner_runs;
    if (d->tunnels == TUNNELS_MAX || d->turns == TUNNELS_MAX) {
        give_up(dp, c, COUNTER_TUNNELS_TOO_DEEP);
        return;
    }
    struct outer *o = protocol_alloc(PROTOCOL_STATE, sizeof *o);
    if (!o) {
        give_up(dp, c, COUNTER_PROTOCOL_NO_MEMORY);
        return;
    }
    counter_one(COUNTER_TUNNELS);
    *o = (struct outer){d->outer, c->protocol, c->state, d->fallback};
    memcpy(inner, d->inner, sizeof inner);
    drop_hold(dp, d);
    *d = (struct dispatch){.dispatcher = dp,
                           .outer = o,
                           .refused = ~d->candidates,
                           .ndpi_spoke = true,
                           .tunnels = (uint8_t)(d->tunnels + 1),
                           .turns = (uint8_t)(d->turns + 1)};
    c->protocol = NULL;
    c->state = NULL;
    for (unsigned i = 0; i < runs; i++)
        take_event(dp, c, &inner[i]);
}

static bool has_fallback(const struct dispatch *d) {
    return d->outer && d->outer->fallback;
}

/* Nobody takes what followed: the protocol that it followed goes on with it. */
static void fall_back(struct dispatcher *dp, struct conversation *c, const struct event *e) {
    struct dispatch *d = c->dispatch;
    counter_one(COUNTER_TUNNELS_FALLBACK);
    leave_to_outer(c);
    d->phase = RUNNING;
    d->by_probe = false;
    d->began = true; /* whatever it was that came before */
    d->tunnels--;
    replay_hold(dp, c);
    if (e)
        take_event(dp, c, e);
}

/* At the end of each call: who followed another is on its own once it runs, and what cannot fall back is
 * over. */
static void settle_outers(struct conversation *c) {
    struct dispatch *d = c->dispatch;
    d->turns = 0;
    if (d->outer && (d->phase != UNDECIDED || !d->outer->fallback))
        close_outers(c);
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
        drop_hold(dp, d);
    enum protocol_result result = give_event(c, e);
    if (d->encrypted)
        finish_conversation(dp, c);
    else if (result == PROTOCOL_LOST)
        give_up(dp, c, COUNTER_PROTOCOL_LOST);
    else if (result == PROTOCOL_BECOMES)
        become_other(dp, c);
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
        if (!asks || !can_read(p, c->transport) || (d->refused & bit))
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
        if (dp->table[i]->probe_datagram && can_read(dp->table[i], c->transport) &&
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
            replay_hold(dp, c);
            if (e)
                take_event(dp, c, e);
            return true;
        }
    return false;
}

static void take_unidentified(struct dispatcher *dp, struct conversation *c, const struct event *e) {
    if (has_fallback(c->dispatch))
        fall_back(dp, c, e);
    else if (!claim_unnamed(dp, c, e))
        give_up(dp, c, COUNTER_FLOWS_UNIDENTIFIED);
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
            take_event(dp, c, e);
    } else if (tls == PROBE_YES) {
        c->services->encrypted(c);
        finish_conversation(dp, c);
    } else if (d->ndpi_spoke && !more && d->foreign) {
        give_up(dp, c, COUNTER_FLOWS_NOT_PARSED);
    } else if (d->ndpi_spoke && !more) {
        take_unidentified(dp, c, held ? NULL : e);
    } else if (!held) {
        keep_event(dp, c, e);
    }
}

static void take_event(struct dispatcher *dp, struct conversation *c, const struct event *e) {
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
    take_event(dp, c, e);
    settle_outers(c);
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
    while (d->phase == UNDECIDED && d->hold && (has_fallback(d) || d->hold->used[0] + d->hold->used[1]))
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
    if (d->phase != UNDECIDED || !p || !can_read(p, c->transport) || !start_protocol(c, p, facts))
        return false;
    d->announced = true;
    d->ndpi_spoke = true; /* an announcement is certain */
    replay_hold(dp, c);
    settle_outers(c);
    return true;
}

/* nDPI is certain of another protocol than the probe was, and nothing has been handed on yet. */
static void switch_protocol(struct dispatcher *dp, struct conversation *c, const struct protocol *p) {
    counter_one(COUNTER_PROTOCOL_SWITCHED);
    c->dispatch->by_probe = false;
    close_protocol(c);
    run_from_hold(dp, c, p);
}

static void name_undecided(struct dispatcher *dp, struct conversation *c, const char *name,
                           const struct protocol *p) {
    struct dispatch *d = c->dispatch;
    if (p) {
        run_from_hold(dp, c, p);
    } else if (name && d->hold) {
        give_up(dp, c, COUNTER_FLOWS_NOT_PARSED);
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
    const struct protocol *p = find_named(dp, c->transport, name);
    if (d->tunnels || d->phase == FINISHED)
        return;
    d->ndpi_spoke = true;
    if (d->phase == UNDECIDED)
        name_undecided(dp, c, name, p);
    else if (p && p != c->protocol && d->by_probe && !d->began && d->hold)
        switch_protocol(dp, c, p);
    else
        drop_hold(dp, d);
    settle_outers(c);
}
