/* SPDX-License-Identifier: Apache-2.0 */
#include "process/children.h"

#include "pipeline/budget.h"
#include "process/reporting.h"
#include "process/worker.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Of a worker that makes its tables; of the supervisor, which else was stopped itself and has seen no beats.
 */
static const time_ns start_time = 20 * NS_PER_S, look_time = NS_PER_S;
static const time_ns hand_over_time = 10 * NS_PER_S;
static const time_ns first_wait = 100 * NS_PER_MS, longest_wait = 30 * NS_PER_S, long_life = 60 * NS_PER_S;
/* What is found meanwhile waits in the channels, which are bounded. */
static const time_ns longest_wait_reporter = 2 * NS_PER_S;
/* The system had no process or descriptor left. */
static const time_ns failed_wait = NS_PER_S;

void child_die_with(pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
}

/* In the child: its siblings' captures are closed, or a dead sibling's ring would stay in the fanout group.
 */
static void close_siblings(const struct sensor *s, int keep) {
    for (int i = 0; i < (int)s->workers; i++)
        if (i != keep)
            capture_close(s->capture[i]);
}

/* In a worker: what it is not to reach, and must not hold. */
static void close_others(struct sensor *s, int index) {
    close_siblings(s, index);
    for (int i = 0; i < (int)s->workers; i++)
        if (i != index)
            handout_close(&s->handout[i]);
    output_close_early();
    snapshot_keep(s->snapshot);
    munmap(s->upper, sizeof *s->upper);
    if (s->control >= 0)
        close(s->control);
    if (s->metrics >= 0)
        close(s->metrics);
}

static int worker_main(struct sensor *s, int index, bool successor) {
    static char name[32];
    snprintf(name, sizeof name, "worker %d", index + 1);
    close_others(s, index);
    const struct worker_options o = {
        .pipeline = {.snapshot = {.version = s->snapshot->version,
                                  .config = s->config,
                                  .slot = s->snapshot->slot,
                                  .wants = outputs_records(s->outputs)},
                     .memory = s->budget.worker,
                     .inspect_all = s->inspect_all,
                     .ring = s->ring[index],
                     .doorbell = s->doorbell,
                     .offline = s->offline,
                     .worker = (uint16_t)(index + 1),
                     .workers = s->workers,
                     .status = &s->status->worker[index],
                     .view = &s->status->worker[index].view,
                     .blame = &s->status->blame},
        .successor = successor,
        .capture = s->capture[index],
        .status = &s->status->worker[index],
        .handout = s->offline ? NULL : &s->handout[index],
        .sandbox = s->sandbox,
        .headroom = budget_worker_headroom(s->budget.worker),
        .name = s->workers > 1 ? name : NULL,
    };
    return worker_run(&o);
}

/* Reading files keeps nothing, unless the configuration names a folder. */
const char *sensor_state(const struct sensor *s) {
    const char *given = s->config->sensor.state;
    return given ? given : s->offline ? NULL : "/var/lib/gantry";
}

const char *sensor_control(const struct sensor *s) {
    const char *given = s->config->sensor.control;
    if (s->offline || (given && strcmp(given, "off") == 0))
        return NULL;
    return given ? given : "/run/gantry/control";
}

const char *sensor_metrics(const struct sensor *s) {
    return s->offline ? NULL : s->config->metrics;
}

static struct store_config store_of(const struct sensor *s) {
    return (struct store_config){.folder = sensor_state(s),
                                 .run = s->run,
                                 .unstored = &s->upper->unstored,
                                 .checked = s->store_checked,
                                 .max_age = s->config->store.max_age,
                                 .max_bytes = s->config->store.max_size};
}

static int reporter_main(struct sensor *s, int ready) {
    close_siblings(s, -1);
    for (int i = 0; i < (int)s->workers; i++)
        handout_close(&s->handout[i]);
    snapshot_keep(s->snapshot);
    const struct reporting_options o = {
        .report = {.observer = s->config->sensor.name,
                   .interface = s->interface,
                   .outputs = s->outputs->list,
                   .output_count = s->outputs->count,
                   .quiet = s->config->alerts.quiet,
                   .growth_interval = s->config->alerts.growth_interval,
                   .incidents_max = s->config->alerts.incidents_max,
                   .policy = s->config->policy,
                   .limits = s->config->alerts.limits,
                   .digest_key = s->config->sensor.digest_key,
                   .digest = s->config->digest.options,
                   .ledger = s->config->ledger,
                   .store = store_of(s),
                   .held_max = s->config->store.outbox,
                   .offline = s->offline},
        .rings = s->ring,
        .ring_count = s->workers,
        .doorbell = s->doorbell,
        .status = s->status,
        .upper = s->upper,
        .health = &s->config->health,
        .policy = s->config->policy,
        .interface = s->interface,
        .sandbox = s->sandbox,
        .sensor = s,
        .headroom = budget_reporter_headroom(s->config, s->outputs->count),
        .ready = ready,
    };
    return reporting_run(&o);
}

