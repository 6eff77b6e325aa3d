/* SPDX-License-Identifier: Apache-2.0 */
#include "process/children/children.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

/* The system had no process or descriptor left. */
static const time_ns failed_wait = NS_PER_S;

static void add_child(struct children *c, const struct role *role, unsigned number, bool alone) {
    struct child *child = &c->child[c->count];
    *child = (struct child){
        .role = role, .number = number, .ready = -1, .status = &c->sensor->upper->child[c->count]};
    if (role->inspects)
        child->place = c->sensor->places++;
    if (role->receives)
        c->reporter = child;
    if (alone)
        snprintf(child->name, sizeof child->name, "%s", role->name);
    else
        snprintf(child->name, sizeof child->name, "%s %u", role->name, number + 1);
    c->count++;
}

bool children_init(struct children *c, struct sensor *sensor, struct error *e) {
    *c = (struct children){.sensor = sensor};
    sensor->places = 0;
    for (size_t i = 0; i < sensor->role_count; i++) {
        const struct role *role = &sensor->roles[i];
        unsigned count = role_count(role, sensor);
        if (count > CHILDREN_MAX - c->count || (role->receives && (c->reporter || count != 1)))
            return error_set(e, "%u more processes (%s) are too many", count, role->name);
        for (unsigned n = 0; n < count; n++)
            add_child(c, role, n, count == 1);
    }
    c->begun = !c->reporter;
    return true;
}

bool children_start(struct children *c) {
    struct error e;
    bool good = !c->reporter || child_start(c, c->reporter, &e);
    if (!good)
        log_error("%s", e.text);
    return good;
}

/* To all but the reporter; `serving`: those that serve, or those that do not. */
static void signal_others(const struct children *c, bool serving, int number) {
    for (unsigned i = 0; i < c->count; i++) {
        const struct child *child = &c->child[i];
        if (child->pid && !child->role->receives && child->role->serves == serving)
            kill(child->pid, number);
    }
}

void children_stop(struct children *c) {
    if (c->stopping && c->reporter && c->reporter->pid)
        kill(c->reporter->pid, SIGKILL);
    if (c->stopping)
        signal_others(c, true, SIGKILL);
    signal_others(c, false, c->stopping ? SIGKILL : SIGTERM);
    c->killing = c->stopping;
    c->stopping = true;
}

/* Those that serve end once all have that they serve. */
static void stop_serving(struct children *c) {
    bool needed = !c->stopping && !c->sensor->offline;
    for (unsigned i = 0; i < c->count && !needed; i++) {
        const struct role *role = c->child[i].role;
        needed = !c->child[i].finished && !role->serves && !role->receives;
    }
    if (needed || c->served)
        return;
    c->served = true;
    signal_others(c, true, SIGTERM);
}

void children_hang_up(struct children *c) {
    if (c->reporter && c->reporter->pid)
        kill(c->reporter->pid, SIGHUP);
}

bool children_others_left(const struct children *c) {
    for (unsigned i = 0; i < c->count; i++)
        if (!c->child[i].finished && !c->child[i].role->receives)
            return true;
    return false;
}

bool children_left(const struct children *c) {
    for (unsigned i = 0; i < c->count; i++)
        if (!c->child[i].finished)
            return true;
    return false;
}

static void note_end(struct children *c, struct child *child, int status) {
    child->pid = 0;
    child->status->pid = 0;
    if (child->role->inspects)
        c->sensor->status[child->place]->pid = 0;
    if (WIFSIGNALED(status))
        log_error("%s %s died of signal %d (%s)", child->role->receives ? "the" : "a", child->role->name,
                  WTERMSIG(status), strsignal(WTERMSIG(status)));
    if (child->role->ended)
        child->role->ended(c, child, status);
    else
        child_ended(c, child, status);
}

/* The reporter even while all stop: what the channels hold is still to be told. */
static void start_if_due(struct children *c, struct child *child, time_ns now) {
    bool receives = child->role->receives,
         may = receives ? !c->handed : c->begun && !child_is_to_end(c, child);
    struct error e;
    if (receives && c->killing && !child->pid && !child->finished)
        children_end(c, child, true);
    if (child->pid || child->finished || !may || now < child->again || child_start(c, child, &e))
        return;
    log_error("%s", e.text);
    child->again = now + failed_wait;
    if (receives && c->stopping)
        children_end(c, child, true);
}

void children_reap(struct children *c) {
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid == c->loader.pid)
            c->loader = (struct loader){0, status};
        for (unsigned i = 0; i < c->count; i++)
            if (pid == c->child[i].pid)
                note_end(c, &c->child[i], status);
    }
    stop_serving(c);
    for (unsigned i = 0; i < c->count; i++) {
        struct child *child = &c->child[i];
        if (child_is_to_end(c, child) && !child->pid && !child->finished && !child->role->receives)
            note_end(c, child, 0); /* it waited for its next start */
    }
    for (unsigned i = 0; i < c->count; i++)
        start_if_due(c, &c->child[i], clock_monotonic());
}
