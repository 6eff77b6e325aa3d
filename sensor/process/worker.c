/* SPDX-License-Identifier: Apache-2.0 */
#include "process/worker.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

enum { BATCH = 256 };
static const time_ns look_interval = 100 * NS_PER_MS, drain_limit = NS_PER_S;

static volatile sig_atomic_t stopping;

static void on_stop(int signal_number) {
    (void)signal_number;
    stopping = 1;
}

static void catch_signals(void) {
    struct sigaction stop = {.sa_handler = on_stop}, ignore = {.sa_handler = SIG_IGN};
    sigset_t none;
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGINT, &ignore, NULL); /* the terminal's; the supervisor passes it on as SIGTERM */
    sigaction(SIGHUP, &ignore, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void set_gauges(const struct pipeline *p) {
    struct pipeline_use use = pipeline_use(p);
    gauge_set(GAUGE_PACKET_TIME, (uint64_t)(use.newest / NS_PER_S));
    gauge_set(GAUGE_FLOWS_OPEN, use.flows);
    gauge_set(GAUGE_STREAMS_OPEN, use.streams);
    gauge_set(GAUGE_STREAM_STORED, use.stream_bytes);
    gauge_set(GAUGE_CONVERSATIONS, use.conversations);
    gauge_set(GAUGE_OBJECTS_OPEN, use.objects);
    gauge_set(GAUGE_INSPECTIONS, use.inspections);
}

/* Nothing is open any more. */
static void clear_gauges(void) {
    for (enum gauge g = 0; g < GAUGE_COUNT; g++)
        if (gauge_facts(g)->how == HOW_SUM)
            gauge_set(g, 0);
}

/* Slots before version: the supervisor takes a version as proof that what came before was taken or let go. */
static void tell_snapshots(const struct worker_options *o, const struct pipeline *p, uint64_t version) {
    atomic_store_explicit(&o->status->slots, pipeline_slots(p), memory_order_relaxed);
    atomic_store_explicit(&o->status->version, version, memory_order_release);
}

static void tell_status(const struct worker_options *o, const struct pipeline *p) {
    set_gauges(p);
    o->status->packet_time = pipeline_time(p);
    o->status->progress = capture_progress(o->capture);
    o->status->flows = (uint32_t)pipeline_flows(p);
}

static const char *flow_text(const struct flow_name *f, char *out, size_t size) {
    char source[ADDRESS_TEXT_MAX], destination[ADDRESS_TEXT_MAX];
    snprintf(out, size, "%s port %u and %s port %u", address_format(&f->source, source), f->source_port,
             address_format(&f->destination, destination), f->destination_port);
    return out;
}

/* Goes on with the predecessor's ring; how many packets in it are given up. */
static uint64_t take_over(const struct worker_options *o) {
    uint64_t before = counter_values[COUNTER_LOST_TO_RESTART];
    capture_resume(o->capture);
    return counter_values[COUNTER_LOST_TO_RESTART] - before;
}

static void tell(struct pipeline *p, const char *key, const char *text) {
    log_warning("%s", text);
    pipeline_notice(p, key, text);
}

/* A flow that workers die of is left out from now on. */
static void tell_skipped(const struct worker_death *d, struct pipeline *p) {
    char text[480], flow[160];
    flow_text(&d->at, flow, sizeof flow);
    if (d->verdict == BLAME_SKIP_FLOW)
        snprintf(text, sizeof text,
                 "the flow between %s ended %d workers: nothing of it is looked into for 10 minutes", flow,
                 BLAME_FLOW_DEATHS);
    else
        snprintf(text, sizeof text,
                 "flows between %s and the like ended %d workers: nothing between these addresses on the "
                 "lower port is "
                 "looked into for 10 minutes",
                 flow, BLAME_SERVICE_DEATHS);
    counter_one(COUNTER_FLOWS_BLAMED);
    tell(p, "flow-skipped", text);
}

static void write_cause(const struct worker_death *d, char *out, size_t size) {
    if (d->stuck)
        snprintf(out, size, "was stuck");
    else if (d->signal)
        snprintf(out, size, "died of signal %d (%s)", d->signal, strsignal(d->signal));
    else
        snprintf(out, size, "ended by itself with status %d", d->status);
}

/* What happened to the predecessor, and what is lost by it. */
static void tell_death(const struct worker_options *o, struct pipeline *p, uint64_t packets_lost) {
    const struct worker_death *d = &o->status->death;
    char flow[160], text[480], why[64];
    write_cause(d, why, sizeof why);
    snprintf(text, sizeof text, "worker %u %s%s%s and was started again: %u flows and %llu packets lost",
             o->pipeline.worker, why, d->at_packet ? " at a packet between " : "",
             d->at_packet ? flow_text(&d->at, flow, sizeof flow) : "", d->flows,
             (unsigned long long)packets_lost);
    counter_one(COUNTER_WORKER_RESTARTS);
    counter_add(COUNTER_WORKERS_STUCK, d->stuck);
    counter_add(COUNTER_WORKERS_ENDED, !d->stuck && !d->signal);
    counter_add(COUNTER_FLOWS_LOST, d->flows);
    tell(p, "worker-restarted", text);
    if (d->verdict != BLAME_NOTED)
        tell_skipped(d, p);
}

/* --- reload --- */

struct reloads {
    uint64_t version;
    uint32_t call; /* that was answered last */
};

static void refuse(struct pipeline *p, const struct snapshot_view *view, const char *reason) {
    char text[320];
    snprintf(text, sizeof text,
             "a worker cannot take version %llu of the configuration and goes on with the one before: %s",
             (unsigned long long)view->version, reason);
    counter_one(COUNTER_RELOAD_REFUSED);
    tell(p, "reload-refused", text);
}

static void take_snapshot(const struct worker_options *o, struct pipeline *p, struct reloads *r) {
    struct snapshot_view view;
    struct error e;
    if (!handout_take(o->handout, r->version, pipeline_slots(p), &view))
        return;
    r->version = view.version;
    if (!view.config) {
        refuse(p, &view, "its memory cannot be mapped");
    } else if (!pipeline_switch(p, &view, &e)) {
        snapshot_unmap(view.slot);
        refuse(p, &view, e.text);
    }
}

/* Between packets: one load while nothing is new. */
static void look_for_calls(const struct worker_options *o, struct pipeline *p, struct reloads *r) {
    uint32_t call = atomic_load_explicit(&o->status->call, memory_order_acquire);
    if (call != r->call) {
        r->call = call;
        take_snapshot(o, p, r);
        pipeline_move_on(p, atomic_load_explicit(&o->status->before, memory_order_relaxed));
    }
    tell_snapshots(o, p, r->version);
}

/* Told to stop: what the kernel has already put into the ring is read first, for at most a second. */
static void drain(const struct worker_options *o, struct pipeline *p) {
    time_ns end = clock_monotonic() + drain_limit;
    while (!o->pipeline.offline && clock_monotonic() < end &&
           capture_read(o->capture, BATCH, pipeline_packet, p) > 0)
        tell_status(o, p);
}

/* Does this worker keep up with what the kernel has for it? */
static void look_at_pressure(const struct worker_options *o, struct pipeline *p, time_ns *next) {
    time_ns now = clock_monotonic();
    if (o->pipeline.offline || now < *next)
        return;
    *next = now + look_interval;
    capture_count_drops(o->capture);
    pipeline_pressure(p, now, capture_waiting(o->capture), counter_values[COUNTER_KERNEL_DROPS]);
}

/* Reads until the end; returns what capture_read ended with. */
static int read_all(const struct worker_options *o, struct pipeline *p) {
    time_ns next_look = 0;
    /* What a predecessor was given and did not take is let go at once. */
    struct reloads reloads = {o->pipeline.snapshot.version, o->status->call - 1};
    while (!stopping) {
        if (o->handout)
            look_for_calls(o, p, &reloads);
        int n = capture_read(o->capture, BATCH, pipeline_packet, p);
        if (n < 0)
            return n;
        if (n == 0 && !o->pipeline.offline)
            pipeline_idle(p, clock_wall());
        tell_status(o, p);
        look_at_pressure(o, p, &next_look);
    }
    drain(o, p);
    return CAPTURE_END;
}

int worker_run(const struct worker_options *o) {
    struct error e;
    log_role(o->name);
    catch_signals();
    counter_values = ring_counters(o->pipeline.ring);
    gauge_values = o->status->view.gauges;
    struct pipeline *p = pipeline_create(&o->pipeline, &e);
    if (!p || (o->sandbox && !sandbox_enter(o->sandbox, SANDBOX_WORKER, o->headroom, &e))) {
        log_error("%s", e.text);
        pipeline_destroy(p);
        return 1;
    }
    if (o->successor)
        tell_death(o, p, take_over(o));
    int end = read_all(o, p);
    if (end == CAPTURE_BROKEN) {
        o->status->broken = true;
        log_error("%s", capture_reason(o->capture));
    }
    tell_status(o, p);
    pipeline_destroy(p);
    clear_gauges();
    return end == CAPTURE_BROKEN ? 1 : 0;
}
