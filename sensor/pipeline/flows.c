/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/path.h"

/* Whose source has most of them gives way first. */
static uint32_t weigh_flow(const struct flow *flow) {
    const struct flow_context *x = context_of(flow);
    return x && x->share ? *x->share : 0;
}

/* Flows that are over, or that nobody answers, must not keep a new one from being looked into. A context may
 * outlive its flow with an object that is waited for, so one flow may not be enough. */
static void make_room(struct pipeline *p, const struct flow *opened) {
    enum { TRIES = 4 };
    for (int i = 0; i < TRIES; i++) {
        bool room = flow_contexts_room(&p->flow_contexts) && dispatcher_room(p->dispatcher) &&
                    reassembler_room(p->reassembler);
        if (room || !flow_table_make_room(p->flows, opened, weigh_flow))
            return;
        if (!flow_contexts_room(&p->flow_contexts)) {
            const struct unread_way way = pipeline_unread_way(p);
            unread_send(&p->unread, &way);
            pipeline_tell_tunnels(p);
        }
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
        if (j.verdict > VERDICT_APPROVED || j.relayed)
            flow->policy = asked;
    }
    return flow->policy & APPROVED;
}

/* Is this flow among what overload leaves out now? Where nothing but files is looked for goes first. A
 * protocol is given fewer packets to show itself than without. */
static bool is_left_out(struct pipeline *p, struct flow *flow) {
    enum { UNKNOWN_PACKETS = 4 };
    enum shed_level level;
    const struct conversation *c = flow->conversation;
    if (overload_sheds(&p->overload, SHED_APPROVED) && c && c->spare) {
        counter_one(COUNTER_SHED_CARVED);
        return true;
    }
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

/* Datagrams are looked at all the same: "*" means no tunnel, and a name or an echo is soon read. */
static bool is_covered(const struct pipeline *p, const struct flow *flow, const struct address *to) {
    return flow->transport == PROTOCOL_TCP &&
           policy_covers_all(p->generations.newest->policy, to, flow->first);
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
        if (!is_covered(p, flow, to))
            return true;
        *covered = true;
    }
    return false;
}

static bool is_icmp(uint8_t transport) {
    enum { IP_ICMP = 1, IP_ICMP6 = 58 };
    return transport == IP_ICMP || transport == IP_ICMP6;
}

/* What a contract for everything does not cover: data in names and echoes, which cost little to look at. */
static bool may_tunnel(const struct flow *flow) {
    enum { DOMAIN = 53 };
    return is_icmp(flow->transport) || flow->end[SIDE_SERVER].port == DOMAIN ||
           flow->end[SIDE_CLIENT].port == DOMAIN;
}

static enum flow_interest first_interest(const struct pipeline *p, const struct flow *flow) {
    bool covered;
    if (pipeline_matters(p, flow, &covered) || (covered && may_tunnel(flow)))
        return FLOW_WAIT;
    if (!covered && pipeline_may_resolve(p, flow))
        return FLOW_WAIT;
    counter_one(covered ? COUNTER_FLOWS_COVERED : COUNTER_FLOWS_IGNORED);
    return covered ? FLOW_PASSED : FLOW_COUNT;
}

/* What was seen of the connection before it carried anything. */
static struct stream_pair *begin_stream(struct pipeline *p, struct flow *flow) {
    struct stream_pair *s = stream_open(p->reassembler, flow);
    struct conversation *c = flow->conversation;
    for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++)
        c->lost[side] = !(flow->syn_known >> side & 1); /* nobody knows what came before */
    for (enum side side = SIDE_CLIENT; s && side <= SIDE_SERVER; side++)
        if (flow->syn_known >> side & 1)
            stream_began(s, side, flow->sequence_first[side], flow->syn[side]);
    return s;
}

/* The memory to look into a flow is taken when it carries something or is answered, so that a flood of
 * openings takes none. */
static void begin_flow(struct pipeline *p, struct flow *flow) {
    struct flow_context *x = NULL;
    if (!is_left_out(p, flow)) {
        make_room(p, flow);
        x = flow_context_open(&p->flow_contexts, flow, p->generations.newest, p->inspect_all);
    }
    if (x)
        flow->conversation = conversation_open(p->dispatcher, x, flow->transport, flow->end);
    if (!flow->conversation) { /* nobody looks into it, and what leaves in it counts */
        flow_context_release(&p->flow_contexts, x);
        flow->interest = FLOW_PASSED;
        return;
    }
    x->conversation = flow->conversation;
    x->conversation->allowance = &x->allowance->allowance;
    flow->interest = FLOW_IDENTIFY;
    if (flow->transport == PROTOCOL_TCP && !stage_left_out(STAGE_STREAM))
        flow->stream = begin_stream(p, flow);
    bool datagrams = flow->transport == PROTOCOL_UDP && dispatcher_wants_datagrams(p->dispatcher);
    if (!flow->stream && !datagrams)
        return;
    flow->interest = FLOW_INSPECT;
    pipeline_announcement(flow, p->now);
}

