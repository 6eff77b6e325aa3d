/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/table.h"

#include "base/counter.h"

/* Why a flow that is silent now is over. */
enum flow_end flow_end_of(const struct flow *flow) {
    if (flow->state == FLOW_CLOSED)
        return FLOW_END_RESET;
    return flow->state == FLOW_CLOSING ? FLOW_END_CLOSED : FLOW_END_TIMEOUT;
}

bool flow_table_shed(struct flow_table *t) {
    for (int i = 0; i < LIST_COUNT; i++)
        if (t->lists[i].oldest) {
            counter_one(COUNTER_FLOWS_SHED);
            flow_table_close(t, flow_of_age(t->lists[i].oldest), FLOW_END_SHED);
            return true;
        }
    return false;
}

bool flow_table_make_room(struct flow_table *t, const struct flow *except,
                          uint32_t (*weight)(const struct flow *flow)) {
    enum { LOOK = 16 };
    struct flow *victim = NULL;
    uint32_t heaviest = 0;
    for (int i = 0; i < LIST_COUNT; i++) {
        unsigned looked_at = 0;
        for (const struct age_node *at = t->lists[i].oldest; at && looked_at < LOOK;
             at = at->newer, looked_at++) {
            struct flow *flow = flow_of_age(at);
            if (!flow->conversation || flow == except)
                continue;
            uint32_t heavy = weight(flow);
            if (!victim || heavy > heaviest) {
                victim = flow;
                heaviest = heavy;
            }
        }
    }
    if (!victim)
        return false;
    counter_one(COUNTER_FLOWS_GAVE_WAY);
    flow_table_close(t, victim, FLOW_END_SHED);
    return true;
}

void flow_table_close_if(struct flow_table *t, bool (*is_over)(void *context, struct flow *flow),
                         void *context) {
    for (int i = 0; i < LIST_COUNT; i++)
        for (const struct age_node *at = t->lists[i].oldest, *next; at; at = next) {
            next = at->newer;
            if (is_over(context, flow_of_age(at)))
                flow_table_close(t, flow_of_age(at), FLOW_END_SHED);
        }
}

/* A flow that claims to have been active long after now was marked by a damaged time stamp: it would keep all
 * behind it in the list. */
void flow_table_tick(struct flow_table *t, time_ns now) {
    for (int i = 0; i < LIST_COUNT; i++) {
        struct flow *flow;
        while ((flow = flow_of_age(t->lists[i].oldest)) &&
               (now - flow->last >= t->timeouts[i] || flow->last - now >= t->timeouts[i]))
            flow_table_close(t, flow, flow_end_of(flow));
    }
}
