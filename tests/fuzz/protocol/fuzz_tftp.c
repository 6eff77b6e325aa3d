/* SPDX-License-Identifier: Apache-2.0 */
#include "../../unit/protocol/world.h"
#include "protocol/tftp/tftp.h"

/* Datagrams, each behind two octets: the side (top bit), the flow (next bit: that of the requests, or the one
 * that was announced last) and the length. All transfers must end, and nothing may leak. */

const struct protocol *const protocol_table[] = {&protocol_tftp, NULL};

static void open_announced(struct world *w, struct endpoint client, struct endpoint server) {
    static size_t opened;
    if (w->flows == 1)
        opened = 0;
    if (opened == w->expectations || w->flows == WORLD_FLOWS)
        return;
    opened = w->expectations;
    size_t flow = world_open_over(w, PROTOCOL_UDP,
                                  (struct endpoint){server.address, (uint16_t)(40000 + opened)}, client);
    conversation_announce(w->dispatcher, w->flow[flow], &w->expectation[opened - 1].e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const uint8_t a[4] = {192, 0, 2, 1}, b[4] = {198, 51, 100, 2};
    const struct endpoint client = {address_from_v4(a), 50123}, server = {address_from_v4(b), 69};
    struct world *w = world_create(&(struct dispatch_options){.conversations = WORLD_FLOWS});
    struct reader r = reader_of(data, size);
    const uint8_t *bytes;
    uint16_t head;
    world_open_over(w, PROTOCOL_UDP, client, server);
    while (reader_u16(&r, &head)) {
        size_t n = head & 0x3fff;
        if (n > reader_left(&r))
            n = reader_left(&r);
        reader_take(&r, n, &bytes);
        enum side from = head & 0x8000 ? SIDE_SERVER : SIDE_CLIENT;
        world_send(w, head & 0x4000 ? w->flows - 1 : 0, from, bytes, n);
        open_announced(w, client, server);
    }
    world_close_all(w);
    for (size_t i = 0; i < w->transfers; i++)
        if (!w->transfer[i].ended)
            abort();
    world_destroy(w);
    return 0;
}
