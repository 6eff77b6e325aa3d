/* SPDX-License-Identifier: Apache-2.0 */
#include "process/supervisor.h"

#include "config/snapshot.h"
#include "control/control.h"
#include "metrics/metrics.h"
#include "process/children/children.h"
#include "process/notify.h"
#include "process/progress.h"
#include "process/reload/reloader.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WAKE_MS = 200, WAKE_BUSY_MS = 20, WAKE_START_MS = 2 };

struct supervisor {
    const struct options *options;
    struct sensor sensor; /* what the children are started with */
    struct outputs outputs;
    struct children children;
    struct notify manager;
    bool told_begun;
    bool made_control, made_metrics; /* the folders of these sockets */
    struct reloader reloader;
    uint8_t arena_bytes[64 << 10];
    struct arena arena;
};

static struct problems problems;

/* Prints what was found since the last call. */
static bool told(bool good) {
    problems_print(&problems);
    problems_finish(&problems);
    return good;
}

static bool load(struct supervisor *s) {
    struct set_cache *cache = set_cache_open(s->options->cache);
    s->sensor.snapshot = snapshot_load(s->options->config, cache, &problems);
    set_cache_close(cache);
    if (!told(s->sensor.snapshot != NULL))
        return false;
    s->sensor.config = s->sensor.snapshot->config;
    s->sensor.outputs = &s->outputs;
    return true;
}

/* -i, or the configured one when no capture file is read. */
static const char *live_interface(const struct supervisor *s) {
    if (s->options->file_count)
        return NULL;
    return s->options->interface ? s->options->interface : s->sensor.config->capture.interface;
}

/* Of a configuration that may go. */
static const char *keep_text(struct supervisor *s, const char *text) {
    return text ? arena_text(&s->arena, text, strlen(text)) : NULL;
}

static unsigned worker_count(const struct supervisor *s) {
    const struct options *o = s->options;
    if (o->workers)
        return o->workers;
    return o->file_count ? 1 : (unsigned)s->sensor.config->sensor.workers;
}

static struct capture *open_one(const struct supervisor *s, unsigned index, unsigned count, struct error *e) {
    const struct options *o = s->options;
    const struct config *c = s->sensor.snapshot->config;
    const char *filter = o->filter ? o->filter : c->capture.filter;
    bool by_ports = c->capture.split == CAPTURE_BY_PORTS;
    if (o->file_count) {
        struct capture *file = capture_open_files(o->files, o->file_count, filter, e);
        if (file && count > 1)
            capture_share(file, index, count, by_ports);
        return file;
    }
    struct capture_options live = c->capture;
    live.interface = live_interface(s);
    live.filter = filter;
    live.ring_bytes = s->sensor.budget.ring;
    live.workers = count;
    live.index = index;
    live.fanout_group = (uint16_t)getpid();
    return capture_open_live(&live, e);
}

static bool reads_stdin(const struct options *o) {
    for (size_t i = 0; i < o->file_count; i++)
        if (strcmp(o->files[i], "-") == 0)
            return true;
    return false;
}

static bool open_captures(struct supervisor *s) {
    unsigned count = worker_count(s);
    struct error e;
    if (count > 1 && reads_stdin(s->options)) {
        log_warning("standard input cannot be read by %u workers at once; one worker reads it", count);
        count = 1;
    }
    for (unsigned i = 0; i < count; i++) {
        s->sensor.capture[i] = open_one(s, i, count, &e);
        if (!s->sensor.capture[i]) {
            log_error("%s", e.text);
            return false;
        }
        s->sensor.workers = i + 1;
    }
    if (!live_interface(s))
        return true;
    for (unsigned i = 0; i < count && count > 1; i++)
        capture_begin(s->sensor.capture[i]);
    return true;
}

