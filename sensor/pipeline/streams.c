/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/path.h"

void pipeline_announcement(struct flow *flow, time_ns now) {
    struct expectation e;
    struct conversation *c = flow->conversation;
    if (!conversation_awaits(c))
        return;
    pipeline_hear(the_pipeline, false);
    if (!pipeline_take_expected(the_pipeline, flow, now, &e))
        return;
    if (!conversation_announce(the_pipeline->dispatcher, c, &e))
        return;
    flow_context_called(context_of(flow), dispatcher_protocol(the_pipeline->dispatcher, e.protocol));
    flow->identified = true;
    identify_release(the_pipeline->identify, flow);
}

void pipeline_stop(struct flow *flow) {
    stream_skip(flow->stream, SIDE_CLIENT);
    stream_skip(flow->stream, SIDE_SERVER);
    if (stream_is_idle(flow->stream))
        flow->interest = FLOW_COUNT;
}

/* Each call of the sink is a step of the protocol, for this flow. */
static void begin_call(struct flow *flow, time_ns time, struct turn *turn, uint8_t *stage) {
    turn_begin(turn, flow);
    *stage = stage_enter(STAGE_PROTOCOL);
    pipeline_announcement(flow, time);
}

static void note_parked(struct flow *flow) {
    struct conversation *c = flow->conversation;
    if (c)
        c->parked = stream_is_parked(flow->stream);
}

static void end_call(struct flow *flow, const struct turn *turn, uint8_t stage) {
    note_parked(flow);
    stage_leave(stage);
    turn_end(turn);
}

/* What its protocol wants only counted runs nothing of it, and nothing is announced to one that grants this.
 */
static bool is_only_counted(struct flow *flow, enum side from, size_t n, time_ns time) {
    return n > 0 && flow->identified && !stage_left_out(STAGE_PROTOCOL) && flow->conversation &&
           conversation_counts(flow->conversation, from, n, time);
}

static void on_data(void *user, enum side from, const uint8_t *bytes, size_t n, time_ns time) {
    struct flow *flow = user;
    uint8_t stage;
    struct turn turn;
    if (is_only_counted(flow, from, n, time)) {
        allowances_earn(&the_pipeline->flow_contexts.allowances, context_of(flow)->allowance, n);
        note_parked(flow);
        return;
    }
    begin_call(flow, time, &turn, &stage);
    allowances_earn(&the_pipeline->flow_contexts.allowances, context_of(flow)->allowance, n);
    pipeline_name_flow(flow, from, bytes, n, time);
    if (stage_left_out(STAGE_PROTOCOL) ||
        !conversation_data(the_pipeline->dispatcher, flow->conversation, from, bytes, n, time))
        pipeline_stop(flow);
    end_call(flow, &turn, stage);
}

static void on_gap(void *user, enum side from, uint64_t n, time_ns time) {
    struct flow *flow = user;
    uint8_t stage;
    struct turn turn;
    begin_call(flow, time, &turn, &stage);
    if (stage_left_out(STAGE_PROTOCOL) ||
        !conversation_gap(the_pipeline->dispatcher, flow->conversation, from, n, time))
        pipeline_stop(flow);
    end_call(flow, &turn, stage);
}

static void on_end(void *user, enum side from, bool clean, time_ns time) {
    struct flow *flow = user;
    uint8_t stage;
    struct turn turn;
    begin_call(flow, time, &turn, &stage);
    if (!stage_left_out(STAGE_PROTOCOL))
        conversation_end(the_pipeline->dispatcher, flow->conversation, from, clean, time);
    end_call(flow, &turn, stage);
}

/* Whatever parked it: a packet, a hole that nothing fills, the end of the flow. */
static void on_parked(void *user) {
    struct flow *flow = user;
    if (flow->conversation)
        ((struct conversation *)flow->conversation)->parked = true;
}

const struct stream_sink pipeline_streams = {.data = on_data,
                                             .gap = on_gap,
                                             .end = on_end,
                                             .parked = on_parked,
                                             .over = pipeline_flow_told,
                                             .again = &pipeline_readings};
