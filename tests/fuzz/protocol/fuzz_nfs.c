/* SPDX-License-Identifier: Apache-2.0 */
#include "events.h"
#include "protocol/nfs/nfs.h"

/* Calls and replies of versions 2 to 4. The top bit of the first octet chooses: on one connection, between
 * gaps, or as datagrams, each behind two octets: the side (top bit) and the length; where the next bit is set
 * so many seconds pass instead. */

const struct protocol *const protocol_table[] = {&protocol_nfs, NULL};

static void play_datagrams(const uint8_t *data, size_t size) {
    const uint8_t a[4] = {192, 0, 2, 1}, b[4] = {198, 51, 100, 2};
    struct world *w = world_create(&(struct dispatch_options){.conversations = WORLD_FLOWS});
    struct reader r = reader_of(data, size);
    const uint8_t *bytes;
    uint16_t head;
    world_open_over(w, PROTOCOL_UDP, (struct endpoint){address_from_v4(a), 700},
                    (struct endpoint){address_from_v4(b), 2049});
    while (reader_u16(&r, &head)) {
        size_t n = head & 0x3fff;
        if (head & 0x4000) {
            w->now += (time_ns)n * NS_PER_S;
            dispatcher_tick(w->dispatcher, w->now);
            continue;
        }
        if (n > reader_left(&r))
            n = reader_left(&r);
        reader_take(&r, n, &bytes);
        world_send(w, 0, head & 0x8000 ? SIDE_SERVER : SIDE_CLIENT, bytes, n);
    }
    end_events(w);
    shared_state_clear();
    world_destroy(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size > 0 && data[0] & 0x80)
        play_datagrams(data + 1, size - 1);
    else
        play_alone(&protocol_nfs, NULL, data, size);
    return 0;
}
