/* SPDX-License-Identifier: Apache-2.0 */
#include "process/worker/worker.h"

#include "base/heap.h"
#include "base/sanitized.h"
#include "examine/slots.h"
#include "process/examiner/examiner.h"

#include <stdio.h>
#include <sys/mman.h>

enum { BATCH = 256 };
static const time_ns look_interval = 100 * NS_PER_MS, drain_limit = NS_PER_S;

struct worker {
    uint16_t number; /* from 1 */
    bool offline;
    bool successor; /* of one that died */
    struct pipeline *pipeline;
    struct capture *capture;
    struct worker_status *status;
    const struct handout *handout;
    uint64_t version;  /* of the snapshot that was taken last */
    uint32_t call;     /* that was answered last */
    time_ns next_look; /* monotonic: at the pressure */
};

/* Files that cannot be read while they stream are taken apart by the worker itself where it reads files: what
 * it finds is then the same each time. Without memory for them it goes on without. */
static void gather_files(const struct sensor *s) {
    static struct examine_slots slots;
    size_t size = (size_t)s->budget.examine;
    void *area =
        size ? mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
             : MAP_FAILED;
    const struct examine_options *o = &s->config->examine;
    if (s->offline && area != MAP_FAILED && slots_init(&slots, area, size, o->size_max, (unsigned)o->slots))
        examine_use(&slots, o, true);
}

void *worker_begin(struct sensor *s, const struct child *self, struct error *e) {
    static struct worker w;
    const struct board *boards[WORKERS_MAX];
    for (unsigned i = 0; i < s->workers; i++)
        boards[i] = s->board_memory[i].seen;
    struct worker_status *status = s->status[self->place];
    const struct examination *examination = s->offline ? NULL : examiner_ask(s, self->number);
    gather_files(s);
    const struct pipeline_options o = {.snapshot = {.version = s->snapshot->version,
                                                    .config = s->config,
                                                    .slot = s->snapshot->slot,
                                                    .wants = outputs_records(s->outputs)},
                                       .memory = s->budget.worker,
                                       .inspect_all = s->inspect_all,
                                       .ring = s->ring[self->place],
                                       .doorbell = s->doorbell,
                                       .offline = s->offline,
                                       .worker = (uint16_t)(self->place + 1),
                                       .workers = s->workers,
                                       .board = s->board_memory[self->number].own,
                                       .boards = boards,
                                       .status = status,
                                       .view = &status->view,
                                       .keeps_hosts = sensor_state(s) != NULL,
                                       .blame = s->blame,
                                       .examination = examination};
    counter_values = ring_counters(o.ring);
    if (o.board && s->offline)
        capture_show_place(s->capture[self->number], &o.board->place);
    gauge_values = status->view.gauges;
    w = (struct worker){.number = o.worker,
                        .offline = s->offline,
                        .successor = self->started != 0,
                        .pipeline = pipeline_create(&o, e),
                        .capture = s->capture[self->number],
                        .status = status,
                        .handout = &s->handout[self->place],
                        .version = o.snapshot.version};
    return w.pipeline ? &w : NULL;
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

static void show_status(const struct worker *w) {
    set_gauges(w->pipeline);
    w->status->packet_time = pipeline_time(w->pipeline);
    w->status->progress = capture_progress(w->capture);
    w->status->flows = (uint32_t)pipeline_flows(w->pipeline);
}

/* --- a new configuration --- */

static void refuse_snapshot(const struct worker *w, const struct snapshot_view *view, const char *reason) {
    char text[128 + sizeof((struct error *)0)->text]; /* the whole reason fits */
    snprintf(text, sizeof text,
             "a worker cannot take version %llu of the configuration and goes on with the one before: %s",
             (unsigned long long)view->version, reason);
    counter_one(COUNTER_RELOAD_REFUSED);
    log_warning("%s", text);
    pipeline_notice(w->pipeline, "reload-refused", text);
}

static void take_snapshot(struct worker *w) {
    struct snapshot_view view;
    struct error e;
    if (!handout_take(w->handout, w->version, pipeline_slots(w->pipeline), &view))
        return;
    w->version = view.version;
    if (!view.config) {
        refuse_snapshot(w, &view, "its memory cannot be mapped");
    } else if (!pipeline_switch(w->pipeline, &view, &e)) {
        snapshot_unmap(view.slot);
        refuse_snapshot(w, &view, e.text);
    }
}

/* Between packets: one load while nothing is new. Slots are told before the version: the supervisor takes a
 * version as proof that what came before was taken or let go. */
static void look_for_calls(struct worker *w) {
    uint32_t call = atomic_load_explicit(&w->status->call, memory_order_acquire);
    if (call != w->call) {
        w->call = call;
        take_snapshot(w);
        pipeline_move_on(w->pipeline, atomic_load_explicit(&w->status->before, memory_order_relaxed));
    }
    atomic_store_explicit(&w->status->slots, pipeline_slots(w->pipeline), memory_order_relaxed);
    atomic_store_explicit(&w->status->version, w->version, memory_order_release);
}

/* --- the loop --- */

/* Told to stop: what the kernel has already put into the ring is read first, for at most a second. */
static void drain_capture(const struct worker *w) {
    time_ns end = clock_monotonic() + drain_limit;
    while (!w->offline && clock_monotonic() < end &&
           capture_read(w->capture, BATCH, pipeline_packet, w->pipeline) > 0)
        show_status(w);
}

/* Does this worker keep up with what the kernel has for it? */
static void look_at_pressure(struct worker *w) {
    time_ns now = clock_monotonic();
    if (w->offline || now < w->next_look)
        return;
    w->next_look = now + look_interval;
    capture_count_drops(w->capture);
    pipeline_pressure(w->pipeline, now, capture_waiting(w->capture), counter_values[COUNTER_KERNEL_DROPS]);
}

/* Nobody waits for what is in files whose size is known, so the reporter need not wake for a few records of
 * them; it looks of itself ten times a second. */
static bool is_stored(const struct worker *w) {
    return capture_progress(w->capture) >= 0;
}

/* Reads until the end; returns what capture_read ended with. */
static int read_packets(struct worker *w) {
    w->call = w->status->call - 1; /* what a predecessor was given and did not take is let go at once */
    while (!child_stopping) {
        if (!w->offline)
            look_for_calls(w);
        int n = capture_read(w->capture, BATCH, pipeline_packet, w->pipeline);
        if (!is_stored(w))
            pipeline_ring(w->pipeline);
        if (n < 0)
            return n;
        if (n == 0 && !w->offline)
            capture_hurry(w->capture, pipeline_idle(w->pipeline, clock_wall()));
        show_status(w);
        heap_widen();
        look_at_pressure(w);
    }
    drain_capture(w);
    return CAPTURE_END;
}

int worker_run(void *worker) {
    struct worker *w = worker;
    heap_keep();
    if (w->successor)
        worker_succeed(w->pipeline, w->capture, &w->status->death, w->number);
    bool broken = read_packets(w) == CAPTURE_BROKEN;
    if (broken) {
        w->status->broken = true;
        log_error("%s", capture_reason(w->capture));
    }
    show_status(w);
    if (w->offline)
        pipeline_read_all(w->pipeline);
    if (w->offline && !SANITIZED)
        pipeline_finish(w->pipeline); /* its memory goes with the process */
    else
        pipeline_destroy(w->pipeline);
    clear_gauges();
    return broken ? 1 : 0;
}
