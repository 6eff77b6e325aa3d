/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PIPELINE_PASSED_H
#define GANTRY_PIPELINE_PASSED_H

#include "pipeline/unread.h"

/* Flows that are stepped over and count all the same:
 *
 * - FLOW_PASSED: a contract covers whatever they carry, or overload, or want of memory, left them out. What
 * leaves in them is summed up when their octets pass a power of two, or another MiB, and when they end, so
 * that a packet costs two shifts. Octets of headers are taken off as they usually are.
 * - Those of a few small packets alone (lone.h): their octets are added when they end.
 * - Connections with a partner that nobody answered, or that were refused: each counts when it is over. One
 * to anybody else costs nothing beyond its look-up.
 *
 * Sums are those of an image network and a partner (of a stranger: an address), and go out with those of
 * unread.h, as records of class unread-flow. */
struct passed {
    struct passed_sum *sums;
    uint16_t *index; /* by hash, into `sums`; PASSED_NONE: empty */
    unsigned count;
    time_ns due;
    struct hash_key key;
};

bool passed_init(struct passed *s); /* false: no memory */
void passed_finish(struct passed *s);
/* A packet of `octets` that `from` sent on a FLOW_PASSED flow, which is counted in it already. */
void passed_packet(struct passed *s, const struct unread_way *way, const struct flow *flow, enum side from,
                   uint64_t octets);
/* The rest of it. */
void passed_end(struct passed *s, const struct unread_way *way, const struct flow *flow);
/* A flow is over of which a few packets came, with so many octets from each side. */
void passed_alone(struct passed *s, const struct unread_way *way, const struct flow *flow,
                  const uint64_t octets[2]);
/* A TCP connection is over that carried nothing. Counts where its opening was seen, and no agreement to it.
 */
void passed_try(struct passed *s, const struct unread_way *way, const struct flow *flow);
/* All sums go out, each half second of packet time. */
void passed_tick(struct passed *s, const struct unread_way *way, time_ns now, bool all);

#endif