/* It inherits the snapshot in force. */
static void begin_snapshots(struct children *c, int index) {
    struct worker_status *w = &c->sensor->status->worker[index];
    w->version = c->worker[index].offered = c->sensor->snapshot->version;
    w->slots = 1U << c->sensor->snapshot->slot;
    w->before = 0;
}

static bool spawn_worker(struct children *c, int index) {
    begin_snapshots(c, index);
    pid_t parent = getpid(), pid = fork();
    if (pid < 0) {
        log_error("cannot start a worker: %s", strerror(errno));
        return false;
    }
    if (pid == 0) {
        child_die_with(parent);
        readiness_cancel(&c->readiness);
        exit(worker_main(c->sensor, index, c->worker[index].started != 0));
    }
    c->worker[index].pid = pid;
    c->sensor->status->worker[index].pid = pid;
    c->worker[index].started = clock_monotonic();
    c->worker[index].beat_at = c->worker[index].started + start_time;
    c->worker[index].stuck = false;
    return true;
}

/* children_look() hears how its start went. */
static bool spawn_reporter(struct children *c, struct error *e) {
    int tell;
    if (!readiness_begin(&c->readiness, &tell))
        return error_set(e, "cannot start the reporter: %s", strerror(errno));
    pid_t parent = getpid(), pid = fork();
    if (pid < 0) {
        error_set(e, "cannot start the reporter: %s", strerror(errno));
        readiness_cancel(&c->readiness);
        close(tell);
        return false;
    }
    if (pid == 0) {
        child_die_with(parent);
        readiness_cancel(&c->readiness);
        exit(reporter_main(c->sensor, tell));
    }
    close(tell);
    c->reporter.pid = pid;
    c->reporter.started = clock_monotonic();
    return true;
}

/* It opens its outputs and its database, which may be large; workers go on meanwhile. */
static void hear_reporter(struct children *c, time_ns now) {
    struct readiness *r = &c->readiness;
    if (r->state != READINESS_WAITS)
        return;
    readiness_look(r);
    if (r->state == READINESS_READY)
        c->begun = true;
    else if (r->state == READINESS_FAILED && !c->handing)
        log_error("%s", r->why.text);
    if (!readiness_grew_late(r, now))
        return;
    counter_one(COUNTER_REPORTER_LATE);
    log_warning(
        "the reporter has been starting for more than %d seconds, as with a very large database; what "
        "workers find meanwhile waits in their channels",
        READINESS_LATE_S);
}

bool children_start(struct children *c) {
    struct error e;
    bool good = spawn_reporter(c, &e);
    if (!good)
        log_error("%s", e.text);
    return good;
}

static void signal_all(const struct children *c, int number) {
    for (unsigned i = 0; i < c->sensor->workers; i++)
        if (c->worker[i].pid)
            kill(c->worker[i].pid, number);
}

void children_stop(struct children *c) {
    if (c->stopping && c->reporter.pid)
        kill(c->reporter.pid, SIGKILL);
    if (c->stopping)
        signal_all(c, SIGKILL);
    c->killing = c->stopping;
    c->stopping = true;
    signal_all(c, SIGTERM);
}

void children_hang_up(struct children *c) {
    if (c->reporter.pid)
        kill(c->reporter.pid, SIGHUP);
}

static void describe(const char *who, int status) {
    if (WIFSIGNALED(status))
        log_error("%s died of signal %d (%s)", who, WTERMSIG(status), strsignal(WTERMSIG(status)));
}

/* Deaths soon after the start wait longer each time, so that a restart storm backs off. */
static void schedule_restart(struct child *child, time_ns longest) {
    time_ns now = clock_monotonic();
    child->quick_deaths = now - child->started > long_life ? 0 : child->quick_deaths + 1;
    time_ns wait =
        child->quick_deaths <= 1 ? 0 : first_wait << (child->quick_deaths < 10 ? child->quick_deaths : 10);
    child->again = now + (wait < longest ? wait : longest);
}

/* What kills a process by itself, or the watchdog: then the packet that it worked on may be the reason. */
static bool by_itself(int signal_number) {
    static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        if (signals[i] == signal_number)
            return true;
    return false;
}

