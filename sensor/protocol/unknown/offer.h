/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_UNKNOWN_OFFER_H
#define GANTRY_PROTOCOL_UNKNOWN_OFFER_H

#include "protocol/protocol.h"

/* A protocol that one side begins in the middle of another one: TLS behind STARTTLS in whatever words, behind
 * a greeting of MySQL, a request of RDP or the header of a proxy. What may be its first message is kept until
 * the other side answers it, or says enough that is no answer. */
struct offer {
    const struct protocol *protocol; /* NULL: nothing is offered */
    enum side from;
    uint8_t *bytes; /* from the first octet of the offer on, PROTOCOL_HELD */
    uint32_t n;
    uint32_t unanswered; /* octets of the other side since */
};

/* Nothing is offered so far. Where in `in` something is, and its octets are kept; in.n if nothing is. */
size_t offer_look(struct offer *o, enum side from, struct bytes in);
/* The next octets of the side that offers. False: it offers nothing after all, and they are not kept. */
bool offer_add(struct offer *o, struct bytes more);
/* The other side says `n` octets that are no answer. False: none comes any more. */
bool offer_waits(struct offer *o, size_t n);
void offer_drop(struct offer *o);

#endif
