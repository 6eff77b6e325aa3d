/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/generation.h"

static struct generation *find_place(struct generations *g) {
    for (int i = 0; i < SNAPSHOT_SLOTS; i++)
        if (!g->place[i].inspector)
            return &g->place[i];
    return NULL;
}

bool generation_begin(struct generations *g, const struct snapshot_view *view, struct error *e) {
    struct generation *n = find_place(g);
    if (!n)
        return error_set(e, "flows hold all older configurations");
    *n = (struct generation){.policy = view->config->policy,
                             .rules = view->config->rules,
                             .version = view->version,
                             .slot = view->slot};
    n->inspector = inspector_create(view->config->rules, &g->inspector, &g->findings, e);
    if (!n->inspector)
        return false;
    g->newest = n;
    return true;
}

void generations_sweep(struct generations *g) {
    for (struct generation *n = g->place; n < g->place + SNAPSHOT_SLOTS; n++) {
        if (!n->inspector || n->transfers || n == g->newest)
            continue;
        inspector_destroy(n->inspector);
        n->inspector = NULL;
        snapshot_unmap(n->slot);
    }
}

void generations_finish(struct generations *g) {
    for (struct generation *n = g->place; n < g->place + SNAPSHOT_SLOTS; n++)
        inspector_destroy(n->inspector);
    *g = (struct generations){.newest = NULL};
}

unsigned generations_slots(const struct generations *g) {
    unsigned slots = 0;
    for (const struct generation *n = g->place; n < g->place + SNAPSHOT_SLOTS; n++)
        if (n->inspector)
            slots |= 1U << n->slot;
    return slots;
}

uint64_t generations_old_memory(const struct generations *g, uint64_t *oldest) {
    uint64_t sum = 0;
    *oldest = UINT64_MAX;
    for (const struct generation *n = g->place; n < g->place + SNAPSHOT_SLOTS; n++) {
        if (!n->inspector || n == g->newest)
            continue;
        sum += inspector_memory(n->inspector);
        *oldest = n->version < *oldest ? n->version : *oldest;
    }
    return sum;
}

size_t generations_objects(const struct generations *g) {
    size_t n = 0;
    for (int i = 0; i < SNAPSHOT_SLOTS; i++)
        n += g->place[i].inspector ? inspector_objects(g->place[i].inspector) : 0;
    return n;
}
