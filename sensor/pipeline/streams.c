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

static void on_data(void *user, enum side from, const uint8_t *bytes, size_t n, time_ns time) {
    struct flow *flow = user;
    pipeline_announcement(flow, time);
    allowances_earn(&the_pipeline->flow_contexts.allowances, context_of(flow)->allowance, n);
    pipeline_name_flow(flow, from, bytes, n, time);
    if (stage_left_out(STAGE_PROTOCOL)) {
        pipeline_stop(flow);
        return;
    }
    uint8_t stage = stage_enter(STAGE_PROTOCOL);
    if (!conversation_data(the_pipeline->dispatcher, flow->conversation, from, bytes, n, time))
        pipeline_stop(flow);
    stage_leave(stage);
}

static void on_gap(void *user, enum side from, uint64_t n, time_ns time) {
    struct flow *flow = user;
    pipeline_announcement(flow, time);
    if (!conversation_gap(the_pipeline->dispatcher, flow->conversation, from, n, time))
        pipeline_stop(flow);
}

static void on_end(void *user, enum side from, bool clean, time_ns time) {
    struct flow *flow = user;
    pipeline_announcement(flow, time);
    conversation_end(the_pipeline->dispatcher, flow->conversation, from, clean, time);
}

const struct stream_sink pipeline_streams = {
    .data = on_data, .gap = on_gap, .end = on_end, .again = &pipeline_readings};
