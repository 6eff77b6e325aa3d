/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/pipeline.h"

#include "pipeline/budget.h"
#include "pipeline/parts.h"

#include <stdlib.h>

static const time_ns tick_interval = 100 * NS_PER_MS;
static const time_ns jump = 3600 * NS_PER_S;
/* Even where the start of transfers is left out one in so many is looked into: never quite blind. */
enum { STARTS_LEFT = 8 };

/* The process has one data path; the services of protocols have no context of their own. */
static struct pipeline *the;

/* --- services for protocols --------------------------------------------------------------------------------
 */

/* By the protocol that was announced for it, or that reads it. */
static void name_session(struct session *s, const struct protocol *p) {
    s->application = p->ndpi_names ? p->ndpi_names[0] : p->name;
}

static struct transfer *service_begin(struct conversation *c, const struct transfer_facts *facts) {
    struct session *s = c->owner;
    /* What is under way stays with the rules that it began with; what begins takes the newest. */
    if (s->generation != the->generations.newest && session_idle(s))
        session_move(s, the->generations.newest, the->inspect_all);
    if (!s->matters[facts->from]) {
        counter_one(COUNTER_TRANSFERS_NOT_LEAVING);
        return NULL;
    }
    if (overload_sheds(&the->overload, SHED_STARTS) && ++the->starts % STARTS_LEFT != 0) {
        counter_one(COUNTER_SHED_STARTS);
        return NULL;
    }
    if (!s->application) /* nDPI has no name, but somebody understands it */
        name_session(s, c->protocol);
    s->began = true;
    return content_begin(the->content, c, facts);
}

static void service_expect(struct conversation *c, struct address client, struct address server,
                           uint16_t port, const struct protocol *protocol, void *context,
                           void (*release)(void *context)) {
    const struct expectation e = {.client = client,
                                  .server = server,
                                  .server_port = port,
                                  .protocol = protocol,
                                  .context = context,
                                  .release = release};
    expect_add(the->expected, &e, c->now);
}

static void service_encrypted(struct conversation *c) {
    struct session *s = c->owner;
    s->encrypted = true;
}

static void service_named(struct conversation *c, struct bytes host) {
    session_name(c->owner, host);
}

static const struct protocol_services services = {
    .begin = service_begin,
    .data = content_data,
    .gap = content_gap,
    .rename = content_rename,
    .end = content_end,
    .expect = service_expect,
    .encrypted = service_encrypted,
    .named = service_named,
};

/* --- streams
 * ------------------------------------------------------------------------------------------------- */

/* A flow that was announced may begin before its announcement was read: asked again while nobody took the
 * flow. */
static void take_announcement(struct flow *flow, time_ns now) {
    struct expectation e;
    struct conversation *c = flow->conversation;
    if (!conversation_awaits(c) || !expect_take(the->expected, flow, now, &e))
        return;
    if (!conversation_announce(the->dispatcher, c, e.protocol, e.context)) {
        if (e.release)
            e.release(e.context);
        return;
    }
    name_session(session_of(flow), e.protocol);
    flow->identified = true;
    identify_release(the->identify, flow);
}

/* Nobody wants more bytes of this flow: from now on it costs a look-up and a counter. The stream itself is
 * freed by the caller of stream_packet, never during a call of the sink. */
static void stop(struct flow *flow) {
    stream_skip(flow->stream, SIDE_CLIENT);
    stream_skip(flow->stream, SIDE_SERVER);
    flow->interest = FLOW_COUNT;
}

static void on_data(void *user, enum side from, const uint8_t *bytes, size_t n, time_ns time) {
    struct flow *flow = user;
    struct session *s = session_of(flow);
    take_announcement(flow, time);
    if (!conversation_data(the->dispatcher, flow->conversation, from, bytes, n, time) || s->encrypted)
        stop(flow);
}

static void on_gap(void *user, enum side from, uint64_t n, time_ns time) {
    struct flow *flow = user;
    take_announcement(flow, time);
    if (!conversation_gap(the->dispatcher, flow->conversation, from, n, time))
        stop(flow);
}

static void on_end(void *user, enum side from, bool clean, time_ns time) {
    struct flow *flow = user;
    take_announcement(flow, time);
    conversation_end(the->dispatcher, flow->conversation, from, clean, time);
}

static const struct stream_sink stream_sink = {.data = on_data, .gap = on_gap, .end = on_end};

