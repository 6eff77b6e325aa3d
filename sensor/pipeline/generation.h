/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PIPELINE_GENERATION_H
#define GANTRY_PIPELINE_GENERATION_H

#include "config/snapshot.h"
#include "inspect/inspect.h"

/* What flows and transfers are judged by, and objects inspected: one generation a snapshot. Flows go over to
 * the newest at once, transfers take the newest when they begin and stay with it: the last of them frees it.
 */
struct generation {
    const struct policy *policy;
    const struct ruleset *rules;
    struct inspector *inspector; /* NULL: this place is free */
    uint64_t version;            /* of the snapshot, */
    unsigned slot;               /* and where it is mapped */
    uint32_t transfers;          /* contexts of transfers that hold it */
};

struct generations {
    struct generation place[SNAPSHOT_SLOTS];
    struct generation *newest;
    struct inspector_options inspector; /* memory: of each */
    uint64_t older_memory;              /* of all but the newest together, bytes */
    struct finding_sink findings;
};

/* What a worker is told of a snapshot that it has mapped. */
struct snapshot_view {
    uint64_t version;
    const struct config *config;
    unsigned slot;
    unsigned wants; /* enum report_records that any output writes */
};

/* Becomes the newest. False with a reason, and nothing has changed: no memory, or as many generations are
 * alive as there are slots. */
bool generation_begin(struct generations *g, const struct snapshot_view *view, struct error *e);
/* Frees those that nobody holds, and their snapshots; never the newest. Not from within the inspector. */
void generations_sweep(struct generations *g);
void generations_finish(struct generations *g); /* all of them */

unsigned generations_slots(const struct generations *g); /* in use: bits 1 << slot */
/* Memory that the inspectors of older generations hold, bytes; *oldest: version of the oldest. */
uint64_t generations_old_memory(const struct generations *g, uint64_t *oldest);
size_t generations_objects(const struct generations *g); /* inspected now */

#endif
