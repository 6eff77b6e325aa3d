/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PIPELINE_HEAVY_H
#define GANTRY_PIPELINE_HEAVY_H

#include "decode/decode.h"

/* Which pair of hosts makes most of a worker's work: the space-saving counter of Metwally, Agrawal and El
 * Abbadi (2005) over a sample of the packets. A pair with more than 1/HEAVY_PAIRS of all work is among those
 * that are kept. */
enum { HEAVY_PAIRS = 16, HEAVY_SAMPLE = 16 };

struct heavy_pair {
    struct address low, high;
    uint64_t work;  /* sampled bytes, and what a packet costs beside its bytes */
    uint64_t error; /* of `work`, at most so much belongs to others */
};

/* All zero at the start, and to begin anew. */
struct heavy {
    struct heavy_pair pair[HEAVY_PAIRS];
    uint64_t work; /* of all pairs */
    uint32_t samples, random, skip;
};

/* Each packet; looks at one in HEAVY_SAMPLE, at random. */
void heavy_packet(struct heavy *h, const struct packet *p);
/* The heaviest pair and the thousandths of all work that are certainly its; 0 when too little was seen. */
unsigned heavy_top(const struct heavy *h, const struct heavy_pair **out);

#endif