/* An end without a byte before it may be that of an empty file. An acknowledgement says where bytes begin
 * that may not be seen: without it what is left would pass for whole. */
static bool is_carrying(const struct packet *packet) {
    return packet->transport != PROTOCOL_TCP || packet->payload_length > 0 ||
           ((packet->tcp_flags & (TCP_FIN | TCP_ACK)) && !(packet->tcp_flags & TCP_RST));
}

void pipeline_flow_opened(void *context, struct flow *flow, const struct packet *packet) {
    struct pipeline *p = context;
    flow->interest = (uint8_t)first_interest(p, flow);
}

/* Nobody wants any more of it. */
static void abandon_stream(struct pipeline *p, struct flow *flow) {
    if (flow->stream)
        stream_abandon(p->reassembler, flow->stream, flow->last);
    flow->stream = NULL;
}

/* One that was looked into for the names in it alone is nobody's matter. */
static void tell_flow(struct pipeline *p, const struct flow *flow, struct flow_context *x) {
    if (!(p->emitter.wants & REPORT_FLOW) || !(x->matters[SIDE_CLIENT] || x->matters[SIDE_SERVER]))
        return;
    pipeline_name_asked(p, x);
    emit_flow(&p->emitter, flow, x);
}

/* A flow that mattered and carried nothing. */
static void tell_empty(struct pipeline *p, const struct flow *flow) {
    struct flow_context x;
    if (flow->interest != FLOW_WAIT || !(p->emitter.wants & REPORT_FLOW))
        return;
    flow_context_fill(&x, flow, p->generations.newest, p->inspect_all);
    tell_flow(p, flow, &x);
}

/* No other packet of it came. */
static void step_over_lone(struct pipeline *p, const struct unread_way *way, struct flow *flow) {
    struct packet packet;
    enum side from;
    uint64_t octets[2] = {0, 0};
    if (!flow->lone)
        return;
    counter_one(COUNTER_FLOWS_LONE);
    while (lone_take(&p->lone, flow, &packet, &from))
        octets[from] += packet.payload_length;
    passed_alone(&p->passed, way, flow, octets);
}

static void finish_flow(struct pipeline *p, struct flow *flow) {
    struct flow_context *x = context_of(flow);
    const struct unread_way way = pipeline_unread_way(p);
    hosts_seen_end(&p->hosts, &p->emitter, p->generations.newest->policy, flow);
    identify_release(p->identify, flow);
    if (flow->interest == FLOW_PASSED)
        passed_end(&p->passed, &way, flow);
    if (x ? !x->carried : flow->interest == FLOW_WAIT)
        passed_try(&p->passed, &way, flow);
    step_over_lone(p, &way, flow);
    if (!x) {
        tell_empty(p, flow);
        return;
    }
    struct turn turn;
    turn_begin(&turn, flow);
    pipeline_announcement(flow, flow->last);
    conversation_decide(p->dispatcher, flow->conversation);
    x->protocol = conversation_spoken(flow->conversation);
    unread_close(&p->unread, &way, x, p->now);
    tell_flow(p, flow, x);
    conversation_close(p->dispatcher, flow->conversation);
    flow->conversation = NULL;
    flow_context_release(&p->flow_contexts, x);
    turn_end(&turn);
}

bool pipeline_flow_closed(void *context, struct flow *flow, enum flow_end why) {
    struct pipeline *p = context;
    if (why == FLOW_END_EXIT)
        stream_close(p->reassembler, flow->stream, flow->last);
    else if (flow->stream && !stream_finish(p->reassembler, flow->stream, flow->last))
        return false; /* ends when what is parked of it was told */
    flow->stream = NULL;
    finish_flow(p, flow);
    return true;
}

void pipeline_flow_told(void *user) {
    struct flow *flow = user;
    flow->stream = NULL;
    finish_flow(the_pipeline, flow);
    flow_table_release(the_pipeline->flows, flow);
}

/* Among HTTPS they are known by nDPI's list of servers alone. Where TLS itself says that it is for the DNS,
 * that counts. */
static void note_dns(struct pipeline *p, struct flow_context *x) {
    if (!x->application || strcmp(x->application, "DoH_DoT") != 0 || facts_get(x->facts, FACT_DNS_OVER).n)
        return;
    flow_context_tell(&p->flow_contexts, x,
                      (const struct bytes[FACT_COUNT]){[FACT_DNS_OVER] = bytes_text("https by name")});
}

