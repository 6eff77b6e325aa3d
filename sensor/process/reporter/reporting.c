/* SPDX-License-Identifier: Apache-2.0 */
#include "process/reporter/reporting.h"

#include "base/heap.h"
#include "metrics/metrics.h"
#include "process/readiness.h"
#include "process/reporter/taking.h"
#include "process/requests/requests.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { SLEEP_MS = 100, FINISH_MS = 10000, HAND_OVER_MS = 2000 };

struct reporting {
    struct sensor *sensor;
    int ready; /* for readiness_tell() */
    time_ns started;
    struct reporter *reporter;
    struct taking taking;
    int signals;
    struct health_setup health;
    const struct worker_view *views[CHILDREN_MAX];
    uint64_t counted[COUNTER_COUNT]; /* by this process and its predecessors */
    struct control_sensor asked;
    struct control *control; /* NULL: nobody may ask */
    struct metrics *metrics; /* the same */
};

/* Live: the clock. Offline: the slowest worker's packet time, so that no incident closes before its time; 0
 * while one has not begun. */
static time_ns time_now(const struct reporting *g) {
    time_ns least = INT64_MAX;
    if (!g->sensor->offline)
        return clock_wall();
    for (size_t i = 0; i < g->sensor->places; i++) {
        time_ns t = g->sensor->status[i]->packet_time;
        if (t < least && !ring_finished(g->sensor->ring[i]))
            least = t;
    }
    return least == INT64_MAX ? 0 : least;
}

static void sum_counters(void *context, uint64_t *out) {
    const struct reporting *g = context;
    uint64_t figures[FIGURE_COUNT];
    health_figures(&g->health, figures);
    memcpy(out, figures, COUNTER_COUNT * sizeof *out);
}

static void own_gauges(void *context, uint64_t *figures) {
    const struct reporting *g = context;
    struct reload_result reload;
    reload_read(&g->sensor->upper->reload, &reload);
    figures[figure_of_gauge(GAUGE_RELOAD_TIME)] = (uint64_t)(reload.request ? reload.time / NS_PER_S : 0);
    figures[figure_of_gauge(GAUGE_RELOAD_FAILED)] = reload.request && reload.failed;
    figures[figure_of_gauge(GAUGE_CONFIG_VERSION)] = reload.version;
    reporter_gauges(g->reporter, figures);
}

static void tell_notice(void *context, const char *key, const char *text) {
    struct reporting *g = context;
    reporter_notice(g->reporter, key, text);
}

static void set_up_health(struct reporting *g) {
    const struct sensor *s = g->sensor;
    for (size_t i = 0; i < s->places; i++)
        g->views[i] = &s->status[i]->view;
    g->health = (struct health_setup){.options = &s->config->health,
                                      .policy = s->config->policy,
                                      .interface = s->interface,
                                      .rings = s->ring,
                                      .views = g->views,
                                      .workers = s->places,
                                      .captures = s->workers,
                                      .others = {counter_values, s->upper->supervisor},
                                      .memory = &s->upper->health,
                                      .context = g,
                                      .own_gauges = own_gauges,
                                      .tell = tell_notice};
    health_begin(&g->health);
}

static void end_interval(struct reporting *g, bool last) {
    uint64_t figures[FIGURE_COUNT];
    time_ns now = time_now(g);
    health_interval(&g->health);
    health_figures(&g->health, figures);
    reporter_stats(g->reporter, figures,
                   now                ? now
                   : g->taking.newest ? g->taking.newest
                                      : clock_wall(),
                   last);
}

static void end_interval_when_due(struct reporting *g) {
    time_ns left =
        g->sensor->upper->health.since + (time_ns)g->sensor->config->health.interval - clock_monotonic();
    if (!g->sensor->offline && left <= 0)
        end_interval(g, false);
}

