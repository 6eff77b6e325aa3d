/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/path.h"

/* Other readings of a flow whose segments contradict each other: each has a conversation of its own, whose
 * transfers say so. What it costs is the flow's own. */

static void stop_reading(struct reading *x) {
    stream_skip(x->stream, SIDE_CLIENT);
    stream_skip(x->stream, SIDE_SERVER);
    if (stream_is_idle(x->flow->stream))
        x->flow->interest = FLOW_COUNT;
}

static void *begin_reading(void *user, struct stream_pair *stream) {
    struct pipeline *p = the_pipeline;
    struct flow *flow = user;
    struct reading *x = context_of(flow) ? pool_take(&p->readings) : NULL;
    if (!x)
        return NULL;
    *x = (struct reading){.flow = flow, .stream = stream};
    context_of(flow)->ambiguous = true;
    x->context = flow_context_open(&p->flow_contexts, flow, p->generations.newest, p->inspect_all);
    if (x->context) {
        x->context->ambiguous = true;
        x->conversation = conversation_open(p->dispatcher, x->context, flow->transport, flow->end);
    }
    if (!x->conversation) {
        flow_context_release(&p->flow_contexts, x->context);
        pool_give(&p->readings, x);
        return NULL;
    }
    x->conversation->allowance = &x->context->allowance->allowance;
    conversation_named(p->dispatcher, x->conversation, NULL);
    return x;
}

static struct turn begin_call(const struct reading *x, uint8_t *stage) {
    struct turn turn;
    turn_begin(&turn, x->flow);
    *stage = stage_enter(STAGE_PROTOCOL);
    return turn;
}

static void end_call(const struct reading *x, const struct turn *turn, uint8_t stage) {
    x->conversation->parked = stream_is_parked(x->stream);
    stage_leave(stage);
    turn_end(turn);
}

static void on_data(void *user, enum side from, const uint8_t *bytes, size_t n, time_ns time) {
    struct reading *x = user;
    uint8_t stage;
    const struct turn turn = begin_call(x, &stage);
    if (stage_left_out(STAGE_PROTOCOL) ||
        !conversation_data(the_pipeline->dispatcher, x->conversation, from, bytes, n, time))
        stop_reading(x);
    end_call(x, &turn, stage);
}

static void on_gap(void *user, enum side from, uint64_t n, time_ns time) {
    struct reading *x = user;
    uint8_t stage;
    const struct turn turn = begin_call(x, &stage);
    if (stage_left_out(STAGE_PROTOCOL) ||
        !conversation_gap(the_pipeline->dispatcher, x->conversation, from, n, time))
        stop_reading(x);
    end_call(x, &turn, stage);
}

static void on_end(void *user, enum side from, bool clean, time_ns time) {
    struct reading *x = user;
    uint8_t stage;
    const struct turn turn = begin_call(x, &stage);
    if (!stage_left_out(STAGE_PROTOCOL))
        conversation_end(the_pipeline->dispatcher, x->conversation, from, clean, time);
    end_call(x, &turn, stage);
}

static void end_reading(void *user) {
    struct pipeline *p = the_pipeline;
    struct reading *x = user;
    conversation_close(p->dispatcher, x->conversation);
    flow_context_release(&p->flow_contexts, x->context);
    pool_give(&p->readings, x);
}

const struct stream_again pipeline_readings = {
    .begin = begin_reading, .sink = {.data = on_data, .gap = on_gap, .end = on_end}, .over = end_reading};
