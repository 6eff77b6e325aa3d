/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/path.h"

#include <stdio.h>

/* What there is a bounded number of, or of bytes. Each gives way by itself, to who holds less; that it has to
 * is told, since something may be missed by it. */

static unsigned fill_contexts(const struct pipeline *p) {
    return pool_fill(&p->flow_contexts.pool);
}

static unsigned fill_transfer_contexts(const struct pipeline *p) {
    return pool_fill(&p->transfer_contexts.pool);
}

static unsigned fill_conversations(const struct pipeline *p) {
    return dispatcher_fill(p->dispatcher);
}

static unsigned fill_streams(const struct pipeline *p) {
    return reassembler_pairs_fill(p->reassembler);
}

static unsigned fill_segments(const struct pipeline *p) {
    return reassembler_fill(p->reassembler);
}

static unsigned fill_expectations(const struct pipeline *p) {
    return expect_fill(p->expected);
}

static unsigned fill_decoders(const struct pipeline *p) {
    return codings_fill(p->codings);
}

static unsigned fill_transfers(const struct pipeline *p) {
    return content_fill(p->content);
}

static unsigned fill_inspection(const struct pipeline *p) {
    return inspector_fill(p->generations.newest->inspector);
}

/* `presses`: only work that ends gives it back, so overload leaves something out while it is short. */
static const struct shortage_pool {
    const char *name, *mend;
    unsigned (*fill)(const struct pipeline *p);
    bool presses;
} pools[] = {
    {"contexts of flows", "sensor.memory", fill_contexts, false},
    {"contexts of transfers", "limits.content.objects", fill_transfer_contexts, true},
    {"conversations", "sensor.memory", fill_conversations, false},
    {"connections being rebuilt", "limits.stream.connections", fill_streams, false},
    {"early segments", "limits.stream.memory", fill_segments, true},
    {"announced flows", "sensor.memory", fill_expectations, false},
    {"decoders", "sensor.memory", fill_decoders, true},
    {"open transfers", "limits.content.objects", fill_transfers, true},
    {"inspection", "sensor.memory", fill_inspection, true},
};
_Static_assert(sizeof pools / sizeof *pools == SHORTAGE_POOLS, "each has its time of the last notice");

unsigned shortage_pressure(const struct pipeline *p) {
    unsigned most = 0;
    for (size_t i = 0; i < SHORTAGE_POOLS; i++) {
        unsigned fill = pools[i].presses ? pools[i].fill(p) : 0;
        most = fill > most ? fill : most;
    }
    return most;
}

void shortage_tick(struct pipeline *p) {
    enum { SHORT = 950 };
    static const time_ns repeat = 600 * NS_PER_S;
    char text[256];
    for (size_t i = 0; i < SHORTAGE_POOLS; i++) {
        time_ns *told = &p->shortage_told[i];
        if (pools[i].fill(p) < SHORT || (*told && p->now - *told < repeat && p->now >= *told))
            continue;
        *told = p->now;
        snprintf(
            text, sizeof text,
            "memory of worker %u for %s is short: what waits or is idle gives way, that of the sources that "
            "have most first; raise %s",
            p->emitter.worker, pools[i].name, pools[i].mend);
        pipeline_notice(p, "memory-short", text);
    }
}
