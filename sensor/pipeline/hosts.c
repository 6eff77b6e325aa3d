/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/hosts.h"

#include "base/counter.h"

#include <stdlib.h>

/* Records a second: more come from who makes hosts up. */
enum { SETS = 1024, WAYS = 4, RECORDS_MAX = 256 };
static const time_ns interval = 3600 * NS_PER_S;

struct host_cell {
    uint64_t digest;
    time_ns told; /* packet time; 0: the cell is free */
};

bool hosts_seen_init(struct hosts_seen *s, bool kept) {
    *s = (struct hosts_seen){.key = hash_key_random()};
    if (kept)
        s->cells = calloc(SETS * WAYS, sizeof *s->cells);
    return s->cells || !kept;
}

void hosts_seen_finish(struct hosts_seen *s) {
    free(s->cells);
    *s = (struct hosts_seen){.cells = NULL};
}

void hosts_seen_forget(struct hosts_seen *s) {
    if (s->cells)
        memset(s->cells, 0, SETS * WAYS * sizeof *s->cells);
}

/* Of its own cell, or else of the one that may be forgotten first. */
static struct host_cell *find_cell(struct hosts_seen *s, uint64_t digest) {
    struct host_cell *set = &s->cells[digest % SETS * WAYS], *oldest = set;
    for (unsigned i = 0; i < WAYS; i++) {
        if (set[i].told && set[i].digest == digest)
            return &set[i];
        if (set[i].told < oldest->told)
            oldest = &set[i];
    }
    return oldest;
}

static bool may_tell(struct hosts_seen *s, time_ns now) {
    if (now - s->second >= NS_PER_S || now < s->second) {
        s->second = now;
        s->told = 0;
    }
    if (s->told++ < RECORDS_MAX)
        return true;
    counter_one(COUNTER_HOSTS_UNTOLD); /* told with a later flow */
    return false;
}

/* Whence the frame came; 0: nobody says, or it is none that a card has. */
static uint64_t read_card(const uint8_t *ethernet) {
    uint64_t card = 0;
    for (unsigned i = 6; ethernet && i < 12; i++)
        card = card << 8 | ethernet[i];
    return card >> 40 & 1 ? 0 : card;
}

static void tell_host(struct hosts_seen *s, struct emitter *emitter, const struct host_sight *h) {
    const struct address *a = &h->end[0].address;
    struct {
        struct address place;
        uint64_t card;
    } key = {address_is_v4(a) ? *a : prefix_of(a, 64).base, h->card};
    uint64_t digest = hash_bytes(&s->key, &key, sizeof key);
    struct host_cell *c = find_cell(s, digest);
    bool known =
        c->told && c->digest == digest && h->time - c->told < interval && c->told - h->time < interval;
    if (known || !may_tell(s, h->time))
        return;
    *c = (struct host_cell){.digest = digest, .told = h->time};
    emit_host(emitter, h);
}

static bool has_ports(uint8_t transport) {
    enum { SCTP = 132 };
    return transport == PROTOCOL_TCP || transport == PROTOCOL_UDP || transport == SCTP;
}

static void look_at_side(struct hosts_seen *s, struct emitter *emitter, const struct policy *policy,
                         const struct flow *flow, enum side side, uint64_t card, time_ns time) {
    struct place place = policy_place(policy, &flow->end[side].address);
    if (place.kind != PLACE_IMAGE)
        return;
    const struct host_sight h = {.network = policy_image_network(policy, place.index)->name,
                                 .end = {flow->end[side], flow->end[side_other(side)]},
                                 .opened = side == SIDE_CLIENT,
                                 .transport = flow->transport,
                                 .vlan = flow->vlan,
                                 .card = card,
                                 .time = time};
    tell_host(s, emitter, &h);
}

enum { LOOKED_AT = 4 }; /* of flow->spoke: times a bit of the side */

void hosts_seen_packet(struct hosts_seen *s, struct emitter *emitter, const struct policy *policy,
                       struct flow *flow, const struct packet *packet, enum side from) {
    if (!s->cells || !has_ports(flow->transport)) {
        flow->spoke = SPOKE_DONE;
        return;
    }
    if (packet->payload_length > 0)
        flow->spoke |= (uint8_t)(1 << from);
    if ((flow->spoke & SPOKE_BOTH) != SPOKE_BOTH || flow->spoke & LOOKED_AT << from)
        return;
    flow->spoke |= (uint8_t)(LOOKED_AT << from);
    look_at_side(s, emitter, policy, flow, from, read_card(packet->ethernet), packet->time);
}

void hosts_seen_end(struct hosts_seen *s, struct emitter *emitter, const struct policy *policy,
                    struct flow *flow) {
    if (flow->spoke == SPOKE_DONE || (flow->spoke & SPOKE_BOTH) != SPOKE_BOTH)
        return;
    for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++)
        if (!(flow->spoke & LOOKED_AT << side))
            look_at_side(s, emitter, policy, flow, side, 0, flow->last);
    flow->spoke = SPOKE_DONE;
}
