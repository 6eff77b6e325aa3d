/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/table.h"

#include "base/counter.h"

#include <stdlib.h>

_Static_assert(sizeof(struct flow) <= 192, "a million flows must fit into 400 MB with everything they need");
_Static_assert(sizeof(struct flow_key) == 38, "the key is hashed as bytes: no padding");

/* So many packets of a TCP flow show whether both sides are seen; fewer do when it is over. */
enum { SIDES_PACKETS = 16, SIDES_PACKETS_LEAST = 3 };

/* Bucket array: between one and two pointers a flow. */
enum { FLOW_COST = sizeof(struct flow) + 2 * sizeof(struct flow *) };

struct flow_table *flow_table_create(const struct flow_options *options, const struct flow_owner *owner) {
    size_t limit = options->memory / FLOW_COST, buckets = 1;
    struct flow_table *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    if (limit == 0)
        limit = 1;
    while (buckets < limit)
        buckets *= 2;
    t->buckets = calloc(buckets, sizeof(struct flow *));
    t->mask = buckets - 1;
    if (!t->buckets || !pool_init(&t->flows, sizeof(struct flow), limit)) {
        free(t->buckets);
        free(t);
        return NULL;
    }
    t->hash = hash_key_random();
    t->owner = *owner;
    t->timeouts[LIST_NEW] = (time_ns)options->timeout_new;
    t->timeouts[LIST_ESTABLISHED] = (time_ns)options->timeout_established;
    t->timeouts[LIST_CLOSING] = (time_ns)options->timeout_closing;
    t->timeouts[LIST_UDP] = (time_ns)options->timeout_udp;
    community_id_prepare();
    return t;
}

void flow_table_destroy(struct flow_table *t) {
    if (!t)
        return;
    for (int i = 0; i < LIST_COUNT; i++)
        while (t->lists[i].oldest)
            flow_table_close(t, flow_of_age(t->lists[i].oldest), FLOW_END_EXIT);
    pool_finish(&t->flows);
    free(t->buckets);
    free(t);
}

size_t flow_table_count(const struct flow_table *t) {
    return t->flows.in_use;
}

static struct flow_key key_of(const struct endpoint *a, const struct endpoint *b, uint8_t transport) {
    int order = memcmp(&a->address, &b->address, sizeof a->address);
    if (order > 0 || (order == 0 && a->port > b->port)) {
        const struct endpoint *swap = a;
        a = b;
        b = swap;
    }
    return (struct flow_key){a->address, b->address, a->port, b->port, transport};
}

static struct flow **bucket_of(struct flow_table *t, const struct flow_key *key) {
    return &t->buckets[hash_bytes(&t->hash, key, sizeof *key) & t->mask];
}

/* Did `s` of this flow send the packet? */
static bool is_sender(const struct flow *f, enum side s, const struct packet *p, struct packet_ports ports) {
    const struct endpoint *a = &f->end[s], *b = &f->end[side_other(s)];
    return a->port == ports.source && b->port == ports.destination &&
           address_equal(&a->address, &p->source) && address_equal(&b->address, &p->destination);
}

/* True when the packet's ends are the flow's; *from tells which of them sent it. */
static bool flow_matches(const struct flow *f, const struct packet *p, struct packet_ports ports,
                         enum side *from) {
    if (f->transport != p->transport)
        return false;
    *from = is_sender(f, SIDE_CLIENT, p, ports) ? SIDE_CLIENT : SIDE_SERVER;
    return *from == SIDE_CLIENT || is_sender(f, SIDE_SERVER, p, ports);
}

/* The same for both directions. */
static struct flow **recent_of(struct flow_table *t, const struct address *source,
                               const struct address *destination, struct packet_ports ports) {
    uint64_t a[2], b[2], mix = (uint64_t)(uint16_t)(ports.source ^ ports.destination) << 16;
    memcpy(a, source, sizeof a);
    memcpy(b, destination, sizeof b);
    mix += (a[0] ^ b[0]) + (a[1] ^ b[1]);
    return &t->recent[mix * UINT64_C(0x9e3779b97f4a7c15) >> (64 - RECENT_BITS)];
}

static struct flow_key key_of_packet(const struct packet *p, struct packet_ports ports) {
    const struct endpoint source = {p->source, ports.source},
                          destination = {p->destination, ports.destination};
    return key_of(&source, &destination, p->transport);
}

static struct flow *find_flow(struct flow_table *t, const struct packet *p, struct packet_ports ports,
                              enum side *from) {
    struct flow **recent = recent_of(t, &p->source, &p->destination, ports);
    if (*recent && flow_matches(*recent, p, ports, from))
        return *recent;
    struct flow_key key = key_of_packet(p, ports);
    struct flow *flow = *bucket_of(t, &key);
    while (flow && !flow_matches(flow, p, ports, from))
        flow = flow->hash_next;
    if (flow)
        *recent = flow;
    return flow;
}

