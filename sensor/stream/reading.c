/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "stream/pair.h"

/* Another reading of a connection whose segments contradict each other: the same packets, rebuilt once more
 * with the other choice, from the start of the turn on. */

enum {
    READINGS_MOST = 8,    /* of one connection, from its begin to its end */
    READINGS_AT_ONCE = 2, /* the oldest gives way */
    COPIED_BYTES = 256 << 10,
};

static bool copy_list(struct reassembler *r, struct segment_list *to, const struct segment_list *from) {
    for (const struct segment *at = from->head; at && to->bytes < COPIED_BYTES; at = at->next) {
        struct segment_source in = {.bytes = at->data,
                                    .captured = at->n,
                                    .length = at->n + at->cut,
                                    .sequence = at->sequence,
                                    .ack = at->ack,
                                    .has_ack = at->has_ack,
                                    .time = at->time};
        if (!segment_list_store(to, &r->segments, &in, SEGMENT_FIRST))
            return false;
    }
    return true;
}

static void begin_direction(struct reassembler *r, struct direction *d, const struct direction *first,
                            bool differs) {
    *d = *first;
    d->early = d->doubtful = d->kept = (struct segment_list){0};
    d->ended = d->skip = d->keeps = d->hole = d->hole_counts = false;
    if (differs) {
        d->fin = false;
        if (first->kept.head && sequence_from(segment_end(first->kept.tail), d->next) == 0) {
            d->next = first->kept.head->sequence;
            copy_list(r, &d->early, &first->kept);
        }
    }
    copy_list(r, &d->early, &first->early);
}

static void end_oldest(struct reassembler *r, struct stream_pair *s, time_ns now) {
    struct stream_pair *oldest = NULL;
    unsigned n = 0;
    for (struct stream_pair *f = s->reading; f; f = f->reading)
        if (!f->closing) {
            oldest = f;
            n++;
        }
    if (n >= READINGS_AT_ONCE)
        reading_end(r, oldest, now);
}

void reading_begin(struct reassembler *r, struct stream_pair *s, enum side from,
                   const struct segment_source *in, enum segment_choice choice) {
    counter_one(COUNTER_STREAM_AMBIGUOUS);
    if (!r->sink.again || s->is_reading)
        return;
    if (s->readings >= READINGS_MOST) {
        counter_one(COUNTER_STREAM_READINGS_SHED);
        return;
    }
    end_oldest(r, s, in->time);
    struct stream_pair *f = pool_take(&r->pairs);
    if (!f) {
        counter_one(COUNTER_STREAM_READINGS_SHED);
        return;
    }
    *f = (struct stream_pair){.is_reading = true, .first = s};
    f->user = r->sink.again->begin(s->user, f);
    if (!f->user) {
        counter_one(COUNTER_STREAM_READINGS_SHED);
        pool_give(&r->pairs, f);
        return;
    }
    counter_one(COUNTER_STREAM_READINGS);
    s->readings++;
    f->reading = s->reading;
    s->reading = f;
    begin_direction(r, &f->side[from], &s->side[from], true);
    begin_direction(r, &f->side[side_other(from)], &s->side[side_other(from)], false);
    segment_list_store(&f->side[from].early, &r->segments, in, choice);
    pair_settle(r, f, in->time, false);
    pair_requeue(r, f, in->time);
}

void reading_release(struct reassembler *r, struct stream_pair *s) {
    struct stream_pair **at = &s->first->reading;
    while (*at != s)
        at = &(*at)->reading;
    *at = s->reading;
    pair_not_due(r, s);
    r->sink.again->over(s->user);
    pool_give(&r->pairs, s);
}

void reading_end(struct reassembler *r, struct stream_pair *s, time_ns now) {
    pair_finish(r, s, now);
    pair_empty(r, s);
    if (s->park.head)
        s->closing = true;
    else
        reading_release(r, s);
}
