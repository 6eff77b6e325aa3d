/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "stream/pair.h"

#include <stdlib.h>

_Static_assert(sizeof(struct stream_pair) <= 496, "a stream pair stays small");

enum {
    KEPT_SHARE = 8,   /* of the memory for segments may hold the starts of turns */
    PARKED_SHARE = 4, /* of it may one connection have parked */
};

struct reassembler *reassembler_create(const struct stream_options *options, const struct stream_sink *sink) {
    struct reassembler *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    if (!pool_init(&r->pairs, sizeof(struct stream_pair), options->pairs) ||
        !segment_pool_init(&r->segments, options->memory)) {
        reassembler_destroy(r);
        return NULL;
    }
    r->sink = *sink;
    r->late_bytes = options->late_bytes < UINT32_MAX / 2 ? options->late_bytes : UINT32_MAX / 2;
    r->late_time = (time_ns)options->late_time;
    r->late_blocks = r->late_bytes / 1024 + 64;
    r->unacked_blocks = r->segments.large.limit / 4;
    r->kept_most = r->segments.large.limit / KEPT_SHARE;
    r->parked_most = r->segments.large.limit / PARKED_SHARE;
    r->step_end = UINT64_MAX;
    return r;
}

void reassembler_destroy(struct reassembler *r) {
    if (!r)
        return;
    pool_finish(&r->pairs);
    segment_pool_finish(&r->segments);
    free(r);
}

uint64_t reassembler_memory(const struct reassembler *r) {
    return segment_pool_memory(&r->segments);
}

unsigned reassembler_fill(const struct reassembler *r) {
    return pool_fill(&r->segments.large);
}

bool reassembler_room(const struct reassembler *r) {
    return r->pairs.in_use < r->pairs.limit;
}

size_t reassembler_pairs(const struct reassembler *r) {
    return r->pairs.in_use;
}

unsigned reassembler_pairs_fill(const struct reassembler *r) {
    return pool_fill(&r->pairs);
}

struct stream_pair *stream_open(struct reassembler *r, void *user) {
    struct stream_pair *s = pool_take(&r->pairs);
    if (!s) {
        counter_one(COUNTER_STREAM_PAIRS_SHED);
        return NULL;
    }
    *s = (struct stream_pair){.user = user};
    return s;
}

/* What is stored goes with the next packet or tick: a caller may stand in it. */
void stream_skip(struct stream_pair *s, enum side from) {
    s->side[from].skip = true;
}

bool stream_is_idle(const struct stream_pair *s) {
    for (; s; s = s->reading)
        if (!s->side[SIDE_CLIENT].skip || !s->side[SIDE_SERVER].skip)
            return false;
    return true;
}

void pair_empty(struct reassembler *r, struct stream_pair *s) {
    pair_unqueue(r, s);
    for (enum side i = SIDE_CLIENT; i <= SIDE_SERVER; i++) {
        segment_list_clear(&s->side[i].early, &r->segments);
        segment_list_clear(&s->side[i].doubtful, &r->segments);
        keep_drop(r, s, i);
    }
}

/* All ends of the connection are told or parked. */
static void end_stream(struct reassembler *r, struct stream_pair *s, time_ns now) {
    pair_finish(r, s, now);
    pair_empty(r, s);
    for (struct stream_pair *other = s->reading, *next; other; other = next) {
        next = other->reading;
        if (!other->closing)
            reading_end(r, other, now);
    }
}

static void release_stream(struct reassembler *r, struct stream_pair *s) {
    pair_not_due(r, s);
    pool_give(&r->pairs, s);
}

void stream_close(struct reassembler *r, struct stream_pair *s, time_ns now) {
    if (!s)
        return;
    end_stream(r, s, now);
    pair_tell_all(r, s);
    while (s->reading) {
        pair_tell_all(r, s->reading);
        reading_release(r, s->reading);
    }
    release_stream(r, s);
}

void stream_abandon(struct reassembler *r, struct stream_pair *s, time_ns now) {
    for (struct stream_pair *reading = s; reading; reading = reading->reading)
        reading->side[SIDE_CLIENT].skip = reading->side[SIDE_SERVER].skip = true;
    stream_close(r, s, now);
}

bool stream_finish(struct reassembler *r, struct stream_pair *s, time_ns now) {
    end_stream(r, s, now);
    s->closing = s->park.head || s->reading;
    if (!s->closing)
        release_stream(r, s);
    return !s->closing;
}

