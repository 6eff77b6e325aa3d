/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/lone.h"

#include "base/counter.h"

#include <string.h>

enum {
    SMALL = 48,   /* octets of payload */
    ROOM = 112,   /* with the longest header of TCP */
    PRICE = 1536, /* bytes of the wire that a look into a flow is worth */
    FRAME = 30,   /* what a packet takes beyond what IP counts */
    PURSE = 3 << 20,
};

struct lone_packet {
    struct age_node age;
    struct flow *flow;
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

/* Nobody has answered, and nothing but a SYN came before. */
static bool is_lone(const struct flow *flow, const struct packet *packet, enum side from) {
    return flow->packets[side_other(from)] == 0 && flow->packets[from] <= 1u + flow->syn_seen &&
           packet->payload_length <= SMALL && packet->payload_captured == packet->payload_length;
}

static void forget_packet(struct lone_packets *l, struct lone_packet *e) {
    age_remove(&l->ages, &e->age);
    e->flow->lone = NULL;
    pool_give(&l->pool, e);
}

static struct lone_packet *take_place(struct lone_packets *l) {
    struct lone_packet *e = pool_take(&l->pool);
    struct lone_packet *oldest = AGE_ENTRY(l->ages.oldest, struct lone_packet, age);
    if (e || !oldest)
        return e;
    counter_one(COUNTER_FLOWS_LONE_LOST);
    forget_packet(l, oldest);
    return pool_take(&l->pool);
}

bool lone_keep(struct lone_packets *l, struct flow *flow, const struct packet *packet, enum side from) {
    if (!is_lone(flow, packet, from))
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
    e->from = from;
    e->sound = flow->sound;
    e->packet = *packet;
    e->packet.network = e->packet.ethernet = NULL;
    e->packet.payload = e->bytes + header;
    if (packet->payload)
        memcpy(e->bytes, packet->payload - header, header + packet->payload_captured);
    age_add(&l->ages, &e->age);
    flow->lone = e;
    return true;
}

bool lone_take(struct lone_packets *l, struct flow *flow, struct packet *out, enum side *from) {
    struct lone_packet *e = flow->lone;
    if (!e)
        return false;
    *out = e->packet;
    *from = e->from;
    flow->sound = e->sound;
    forget_packet(l, e); /* its place is given to the next one only */
    return true;
}
