/* SPDX-License-Identifier: Apache-2.0 */
#include "process/reload/reloader.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* How long flows may keep all places of snapshots before the oldest are ended, and what is left to workers
 * beyond the time in which they must make a step; how long files may load; how long workers may take for the
 * packets that they are at. */
static const time_ns room_wait = 5 * NS_PER_S, room_limit = 10 * NS_PER_S, load_limit = 600 * NS_PER_S,
                     settle_limit = 2 * NS_PER_S;
/* Each time workers go through all of their flows. */
static const time_ns room_repeat = NS_PER_S / 2;

static void enter_stage(struct reloader *r, enum reload_stage stage) {
    r->stage = stage;
    r->since = clock_monotonic();
}

/* --- the answer --- */

static void log_lines(const char *text, void (*log)(const char *format, ...)) {
    for (size_t n; *text; text += n + (text[n] == '\n')) {
        n = strcspn(text, "\n");
        log("reload: %.*s", (int)n, text);
    }
}

static void answer_request(struct reloader *r, bool failed) {
    r->result.failed = failed;
    r->result.waiting = failed ? 0 : r->sensor->config->waiting;
    r->result.version = r->sensor->snapshot->version;
    r->result.time = clock_wall();
    counter_one(failed ? COUNTER_RELOADS_FAILED : COUNTER_RELOADS);
    log_lines(r->result.text, failed ? log_error : log_warning);
    if (failed)
        log_error("reload: nothing was changed: version %llu of the configuration holds",
                  (unsigned long long)r->result.version);
    else
        log_info("reload: version %llu of the configuration holds: %zu rules, %zu partners, %zu outputs",
                 (unsigned long long)r->result.version, ruleset_count(r->sensor->config->rules),
                 policy_partners(r->sensor->config->policy), r->sensor->config->output_count);
    reload_answer(&r->sensor->upper->reload, &r->result);
    enter_stage(r, RELOAD_IDLE);
}

static void add_problems(struct reloader *r, struct problems *p) {
    size_t n = strlen(r->result.text);
    problems_write(p, r->result.text + n, sizeof r->result.text - n);
    problems_finish(p);
}

/* What was found last is why: it goes before what the loader had to say. */
static void refuse_request(struct reloader *r, struct problems *p) {
    static char said[RELOAD_TEXT_MAX];
    memcpy(said, r->result.text, sizeof said);
    r->result.text[0] = '\0';
    add_problems(r, p);
    size_t n = strlen(r->result.text);
    snprintf(r->result.text + n, sizeof r->result.text - n, "%s", said);
    outputs_close_others(r->outputs);
    snapshot_free(r->fresh);
    r->fresh = NULL;
    answer_request(r, true);
}

/* --- loading --- */

static int load_files(const struct reloader *r) {
    struct problems problems = {0};
    bool good = snapshot_fill(r->fresh, r->path, r->sensor->config, NULL, &problems);
    problems_write(&problems, r->sensor->upper->loading, sizeof r->sensor->upper->loading);
    return good ? 0 : 1;
}

static void start_loading(struct reloader *r) {
    struct problems problems = {0};
    r->sensor->upper->loading[0] = '\0';
    pid_t parent = getpid(), pid = fork();
    if (pid == 0) {
        child_die_with(parent);
        _exit(load_files(r));
    }
    if (pid < 0) {
        problem_error(&problems, r->path, 0, "cannot be loaded: %s", strerror(errno));
        refuse_request(r, &problems);
        return;
    }
    r->children->loader.pid = pid;
    enter_stage(r, RELOAD_LOADS);
}

/* The oldest version that flows hold; 0: none but the one in force. */
static uint64_t oldest_held(const struct reloader *r) {
    unsigned slots = children_slots(r->children);
    uint64_t oldest = r->sensor->snapshot->version;
    for (unsigned i = 0; i < SNAPSHOT_SLOTS; i++)
        if (slots & 1U << i && r->versions[i] < oldest)
            oldest = r->versions[i];
    return oldest < r->sensor->snapshot->version ? oldest : 0;
}

/* Flows hold all places: those without a transfer move on at once, the oldest after a while. A worker that
 * says for longer that it holds them is not to be believed. */
static void make_room(struct reloader *r) {
    time_ns now = clock_monotonic();
    if (r->stage != RELOAD_MAKES_ROOM)
        enter_stage(r, RELOAD_MAKES_ROOM);
    else if (now < r->again)
        return;
    r->again = now + room_repeat;
    uint64_t oldest = now - r->since > room_wait ? oldest_held(r) : 0;
    children_move_on(r->children, oldest ? oldest + 1 : 0);
    if (now - r->since > room_limit + (time_ns)r->sensor->config->sensor.stuck_after)
        children_end_holders(r->children);
}

static void begin_reload(struct reloader *r) {
    struct problems problems = {0};
    if (r->children->readiness.state == READINESS_WAITS ||
        !reload_wanted(&r->sensor->upper->reload, &r->result.request))
        return;
    r->result.text[0] = '\0';
    r->fresh = snapshot_begin(children_slots(r->children), &problems);
    if (r->fresh)
        start_loading(r);
    else if (problems.errors)
        refuse_request(r, &problems);
    else
        make_room(r);
}

/* What the sensor would not start with is not taken either. The tables of workers that run stay as they are.
 */
static void open_outputs(struct reloader *r) {
    struct problems problems = {0};
    struct budget_plan plan;
    const struct snapshot *fresh = r->fresh;
    r->fresh_outputs = *r->outputs;
    if (!snapshot_seal(r->fresh, &problems) ||
        !budget_plan(fresh->config, r->sensor->workers, true, fresh->size, &problems, &plan) ||
        !outputs_configure(&r->fresh_outputs, fresh->config, &problems) ||
        !outputs_open(&r->fresh_outputs, r->sensor->sandbox, false, &problems)) {
        refuse_request(r, &problems);
        return;
    }
    add_problems(r, &problems);
    children_hand_over(r->children);
    enter_stage(r, RELOAD_HANDS_OVER);
}

