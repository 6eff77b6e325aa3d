/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/board.h"

#include "base/counter.h"

#include <poll.h>

/* --- writing --- */

void board_write(struct board *b, const struct board_item *item) {
    struct board_items *ring = &b->ring[item->kind == BOARD_NAME ? BOARD_NAMES : BOARD_ANNOUNCEMENTS];
    uint64_t number = atomic_load_explicit(&ring->written, memory_order_relaxed) + 1;
    struct board_entry *e = &ring->entry[number % BOARD_ENTRIES];
    atomic_store_explicit(&e->number, 0, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    e->item = *item;
    e->item.place = atomic_load_explicit(&b->place, memory_order_relaxed) + 1;
    atomic_store_explicit(&e->number, number, memory_order_release);
    atomic_store_explicit(&ring->written, number, memory_order_release);
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

void board_write_name(struct board *b, const struct resolution *name) {
    board_write(b, &(struct board_item){.kind = BOARD_NAME, .is.name = *name});
}

/* --- reading --- */

struct board_reader board_read_from(const struct board *b, enum board_ring ring) {
    return (struct board_reader){b, ring, atomic_load_explicit(&b->ring[ring].written, memory_order_acquire),
                                 false};
}

static bool is_valid(const struct board_item *item, enum board_ring ring) {
    const struct expectation *e = &item->is.expectation;
    if ((item->kind == BOARD_NAME) != (ring == BOARD_NAMES))
        return false;
    switch (item->kind) {
    case BOARD_EXPECTATION:
        return e->facts_n <= EXPECT_FACTS_MAX && (e->end[SIDE_CLIENT].port || e->end[SIDE_SERVER].port);
    case BOARD_NOTE:
        return item->is.note.n <= BOARD_NOTE_MAX;
    case BOARD_NAME:
        return item->is.name.n > 0 && item->is.name.n <= RESOLVED_NAME_MAX;
    default:
        return false;
    }
}

/* Copied first and looked at then: the writer may write on, whatever it is. */
static bool copy_entry(const struct board_reader *r, uint64_t number, struct board_item *out) {
    const struct board_entry *e = &r->board->ring[r->ring].entry[number % BOARD_ENTRIES];
    if (atomic_load_explicit(&e->number, memory_order_acquire) != number)
        return false;
    memcpy(out, &e->item, sizeof *out);
    atomic_thread_fence(memory_order_acquire);
    return atomic_load_explicit(&e->number, memory_order_relaxed) == number && is_valid(out, r->ring);
}

static void count_lost(const struct board_reader *r, uint64_t n) {
    counter_add(r->ring == BOARD_NAMES ? COUNTER_NAMES_MISSED : COUNTER_ANNOUNCEMENTS_LOST, n);
}

/* Numbers only grow; what says otherwise is read from where it stands. */
static void skip_lost(struct board_reader *r, uint64_t written) {
    uint64_t behind = written - r->read;
    if (behind <= BOARD_ENTRIES)
        return;
    count_lost(r, written > r->read ? behind - BOARD_ENTRIES : 1);
    r->read = written > BOARD_ENTRIES ? written - BOARD_ENTRIES : 0;
}

bool board_next(struct board_reader *r, uint64_t place, struct board_item *out) {
    uint64_t written = atomic_load_explicit(&r->board->ring[r->ring].written, memory_order_acquire);
    skip_lost(r, written);
    for (int steps = 0; r->read != written && steps < BOARD_ENTRIES; steps++) {
        if (!copy_entry(r, r->read + 1, out)) {
            count_lost(r, 1);
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