static void on_identified(struct pipeline *p, struct flow *flow) {
    struct flow_context *x = context_of(flow);
    struct conversation *c = flow->conversation;
    uint16_t app = flow->ndpi_app ? flow->ndpi_app : flow->ndpi_master;
    if (app)
        x->application = identify_name(p->identify, app);
    x->master = flow->ndpi_master ? identify_name(p->identify, flow->ndpi_master) : NULL;
    note_dns(p, x);
    conversation_named(p->dispatcher, c, x->master ? x->master : x->application);
}

/* A look for a name costs as much as some hundred bytes do. */
static bool pays_for_name(const struct flow_context *x) {
    if (!x || allowance_spend(&x->allowance->allowance, ACCOUNT_NAMES, ALLOWANCE_NAME))
        return true;
    counter_one(COUNTER_IDENTIFY_UNPAID);
    return false;
}

void pipeline_name_flow(struct flow *flow, enum side from, const uint8_t *bytes, size_t n, time_ns time) {
    if (flow->identified || n == 0)
        return;
    uint8_t stage = stage_enter(STAGE_NAMES);
    if (!stage_left_out(STAGE_NAMES) && pays_for_name(context_of(flow))) {
        identify_bytes(the_pipeline->identify, flow, from, bytes, n, time);
    } else {
        flow->identified = true;
        identify_release(the_pipeline->identify, flow);
    }
    stage_leave(stage);
    if (flow->identified)
        on_identified(the_pipeline, flow);
}

/* For good: what it would go on with was not seen. */
static void leave_flow(struct pipeline *p, struct flow *flow) {
    flow->interest = FLOW_COUNT;
    conversation_abandon(p->dispatcher, flow->conversation);
    abandon_stream(p, flow);
    identify_release(p->identify, flow);
}

/* One that its receiver may not have taken has no acknowledgement that could tell: it is looked at, and what
 * comes of its flow says so. */
static bool take_read_datagram(struct pipeline *p, struct flow *flow, const struct packet *packet,
                               enum side from) {
    struct flow_context *x = context_of(flow);
    if (stage_left_out(STAGE_PROTOCOL))
        return false;
    x->ambiguous |= flow->sound == PACKET_DOUBTFUL;
    pipeline_announcement(flow, packet->time);
    allowances_earn(&p->flow_contexts.allowances, x->allowance, packet->payload_captured);
    return conversation_datagram(p->dispatcher, flow->conversation, from, packet->payload,
                                 packet->payload_captured, packet->time);
}

static void take_datagram(struct pipeline *p, struct flow *flow, const struct packet *packet,
                          enum side from) {
    uint8_t stage = stage_enter(STAGE_PROTOCOL);
    pipeline_name_flow(flow, from, packet->payload, packet->payload_captured, packet->time);
    if (flow->interest == FLOW_INSPECT && !take_read_datagram(p, flow, packet, from))
        flow->interest = FLOW_COUNT;
    stage_leave(stage);
}

/* With HTTP/2 a short answer may only open a window; other ones are longer than what a TLS record costs. */
static struct upload_manner manner_of(const struct flow_context *x) {
    enum { JA4_ALPN = 8, ANSWER = 24, NO_WINDOW = 52 /* one or two frames in a record */ };
    const char *spoken = x->conversation ? conversation_spoken(x->conversation) : x->protocol;
    struct bytes ja4 = facts_get(x->facts, FACT_TLS_JA4);
    bool http2 = ja4.n >= JA4_ALPN + 2 && ja4.p[JA4_ALPN] == 'h' && ja4.p[JA4_ALPN + 1] != '1';
    return (struct upload_manner){.pieces = spoken && spoken[0] == 's' && strcmp(spoken, "ssh") == 0,
                                  .least = http2 ? NO_WINDOW : ANSWER};
}

static void note_upload(struct flow_context *x, const struct flow *flow, const struct packet *packet,
                        enum side from) {
    uint32_t n = packet->payload_length;
    if (n == 0 || x->began)
        return;
    if (x->leaves[from]) {
        uploads_out(&x->uploads, n, packet->time);
    } else if (x->uploads.run > 0) {
        bool tcp = flow->transport == PROTOCOL_TCP;
        bool all = !tcp || packet->tcp_ack == flow->sequence_next[side_other(from)];
        const struct upload_manner manner = manner_of(x);
        uploads_answer(&x->uploads, &manner, n, all, packet->time);
    }
}

/* A keep-alive that brings an octet, which is none of the stream (RFC 9293 section 3.8.4). */
static bool is_probe(const struct packet *packet) {
    return packet->transport == PROTOCOL_TCP && packet->payload_length == 1 &&
           packet->payload_captured == 1 && packet->payload[0] == 0 && packet->tcp_flags == TCP_ACK;
}