/* --- flows
 * --------------------------------------------------------------------------------------------------- */

/* Flows that are over, or that nobody answers, must not keep a new one from being looked into. A session may
 * outlive its flow with an object that is waited for, so one flow may not be enough. */
static void make_room(struct pipeline *p, const struct flow *opened) {
    enum { TRIES = 4 };
    for (int i = 0; i < TRIES; i++) {
        bool room = session_pool_room(&p->sessions) && dispatcher_room(p->dispatcher) &&
                    reassembler_room(p->reassembler);
        if (room || !flow_table_make_room(p->flows, opened))
            return;
    }
}

/* What the policy says of the addresses, asked once a flow and policy and only under pressure. Every side
 * whose bytes matter must be approved. */
static bool is_approved(const struct pipeline *p, struct flow *flow) {
    enum { APPROVED = 1 };
    const struct policy *policy = p->generations.newest->policy;
    uint32_t asked = (uint32_t)(p->generations.newest->version + 1) << 1;
    if ((flow->policy & ~(uint32_t)APPROVED) == asked)
        return flow->policy & APPROVED;
    flow->policy = asked | APPROVED;
    for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++) {
        struct judgement_facts facts = {.source = flow->end[side].address,
                                        .destination = flow->end[side_other(side)].address,
                                        .time = p->now};
        struct judgement j;
        if (!p->inspect_all && !policy_matters(policy, &facts.source, &facts.destination))
            continue;
        policy_judge(policy, &facts, &j);
        if (j.verdict > VERDICT_APPROVED)
            flow->policy = asked;
    }
    return flow->policy & APPROVED;
}

/* Is this flow among what overload leaves out now? A protocol is given fewer packets to show itself than
 * without. */
static bool left_out(struct pipeline *p, struct flow *flow) {
    enum { UNKNOWN_PACKETS = 4 };
    enum shed_level level;
    if (overload_sheds(&p->overload, SHED_APPROVED) && is_approved(p, flow))
        level = SHED_APPROVED;
    else if (overload_sheds(&p->overload, SHED_UNKNOWN) && flow->stream &&
             conversation_undecided(flow->conversation) &&
             (flow->identified || flow->identify_packets >= UNKNOWN_PACKETS))
        level = SHED_UNKNOWN;
    else
        return false;
    counter_one(shed_counter(level));
    return true;
}

bool pipeline_matters(const struct pipeline *p, const struct flow *flow, bool *covered) {
    const struct policy *policy = p->generations.newest->policy;
    *covered = false;
    for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++) {
        const struct address *to = &flow->end[side_other(side)].address;
        if (p->inspect_all)
            return true;
        if (!policy_matters(policy, &flow->end[side].address, to))
            continue;
        if (!policy_covers_all(policy, to, flow->first))
            return true;
        *covered = true;
    }
    return false;
}

static bool is_wanted(const struct pipeline *p, const struct flow *flow) {
    bool covered, wanted = pipeline_matters(p, flow, &covered);
    if (!wanted)
        counter_one(covered ? COUNTER_FLOWS_COVERED : COUNTER_FLOWS_IGNORED);
    return wanted;
}

/* What was seen of the connection before it carried anything. */
static struct stream_pair *begin_stream(struct pipeline *p, struct flow *flow) {
    struct stream_pair *s = stream_open(p->reassembler, flow);
    for (enum side side = SIDE_CLIENT; s && side <= SIDE_SERVER; side++)
        if (flow->syn_known >> side & 1)
            stream_began(s, side, flow->sequence_first[side]);
    return s;
}

/* The memory to look into a flow is taken when it carries something or is answered, so that a flood of
 * openings takes none. */
static void begin(struct pipeline *p, struct flow *flow) {
    flow->interest = FLOW_COUNT;
    if (left_out(p, flow))
        return;
    make_room(p, flow);
    struct session *s = session_open(&p->sessions, flow, p->generations.newest, p->inspect_all);
    if (!s)
        return;
    flow->conversation = conversation_open(p->dispatcher, s, flow->end);
    if (!flow->conversation) {
        session_release(&p->sessions, s);
        return;
    }
    flow->interest = FLOW_IDENTIFY;
    if (flow->transport == PROTOCOL_TCP)
        flow->stream = begin_stream(p, flow);
    if (!flow->stream)
        return;
    flow->interest = FLOW_INSPECT;
    take_announcement(flow, p->now);
}

