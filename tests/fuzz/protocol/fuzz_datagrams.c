/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/dispatch.h"

#include <stdlib.h>

/* One flow of datagrams, each behind two octets: the side (top bit) and the length. All protocols over
 * datagrams are asked. What is told must be text that a record can hold. */

static uint64_t sum; /* so that every octet of what is told is read */

static void take_facts(struct conversation *c, const struct bytes *facts) {
    for (unsigned i = 0; i < FACT_COUNT; i++)
        for (size_t k = 0; k < facts[i].n; k++)
            sum += facts[i].p[k];
}

/* Pictures in RTP: nobody wants them. */
static struct transfer *begin_nothing(struct conversation *c, const struct transfer_seed *seed) {
    return NULL;
}

static void take_bytes(struct conversation *c, struct transfer *t, const uint8_t *bytes, size_t n) {
    for (size_t k = 0; k < n; k++)
        sum += bytes[k];
}

static void take_gap(struct conversation *c, struct transfer *t, uint64_t n) {
}

static void take_end(struct conversation *c, struct transfer *t, enum transfer_end how) {
}

static void take_encrypted(struct conversation *c) {
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct endpoint nobody[2];
    static const struct protocol_services services = {.begin = begin_nothing,
                                                      .data = take_bytes,
                                                      .gap = take_gap,
                                                      .end = take_end,
                                                      .tell = take_facts,
                                                      .encrypted = take_encrypted,
                                                      .clear = take_encrypted};
    struct dispatcher *d = dispatcher_create(&(struct dispatch_options){.conversations = 1}, &services);
    struct conversation *c = conversation_open(d, NULL, PROTOCOL_UDP, nobody);
    struct reader r = reader_of(data, size);
    uint16_t head;
    const uint8_t *bytes;
    bool wanted = true;
    while (wanted && reader_u16(&r, &head)) {
        size_t n = head & 0x7fff;
        if (n > reader_left(&r))
            n = reader_left(&r);
        uint8_t *exact = malloc(n + 1);
        if (!reader_take(&r, n, &bytes))
            abort();
        if (n)
            memcpy(exact, bytes, n);
        wanted = conversation_datagram(d, c, head & 0x8000 ? SIDE_SERVER : SIDE_CLIENT, exact, n, 1);
        free(exact);
    }
    conversation_close(d, c);
    dispatcher_destroy(d);
    return sum == UINT64_MAX;
}
