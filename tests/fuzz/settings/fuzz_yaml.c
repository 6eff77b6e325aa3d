/* SPDX-License-Identifier: Apache-2.0 */
#include "settings/setting.h"

#include <stdlib.h>
#include <string.h>

/* A YAML text, and a table with a setting of every type read from it. */
struct all {
    bool flag;
    uint64_t count, size, duration;
    const char *text;
    unsigned choice;
    int32_t date;
    struct setting_texts texts;
    size_t nodes;
};

static const char *const colours[] = {"red", "green", "blue", NULL};

/* The tree is consistent: parents, counts, keys in maps only, lines that grow. */
static size_t check_tree(const struct doc_node *root) {
    const struct doc_node *at = root;
    size_t nodes = 0, left = 0;
    while (at) {
        size_t children = 0;
        nodes++;
        for (const struct doc_node *c = at->child; c; c = c->next, children++)
            if (c->parent != at || (c->key != NULL) != (at->kind == DOC_MAP) || c->line < at->line)
                abort();
        if (children != at->children || (at->kind == DOC_TEXT) != (at->text != NULL))
            abort();
        left += children;
        if (at->child) {
            at = at->child;
            continue;
        }
        while (at && at != root && !at->next)
            at = at->parent;
        at = at && at != root ? at->next : NULL;
    }
    if (nodes != left + 1)
        abort();
    return nodes;
}

static bool read_any(struct setting_reader *r, const struct doc_node *node, void *field) {
    *(size_t *)field = check_tree(node);
    return true;
}

#define FIELD(name) .key = #name, .offset = offsetof(struct all, name)
static const struct setting table[] = {
    {FIELD(flag), .type = SETTING_BOOL, .preset = "yes"},
    {FIELD(count), .type = SETTING_COUNT, .low = 1, .high = 64, .preset = "2"},
    {FIELD(size), .type = SETTING_SIZE, .low = 1024, .high = (uint64_t)1 << 40, .preset = "64 KiB"},
    {FIELD(duration), .type = SETTING_DURATION, .preset = "15 min"},
    {FIELD(text), .type = SETTING_TEXT},
    {FIELD(choice), .type = SETTING_CHOICE, .choices = colours},
    {FIELD(date), .type = SETTING_DATE},
    {FIELD(texts), .type = SETTING_TEXTS},
    {FIELD(nodes), .type = SETTING_CUSTOM, .read = read_any},
    {0},
};

static void check_values(const struct all *a) {
    if (a->count < 1 || a->count > 64 || a->size < 1024 || a->size > (uint64_t)1 << 40 || a->choice > 2)
        abort();
    for (size_t i = 0; i < a->texts.count; i++)
        if (!a->texts.items[i])
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static uint8_t region[1 << 16];
    struct problems problems = {0};
    struct arena arena;
    struct all all = {0};
    arena_init(&arena, region, sizeof region);
    struct setting_reader r = {.arena = &arena, .problems = &problems};
    struct doc *d = doc_parse("fuzz.yaml", bytes_of(data, size), &problems);
    if ((d == NULL) != (problems.errors > 0))
        abort(); /* a refusal always says why */
    if (d) {
        check_tree(doc_root(d));
        bool ok = setting_read(&r, doc_root(d), table, &all);
        if (ok != (problems.errors == 0))
            abort();
        if (ok)
            check_values(&all);
    }
    doc_free(d);
    for (size_t i = 0; i < problems.count; i++)
        if (!problems.list[i].text || strchr(problems.list[i].text, '\n'))
            abort();
    problems_finish(&problems);
    return 0;
}
