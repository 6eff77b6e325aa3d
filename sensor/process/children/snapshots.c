/* SPDX-License-Identifier: Apache-2.0 */
#include "process/children/children.h"

static struct worker_status *status_of(const struct children *c, const struct child *child) {
    return c->sensor->status[child->place];
}

void child_inherit(const struct children *c, struct child *child) {
    struct worker_status *w = status_of(c, child);
    w->version = child->offered = c->sensor->snapshot->version;
    w->slots = 1U << c->sensor->snapshot->slot;
    w->before = 0;
}

/* Once it has taken, or let go, what it was given before: so no more than one is under way to each, and a
 * dead one gathers none. */
void child_offer(const struct children *c, struct child *child) {
    struct worker_status *w = status_of(c, child);
    const struct snapshot *s = c->sensor->snapshot;
    if (!child->pid || child->offered == s->version || w->version != child->offered ||
        !handout_give(&c->sensor->handout[child->place], s, outputs_records(c->sensor->outputs)))
        return;
    child->offered = s->version;
    child->offered_slot = s->slot;
    w->before = 0;
    w->call++;
}

bool children_settled(const struct children *c) {
    for (unsigned i = 0; i < c->count; i++)
        if (c->child[i].pid && c->child[i].role->inspects &&
            atomic_load(&status_of(c, &c->child[i])->version) != c->sensor->snapshot->version)
            return false;
    return true;
}

/* What it says, and what it was given and has not taken. */
static unsigned slots_of(const struct children *c, const struct child *child) {
    if (!child->pid || !child->role->inspects)
        return 0;
    const struct worker_status *w = status_of(c, child);
    unsigned given = atomic_load(&w->version) != child->offered ? 1U << child->offered_slot : 0;
    return given | atomic_load(&w->slots);
}

unsigned children_slots(const struct children *c) {
    unsigned slots = 0;
    for (unsigned i = 0; i < c->count; i++)
        slots |= slots_of(c, &c->child[i]);
    return slots;
}

void children_move_on(struct children *c, uint64_t before) {
    for (unsigned i = 0; i < c->sensor->places; i++) {
        c->sensor->status[i]->before = before;
        c->sensor->status[i]->call++;
    }
}

void children_end_holders(struct children *c) {
    unsigned in_force = 1U << c->sensor->snapshot->slot;
    for (unsigned i = 0; i < c->count; i++) {
        const struct child *child = &c->child[i];
        if (!(slots_of(c, child) & ~in_force))
            continue;
        log_error("%s %u does not let go of old configurations and is ended", child->role->name,
                  child->number + 1);
        kill(child->pid, SIGKILL);
    }
}