void pair_release_if_over(struct reassembler *r, struct stream_pair *s) {
    struct stream_pair *first = s->first ? s->first : s;
    if (s->first && s->closing)
        reading_release(r, s);
    if (!first->closing || first->park.head || first->reading)
        return;
    void *user = first->user;
    release_stream(r, first);
    r->sink.over(user);
}

/* A second SYN of a side that has sent nothing else is remembered: the other side's answer says which one it
 * took. */
static void note_syn(struct direction *d, uint32_t sequence, struct syn_options options) {
    if (d->started && d->next != sequence + 1 && !d->delivered) {
        d->syn_other = sequence + 1;
        d->other = options;
        d->has_syn_other = d->other_seen = true;
        d->other_answered = false;
    }
    if (d->started)
        return;
    direction_begin(d, sequence + 1);
    d->from_syn = true;
    d->syn = options;
}

void stream_began(struct stream_pair *s, enum side from, uint32_t syn, struct syn_options options) {
    s->side[from].seen = true;
    note_syn(&s->side[from], syn, options);
}

static bool is_syn_answered(const struct direction *d) {
    return d->has_acked && sequence_from(d->next, d->acked) >= 0;
}

/* Of two SYNs the other one is the one that counts: what was stored behind the first is none of the stream.
 */
static void take_other_syn(struct reassembler *r, struct direction *d) {
    uint32_t next = d->syn_other, before = d->next;
    struct syn_options options = d->other;
    bool seen = d->other_seen, answered = d->other_answered;
    segment_list_clear(&d->early, &r->segments);
    segment_list_clear(&d->doubtful, &r->segments);
    d->syn_other = before;
    d->other = d->syn;
    d->other_seen = d->from_syn;
    d->other_answered = is_syn_answered(d);
    d->syn = options;
    d->from_syn = seen;
    d->has_edge = d->has_stamp = d->fin = d->hole = false;
    d->has_acked = answered;
    d->acked = next;
    direction_begin(d, next);
}

/* An answer to a SYN of which this sensor took another one for the last: its sender had sent both. */
static void note_answer(struct direction *o, const struct packet *p) {
    bool answers = (p->tcp_flags & (TCP_SYN | TCP_ACK | TCP_RST)) == (TCP_SYN | TCP_ACK);
    if (!answers || !o->from_syn || o->delivered || o->early.head || p->tcp_ack == o->next ||
        (o->has_syn_other && o->syn_other == p->tcp_ack))
        return;
    o->syn_other = p->tcp_ack;
    o->has_syn_other = true;
    o->other_seen = o->other_answered = false;
}

/* The other SYN is meant by a segment of its sender that goes on behind it, or by an acknowledgement of it.
 */
static void choose_syn(struct reassembler *r, struct stream_pair *s, enum side from, const struct packet *p) {
    struct direction *d = &s->side[from], *o = &s->side[side_other(from)];
    if (d->has_syn_other && !d->delivered && !(p->tcp_flags & (TCP_SYN | TCP_RST)) &&
        p->tcp_seq == d->syn_other && (d->other_answered || !is_syn_answered(d)))
        take_other_syn(r, d);
    note_answer(o, p);
    if (o->has_syn_other && !o->delivered && (p->tcp_flags & TCP_ACK) && p->tcp_ack == o->syn_other)
        take_other_syn(r, o);
    /* a SYN that is far from all that its sender says, and that was never answered, was not its own */
    if (d->from_syn && !d->delivered && !is_syn_answered(d) && !d->early.head && p->payload_length > 0 &&
        !(p->tcp_flags & (TCP_SYN | TCP_RST))) {
        int32_t ahead = sequence_from(d->next, p->tcp_seq);
        if (ahead < 0 || ahead > AHEAD_MAX) {
            d->from_syn = d->started = d->has_acked = d->has_stamp = false;
            segment_list_clear(&d->doubtful, &r->segments);
        }
    }
}

