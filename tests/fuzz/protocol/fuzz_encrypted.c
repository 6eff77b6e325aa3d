/* SPDX-License-Identifier: Apache-2.0 */
#include "../../unit/protocol/world.h"
#include "protocol/extent/extent.h"
#include "protocol/ssh/ssh.h"
#include "protocol/tls/tls.h"
#include "protocol/unknown/unknown.h"
#include "protocol/vpn/openvpn.h"

/* One flow that looks encrypted, turn by turn: a byte for side (top bit), gap (next bit) and length, then the
 * bytes, or all that is left where the length is 63. Each octet is handed on once at most, but for the last
 * header of a thing that breaks, and nothing is left open. */

const struct protocol *const protocol_table[] = {&protocol_tls, &protocol_ssh, &protocol_openvpn,
                                                 &protocol_unknown, NULL};

static void run(const uint8_t *data, size_t size, size_t split) {
    const struct endpoint nobody = {0};
    struct world *w = world_create(&(struct dispatch_options){.conversations = 2});
    struct reader r = reader_of(data, size);
    const uint8_t *bytes;
    uint64_t given = 0;
    uint8_t head;
    world_open(w, nobody, nobody);
    conversation_named(w->dispatcher, w->flow[0], NULL);
    while (reader_u8(&r, &head)) {
        enum side from = head & 0x80 ? SIDE_SERVER : SIDE_CLIENT;
        size_t n = head & 0x3fu;
        if (head & 0x40) {
            world_lose(w, 0, from, n * n);
            given += n * n;
            continue;
        }
        n = n == 0x3f ? reader_left(&r) : n > reader_left(&r) ? reader_left(&r) : n;
        reader_take(&r, n, &bytes);
        world_deliver(w, 0, from, bytes, n, split);
        given += n;
    }
    world_close_all(w);
    uint64_t moved = 0, again = 0;
    for (size_t i = 0; i < w->transfers; i++) {
        if (!w->transfer[i].ended)
            abort();
        moved += w->transfer[i].size;
        again += w->transfer[i].how == TRANSFER_CUT ? EXTENT_HEADER_MAX : 0;
    }
    if (moved > given + again || w->cleared > w->encrypted)
        abort();
    world_destroy(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size > 0) {
        run(data + 1, size - 1, 0);
        run(data + 1, size - 1, data[0] % 7 + 1u);
    }
    return 0;
}
