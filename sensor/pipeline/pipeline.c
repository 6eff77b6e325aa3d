/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/pipeline.h"

#include "examine/examine.h"
#include "pipeline/budget.h"
#include "pipeline/path.h"

#include <stdlib.h>

static const time_ns tick_interval = 100 * NS_PER_MS;
static const time_ns jump = 3600 * NS_PER_S;
/* Of a step, base/work.h: what the dearest text takes for it is about 50 ms. */
static const uint64_t step_work_preset = 1 << 20;
enum { RESUME_WORK = 16 << 10 };

struct pipeline *the_pipeline;

void pipeline_pressure(struct pipeline *p, time_ns now, int ring, uint64_t dropped) {
    const struct shed_pressure pressure = {
        .now = now, .ring = ring, .dropped = dropped, .memory = shortage_pressure(p)};
    overload_look(&p->overload, &pressure);
}

static void tell_sums_left(struct pipeline *p) {
    if (p->sums_left_told || !flow_table_sums_left(p->flows))
        return;
    p->sums_left_told = true;
    emit_notice(&p->emitter, "checksums",
                "most checksums of this capture are wrong, as where it is taken at a sending host: they are "
                "not looked at, "
                "and a segment that its receiver drops may pass for data; capture on the wire, or switch "
                "segmentation "
                "in the network card off");
}

struct unread_way pipeline_unread_way(struct pipeline *p) {
    return (struct unread_way){.emitter = &p->emitter,
                               .contexts = &p->flow_contexts,
                               .generation = p->generations.newest,
                               .inspect_all = p->inspect_all};
}

static void sum_unread(struct pipeline *p, bool all) {
    const struct unread_way way = pipeline_unread_way(p);
    if (unread_tick(&p->unread, &way, p->now, all))
        pipeline_tell_tunnels(p);
    passed_tick(&p->passed, &way, p->now, all);
}

static void tick_stages(struct pipeline *p) {
    if (p->now < p->next_tick)
        return;
    tell_sums_left(p);
    p->next_tick = p->now + tick_interval;
    if (p->offline)
        pipeline_pressure(p, p->now, -1, 0);
    reassembler_tick(p->reassembler, p->now);
    flow_table_tick(p->flows, p->now);
    pipeline_hear(p, false);
    expect_tick(p->expected, p->now);
    if (p->expected_elsewhere)
        expect_tick(p->expected_elsewhere, p->now);
    content_tick(p->content, p->now);
    pipeline_end_gathered(p, false);
    pipeline_give_way(p, 64);
    dispatcher_tick(p->dispatcher, p->now);
    pipeline_settle_waiting(p, false);
    sum_unread(p, false);
    decoder_tick(p->decoder, p->now);
    generations_sweep(&p->generations);
    pipeline_bound_generations(p);
    shortage_tick(p);
}

/* Nothing came for a while: what was due in it is done as of then, which on an interface the clock does. */
static void pass_silence(struct pipeline *p, time_ns until) {
    static const time_ns settled = NS_PER_S / 2; /* what waits to be told does so no longer */
    if (p->now == 0 || until - p->now <= settled)
        return;
    p->now += settled;
    tick_stages(p);
}

/* Packet time never runs backwards for the tables, but where it jumps; capture/ has counted that. */
static void keep_time(struct pipeline *p, time_ns time) {
    p->newest = time;
    if (time < p->now && p->now - time <= jump)
        return;
    if (time < p->now)
        p->next_tick = time;
    p->now = time;
}

/* So that the supervisor knows whose packet it was if this process does not live through it. */
static void note_packet(struct pipeline *p, const struct packet *packet) {
    flow_name_of(packet, &p->status->at);
    stage_enter(STAGE_PACKET);
    atomic_store_explicit(&p->status->at_packet, true, memory_order_release);
}

static unsigned blame_of(const struct blame *blame, const struct packet *packet) {
    struct flow_name name;
    flow_name_of(packet, &name);
    return blame_without(blame, &name);
}

static void note_step_done(struct pipeline *p) {
    if (!p->status)
        return;
    atomic_store_explicit(&p->status->at_packet, false, memory_order_release);
    atomic_store_explicit(&p->status->beat, ++p->beat, memory_order_relaxed);
}

