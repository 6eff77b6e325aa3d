/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "stream/pair.h"

/* What may be delivered, what is called a gap, and when. */

enum {
    /* A side whose SYN was not seen begins at the lowest segment among so many packets or bytes: packets that
     * swap places do so within a few. */
    START_PACKETS = 16,
    START_BYTES = 64 << 10,
    START_TURN_PACKETS = 1, /* in a dialogue: behind the first of both sides */
    START_TURN_BYTES = 2 << 10,
};

bool pair_held(const struct stream_pair *s, enum side from, uint32_t ack) {
    const struct direction *o = &s->side[side_other(from)];
    if (!o->seen || o->skip || o->ended || o->absent)
        return false;
    if (!o->has_acked || sequence_from(o->acked, ack) > 0)
        return false; /* an acknowledgement that was not believed */
    if (o->has_waived && sequence_from(o->waived, ack) <= 0)
        return false;
    if (o->started)
        return sequence_from(o->next + o->phantom, ack) > 0;
    return o->early.head && sequence_from(o->early.head->sequence, ack) > 0;
}

static void end_side(struct reassembler *r, struct stream_pair *s, enum side from, bool clean, time_ns now) {
    struct direction *d = &s->side[from];
    if (d->ended)
        return;
    d->ended = true;
    if (d->fin) /* nothing of it is looked at any more, and its flow stays for a while */
        keep_drop(r, s, from);
    pair_tell_end(r, s, from, clean, now);
}

void pair_gap(struct reassembler *r, struct stream_pair *s, enum side from, uint32_t n, time_ns now) {
    struct direction *d = &s->side[from];
    d->next += n;
    d->phantom = false;
    if (n == 0 || d->skip)
        return;
    counter_one(COUNTER_STREAM_GAPS);
    counter_add(COUNTER_STREAM_GAP_BYTES, n);
    pair_tell_gap(r, s, from, n, now);
}

/* Without the byte that is read out of band. */
static void hand_over(struct reassembler *r, struct stream_pair *s, enum side from, const uint8_t *bytes,
                      uint32_t n, time_ns now) {
    struct direction *d = &s->side[from];
    uint32_t sequence = d->next - n;
    counter_add(COUNTER_STREAM_BYTES, n);
    if (d->has_urgent) {
        uint32_t before = d->urgent - sequence;
        if (before < n) {
            d->has_urgent = false;
            if (before)
                pair_tell_data(r, s, from, bytes, before, now);
            bytes += before + 1;
            n -= before + 1;
        } else if (sequence_from(d->urgent, sequence) > 0) {
            d->has_urgent = false;
        }
    }
    pair_tell_data(r, s, from, bytes, n, now);
}

void pair_deliver(struct reassembler *r, struct stream_pair *s, enum side from, const uint8_t *bytes,
                  uint32_t captured, uint32_t n, time_ns now) {
    struct direction *d = &s->side[from];
    d->next += captured;
    d->phantom = false;
    d->delivered = true;
    if (captured && !d->skip) {
        keep_bytes(r, s, from, d->next - captured, bytes, captured);
        hand_over(r, s, from, bytes, captured, now);
    }
    if (n > captured) {
        counter_add(COUNTER_STREAM_CUT_BYTES, n - captured);
        pair_gap(r, s, from, n - captured, now);
    }
}

/* Told with the time at which it came, however long it waited: what flows say of each other is matched by it.
 */
static void deliver_head(struct reassembler *r, struct stream_pair *s, enum side from) {
    struct direction *d = &s->side[from];
    struct segment *head = segment_list_pop(&d->early);
    uint32_t had = d->next - head->sequence, all = head->n + head->cut;
    if (had < all) {
        uint32_t there = head->n > had ? head->n - had : 0;
        pair_deliver(r, s, from, head->data + (head->n - there), there, all - had, head->time);
    }
    segment_give(&r->segments, head);
}

/* At its FIN, not ended yet. */
static bool is_at_end(const struct direction *d) {
    return d->fin && d->started && !d->ended && d->next == d->end;
}

bool pair_end_proven(struct reassembler *r, struct stream_pair *s, enum side from, time_ns now) {
    struct direction *d = &s->side[from], *o = &s->side[side_other(from)];
    bool proven = d->skip || !o->seen || o->ended || (d->has_acked && sequence_from(d->end, d->acked) > 0);
    if (!is_at_end(d) || !proven)
        return false;
    end_side(r, s, from, true, now);
    return true;
}

