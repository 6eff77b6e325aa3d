/* SPDX-License-Identifier: Apache-2.0 */
#include "process/supervisor.h"

#include "config/snapshot.h"
#include "flow/flow.h"
#include "process/children/children.h"
#include "process/notify.h"
#include "process/open.h"
#include "process/progress.h"
#include "process/reload/reloader.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WAKE_MS = 200, WAKE_BUSY_MS = 20, WAKE_START_MS = 2 };

struct supervisor {
    const struct options *options;
    struct sensor sensor; /* what the children are started with */
    struct outputs outputs;
    struct children children;
    struct notify manager;
    bool told_begun;
    struct reloader reloader;
    uint8_t arena_bytes[64 << 10];
    struct arena arena;
};

static struct problems problems;

/* Prints what was found since the last call. */
static bool tell_problems(bool good) {
    problems_print(&problems);
    problems_finish(&problems);
    return good;
}

static bool load_configuration(struct supervisor *s) {
    struct set_cache *cache = set_cache_open(s->options->cache);
    s->sensor.snapshot = snapshot_load(s->options->config, cache, &problems);
    set_cache_close(cache);
    if (!tell_problems(s->sensor.snapshot != NULL))
        return false;
    s->sensor.config = s->sensor.snapshot->config;
    s->sensor.outputs = &s->outputs;
    return tell_problems(outputs_configure(&s->outputs, s->sensor.config, &problems));
}

/* -i, or the configured one when no capture file is read, kept beyond the configuration; NULL: none. */
static const char *live_interface(struct supervisor *s) {
    const struct options *o = s->options;
    const char *name = o->interface ? o->interface : s->sensor.config->capture.interface;
    return o->file_count || !name ? NULL : arena_text(&s->arena, name, strlen(name));
}

static unsigned worker_count(const struct supervisor *s) {
    const struct options *o = s->options;
    if (o->workers)
        return o->workers;
    return o->file_count ? 1 : (unsigned)s->sensor.config->sensor.workers;
}

static bool close_sandbox(struct supervisor *s) {
    char text[SANDBOX_TEXT_MAX];
    struct error e;
    const struct role *roles = s->sensor.roles;
    const struct sandbox_share unlimited = {.bell = -1};
    if (!sandbox_enter(s->sensor.sandbox, &roles->sandbox, &unlimited, &e)) {
        log_error("%s", e.text);
        return false;
    }
    for (size_t i = 0; i < s->sensor.role_count; i++)
        log_debug("sandbox: %s", sandbox_text(s->sensor.sandbox, &roles[i].sandbox, roles[i].name, text));
    return true;
}

/* Blocked here and taken with sigtimedwait, so that no signal is lost between two looks. */
static sigset_t block_signals(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return set;
}

/* Output files are opened again at once, whatever becomes of the configuration. */
static void reopen_outputs(struct supervisor *s) {
    output_reopen_early();
    children_hang_up(&s->children);
    if (!s->sensor.offline)
        reload_ask(&s->sensor.upper->reload);
}

static void step_reload(struct supervisor *s) {
    bool was = s->reloader.stage != RELOAD_IDLE;
    reloader_step(&s->reloader);
    bool is = s->reloader.stage != RELOAD_IDLE;
    if (is && !was) {
        output_reopen_early();
        notify_reloading(&s->manager);
    } else if (was && !is) {
        if (s->sensor.upper->reload.result.failed)
            children_hang_up(&s->children); /* a successor has opened its files itself */
        notify_tell(&s->manager, "READY=1");
    }
}

static void tell_begun(struct supervisor *s) {
    if (!s->told_begun && s->children.readiness.state == READINESS_WAITS)
        notify_extend(&s->manager);
    if (s->told_begun || !s->children.begun)
        return;
    s->told_begun = true;
    if (s->sensor.interface)
        log_info("watching %s with %u worker%s", s->sensor.interface, s->sensor.workers,
                 s->sensor.workers == 1 ? "" : "s");
    notify_tell(&s->manager, "READY=1");
}

/* How long nothing that is no signal needs a look. */
static time_ns wake_time(const struct supervisor *s) {
    bool starts = s->children.readiness.state == READINESS_WAITS && !s->children.readiness.late;
    return (starts ? WAKE_START_MS : s->reloader.stage != RELOAD_IDLE ? WAKE_BUSY_MS : WAKE_MS) * NS_PER_MS;
}

