/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/path.h"

/* How flows and transfers go from one generation to the next at a reload: see pipeline/generation.h. */
struct move {
    struct pipeline *pipeline;
    uint64_t before; /* version */
};

static bool must_end(void *context, const void *owner) {
    const struct move *m = context;
    const struct transfer_context *x = owner;
    bool ends = x->generation != m->pipeline->generations.newest && x->generation->version < m->before;
    counter_add(COUNTER_RELOAD_CUT, ends);
    return ends;
}

void pipeline_move_on(struct pipeline *p, uint64_t before) {
    struct move m = {p, before};
    content_give_up(p->content, must_end, &m);
    generations_sweep(&p->generations);
}

/* Every flow goes over to the newest; one that nobody looked into may matter now. */
static bool look_again(void *context, struct flow *flow) {
    struct pipeline *p = context;
    bool covered;
    if (flow->conversation)
        flow_context_judge(context_of(flow), p->generations.newest, p->inspect_all);
    if (!flow->conversation && flow->interest < FLOW_WAIT && pipeline_matters(context, flow, &covered)) {
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
    p->tunnels.options = snapshot->config->tunnels;
    flow_table_close_if(p->flows, look_again, p);
    hosts_seen_forget(&p->hosts);
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
