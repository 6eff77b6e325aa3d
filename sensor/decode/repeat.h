/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_DECODE_REPEAT_H
#define GANTRY_DECODE_REPEAT_H

#include "decode/decode.h"

/* Does the span show packets twice? A sixteenth of the TCP and UDP packets with payload, the same ones
 * whenever they come, is remembered by a digest of what no router changes on the way; a retransmission has
 * another IP id, checksum or time stamp. A packet is judged once no copy can come any more: with one it is a
 * packet that came twice, with many it is what its sender says again and again, and is not counted at all.
 * Counted: COUNTER_DUPLICATES_SAMPLED, COUNTER_DUPLICATES, at most one for two of those. */
enum { REPEAT_CELLS = 1024 };

struct repeats {
    struct repeat_cell {
        uint64_t digest;
        time_ns time; /* of the last that came */
        uint32_t seen;
    } cell[REPEAT_CELLS];
};

void repeat_note(struct repeats *r, const struct packet *p);
/* Judges all whose time is over; packet time. */
void repeat_settle(struct repeats *r, time_ns now);

#endif
