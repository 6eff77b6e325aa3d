/* SPDX-License-Identifier: Apache-2.0 */
#include "process/worker.h"

#include <signal.h>

enum { BATCH = 256 };
static const time_ns drops_interval = NS_PER_S, drain_limit = NS_PER_S;

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

static void tell_status(const struct worker_options *o, const struct pipeline *p) {
    o->status->packet_time = pipeline_time(p);
    o->status->progress = capture_progress(o->capture);
}

/* Told to stop: what the kernel has already put into the ring is read first, for at most a second. */
static void drain(const struct worker_options *o, struct pipeline *p) {
    time_ns end = clock_monotonic() + drain_limit;
    while (!o->pipeline.offline && clock_monotonic() < end &&
           capture_read(o->capture, BATCH, pipeline_packet, p) > 0)
        tell_status(o, p);
}

/* Reads until the end; returns what capture_read ended with. */
static int read_all(const struct worker_options *o, struct pipeline *p) {
    time_ns next_drops = 0;
    while (!stopping) {
        int n = capture_read(o->capture, BATCH, pipeline_packet, p);
        if (n < 0)
            return n;
        if (n == 0 && !o->pipeline.offline)
            pipeline_idle(p, clock_wall());
        tell_status(o, p);
        if (!o->pipeline.offline && clock_monotonic() >= next_drops) {
            capture_count_drops(o->capture);
            next_drops = clock_monotonic() + drops_interval;
        }
    }
    drain(o, p);
    return CAPTURE_END;
}

int worker_run(const struct worker_options *o) {
    struct error e;
    log_role(o->name);
    catch_signals();
    counter_values = ring_counters(o->pipeline.ring);
    struct pipeline *p = pipeline_create(&o->pipeline, &e);
    if (!p || (o->sandbox && !sandbox_enter(o->sandbox, SANDBOX_WORKER, o->headroom, &e))) {
        log_error("%s", e.text);
        pipeline_destroy(p);
        return 1;
    }
    int end = read_all(o, p);
    if (end == CAPTURE_BROKEN) {
        o->status->broken = true;
        log_error("%s", capture_reason(o->capture));
    }
    tell_status(o, p);
    pipeline_destroy(p);
    ring_finish(o->pipeline.ring);
    doorbell_ring(o->pipeline.doorbell);
    return end == CAPTURE_BROKEN ? 1 : 0;
}
