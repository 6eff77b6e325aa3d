/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/table.h"

#include "base/counter.h"

/* Of a flow that is neither new nor over: so long silent that a SYN on it is a new connection whose
 * predecessor's end was not seen. Shorter than any TIME_WAIT that lets a port be taken again. */
static const time_ns old_after = 30 * NS_PER_S;

enum {
    RESET_WINDOW = 65535,   /* a RST further from the last byte seen is forged or belongs to something else */
    EARLY_WINDOW = 1 << 20, /* a late SYN belongs to data that came before it within so many bytes */
    PACKETS_ONE_SIDED = 4,  /* so many data packets of one side make a flow, if only that side is seen */
};

static int32_t sequence_distance(uint32_t from, uint32_t to) {
    return (int32_t)(to - from);
}

static bool knows_sequence(const struct flow *flow, enum side s) {
    return flow->sequence_known >> s & 1;
}

/* A SYN that comes after its own connection's data: only delivered late. */
static bool syn_is_late(const struct flow *flow, const struct packet *p, enum side from) {
    if (!knows_sequence(flow, from))
        return flow->state == FLOW_NEW || flow->state == FLOW_ESTABLISHED;
    int32_t ahead = sequence_distance(p->tcp_seq + 1, flow->sequence_first[from]);
    return p->tcp_seq == flow->sequence_first[from] ||
           (!flow->syn_seen && ahead >= 0 && ahead < EARLY_WINDOW);
}

static bool syn_opens_anew(struct flow *flow, const struct packet *p, enum side from) {
    if (syn_is_late(flow, p, from) && p->time - flow->last < old_after)
        return false;
    if (flow->state == FLOW_CLOSING || flow->state == FLOW_CLOSED || p->time - flow->last >= old_after)
        return true;
    /* Nobody answered the first one: its sender tries again. */
    if (flow->state == FLOW_NEW && from == SIDE_CLIENT && flow->packets[side_other(from)] == 0)
        return true;
    /* In the middle of a living flow it may be forged. The end that it is sent to knows: wait for its answer.
     */
    flow->syn_pending = p->tcp_seq;
    flow->syn_unanswered = true;
    return false;
}

bool flow_tcp_reused(struct flow *flow, const struct packet *p, enum side from) {
    if (!(p->tcp_flags & TCP_SYN) || (p->tcp_flags & TCP_RST))
        return false;
    if (!(p->tcp_flags & TCP_ACK))
        return syn_opens_anew(flow, p, from);
    return flow->syn_unanswered && p->tcp_ack == flow->syn_pending + 1;
}

/* RFC 5961 section 3 lets a receiver obey a RST only at the exact next byte; packets that this sensor did not
 * see or sees late make that a window here. */
static bool reset_fits(const struct flow *flow, const struct packet *p, enum side from) {
    if (knows_sequence(flow, from)) {
        int32_t off = sequence_distance(flow->sequence_next[from], p->tcp_seq);
        return off >= -RESET_WINDOW && off <= RESET_WINDOW;
    }
    if ((p->tcp_flags & TCP_ACK) && knows_sequence(flow, side_other(from))) {
        int32_t off = sequence_distance(flow->sequence_next[side_other(from)], p->tcp_ack);
        return off >= -RESET_WINDOW && off <= 0;
    }
    return true;
}

static void note_syn(struct flow *flow, const struct packet *p, enum side from) {
    struct tcp_options options = tcp_options_of(p);
    flow->syn_known |= (uint8_t)(1u << from);
    flow->syn[from] = syn_options_of(&options);
}

/* New bytes behind an end: nobody obeyed it. */
static bool goes_on(const struct flow *flow, const struct packet *p, enum side from) {
    if (p->payload_length == 0 || !(p->tcp_flags & TCP_ACK) || !knows_sequence(flow, from))
        return false;
    int32_t ahead = sequence_distance(flow->sequence_next[from], p->tcp_seq + p->payload_length);
    return ahead > 0 && ahead < EARLY_WINDOW;
}

static void follow_sequence(struct flow *flow, const struct packet *p, enum side from) {
    uint32_t first = p->tcp_seq, next = p->tcp_seq + p->payload_length;
    next += (p->tcp_flags & TCP_SYN) != 0;
    next += (p->tcp_flags & TCP_FIN) != 0;
    bool is_first = !knows_sequence(flow, from);
    if (is_first || ((p->tcp_flags & TCP_SYN) && !flow->syn_seen && from == SIDE_CLIENT)) {
        flow->sequence_first[from] = first;
        if (p->tcp_flags & TCP_SYN)
            note_syn(flow, p, from);
    }
    if (is_first) {
        flow->sequence_next[from] = next;
        flow->sequence_known |= (uint8_t)(1u << from);
        return;
    }
    if (sequence_distance(flow->sequence_next[from], next) > 0)
        flow->sequence_next[from] = next;
}

static bool is_established(const struct flow *flow, const struct packet *p, enum side from) {
    if (p->tcp_flags & TCP_SYN)
        return false;
    if (flow->packets[side_other(from)] > 0)
        return p->tcp_flags & TCP_ACK;
    return p->payload_length > 0 && flow->packets[from] >= PACKETS_ONE_SIDED;
}

void flow_tcp_advance(struct flow *flow, const struct packet *p, enum side from) {
    if (p->tcp_flags & TCP_RST) {
        if (reset_fits(flow, p, from))
            flow->state = FLOW_CLOSED;
        else
            counter_one(COUNTER_RESETS_IGNORED);
        return;
    }
    /* A SYN that does not fit must not move the window that a forged RST would then fall into. */
    if (flow->syn_unanswered && (p->tcp_flags & TCP_SYN) && p->tcp_seq == flow->syn_pending)
        return;
    if (flow->state > FLOW_ESTABLISHED && goes_on(flow, p, from)) {
        counter_one(COUNTER_FLOWS_REVIVED);
        flow->state = FLOW_ESTABLISHED;
        flow->fin_seen = 0;
    }
    follow_sequence(flow, p, from);
    if ((p->tcp_flags & TCP_SYN) && !(p->tcp_flags & TCP_ACK) && from == SIDE_CLIENT)
        flow->syn_seen = true;
    if ((p->tcp_flags & (TCP_FIN | TCP_ACK)) == (TCP_FIN | TCP_ACK))
        flow->fin_seen |= (uint8_t)(1u << from);
    if (flow->state == FLOW_NEW && is_established(flow, p, from))
        flow->state = FLOW_ESTABLISHED;
    /* Over when both sides said so, or the only one that this sensor sees. */
    bool one_sided = flow->packets[SIDE_CLIENT] == 0 || flow->packets[SIDE_SERVER] == 0;
    if (flow->state <= FLOW_ESTABLISHED && (flow->fin_seen == 3 || (flow->fin_seen && one_sided)))
        flow->state = FLOW_CLOSING;
}
