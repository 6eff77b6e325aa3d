/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_FLOW_BOARD_H
#define GANTRY_FLOW_BOARD_H

#include "flow/flow.h"
#include "flow/resolved.h"

#include <stdatomic.h>

/* What one worker announces to the others. Flows are split by the pair of their addresses, and an announced
 * one may have another pair than the one that announced it: then another worker sees it. Each worker writes
 * a board of its own and maps those of its siblings to read alone. A board holds facts and no pointers. Who
 * writes it may have been taken over: whatever stands there is bounded and checked by the reader, and can do
 * no more than announce. */

enum { BOARD_ENTRIES = 512, BOARD_NOTE_MAX = 256 };
#define BOARD_END UINT64_MAX /* as a place: the whole capture was read */

enum board_kind {
    BOARD_EXPECTATION,
    BOARD_NOTE, /* what a protocol has to say of a flow that it announced */
    BOARD_NAME, /* a host has asked the DNS for one */
};

/* Names come in thousands and are for people alone: they stand in a ring of their own, so that no flood of
 * them overwrites what was announced. */
enum board_ring { BOARD_ANNOUNCEMENTS, BOARD_NAMES, BOARD_RINGS };

struct board_note {
    uint8_t protocol; /* number, as an expectation has it */
    uint16_t n;
    uint8_t bytes[BOARD_NOTE_MAX];
};

struct board_item {
    uint64_t place; /* of the packet at which it was written, in the capture file; 0: live */
    uint8_t kind;   /* enum board_kind */
    union {
        struct expectation expectation;
        struct board_note note;
        struct resolution name;
    } is;
};

struct board {
    _Atomic uint64_t place; /* files: packets read so far, of whichever worker; BOARD_END */
    struct board_items {
        _Atomic uint64_t written; /* items since the start */
        struct board_entry {
            _Atomic uint64_t number; /* of the item, from 1; 0: it is being written */
            struct board_item item;
        } entry[BOARD_ENTRIES];
    } ring[BOARD_RINGS];
};

/* By its owner alone. Never waits: the oldest item goes. A successor writes on. */
void board_write(struct board *b, const struct board_item *item);
void board_write_expectation(struct board *b, const struct expectation *e);
void board_write_note(struct board *b, uint8_t protocol, struct bytes text); /* longer than the bound: cut */
void board_write_name(struct board *b, const struct resolution *name);

struct board_reader {
    const struct board *board;
    enum board_ring ring;
    uint64_t read; /* number of the last item taken, or passed over */
    bool stuck;    /* its writer does not move: it is not waited for again */
};

/* From now on: what was written before is passed over. */
struct board_reader board_read_from(const struct board *b, enum board_ring ring);
/* Is there anything new? Two loads. */
static inline bool board_has_news(const struct board_reader *r) {
    return atomic_load_explicit(&r->board->ring[r->ring].written, memory_order_acquire) != r->read;
}
/* The next whole and valid item that was written up to `place`. False: none. What was overwritten meanwhile
 * or makes no sense is passed over and counted; at most BOARD_ENTRIES steps a call. */
bool board_next(struct board_reader *r, uint64_t place, struct board_item *out);
/* Reading files: until the writer has read as far as `place`, so that all is there that it announced before.
 * Not longer than it moves. */
void board_wait(struct board_reader *r, uint64_t place);

#endif