/* An end without a byte before it may be that of an empty file. */
/* An acknowledgement says where bytes begin that may not be seen: without it what is left would pass for
 * whole. */
static bool carries(const struct packet *packet) {
    return packet->transport != PROTOCOL_TCP || packet->payload_length > 0 ||
           (packet->tcp_flags & (TCP_FIN | TCP_ACK));
}

static void on_opened(void *context, struct flow *flow, const struct packet *packet) {
    struct pipeline *p = context;
    flow->interest = is_wanted(p, flow) ? FLOW_WAIT : FLOW_COUNT;
}

static void close_stream(struct pipeline *p, struct flow *flow) {
    if (flow->stream)
        stream_close(p->reassembler, flow->stream, flow->last);
    flow->stream = NULL;
}

/* A flow whose content nobody reads still brings something: told each METER_BYTES, and at its end. */
static void meter(struct pipeline *p, const struct flow *flow, struct session *s, bool last) {
    enum { METER_BYTES = 1 << 20 };
    bool unread = s->encrypted || (!s->began && !((struct conversation *)flow->conversation)->protocol &&
                                   flow->identify_packets > 0);
    for (enum side side = SIDE_CLIENT; unread && side <= SIDE_SERVER; side++) {
        uint64_t bytes = flow->bytes[side];
        if (!s->metered[side] || bytes == 0 || (!last && bytes - s->told[side] < METER_BYTES))
            continue;
        emit_volume(&p->emitter, flow, s, side, last);
        s->told[side] = bytes;
    }
}

/* A flow that mattered and carried nothing. */
static void tell_empty(struct pipeline *p, const struct flow *flow) {
    struct session s;
    if (flow->interest != FLOW_WAIT || !(p->emitter.wants & REPORT_FLOW))
        return;
    session_fill(&s, flow, p->generations.newest, p->inspect_all);
    emit_flow(&p->emitter, flow, &s);
}

static void on_closed(void *context, struct flow *flow, enum flow_end why) {
    struct pipeline *p = context;
    struct session *s = session_of(flow);
    close_stream(p, flow);
    identify_release(p->identify, flow);
    if (!s) {
        tell_empty(p, flow);
        return;
    }
    take_announcement(flow, flow->last);
    meter(p, flow, s, true);
    emit_flow(&p->emitter, flow, s);
    conversation_close(p->dispatcher, flow->conversation);
    flow->conversation = NULL;
    session_release(&p->sessions, s);
}

/* nDPI has named the flow, or given it up. */
static void on_identified(struct pipeline *p, struct flow *flow) {
    struct session *s = session_of(flow);
    struct conversation *c = flow->conversation;
    uint16_t app = flow->ndpi_app ? flow->ndpi_app : flow->ndpi_master;
    s->application = app ? identify_name(p->identify, app) : NULL;
    s->master = flow->ndpi_master ? identify_name(p->identify, flow->ndpi_master) : NULL;
    if (!c->protocol && identify_encrypted(flow)) {
        counter_one(COUNTER_FLOWS_ENCRYPTED);
        s->encrypted = true;
        if (flow->stream)
            stop(flow);
        flow->interest = FLOW_COUNT;
        return;
    }
    conversation_named(p->dispatcher, c, s->master ? s->master : s->application);
}

/* For good: what it would go on with was not seen. */
static void leave(struct pipeline *p, struct flow *flow) {
    flow->interest = FLOW_COUNT;
    conversation_abandon(p->dispatcher, flow->conversation);
    if (flow->stream)
        stop(flow);
    close_stream(p, flow);
    identify_release(p->identify, flow);
}

static void look_into(struct pipeline *p, struct flow *flow, const struct packet *packet, enum side from) {
    if (overload_sheds(&p->overload, SHED_APPROVED) && left_out(p, flow)) {
        leave(p, flow);
        return;
    }
    if (!flow->identified) {
        identify_packet(p->identify, flow, packet, from);
        if (flow->identified)
            on_identified(p, flow);
    }
    if (flow->stream && flow->interest == FLOW_INSPECT)
        stream_packet(p->reassembler, flow->stream, from, packet);
    if (flow->interest == FLOW_COUNT)
        close_stream(p, flow);
    else if (!flow->stream && flow->identified)
        flow->interest = FLOW_COUNT;
}

/* A flow that costs a look-up and a counter. Its stream may have been stopped by a tick, which cannot free
 * it. */
