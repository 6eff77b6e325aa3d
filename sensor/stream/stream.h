/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_STREAM_STREAM_H
#define GANTRY_STREAM_STREAM_H

#include "base/clock.h"
#include "decode/decode.h"
#include "flow/side.h"
#include "settings/setting.h"

/* TCP reassembly (RFC 9293): both directions' bytes in order, or gaps of known length.
 *
 * - In-order payload is delivered from the packet itself, never copied; only what came early is, in bounded
 * memory.
 * - Overlaps: the bytes first delivered or first stored win.
 * - Late before lost: bytes that the other side acknowledged and we have not seen are waited for, bounded in
 * bytes and in packet time, before they are called a gap.
 * - Order between the two directions: a segment that acknowledges bytes of the other side which we have not
 *   delivered yet is held until they come (or are given up), so that a response never overtakes its request.
 * - A keep-alive (one byte before the next) delivers nothing; the byte of a zero-window probe, which is the
 * next one, is delivered once. SYN data (RFC 7413) is accepted. Without a SYN a stream begins at its first
 * segment, after a short wait for earlier ones.
 * - A RST in the window ends both sides after late_time without new bytes: what it overtook still comes, and
 * one that the receiver never obeys does not end the stream.
 * - Every `data` call is followed by zero or more others in the order of the bytes of each side. After `end`
 * nothing comes for that side.
 */
struct stream_sink {
    void (*data)(void *user, enum side from, const uint8_t *bytes, size_t n, time_ns time);
    /* n bytes were lost here; the object is marked and the stream goes on behind them. */
    void (*gap)(void *user, enum side from, uint64_t n, time_ns time);
    /* FIN reached in order (clean), reset or closed early (not clean). Once a side. */
    void (*end)(void *user, enum side from, bool clean, time_ns time);
};

struct stream_options {
    uint64_t memory;     /* bytes for stored segments, all streams */
    uint64_t pairs;      /* most stream pairs at once */
    uint64_t late_bytes; /* stored behind a hole before it is a gap; at most 2 GiB count */
    uint64_t late_time;  /* ns of packet time since the hole appeared */
};
extern const struct setting stream_settings[]; /* limits.stream of gantry.yaml */

struct reassembler; /* pools; one a worker */
struct stream_pair; /* one a flow */

struct reassembler *reassembler_create(const struct stream_options *options, const struct stream_sink *sink);
void reassembler_destroy(struct reassembler *r);

/* NULL at the cap (counted). `user` is given to every call of the sink. */
struct stream_pair *stream_open(struct reassembler *r, void *user);
/* Before the first packet: this side's SYN, with this sequence number, was seen already. */
void stream_began(struct stream_pair *s, enum side from, uint32_t syn);
/* One TCP packet of the flow. The sink may call stream_skip() during it, not stream_close(). When memory is
 * short it is called for other pairs too, whose wait is ended to make room. */
void stream_packet(struct reassembler *r, struct stream_pair *s, enum side from, const struct packet *p);
/* The owner no longer wants bytes of this side: sequence numbers are followed, nothing is stored or
 * delivered. */
void stream_skip(struct stream_pair *s, enum side from);
/* Delivers what is left (holes become gaps), ends both sides that have not ended, frees. */
void stream_close(struct reassembler *r, struct stream_pair *s, time_ns now);
/* Declares gaps whose time is up, over all waiting streams; cheap when none waits. */
void reassembler_tick(struct reassembler *r, time_ns now);
/* Bytes of stored segments, all streams, in whole blocks. */
uint64_t reassembler_memory(const struct reassembler *r);
/* Share of the memory for stored segments that is in use, 0..1000. */
unsigned reassembler_fill(const struct reassembler *r);
bool reassembler_room(const struct reassembler *r);    /* stream_open() will succeed */
size_t reassembler_pairs(const struct reassembler *r); /* open now */

#endif
