/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_FLOW_TABLE_H
#define GANTRY_FLOW_TABLE_H

#include "flow/flow.h"

/* Inside of flow/: what table.c, expire.c and tcp_state.c share. */

/* One timeout list a kind of state, in the order in which they are shed when memory is short: a flow that is
 * over is worth least, one that nobody answered little, one that carries data most. */
enum timeout_list { LIST_CLOSING, LIST_NEW, LIST_UDP, LIST_ESTABLISHED, LIST_COUNT };

/* What the two ends of a flow have in common: ports and addresses in one order, no VLAN, so that both
 * directions and a packet that a span port shows in two VLANs are one flow. No padding: it is hashed as
 * bytes. */
struct flow_key {
    struct address low, high;
    uint16_t low_port, high_port;
    uint16_t transport;
};

/* So many flows are found without a keyed hash: what a stranger makes collide there costs what it cost
 * without. */
enum { RECENT_BITS = 10, RECENT_FLOWS = 1 << RECENT_BITS };

/* Its own chains, and not base/table.h, whose node would make each of a million flows 16 bytes larger; the
 * lists are base/age.h's. */
struct flow_table {
    struct flow **buckets;
    size_t mask;                       /* buckets - 1 */
    struct flow *recent[RECENT_FLOWS]; /* of packets lately, by recent_of() */
    struct hash_key hash;
    struct pool flows;
    struct age_list lists[LIST_COUNT]; /* by last use */
    time_ns timeouts[LIST_COUNT];
    struct flow_owner owner;
    uint32_t last_number;
    struct flow_sums {
        uint32_t good, bad; /* sides by their first checksum */
        bool left_alone;
    } sums;
};

enum { IP_PROTOCOL_ICMP = 1, IP_PROTOCOL_ICMP6 = 58, IP_PROTOCOL_SCTP = 132 };

/* A packet's ports. For ICMP they are type and counterpart or code, as Community ID has them, so that request
 * and reply are one flow. */
struct packet_ports {
    uint16_t source, destination;
};

struct packet_ports packet_ports_of(const struct packet *p);

/* Which of the packet's ends opened the flow: SIDE_CLIENT when its source did. */
enum side packet_sender_side(const struct packet *p, struct packet_ports ports);

/* tcp_state.c: brings state, sequence numbers and FINs up to date. */
void flow_tcp_advance(struct flow *flow, const struct packet *p, enum side from);
/* True: this packet belongs to a new connection with the flow's five-tuple. Remembers an unfitting SYN. */
bool flow_tcp_reused(struct flow *flow, const struct packet *p, enum side from);

/* sound.c: before the packet is counted. */
enum soundness flow_judge_packet(struct flow_table *t, struct flow *flow, const struct packet *p,
                                 enum side from);

static inline enum timeout_list flow_list_of(const struct flow *flow) {
    static const enum timeout_list by_state[] = {
        [FLOW_NEW] = LIST_NEW,
        [FLOW_ESTABLISHED] = LIST_ESTABLISHED,
        [FLOW_CLOSING] = LIST_CLOSING,
        [FLOW_CLOSED] = LIST_CLOSING,
    };
    return flow->transport == PROTOCOL_TCP ? by_state[flow->state] : LIST_UDP;
}

/* expire.c */
static inline struct flow *flow_of_age(const struct age_node *node) {
    return AGE_ENTRY(node, struct flow, used); /* NULL for NULL */
}
enum flow_end flow_end_of(const struct flow *flow);
/* Closes the oldest flow of the least valuable list; false when there is none. */
bool flow_table_shed(struct flow_table *t);

/* table.c: out of hash and list, told to the owner, memory given back. */
void flow_table_close(struct flow_table *t, struct flow *flow, enum flow_end why);

/* community_id.c: fetches the digest while files may still be opened. */
void community_id_prepare(void);

#endif
