/* SPDX-License-Identifier: Apache-2.0 */
#include "../../unit/protocol/world.h"
#include "protocol/ftp/ftp.h"
#include "protocol/haproxy/haproxy.h"
#include "protocol/socks/socks.h"
#include "protocol/socks/socks_udp.h"

/* The first octet chooses: a stream behind a proxy's head, turn by turn as fuzz_socks has it, in which what
 * is found must not hang on how the bytes are cut; or datagrams through a relay, in the same form. */

const struct protocol *const protocol_table[] = {&protocol_haproxy, &protocol_ftp,       &protocol_ftp_data,
                                                 &protocol_socks,   &protocol_socks_udp, NULL};

static struct world *run(const uint8_t *data, size_t size, size_t split, bool datagrams) {
    const struct endpoint nobody = {0};
    struct world *w = world_create(&(struct dispatch_options){.conversations = 2});
    struct reader r = reader_of(data, size);
    const uint8_t *bytes;
    uint8_t head;
    world_open_over(w, datagrams ? PROTOCOL_UDP : PROTOCOL_TCP, nobody, nobody);
    const struct expectation e = {.protocol = (uint8_t)dispatcher_number(w->dispatcher, &protocol_socks_udp)};
    if (datagrams)
        conversation_announce(w->dispatcher, w->flow[0], &e);
    while (reader_u8(&r, &head)) {
        size_t n = head & 0x7fu;
        if (n > reader_left(&r))
            n = reader_left(&r);
        reader_take(&r, n, &bytes);
        if (datagrams)
            world_send(w, 0, head & 0x80 ? SIDE_SERVER : SIDE_CLIENT, bytes, n);
        else
            world_deliver(w, 0, head & 0x80 ? SIDE_SERVER : SIDE_CLIENT, bytes, n, split);
    }
    return w;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    bool datagrams = data[0] & 0x80;
    struct world *whole = run(data + 1, size - 1, 0, datagrams);
    struct world *split = run(data + 1, size - 1, data[0] % 7 + 1u, datagrams);
    if (whole->expectations != split->expectations || whole->names != split->names ||
        !world_same_text(&whole->told[FACT_TARGET], &split->told[FACT_TARGET]))
        abort();
    world_destroy(whole);
    world_destroy(split);
    return 0;
}
