/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_CAPTURE_RING_H
#define GANTRY_CAPTURE_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The kernel's TPACKET_V3 ring as libpcap mapped it. libpcap keeps to itself where in it a process reads; a
 * process forked later begins at the first block, and would wait there until the kernel has come round.
 * Internal to this folder. */
struct ring {
    uint8_t *base; /* NULL: not found, then nothing can be resumed */
    size_t blocks;
};

/* The mapping of the packet socket `fd`, from /proc/self/maps. */
void ring_find(struct ring *r, int fd);

/* Gives every unread block back to the kernel and leaves empty ones from the first to where the kernel
 * writes, which libpcap steps over at once. Adds the packets given back to *lost. False if this is no ring
 * that it knows. */
bool ring_resume(const struct ring *r, uint64_t *lost);

/* Share of the blocks that are full and not read, in thousandths; the one that is being read does not count.
 * -1 if this is no ring that it knows. One word a block is read, of at most 2048 blocks. */
int ring_waiting(const struct ring *r);

#endif