/* What a reload did not do is news for the SOC too; that it was done is in the stats record. */
static void tell_reload(struct reporting *g) {
    struct upper_status *u = g->sensor->upper;
    struct reload_result result;
    char text[512];
    if (u->reload.result.request == u->told)
        return;
    reload_read(&u->reload, &result);
    u->told = result.request;
    if (!result.failed && !result.waiting)
        return;
    size_t line = strcspn(result.text, "\n");
    snprintf(text, sizeof text, "%s: %.*s%s",
             result.failed ? "The configuration was not loaded again, the one before holds"
                           : "The configuration was loaded again, but for what needs a restart",
             (int)line, result.text, strlen(result.text) > line + 1 ? " (the log has more)" : "");
    reporter_notice(g->reporter, result.failed ? "reload-failed" : "restart-needed", text);
}

static void sleep_until_work(struct reporting *g) {
    struct pollfd fds[OUTPUTS_MAX + 2 + CONTROL_CONNECTIONS + 1 + 1] = {
        {.fd = doorbell_fd(g->sensor->doorbell), .events = POLLIN}, {.fd = g->signals, .events = POLLIN}};
    struct signalfd_siginfo info;
    size_t n = 2 + reporter_poll(g->reporter, fds + 2, OUTPUTS_MAX);
    n += control_poll(g->control, fds + n, CONTROL_CONNECTIONS + 1);
    n += metrics_poll(g->metrics, fds + n, 1);
    doorbell_arm(g->sensor->doorbell);
    poll(fds, n, taking_has_news(&g->taking) ? 0 : SLEEP_MS);
    doorbell_disarm(g->sensor->doorbell);
    while (read(g->signals, &info, sizeof info) == (ssize_t)sizeof info)
        if (info.ssi_signo == SIGHUP)
            reporter_reopen(g->reporter);
}

/* True: the workers have finished; false: a successor is to go on. */
static bool take_records(struct reporting *g) {
    for (;;) {
        bool empty;
        time_ns now =
            time_now(g); /* workers tell it after their records: once those are read it is the time */
        size_t n = taking_round(&g->taking, &empty);
        if (now && (empty || !g->sensor->offline))
            reporter_tick(g->reporter, now);
        reporter_deliver(g->reporter);
        heap_widen();
        control_serve(g->control);
        metrics_serve(g->metrics);
        end_interval_when_due(g);
        tell_reload(g);
        if (n == 0 && g->taking.finished)
            return true;
        if (!g->taking.finished && g->sensor->upper->hand_over)
            return false;
        if (n == 0)
            sleep_until_work(g);
    }
}

/* Without memory for it the sensor goes on unasked. */
static void open_control(struct reporting *g) {
    const struct sensor *s = g->sensor;
    g->asked = (struct control_sensor){.sensor = s, .reporter = g->reporter, .health = &g->health};
    if (s->control >= 0)
        g->control = control_create(s->control, s->control_group, control_requests, &g->asked);
    if (s->metrics >= 0 && !(g->metrics = metrics_create(s->metrics, &g->health)))
        log_warning("metrics: no memory to serve them; the sensor goes on without");
}

/* The supervisor counts it and logs it meanwhile. */
static void tell_late(struct reporting *g) {
    long long seconds = (clock_monotonic() - g->started) / NS_PER_S;
    char text[200];
    if (seconds < READINESS_LATE_S)
        return;
    snprintf(text, sizeof text,
             "The reporter took %lld seconds to start, as with a very large database; what workers found "
             "meanwhile is told now",
             seconds);
    reporter_notice(g->reporter, "reporter-late", text);
}

