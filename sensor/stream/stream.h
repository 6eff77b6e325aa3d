/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_STREAM_STREAM_H
#define GANTRY_STREAM_STREAM_H

#include "base/clock.h"
#include "decode/decode.h"
#include "decode/tcp_options.h"
#include "flow/side.h"
#include "settings/setting.h"

/* TCP reassembly (RFC 9293): both directions' bytes in order, or gaps of known length.
 *
 * - In-order payload is delivered from the packet itself, never copied; only what came early is, in bounded
 * memory.
 * - What the receiver may have dropped (no or an unacceptable ACK, outside of its window, an old time stamp,
 * a signature that was not agreed on, or `doubtful` by its owner) is no data. It fills a hole only where its
 * bytes were acknowledged, or nobody is there to do so, and before they are called a gap.
 * - Overlaps: the bytes first delivered win; of bytes stored, those of the segment that begins earlier in the
 * stream, or goes further from the same place, else those stored first. Where they contradict each other,
 * another reading of the connection begins with the other choice, from the start of the side's turn if that
 * is kept (16 KiB), else from these bytes on. It is told to sink.again, and lives as long as the first.
 * Readings are bounded, and counted.
 * - The byte that an urgent pointer names is read out of band, and is not delivered, but for Telnet's data
 * mark.
 * - Late before lost: bytes that the other side acknowledged and we have not seen are waited for, bounded in
 * bytes and in packet time, before they are called a gap; those behind another hole since what follows them
 * came. What waited is told with the time at which it came.
 * - Order between the two directions: a segment that acknowledges bytes of the other side which we have not
 *   delivered yet is held until they come (or are given up), so that a response never overtakes its request.
 * - A keep-alive (one byte before the next) delivers nothing; the byte of a zero-window probe, which is the
 * next one, is delivered once. SYN data (RFC 7413) is accepted. Without a SYN a stream begins at its first
 * segment, after a short wait for earlier ones.
 * - A FIN ends its side once it was acknowledged, or nothing was heard of the other side for late_time; bytes
 * behind it that come before refute it. A RST with the very next sequence number ends both sides after
 * late_time without new bytes: what it overtook still comes. Bytes that go on behind it begin another
 * reading.
 * - An acknowledgement alone makes no gap: bytes that others follow, or that are answered by bytes which
 * their sender acknowledges, are given up, and nothing else is.
 * - Every `data` call is followed by zero or more others in the order of the bytes of each side. After `end`
 * nothing comes for that side.
 * - A step does a bounded work (base/work.h). What is in order then and was not told is parked, in the memory
 * for segments, and told at later steps, of several streams in turn: the calls of one stream are the same
 * ones in the same order, whenever they come. A quarter of the memory is the most that one stream may have
 * parked: what comes on top of it pushes out as much, and so does what comes when there is no memory left.
 */
struct stream_again;
struct stream_pair; /* one a flow */

struct stream_sink {
    void (*data)(void *user, enum side from, const uint8_t *bytes, size_t n, time_ns time);
    /* n bytes were lost here; the object is marked and the stream goes on behind them. */
    void (*gap)(void *user, enum side from, uint64_t n, time_ns time);
    /* FIN reached in order (clean), reset or closed early (not clean). Once a side. */
    void (*end)(void *user, enum side from, bool clean, time_ns time);
    /* The next of these calls is for what is at hand now, and comes in a later step. NULL: of no interest. */
    void (*parked)(void *user);
    /* Behind the last call of a stream that stream_finish() was called for, where it said false. */
    void (*over)(void *user);
    /* The connection has contradictions in it; NULL: no other reading is wanted. */
    const struct stream_again *again;
};

/* Of another reading of a connection. `sink` is called with what begin() returned. */
struct stream_again {
    /* `s` is the new reading's, for stream_skip(). NULL: it is not wanted. */
    void *(*begin)(void *user, struct stream_pair *s);
    struct stream_sink sink;   /* its own `again` is not used */
    void (*over)(void *again); /* behind the last call; sink.over is not used */
};

struct stream_options {
    uint64_t memory;     /* bytes for stored segments, all streams */
    uint64_t pairs;      /* most stream pairs at once */
    uint64_t late_bytes; /* stored behind a hole before it is a gap; at most 2 GiB count */
    uint64_t late_time;  /* ns of packet time since the hole appeared */
};
extern const struct setting stream_settings[]; /* limits.stream of gantry.yaml */

struct reassembler; /* pools; one a worker */

struct reassembler *reassembler_create(const struct stream_options *options, const struct stream_sink *sink);
void reassembler_destroy(struct reassembler *r);

/* NULL at the cap (counted). `user` is given to every call of the sink. */
struct stream_pair *stream_open(struct reassembler *r, void *user);
/* Before the first packet: this side's SYN, with this sequence number and these options, was seen already. */
void stream_began(struct stream_pair *s, enum side from, uint32_t syn, struct syn_options options);
/* One TCP packet of the flow; `doubtful`: by what its owner knows the receiver may not have it. The sink may
 * call stream_skip() during it, not stream_close(). When memory is short it is called for other pairs too,
 * whose wait is ended to make room. */
void stream_packet(struct reassembler *r, struct stream_pair *s, enum side from, const struct packet *p,
                   bool doubtful);
/* Nobody wants bytes of either side, nor of any other reading. */
bool stream_is_idle(const struct stream_pair *s);
/* The owner no longer wants bytes of this side: sequence numbers are followed, nothing is stored or
 * delivered. */
void stream_skip(struct stream_pair *s, enum side from);
/* Delivers what is left (holes become gaps), ends both sides that have not ended, frees: in this step. */
void stream_close(struct reassembler *r, struct stream_pair *s, time_ns now);
/* The same, but of what is left nothing is told but the ends, in any reading. */
void stream_abandon(struct reassembler *r, struct stream_pair *s, time_ns now);
/* As stream_close() as far as this step allows. False: the stream is freed when all is told; the sink's
 * `over` says so, from reassembler_resume(). No packet may come for it any more. */
bool stream_finish(struct reassembler *r, struct stream_pair *s, time_ns now);
/* A step begins, in which so much work may be done by calls of the sink before what else is in order is
 * parked. A single call may go beyond it. Before the first of these there is no bound. */
void reassembler_step(struct reassembler *r, uint64_t work);
/* Goes on with what is parked until so much work is done, one call at least. False: nothing is parked. */
bool reassembler_resume(struct reassembler *r, uint64_t work);
bool stream_is_parked(const struct stream_pair *s); /* accepts NULL */
/* Declares gaps whose time is up, over all waiting streams; cheap when none waits. */
void reassembler_tick(struct reassembler *r, time_ns now);
/* Bytes of stored segments, all streams, in whole blocks. */
uint64_t reassembler_memory(const struct reassembler *r);
/* Share of the memory for stored segments that is in use, 0..1000. */
unsigned reassembler_fill(const struct reassembler *r);
bool reassembler_room(const struct reassembler *r);           /* stream_open() will succeed */
size_t reassembler_pairs(const struct reassembler *r);        /* open now */
unsigned reassembler_pairs_fill(const struct reassembler *r); /* share of those that may be, 0..1000 */

#endif
