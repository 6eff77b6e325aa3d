/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/dispatch_inside.h"

/* Conversations that want to be called again shortly, in the order in which they asked: all wait equally
 * long. */

static void wait_until(struct conversation *c, time_ns at) {
    struct dispatch *d = c->dispatch;
    struct dispatcher *dp = d->dispatcher;
    d->settle = (struct settle){NULL, dp->settle_last, at};
    *dp->settle_last = c;
    dp->settle_last = &d->settle.next;
}

void conversation_settle_later(struct conversation *c) {
    if (!c->dispatch->settle.link)
        wait_until(c, c->now + SETTLE_AFTER);
}

void dispatch_forget_settle(struct dispatcher *dp, struct dispatch *d) {
    if (!d->settle.link)
        return;
    *d->settle.link = d->settle.next;
    if (d->settle.next)
        d->settle.next->dispatch->settle.link = d->settle.link;
    else
        dp->settle_last = d->settle.link;
    d->settle = (struct settle){.link = NULL};
}

void dispatch_settle_due(struct dispatcher *dp, time_ns now) {
    struct conversation *c;
    while ((c = dp->settle_first) && c->dispatch->settle.at <= now) {
        dispatch_forget_settle(dp, c->dispatch);
        if (c->parked) { /* what it waits for may be among it */
            wait_until(c, now + SETTLE_AFTER);
            continue;
        }
        c->now = now;
        if (!c->protocol || !c->protocol->settle)
            continue;
        if (dp->services->turn)
            dp->services->turn(c, true);
        c->protocol->settle(c);
        if (dp->services->turn)
            dp->services->turn(c, false);
    }
}