static bool head_fits(const struct direction *d) {
    return d->started && !d->ended && d->early.head && sequence_from(d->early.head->sequence, d->next) >= 0;
}

/* Delivers what is in order now; clears what is stored of a side that is skipped or over. */
static bool deliver_ready(struct reassembler *r, struct stream_pair *s, enum side from, time_ns now) {
    struct direction *d = &s->side[from];
    bool progress = false;
    if ((d->skip || d->ended) && d->early.head) {
        if (d->started && !d->ended)
            d->next = direction_top(d);
        segment_list_clear(&d->early, &r->segments);
    }
    if ((d->skip || d->ended) && d->doubtful.head)
        segment_list_clear(&d->doubtful, &r->segments);
    if (d->skip && d->fin && d->started)
        d->next = d->end;
    while (head_fits(d) && !d->skip && !(d->early.head->has_ack && pair_held(s, from, d->early.head->ack))) {
        deliver_head(r, s, from);
        progress = true;
    }
    progress |= pair_end_proven(r, s, from, now);
    return progress;
}

/* Both sides hold bytes that answer the other's: possible when a repeated segment carries a newer ACK than it
 * first did. The one that came first was sent first. */
static bool break_tie(struct reassembler *r, struct stream_pair *s) {
    const struct direction *c = &s->side[SIDE_CLIENT], *v = &s->side[SIDE_SERVER];
    if (!head_fits(c) || !head_fits(v))
        return false;
    deliver_head(r, s, c->early.head->time <= v->early.head->time ? SIDE_CLIENT : SIDE_SERVER);
    return true;
}

void direction_begin(struct direction *d, uint32_t next) {
    d->next = next;
    d->started = true;
    /* what was taken down before could not be compared with anything */
    if (d->has_acked && sequence_from(direction_top(d), d->acked) > AHEAD_MAX)
        d->has_acked = false;
    if (d->fin && (sequence_from(direction_top(d), d->end) < 0 || sequence_from(d->next, d->end) > AHEAD_MAX))
        d->fin = false;
}

/* Few bytes without a hole, the other side has the first of them, and the talk went on: a dialogue that was
 * seen late. Nothing is under way that could have swapped places with its first segment. */
static bool is_dialogue(const struct stream_pair *s, const struct direction *d) {
    const struct segment *head = d->early.head;
    if (s->start_packets < START_TURN_PACKETS || d->early.bytes > START_TURN_BYTES)
        return false;
    for (const struct segment *at = head; at->next; at = at->next)
        if (at->next->sequence != segment_end(at))
            return false;
    return d->has_acked && sequence_from(segment_end(head), d->acked) >= 0;
}

/* What swaps places at the start does so within less than what is waited for later. */
static bool is_start_late(const struct reassembler *r, time_ns since, time_ns now) {
    static const time_ns start_time = 500 * NS_PER_MS;
    return pair_is_late(r, since, now) || now - since >= start_time;
}

/* Decides where a side without its SYN begins. */
static bool start_side(struct reassembler *r, struct stream_pair *s, struct direction *d, time_ns now,
                       bool force) {
    if (d->started || !d->early.head)
        return false;
    if (!force && s->start_packets < START_PACKETS && d->early.bytes < START_BYTES && !is_dialogue(s, d) &&
        !is_start_late(r, d->hole_since, now))
        return false;
    bool floor_holds = d->has_floor && sequence_from(d->next, d->early.head->sequence) >= 0;
    direction_begin(d, floor_holds ? d->next : d->early.head->sequence);
    counter_one(COUNTER_STREAM_MIDWAY);
    return true;
}

static bool acked_beyond(const struct direction *d) {
    return d->has_acked && sequence_from(d->next + d->phantom, d->acked) > 0;
}

static bool has_hole(const struct stream_pair *s, enum side from) {
    const struct direction *d = &s->side[from];
    if (!d->started || d->ended || d->skip)
        return false;
    if (is_at_end(d) || (d->doubtful.head && !s->side[side_other(from)].seen))
        return true;
    if (d->early.head)
        return sequence_from(d->next, d->early.head->sequence) > 0;
    return (d->fin && sequence_from(d->next, d->end) > 0) || (d->seen && !d->absent && acked_beyond(d));
}

/* When the first of the bytes behind the hole came: one that was acknowledged while it lay behind another
 * hole has waited since. */
static time_ns bytes_came(const struct direction *d, time_ns now) {
    return d->early.head && d->early.head->time < now ? d->early.head->time : now;
}

