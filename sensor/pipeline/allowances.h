/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PIPELINE_ALLOWANCES_H
#define GANTRY_PIPELINE_ALLOWANCES_H

#include "base/address.h"
#include "base/allowance.h"
#include "base/hash.h"
#include "base/pool.h"
#include "base/table.h"

/* The allowances of pairs of hosts. Many pairs cost as much as one that sends as many bytes: what a new one
 * has at first comes out of a common chest, which earns with every byte that any of them brings. Where it is
 * empty a new pair owes a look at a small object. */
struct pair_allowance {
    struct table_node node; /* by addresses and last use */
    struct address low, high;
    unsigned references;
    struct allowance allowance;
};

struct allowances {
    struct table table;
    struct pool pool;
    struct hash_key key;
    struct pair_allowance *rest; /* of all pairs for which there is no place; never in the table */
    uint64_t chest;              /* bytes */
    int64_t common;              /* decoded bytes that its pairs may borrow, base/allowance.h */
    int64_t telling;             /* bytes out of which is told what no pair pays for */
};

/* `pairs`: most that are known at once. */
bool allowances_init(struct allowances *s, size_t pairs);
void allowances_finish(struct allowances *s);

/* One reference. Never NULL: where all are in use by open flows, the rest share one. */
struct pair_allowance *allowances_open(struct allowances *s, const struct address *a,
                                       const struct address *b);
void allowances_release(struct pair_allowance *p); /* accepts NULL */
/* Pays for an object being told that its own pair does not pay for. False: too many were. */
bool allowances_tell(struct allowances *s);
/* `n` bytes of the pair were delivered. */
void allowances_earn(struct allowances *s, struct pair_allowance *p, uint64_t n);

#endif
