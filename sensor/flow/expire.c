/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/table.h"

#include "base/counter.h"

void flow_list_remove(struct flow_list *list, struct flow *flow) {
    if (flow->older)
        flow->older->newer = flow->newer;
    else
        list->oldest = flow->newer;
    if (flow->newer)
        flow->newer->older = flow->older;
    else
        list->newest = flow->older;
    flow->older = flow->newer = NULL;
}

void flow_list_append(struct flow_list *list, struct flow *flow) {
    flow->older = list->newest;
    flow->newer = NULL;
    if (list->newest)
        list->newest->newer = flow;
    else
        list->oldest = flow;
    list->newest = flow;
}

enum timeout_list flow_list_of(const struct flow *flow) {
    static const enum timeout_list by_state[] = {
        [FLOW_NEW] = LIST_NEW,
        [FLOW_ESTABLISHED] = LIST_ESTABLISHED,
        [FLOW_CLOSING] = LIST_CLOSING,
        [FLOW_CLOSED] = LIST_CLOSING,
    };
    return flow->transport == PROTOCOL_TCP ? by_state[flow->state] : LIST_UDP;
}

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
            flow_table_close(t, t->lists[i].oldest, FLOW_END_SHED);
            return true;
        }
    return false;
}

bool flow_table_make_room(struct flow_table *t, const struct flow *except) {
    enum { LOOK = 64 };
    for (int i = 0; i < LIST_COUNT; i++) {
        unsigned looked_at = 0;
        for (struct flow *flow = t->lists[i].oldest; flow && looked_at < LOOK; flow = flow->newer, looked_at++)
            if (flow->conversation && flow != except) {
                counter_one(COUNTER_FLOWS_GAVE_WAY);
                flow_table_close(t, flow, FLOW_END_SHED);
                return true;
            }
    }
    return false;
}

void flow_table_close_if(struct flow_table *t, bool (*is_over)(void *context, struct flow *flow),
                         void *context) {
    for (int i = 0; i < LIST_COUNT; i++)
        for (struct flow *flow = t->lists[i].oldest, *next; flow; flow = next) {
            next = flow->newer;
            if (is_over(context, flow))
                flow_table_close(t, flow, FLOW_END_SHED);
        }
}

/* A flow that claims to have been active long after now was marked by a damaged time stamp: it would keep all
 * behind it in the list. */
static bool is_over(time_ns last, time_ns now, time_ns timeout) {
    return now - last >= timeout || last - now >= timeout;
}

void flow_table_tick(struct flow_table *t, time_ns now) {
    for (int i = 0; i < LIST_COUNT; i++) {
        struct flow *flow;
        while ((flow = t->lists[i].oldest) && is_over(flow->last, now, t->timeouts[i]))
            flow_table_close(t, flow, flow_end_of(flow));
    }
}
