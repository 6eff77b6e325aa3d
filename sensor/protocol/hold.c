/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/hold.h"

bool holds_init(struct holds *all, size_t room, size_t small, size_t large) {
    all->room = room;
    return pool_init(&all->small, hold_size(HOLD_SMALL), room > HOLD_SMALL ? small : 0) &&
           pool_init(&all->large, hold_size(room), large);
}

void holds_finish(struct holds *all) {
    pool_finish(&all->small);
    pool_finish(&all->large);
}

static struct hold *take_from(struct pool *pool, size_t room) {
    struct hold *h = pool_take(pool);
    if (h) {
        memset(h, 0, sizeof *h);
        h->room = room;
    }
    return h;
}

struct hold *holds_take(struct holds *all, uint64_t n) {
    struct hold *h = n <= HOLD_SMALL ? take_from(&all->small, HOLD_SMALL) : NULL;
    return h ? h : take_from(&all->large, all->room);
}

void holds_give(struct holds *all, struct hold *h) {
    if (h)
        pool_give(h->room < all->room ? &all->small : &all->large, h);
}

static const uint8_t *side_bytes(const struct hold *h, enum side side) {
    return h->bytes + (side == SIDE_SERVER ? h->room : 0);
}

struct hold *holds_widen(struct holds *all, struct hold *h, enum side side, uint64_t n) {
    bool fits = n <= h->room - h->used[side];
    struct hold *wide = fits || h->room == all->room ? NULL : pool_take(&all->large);
    if (!wide)
        return h;
    memcpy(wide, h, sizeof *h);
    wide->room = all->room;
    for (enum side i = SIDE_CLIENT; i <= SIDE_SERVER; i++)
        memcpy((uint8_t *)side_bytes(wide, i), side_bytes(h, i), h->used[i]);
    holds_give(all, h);
    return wide;
}

bool hold_add(struct hold *h, const struct event *e) {
    struct held_event *last = h->events ? &h->event[h->events - 1] : NULL;
    bool joins = last && last->side == e->side && last->kind == e->kind && e->kind != EVENT_DATAGRAM;
    if (!joins && h->events == HOLD_EVENTS_MAX)
        return false;
    if (e->kind == EVENT_DATA || e->kind == EVENT_DATAGRAM) {
        if (e->n > h->room - h->used[e->side])
            return false;
        memcpy((uint8_t *)side_bytes(h, e->side) + h->used[e->side], e->bytes, e->n);
        h->used[e->side] += e->n;
        if (!h->first_closed[e->side])
            h->first[e->side] = h->used[e->side];
    } else if (h->used[e->side]) {
        h->first_closed[e->side] = true;
    }
    if (joins)
        last->n += e->n;
    else
        h->event[h->events++] =
            (struct held_event){.kind = (uint8_t)e->kind, .side = (uint8_t)e->side, .n = e->n};
    return true;
}

struct bytes hold_peek(struct hold *h, const struct event *e) {
    struct bytes first = hold_first(h, e->side);
    size_t left = h->room - h->used[e->side], n = e->n < left ? e->n : left;
    if (h->first_closed[e->side] || e->kind != EVENT_DATA)
        return first;
    memcpy((uint8_t *)side_bytes(h, e->side) + h->used[e->side], e->bytes, n);
    return bytes_of(first.p, first.n + n);
}

struct event hold_event(const struct hold *h, unsigned i, size_t at[2]) {
    const struct held_event *held = &h->event[i];
    struct event e = {.kind = held->kind, .side = held->side, .n = held->n};
    if (e.kind == EVENT_DATA || e.kind == EVENT_DATAGRAM) {
        e.bytes = side_bytes(h, e.side) + at[e.side];
        at[e.side] += e.n;
    }
    return e;
}

struct bytes hold_first(const struct hold *h, enum side side) {
    return h ? bytes_of(side_bytes(h, side), h->first[side]) : bytes_of(NULL, 0);
}
