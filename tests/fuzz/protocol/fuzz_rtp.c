/* SPDX-License-Identifier: Apache-2.0 */
#include "../../unit/protocol/world.h"
#include "protocol/rtsp/rtp.h"

/* Datagrams of one source, each behind two octets of its length. All pictures must end, and nothing may leak.
 */

const struct protocol *const protocol_table[] = {&protocol_rtp, NULL};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const uint8_t a[4] = {192, 0, 2, 1}, b[4] = {198, 51, 100, 2};
    struct world *w = world_create(&(struct dispatch_options){.conversations = WORLD_FLOWS});
    world_open(w, (struct endpoint){address_from_v4(a), 40000}, (struct endpoint){address_from_v4(b), 25});
    struct rtp_source s = {.origin = {w->flow[0], SIDE_SERVER, "rtp", NULL}, .waits = size & 1};
    struct reader r = reader_of(data, size);
    uint16_t n;
    const uint8_t *bytes;
    while (reader_u16(&r, &n)) {
        n = n < reader_left(&r) ? n : (uint16_t)reader_left(&r);
        uint8_t *exact = malloc(n + 1u);
        if (!reader_take(&r, n, &bytes))
            abort();
        if (n)
            memcpy(exact, bytes, n);
        rtp_take(&s, bytes_of(exact, n));
        free(exact);
    }
    rtp_end(&s);
    for (size_t i = 0; i < w->transfers; i++)
        if (!w->transfer[i].ended)
            abort();
    world_destroy(w);
    return 0;
}
