/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_BASE_TABLE_H
#define GANTRY_BASE_TABLE_H

#include "base/age.h"

#include <stdbool.h>
#include <stdint.h>

/* A hash table whose entries also stand in a list by age. The nodes lie in the entries, which stay the
 * caller's: the table allocates its buckets once and never grows. The caller hashes its keys, with a secret
 * (base/hash.h) where strangers choose them. Keys that are equal may stand in it several times. */
struct table_node {
    struct table_node *next, **link; /* the table's own: in its bucket, and what points here */
    struct age_node age;             /* the table's own */
    uint64_t hash;                   /* read only */
};

struct table {
    struct table_node **buckets;
    size_t mask;  /* buckets - 1 */
    size_t count; /* read only: entries */
    struct age_list ages;
};

/* The entry of which `node` is the member; NULL for NULL. */
#define TABLE_ENTRY(node, type, member) ((type *)table_entry_at(node, offsetof(type, member)))

static inline void *table_entry_at(const struct table_node *node, size_t offset) {
    return node ? (char *)node - offset : NULL;
}

/* A bucket for each of so many entries, rounded up to a power of two; more entries than that only make it
 * slower. False: no memory. */
bool table_init(struct table *t, size_t entries);
/* Leaves the entries alone. Accepts one of zeros. */
void table_finish(struct table *t);
/* Bytes of the buckets that table_init() allocates. */
size_t table_bytes(size_t entries);

/* As the youngest, and as the first that table_find() shows of its hash. The node is in no table. */
void table_add(struct table *t, struct table_node *node, uint64_t hash);
/* Takes as long whatever else is in the bucket. */
void table_remove(struct table *t, struct table_node *node);
/* Its key is another one now; its age stays. */
void table_rehash(struct table *t, struct table_node *node, uint64_t hash);

/* Becomes the youngest. */
static inline void table_touch(struct table *t, struct table_node *node) {
    age_touch(&t->ages, &node->age);
}

/* NULL at the end. */
static inline struct table_node *table_oldest(const struct table *t) {
    return AGE_ENTRY(t->ages.oldest, struct table_node, age);
}

static inline struct table_node *table_youngest(const struct table *t) {
    return AGE_ENTRY(t->ages.newest, struct table_node, age);
}

static inline struct table_node *table_younger(const struct table_node *node) {
    return AGE_ENTRY(node->age.newer, struct table_node, age);
}

static inline struct table_node *table_older(const struct table_node *node) {
    return AGE_ENTRY(node->age.older, struct table_node, age);
}

/* Any number of steps. */
#define TABLE_STEPS_ALL UINT32_MAX

/* The last added of those with this hash for which `is_key` holds; NULL if there is none among the first
 * `steps` of the bucket. */
static inline struct table_node *table_find(const struct table *t, uint64_t hash,
                                            bool (*is_key)(const struct table_node *node, const void *key),
                                            const void *key, uint32_t steps) {
    struct table_node *node = t->buckets[hash & t->mask];
    for (; node && steps > 0; node = node->next, steps--)
        if (node->hash == hash && is_key(node, key))
            return node;
    return NULL;
}

#endif
