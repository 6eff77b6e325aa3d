/* SPDX-License-Identifier: Apache-2.0 */
#include "report/transport/hold.h"

void hold_begin(struct hold *h) {
    h->old = h->released = 0;
    h->first = h->count = 0;
}

/* Half as many marks as there is room for cover `time`, so that there is always room for the next. */
static void put_mark(struct hold *h, uint64_t octets, time_ns now) {
    unsigned last = (h->first + h->count - 1) % HOLD_MARKS;
    bool due = h->count == 0 || now - h->mark[last].at >= h->time / (HOLD_MARKS / 2);
    if (!due || h->count == HOLD_MARKS || octets <= (h->count ? h->mark[last].octets : h->old))
        return;
    unsigned next = (h->first + h->count++) % HOLD_MARKS;
    h->mark[next].octets = octets;
    h->mark[next].at = now;
}

void hold_pass(struct hold *h, uint64_t acknowledged, time_ns now) {
    put_mark(h, acknowledged, now);
    while (h->count && now - h->mark[h->first].at >= h->time) {
        h->old = h->mark[h->first].octets;
        h->first = (h->first + 1) % HOLD_MARKS;
        h->count--;
    }
    uint64_t behind = acknowledged > h->bytes ? acknowledged - h->bytes : 0;
    uint64_t free = behind < h->old ? behind : h->old;
    if (free > h->released)
        h->released = free;
}