static void wait_for_loader(struct reloader *r) {
    struct problems problems = {0};
    const struct loader *l = &r->children->loader;
    if (l->pid) {
        if (r->children->stopping || clock_monotonic() - r->since > load_limit)
            kill(l->pid, SIGKILL);
        return;
    }
    snprintf(r->result.text, sizeof r->result.text, "%s", r->sensor->upper->loading);
    if (WIFSIGNALED(l->status))
        problem_error(&problems, r->path, 0, "loading it was ended by signal %d (%s)", WTERMSIG(l->status),
                      strsignal(WTERMSIG(l->status)));
    if (l->status == 0 && !r->children->stopping)
        open_outputs(r);
    else
        refuse_request(r, &problems);
}

/* --- taking effect --- */

static void use_snapshot(struct reloader *r, struct snapshot *s, const struct outputs *outputs) {
    r->sensor->snapshot = s;
    r->sensor->config = s->config;
    *r->outputs = *outputs;
}

/* For good: there is no reporter. */
static void give_up(struct reloader *r, const char *reason) {
    struct problems problems = {0};
    log_error("%s", reason);
    children_give_up(r->children);
    problem_error(&problems, r->path, 0, "%s", r->reason.text);
    refuse_request(r, &problems);
}

/* The successor does not come up: its predecessor's configuration does. */
static void go_back(struct reloader *r, const char *reason) {
    struct error e;
    snprintf(r->reason.text, sizeof r->reason.text, "%s", reason);
    enter_stage(r, RELOAD_GOES_BACK);
    if (!children_succeed(r->children, &e))
        give_up(r, e.text);
}

/* The successor is born with the new configuration; for all others the old one stays in force until it is
 * ready. */
static void start_successor(struct reloader *r) {
    static struct outputs old_outputs;
    struct snapshot *old = r->sensor->snapshot;
    struct error e;
    old_outputs = *r->outputs;
    use_snapshot(r, r->fresh, &r->fresh_outputs);
    bool started = children_succeed(r->children, &e);
    use_snapshot(r, old, &old_outputs);
    enter_stage(r, RELOAD_SUCCEEDS);
    if (!started)
        go_back(r, e.text);
}

static void take_effect(struct reloader *r) {
    struct snapshot *old = r->sensor->snapshot;
    use_snapshot(r, r->fresh, &r->fresh_outputs);
    r->versions[r->fresh->slot] = r->fresh->version;
    r->fresh = NULL;
    snapshot_free(old);
    outputs_close_others(r->outputs);
    children_succeeded(r->children);
    enter_stage(r, RELOAD_SETTLES);
}

/* The reporter that was started last has said why it ends, and has ended. */
static bool start_failed(const struct reloader *r) {
    return r->children->readiness.state == READINESS_FAILED && r->children->reporter->pid == 0;
}

static void wait_for_successor(struct reloader *r) {
    if (r->children->readiness.state == READINESS_READY)
        take_effect(r);
    else if (r->children->reporter->finished)
        refuse_request(r, &(struct problems){0}); /* the sensor ends */
    else if (start_failed(r))
        go_back(r, r->children->readiness.why.text);
}

static void wait_for_return(struct reloader *r) {
    struct problems problems = {0};
    if (r->children->readiness.state == READINESS_READY) {
        children_succeeded(r->children);
        problem_error(&problems, r->path, 0, "%s", r->reason.text);
        refuse_request(r, &problems);
    } else if (r->children->reporter->finished || start_failed(r)) {
        give_up(r, r->children->readiness.why.text);
    }
}

/* In force is what every worker judges new flows by. One that is started again begins with it. */
static void wait_for_workers(struct reloader *r) {
    bool late = clock_monotonic() - r->since > settle_limit;
    if (!late && !r->children->stopping && !children_settled(r->children))
        return;
    if (late) {
        size_t n = strlen(r->result.text);
        snprintf(r->result.text + n, sizeof r->result.text - n,
                 "warning: a worker is busy and has not taken it yet; it will when it comes to\n");
    }
    answer_request(r, false);
}

static void wait_for_reporter(struct reloader *r) {
    struct problems problems = {0};
    if (r->children->handed)
        start_successor(r);
    else if (r->children->reporter->finished)
        refuse_request(r, &problems); /* the sensor ends */
}

void reloader_init(struct reloader *r, struct sensor *sensor, struct children *children,
                   struct outputs *outputs, const char *path) {
    *r = (struct reloader){.sensor = sensor, .children = children, .outputs = outputs, .path = path};
    r->versions[sensor->snapshot->slot] = sensor->snapshot->version;
    sensor->upper->reload.result.version = sensor->snapshot->version;
}

void reloader_step(struct reloader *r) {
    static void (*const steps[])(struct reloader *) = {
        [RELOAD_IDLE] = begin_reload,           [RELOAD_MAKES_ROOM] = begin_reload,
        [RELOAD_LOADS] = wait_for_loader,       [RELOAD_HANDS_OVER] = wait_for_reporter,
        [RELOAD_SUCCEEDS] = wait_for_successor, [RELOAD_GOES_BACK] = wait_for_return,
        [RELOAD_SETTLES] = wait_for_workers};
    bool idle = r->stage == RELOAD_IDLE || r->stage == RELOAD_MAKES_ROOM;
    if (!r->sensor->offline && !(idle && r->children->stopping))
        steps[r->stage](r);
}
