/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_HOLD_H
#define GANTRY_PROTOCOL_HOLD_H

#include "base/pool.h"
#include "protocol/protocol.h"

/* Internal to dispatch: what came of a flow while it is not known which protocol it speaks. The bytes of a
 * side lie together, the events tell how the sides took turns. */
enum {
    HOLD_EVENTS_MAX = 32, /* turns between the sides that are kept in their order */
    HOLD_SMALL = 256,     /* bytes a side that are enough for most */
};

enum event_kind { EVENT_DATA, EVENT_DATAGRAM, EVENT_GAP, EVENT_END_CLEAN, EVENT_END_CUT };

struct event {
    enum event_kind kind;
    enum side side;
    const uint8_t *bytes; /* EVENT_DATA, EVENT_DATAGRAM; borrowed */
    uint64_t n;           /* bytes of data or gap */
};

struct hold {
    size_t room; /* bytes a side */
    size_t used[2];
    size_t first[2];      /* bytes up to the first gap: what the probes see */
    bool first_closed[2]; /* a gap came behind them */
    unsigned events;
    struct held_event {
        uint8_t kind, side;
        uint64_t n;
    } event[HOLD_EVENTS_MAX];
    uint8_t bytes[]; /* of the client, then of the server */
};

static inline size_t hold_size(size_t room) {
    return sizeof(struct hold) + 2 * room;
}

/* All of a dispatcher: few bytes come of most flows of which nobody knows what they are. */
struct holds {
    struct pool small, large; /* of HOLD_SMALL bytes a side, and of all that may be kept */
    size_t room;              /* bytes a side of the large ones */
};

/* So many of each at once. False: no address space. */
bool holds_init(struct holds *all, size_t room, size_t small, size_t large);
void holds_finish(struct holds *all);
/* An empty one for `n` bytes of a side, if they can be kept at all; NULL: there is none. */
struct hold *holds_take(struct holds *all, uint64_t n);
/* What is held with room for `n` more bytes of that side, if there can be; `h` is not to be used any more. */
struct hold *holds_widen(struct holds *all, struct hold *h, enum side side, uint64_t n);
void holds_give(struct holds *all, struct hold *h); /* accepts NULL */

/* False when there is no room. */
bool hold_add(struct hold *h, const struct event *e);
/* What hold_first() would be with as much of `e`, which does not fit, as there is room for. The octets lie
 * there until the next hold_add(). */
struct bytes hold_peek(struct hold *h, const struct event *e);
/* The event number `i` of those held; `at` says how many bytes of each side came before, and is moved on. */
struct event hold_event(const struct hold *h, unsigned i, size_t at[2]);
/* Accepts NULL: then nothing was held. */
struct bytes hold_first(const struct hold *h, enum side side);

#endif
