/* SPDX-License-Identifier: Apache-2.0 */
#include "decode/defrag.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Fragments of a few packets in any order, doubled, overlapping, with holes: each byte tells its place and
 * its packet, so what is made whole must be those bytes; but for its highest bit, which the sender may
 * change, so that there are other readings. Five bytes make a fragment. */
enum {
    PAYLOAD = 4096,
    PACKETS = 4,
    STEP = 5,
    CHANGED = 0x80,
    IPV6 = 16,
    OTHER_BYTES = 32,
    NO_SUM = 64,
    LEFT = 128
};

static const uint8_t header[2][40] = {{0x45, [9] = 17}, {0x60}};

static uint8_t byte_at(unsigned packet, size_t at) {
    return (uint8_t)(at * 13 + at / 256 + packet * 101);
}

static void check(const struct bytes *whole, bool v6, unsigned packet) {
    size_t head = v6 ? 40 : 20;
    if (whole->n < head)
        abort();
    for (size_t i = head; i < whole->n; i++)
        if ((whole->p[i] ^ byte_at(packet, i - head)) & ~CHANGED)
            abort();
}

static void add(struct defrag *d, const uint8_t *step, time_ns now) {
    unsigned packet = step[0] % PACKETS;
    bool v6 = step[0] & IPV6;
    uint32_t offset = step[1] * 8u % PAYLOAD, length = (step[2] + 1u) * 8;
    uint8_t *bytes = malloc(length);
    struct bytes whole;
    for (uint32_t i = 0; i < length; i++)
        bytes[i] = byte_at(packet, offset + i) ^ (step[0] & OTHER_BYTES ? CHANGED : 0);
    struct fragment f = {.v6 = v6,
                         .header = bytes_of(header[v6], v6 ? 40 : 20),
                         .names = v6 ? 6 : 0,
                         .protocol = step[0] & NO_SUM ? 50 : 17,
                         .id = packet,
                         .offset = offset,
                         .more = step[3] & 1,
                         .data = bytes_of(bytes, step[3] & 1 ? length : length - step[3] % 8)};
    if (defrag_add(d, &f, now, &whole))
        check(&whole, v6, packet);
    free(bytes);
    while (!(step[0] & LEFT) && defrag_other(d, &whole))
        if (whole.n < (whole.p[0] >> 4 == 6 ? 40 : 20))
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    struct defrag *d = defrag_create(0);
    time_ns now = 1000 * NS_PER_S;
    for (; d && n >= STEP; data += STEP, n -= STEP) {
        now += data[4] * (NS_PER_S / 8);
        add(d, data, now);
        defrag_expire(d, now);
    }
    defrag_destroy(d);
    return 0;
}
