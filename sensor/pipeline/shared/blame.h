/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PIPELINE_SHARED_BLAME_H
#define GANTRY_PIPELINE_SHARED_BLAME_H

#include "decode/decode.h"

#include <stdatomic.h>

/* Flows that workers died of. The supervisor writes, in memory shared with the workers; they leave out
 * packets of a flow that ended two of them, and of any flow between the same addresses on the same service
 * that ended three (who tries again comes from another port). It holds for ten minutes after the last death.
 */
enum { BLAMED_MAX = 32, BLAME_FLOW_DEATHS = 2, BLAME_SERVICE_DEATHS = 3 };

struct flow_name {
    struct address source, destination; /* of the packet at which it was noted */
    uint16_t source_port, destination_port;
    uint8_t transport;
};

struct blamed {
    _Atomic bool skipped;
    bool service; /* the lower port alone counts */
    struct flow_name flow;
    uint32_t deaths;
    time_ns last; /* monotonic; 0: free */
};

struct blame {
    _Atomic uint32_t skipped; /* entries that are */
    struct blamed entry[BLAMED_MAX];
};

void flow_name_of(const struct packet *p, struct flow_name *out);

enum blame_verdict { BLAME_NOTED, BLAME_SKIP_FLOW, BLAME_SKIP_SERVICE };
/* One more worker died at this flow. What is skipped from now on, and was not before. */
enum blame_verdict blame_death(struct blame *b, const struct flow_name *flow, time_ns now);
/* Forgets what is old; before anything is blamed, and now and then. */
void blame_expire(struct blame *b, time_ns now);

/* For each packet, in a worker: is it to be left out? One load while nothing is. */
bool blame_look(const struct blame *b, const struct packet *p);
static inline bool blame_skips(const struct blame *b, const struct packet *p) {
    return b && atomic_load_explicit(&b->skipped, memory_order_acquire) && blame_look(b, p);
}

#endif
