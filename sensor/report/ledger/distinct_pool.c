/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "report/ledger/distinct.h"

void distinct_pool_leave(struct distinct_pool *p, struct distinct_owner *owner) {
    if (owner->ranked.listed)
        p->used -= owner->ranked.weight;
    ranking_remove(&p->ranking, &owner->ranked);
}

void distinct_pool_weigh(struct distinct_pool *p, struct distinct_owner *owner, enum standing standing,
                         uint64_t octets) {
    distinct_pool_leave(p, owner);
    if (octets) {
        ranking_put(&p->ranking, &owner->ranked, standing, octets);
        p->used += octets;
    }
    while (p->used > p->limit) {
        struct distinct_owner *out =
            RANKED_ENTRY(ranking_first_out(&p->ranking, NULL), struct distinct_owner, ranked);
        distinct_pool_leave(p, out);
        p->kinds[out->kind].give_way(p->kinds[out->kind].context, out);
        counter_one(COUNTER_DISTINCT_ESTIMATED);
    }
}
