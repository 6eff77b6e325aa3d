/* SPDX-License-Identifier: Apache-2.0 */
#include "../../unit/protocol/world.h"
#include "protocol/ftp/ftp.h"
#include "protocol/socks/socks.h"

/* One flow, turn by turn: a byte for side (top bit) and length, then the bytes. What is found must not hang
 * on how the bytes are cut; when a flow that nothing is found in is given up may. */

const struct protocol *const protocol_table[] = {&protocol_ftp, &protocol_ftp_data, &protocol_socks, NULL};

static struct world *run(const uint8_t *data, size_t size, size_t split) {
    const struct endpoint nobody = {0};
    struct world *w = world_create(&(struct dispatch_options){.conversations = 2});
    struct reader r = reader_of(data, size);
    const uint8_t *bytes;
    uint8_t head;
    world_open(w, nobody, nobody);
    const struct expectation e = {.protocol = (uint8_t)dispatcher_number(w->dispatcher, &protocol_socks)};
    conversation_announce(w->dispatcher, w->flow[0], &e);
    while (reader_u8(&r, &head)) {
        size_t n = head & 0x7fu;
        if (n > reader_left(&r))
            n = reader_left(&r);
        reader_take(&r, n, &bytes);
        world_deliver(w, 0, head & 0x80 ? SIDE_SERVER : SIDE_CLIENT, bytes, n, split);
    }
    return w;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    struct world *whole = run(data + 1, size - 1, 0), *split = run(data + 1, size - 1, data[0] % 7 + 1u);
    if (whole->expectations != split->expectations || whole->encrypted != split->encrypted ||
        whole->names != split->names || !world_same_text(&whole->named, &split->named))
        abort();
    world_destroy(whole);
    world_destroy(split);
    return 0;
}
