/* SPDX-License-Identifier: Apache-2.0 */
#include "process/children/children.h"

/* Of the supervisor, which else was stopped itself and has seen no beats. */
static const time_ns look_time = NS_PER_S;

/* It opens its outputs and its database, which may be large; workers go on meanwhile. */
void children_hear(struct children *c) {
    struct readiness *r = &c->readiness;
    if (r->state != READINESS_WAITS)
        return;
    readiness_look(r);
    if (r->state == READINESS_READY)
        c->begun = true;
    else if (r->state == READINESS_FAILED && !c->handing)
        log_error("%s", r->why.text);
    if (!readiness_grew_late(r, clock_monotonic()))
        return;
    counter_one(COUNTER_REPORTER_LATE);
    log_warning(
        "the reporter has been starting for more than %d seconds, as with a very large database; what "
        "workers find meanwhile waits in their channels",
        READINESS_LATE_S);
}

/* Even while it is idle a worker makes a step every 100 ms. One that was stopped dies of SIGKILL only. */
static void stop_if_stuck(const struct children *c, struct child *child, time_ns now) {
    uint64_t beat = c->sensor->status[child->place]->beat;
    if (beat != child->beat) {
        child->beat = beat;
        child->beat_at = now;
    }
    if (!child->pid || child->stuck || !child->role->stuck_after ||
        now - child->beat_at <= child->role->stuck_after(c->sensor))
        return;
    child->stuck = true;
    kill(child->pid, SIGKILL);
}

void children_look(struct children *c) {
    time_ns now = clock_monotonic();
    bool slept = now - c->looked > look_time;
    c->looked = now;
    blame_expire(c->sensor->blame, now);
    children_hear(c);
    children_press_handover(c, now);
    bool live = !c->sensor->offline && !c->stopping;
    for (unsigned i = 0; i < c->count; i++) {
        struct child *child = &c->child[i];
        if (!child->role->inspects || (!live && !child->role->serves))
            continue;
        if (slept && child->beat_at < now)
            child->beat_at = now;
        stop_if_stuck(c, child, now);
        if (live)
            child_offer(c, child);
    }
}
