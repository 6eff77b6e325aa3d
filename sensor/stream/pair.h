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
    struct segment_list
        doubtful;             /* bytes that the receiver may not have taken: they fill what else were a gap */
    struct segment_list kept; /* copies of what was delivered from the start of this side's turn on */
    time_ns hole_since; /* since when the hole's time counts; while not started: since the first segment */
    time_ns fin_at;     /* when its FIN was seen, if fin */
    uint32_t next;      /* next byte to deliver; while not started, with has_floor: no byte is before it */
    uint32_t acked;     /* highest acknowledgement by the other side */
    uint32_t end;       /* behind the last byte, if fin */
    uint32_t hole_at;   /* `next` when the hole was noticed */
    uint32_t behind;    /* bytes stored on either side since the hole's time counts */
    uint32_t edge;      /* the other side's window ends before it, if has_acked */
    uint32_t window;    /* the widest that the other side gave, bytes */
    uint32_t stamp;     /* the last time stamp that the receiver took (RFC 7323 section 4.3), if has_stamp */
    uint32_t urgent;    /* the byte that its receiver reads out of band, if has_urgent */
    uint32_t waived;    /* acknowledgements up to it hold the other side no longer, if has_waived */
    uint32_t syn_other; /* behind another SYN of this side, if has_syn_other */
    struct syn_options syn, other; /* if from_syn; of the other SYN, if other_seen */
    uint8_t strays;                /* segments in a row whose place does not fit the connection */
    bool started;                  /* next holds */
    bool has_floor;
    bool from_syn;  /* began with its SYN */
    bool delivered; /* something was, since it began */
    bool seen;      /* sent a packet */
    bool skip;      /* nobody wants its bytes */
    bool fin, ended;
    bool has_acked;
    bool has_edge, has_stamp, has_urgent, has_waived, has_syn_other;
    bool other_seen, other_answered; /* the other SYN was seen itself; the other side has acknowledged it */
    bool keeps;                      /* what is delivered now is of the start of the turn */
    bool hole;
    bool hole_counts; /* the hole may be called a gap: its bytes were acknowledged, or there is nobody to do
                         so */
    bool own_quiet;   /* this side sent nothing since the hole was noticed */
    bool peer_quiet;  /* the other side neither */
    bool absent;      /* its bytes are acknowledged but it is not heard: nobody waits for it */
    bool phantom;     /* the acknowledged byte at `next` was most likely a FIN that was not seen */
};

struct park_block;

/* What is in order and not told yet (park.c), in blocks of the pool. */
struct park {
    struct park_block *head, *tail;
    uint32_t at; /* of the first of it, in `head` */
    uint32_t blocks;
};

struct stream_pair {
    struct direction side[2];
    void *user;
    struct stream_pair *reading; /* the next other reading of these packets (reading.c) */
    struct stream_pair *first;   /* the one that this is another reading of; NULL: it is the first itself */
    struct park park;
    struct age_node due;     /* in the list of those with something parked, while `is_due` */
    struct age_node wait;    /* in the queue of those that wait for something, while `queued` */
    struct age_node keeping; /* in the list of those that keep bytes, while `in_keeping` */
    time_ns queued_at;
    time_ns reset_at; /* of the last news after a RST */
    bool queued, in_keeping, is_due;
    bool closing; /* freed when nothing is parked any more */
    bool reset;
    bool is_reading;       /* not the first one: of two choices it takes the other */
    uint8_t readings;      /* begun so far */
    uint8_t turn;          /* 1 + the side that sent last, 0: none */
    uint8_t start_packets; /* of both sides, since one of them waits for its beginning */
};

struct reassembler {
    struct pool pairs;
    struct segment_pool segments;
    struct stream_sink sink;
    struct age_list waits;    /* struct stream_pair; wait.c */
    struct age_list keepings; /* struct stream_pair, by the begin of the turn; keep.c */
    struct age_list due;      /* struct stream_pair: whose turn it is; park.c */
    bool no_plain;            /* tests: all segments go the long way */
    uint64_t step_end;        /* work_done when the step has done its share */
    size_t kept_blocks, kept_most;
    size_t parked_most; /* blocks that one pair may have parked */
    time_ns late_time;
    uint64_t late_bytes;
    uint64_t late_blocks;    /* most stored behind a hole that counts: bounds streams of tiny segments */
    uint64_t unacked_blocks; /* most stored behind one that does not: the sender will repeat it */
};

enum {
    AHEAD_MAX = 16 << 20,    /* of a hole, as of an ACK, further ahead than this nothing is believed */
    DOUBTFUL_BLOCKS_MAX = 32 /* of a side: what is doubtful must not eat the memory of what is not */
};

