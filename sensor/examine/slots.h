/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_EXAMINE_SLOTS_H
#define GANTRY_EXAMINE_SLOTS_H

#include "base/allowance.h"
#include "base/bytes.h"

/* Memory for files that are gathered: each has a run of blocks in one area, so that its bytes lie in one
 * piece. Nothing of a file is left in it once its slot is closed. */
enum { EXAMINE_BLOCK = 64 << 10, EXAMINE_SLOTS_MAX = 256 };

struct examine_slot {
    enum examine_state {
        SLOT_FREE,
        SLOT_GATHERS, /* an unpacker adds to it */
        SLOT_KEPT,    /* it is all there, for somebody to take */
        SLOT_SENT,    /* and somebody has */
    } state;
    size_t first, blocks; /* its run */
    size_t n;             /* bytes gathered */
    bool whole;           /* of the object, from the first to the last */
    uint64_t object;      /* number */
    const struct allowance *payer;
    size_t price; /* that was paid for it */
};

struct examine_slots {
    uint8_t *bytes; /* the area; borrowed */
    uint64_t size_max;
    unsigned slots;
    size_t blocks;
    uint8_t *taken; /* by block */
    struct examine_slot slot[EXAMINE_SLOTS_MAX];
};

/* `bytes`: `size` of them, zeroed. False: no memory. */
bool slots_init(struct examine_slots *s, uint8_t *bytes, size_t size, uint64_t size_max, unsigned slots);
void slots_finish(struct examine_slots *s);

/* `expected`: bytes that will come, LENGTH_UNKNOWN. One payer has no more than half of what there is. NULL:
 * no room. */
struct examine_slot *slots_open(struct examine_slots *s, uint64_t expected, const struct allowance *payer);
/* False: there is no room for them, or size_max is met; as many as fit were added. */
bool slots_add(struct examine_slots *s, struct examine_slot *slot, const uint8_t *bytes, size_t n);
/* Clears what it held. */
void slots_close(struct examine_slots *s, struct examine_slot *slot);
/* Clears in `size` octets what the slot of a process before this one has there. That may have been taken
 * over: a slot that reaches beyond them is none. */
void slots_wipe(const struct examine_slot *slot, uint8_t *bytes, size_t size);
struct bytes slots_bytes(const struct examine_slots *s, const struct examine_slot *slot);
/* The slot that is kept for an object; NULL: none. */
struct examine_slot *slots_find(struct examine_slots *s, uint64_t object);

#endif
