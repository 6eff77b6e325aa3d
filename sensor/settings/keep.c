/* SPDX-License-Identifier: Apache-2.0 */
#include "settings/setting.h"

#include <stdio.h>
#include <string.h>

/* --- what differs, and how it is copied: by type --- */

static bool is_same_text(const char *a, const char *b) {
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool are_same_texts(const struct setting_texts *a, const struct setting_texts *b) {
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++)
        same = is_same_text(a->items[i], b->items[i]);
    return same;
}

/* Old text lies in memory that goes. */
static const char *copy_text(struct arena *arena, const char *text) {
    return text ? arena_text(arena, text, strlen(text)) : NULL;
}

static void keep_texts(struct arena *arena, const struct setting_texts *old, struct setting_texts *out) {
    const char **items = arena_array(arena, old->count + 1, sizeof *items);
    for (size_t i = 0; items && i < old->count; i++)
        items[i] = copy_text(arena, old->items[i]);
    *out = (struct setting_texts){items, items ? old->count : 0};
}

static const size_t sizes[] = {
    [SETTING_BOOL] = sizeof(bool),         [SETTING_COUNT] = sizeof(uint64_t),
    [SETTING_SIZE] = sizeof(uint64_t),     [SETTING_DURATION] = sizeof(uint64_t),
    [SETTING_CHOICE] = sizeof(unsigned),   [SETTING_DATE] = sizeof(int32_t),
    [SETTING_TEXT] = sizeof(const char *), [SETTING_TEXTS] = sizeof(struct setting_texts),
};

static bool is_same_value(enum setting_type type, const void *a, const void *b) {
    if (type == SETTING_TEXT)
        return is_same_text(*(const char *const *)a, *(const char *const *)b);
    return type == SETTING_TEXTS ? are_same_texts(a, b) : memcmp(a, b, sizes[type]) == 0;
}

static void keep_value(struct arena *arena, enum setting_type type, const void *old, void *out) {
    if (type == SETTING_TEXT)
        *(const char **)out = copy_text(arena, *(const char *const *)old);
    else if (type == SETTING_TEXTS)
        keep_texts(arena, old, out);
    else
        memcpy(out, old, sizes[type]);
}

/* --- the table --- */

/* A key that is not written any more is told at its map's line. */
static void tell_restart(struct setting_reader *r, const struct doc_node *map, const char *name, const char *file,
                 const char *key) {
    const struct doc_node *node = doc_get(map, key);
    problem_warning(r->problems, node ? node->file : file,
                    node  ? node->key_line
                    : map ? map->line
                          : 0,
                    "%s%s%s: a change takes effect with the next start; until then the old value holds", name,
                    *name ? "." : "", key);
}

static unsigned keep_map(struct setting_reader *r, const struct doc_node *map, const char *name, const char *file,
                         const struct setting *s, const void *old, void *out) {
    char path[128];
    snprintf(path, sizeof path, "%s%s%s", name, *name ? "." : "", s->key);
    return setting_keep(r, doc_get(map, s->key), path, file, s->table, old, out);
}

unsigned setting_keep(struct setting_reader *r, const struct doc_node *map, const char *name, const char *file,
                      const struct setting *table, const void *old, void *out) {
    unsigned changed = 0;
    for (const struct setting *s = table; s->key; s++) {
        const void *before = (const char *)old + s->offset;
        void *field = (char *)out + s->offset;
        if (s->type == SETTING_MAP)
            changed += keep_map(r, map, name, file, s, before, field);
        if (!s->restart || is_same_value(s->type, before, field))
            continue;
        tell_restart(r, map, name, file, s->key);
        keep_value(r->arena, s->type, before, field);
        changed++;
    }
    return changed;
}