/* For the successor to tell, and for all workers to know which flow to leave out. */
static void note_death(struct children *c, int index, int status) {
    struct worker_status *s = &c->sensor->status->worker[index];
    int signal_number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    bool stuck = c->worker[index].stuck, blame = s->at_packet && (stuck || by_itself(signal_number));
    s->death = (struct worker_death){.signal = signal_number,
                                     .status = WIFEXITED(status) ? WEXITSTATUS(status) : 0,
                                     .stuck = stuck,
                                     .at_packet = blame,
                                     .at = s->at,
                                     .flows = s->flows};
    if (blame)
        s->death.verdict = blame_death(&c->sensor->status->blame, &s->death.at, clock_monotonic());
    s->at_packet = false;
    s->flows = 0;
}

static void finish_worker(struct children *c, int index) {
    c->worker[index].finished = true;
    ring_finish(c->sensor->ring[index]);
    doorbell_ring(c->sensor->doorbell);
}

/* No successor would do better: its capture is gone, or what it needs could not be had from the first. */
static bool beyond_help(const struct children *c, int index, int status) {
    const struct worker_status *s = &c->sensor->status->worker[index];
    return WIFEXITED(status) && WEXITSTATUS(status) != 0 && (s->broken || s->beat == 0);
}

/* Live a worker is started again on the same ring, however it ended, until all are to stop. Offline its file
 * cannot be read again, and its end is that of the file. A stop may kill it, but not hide its complaint. */
static void worker_ended(struct children *c, int index, int status) {
    bool clean = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    bool lost = !c->sensor->offline && beyond_help(c, index, status);
    c->worker[index].pid = 0;
    c->sensor->status->worker[index].pid = 0;
    describe("a worker", status);
    if (c->stopping || c->sensor->offline || lost) {
        finish_worker(c, index);
        c->failed |= WIFEXITED(status) ? !clean : !c->stopping;
        if (lost && !c->stopping)
            children_stop(c);
        return;
    }
    note_death(c, index, status);
    schedule_restart(&c->worker[index], longest_wait);
}

static bool workers_left(const struct children *c) {
    for (unsigned i = 0; i < c->sensor->workers; i++)
        if (!c->worker[i].finished)
            return true;
    return false;
}

static void reporter_ended(struct children *c, int status) {
    bool clean = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    hear_reporter(c, clock_monotonic()); /* its last words */
    c->reporter.pid = 0;
    c->sensor->store_checked = WIFEXITED(status) && WEXITSTATUS(status) == REPORTER_HANDED_OVER;
    describe("the reporter", status);
    if (c->handed && !c->killing)
        return; /* a successor: the reload has the word */
    if (c->handing && !c->killing && (WIFSIGNALED(status) || WEXITSTATUS(status) == REPORTER_HANDED_OVER)) {
        c->handed = true;
        return;
    }
    if (WIFEXITED(status) || !workers_left(c) || c->stopping) {
        c->reporter.finished = true;
        c->failed |= !clean;
        if (workers_left(c) && !c->stopping)
            children_stop(c);
        return;
    }
    schedule_restart(&c->reporter, longest_wait_reporter);
}

/* Even while all stop: what the channels hold is still to be told. */
static void start_reporter_again(struct children *c, time_ns now) {
    struct error e;
    if (c->killing && !c->reporter.pid && !c->reporter.finished)
        c->reporter.finished = c->failed = true;
    if (c->reporter.pid || c->reporter.finished || c->handed || now < c->reporter.again ||
        spawn_reporter(c, &e))
        return;
    log_error("%s", e.text);
    c->reporter.again = now + failed_wait;
    if (c->stopping && !c->reporter.pid)
        c->reporter.finished = c->failed = true;
}

static void start_workers(struct children *c, time_ns now) {
    for (int i = 0; i < (int)c->sensor->workers; i++)
        if (!c->worker[i].pid && !c->worker[i].finished && now >= c->worker[i].again && !spawn_worker(c, i))
            c->worker[i].again = now + failed_wait;
}

void children_reap(struct children *c) {
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid == c->reporter.pid)
            reporter_ended(c, status);
        if (pid == c->loader.pid)
            c->loader = (struct loader){0, status};
        for (int i = 0; i < (int)c->sensor->workers; i++)
            if (pid == c->worker[i].pid)
                worker_ended(c, i, status);
    }
    if (c->stopping)
        for (int i = 0; i < (int)c->sensor->workers; i++)
            if (!c->worker[i].pid && !c->worker[i].finished)
                worker_ended(c, i, 0);
    start_reporter_again(c, clock_monotonic());
    if (!c->stopping && c->begun)
        start_workers(c, clock_monotonic());
}

