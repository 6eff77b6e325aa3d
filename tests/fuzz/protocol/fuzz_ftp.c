/* SPDX-License-Identifier: Apache-2.0 */
#include "../../unit/protocol/world.h"
#include "base/counter.h"
#include "protocol/ftp/ftp.h"

/* A control channel and its data flows, event by event: kind, flow, length, bytes. Whatever comes, the same
 * transfers must come at any split, all must end, and nothing may leak. */

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

/* Without HTTP: flows that nobody announced are not this target's matter. */
const struct protocol *const protocol_table[] = {&protocol_ftp, &protocol_ftp_data, NULL};

static void open_expected(struct world *w, uint8_t which) {
    if (w->expectations == 0 || w->flows == WORLD_FLOWS)
        return;
    const struct endpoint *end = w->expectation[which % w->expectations].e.end;
    world_open(w, (struct endpoint){end[SIDE_CLIENT].address, 20}, end[SIDE_SERVER]);
}

static void play(struct world *w, struct reader r, size_t split) {
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

static struct world *run(const uint8_t *data, size_t size, size_t split) {
    const uint8_t a[4] = {192, 0, 2, 1}, b[4] = {198, 51, 100, 2};
    struct world *w = world_create(&(struct dispatch_options){.conversations = WORLD_FLOWS});
    world_open(w, (struct endpoint){address_from_v4(a), 40000}, (struct endpoint){address_from_v4(b), 21});
    const struct expectation e = {.protocol = (uint8_t)dispatcher_number(w->dispatcher, &protocol_ftp)};
    conversation_announce(w->dispatcher, w->flow[0], &e);
    play(w, reader_of(data, size), split);
    world_close_all(w);
    for (size_t i = 0; i < w->transfers; i++)
        if (!w->transfer[i].ended)
            abort();
    return w;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    struct world *whole = run(data + 1, size - 1, 0), *split = run(data + 1, size - 1, data[0] % 7 + 1u);
    if (!world_same_transfers(whole, split))
        abort();
    world_destroy(whole);
    world_destroy(split);
    return 0;
}
