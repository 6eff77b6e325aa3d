/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "stream/pair.h"

#include <stdlib.h>

_Static_assert(sizeof(struct stream_pair) <= 200, "a stream pair stays small");

enum {
    RESET_BEHIND =
        65535, /* a RST so far before the next byte still fits: it repeats what its peer acknowledged */
    RESET_AHEAD = 1 << 20, /* or so far behind what was seen, when packets were lost */
};

struct reassembler *reassembler_create(const struct stream_options *options, const struct stream_sink *sink) {
    struct reassembler *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    if (!pool_init(&r->pairs, sizeof(struct stream_pair), options->pairs) ||
        !pool_init(&r->blocks, SEGMENT_BLOCK, options->memory / SEGMENT_BLOCK)) {
        reassembler_destroy(r);
        return NULL;
    }
    r->sink = *sink;
    r->late_bytes = options->late_bytes < UINT32_MAX / 2 ? options->late_bytes : UINT32_MAX / 2;
    r->late_time = (time_ns)options->late_time;
    r->late_blocks = r->late_bytes / 1024 + 64;
    r->unacked_blocks = r->blocks.limit / 4;
    return r;
}

void reassembler_destroy(struct reassembler *r) {
    if (!r)
        return;
    pool_finish(&r->pairs);
    pool_finish(&r->blocks);
    free(r);
}

uint64_t reassembler_memory(const struct reassembler *r) {
    return (uint64_t)r->blocks.in_use * SEGMENT_BLOCK;
}

unsigned reassembler_fill(const struct reassembler *r) {
    return pool_fill(&r->blocks);
}

bool reassembler_room(const struct reassembler *r) {
    return r->pairs.in_use < r->pairs.limit;
}

size_t reassembler_pairs(const struct reassembler *r) {
    return r->pairs.in_use;
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

void stream_skip(struct stream_pair *s, enum side from) {
    s->side[from].skip =
        true; /* what is stored goes with the next packet or tick: a caller may stand in it */
}

void stream_close(struct reassembler *r, struct stream_pair *s, time_ns now) {
    if (!s)
        return;
    pair_finish(r, s, now);
    pair_unqueue(r, s);
    for (enum side i = SIDE_CLIENT; i <= SIDE_SERVER; i++)
        segment_list_clear(&s->side[i].early, &r->blocks);
    pool_give(&r->pairs, s);
}

static void note_syn(struct direction *d, uint32_t sequence) {
    if (d->started)
        return;
    direction_begin(d, sequence + 1);
    d->from_syn = true;
}

void stream_began(struct stream_pair *s, enum side from, uint32_t syn) {
    s->side[from].seen = true;
    note_syn(&s->side[from], syn);
}

/* What `from` says it has received of the other side. */
static void note_ack(struct stream_pair *s, enum side from, const struct packet *p) {
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
}

/* Data goes before a FIN that contradicts it; of several FINs the first in the order of bytes holds. */
static void note_fin(struct direction *d, uint32_t end) {
    if (d->started || d->early.head) {
        int32_t off = sequence_from(direction_top(d), end);
        if (off < 0 || off > AHEAD_MAX)
            return;
    }
    if (!d->fin || sequence_from(d->end, end) < 0)
        d->end = end;
    d->fin = true;
}

/* RFC 5961 section 3 asks for the exact next byte; what this sensor did not see makes it a window. */
static bool reset_fits(const struct stream_pair *s, enum side from, const struct packet *p) {
    const struct direction *d = &s->side[from], *o = &s->side[side_other(from)];
    if (d->started && d->seen)
        return sequence_from(d->next, p->tcp_seq) >= -RESET_BEHIND &&
               sequence_from(direction_top(d), p->tcp_seq) <= RESET_AHEAD;
    if (o->started && (p->tcp_flags & TCP_ACK)) /* a SYN refused */
        return sequence_from(o->next, p->tcp_ack) >= -RESET_BEHIND &&
               sequence_from(direction_top(o), p->tcp_ack) <= RESET_AHEAD;
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
static bool trim_segment(const struct direction *d, struct segment_source *from) {
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
        int32_t left = sequence_from(from->sequence, d->end);
        if (left <= 0)
            return false;
        from->length = (uint32_t)left;
        if (from->captured > from->length)
            from->captured = from->length;
    }
    return from->length > 0;
}

/* Next in order, nothing stored in its way, and all that it answers has been delivered: no copy is needed. */
static bool goes_through(const struct stream_pair *s, enum side from, const struct segment_source *in) {
    const struct direction *d = &s->side[from];
    const struct segment *head = d->early.head;
    if (!d->started || d->next != in->sequence ||
        (head && sequence_from(head->sequence, in->sequence + in->length) > 0))
        return false;
    return !in->has_ack || !pair_held(s, from, in->ack);
}

static void store_early(struct reassembler *r, struct stream_pair *s, enum side from,
                        const struct segment_source *in) {
    struct direction *d = &s->side[from];
    if (!d->started && !d->early.head) {
        d->hole_since = in->time;
        s->start_packets = 0;
    }
    counter_one(d->started && d->next == in->sequence ? COUNTER_STREAM_HELD : COUNTER_STREAM_EARLY);
    if (!segment_list_store(&d->early, &r->blocks, in))
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
    if (trim_segment(d, in))
        pair_deliver(r, s, from, in->bytes, in->captured, in->length, in->time);
}

static void take_payload(struct reassembler *r, struct stream_pair *s, enum side from,
                         struct segment_source in) {
    struct direction *d = &s->side[from];
    if (!trim_segment(d, &in)) {
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
        if (r->blocks.limit - r->blocks.in_use > in.length / SEGMENT_DATA_MAX + 1) {
            store_early(r, s, from, &in);
            return;
        }
        if (!pair_evict_oldest(r, in.time)) {
            deliver_without_memory(r, s, from, &in);
            return;
        }
        if (d->skip || d->ended || !trim_segment(d, &in))
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

static void note_payload(struct reassembler *r, struct stream_pair *s, enum side from,
                         const struct packet *p) {
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
    if (d->ended) {
        if (beyond > 0)
            counter_add(COUNTER_STREAM_AFTER_END,
                        (uint32_t)beyond < in.length ? (uint32_t)beyond : in.length);
    } else if (d->skip) {
        follow_position(d, in.sequence + in.length);
    } else if (!is_keep_alive(d, &in)) {
        take_payload(r, s, from, in);
    }
}

void stream_packet(struct reassembler *r, struct stream_pair *s, enum side from, const struct packet *p) {
    struct direction *d = &s->side[from];
    if (p->tcp_flags & TCP_RST) {
        note_reset(s, from, p);
    } else {
        uint32_t end = p->tcp_seq + ((p->tcp_flags & TCP_SYN) != 0) + p->payload_length;
        d->seen = true;
        d->absent = d->own_quiet = s->side[side_other(from)].peer_quiet = false;
        if (s->start_packets < UINT8_MAX)
            s->start_packets++;
        if (p->tcp_flags & TCP_SYN)
            note_syn(d, p->tcp_seq);
        if (p->tcp_flags & TCP_ACK)
            note_ack(s, from, p);
        note_payload(r, s, from, p);
        if (p->tcp_flags & TCP_FIN)
            note_fin(d, end);
    }
    pair_settle(r, s, p->time, false);
    pair_requeue(r, s, p->time);
}
