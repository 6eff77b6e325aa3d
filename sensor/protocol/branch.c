/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/branch.h"

#include "protocol/dispatch_inside.h"

struct conversation *branch_open(struct conversation *trunk, const struct protocol *p, struct bytes facts,
                                 struct bytes target) {
    struct dispatch *outer = trunk->dispatch, *flow = outer->flow ? outer->flow : outer;
    if (outer->tunnels == TUNNELS_MAX || flow->branches == BRANCHES_MAX) {
        counter_one(COUNTER_TUNNELS_TOO_DEEP);
        return NULL;
    }
    struct conversation *c = conversation_open(outer->dispatcher, trunk->owner, trunk->transport, trunk->end);
    if (!c)
        return NULL;
    counter_one(COUNTER_TUNNELS);
    c->allowance = trunk->allowance;
    c->now = trunk->now;
    flow->branches++;
    c->dispatch->flow = flow;
    c->dispatch->tunnels = (uint8_t)(outer->tunnels + 1);
    c->dispatch->target = target;
    c->dispatch->ndpi_spoke = true; /* it has nothing to say of it */
    if (p)
        dispatch_start(c, p, facts);
    return c;
}

/* What the last resort takes, or what was given up, is not read. */
static bool note_unread(struct conversation *trunk, const struct conversation *branch, bool wanted) {
    bool rest = branch->protocol && branch->protocol->takes_rest && !branch->dispatch->began;
    trunk->dispatch->lost |= rest || branch->dispatch->lost;
    return wanted;
}

bool branch_data(struct conversation *trunk, struct conversation *branch, enum side from, struct bytes in) {
    struct dispatcher *dp = trunk->dispatch->dispatcher;
    branch->allowance = trunk->allowance;
    return note_unread(trunk, branch, conversation_data(dp, branch, from, in.p, in.n, trunk->now));
}

bool branch_gap(struct conversation *trunk, struct conversation *branch, enum side from, uint64_t n) {
    struct dispatcher *dp = trunk->dispatch->dispatcher;
    return note_unread(trunk, branch, conversation_gap(dp, branch, from, n, trunk->now));
}

void branch_end(struct conversation *trunk, struct conversation *branch, enum side from, bool clean) {
    conversation_end(trunk->dispatch->dispatcher, branch, from, clean, trunk->now);
}

void branch_close(struct conversation *trunk, struct conversation *branch) {
    struct dispatcher *dp = trunk->dispatch->dispatcher;
    branch->now = trunk->now;
    conversation_decide(dp, branch);
    note_unread(trunk, branch, true);
    branch->dispatch->flow->branches--;
    conversation_close(dp, branch);
}
