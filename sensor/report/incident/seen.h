/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_SEEN_H
#define GANTRY_REPORT_SEEN_H

#include "base/hash.h"
#include "report/store/store.h"

#include <stdbool.h>
#include <stdint.h>

/* Objects that were counted and are still moving: an object with three findings and a transfer record is one
 * object, and its bytes are counted once. Bounded; the least recent is forgotten first (and may count twice).
 */
struct seen_key {
    uint64_t account; /* where it counts, if it may count in several: of a contract */
    uint64_t object;
    uint64_t worker;
};
struct seen_value {
    uint64_t bytes;   /* that were counted */
    uint64_t holder;  /* serial of the incident that it counts in */
    uint64_t telling; /* telling_of() what it counts as */
};

struct seen; /* opaque */

/* Where it is kept. */
struct seen_table {
    /* (account, worker, object, bytes), (account, worker, object), () */
    enum store_statement put, drop, each;
    bool held; /* in an incident: `put` and `each` have (..., holder, telling) too */
};
/* Bytes that `most` objects take. */
size_t seen_bytes(uint32_t most);
/* `table` is kept by reference. */
struct seen *seen_create(uint32_t most, const struct seen_table *table);
void seen_destroy(struct seen *s);
/* What was counted so far of this object, in place. *is_new: it was not known and is remembered now, with
 * none. *forgot: another had to go for it. */
struct seen_value *seen_note(struct seen *s, const struct seen_key *key, bool *is_new, bool *forgot);
/* NULL: not known. Until the next seen_note(). */
const struct seen_value *seen_find(struct seen *s, const struct seen_key *key);
void seen_drop(struct seen *s, const struct seen_key *key);

/* What changed since seen_saved(), into the store's transaction. */
bool seen_save(struct seen *s, struct store *store);
void seen_saved(struct seen *s);
/* Everything is to be written again. */
void seen_spoil(struct seen *s);
/* As it was saved; the objects of incidents that are not open are dropped with seen_drop(). */
bool seen_load(struct seen *s, struct store *store);

#endif
