/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/parts.h"

/* How flows go from one generation to the next at a reload: see pipeline/generation.h. */
struct move {
    struct pipeline *pipeline;
    uint64_t before; /* version */
    bool counted;    /* what ends now was counted with its flow */
};

static bool flow_must_end(void *context, struct flow *flow) {
    const struct move *m = context;
    struct pipeline *p = m->pipeline;
    struct session *s = session_of(flow);
    if (!s || s->generation == p->generations.newest)
        return false;
    if (session_idle(s)) {
        session_move(s, p->generations.newest, p->inspect_all);
        return false;
    }
    bool ends = s->generation->version < m->before;
    counter_add(COUNTER_RELOAD_CUT, ends);
    return ends;
}

/* Of an object whose flow is over and that waits for more of it. */
static bool owner_must_end(void *context, const void *owner) {
    const struct move *m = context;
    const struct session *s = owner;
    bool ends = s->generation != m->pipeline->generations.newest && s->generation->version < m->before;
    counter_add(COUNTER_RELOAD_CUT, ends && !m->counted);
    return ends;
}

void pipeline_move_on(struct pipeline *p, uint64_t before) {
    struct move m = {p, before, false};
    content_give_up(p->content, owner_must_end, &m);
    flow_table_close_if(p->flows, flow_must_end, &m);
    m.counted = true; /* an upload that was cut waits for its rest by now */
    content_give_up(p->content, owner_must_end, &m);
    generations_sweep(&p->generations);
}

/* A flow that nobody looked into may matter now. */
static bool look_again(void *context, struct flow *flow) {
    bool covered;
    if (!flow->conversation && flow->interest == FLOW_COUNT && pipeline_matters(context, flow, &covered)) {
        flow->interest = FLOW_WAIT;
        flow->syn_known = 0; /* its beginning is over */
    }
    return false;
}

bool pipeline_switch(struct pipeline *p, const struct snapshot_view *snapshot, struct error *e) {
    generations_sweep(&p->generations);
    if (!generation_begin(&p->generations, snapshot, e))
        return false;
    p->emitter.wants = snapshot->wants;
    flow_table_close_if(p->flows, look_again, p);
    return true;
}

unsigned pipeline_slots(const struct pipeline *p) {
    return generations_slots(&p->generations);
}

void pipeline_bound_generations(struct pipeline *p) {
    uint64_t oldest;
    if (generations_old_memory(&p->generations, &oldest) > p->generations.older_memory)
        pipeline_move_on(p, oldest + 1);
}
