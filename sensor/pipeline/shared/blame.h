/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PIPELINE_SHARED_BLAME_H
#define GANTRY_PIPELINE_SHARED_BLAME_H

#include "base/stage.h"
#include "decode/decode.h"

#include <stdatomic.h>

/* Flows that workers died of. The supervisor writes, in memory shared with the workers; these look at such a
 * flow without the stage that died: from the first death on where the stage is one of those that look into
 * bytes, from the second where it is the protocol or what comes before it; and so at any flow between the
 * same addresses on the same service from the third death on (who tries again comes from another port), and
 * on whatever ports from the fourth. It holds for ten minutes after the last death. */
enum { BLAMED_MAX = 48, BLAME_FLOW_DEATHS = 2, BLAME_SERVICE_DEATHS = 3, BLAME_PAIR_DEATHS = 4 };

/* What an entry is of: the ports of both sides, the lower one, none. */
enum blame_scope { BLAME_FLOW, BLAME_SERVICE, BLAME_PAIR };

struct flow_name {
    struct address source, destination; /* of the packet at which it was noted */
    uint16_t source_port, destination_port;
    uint8_t transport;
};

struct blamed {
    _Atomic uint16_t without; /* bits 1 << enum stage; 0: nothing is left out */
    uint8_t scope;            /* enum blame_scope */
    struct flow_name flow;
    uint32_t deaths;
    uint16_t died; /* stages that did, bits */
    time_ns last;  /* monotonic; 0: free */
};

struct blame {
    _Atomic uint32_t skipped; /* entries of which something is left out */
    struct blamed entry[BLAMED_MAX];
};

void flow_name_of(const struct packet *p, struct flow_name *out);

enum blame_verdict { BLAME_NOTED, BLAME_SKIP_FLOW, BLAME_SKIP_SERVICE, BLAME_SKIP_PAIR };
/* One more worker died at this flow, in this stage. What is left out of from now on, and was not before. */
enum blame_verdict blame_death(struct blame *b, const struct flow_name *flow, enum stage stage, time_ns now);
/* Forgets what is old; before anything is blamed, and now and then. */
void blame_expire(struct blame *b, time_ns now);

/* In a worker: stages that are to be left out of this flow, bits. One load while there is nothing. */
unsigned blame_look(const struct blame *b, const struct flow_name *flow);
static inline unsigned blame_without(const struct blame *b, const struct flow_name *flow) {
    return b && atomic_load_explicit(&b->skipped, memory_order_acquire) ? blame_look(b, flow) : 0;
}

#endif