/* Notices a hole, and from when on its time and bytes count. */
static void track_hole(struct stream_pair *s, enum side from, time_ns now) {
    struct direction *d = &s->side[from];
    bool noticed = false;
    if (!has_hole(s, from)) {
        d->hole = false;
        return;
    }
    if (!d->hole || d->hole_at != d->next) {
        d->hole = d->own_quiet = d->peer_quiet = true;
        d->hole_counts = false;
        d->hole_at = d->next;
        d->hole_since = is_at_end(d) ? d->fin_at : now;
        d->behind = 0;
        noticed = true;
    }
    /* Bytes and time count from the acknowledgement on: until then the sender is about to repeat them. */
    if (!d->hole_counts && (acked_beyond(d) || !s->side[side_other(from)].seen)) {
        d->hole_counts = true;
        d->hole_since = noticed ? bytes_came(d, now) : now;
        d->behind = 0;
    }
}

/* Nothing is stored behind the hole: an acknowledgement alone says that bytes are missing. */
static bool is_known_by_ack_only(const struct direction *d) {
    return !d->early.head && !d->fin && !d->doubtful.head;
}

/* Bytes of the other side wait for the hole; `proven`: and this side has acknowledged them, so that what they
 * answer is true. */
static bool is_answered(const struct stream_pair *s, enum side from, bool *proven) {
    const struct direction *o = &s->side[side_other(from)];
    const struct segment *head = o->early.head;
    if (!head || !head->has_ack || !o->started || sequence_from(head->sequence, o->next) < 0 ||
        !pair_held(s, side_other(from), head->ack))
        return false;
    *proven = o->has_acked && sequence_from(head->sequence, o->acked) > 0;
    return true;
}

/* The receiver was heard before, and is not any more. Bytes far ahead that it does not take may be all that
 * came. */
static bool is_abandoned(const struct reassembler *r, const struct direction *d, time_ns now) {
    enum { WAITS = 4 };
    time_ns wait = is_at_end(d) ? r->late_time : WAITS * r->late_time;
    return d->peer_quiet && (now - d->hole_since >= wait || d->hole_since - now >= wait);
}

static bool hole_is_over(const struct reassembler *r, const struct stream_pair *s, enum side from,
                         time_ns now) {
    const struct direction *d = &s->side[from];
    bool proven;
    if (is_known_by_ack_only(d) && !is_answered(s, from, &proven))
        return false;
    uint64_t blocks = (uint64_t)s->side[0].early.blocks + s->side[1].early.blocks;
    bool late = pair_is_late(r, d->hole_since, now);
    if (d->phantom && d->early.head)
        return true; /* it was waited for once, and was no FIN */
    if (d->hole_counts)
        return late || d->behind >= r->late_bytes || blocks > r->late_blocks;
    return is_abandoned(r, d, now) || blocks > r->unacked_blocks;
}

/* Bytes of the hole that are given up. Less than the hole when only its beginning was acknowledged. */
static uint32_t hole_size(const struct direction *d, bool force) {
    uint32_t acked = d->has_acked && sequence_from(d->next, d->acked) > 0 ? d->acked - d->next : 0;
    uint32_t size = acked;
    if (d->early.head)
        size = d->early.head->sequence - d->next;
    else if (d->fin)
        size = d->end - d->next;
    else if (d->doubtful.head && acked == 0)
        return d->doubtful.head->sequence - d->next;
    if (d->doubtful.head && size > d->doubtful.head->sequence - d->next)
        size = d->doubtful.head->sequence - d->next;
    return !force && acked && acked < size ? acked : size;
}

/* Further ahead than a window reaches, and not acknowledged by a receiver that is there to do so: forged or
 * damaged. A gap up to it would throw away the whole stream. */
static bool is_stray(const struct stream_pair *s, enum side from) {
    const struct direction *d = &s->side[from];
    return d->early.head && sequence_from(d->next, d->early.head->sequence) > AHEAD_MAX &&
           s->side[side_other(from)].seen && !acked_beyond(d);
}

/* The receiver has acknowledged the bytes, or is not there to do so, and nobody else has brought them: it
 * took them as they are. */
