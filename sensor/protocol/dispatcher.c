/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/dispatch_inside.h"

#include "base/allowance.h"
#include "base/log.h"
#include "protocol/memory.h"
#include "protocol/shared.h"

#include <stdlib.h>

enum { HOLD_BYTES_PRESET = 4096 };

/* An object costs more than a few octets do, whatever is in it. */
static bool is_left_out(const struct conversation *c, const struct transfer_seed *seed) {
    enum { FEW = 24, PRICE = 16 };
    return seed->message && seed->length <= FEW && seed->length + seed->fact[FACT_NAME].n <= FEW &&
           !allowance_spend(c->allowance, ACCOUNT_OBJECTS, PRICE);
}

static struct transfer *watched_begin(struct conversation *c, const struct transfer_seed *seed) {
    if (is_left_out(c, seed)) {
        counter_one(COUNTER_MESSAGES_UNPAID);
        return NULL;
    }
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
    for (; dp->table[dp->protocols] && dp->protocols < PROTOCOLS_MAX; dp->protocols++) {
        const struct protocol *p = dp->table[dp->protocols];
        dp->datagrams |= p->datagram != NULL;
        if (p->prepare && !p->prepare())
            log_warning("%s: the cryptographic library lacks what is needed to name flows in full", p->name);
    }
    dp->codings = o->codings;
    dp->settle_last = &dp->settle_first;
    dp->services = services;
    dp->watched = *services;
    dp->watched.begin = watched_begin;
    dp->watched.encrypted = watched_encrypted;
    protocol_memory_limit(o->memory);
    if (!pool_init(&dp->slots, sizeof(struct slot), o->conversations) ||
        !holds_init(&dp->holds, o->hold_bytes ? o->hold_bytes : HOLD_BYTES_PRESET, o->small_holds,
                    o->holds ? o->holds : o->conversations)) {
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
    holds_finish(&dp->holds);
    free(dp);
}

bool dispatcher_room(const struct dispatcher *dp) {
    while (!protocol_memory_room(PROTOCOL_STATE) && shared_state_give_way())
        ;
    return dp->slots.in_use < dp->slots.limit && protocol_memory_room(PROTOCOL_STATE);
}

size_t dispatcher_conversations(const struct dispatcher *dp) {
    return dp->slots.in_use;
}

unsigned dispatcher_fill(const struct dispatcher *dp) {
    return pool_fill(&dp->slots);
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
    dispatch_settle_due(dp, now);
}

/* --- the table --- */

bool protocol_can_read(const struct protocol *p, uint8_t transport) {
    return transport == PROTOCOL_UDP ? p->datagram != NULL : p->data != NULL;
}

const struct protocol *dispatcher_find_named(const struct dispatcher *dp, uint8_t transport,
                                             const char *name) {
    for (unsigned i = 0; name && i < dp->protocols; i++)
        for (const char *const *n = dp->table[i]->ndpi_names; n && *n; n++)
            if (bytes_equal_nocase(bytes_text(name), *n) && protocol_can_read(dp->table[i], transport))
                return dp->table[i];
    return NULL;
}

struct conversation *conversation_open(struct dispatcher *dp, void *owner, uint8_t transport,
                                       const struct endpoint end[2]) {
    struct slot *s = pool_take(&dp->slots);
    if (!s) {
        counter_one(COUNTER_CONVERSATIONS_SHED);
        return NULL;
    }
    *s = (struct slot){.c = {.services = &dp->watched,
                             .codings = dp->codings,
                             .owner = owner,
                             .end = {end[0], end[1]},
                             .transport = transport},
                       .d = {.dispatcher = dp}};
    s->c.dispatch = &s->d;
    return &s->c;
}