static void step_over(struct pipeline *p, struct flow *flow, const struct packet *packet) {
    struct session *s = session_of(flow);
    close_stream(p, flow);
    if (!s)
        return;
    if (s->encrypted)
        counter_add(COUNTER_BYTES_ENCRYPTED, packet->payload_length);
    meter(p, flow, s, false);
}

static unsigned most(unsigned a, unsigned b) {
    return a > b ? a : b;
}

void pipeline_pressure(struct pipeline *p, time_ns now, int ring, uint64_t dropped) {
    const struct shed_pressure pressure = {
        .now = now,
        .ring = ring,
        .dropped = dropped,
        .memory = most(reassembler_fill(p->reassembler),
                       most(content_fill(p->content), inspector_fill(p->generations.newest->inspector)))};
    overload_look(&p->overload, &pressure);
}

static void tick(struct pipeline *p) {
    if (p->now < p->next_tick)
        return;
    p->next_tick = p->now + tick_interval;
    if (p->offline)
        pipeline_pressure(p, p->now, -1, 0);
    reassembler_tick(p->reassembler, p->now);
    flow_table_tick(p->flows, p->now);
    expect_tick(p->expected, p->now);
    content_tick(p->content, p->now);
    decoder_tick(p->decoder, p->now);
    generations_sweep(&p->generations);
    pipeline_bound_generations(p);
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

/* What must not be missing on the span: VLANs, and image networks once something comes from them. */
static void note_sight(struct pipeline *p, const struct packet *packet, const struct flow *flow,
                       enum side from) {
    if (!p->view)
        return;
    sight_vlan(&p->view->sight, packet->vlan, p->newest);
    if (!flow || flow->packets[from] != 1)
        return;
    const struct policy *policy = p->generations.newest->policy;
    struct place place = policy_place(policy, &flow->end[from].address);
    if (place.kind == PLACE_IMAGE)
        sight_network(&p->view->sight, policy_image_network(policy, place.index)->name);
}

static void flow_packet(struct pipeline *p, const struct packet *packet) {
    enum side from;
    struct flow *flow = flow_table_packet(p->flows, packet, &from);
    note_sight(p, packet, flow, from);
    if (flow && flow->interest == FLOW_WAIT && (carries(packet) || expect_knows(p->expected, flow)))
        begin(p, flow);
    if (flow && flow->interest > FLOW_WAIT)
        look_into(p, flow, packet, from);
    else if (flow)
        step_over(p, flow, packet);
}

/* So that the supervisor knows whose packet it was if this process does not live through it. */
static void note_packet(struct pipeline *p, const struct packet *packet) {
    if (!p->status)
        return;
    flow_name_of(packet, &p->status->at);
    atomic_store_explicit(&p->status->at_packet, true, memory_order_release);
}

static void note_done(struct pipeline *p) {
    if (!p->status)
        return;
    atomic_store_explicit(&p->status->at_packet, false, memory_order_release);
    atomic_store_explicit(&p->status->beat, ++p->beat, memory_order_relaxed);
}

void pipeline_packet(void *pipeline, const struct capture_packet *in) {
    struct pipeline *p = pipeline;
    struct packet packet;
    keep_time(p, in->time);
    if (decode_packet(p->decoder, in, &packet)) {
        note_packet(p, &packet);
        overload_packet(&p->overload, &packet);
        if (blame_skips(p->blame, &packet))
            counter_one(COUNTER_PACKETS_SKIPPED);
        else
            flow_packet(p, &packet);
    }
    note_done(p);
    tick(p);
}

void pipeline_notice(struct pipeline *p, const char *key, const char *text) {
    emit_notice(&p->emitter, key, text);
}

size_t pipeline_flows(const struct pipeline *p) {
    return flow_table_count(p->flows);
}

void pipeline_idle(struct pipeline *p, time_ns now) {
    if (now > p->now)
        p->now = now;
    note_done(p);
    tick(p);
}

struct pipeline_use pipeline_use(const struct pipeline *p) {
    return (struct pipeline_use){.flows = flow_table_count(p->flows),
                                 .expectations = expect_count(p->expected),
                                 .streams = reassembler_pairs(p->reassembler),
                                 .sessions = p->sessions.pool.in_use,
                                 .conversations = dispatcher_conversations(p->dispatcher),
                                 .objects = content_open(p->content),
                                 .inspections = generations_objects(&p->generations),
                                 .stream_bytes = reassembler_memory(p->reassembler),
                                 .newest = p->newest};
}

time_ns pipeline_time(const struct pipeline *p) {
    return p->now;
}

/* --- objects
 * ------------------------------------------------------------------------------------------------- */

static struct inspector *inspector_of(const struct object *o) {
    const struct session *s = o->owner;
    return s->generation->inspector;
}

static void object_opened(void *context, struct object *o) {
    inspector_opened(inspector_of(o), o);
}

static void object_data(void *context, struct object *o, const uint8_t *bytes, size_t n) {
    struct pipeline *p = context;
    if (overload_sheds(&p->overload, SHED_ALERTED) && inspector_rules(o, NULL, 0) > 0) {
        counter_one(COUNTER_SHED_ALERTED);
        o->shed = true;
    }
    inspector_data(inspector_of(o), o, bytes, n);
}

static void object_gap(void *context, struct object *o, uint64_t n) {
    inspector_gap(inspector_of(o), o, n);
}

static void object_closed(void *context, struct object *o) {
    struct pipeline *p = context;
    inspector_closed(inspector_of(o), o);
    emit_transfer(&p->emitter, o, o->owner);
    inspector_forget(inspector_of(o), o);
}

static void object_retain(void *context, void *owner) {
    session_retain(owner);
}

static void object_release(void *context, void *owner) {
    struct pipeline *p = context;
    session_release(&p->sessions, owner);
}

static void on_found(void *context, const struct finding *f) {
    struct pipeline *p = context;
    emit_finding(&p->emitter, f, f->object->owner);
}

/* --- life
 * ---------------------------------------------------------------------------------------------------- */

static bool create_stages(struct pipeline *p, const struct budget *b) {
    const struct flow_owner owner = {.context = p, .opened = on_opened, .closed = on_closed};
    const struct object_sink objects = {.context = p,
                                        .opened = object_opened,
                                        .data = object_data,
                                        .gap = object_gap,
                                        .closed = object_closed,
                                        .retain = object_retain,
                                        .release = object_release};
    return session_pool_init(&p->sessions, b->sessions) && (p->decoder = decoder_create(&b->decoder)) &&
           (p->expected = expect_create(b->expectations, b->expectation_life)) &&
           (p->identify = identify_create(&b->identify)) &&
           (p->flows = flow_table_create(&b->flow, &owner)) &&
           (p->reassembler = reassembler_create(&b->stream, &stream_sink)) &&
           (p->dispatcher = dispatcher_create(&b->dispatch, &services)) &&
           (p->content = content_create(&b->content, &objects));
}

struct pipeline *pipeline_create(const struct pipeline_options *options, struct error *e) {
    struct pipeline *p = calloc(1, sizeof *p);
    struct budget budget;
    if (!p)
        return NULL;
    budget_share(options->snapshot.config, options->memory, &budget);
    the = p;
    p->generations.inspector = budget.inspector;
    p->generations.older_memory = budget.older_inspection;
    p->generations.findings = (struct finding_sink){.context = p, .found = on_found};
    p->inspect_all = options->inspect_all;
    p->offline = options->offline;
    p->status = options->status;
    p->beat = p->status ? p->status->beat : 0;
    p->view = options->view;
    p->blame = options->blame;
    p->emitter = (struct emitter){.ring = options->ring,
                                  .doorbell = options->doorbell,
                                  .wait = options->offline,
                                  .worker = options->worker,
                                  .wants = options->snapshot.wants};
    overload_init(&p->overload, &p->emitter, options->workers,
                  options->snapshot.config->capture.split == CONFIG_SPLIT_PORTS);
    error_set(e, "no memory for the tables of a worker; lower sensor.memory");
    if (!create_stages(p, &budget) || !generation_begin(&p->generations, &options->snapshot, e)) {
        pipeline_destroy(p);
        return NULL;
    }
    return p;
}

void pipeline_destroy(struct pipeline *p) {
    if (!p)
        return;
    flow_table_destroy(p->flows);
    expect_destroy(p->expected);
    content_destroy(p->content);
    generations_finish(&p->generations);
    dispatcher_destroy(p->dispatcher);
    reassembler_destroy(p->reassembler);
    identify_destroy(p->identify);
    decoder_destroy(p->decoder);
    session_pool_finish(&p->sessions);
    free(p);
    the = NULL;
}
