/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_BRANCH_H
#define GANTRY_PROTOCOL_BRANCH_H

#include "protocol/protocol.h"

/* Conversations that run beside each other within one: streams of HTTP/2 behind CONNECT. Each finds its own
 * protocol, as a flow does, and belongs to the same owner. Where nobody can read one, the flow counts as one
 * of which some is not read. */

/* `p` for certain, which is given `facts`; NULL: any. `target`: the host that it leads to, which outlives it.
 * NULL: too many of them, within each other or at once (counted). */
struct conversation *branch_open(struct conversation *trunk, const struct protocol *p, struct bytes facts,
                                 struct bytes target);
/* False: nobody wants more of it. */
bool branch_data(struct conversation *trunk, struct conversation *branch, enum side from, struct bytes in);
bool branch_gap(struct conversation *trunk, struct conversation *branch, enum side from, uint64_t n);
void branch_end(struct conversation *trunk, struct conversation *branch, enum side from, bool clean);
void branch_close(struct conversation *trunk, struct conversation *branch);

#endif