/* What `from` says it has received of the other side. */
static void note_ack(struct reassembler *r, struct stream_pair *s, enum side from, const struct packet *p) {
    struct direction *o = &s->side[side_other(from)];
    uint32_t ack = p->tcp_ack;
    if (!o->started && (p->tcp_flags & TCP_SYN))
        direction_begin(o, ack);
    /* Its SYN+ACK was lost, but the connection began before our eyes: nothing acknowledged may be left out.
     */
    if (!o->started && s->side[from].from_syn && (!o->has_floor || sequence_from(o->next, ack) < 0)) {
        o->has_floor = true;
        o->next = ack;
    }
    if (o->started && sequence_from(direction_top(o), ack) > AHEAD_MAX) {
        counter_one(COUNTER_STREAM_ACKS_WRONG);
        return;
    }
    if (!o->has_acked || sequence_from(o->acked, ack) > 0)
        o->acked = ack;
    o->has_acked = true;
    pair_end_proven(r, s, side_other(from), p->time);
    keep_acknowledged(r, s, side_other(from));
}

/* Data goes before a FIN that contradicts it; of several FINs the first in the order of bytes holds. */
static void note_fin(struct direction *d, uint32_t end, time_ns now) {
    if (d->started || d->early.head) {
        int32_t off = sequence_from(direction_top(d), end);
        if (off < 0 || off > AHEAD_MAX)
            return;
    }
    if (!d->fin || sequence_from(d->end, end) < 0)
        d->end = end;
    if (!d->fin)
        d->fin_at = now;
    d->fin = true;
}

/* RFC 5961 section 3: the exact next byte, as its sender or as its receiver has it. A RST that answers a SYN
 * has none, but acknowledges the SYN. */
static bool reset_fits(const struct stream_pair *s, enum side from, const struct packet *p) {
    const struct direction *d = &s->side[from], *o = &s->side[side_other(from)];
    uint32_t at = p->tcp_seq;
    if (d->started && d->seen)
        return at == d->next || at == direction_top(d) || (d->has_acked && at == d->acked) ||
               (d->fin && at == d->end + 1);
    if (o->started && (p->tcp_flags & TCP_ACK)) /* a SYN refused */
        return p->tcp_ack == o->next || p->tcp_ack == direction_top(o);
    return true;
}

static void note_reset(struct stream_pair *s, enum side from, const struct packet *p) {
    if (!reset_fits(s, from, p)) {
        counter_one(COUNTER_STREAM_RESETS_WRONG);
        return;
    }
    /* Not the end yet: bytes sent before it may come late, and one that the receiver does not obey (it never
     * reached it, or was forged) must not blind the sensor. */
    s->reset = true;
    s->reset_at = p->time;
}

/* Without what was delivered before and what is behind the FIN. False when nothing is left. */
static bool trim_segment(struct direction *d, struct segment_source *from, bool doubtful) {
    if (d->started && sequence_from(d->next, from->sequence) < 0) {
        uint32_t had = d->next - from->sequence;
        if (had >= from->length)
            return false;
        from->sequence += had;
        from->length -= had;
        had = had < from->captured ? had : from->captured;
        from->bytes += had;
        from->captured -= had;
    }
    if (d->fin && sequence_from(d->end, from->sequence + from->length) > 0) {
        if (!doubtful && !d->ended && !(d->has_acked && sequence_from(d->end, d->acked) > 0)) {
            counter_one(COUNTER_STREAM_ENDS_REFUTED);
            d->fin = false;
            return from->length > 0;
        }
        int32_t left = sequence_from(from->sequence, d->end);
        if (left <= 0)
            return false;
        from->length = (uint32_t)left;
        if (from->captured > from->length)
            from->captured = from->length;
    }
    return from->length > 0;
}

/* Next in order, and all that it answers has been delivered: no copy is needed. */
static bool goes_through(const struct stream_pair *s, enum side from, const struct segment_source *in) {
    const struct direction *d = &s->side[from];
    const struct segment *head = d->early.head;
    if (s->is_reading && head && sequence_from(head->sequence, in->sequence + in->length) > 0)
        return false; /* what was stored stays */
    return d->started && d->next == in->sequence && !(in->has_ack && pair_held(s, from, in->ack));
}

/* Of two segments that contradict each other both readings are looked at; of bytes that the other side has
 * already acknowledged, what came first. */