static uint64_t packets_of(const struct flow *flow) {
    return flow->packets[SIDE_CLIENT] + flow->packets[SIDE_SERVER];
}

static void judge_sides(const struct flow *flow) {
    counter_one(COUNTER_FLOWS_JUDGED);
    if (flow->packets[SIDE_CLIENT] == 0 || flow->packets[SIDE_SERVER] == 0)
        counter_one(COUNTER_FLOWS_ONE_SIDED);
}

/* A SYN that nobody answers says nothing: there may be nobody. */
static void judge_short(const struct flow *flow) {
    uint64_t packets = packets_of(flow);
    if (flow->transport == PROTOCOL_TCP && flow->state != FLOW_NEW && packets < SIDES_PACKETS &&
        packets >= SIDES_PACKETS_LEAST)
        judge_sides(flow);
}

void flow_table_close(struct flow_table *t, struct flow *flow, enum flow_end why) {
    struct flow_key key = key_of(&flow->end[0], &flow->end[1], flow->transport);
    struct flow **at = bucket_of(t, &key);
    while (*at != flow)
        at = &(*at)->hash_next;
    *at = flow->hash_next;
    const struct endpoint *end = flow->end;
    struct flow **recent =
        recent_of(t, &end[0].address, &end[1].address, (struct packet_ports){end[0].port, end[1].port});
    if (*recent == flow)
        *recent = NULL;
    age_remove(&t->lists[flow_list_of(flow)], &flow->used);
    judge_short(flow);
    if (t->owner.closed(t->owner.context, flow, why))
        pool_give(&t->flows, flow);
}

void flow_table_release(struct flow_table *t, struct flow *flow) {
    pool_give(&t->flows, flow);
}

static uint32_t next_number(struct flow_table *t) {
    if (++t->last_number == 0)
        t->last_number = 1;
    return t->last_number;
}

static struct flow *open_flow(struct flow_table *t, const struct packet *p, struct packet_ports ports,
                              enum side *from) {
    struct flow_key key = key_of_packet(p, ports);
    struct flow **bucket = bucket_of(t, &key);
    struct flow *flow = pool_take(&t->flows);
    /* may take a flow out of this very chain: *bucket is read after it; the owner may keep some of them */
    while (!flow && flow_table_shed(t))
        flow = pool_take(&t->flows);
    if (!flow)
        return NULL;
    *from = packet_sender_side(p, ports);
    *flow = (struct flow){.hash_next = *bucket,
                          .transport = p->transport,
                          .vlan = p->vlan,
                          .first = p->time,
                          .last = p->time,
                          .number = next_number(t)};
    flow->end[*from] = (struct endpoint){p->source, ports.source};
    flow->end[side_other(*from)] = (struct endpoint){p->destination, ports.destination};
    flow->syn_seen = p->transport == PROTOCOL_TCP && (p->tcp_flags & TCP_SYN);
    *bucket = flow;
    age_add(&t->lists[flow_list_of(flow)], &flow->used);
    counter_one(COUNTER_FLOWS);
    t->owner.opened(t->owner.context, flow, p);
    return flow;
}

/* Counts, time and state; then to the newest end of its timeout list. */
static void touch_flow(struct flow_table *t, struct flow *flow, const struct packet *p, enum side from) {
    enum timeout_list before = flow_list_of(flow), after;
    if (p->time > flow->last)
        flow->last = p->time;
    flow->packets[from]++;
    flow->bytes[from] += p->network_length;
    /* network_length ends where the capture cut the packet */
    if (p->payload_length > p->payload_captured)
        flow->bytes[from] += p->payload_length - p->payload_captured;
    if (p->transport == PROTOCOL_TCP && flow->sound == PACKET_SOUND) {
        flow_tcp_advance(flow, p, from);
        if (packets_of(flow) == SIDES_PACKETS)
            judge_sides(flow);
    }
    after = flow_list_of(flow);
    if (before == after && t->lists[after].newest == &flow->used)
        return;
    age_remove(&t->lists[before], &flow->used);
    age_add(&t->lists[after], &flow->used);
}

struct flow *flow_table_packet(struct flow_table *t, const struct packet *p, enum side *from) {
    struct packet_ports ports = packet_ports_of(p);
    struct flow *flow = find_flow(t, p, ports, from);
    if (flow)
        flow->sound = (uint8_t)flow_judge_packet(t, flow, p, *from);
    if (flow && p->transport == PROTOCOL_TCP && flow->sound == PACKET_SOUND &&
        flow_tcp_reused(flow, p, *from)) {
        counter_one(COUNTER_FLOWS_REUSED);
        flow_table_close(t, flow, FLOW_END_REUSED);
        flow = NULL;
    }
    if (!flow) {
        flow = open_flow(t, p, ports, from);
        if (flow)
            flow->sound = (uint8_t)flow_judge_packet(t, flow, p, *from);
    }
    if (flow)
        touch_flow(t, flow, p, *from);
    return flow;
}