/* Even while it is idle a worker makes a step every 100 ms. One that was stopped dies of SIGKILL only. */
static void stop_if_stuck(struct children *c, int index, time_ns now) {
    struct child *child = &c->worker[index];
    uint64_t beat = c->sensor->status->worker[index].beat;
    if (beat != child->beat) {
        child->beat = beat;
        child->beat_at = now;
    }
    if (!child->pid || child->stuck || now - child->beat_at <= (time_ns)c->sensor->config->sensor.stuck_after)
        return;
    child->stuck = true;
    kill(child->pid, SIGKILL);
}

static void kill_if_late(struct children *c, time_ns now) {
    bool told = c->handing && !c->handed && c->readiness.state != READINESS_WAITS;
    if (told && c->reporter.pid && now > c->hand_over_by)
        kill(c->reporter.pid, SIGKILL);
}

/* A worker is given the snapshot in force once it has taken, or let go, what it was given before: so no more
 * than one is under way to each, and a dead one gathers none. */
static void offer(struct children *c, int index) {
    struct child *child = &c->worker[index];
    struct worker_status *w = &c->sensor->status->worker[index];
    const struct snapshot *s = c->sensor->snapshot;
    if (!child->pid || child->offered == s->version || w->version != child->offered ||
        !handout_give(&c->sensor->handout[index], s, outputs_records(c->sensor->outputs)))
        return;
    child->offered = s->version;
    child->offered_slot = s->slot;
    w->before = 0;
    w->call++;
}

void children_look(struct children *c) {
    time_ns now = clock_monotonic();
    bool slept = now - c->looked > look_time;
    c->looked = now;
    blame_expire(&c->sensor->status->blame, now);
    hear_reporter(c, now);
    kill_if_late(c, now);
    if (c->sensor->offline || c->stopping)
        return;
    for (int i = 0; i < (int)c->sensor->workers; i++) {
        if (slept && c->worker[i].beat_at < now)
            c->worker[i].beat_at = now;
        stop_if_stuck(c, i, now);
        offer(c, i);
    }
}

bool children_settled(const struct children *c) {
    for (unsigned i = 0; i < c->sensor->workers; i++)
        if (c->worker[i].pid &&
            atomic_load(&c->sensor->status->worker[i].version) != c->sensor->snapshot->version)
            return false;
    return true;
}

/* Of one worker: what it says, and what it was given and has not taken. */
static unsigned slots_of(const struct children *c, unsigned index) {
    const struct worker_status *w = &c->sensor->status->worker[index];
    const struct child *child = &c->worker[index];
    if (!child->pid)
        return 0;
    unsigned given = atomic_load(&w->version) != child->offered ? 1U << child->offered_slot : 0;
    return given | atomic_load(&w->slots);
}

unsigned children_slots(const struct children *c) {
    unsigned slots = 0;
    for (unsigned i = 0; i < c->sensor->workers; i++)
        slots |= slots_of(c, i);
    return slots;
}

void children_move_on(struct children *c, uint64_t before) {
    for (unsigned i = 0; i < c->sensor->workers; i++) {
        c->sensor->status->worker[i].before = before;
        c->sensor->status->worker[i].call++;
    }
}

void children_end_holders(struct children *c) {
    unsigned in_force = 1U << c->sensor->snapshot->slot;
    for (unsigned i = 0; i < c->sensor->workers; i++) {
        if (!(slots_of(c, i) & ~in_force))
            continue;
        log_error("worker %u does not let go of old configurations and is ended", i + 1);
        kill(c->worker[i].pid, SIGKILL);
    }
}

/* A reporter that is down at the moment has its successor at once. */
void children_hand_over(struct children *c) {
    c->handing = true;
    c->handed = c->reporter.pid == 0 && !c->reporter.finished;
    c->hand_over_by = clock_monotonic() + hand_over_time;
    c->sensor->upper->hand_over = true;
    doorbell_ring(c->sensor->doorbell);
}

void children_give_up(struct children *c) {
    c->handing = c->handed = false;
    c->reporter.finished = c->failed = true;
    children_stop(c);
}

bool children_succeed(struct children *c, struct error *e) {
    c->sensor->upper->hand_over = false;
    c->handing = c->handed = true;
    return spawn_reporter(c, e);
}

void children_succeeded(struct children *c) {
    c->handing = c->handed = false;
}

bool children_left(const struct children *c) {
    return c->reporter.pid || workers_left(c) || !c->reporter.finished;
}