/* Bytes that nobody can read count as well. */
static void note_unread(struct pipeline *p, struct flow *flow, const struct packet *packet, enum side from) {
    struct flow_context *x = context_of(flow);
    if (!x || is_probe(packet) || (is_icmp(packet->transport) && pipeline_icmp(p, x, packet, from)) ||
        (sctp_is_of_association(packet) && unread_shakes(x, from, packet->payload_length)))
        return;
    if (x->encrypted)
        counter_add(COUNTER_BYTES_ENCRYPTED, packet->payload_length);
    note_upload(x, flow, packet, from);
    unread_note(&p->unread, x, from, packet->payload_length);
}

/* One that is looked into for the names in it alone, to a resolver inside as a rule, holds memory for as long
 * as a question is open: such flows are many, and stay in the table for a while. */
static void rest_flow(struct pipeline *p, struct flow *flow) {
    struct flow_context *x = context_of(flow);
    if (!x || x->matters[SIDE_CLIENT] || x->matters[SIDE_SERVER] || flow->transport != PROTOCOL_UDP ||
        flow->packets[SIDE_CLIENT] > flow->packets[SIDE_SERVER])
        return;
    identify_release(p->identify, flow);
    x->conversation = NULL;
    conversation_close(p->dispatcher, flow->conversation);
    flow->conversation = NULL;
    flow_context_release(&p->flow_contexts, x);
    flow->interest = FLOW_WAIT;
}

static void look_into(struct pipeline *p, struct flow *flow, const struct packet *packet, enum side from) {
    if (flow->sound == PACKET_UNSOUND)
        return;
    if (overload_sheds(&p->overload, SHED_APPROVED) && is_left_out(p, flow)) {
        leave_flow(p, flow);
        return;
    }
    if (flow->stream) {
        uint8_t stage = stage_enter(STAGE_STREAM);
        stream_packet(p->reassembler, flow->stream, from, packet, flow->sound == PACKET_DOUBTFUL);
        stage_leave(stage);
        ((struct conversation *)flow->conversation)->parked = stream_is_parked(flow->stream);
        context_of(flow)->ambiguous |= flow->ttl_fell;
    } else {
        take_datagram(p, flow, packet, from);
    }
    if (flow->interest == FLOW_COUNT)
        abandon_stream(p, flow);
    else if (flow->interest == FLOW_IDENTIFY && flow->identified)
        flow->interest = FLOW_COUNT;
    note_unread(p, flow, packet, from);
    rest_flow(p, flow);
}

/* As flow/ counts them. */
static uint64_t octets_of(const struct packet *packet) {
    uint64_t cut = packet->payload_length > packet->payload_captured
                       ? packet->payload_length - packet->payload_captured
                       : 0;
    return packet->network_length + cut;
}

/* A flow that costs a look-up and a counter. Its stream may have been stopped by a tick, which cannot free
 * it. */
static void step_over(struct pipeline *p, struct flow *flow, const struct packet *packet, enum side from) {
    abandon_stream(p, flow);
    if (flow->interest == FLOW_PASSED) {
        const struct unread_way way = pipeline_unread_way(p);
        passed_packet(&p->passed, &way, flow, from, octets_of(packet));
    }
    note_unread(p, flow, packet, from);
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

/* The packets that waited for this one, as they were when they came. */
static void take_lone(struct pipeline *p, struct flow *flow) {
    struct packet packet;
    enum side from;
    uint8_t sound = flow->sound;
    begin_flow(p, flow);
    while (lone_take(&p->lone, flow, &packet, &from))
        if (flow->interest > FLOW_WAIT)
            look_into(p, flow, &packet, from);
    flow->sound = sound;
}

/* A flow that waits begins with this packet, unless it waits for another one itself. */
static void wake_flow(struct pipeline *p, struct flow *flow, const struct packet *packet, enum side from) {
    bool waits = flow->lone || is_carrying(packet);
    if (pipeline_expects(p, flow) || (waits && !lone_keep(&p->lone, flow, packet, from)))
        take_lone(p, flow);
}

void pipeline_flow_packet(struct pipeline *p, const struct packet *packet) {
    enum side from;
    struct flow *flow = flow_table_packet(p->flows, packet, &from);
    note_sight(p, packet, flow, from);
    p->at = flow;
    if (flow && hosts_seen_wants(flow, packet, from))
        hosts_seen_packet(&p->hosts, &p->emitter, p->generations.newest->policy, flow, packet, from);
    lone_earn(&p->lone, packet->network_length);
    if (flow && flow->interest == FLOW_WAIT && flow->sound != PACKET_UNSOUND)
        wake_flow(p, flow, packet, from);
    if (flow && flow->interest > FLOW_WAIT)
        look_into(p, flow, packet, from);
    else if (flow)
        step_over(p, flow, packet, from);
    p->at = NULL;
}
