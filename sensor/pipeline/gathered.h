/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PIPELINE_GATHERED_H
#define GANTRY_PIPELINE_GATHERED_H

#include "base/shares.h"
#include "base/table.h"
#include "content/content.h"
#include "pipeline/emit.h"

/* Records that move one by one: a read a request, a message or an answer. What is found in small texts of one
 * host to another, on whatever flows, is what a table of their lines would hold: those in which nothing was
 * found by themselves are read together, as the tables of one object that ends with ten minutes without
 * another, or with 1 MiB. It belongs to the transfer that brought the last one, and is told only where
 * something is found in it.
 *
 * Each holds a reader of rows for all its time. Half of the readers are for other objects; where there are
 * more of these than the other half, who was quiet longest gives way, and to one of a source that has a
 * quarter of them, one of its own. */
enum { GATHERED_MOST = 128 /* at once */ };

struct gathered {
    struct table table;
    struct pool pool;
    struct shares shares;
    struct hash_key key;
};

/* What objects are begun and told with. */
struct gathered_way {
    struct content *content; /* whose numbers they have */
    struct fact_pool *facts;
    struct transfer_contexts *transfers;
    struct flow_contexts *flows;
    struct emitter *emitter;
    time_ns now;
};

bool gathered_init(struct gathered *g); /* false: no memory */
void gathered_finish(struct gathered *g);
/* `o` has closed, and has not been forgotten. */
void gathered_take(struct gathered *g, const struct gathered_way *way, const struct object *o);
/* Ends what is over: by time, or since its rules are not the newest; or `all`. */
void gathered_tick(struct gathered *g, const struct gathered_way *way, const struct generation *newest,
                   bool all);

#endif
