/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PIPELINE_HOSTS_H
#define GANTRY_PIPELINE_HOSTS_H

#include "pipeline/emit.h"
#include "policy/policy.h"

/* Who speaks in image networks. A host speaks once payload has gone both ways on a flow of it: who is never
 * answered is none, nor is who only pings. Of IPv6 each /64 is a host, beside each address of the link. What
 * is seen goes to the reporter, which knows who is new (report/hosts/), each host once an hour at most: a
 * table of a fixed size remembers which were told, and what it has forgotten is told again. */
struct hosts_seen {
    struct host_cell *cells; /* NULL: nobody keeps them */
    struct hash_key key;
    time_ns second; /* that has begun last, */
    unsigned told;  /* and records of it */
};

/* Of flow->spoke: both sides have sent payload; and both were looked at, there is nothing more to do. */
enum { SPOKE_BOTH = 3, SPOKE_DONE = 15 };

/* False: no memory. Nothing is looked at unless `kept`. */
bool hosts_seen_init(struct hosts_seen *s, bool kept);
void hosts_seen_finish(struct hosts_seen *s);
/* Is this packet to be shown? */
static inline bool hosts_seen_wants(const struct flow *flow, const struct packet *packet, enum side from) {
    return flow->spoke != SPOKE_DONE && flow->sound != PACKET_UNSOUND &&
           ((packet->payload_length > 0 && !(flow->spoke >> from & 1)) ||
            (flow->spoke & SPOKE_BOTH) == SPOKE_BOTH);
}
/* A packet of a flow that is not done. A side is looked at with its own packet, whose frame says what its
 * network card is: with the one that is the answer, or for who spoke first with its next one. */
void hosts_seen_packet(struct hosts_seen *s, struct emitter *emitter, const struct policy *policy,
                       struct flow *flow, const struct packet *packet, enum side from);
/* The flow is over: a side that was answered and sent no more is looked at now. */
void hosts_seen_end(struct hosts_seen *s, struct emitter *emitter, const struct policy *policy,
                    struct flow *flow);
/* Another configuration: each host is told once more, for it may be another network's now. */
void hosts_seen_forget(struct hosts_seen *s);

#endif