/* Until all children have ended; the exit status. */
static int watch_children(struct supervisor *s, const sigset_t *signals) {
    struct progress progress;
    progress_init(&progress, s->sensor.offline && !s->options->quiet);
    while (children_left(&s->children)) {
        const struct timespec wake = {.tv_nsec = wake_time(s)};
        int got = sigtimedwait(signals, NULL, &wake);
        if (got == SIGTERM || got == SIGINT) {
            notify_tell(&s->manager, "STOPPING=1");
            children_stop(&s->children);
        } else if (got == SIGHUP)
            reopen_outputs(s);
        children_look(&s->children);
        children_reap(&s->children);
        tell_begun(s);
        step_reload(s);
        notify_beat(&s->manager);
        progress_show(&progress, s->sensor.status, s->sensor.workers);
    }
    progress_clear(&progress);
    return s->children.failed ? 1 : 0;
}

static int run_children(struct supervisor *s) {
    sigset_t signals = block_signals();
    reloader_init(&s->reloader, &s->sensor, &s->children, &s->outputs, s->options->config);
    return children_start(&s->children) ? watch_children(s, &signals) : 1;
}

/* Who gets what of the memory; with -v for all to see. */
static bool plan_memory(struct supervisor *s) {
    const struct config *c = s->sensor.snapshot->config;
    bool fits = tell_problems(budget_plan(c, worker_count(s), !s->options->file_count,
                                          s->sensor.snapshot->size, &problems, &s->sensor.budget));
    if (fits && s->options->verbose)
        budget_print(c, &s->sensor.budget, s->options->check ? stdout : stderr);
    return fits;
}

static int tell_checked(const struct supervisor *s) {
    const char *what = s->options->config ? s->options->config : "defaults, without a configuration";
    printf("%s: good: %zu rules, %zu image networks, %zu partners, %zu outputs\n", what,
           ruleset_count(s->sensor.config->rules), policy_image_networks(s->sensor.config->policy),
           policy_partners(s->sensor.config->policy), s->sensor.config->output_count);
    return 0;
}

static bool has_source(const struct supervisor *s) {
    if (s->options->file_count || s->sensor.interface)
        return true;
    log_error("nothing to watch: give -i IFACE or -r CAPTURE, or set capture.interface in the configuration");
    return false;
}

/* All that root is needed for, in this order, and then root is given up. */
static bool prepare_sensor(struct supervisor *s) {
    struct sensor *sensor = &s->sensor;
    struct error e;
    if (!sensor_open(sensor, s->options, worker_count(s), &s->arena))
        return false;
    identify_prepare(); /* without it each child makes its own, and says why it cannot */
    if (!children_init(&s->children, sensor, &e) || !sensor_open_places(sensor, &e)) {
        log_error("%s", e.text);
        return false;
    }
    return tell_problems(outputs_open(&s->outputs, sensor->sandbox, sensor->offline, &problems)) &&
           close_sandbox(s);
}

int supervisor_run(const struct options *options) {
    struct supervisor *s = calloc(1, sizeof *s);
    int status = 1;
    if (!s || !snapshot_reserve()) {
        log_error("no address space for the configuration; raise the limit on virtual memory (ulimit -v)");
        free(s);
        return 1;
    }
    s->options = options;
    s->sensor.roles = sensor_roles;
    s->sensor.role_count = sensor_role_count;
    notify_open(&s->manager);
    s->sensor.control = s->sensor.metrics = -1;
    s->sensor.manager = s->manager.fd;
    s->sensor.started = clock_wall();
    arena_init(&s->arena, s->arena_bytes, sizeof s->arena_bytes);
    if (!outputs_parse(&s->outputs, options, &s->arena))
        status = 2;
    else if (load_configuration(s) && plan_memory(s)) {
        s->sensor.inspect_all = options->inspect_all;
        s->sensor.run = hash_key_random().k0 >> 1;
        s->sensor.offline = options->file_count > 0;
        s->sensor.interface = live_interface(s);
        if (options->check)
            status = tell_checked(s);
        else if (has_source(s) && prepare_sensor(s))
            status = run_children(s);
    }
    sensor_close(&s->sensor);
    notify_close(&s->manager);
    free(s);
    return status;
}
