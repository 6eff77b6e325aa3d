/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_POLICY_NETWORKS_H
#define GANTRY_POLICY_NETWORKS_H

#include "base/address.h"
#include "settings/arena.h"
#include "settings/problem.h"

/* Longest-prefix match: a trie of eight address bits a level whose nodes hold bitmaps instead of pointers.
 * IPv4 and IPv6 share nodes and look-up and differ in where they begin; an IPv6 prefix never matches an IPv4
 * address. */
struct network_node {
    uint64_t child[4]; /* bit a byte value: the match goes on in a node */
    uint64_t leaf[4];  /* bit a byte value: here begins a run of one result */
    uint32_t first_child, first_leaf;
    uint8_t child_rank[4], leaf_rank[4]; /* bits set in the words before */
};

struct networks {
    const struct network_node *nodes;
    const uint32_t *leaves;
    size_t node_count, leaf_count;
    uint32_t root[2]; /* IPv6, IPv4 */
};

/* One configured prefix. */
struct network_entry {
    struct prefix prefix;
    uint32_t value; /* what it gives: a place, never 0 */
    int line;
    const char *file;
    const char *owner; /* name of the image network or partner, NULL for internal networks */
};

/* IPv6 before IPv4, then by base address, the wider first: an enclosing prefix comes before what it encloses.
 */
void networks_sort(struct network_entry *entries, size_t n);

/* Into the arena, from sorted entries without duplicates. False: no memory. */
bool networks_build(struct networks *out, const struct network_entry *entries, size_t n, struct arena *arena);

/* The value of the longest prefix that contains the address, 0 if none does. */
static inline uint32_t networks_find(const struct networks *t, const struct address *a) {
    bool v4 = address_is_v4(a);
    const struct network_node *node = &t->nodes[t->root[v4]];
    for (unsigned depth = v4 ? 12 : 0;; depth++) {
        unsigned byte = a->bytes[depth], word = byte / 64;
        uint64_t bit = UINT64_C(1) << (byte % 64);
        if (!(node->child[word] & bit)) {
            unsigned rank = (unsigned)__builtin_popcountll(node->leaf[word] & (bit | (bit - 1)));
            return t->leaves[node->first_leaf + node->leaf_rank[word] + rank - 1];
        }
        unsigned rank = (unsigned)__builtin_popcountll(node->child[word] & (bit - 1));
        node = &t->nodes[node->first_child + node->child_rank[word] + rank];
    }
}

#endif
