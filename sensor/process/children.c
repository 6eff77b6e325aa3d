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
static const time_ns first_wait = 100 * NS_PER_MS, longest_wait = 30 * NS_PER_S, long_life = 60 * NS_PER_S;

/* A child ends when its parent does, however that ended. */
static void die_with(pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
}

static unsigned wanted_records(const struct sensor *s) {
    unsigned wants = 0;
    for (size_t i = 0; i < s->output_count; i++)
        wants |= s->outputs[i].records;
    return wants;
}

/* In the child: its siblings' captures are closed, or a dead sibling's ring would stay in the fanout group.
 */
static void close_siblings(const struct sensor *s, int keep) {
    for (int i = 0; i < (int)s->workers; i++)
        if (i != keep)
            capture_close(s->capture[i]);
}

static int worker_main(const struct sensor *s, int index, bool successor) {
    static char name[32];
    snprintf(name, sizeof name, "worker %d", index + 1);
    close_siblings(s, index);
    output_close_early();
    munmap(s->upper, sizeof *s->upper);
    if (s->control >= 0)
        close(s->control);
    const struct worker_options o = {
        .pipeline = {.config = s->config,
                     .memory = s->budget.worker,
                     .inspect_all = s->inspect_all,
                     .ring = s->ring[index],
                     .doorbell = s->doorbell,
                     .offline = s->offline,
                     .worker = (uint16_t)(index + 1),
                     .workers = s->workers,
                     .wants = wanted_records(s),
                     .status = &s->status->worker[index],
                     .view = &s->status->worker[index].view,
                     .blame = &s->status->blame},
        .successor = successor,
        .capture = s->capture[index],
        .status = &s->status->worker[index],
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

static struct store_config store_of(const struct sensor *s) {
    return (struct store_config){.folder = sensor_state(s),
                                 .run = s->run,
                                 .max_age = s->config->store.max_age,
                                 .max_bytes = s->config->store.max_size};
}

static int reporter_main(const struct sensor *s, int ready) {
    close_siblings(s, -1);
    const struct reporting_options o = {
        .report = {.observer = s->config->sensor.name,
                   .interface = s->interface,
                   .outputs = s->outputs,
                   .output_count = s->output_count,
                   .quiet = s->config->alerts.quiet,
                   .growth_interval = s->config->alerts.growth_interval,
                   .incidents_max = s->config->alerts.incidents_max,
                   .policy = s->config->policy,
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
        .headroom = budget_reporter_headroom(s->config, s->output_count),
        .ready = ready,
    };
    return reporting_run(&o);
}

static bool spawn_worker(struct children *c, int index) {
    pid_t parent = getpid(), pid = fork();
    if (pid < 0) {
        log_error("cannot start a worker: %s", strerror(errno));
        return false;
    }
    if (pid == 0) {
        die_with(parent);
        exit(worker_main(c->sensor, index, c->worker[index].started != 0));
    }
    c->worker[index].pid = pid;
    c->sensor->status->worker[index].pid = pid;
    c->worker[index].started = clock_monotonic();
    c->worker[index].beat_at = c->worker[index].started + start_time;
    c->worker[index].stuck = false;
    return true;
}

/* Waits for the byte that the reporter writes once its outputs are open. */
static bool reporter_ready(int fd) {
    char byte;
    ssize_t n;
    do {
        n = read(fd, &byte, 1);
    } while (n < 0 && errno == EINTR);
    close(fd);
    return n == 1;
}

static bool spawn_reporter(struct children *c) {
    int ends[2];
    pid_t parent = getpid(), pid;
    if (pipe(ends) != 0 || (pid = fork()) < 0) {
        log_error("cannot start the reporter: %s", strerror(errno));
        return false;
    }
    if (pid == 0) {
        die_with(parent);
        close(ends[0]);
        exit(reporter_main(c->sensor, ends[1]));
    }
    close(ends[1]);
    c->reporter.pid = pid;
    c->reporter.started = clock_monotonic();
    return reporter_ready(ends[0]);
}

bool children_start(struct children *c) {
    if (!spawn_reporter(c)) {
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
static void schedule_restart(struct child *child) {
    time_ns now = clock_monotonic();
    child->quick_deaths = now - child->started > long_life ? 0 : child->quick_deaths + 1;
    time_ns wait =
        child->quick_deaths <= 1 ? 0 : first_wait << (child->quick_deaths < 10 ? child->quick_deaths : 10);
    child->again = now + (wait < longest_wait ? wait : longest_wait);
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
    schedule_restart(child);
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
    describe("the reporter", status);
    if (WIFEXITED(status) || !workers_left(c) || c->stopping) {
        c->reporter.finished = true;
        c->failed |= !clean;
        if (workers_left(c))
            children_stop(c);
        return;
    }
    schedule_restart(&c->reporter);
}

static void start_again(struct children *c) {
    time_ns now = clock_monotonic();
    if (!c->reporter.pid && !c->reporter.finished && now >= c->reporter.again)
        spawn_reporter(c);
    for (int i = 0; i < (int)c->sensor->workers; i++)
        if (!c->worker[i].pid && !c->worker[i].finished && now >= c->worker[i].again)
            spawn_worker(c, i);
}

void children_reap(struct children *c) {
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid == c->reporter.pid)
            reporter_ended(c, status);
        for (int i = 0; i < (int)c->sensor->workers; i++)
            if (pid == c->worker[i].pid)
                worker_ended(c, i, status);
    }
    if (c->stopping)
        for (int i = 0; i < (int)c->sensor->workers; i++)
            if (!c->worker[i].pid && !c->worker[i].finished)
                worker_ended(c, i, 0);
    if (!c->stopping)
        start_again(c);
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

void children_look(struct children *c) {
    time_ns now = clock_monotonic();
    bool slept = now - c->looked > look_time;
    c->looked = now;
    blame_expire(&c->sensor->status->blame, now);
    if (c->sensor->offline || c->stopping)
        return;
    for (int i = 0; i < (int)c->sensor->workers; i++) {
        if (slept && c->worker[i].beat_at < now)
            c->worker[i].beat_at = now;
        stop_if_stuck(c, i, now);
    }
}

bool children_left(const struct children *c) {
    return c->reporter.pid || workers_left(c) || !c->reporter.finished;
}
