/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_TRANSFER_FACTS_H
#define GANTRY_TRANSFER_FACTS_H

#include "base/bytes.h"
#include "base/pool.h"
#include "transfer/fact_table.h"

enum fact {
#define FACT(id, ...) FACT_##id,
    FACT_TABLE
#undef FACT
        FACT_COUNT
};

/* Records that show a fact. */
enum { FACT_IN_ALERT = 1, FACT_IN_TRANSFER = 2, FACT_IN_FLOW = 4 };
enum fact_scope { FACT_SCOPE_NONE, FACT_SCOPE_NAME, FACT_SCOPE_PATH };

/* One row of fact_table.h, which says what the columns mean. */
struct fact_row {
    const char *ecs;   /* NULL: no record shows it */
    const char *brief; /* NULL with it */
    uint16_t longest;  /* octets */
    uint8_t shown, rank;
    bool wire, covered, given;
    uint8_t scope; /* enum fact_scope */
};
extern const struct fact_row fact_rows[FACT_COUNT];

/* --- The texts of one transfer, object or flow --- */

/* Holds the texts; other holders share it, and what is unpacked from an object refers to its parent's. */
struct facts;

/* One worker's. Short texts lie in the holder itself; where they are longer it takes a room in which every
 * fact fits at its longest, so that none crowds out another. */
struct fact_pool {
    struct pool holders, rooms;
};
/* The most holders, and the most of them with long texts, at once. */
bool fact_pool_init(struct fact_pool *p, size_t holders, size_t rooms);
void fact_pool_finish(struct fact_pool *p);
size_t fact_holder_size(void); /* octets */
size_t fact_room_size(void);

/* Empty, one reference. `parent`: whose facts are given to it (retained), or NULL. NULL at the cap: the
 * caller counts it. */
struct facts *facts_create(struct fact_pool *p, struct facts *parent);
void facts_retain(struct facts *f);                       /* accepts NULL */
void facts_release(struct fact_pool *p, struct facts *f); /* accepts NULL */

/* Its own, else what its parents give; n == 0: not known. Accepts NULL. Lives until the next change of whose
 * it is. */
struct bytes facts_get(const struct facts *f, enum fact which);
/* Its own alone. */
struct bytes facts_own(const struct facts *f, enum fact which);
/* Replaces its own; an empty value takes it away. Cut if too long or without a room: counted. The value does
 * not lie in `f` itself. */
void facts_set(struct fact_pool *p, struct facts *f, enum fact which, struct bytes value);
/* Those of `values` (FACT_COUNT) that are not empty: they replace its own, or only fill what is empty. */
void facts_replace(struct fact_pool *p, struct facts *f, const struct bytes *values);
void facts_fill(struct fact_pool *p, struct facts *f, const struct bytes *values);

#endif