static void look_for_contradiction(struct reassembler *r, struct stream_pair *s, enum side from,
                                   const struct segment_source *in) {
    struct direction *d = &s->side[from];
    struct segment_source late = *in;
    if (s->is_reading || (!d->early.head && !d->kept.head))
        return;
    if (segment_list_contradicts(&d->early, in)) {
        reading_begin(r, s, from, in, SEGMENT_OTHER);
        return;
    }
    if (!d->kept.head || !d->started)
        return;
    if (d->has_acked && sequence_from(late.sequence, d->acked) > 0) {
        uint32_t had = d->acked - late.sequence;
        if (had >= late.captured)
            return;
        late.sequence += had;
        late.length -= had;
        late.captured -= had;
        late.bytes += had;
    }
    if (sequence_from(late.sequence, d->next) > 0 && segment_list_contradicts(&d->kept, &late))
        reading_begin(r, s, from, &late, SEGMENT_LAST);
}

static void store_early(struct reassembler *r, struct stream_pair *s, enum side from,
                        const struct segment_source *in) {
    struct direction *d = &s->side[from];
    if (!d->started && !d->early.head) {
        d->hole_since = in->time;
        s->start_packets = 0;
    }
    counter_one(d->started && d->next == in->sequence ? COUNTER_STREAM_HELD : COUNTER_STREAM_EARLY);
    if (!segment_list_store(&d->early, &r->segments, in, s->is_reading ? SEGMENT_FIRST : SEGMENT_EARLIEST))
        counter_one(COUNTER_STREAM_MEMORY_FULL);
    s->side[SIDE_CLIENT].behind += in->length;
    s->side[SIDE_SERVER].behind += in->length;
}

/* There is no block left and nobody to take one from: what is before these bytes is given up at once. */
static void deliver_without_memory(struct reassembler *r, struct stream_pair *s, enum side from,
                                   struct segment_source *in) {
    struct direction *d = &s->side[from];
    counter_one(COUNTER_STREAM_MEMORY_FULL);
    if (!d->started)
        direction_begin(d, in->sequence);
    if (sequence_from(d->next, in->sequence) > 0)
        pair_gap(r, s, from, in->sequence - d->next, in->time);
    if (trim_segment(d, in, false))
        pair_deliver(r, s, from, in->bytes, in->captured, in->length, in->time);
}

static void take_payload(struct reassembler *r, struct stream_pair *s, enum side from,
                         struct segment_source in) {
    struct direction *d = &s->side[from];
    look_for_contradiction(r, s, from, &in);
    if (!trim_segment(d, &in, false)) {
        counter_one(COUNTER_STREAM_REPEATED);
        return;
    }
    s->reset_at = in.time;
    for (;;) {
        if (goes_through(s, from, &in)) {
            pair_deliver(r, s, from, in.bytes, in.captured, in.length, in.time);
            return;
        }
        /* one block more for each piece that stored segments cut it into would be exact; the store copes */
        if (r->segments.large.limit - r->segments.large.in_use > in.length / SEGMENT_DATA_MAX + 1) {
            store_early(r, s, from, &in);
            return;
        }
        if (!pair_evict_oldest(r, in.time)) {
            deliver_without_memory(r, s, from, &in);
            return;
        }
        if (d->skip || d->ended || !trim_segment(d, &in, false))
            return;
    }
}

/* Of a side that nobody wants: only the position. */
static void follow_position(struct direction *d, uint32_t end) {
    if (!d->started)
        direction_begin(d, end);
    else if (sequence_from(d->next, end) > 0)
        d->next = end;
}

/* A keep-alive carries the byte before the next one (RFC 9293 section 3.8.4). In a stream that began before
 * us only the acknowledgement tells it from data. */
static bool is_keep_alive(const struct direction *d, const struct segment_source *in) {
    return !d->started && in->length == 1 && d->has_acked && d->acked == in->sequence + 1;
}

static void store_doubtful(struct reassembler *r, struct direction *d, struct segment_source *in) {
    counter_one(COUNTER_STREAM_DOUBTFUL);
    if (d->skip || d->ended || d->doubtful.blocks + in->length / SEGMENT_DATA_MAX + 1 > DOUBTFUL_BLOCKS_MAX ||
        !trim_segment(d, in, true) || !segment_list_store(&d->doubtful, &r->segments, in, SEGMENT_FIRST))
        counter_one(COUNTER_STREAM_DOUBTFUL_DROPPED);
}

