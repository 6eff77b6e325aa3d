/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "stream/pair.h"

/* The queue of pairs that wait for bytes: by the time when they are looked at next, nearly. A pair that is
 * out of order is looked at one wait later at most. */

static bool must_wait(const struct stream_pair *s) {
    bool over = s->side[0].ended && s->side[1].ended;
    return s->side[0].early.head || s->side[1].early.head || s->side[0].hole || s->side[1].hole ||
           (s->reset && !over);
}

void pair_unqueue(struct reassembler *r, struct stream_pair *s) {
    if (!s->queued)
        return;
    age_remove(&r->waits, &s->wait);
    s->queued = false;
}

/* The wait that began first among those whose time is not up; what is up already waits for something else. */
static time_ns waits_since(const struct reassembler *r, const struct stream_pair *s, time_ns now) {
    time_ns since = s->reset ? s->reset_at : now;
    for (enum side i = SIDE_CLIENT; i <= SIDE_SERVER; i++) {
        const struct direction *d = &s->side[i];
        bool timed = d->hole || (!d->started && d->early.head);
        if (timed && d->hole_since < since && !pair_is_late(r, d->hole_since, now))
            since = d->hole_since;
    }
    return pair_is_late(r, since, now) ? now : since;
}

void pair_requeue(struct reassembler *r, struct stream_pair *s, time_ns now) {
    if (!must_wait(s)) {
        pair_unqueue(r, s);
    } else if (!s->queued) {
        s->queued_at = waits_since(r, s, now);
        s->queued = true;
        age_add(&r->waits, &s->wait);
    }
}

static struct stream_pair *first_waiting(const struct reassembler *r) {
    return AGE_ENTRY(r->waits.oldest, struct stream_pair, wait);
}

bool pair_evict_oldest(struct reassembler *r, time_ns now) {
    if (keep_evict(r) || park_evict(r))
        return true;
    struct stream_pair *s = first_waiting(r);
    if (!s)
        return false;
    counter_one(COUNTER_STREAM_MEMORY_FULL);
    pair_settle(r, s, now, true);
    pair_unqueue(r, s);
    return true;
}

void reassembler_tick(struct reassembler *r, time_ns now) {
    struct stream_pair *s;
    while ((s = first_waiting(r)) && pair_is_late(r, s->queued_at, now)) {
        pair_unqueue(r, s);
        pair_settle(r, s, now, false);
        pair_requeue(r, s, now);
    }
}
