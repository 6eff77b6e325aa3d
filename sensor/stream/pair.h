/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_STREAM_PAIR_H
#define GANTRY_STREAM_PAIR_H

#include "base/age.h"
#include "stream/segment_pool.h"
#include "stream/stream.h"

/* Inside of stream/: one connection's state. All sequence numbers are modulo 2^32, so a stream may be of any
 * length. */

struct direction {
    struct segment_list early; /* bytes behind a hole, or held back */
    time_ns hole_since; /* since when the hole's time counts; while not started: since the first segment */
    uint32_t next;      /* next byte to deliver; while not started, with has_floor: no byte is before it */
    uint32_t acked;     /* highest acknowledgement by the other side */
    uint32_t end;       /* behind the last byte, if fin */
    uint32_t hole_at;   /* `next` when the hole was noticed */
    uint32_t behind;    /* bytes stored on either side since the hole's time counts */
    bool started;       /* next holds */
    bool has_floor;
    bool from_syn; /* began with its SYN */
    bool seen;     /* sent a packet */
    bool skip;     /* nobody wants its bytes */
    bool fin, ended;
    bool has_acked;
    bool hole;
    bool hole_counts; /* the hole may be called a gap: its bytes were acknowledged, or there is nobody to do
                         so */
    bool own_quiet;   /* this side sent nothing since the hole was noticed */
    bool peer_quiet;  /* the other side neither */
    bool absent;      /* its bytes are acknowledged but it is not heard: nobody waits for it */
    bool phantom;     /* the acknowledged byte at `next` was most likely a FIN that was not seen */
};

struct stream_pair {
    struct direction side[2];
    void *user;
    struct age_node wait; /* in the queue of those that wait for something, while `queued` */
    time_ns queued_at;
    time_ns reset_at; /* of the last news after a RST */
    bool queued;
    bool reset;
    uint8_t start_packets; /* of both sides, since one of them waits for its beginning */
};

struct reassembler {
    struct pool pairs, blocks;
    struct stream_sink sink;
    struct age_list waits; /* struct stream_pair; wait.c */
    time_ns late_time;
    uint64_t late_bytes;
    uint64_t late_blocks;    /* most stored behind a hole that counts: bounds streams of tiny segments */
    uint64_t unacked_blocks; /* most stored behind one that does not: the sender will repeat it */
};

/* Of a hole, as of an ACK, further ahead than this nothing is believed. */
enum { AHEAD_MAX = 16 << 20 };

/* True when bytes of `from` in a packet that acknowledges `ack` must wait for bytes of the other side. */
bool pair_held(const struct stream_pair *s, enum side from, uint32_t ack);

/* Delivers n bytes at `next`, of which `captured` are there; the rest is a gap. */
void pair_deliver(struct reassembler *r, struct stream_pair *s, enum side from, const uint8_t *bytes,
                  uint32_t captured, uint32_t n, time_ns now);

/* The side's next byte is known from now on. */
void direction_begin(struct direction *d, uint32_t next);

/* Declares n bytes at `next` missing. */
void pair_gap(struct reassembler *r, struct stream_pair *s, enum side from, uint32_t n, time_ns now);

/* Delivers and gives up all that may be now; with `force` all that there is. */
void pair_settle(struct reassembler *r, struct stream_pair *s, time_ns now, bool force);
/* The same with force, then ends the sides that have not ended. */
void pair_finish(struct reassembler *r, struct stream_pair *s, time_ns now);

/* wait.c: puts the pair into the queue or takes it out, as its state asks for. */
void pair_requeue(struct reassembler *r, struct stream_pair *s, time_ns now);
void pair_unqueue(struct reassembler *r, struct stream_pair *s);
/* Ends the longest wait of all to make room for blocks; false when nobody waits. */
bool pair_evict_oldest(struct reassembler *r, time_ns now);

/* Time that went by, also when packet time stepped back by more than the wait. */
static inline bool pair_is_late(const struct reassembler *r, time_ns since, time_ns now) {
    return now - since >= r->late_time || since - now >= r->late_time;
}

static inline uint32_t direction_top(const struct direction *d) {
    uint32_t top = d->early.tail ? segment_end(d->early.tail) : d->next;
    return d->started && sequence_from(top, d->next) > 0 ? d->next : top;
}

#endif