/* Bytes behind the end of both sides: the RST was not obeyed. */
static void go_on_behind_end(struct reassembler *r, struct stream_pair *s, enum side from,
                             const struct segment_source *in) {
    struct direction *d = &s->side[from];
    if (s->is_reading || !s->reset || !d->started || d->fin || in->sequence != d->next || s->reading)
        return;
    reading_begin(r, s, from, in, SEGMENT_LAST);
}

static void note_payload(struct reassembler *r, struct stream_pair *s, enum side from, const struct packet *p,
                         bool doubtful) {
    struct direction *d = &s->side[from];
    struct segment_source in = {
        .bytes = p->payload,
        .captured = p->payload_captured < p->payload_length ? p->payload_captured : p->payload_length,
        .length = p->payload_length,
        .sequence = p->tcp_seq + ((p->tcp_flags & TCP_SYN) != 0),
        .ack = p->tcp_ack,
        .has_ack = (p->tcp_flags & TCP_ACK) != 0,
        .time = p->time,
    };
    int32_t beyond = sequence_from(d->next, in.sequence + in.length);
    if (in.length == 0)
        return;
    if (doubtful) {
        store_doubtful(r, d, &in);
    } else if (d->ended) {
        go_on_behind_end(r, s, from, &in);
        if (beyond > 0)
            counter_add(COUNTER_STREAM_AFTER_END,
                        (uint32_t)beyond < in.length ? (uint32_t)beyond : in.length);
    } else if (d->skip) {
        follow_position(d, in.sequence + in.length);
    } else if (!is_keep_alive(d, &in)) {
        take_payload(r, s, from, in);
    }
}

/* The byte before the pointer (RFC 6093), but for Telnet's data mark, which its receiver wants in line. Where
 * several are under way the last one holds, as with a receiver that does not read meanwhile. */
static void note_urgent(struct direction *d, const struct packet *p) {
    enum { DATA_MARK = 0xf2 };
    if (!(p->tcp_flags & TCP_URG) || p->tcp_urgent == 0)
        return;
    uint32_t at = p->tcp_urgent - 1u;
    if (at < p->payload_captured && p->payload[at] == DATA_MARK)
        return;
    counter_one(COUNTER_STREAM_URGENT);
    d->urgent = p->tcp_seq + ((p->tcp_flags & TCP_SYN) != 0) + at;
    d->has_urgent = true;
}

static void note_segment(struct reassembler *r, struct stream_pair *s, enum side from, const struct packet *p,
                         const struct tcp_options *options) {
    struct direction *d = &s->side[from];
    uint32_t end = p->tcp_seq + ((p->tcp_flags & TCP_SYN) != 0) + p->payload_length;
    d->seen = true;
    d->absent = d->own_quiet = s->side[side_other(from)].peer_quiet = false;
    if (s->start_packets < UINT8_MAX)
        s->start_packets++;
    if (p->tcp_flags & TCP_SYN)
        note_syn(d, p->tcp_seq, syn_options_of(options));
    if (p->tcp_flags & TCP_ACK)
        note_ack(r, s, from, p);
    segment_note_limits(s, from, p, options);
    note_urgent(d, p);
    note_payload(r, s, from, p, false);
    if (p->tcp_flags & TCP_FIN)
        note_fin(d, end, p->time);
}

static void take_packet(struct reassembler *r, struct stream_pair *s, enum side from, const struct packet *p,
                        bool doubtful) {
    struct tcp_options options = tcp_options_of(p);
    if (!doubtful)
        choose_syn(r, s, from, p);
    if (doubtful || (!(p->tcp_flags & TCP_RST) && segment_is_doubtful(s, from, p, &options))) {
        if (!(p->tcp_flags & (TCP_SYN | TCP_RST)))
            note_payload(r, s, from, p, true);
    } else if (p->tcp_flags & TCP_RST) {
        note_reset(s, from, p);
    } else {
        note_segment(r, s, from, p, &options);
    }
    pair_settle(r, s, p->time, false);
    pair_requeue(r, s, p->time);
}

void stream_packet(struct reassembler *r, struct stream_pair *s, enum side from, const struct packet *p,
                   bool doubtful) {
    if (!doubtful && pair_take_plain(r, s, from, p))
        return;
    take_packet(r, s, from, p, doubtful);
    for (struct stream_pair *other = s->reading, *next; other; other = next) {
        next = other->reading;
        if (!other->closing)
            take_packet(r, other, from, p, doubtful);
    }
}
