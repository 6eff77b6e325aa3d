/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PIPELINE_AGAIN_H
#define GANTRY_PIPELINE_AGAIN_H

#include "pipeline/emit.h"
#include "pipeline/shared/examine_area.h"

/* What was found in files that were examined: a file that comes again is not examined again, but all that was
 * found in it is told of its new transfer too. By SHA-256 and the snapshot by which it was found; bounded in
 * bytes, the oldest gives way. */
enum { AGAIN_ENTRIES = 256, AGAIN_BYTES = 8 << 20 };

struct again_key {
    uint8_t sha256[32];
    uint64_t version;
    bool metered; /* under a contract, or transfers are told: then what no rule holds for is, too */
};

struct again_entry {
    struct again_key key;
    struct record_list list; /* bytes: its own; NULL: this place is free */
    struct record *first;    /* of the file itself, packed */
    uint64_t root, before;   /* its number; numbers of objects given before it */
    uint64_t numbers;        /* objects that came out of it */
    struct examine_result result;
    uint64_t used;
};

struct again {
    uint64_t clock;
    size_t bytes;
    struct again_entry entry[AGAIN_ENTRIES];
};

void again_finish(struct again *g);
/* Copies `list` and `first`. Without memory, or where it is a large part of all, nothing is kept. */
void again_keep(struct again *g, const struct again_key *key, const struct again_entry *what);
const struct again_entry *again_find(struct again *g, const struct again_key *key);

/* Tells all of it, of the object of `of`; numbers go on behind `before`. */
struct again_told {
    const struct record *of;
    struct bytes host;
    const struct policy *policy;
    const struct ruleset *rules;
    uint64_t before;
};
void again_tell(struct emitter *e, const struct again_entry *what, const struct again_told *now);

#endif
