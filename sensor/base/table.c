/* SPDX-License-Identifier: Apache-2.0 */
#include "base/table.h"

#include <stdlib.h>

static size_t count_buckets(size_t entries) {
    size_t buckets = 16;
    while (buckets < entries)
        buckets *= 2;
    return buckets;
}

bool table_init(struct table *t, size_t entries) {
    size_t buckets = count_buckets(entries);
    *t = (struct table){.mask = buckets - 1, .buckets = calloc(buckets, sizeof(struct table_node *))};
    return t->buckets != NULL;
}

void table_finish(struct table *t) {
    free(t->buckets);
    *t = (struct table){0};
}

size_t table_bytes(size_t entries) {
    return count_buckets(entries) * sizeof(struct table_node *);
}

static void link_bucket(struct table *t, struct table_node *node, uint64_t hash) {
    struct table_node **bucket = &t->buckets[hash & t->mask];
    node->hash = hash;
    node->next = *bucket;
    node->link = bucket;
    if (node->next)
        node->next->link = &node->next;
    *bucket = node;
}

static void unlink_bucket(struct table_node *node) {
    *node->link = node->next;
    if (node->next)
        node->next->link = node->link;
}

void table_add(struct table *t, struct table_node *node, uint64_t hash) {
    link_bucket(t, node, hash);
    age_add(&t->ages, &node->age);
    t->count++;
}

void table_remove(struct table *t, struct table_node *node) {
    unlink_bucket(node);
    age_remove(&t->ages, &node->age);
    t->count--;
}

void table_rehash(struct table *t, struct table_node *node, uint64_t hash) {
    unlink_bucket(node);
    link_bucket(t, node, hash);
}