/* True when bytes of `from` in a packet that acknowledges `ack` must wait for bytes of the other side. */
bool pair_held(const struct stream_pair *s, enum side from, uint32_t ack);

/* Delivers n bytes at `next`, of which `captured` are there; the rest is a gap. */
void pair_deliver(struct reassembler *r, struct stream_pair *s, enum side from, const uint8_t *bytes,
                  uint32_t captured, uint32_t n, time_ns now);

/* The side's next byte is known from now on. */
void direction_begin(struct direction *d, uint32_t next);

/* Declares n bytes at `next` missing. */
void pair_gap(struct reassembler *r, struct stream_pair *s, enum side from, uint32_t n, time_ns now);

/* Ends a side whose end was reached and acknowledged. */
bool pair_end_proven(struct reassembler *r, struct stream_pair *s, enum side from, time_ns now);
/* Delivers and gives up all that may be now; with `force` all that there is. */
void pair_settle(struct reassembler *r, struct stream_pair *s, time_ns now, bool force);
/* The same with force, then ends the sides that have not ended. */
void pair_finish(struct reassembler *r, struct stream_pair *s, time_ns now);
/* Gives back all segments, and waits for none. */
void pair_empty(struct reassembler *r, struct stream_pair *s);

/* park.c: to the sink, now or at a later step; to each side's own `skip` nothing but its end is told. */
void pair_tell_data(struct reassembler *r, struct stream_pair *s, enum side from, const uint8_t *bytes,
                    uint32_t n, time_ns time);
void pair_tell_gap(struct reassembler *r, struct stream_pair *s, enum side from, uint32_t n, time_ns time);
void pair_tell_end(struct reassembler *r, struct stream_pair *s, enum side from, bool clean, time_ns time);
/* All that is parked, now. */
void pair_tell_all(struct reassembler *r, struct stream_pair *s);
void pair_not_due(struct reassembler *r, struct stream_pair *s);
/* Tells what a block holds, so that it is free; false when nothing is parked. */
bool park_evict(struct reassembler *r);
/* reassemble.c: frees the connection or the reading if it is closing and has nothing parked. */
void pair_release_if_over(struct reassembler *r, struct stream_pair *s);

/* wait.c: puts the pair into the queue or takes it out, as its state asks for. */
void pair_requeue(struct reassembler *r, struct stream_pair *s, time_ns now);
void pair_unqueue(struct reassembler *r, struct stream_pair *s);
/* Makes room for blocks: what is kept longest goes first, then what is parked is told, then the longest wait
 * of all ends; false when there is none of these. */
bool pair_evict_oldest(struct reassembler *r, time_ns now);

/* plain.c: a segment that is only the next bytes, or an acknowledgement, of a connection in which nothing is
 * open. False: it is not, and nothing was done. */
bool pair_take_plain(struct reassembler *r, struct stream_pair *s, enum side from, const struct packet *p);

/* doubt.c: may the receiver have dropped this segment? */
bool segment_is_doubtful(struct stream_pair *s, enum side from, const struct packet *p,
                         const struct tcp_options *options);
/* Brings window and time stamps up to date by a segment that is not doubtful. */
void segment_note_limits(struct stream_pair *s, enum side from, const struct packet *p,
                         const struct tcp_options *options);

/* keep.c: the start of each turn, while it may still be contradicted. */
void keep_bytes(struct reassembler *r, struct stream_pair *s, enum side from, uint32_t sequence,
                const uint8_t *bytes, uint32_t n);
void keep_drop(struct reassembler *r, struct stream_pair *s, enum side from);
/* Gives back what has been acknowledged, and is not needed to begin another reading. */
void keep_acknowledged(struct reassembler *r, struct stream_pair *s, enum side from);
/* The oldest, to make room; false when there is none. */
bool keep_evict(struct reassembler *r);

/* reading.c: begins another reading of the connection: as the first one, but with these bytes in `from`, and
 * that choice of what contradicts them. */
void reading_begin(struct reassembler *r, struct stream_pair *s, enum side from,
                   const struct segment_source *in, enum segment_choice choice);
/* Ends it; it goes out of its connection's list and is freed, at once or when nothing is parked any more. */
void reading_end(struct reassembler *r, struct stream_pair *s, time_ns now);
void reading_release(struct reassembler *r, struct stream_pair *s);

/* Time that went by, also when packet time stepped back by more than the wait. */
static inline bool pair_is_late(const struct reassembler *r, time_ns since, time_ns now) {
    return now - since >= r->late_time || since - now >= r->late_time;
}

static inline uint32_t direction_top(const struct direction *d) {
    uint32_t top = d->early.tail ? segment_end(d->early.tail) : d->next;
    return d->started && sequence_from(top, d->next) > 0 ? d->next : top;
}

#endif
