/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/transfer_context.h"

#include "base/counter.h"

bool transfer_contexts_init(struct transfer_contexts *p, size_t limit) {
    return pool_init(&p->pool, sizeof(struct transfer_context), limit);
}

void transfer_contexts_finish(struct transfer_contexts *p) {
    pool_finish(&p->pool);
}

struct transfer_context *transfer_context_open(struct transfer_contexts *p, struct flow_context *flow,
                                               enum side from, struct generation *generation) {
    struct transfer_context *x = pool_take(&p->pool);
    if (!x) {
        counter_one(COUNTER_OBJECTS_SHED);
        return NULL;
    }
    *x = (struct transfer_context){.references = 1,
                                   .leaves = flow->leaves[from],
                                   .metered = flow->metered[from],
                                   .generation = generation,
                                   .flow = flow};
    flow_context_retain(flow);
    generation->transfers++;
    return x;
}

void transfer_context_retain(struct transfer_context *x) {
    x->references++;
}

void transfer_context_release(struct transfer_contexts *p, struct flow_contexts *flows,
                              struct transfer_context *x) {
    if (--x->references > 0)
        return;
    x->generation->transfers--;
    flow_context_release(flows, x->flow);
    pool_give(&p->pool, x);
}
