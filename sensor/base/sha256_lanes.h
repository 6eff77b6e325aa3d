/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_BASE_SHA256_LANES_H
#define GANTRY_BASE_SHA256_LANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Blocks of SHA-256 (FIPS 180-4, 6.2) by the processor's own instructions, of several streams at once. */

enum { SHA256_LANES = 3 };

struct sha256_lane {
    uint32_t *state;      /* eight words, a to h */
    const uint8_t *bytes; /* moves on with the blocks */
    size_t blocks;        /* left, of 64 bytes each */
};

/* True if the processor has the instructions. */
bool sha256_lanes_work(void);
/* All blocks of the first lane, and of the others as many as go along. `n` from 1 to SHA256_LANES, though the
 * array holds as many as those. Only where sha256_lanes_work(). */
void sha256_lanes(struct sha256_lane lane[SHA256_LANES], unsigned n);

#endif
