/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/passed.h"

#include "base/counter.h"
#include "policy/flow_class.h"

#include <stdlib.h>

enum { SUMS_MAX = 256, INDEX_SIZE = 2 * SUMS_MAX, PASSED_NONE = 0xffff };
/* Told beyond it by the MiB, below it at powers of two; less is as good as nothing, since headers are
 * guessed. */
enum { LEAST = 16, STEP_BITS = 20 };

struct passed_key {
    struct place from, to;
    struct address stranger; /* of one that is nobody's; else all zero */
    bool tried;
};

struct passed_sum {
    struct passed_key key;
    struct flow shown; /* the first of them, as it was */
    enum side from;
    time_ns time;
    uint64_t out, back;
    uint32_t flows;
};

bool passed_init(struct passed *s) {
    *s = (struct passed){.key = hash_key_random(),
                         .sums = malloc(SUMS_MAX * sizeof *s->sums),
                         .index = malloc(INDEX_SIZE * sizeof *s->index)};
    if (!s->sums || !s->index) {
        passed_finish(s);
        return false;
    }
    memset(s->index, 0xff, INDEX_SIZE * sizeof *s->index);
    return true;
}

void passed_finish(struct passed *s) {
    free(s->sums);
    free(s->index);
    *s = (struct passed){0};
}

/* --- sums --- */

static void send_sum(const struct unread_way *way, const struct passed_sum *s) {
    struct flow_context x;
    flow_context_fill(&x, &s->shown, way->generation, way->inspect_all);
    const struct unread_sum sum = {.source = x.end[s->from].address,
                                   .destination = x.end[side_other(s->from)].address,
                                   .class = CLASS_UNREAD_FLOW,
                                   .flow = &x,
                                   .from = s->from,
                                   .time = s->time,
                                   .out = s->out,
                                   .back = s->back,
                                   .flows = s->key.tried ? 0 : s->flows,
                                   .tries = s->key.tried ? s->flows : 0};
    emit_volume(way->emitter, &sum);
}

static void send_sums(struct passed *s, const struct unread_way *way) {
    if (s->count == 0)
        return;
    for (unsigned i = 0; i < s->count; i++)
        send_sum(way, &s->sums[i]);
    s->count = 0;
    memset(s->index, 0xff, INDEX_SIZE * sizeof *s->index);
}

void passed_tick(struct passed *s, const struct unread_way *way, time_ns now, bool all) {
    static const time_ns interval = NS_PER_S / 2;
    if (!all && now < s->due && s->due - now <= interval)
        return;
    s->due = now + interval;
    send_sums(s, way);
}

/* NULL: there is no room for another. */
static struct passed_sum *find_sum(struct passed *s, const struct passed_key *key, const struct flow *flow,
                                   enum side from) {
    size_t at = hash_bytes(&s->key, key, sizeof *key) % INDEX_SIZE;
    for (; s->index[at] != PASSED_NONE; at = (at + 1) % INDEX_SIZE)
        if (memcmp(&s->sums[s->index[at]].key, key, sizeof *key) == 0)
            return &s->sums[s->index[at]];
    if (s->count == SUMS_MAX)
        return NULL;
    s->index[at] = (uint16_t)s->count;
    struct passed_sum *sum = &s->sums[s->count++];
    *sum = (struct passed_sum){.shown = *flow, .from = from};
    memcpy(&sum->key, key, sizeof *key); /* compared as it lies */
    return sum;
}

/* From which side it leaves an image network; false: from none. Two look-ups. */
static bool find_way(const struct policy *policy, const struct flow *flow, enum side *from,
                     struct passed_key *key) {
    struct place place[2];
    for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++)
        place[side] = policy_place(policy, &flow->end[side].address);
    *from = place[SIDE_CLIENT].kind == PLACE_IMAGE ? SIDE_CLIENT : SIDE_SERVER;
    struct place to = place[side_other(*from)];
    if (place[*from].kind != PLACE_IMAGE || to.kind == PLACE_IMAGE || to.kind == PLACE_INTERNAL)
        return false;
    memset(key, 0, sizeof *key); /* hashed as it lies */
    key->from = place[*from];
    key->to = to;
    if (to.kind == PLACE_UNKNOWN)
        key->stranger = flow->end[side_other(*from)].address;
    return true;
}

