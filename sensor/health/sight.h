/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_HEALTH_SIGHT_H
#define GANTRY_HEALTH_SIGHT_H

#include "base/bytes.h"
#include "base/clock.h"
#include "base/figure/figure.h"

/* What one worker has had in sight, in memory shared with the reporter, which asks what is missing. The
 * worker writes, the reporter reads single words. Bounded: all VLAN ids that there are, and so many image
 * networks; those beyond are taken for seen. */
enum { SIGHT_VLANS = 4096, SIGHT_NETWORKS = 1024 };

struct sight_vlan {
    time_ns first, last; /* packet time; 0: never seen */
    time_ns pause;       /* the longest between two packets */
};

struct sight {
    struct sight_vlan vlan[SIGHT_VLANS];
    uint64_t network[SIGHT_NETWORKS]; /* open addressing: digests of names, which outlive a reload; 0: free */
    bool networks_full;
};

/* What a worker shows of itself. */
struct worker_view {
    uint64_t gauges[GAUGE_COUNT];
    struct sight sight;
};

/* A packet with this VLAN id, 0 for none. */
void sight_vlan(struct sight *s, uint16_t id, time_ns now);
/* Traffic of the image network of this name. */
void sight_network(struct sight *s, const char *name);
bool sight_has_network(const struct sight *s, const char *name);

#endif
