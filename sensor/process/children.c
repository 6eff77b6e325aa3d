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
        exit(worker_main(c->sensor, index, c->worker[index].started != 0));
    }
    c->worker[index].pid = pid;
    c->sensor->status->worker[index].pid = pid;
    c->worker[index].started = clock_monotonic();
    c->worker[index].beat_at = c->worker[index].started + start_time;
    c->worker[index].stuck = false;
    return true;
}

/* Waits for what the reporter writes once its outputs are open: an empty line; or why they are not. */
static bool reporter_ready(int fd, struct error *e) {
    size_t n = 0;
    ssize_t got;
    while (n < sizeof e->text - 1 && (got = read(fd, e->text + n, sizeof e->text - 1 - n)) != 0)
        if (got > 0)
            n += (size_t)got;
        else if (errno != EINTR)
            break;
    close(fd);
    e->text[n] = '\0';
    if (n == 0)
        error_set(e, "the reporter ended before it was ready");
    return n == 1 && e->text[0] == '\n';
}

static bool spawn_reporter(struct children *c, struct error *e) {
    int ends[2];
    if (pipe(ends) != 0)
        return error_set(e, "cannot start the reporter: %s", strerror(errno));
    pid_t parent = getpid(), pid = fork();
    if (pid < 0) {
        error_set(e, "cannot start the reporter: %s", strerror(errno));
        close(ends[0]);
        close(ends[1]);
        return false;
    }
    if (pid == 0) {
        child_die_with(parent);
        close(ends[0]);
        exit(reporter_main(c->sensor, ends[1]));
    }
    close(ends[1]);
    c->reporter.pid = pid;
    c->reporter.started = clock_monotonic();
    return reporter_ready(ends[0], e);
}

bool children_start(struct children *c) {
    struct error e;
    if (!spawn_reporter(c, &e)) {
        log_error("%s", e.text);
        if (c->reporter.pid)
            waitpid(c->reporter.pid, NULL, 0);
        return false;
    }
    for (int i = 0; i < (int)c->sensor->workers; i++)
        if (!spawn_worker(c, i))
            return false;
    return true;
}

static void signal_all(const struct children *c, int number) {
    for (unsigned i = 0; i < c->sensor->workers; i++)
        if (c->worker[i].pid)
            kill(c->worker[i].pid, number);
}

void children_stop(struct children *c) {
    if (c->stopping && c->reporter.pid) {
        kill(c->reporter.pid, SIGKILL);
        signal_all(c, SIGKILL);
    }
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
static void note_death(struct children *c, int index, int signal_number) {
    struct worker_status *s = &c->sensor->status->worker[index];
    bool stuck = c->worker[index].stuck, blame = s->at_packet && (stuck || by_itself(signal_number));
    s->death = (struct worker_death){
        .signal = signal_number, .stuck = stuck, .at_packet = blame, .at = s->at, .flows = s->flows};
    if (blame)
        s->death.verdict = blame_death(&c->sensor->status->blame, &s->death.at, clock_monotonic());
    s->at_packet = false;
    s->flows = 0;
}

/* A worker that was to go on is started again on the same ring; offline its file cannot be read again. */
static void worker_ended(struct children *c, int index, int status) {
    struct child *child = &c->worker[index];
    bool clean = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    child->pid = 0;
    c->sensor->status->worker[index].pid = 0;
    describe("a worker", status);
    if (clean || c->stopping || c->sensor->offline || WIFEXITED(status)) {
        child->finished = true;
        c->failed |=
            WIFEXITED(status) ? !clean : !c->stopping; /* a stop may kill it, but not hide its complaint */
        ring_finish(c->sensor->ring[index]);
        doorbell_ring(c->sensor->doorbell);
        return;
    }
    note_death(c, index, WTERMSIG(status));
    schedule_restart(child, longest_wait);
}

static bool workers_left(const struct children *c) {
    for (unsigned i = 0; i < c->sensor->workers; i++)
        if (!c->worker[i].finished)
            return true;
    return false;
}

static void reporter_ended(struct children *c, int status) {
    bool clean = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    c->reporter.pid = 0;
    c->sensor->store_checked = WIFEXITED(status) && WEXITSTATUS(status) == REPORTER_HANDED_OVER;
    describe("the reporter", status);
    if (c->handing && (WIFSIGNALED(status) || WEXITSTATUS(status) == REPORTER_HANDED_OVER)) {
        c->handed = true;
        return;
    }
    if (WIFEXITED(status) || !workers_left(c) || c->stopping) {
        c->reporter.finished = true;
        c->failed |= !clean;
        if (workers_left(c))
            children_stop(c);
        return;
    }
    schedule_restart(&c->reporter, longest_wait_reporter);
}

/* Even while all stop: what the channels hold is still to be told. */
static void start_reporter_again(struct children *c, time_ns now) {
    struct error e;
    if (c->reporter.pid || c->reporter.finished || c->handed || now < c->reporter.again ||
        spawn_reporter(c, &e))
        return;
    log_error("%s", e.text);
    c->reporter.again = now + failed_wait;
    if (c->stopping && !c->reporter.pid)
        c->reporter.finished = c->failed = true;
}

static void start_workers_again(struct children *c, time_ns now) {
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
    if (!c->stopping)
        start_workers_again(c, clock_monotonic());
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
    if (c->handing && c->reporter.pid && now > c->hand_over_by)
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
    if (spawn_reporter(c, e)) {
        c->handing = c->handed = false;
        return true;
    }
    if (c->reporter.pid)
        waitpid(c->reporter.pid, NULL, 0);
    c->reporter.pid = 0;
    return false;
}

bool children_left(const struct children *c) {
    return c->reporter.pid || workers_left(c) || !c->reporter.finished;
}