/* What is parked has as much coming to it as packets take, in runs that are worth the turn. Reading a file
 * nothing has to wait for it: each step of it is one of the worker's. */
static void resume_parked(struct pipeline *p, uint64_t before) {
    p->parked_due += work_done - before + WORK_CALL;
    if (p->offline) {
        while (reassembler_resume(p->reassembler, p->step_work))
            note_step_done(p);
    } else if (p->parked_due >= RESUME_WORK) {
        reassembler_resume(p->reassembler, p->parked_due < p->step_work ? p->parked_due : p->step_work);
        p->parked_due = 0;
    }
}

static void take_packet(struct pipeline *p, const struct packet *packet) {
    if (p->status)
        note_packet(p, packet);
    overload_packet(&p->overload, packet);
    stage_without = p->blame && atomic_load_explicit(&p->blame->skipped, memory_order_acquire)
                        ? blame_of(p->blame, packet)
                        : 0;
    if (stage_left_out(STAGE_PACKET))
        counter_one(COUNTER_PACKETS_SKIPPED);
    else
        pipeline_flow_packet(p, packet);
    stage_without = 0;
}

void pipeline_packet(void *pipeline, const struct capture_packet *in) {
    struct pipeline *p = pipeline;
    struct packet packet;
    uint64_t before = work_done;
    reassembler_step(p->reassembler, p->step_work);
    pass_silence(p, in->time);
    keep_time(p, in->time);
    bool decoded = decode_packet(p->decoder, in, &packet);
    do {
        if (decoded)
            take_packet(p, &packet);
    } while (decode_rest(p->decoder, &packet, &decoded));
    note_step_done(p);
    tick_stages(p);
    resume_parked(p, before);
}

void pipeline_notice(struct pipeline *p, const char *key, const char *text) {
    emit_notice(&p->emitter, key, text);
    emit_ring(&p->emitter);
}

void pipeline_ring(struct pipeline *p) {
    emit_ring(&p->emitter);
}

size_t pipeline_flows(const struct pipeline *p) {
    return flow_table_count(p->flows);
}

bool pipeline_idle(struct pipeline *p, time_ns now) {
    if (now > p->now)
        p->now = now;
    note_step_done(p);
    reassembler_step(p->reassembler, p->step_work);
    tick_stages(p);
    bool more = reassembler_resume(p->reassembler, p->step_work);
    emit_ring(&p->emitter);
    return more;
}

struct pipeline_use pipeline_use(const struct pipeline *p) {
    return (struct pipeline_use){.flows = flow_table_count(p->flows),
                                 .expectations = expect_count(p->expected),
                                 .streams = reassembler_pairs(p->reassembler),
                                 .contexts = p->flow_contexts.pool.in_use,
                                 .conversations = dispatcher_conversations(p->dispatcher),
                                 .objects = content_open(p->content),
                                 .inspections = generations_objects(&p->generations),
                                 .waiting = p->waiting.table.count,
                                 .stream_bytes = reassembler_memory(p->reassembler),
                                 .newest = p->newest};
}

time_ns pipeline_time(const struct pipeline *p) {
    return p->now;
}

static bool create_stages(struct pipeline *p, const struct budget *b,
                          const struct pipeline_options *options) {
    const struct unpacker *const *unpackers =
        options->unpackers ? options->unpackers : examine_unpackers(unpacker_table);
    struct dispatch_options dispatch = b->dispatch;
    const struct flow_owner owner = {
        .context = p, .opened = pipeline_flow_opened, .closed = pipeline_flow_closed};
    const struct object_sink objects = pipeline_objects(p);
    p->codings = dispatch.codings = codings_create(&b->content.codings);
    return p->codings && fact_pool_init(&p->facts, b->content.objects + b->contexts, b->fact_rooms) &&
           flow_contexts_init(&p->flow_contexts, b->contexts, &p->facts) &&
           transfer_contexts_init(&p->transfer_contexts, 2 * b->content.objects) &&
           pool_init(&p->readings, sizeof(struct reading), b->stream.pairs) &&
           waiting_init(&p->waiting, b->waiting) && unread_init(&p->unread, b->contexts) &&
           passed_init(&p->passed) && gathered_init(&p->gathered) &&
           hosts_seen_init(&p->hosts, options->keeps_hosts) && lone_init(&p->lone, b->lone) &&
           tunnels_init(&p->tunnels, b->tunnels, options->workers) &&
           resolved_init(&p->resolved, b->resolved) && (p->decoder = decoder_create(&b->decoder)) &&
           (p->expected = expect_create(b->expectations, b->expectation_life)) &&
           (p->identify = identify_create(&b->identify)) &&
           (p->flows = flow_table_create(&b->flow, &owner)) &&
           (p->reassembler = reassembler_create(&b->stream, &pipeline_streams)) &&
           (p->dispatcher = dispatcher_create(&dispatch, &pipeline_services)) &&
           (p->content = content_create(&b->content,
                                        &(struct content_parts){p->codings, &p->facts, unpackers}, &objects));
}