/* NULL: no memory. */
static void *share_memory(size_t size) {
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

/* Before the children are set up: one place each for those that inspect. */
static bool open_channels(struct supervisor *s) {
    struct sensor *sensor = &s->sensor;
    sensor->status = share_memory(sizeof *sensor->status);
    sensor->upper = share_memory(sizeof *sensor->upper);
    sensor->doorbell = doorbell_create();
    bool ok = sensor->status && sensor->upper && sensor->doorbell;
    if (ok)
        counter_move(sensor->upper->supervisor);
    else
        log_error("no shared memory for the channels between processes: %s", strerror(errno));
    return ok;
}

/* All that its processes share is made before the first of them. */
static bool set_up_children(struct supervisor *s) {
    struct sensor *sensor = &s->sensor;
    struct error e;
    bool ok = children_init(&s->children, sensor, &e);
    for (unsigned i = 0; ok && i < sensor->places; i++) {
        sensor->status->worker[i].progress = -1;
        sensor->ring[i] = ring_create(sensor->budget.channel);
        ok = (sensor->ring[i] && handout_open(&sensor->handout[i])) ||
             error_set(&e, "no shared memory for the channels between processes: %s", strerror(errno));
    }
    for (size_t i = 0; ok && i < sensor->role_count; i++)
        ok = !sensor->roles[i].share || sensor->roles[i].share(sensor, &e);
    if (!ok)
        log_error("%s", e.text);
    return ok;
}

/* The folder of a path, in the arena; NULL: no room. */
static const char *folder_of(struct supervisor *s, const char *path) {
    const char *slash = strrchr(path, '/');
    if (!slash)
        return ".";
    return slash == path ? "/" : arena_text(&s->arena, path, (size_t)(slash - path));
}

/* NULL: there is none. */
static const char *metrics_socket(const struct sensor *s) {
    return sensor_metrics(s) ? metrics_path(sensor_metrics(s)) : NULL;
}

/* Folders below which files may be made and removed: those of the reporter's outputs, and the sensor's own.
 */
static size_t writable_folders(struct supervisor *s, const char **out) {
    const struct sensor *sensor = &s->sensor;
    size_t n = 0;
    if (sensor_state(sensor))
        out[n++] = sensor_state(sensor);
    if (sensor_control(sensor) && (out[n] = folder_of(s, sensor_control(sensor))))
        n++;
    if (metrics_socket(sensor) && (out[n] = folder_of(s, metrics_socket(sensor))))
        n++;
    for (size_t i = 0; i < s->outputs.count; i++) {
        const char *path = output_path(&s->outputs.list[i]);
        if (path && (out[n] = folder_of(s, path)))
            n++;
    }
    return n;
}

/* The folder of the database and what root left in it belong to the account from now on. A folder that was
 * there and holds no database stays whose it is. */
static void give_state(const struct supervisor *s, bool made) {
    static const char *const names[] = {"gantry.db", "gantry.db-wal", "gantry.db-shm", "gantry.db-journal"};
    const char *folder = sensor_state(&s->sensor);
    uid_t user;
    gid_t group;
    if (!folder || !sandbox_account(s->sensor.sandbox, &user, &group))
        return;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return; /* the reporter says why */
    if ((made || faccessat(fd, names[0], F_OK, AT_SYMLINK_NOFOLLOW) == 0) && fchown(fd, user, group) != 0)
        log_warning("sensor.state: %s cannot be given to the sensor's user: %s", folder, strerror(errno));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (fchownat(fd, names[i], user, group, AT_SYMLINK_NOFOLLOW) != 0 && errno != ENOENT)
            log_warning("sensor.state: %s/%s cannot be given to the sensor's user: %s", folder, names[i],
                        strerror(errno));
    close(fd);
}

static bool open_control(struct supervisor *s) {
    const char *path = sensor_control(&s->sensor);
    struct error e;
    if (path)
        s->sensor.control = control_listen(path, &s->made_control, &e);
    if (path && s->sensor.control < 0)
        log_error("%s", e.text);
    return !path || s->sensor.control >= 0;
}

static bool open_metrics(struct supervisor *s) {
    const char *to = sensor_metrics(&s->sensor);
    struct error e;
    if (to)
        s->sensor.metrics = metrics_listen(to, &s->made_metrics, &e);
    if (to && s->sensor.metrics < 0)
        log_error("%s", e.text);
    return !to || s->sensor.metrics >= 0;
}

static bool give_metrics(struct supervisor *s) {
    const char *to = sensor_metrics(&s->sensor);
    uid_t user;
    gid_t group;
    struct error e;
    sandbox_account(s->sensor.sandbox, &user, &group);
    if (!to || metrics_give(to, s->made_metrics, user, s->sensor.control_group, &e))
        return true;
    log_error("%s", e.text);
    return false;
}

/* Who may ask there is known once the account is. */
static bool give_control(struct supervisor *s) {
    const char *path = sensor_control(&s->sensor);
    uid_t user;
    gid_t group;
    struct error e;
    sandbox_account(s->sensor.sandbox, &user, &group);
    if (!sandbox_group(s->sensor.sandbox, &s->sensor.control_group))
        s->sensor.control_group = CONTROL_NO_GROUP;
    if (!path || control_give(path, s->made_control, user, s->sensor.control_group, &e))
        return true;
    log_error("%s", e.text);
    return false;
}

static bool prepare_sandbox(struct supervisor *s) {
    const char *folders[OUTPUTS_MAX + 3];
    const char *state = sensor_state(&s->sensor);
    bool made = state && mkdir(state, 0700) == 0;
    struct error e;
    size_t count = writable_folders(s, folders);
    s->sensor.sandbox = sandbox_create(&s->sensor.config->sandbox, &e);
    if (!s->sensor.sandbox) {
        log_error("%s", e.text);
        return false;
    }
    for (size_t i = 0; i < s->sensor.role_count; i++)
        sandbox_prepare(s->sensor.sandbox, &s->sensor.roles[i].sandbox, folders, count);
    give_state(s, made);
    return true;
}

static bool close_sandbox(struct supervisor *s) {
    char text[SANDBOX_TEXT_MAX];
    struct error e;
    const struct role *roles = s->sensor.roles;
    if (!sandbox_enter(s->sensor.sandbox, &roles->sandbox, 0, &e)) {
        log_error("%s", e.text);
        return false;
    }
    for (size_t i = 0; i < s->sensor.role_count; i++)
        log_debug("sandbox: %s", sandbox_text(s->sensor.sandbox, &roles[i].sandbox, roles[i].name, text));
    return true;
}

static void close_all(struct supervisor *s) {
    for (unsigned i = 0; i < s->sensor.workers; i++)
        capture_close(s->sensor.capture[i]);
    for (unsigned i = 0; i < s->sensor.places; i++) {
        if (s->sensor.ring[i]) {
            ring_destroy(s->sensor.ring[i]);
            handout_close(&s->sensor.handout[i]);
        }
    }
    sandbox_destroy(s->sensor.sandbox);
    doorbell_destroy(s->sensor.doorbell);
    if (s->sensor.control >= 0) {
        unlink(sensor_control(&s->sensor)); /* as far as the account may; a successor replaces it */
        close(s->sensor.control);
    }
    if (s->sensor.metrics >= 0) {
        if (metrics_socket(&s->sensor))
            unlink(metrics_socket(&s->sensor));
        close(s->sensor.metrics);
    }
    snapshot_free(s->sensor.snapshot);
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
static void hang_up(struct supervisor *s) {
    output_reopen_early();
    children_hang_up(&s->children);
    if (!s->sensor.offline)
        reload_ask(&s->sensor.upper->reload);
}

static void reload(struct supervisor *s) {
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

static void stop(struct supervisor *s) {
    notify_tell(&s->manager, "STOPPING=1");
    children_stop(&s->children);
}

static void tell_begun(struct supervisor *s) {
    if (!s->told_begun && s->children.readiness.state == READINESS_WAITS)
        notify_extend(&s->manager);
    if (s->told_begun || !s->children.begun)
        return;
    s->told_begun = true;
    if (live_interface(s))
        log_info("watching %s with %u worker%s", live_interface(s), s->sensor.workers,
                 s->sensor.workers == 1 ? "" : "s");
    notify_tell(&s->manager, "READY=1");
}

/* How long nothing that is no signal needs a look. */
static time_ns wake_time(const struct supervisor *s) {
    bool starts = s->children.readiness.state == READINESS_WAITS && !s->children.readiness.late;
    return (starts ? WAKE_START_MS : s->reloader.stage != RELOAD_IDLE ? WAKE_BUSY_MS : WAKE_MS) * NS_PER_MS;
}

/* Until all children have ended; the exit status. */
static int watch(struct supervisor *s, const sigset_t *signals) {
    struct progress progress;
    progress_init(&progress, s->sensor.offline && !s->options->quiet);
    while (children_left(&s->children)) {
        const struct timespec wake = {.tv_nsec = wake_time(s)};
        int got = sigtimedwait(signals, NULL, &wake);
        if (got == SIGTERM || got == SIGINT)
            stop(s);
        else if (got == SIGHUP)
            hang_up(s);
        children_look(&s->children);
        children_reap(&s->children);
        tell_begun(s);
        reload(s);
        notify_beat(&s->manager);
        progress_show(&progress, s->sensor.status, s->sensor.workers);
    }
    progress_clear(&progress);
    return s->children.failed ? 1 : 0;
}

static int run(struct supervisor *s) {
    sigset_t signals = block_signals();
    reloader_init(&s->reloader, &s->sensor, &s->children, &s->outputs, s->options->config);
    return children_start(&s->children) ? watch(s, &signals) : 1;
}

/* Who gets what of the memory; with -v for all to see. */
static bool plan_memory(struct supervisor *s) {
    const struct config *c = s->sensor.snapshot->config;
    bool fits = told(budget_plan(c, worker_count(s), !s->options->file_count, s->sensor.snapshot->size,
                                 &problems, &s->sensor.budget));
    if (fits && s->options->verbose)
        budget_print(c, &s->sensor.budget, s->options->check ? stdout : stderr);
    return fits;
}

static int check_done(const struct supervisor *s) {
    const char *what = s->options->config ? s->options->config : "defaults, without a configuration";
    printf("%s: good: %zu rules, %zu image networks, %zu partners, %zu outputs\n", what,
           ruleset_count(s->sensor.config->rules), policy_image_networks(s->sensor.config->policy),
           policy_partners(s->sensor.config->policy), s->sensor.config->output_count);
    return 0;
}

static bool has_source(const struct supervisor *s) {
    if (s->options->file_count || live_interface(s))
        return true;
    log_error("nothing to watch: give -i IFACE or -r CAPTURE, or set capture.interface in the configuration");
    return false;
}

/* All that root is needed for, in this order, and then root is given up. */
static bool prepare(struct supervisor *s) {
    return open_control(s) && open_metrics(s) && prepare_sandbox(s) && give_control(s) && give_metrics(s) &&
           open_captures(s) && open_channels(s) && set_up_children(s) &&
           told(outputs_open(&s->outputs, s->sensor.sandbox, s->sensor.offline, &problems)) &&
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
    s->sensor.started = clock_wall();
    arena_init(&s->arena, s->arena_bytes, sizeof s->arena_bytes);
    if (!outputs_parse(&s->outputs, options, &s->arena))
        status = 2;
    else if (load(s) && told(outputs_configure(&s->outputs, s->sensor.config, &problems)) && plan_memory(s)) {
        s->sensor.inspect_all = options->inspect_all;
        s->sensor.run = hash_key_random().k0 >> 1;
        s->sensor.offline = options->file_count > 0;
        s->sensor.interface = keep_text(s, live_interface(s));
        if (options->check)
            status = check_done(s);
        else if (has_source(s) && prepare(s))
            status = run(s);
    }
    close_all(s);
    notify_close(&s->manager);
    free(s);
    return status;
}
