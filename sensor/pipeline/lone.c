/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/lone.h"

#include "base/counter.h"

#include <string.h>

enum {
    SMALL = 48,            /* octets of payload */
    SMALL_TCP = 160,       /* of all its packets together */
    PACKETS = 3,           /* of TCP that wait together: with a fourth a flow is long enough */
    ROOM = 64 + SMALL_TCP, /* with the longest header of TCP */
    PRICE = 4096,          /* bytes of the wire that a look into a flow is worth */
    FRAME = 30,            /* what a packet takes beyond what IP counts */
    PURSE = 3 << 20,
};

struct lone_packet {
    struct age_node age;
    struct flow *flow;
    struct lone_packet *next; /* of the same flow */
    struct packet packet;
    enum side from;
    uint8_t sound;
    uint8_t bytes[ROOM]; /* header of TCP or UDP, and payload */
};

bool lone_init(struct lone_packets *l, size_t most) {
    *l = (struct lone_packets){.purse = PURSE};
    return pool_init(&l->pool, sizeof(struct lone_packet), most);
}

void lone_finish(struct lone_packets *l) {
    pool_finish(&l->pool);
}

size_t lone_size(void) {
    return (sizeof(struct lone_packet) + 15) & ~(size_t)15;
}

void lone_earn(struct lone_packets *l, uint32_t n) {
    l->purse += n + FRAME;
    if (l->purse > PURSE)
        l->purse = PURSE;
}

static struct lone_packet *first_of(const struct flow *flow) {
    return flow->lone;
}

/* All that came of it but a SYN waits already, and is as small. A datagram that is answered is looked at with
 * its answer: names are asked for so. An opening that is answered is one. */
static bool is_lone(const struct flow *flow, const struct packet *packet) {
    bool tcp = packet->transport == PROTOCOL_TCP;
    uint32_t packets = 1, octets = packet->payload_length;
    for (const struct lone_packet *e = first_of(flow); e; e = e->next) {
        packets++;
        octets += e->packet.payload_length;
    }
    bool opened = flow->syn_seen && packets == 1 && flow->packets[SIDE_SERVER] == 0;
    return packets <= (tcp ? PACKETS : 1) && octets <= (tcp ? SMALL_TCP : SMALL) &&
           flow->packets[SIDE_CLIENT] + flow->packets[SIDE_SERVER] <= packets + opened &&
           packet->payload_captured == packet->payload_length;
}

static void forget_first(struct lone_packets *l, struct lone_packet *e) {
    age_remove(&l->ages, &e->age);
    e->flow->lone = e->next;
    pool_give(&l->pool, e);
}

static struct lone_packet *take_place(struct lone_packets *l) {
    struct lone_packet *e = pool_take(&l->pool);
    struct lone_packet *oldest = AGE_ENTRY(l->ages.oldest, struct lone_packet, age);
    if (e || !oldest)
        return e;
    counter_one(COUNTER_FLOWS_LONE_LOST);
    for (const struct flow *flow = oldest->flow; first_of(flow);)
        forget_first(l, first_of(flow));
    return pool_take(&l->pool);
}

static void add_last(struct flow *flow, struct lone_packet *e) {
    struct lone_packet *last = first_of(flow);
    while (last && last->next)
        last = last->next;
    if (last)
        last->next = e;
    else
        flow->lone = e;
}

bool lone_keep(struct lone_packets *l, struct flow *flow, const struct packet *packet, enum side from) {
    if (!is_lone(flow, packet))
        return false;
    if (l->purse >= PRICE) {
        l->purse -= PRICE;
        return false;
    }
    struct lone_packet *e = take_place(l);
    if (!e)
        return false;
    size_t header = packet->payload ? packet->header_length : 0;
    e->flow = flow;
    e->next = NULL;
    e->from = from;
    e->sound = flow->sound;
    e->packet = *packet;
    e->packet.network = e->packet.ethernet = NULL;
    e->packet.payload = e->bytes + header;
    if (packet->payload)
        memcpy(e->bytes, packet->payload - header, header + packet->payload_captured);
    age_add(&l->ages, &e->age);
    add_last(flow, e);
    return true;
}

bool lone_take(struct lone_packets *l, struct flow *flow, struct packet *out, enum side *from) {
    struct lone_packet *e = first_of(flow);
    if (!e)
        return false;
    *out = e->packet;
    *from = e->from;
    flow->sound = e->sound;
    forget_first(l, e); /* its place is given to the next one only */
    return true;
}