struct pipeline *pipeline_create(const struct pipeline_options *options, struct error *e) {
    struct pipeline *p = calloc(1, sizeof *p);
    struct budget budget;
    if (!p)
        return NULL;
    if (options->examines)
        budget_share_examiner(options->snapshot.config, options->memory, &budget);
    else
        budget_share(options->snapshot.config, options->memory, &budget);
    the_pipeline = p;
    p->generations.inspector = budget.inspector;
    p->generations.older_memory = budget.older_inspection;
    p->generations.findings = (struct finding_sink){.context = p, .found = pipeline_found};
    p->inspect_all = options->inspect_all;
    p->offline = options->offline;
    p->status = options->status;
    p->stage_before = stage_now;
    if (p->status)
        stage_now = &p->status->stage;
    p->beat = p->status ? p->status->beat : 0;
    p->view = options->view;
    p->blame = options->blame;
    p->step_work = options->step_work ? options->step_work : step_work_preset;
    p->examination = options->examination;
    p->emitter = (struct emitter){.ring = options->ring,
                                  .doorbell = options->doorbell,
                                  .wait = options->offline,
                                  .worker = options->worker,
                                  .wants = options->snapshot.wants};
    overload_init(&p->overload, &p->emitter, options->workers,
                  options->snapshot.config->capture.split == CAPTURE_BY_PORTS);
    error_set(e, "no memory for the tables of a worker; lower sensor.memory");
    budget.dispatch.table = options->protocols;
    if (!pipeline_open_boards(p, options, budget.expectations / 4, budget.expectation_life) ||
        !create_stages(p, &budget, options) || !generation_begin(&p->generations, &options->snapshot, e)) {
        pipeline_destroy(p);
        return NULL;
    }
    p->tunnels.options = options->snapshot.config->tunnels;
    return p;
}

void pipeline_finish(struct pipeline *p) {
    if (p->reassembler) { /* what flows say of each other, before any is over */
        reassembler_tick(p->reassembler, p->now + jump);
        while (reassembler_resume(p->reassembler, p->step_work))
            note_step_done(p);
    }
    stage_now = p->stage_before;
    flow_table_destroy(p->flows);
    expect_destroy(p->expected);
    expect_destroy(p->expected_elsewhere);
    content_destroy(p->content);
    p->flows = NULL;
    p->expected = p->expected_elsewhere = NULL;
    p->content = NULL;
    if (p->generations.newest) {
        pipeline_end_gathered(p, true);
        pipeline_settle_waiting(p, true);
        sum_unread(p, true);
    }
    emit_ring(&p->emitter);
}

void pipeline_destroy(struct pipeline *p) {
    if (!p)
        return;
    pipeline_finish(p);
    generations_finish(&p->generations);
    dispatcher_destroy(p->dispatcher);
    codings_destroy(p->codings);
    reassembler_destroy(p->reassembler);
    identify_destroy(p->identify);
    decoder_destroy(p->decoder);
    pool_finish(&p->readings);
    waiting_finish(&p->waiting);
    examining_destroy(p->examining);
    unread_finish(&p->unread);
    passed_finish(&p->passed);
    gathered_finish(&p->gathered);
    hosts_seen_finish(&p->hosts);
    lone_finish(&p->lone);
    tunnels_finish(&p->tunnels);
    resolved_finish(&p->resolved);
    flow_contexts_finish(&p->flow_contexts);
    transfer_contexts_finish(&p->transfer_contexts);
    fact_pool_finish(&p->facts);
    free(p);
    the_pipeline = NULL;
}
