/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/path.h"

static struct turn begin_as(const struct flow_name *name) {
    struct pipeline *p = the_pipeline;
    struct turn t = {.flow = p->at, .without = stage_without, .other = true};
    t.stage = stage_enter(STAGE_PROTOCOL);
    p->at = NULL;
    stage_without = blame_without(p->blame, name);
    if (p->status) {
        t.at = p->status->at;
        t.at_packet = atomic_load_explicit(&p->status->at_packet, memory_order_relaxed);
        p->status->at = *name;
        atomic_store_explicit(&p->status->at_packet, true, memory_order_release);
    }
    return t;
}

struct turn turn_begin_ends(const struct endpoint end[2], uint8_t transport) {
    const struct flow_name name = {.source = end[SIDE_CLIENT].address,
                                   .destination = end[SIDE_SERVER].address,
                                   .source_port = end[SIDE_CLIENT].port,
                                   .destination_port = end[SIDE_SERVER].port,
                                   .transport = transport};
    return begin_as(&name);
}

void turn_begin(struct turn *t, const struct flow *flow) {
    t->other = flow != the_pipeline->at;
    if (t->other) {
        *t = turn_begin_ends(flow->end, flow->transport);
        the_pipeline->at = flow;
    }
}

void turn_end(const struct turn *t) {
    struct pipeline *p = the_pipeline;
    if (!t->other)
        return;
    p->at = t->flow;
    stage_without = t->without;
    stage_leave(t->stage);
    if (!p->status)
        return;
    atomic_store_explicit(&p->status->at_packet, t->at_packet, memory_order_release);
    p->status->at = t->at;
}

void turn_switch(struct pipeline *p, const struct flow_context *x, bool on) {
    if (on)
        p->visit = turn_begin_ends(x->end, x->transport);
    else
        turn_end(&p->visit);
}
