/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_FUZZ_PROTOCOL_EVENTS_H
#define GANTRY_FUZZ_PROTOCOL_EVENTS_H

#include "../../unit/protocol/world.h"
#include "protocol/shared.h"

/* A world played event by event: kind, flow, length, bytes. */

enum {
    BYTES_CLIENT,
    BYTES_SERVER,
    GAP_CLIENT,
    GAP_SERVER,
    FIN_CLIENT,
    FIN_SERVER,
    RESET,
    CLOSE,
    OPEN,
    KINDS
};

static void open_expected(struct world *w, uint8_t which) {
    if (w->expectations == 0 || w->flows == WORLD_FLOWS)
        return;
    const struct endpoint *end = w->expectation[which % w->expectations].e.end;
    world_open(w, (struct endpoint){end[SIDE_CLIENT].address, 20}, end[SIDE_SERVER]);
}

static void play_events(struct world *w, struct reader r, size_t split) {
    uint8_t kind, which, n;
    const uint8_t *bytes;
    while (reader_u8(&r, &kind) && reader_u8(&r, &which) && reader_u8(&r, &n)) {
        size_t flow = which % w->flows;
        if (n > reader_left(&r))
            n = (uint8_t)reader_left(&r);
        reader_take(&r, n, &bytes);
        kind %= KINDS;
        if (kind <= BYTES_SERVER)
            world_deliver(w, flow, (enum side)kind, bytes, n, split);
        else if (kind <= GAP_SERVER)
            world_lose(w, flow, (enum side)(kind - GAP_CLIENT), n + 1u);
        else if (kind <= FIN_SERVER)
            world_finish(w, flow, (enum side)(kind - FIN_CLIENT), true);
        else if (kind == RESET)
            world_finish(w, flow, SIDE_CLIENT, false);
        else if (kind == CLOSE)
            world_close(w, flow);
        else
            open_expected(w, which);
    }
}

/* All transfers must end. */
static void end_events(struct world *w) {
    world_close_all(w);
    for (size_t i = 0; i < w->transfers; i++)
        if (!w->transfer[i].ended)
            abort();
}

static inline struct world *run_alone(const struct protocol *p, struct codings *codings, const uint8_t *data,
                                      size_t size, size_t split) {
    const uint8_t a[4] = {192, 0, 2, 1}, b[4] = {198, 51, 100, 2};
    struct world *w = world_create(&(struct dispatch_options){.conversations = WORLD_FLOWS});
    world_open(w, (struct endpoint){address_from_v4(a), 40000}, (struct endpoint){address_from_v4(b), 25});
    w->flow[0]->codings = codings;
    const struct expectation e = {.protocol = (uint8_t)dispatcher_number(w->dispatcher, p)};
    conversation_announce(w->dispatcher, w->flow[0], &e);
    play_events(w, reader_of(data, size), split);
    end_events(w);
    shared_state_clear(); /* the next world knows nothing of this one */
    return w;
}

/* One flow that speaks `p`: the same transfers must come at any split, all must end, and nothing may leak.
 * The first octet chooses the split. */
static inline void play_alone(const struct protocol *p, struct codings *codings, const uint8_t *data,
                              size_t size) {
    if (size == 0)
        return;
    struct world *whole = run_alone(p, codings, data + 1, size - 1, 0);
    struct world *split = run_alone(p, codings, data + 1, size - 1, data[0] % 7 + 1u);
    if (!world_same_transfers(whole, split))
        abort();
    world_destroy(whole);
    world_destroy(split);
}

#endif
