/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_BASE_WORK_H
#define GANTRY_BASE_WORK_H

#include <stdint.h>

/* What a worker has done, in one unit for all stages: about what a byte costs that is delivered, or that a
 * coding makes. It goes up where the work is done, so that a step (a packet, a turn without one) can be
 * bounded wherever its work comes from. */
enum {
    WORK_CALL = 256,  /* of a call with bytes, however few */
    WORK_MATCHED = 4, /* of a byte that patterns are matched against */
};

extern uint64_t work_done; /* only grows */

static inline void work_add(uint64_t n) {
    work_done += n;
}

/* work_done when so much more is done; `n` may be the largest number. */
static inline uint64_t work_until(uint64_t n) {
    return n < UINT64_MAX - work_done ? work_done + n : UINT64_MAX;
}

#endif
