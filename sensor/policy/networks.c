/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/networks.h"

#include <stdlib.h>

/* Grows outside the arena, whose blocks cannot. */
struct builder {
    const struct network_entry *entries;
    struct network_node *nodes;
    uint32_t *leaves;
    size_t node_count, node_room, leaf_count, leaf_room;
};

static int compare_entries(const void *a, const void *b) {
    const struct network_entry *x = a, *y = b;
    int order = address_is_v4(&x->prefix.base) - address_is_v4(&y->prefix.base);
    if (order == 0)
        order = memcmp(&x->prefix.base, &y->prefix.base, sizeof x->prefix.base);
    if (order == 0)
        order = x->prefix.length - y->prefix.length;
    return order ? order : x->line - y->line;
}

void networks_sort(struct network_entry *entries, size_t n) {
    if (n)
        qsort(entries, n, sizeof *entries, compare_entries);
}

static bool add_nodes(struct builder *b, size_t n, uint32_t *first) {
    if (b->node_count + n > b->node_room) {
        size_t room = (b->node_count + n) * 2;
        void *grown = realloc(b->nodes, room * sizeof *b->nodes);
        if (!grown)
            return false;
        b->nodes = grown;
        b->node_room = room;
    }
    *first = (uint32_t)b->node_count;
    b->node_count += n;
    return true;
}

static bool add_leaf(struct builder *b, uint32_t value) {
    if (b->leaf_count == b->leaf_room) {
        size_t room = b->leaf_room ? b->leaf_room * 2 : 1024;
        void *grown = realloc(b->leaves, room * sizeof *b->leaves);
        if (!grown)
            return false;
        b->leaves = grown;
        b->leaf_room = room;
    }
    b->leaves[b->leaf_count++] = value;
    return true;
}

/* Within the byte at `depth`: all do so in the last one. */
static bool entry_ends(const struct network_entry *e, unsigned depth) {
    return depth + 1 == sizeof e->prefix.base.bytes || e->prefix.length <= (depth + 1) * 8;
}

static bool has_child(const struct network_node *node, unsigned byte) {
    return node->child[byte / 64] >> (byte % 64) & 1;
}

/* What each value of the byte at `depth` gives, and for which ones longer prefixes follow. Sorted entries
 * paint the wider before the narrower. Returns the number of children. */
static size_t paint_slots(const struct builder *b, unsigned depth, size_t low, size_t high,
                          uint32_t slots[256], struct network_node *node) {
    size_t children = 0;
    for (size_t i = low; i < high; i++) {
        const struct network_entry *e = &b->entries[i];
        unsigned byte = e->prefix.base.bytes[depth];
        if (entry_ends(e, depth)) {
            unsigned span = 1u << ((depth + 1) * 8 - e->prefix.length);
            for (unsigned k = 0; k < span; k++)
                slots[byte + k] = e->value;
        } else if (!has_child(node, byte)) {
            node->child[byte / 64] |= UINT64_C(1) << (byte % 64);
            children++;
        }
    }
    return children;
}

/* Neighbours with one result share a leaf; values with a child have none and do not part a run. */
static bool encode_leaves(struct builder *b, const uint32_t slots[256], struct network_node *node) {
    bool any = false;
    uint32_t last = 0;
    node->first_leaf = (uint32_t)b->leaf_count;
    for (unsigned byte = 0; byte < 256; byte++) {
        if (has_child(node, byte) || (any && slots[byte] == last))
            continue;
        node->leaf[byte / 64] |= UINT64_C(1) << (byte % 64);
        last = slots[byte];
        any = true;
        if (!add_leaf(b, last))
            return false;
    }
    for (unsigned w = 1; w < 4; w++) {
        node->child_rank[w] = (uint8_t)(node->child_rank[w - 1] + __builtin_popcountll(node->child[w - 1]));
        node->leaf_rank[w] = (uint8_t)(node->leaf_rank[w - 1] + __builtin_popcountll(node->leaf[w - 1]));
    }
    return true;
}

/* Entries low to high - 1 agree in all bytes before `depth`. Recurses at most 16 deep, one level a byte. */
static bool build_node(struct builder *b, uint32_t at, unsigned depth, size_t low, size_t high,
                       uint32_t inherited) {
    uint32_t slots[256];
    struct network_node node = {0};
    for (unsigned i = 0; i < 256; i++)
        slots[i] = inherited;
    size_t children = paint_slots(b, depth, low, high, slots, &node);
    if (!encode_leaves(b, slots, &node) || !add_nodes(b, children, &node.first_child))
        return false;
    b->nodes[at] = node;
    uint32_t child = node.first_child;
    for (size_t i = low, end; i < high; i = end) {
        unsigned byte = b->entries[i].prefix.base.bytes[depth];
        end = i + 1;
        if (entry_ends(&b->entries[i], depth))
            continue;
        while (end < high && b->entries[end].prefix.base.bytes[depth] == byte)
            end++;
        if (!build_node(b, child++, depth + 1, i, end, slots[byte]))
            return false;
    }
    return true;
}

/* IPv4 comes behind IPv6. Both roots are made even if empty. */
static bool build_roots(struct builder *b, struct networks *out, size_t n) {
    size_t v6 = 0;
    uint32_t first;
    while (v6 < n && !address_is_v4(&b->entries[v6].prefix.base))
        v6++;
    if (!add_nodes(b, 2, &first))
        return false;
    out->root[0] = first;
    out->root[1] = first + 1;
    return build_node(b, out->root[0], 0, 0, v6, 0) && build_node(b, out->root[1], 12, v6, n, 0);
}

bool networks_build(struct networks *out, const struct network_entry *entries, size_t n,
                    struct arena *arena) {
    struct builder b = {.entries = entries};
    bool ok = build_roots(&b, out, n);
    struct network_node *nodes = ok ? arena_array(arena, b.node_count, sizeof *nodes) : NULL;
    uint32_t *leaves = ok ? arena_array(arena, b.leaf_count, sizeof *leaves) : NULL;
    if (nodes && leaves) {
        memcpy(nodes, b.nodes, b.node_count * sizeof *nodes);
        memcpy(leaves, b.leaves, b.leaf_count * sizeof *leaves);
        out->nodes = nodes;
        out->leaves = leaves;
        out->node_count = b.node_count;
        out->leaf_count = b.leaf_count;
    }
    free(b.nodes);
    free(b.leaves);
    return nodes && leaves;
}
