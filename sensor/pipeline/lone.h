/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PIPELINE_LONE_H
#define GANTRY_PIPELINE_LONE_H

#include "flow/flow.h"

/* First packets of flows, as long as they are small: of TCP three, answers among them, otherwise one that
 * nobody has answered. To look into a flow costs as much as some hundred bytes do, and a flood may be a flow
 * for each byte. Where all packets together do not pay for it, they wait here for the next one of their flow,
 * and then all are taken in turn; a flow that has no other is stepped over. Where there is no room the flow
 * whose packet has waited longest goes on without those that wait. */
struct lone_packets {
    struct pool pool;
    struct age_list ages;
    int64_t purse; /* bytes of the wire that have not paid for anything yet */
};

struct lone_packet; /* opaque: flow->lone */

/* `most`: packets that wait at once. False: no address space. */
bool lone_init(struct lone_packets *l, size_t most);
void lone_finish(struct lone_packets *l);
/* Bytes of each. */
size_t lone_size(void);

/* A packet of so many bytes came. */
void lone_earn(struct lone_packets *l, uint32_t n);

/* True: it waits. False: it is to be looked at now; either it is none of these, or it is paid for. */
bool lone_keep(struct lone_packets *l, struct flow *flow, const struct packet *packet, enum side from);

/* The first packet that waits for this flow, which then waits no more, and flow->sound as it was with it;
 * borrowed until the next call of lone_keep(). False: none does. It has no `network` and no `ethernet`. */
bool lone_take(struct lone_packets *l, struct flow *flow, struct packet *out, enum side *from);

#endif
