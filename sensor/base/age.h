/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_BASE_AGE_H
#define GANTRY_BASE_AGE_H

#include <stddef.h>

/* A list by age. Its nodes lie in the entries themselves; nothing is allocated, and every step costs the same
 * however long the list is. A list of zeros is empty. Walk it from `oldest` along `newer`, or from `newest`
 * along `older`; who removes entries on the way reads the next one first. */
struct age_node {
    struct age_node *older, *newer;
};

struct age_list {
    struct age_node *oldest, *newest;
};

/* The entry of which `node` is the member; NULL for NULL. */
#define AGE_ENTRY(node, type, member) ((type *)age_entry_at(node, offsetof(type, member)))

static inline void *age_entry_at(const struct age_node *node, size_t offset) {
    return node ? (char *)node - offset : NULL;
}

/* As the newest. The node is in no list. */
static inline void age_add(struct age_list *list, struct age_node *node) {
    *node = (struct age_node){.older = list->newest};
    *(list->newest ? &list->newest->newer : &list->oldest) = node;
    list->newest = node;
}

static inline void age_remove(struct age_list *list, struct age_node *node) {
    *(node->older ? &node->older->newer : &list->oldest) = node->newer;
    *(node->newer ? &node->newer->older : &list->newest) = node->older;
}

/* Becomes the newest. */
static inline void age_touch(struct age_list *list, struct age_node *node) {
    if (list->newest == node)
        return;
    age_remove(list, node);
    age_add(list, node);
}

#endif
