/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/board.h"

#include "base/counter.h"

#include <poll.h>

/* --- writing --- */

void board_write(struct board *b, const struct board_item *item) {
    uint64_t number = atomic_load_explicit(&b->written, memory_order_relaxed) + 1;
    struct board_entry *e = &b->entry[number % BOARD_ENTRIES];
    atomic_store_explicit(&e->number, 0, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    e->item = *item;
    e->item.place = atomic_load_explicit(&b->place, memory_order_relaxed) + 1;
    atomic_store_explicit(&e->number, number, memory_order_release);
    atomic_store_explicit(&b->written, number, memory_order_release);
}

void board_write_expectation(struct board *b, const struct expectation *e) {
    board_write(b, &(struct board_item){.kind = BOARD_EXPECTATION, .is.expectation = *e});
}

void board_write_note(struct board *b, uint8_t protocol, struct bytes text) {
    struct board_item item = {.kind = BOARD_NOTE, .is.note = {.protocol = protocol}};
    item.is.note.n = (uint16_t)(text.n < BOARD_NOTE_MAX ? text.n : BOARD_NOTE_MAX);
    if (item.is.note.n)
        memcpy(item.is.note.bytes, text.p, item.is.note.n);
    board_write(b, &item);
}

/* --- reading --- */

struct board_reader board_read_from(const struct board *b) {
    return (struct board_reader){b, atomic_load_explicit(&b->written, memory_order_acquire), false};
}

static bool is_valid(const struct board_item *item) {
    const struct expectation *e = &item->is.expectation;
    switch (item->kind) {
    case BOARD_EXPECTATION:
        return e->facts_n <= EXPECT_FACTS_MAX && (e->end[SIDE_CLIENT].port || e->end[SIDE_SERVER].port);
    case BOARD_NOTE:
        return item->is.note.n <= BOARD_NOTE_MAX;
    default:
        return false;
    }
}

/* Copied first and looked at then: the writer may write on, whatever it is. */
static bool copy_entry(const struct board_entry *e, uint64_t number, struct board_item *out) {
    if (atomic_load_explicit(&e->number, memory_order_acquire) != number)
        return false;
    memcpy(out, &e->item, sizeof *out);
    atomic_thread_fence(memory_order_acquire);
    return atomic_load_explicit(&e->number, memory_order_relaxed) == number && is_valid(out);
}

/* Numbers only grow; what says otherwise is read from where it stands. */
static void skip_lost(struct board_reader *r, uint64_t written) {
    uint64_t behind = written - r->read;
    if (behind <= BOARD_ENTRIES)
        return;
    counter_add(COUNTER_ANNOUNCEMENTS_LOST, written > r->read ? behind - BOARD_ENTRIES : 1);
    r->read = written > BOARD_ENTRIES ? written - BOARD_ENTRIES : 0;
}

bool board_next(struct board_reader *r, uint64_t place, struct board_item *out) {
    uint64_t written = atomic_load_explicit(&r->board->written, memory_order_acquire);
    skip_lost(r, written);
    for (int steps = 0; r->read != written && steps < BOARD_ENTRIES; steps++) {
        const struct board_entry *e = &r->board->entry[(r->read + 1) % BOARD_ENTRIES];
        if (!copy_entry(e, r->read + 1, out)) {
            counter_one(COUNTER_ANNOUNCEMENTS_LOST);
            r->read++;
        } else if (out->place > place) {
            return false;
        } else {
            r->read++;
            return true;
        }
    }
    return false;
}

/* Polling a moment, then giving the processor away. */
void board_wait(struct board_reader *r, uint64_t place) {
    enum { SPINS = 200 };
    const time_ns patience = 10 * NS_PER_S;
    time_ns since = 0;
    uint64_t before = 0;
    for (unsigned i = 0; !r->stuck; i++) {
        uint64_t now = atomic_load_explicit(&r->board->place, memory_order_acquire);
        if (now >= place)
            return;
        if (i < SPINS)
            continue;
        poll(NULL, 0, 1);
        if (!since || now != before)
            since = clock_monotonic();
        before = now;
        if (clock_monotonic() - since > patience) {
            counter_one(COUNTER_ANNOUNCEMENTS_LATE);
            r->stuck = true;
        }
    }
}