/* --- flows that are passed over --- */

/* Of the octets that one side sent those that are summed up by now. */
static uint64_t told_of(uint64_t octets) {
    if (octets >> STEP_BITS)
        return octets >> STEP_BITS << STEP_BITS;
    return octets < LEAST ? 0 : UINT64_C(1) << (63 - __builtin_clzll(octets));
}

static uint64_t payload_of(const struct flow *flow, enum side side, uint64_t packets, uint64_t octets) {
    enum { TCP_USUAL = 32, UDP_HEADER = 8, V4_HEADER = 20, V6_HEADER = 40 };
    uint64_t header = address_is_v4(&flow->end[side].address) ? V4_HEADER : V6_HEADER;
    header += flow->transport == PROTOCOL_TCP ? TCP_USUAL : UDP_HEADER;
    return octets > packets * header ? octets - packets * header : 0;
}

static uint64_t payload_now(const struct flow *flow, enum side side) {
    return payload_of(flow, side, flow->packets[side], flow->bytes[side]);
}

static void add_octets(struct passed *s, const struct unread_way *way, const struct flow *flow,
                       const uint64_t octets[2], bool began) {
    struct passed_key key;
    enum side from;
    if (!find_way(way->generation->policy, flow, &from, &key))
        return;
    struct passed_sum *sum = find_sum(s, &key, flow, from);
    if (!sum) {
        send_sums(s, way);
        sum = find_sum(s, &key, flow, from);
    }
    sum->time = flow->last;
    sum->out += octets[from];
    sum->back += octets[side_other(from)];
    sum->flows += began;
}

void passed_packet(struct passed *s, const struct unread_way *way, const struct flow *flow, enum side from,
                   uint64_t octets) {
    uint64_t before = told_of(payload_of(flow, from, flow->packets[from] - 1, flow->bytes[from] - octets));
    uint64_t after = told_of(payload_now(flow, from)), more[2] = {0, 0};
    if (after <= before)
        return;
    more[from] = after - before;
    add_octets(s, way, flow, more, before == 0 && told_of(payload_now(flow, side_other(from))) == 0);
}

void passed_end(struct passed *s, const struct unread_way *way, const struct flow *flow) {
    uint64_t rest[2];
    for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++) {
        uint64_t all = payload_now(flow, side), told = told_of(all);
        rest[side] = told ? all - told : 0;
    }
    if (rest[0] || rest[1])
        add_octets(s, way, flow, rest, false);
}

void passed_alone(struct passed *s, const struct unread_way *way, const struct flow *flow,
                  const uint64_t octets[2]) {
    if (octets[SIDE_CLIENT] + octets[SIDE_SERVER] >= LEAST)
        add_octets(s, way, flow, octets, true);
}

/* --- connections that came to nothing --- */

void passed_try(struct passed *s, const struct unread_way *way, const struct flow *flow) {
    struct passed_key key;
    enum side from;
    if (flow->transport != PROTOCOL_TCP || !flow->syn_seen || (flow->syn_known >> SIDE_SERVER & 1) ||
        !find_way(way->generation->policy, flow, &from, &key) || key.to.kind != PLACE_PARTNER)
        return;
    counter_one(COUNTER_FLOWS_TRIED);
    key.tried = true;
    struct passed_sum *sum = find_sum(s, &key, flow, from);
    if (!sum) { /* of as many partners within half a second: never by a flood to one */
        counter_one(COUNTER_TRIES_LEFT);
        return;
    }
    sum->time = flow->last;
    sum->flows++;
}