static bool use_doubtful(struct reassembler *r, struct stream_pair *s, enum side from, time_ns now) {
    struct direction *d = &s->side[from];
    struct segment *head;
    while ((head = d->doubtful.head) && sequence_from(d->next, segment_end(head)) <= 0)
        segment_give(&r->segments, segment_list_pop(&d->doubtful));
    if (!head || sequence_from(head->sequence, d->next) < 0)
        return false;
    uint32_t n = segment_end(head) - d->next;
    if (d->early.head && n > d->early.head->sequence - d->next)
        n = d->early.head->sequence - d->next;
    if (s->side[side_other(from)].seen) {
        uint32_t acked = acked_beyond(d) ? d->acked - d->next : 0;
        n = n < acked ? n : acked;
    }
    if (d->fin && sequence_from(d->end, d->next + n) > 0)
        n = sequence_from(d->next, d->end) > 0 ? d->end - d->next : 0;
    uint32_t at = d->next - head->sequence;
    if (n == 0)
        return false;
    counter_add(COUNTER_STREAM_DOUBTFUL_USED, n);
    uint32_t there = head->n > at ? head->n - at : 0;
    d->hole = false;
    pair_deliver(r, s, from, head->data + (there ? at : 0), there < n ? there : n, n, now);
    return true;
}

/* A FIN takes a sequence number too: where nothing follows, the last one acknowledged may be that. Returns
 * bytes that are given up all the same. */
static uint32_t note_phantom(struct stream_pair *s, struct direction *d, enum side from, uint32_t size) {
    d->phantom = size == 1 || s->side[side_other(from)].fin;
    return size - d->phantom;
}

/* The hole at a side's front, when its wait is over. */
static void close_hole(struct reassembler *r, struct stream_pair *s, enum side from, time_ns now,
                       bool force) {
    struct direction *d = &s->side[from];
    uint32_t size = hole_size(d, force);
    bool by_ack_only = is_known_by_ack_only(d), quiet = d->own_quiet, proven = false;
    if (by_ack_only && !force && size > 1 && is_answered(s, from, &proven) && !proven) {
        d->has_waived = true; /* what answers goes on without them; they may still come */
        d->waived = d->acked;
    } else if (by_ack_only) {
        size = note_phantom(s, d, from, size);
        bool phantom = d->phantom;
        d->hole = false;
        pair_gap(r, s, from, size, now);
        d->phantom = phantom;
    } else {
        d->hole = false;
        pair_gap(r, s, from, size, now);
    }
    if (by_ack_only && quiet)
        d->absent = true;
}

/* Starts a side, or closes the hole at its front, when its wait is over. True if anything changed. */
static bool give_up(struct reassembler *r, struct stream_pair *s, enum side from, time_ns now, bool force) {
    struct direction *d = &s->side[from];
    if (start_side(r, s, d, now, force))
        return true;
    track_hole(s, from, now);
    if (!d->hole || !(force || hole_is_over(r, s, from, now)))
        return false;
    if (is_at_end(d)) {
        end_side(r, s, from, true, now);
        return true;
    }
    if (!d->hole_counts && !force && !is_abandoned(r, d, now))
        counter_one(COUNTER_STREAM_MEMORY_FULL);
    if (use_doubtful(r, s, from, now))
        return true;
    if (is_stray(s, from)) {
        counter_one(COUNTER_STREAM_STRAY);
        segment_give(&r->segments, segment_list_pop(&d->early));
        return true;
    }
    if (d->doubtful.head && sequence_from(d->doubtful.head->sequence, d->next) >= 0) {
        counter_one(COUNTER_STREAM_DOUBTFUL_DROPPED); /* not acknowledged */
        segment_give(&r->segments, segment_list_pop(&d->doubtful));
        return true;
    }
    close_hole(r, s, from, now, force);
    return true;
}

/* Each round takes a block, closes a hole or starts a side, so it ends. */
void pair_settle(struct reassembler *r, struct stream_pair *s, time_ns now, bool force) {
    for (;;) {
        bool progress = deliver_ready(r, s, SIDE_CLIENT, now);
        progress |= deliver_ready(r, s, SIDE_SERVER, now);
        if (progress || break_tie(r, s))
            continue;
        if (!give_up(r, s, SIDE_CLIENT, now, force) && !give_up(r, s, SIDE_SERVER, now, force))
            break;
    }
    if (s->reset && !force && pair_is_late(r, s->reset_at, now))
        pair_finish(r, s, now);
}

void pair_finish(struct reassembler *r, struct stream_pair *s, time_ns now) {
    pair_settle(r, s, now, true);
    end_side(r, s, SIDE_CLIENT, false, now);
    end_side(r, s, SIDE_SERVER, false, now);
}