/* Before anything is taken of which it may have died: so that it is told even if this one dies too. */
static void tell_death(struct reporting *g) {
    struct suspects *s = &g->sensor->upper->suspects;
    const struct reporter_death *d = &s->death;
    char name[SUSPECT_TEXT_MAX], times[40] = "", text[400];
    if (!d->times)
        return;
    if (d->times > 1)
        snprintf(times, sizeof times, "%u times, the last time ", d->times);
    snprintf(text, sizeof text, "the reporter died %sof signal %d (%s)%s%s and was started again", times,
             d->signal, strsignal(d->signal), d->at_record ? " at " : "",
             d->at_record ? suspect_write(&d->record, g->sensor->workers, name) : "");
    long long rest = d->at_record ? suspects_rest(s, d->record.channel) - clock_monotonic() : 0;
    size_t n = strlen(text);
    if (rest > 0 && !g->sensor->offline)
        snprintf(text + n, sizeof text - n,
                 "; what comes from there waits for %lld s, so that all else goes out", rest / NS_PER_S + 1);
    log_warning("%s", text);
    reporter_notice(g->reporter, "reporter-restarted", text);
    reporter_commit(g->reporter);
    reporter_deliver(g->reporter);
    reporter_commit(g->reporter); /* once */
    s->death = (struct reporter_death){.times = 0};
}

static void describe_sensor(void *context, struct json_writer *j) {
    struct reporting *g = context;
    request_describe(j, &g->asked);
}

static struct report_options options_of(struct reporting *g) {
    const struct sensor *s = g->sensor;
    const struct config *c = s->config;
    return (struct report_options){.observer = c->sensor.name,
                                   .interface = s->interface,
                                   .outputs = s->outputs->list,
                                   .output_count = s->outputs->count,
                                   .alerts = c->alerts,
                                   .policy = c->policy,
                                   .digest_key = c->sensor.digest_key,
                                   .digest = c->digest,
                                   .ledger = c->ledger,
                                   .fleet = &c->fleet,
                                   .describe = describe_sensor,
                                   .describe_context = g,
                                   .traffic = c->traffic,
                                   .tunnels = c->tunnels,
                                   .hosts = c->hosts,
                                   .store = {.folder = sensor_state(s),
                                             .run = s->run,
                                             .unstored = &s->upper->unstored,
                                             .checked = s->store_checked,
                                             .limits = c->store},
                                   .offline = s->offline,
                                   .sums = sum_counters,
                                   .sums_context = g};
}

void *reporting_begin(struct sensor *s, const struct child *self, struct error *e) {
    static struct reporting g;
    sigset_t hang_up;
    sigemptyset(&hang_up);
    sigaddset(&hang_up, SIGHUP);
    g = (struct reporting){.sensor = s, .ready = self->ready, .started = clock_monotonic()};
    memcpy(g.counted, s->upper->reporter, sizeof g.counted); /* goes on with what predecessors counted */
    counter_values = g.counted;
    g.signals = signalfd(-1, &hang_up, SFD_NONBLOCK | SFD_CLOEXEC);
    return &g;
}

/* Within the sandbox: looking up a name starts a thread, which is to be inside. */
static bool open_reporter(struct reporting *g, struct error *e) {
    struct report_options options = options_of(g);
    g->reporter = reporter_create(&options, e);
    if (!g->reporter)
        return false;
    if (!taking_begin(&g->taking, g->sensor, g->reporter))
        return error_set(e, "no memory for records");
    set_up_health(g);
    open_control(g);
    return true;
}

static int finish_reporter(struct reporting *g, bool ended) {
    if (ended)
        end_interval(g, true);
    uint64_t undelivered = reporter_finish(g->reporter, ended ? FINISH_MS : HAND_OVER_MS);
    taking_keep_counters(&g->taking);
    if (undelivered)
        log_error("%llu messages could not be delivered; look at the outputs above",
                  (unsigned long long)undelivered);
    if (!ended)
        return REPORTER_HANDED_OVER;
    bool whole = !g->sensor->offline || g->sensor->upper->suspects.given_up == 0;
    return undelivered || !whole ? 1 : 0;
}

int reporting_run(void *reporting) {
    struct reporting *g = reporting;
    struct error e;
    int status = 1;
    bool ready = open_reporter(g, &e);
    readiness_tell(g->ready, ready ? "\n" : e.text);
    if (ready) {
        heap_keep();
        tell_late(g);
        tell_death(g);
        status = finish_reporter(g, take_records(g));
    }
    control_destroy(g->control);
    metrics_destroy(g->metrics);
    reporter_destroy(g->reporter);
    taking_end(&g->taking);
    close(g->signals);
    return status;
}
