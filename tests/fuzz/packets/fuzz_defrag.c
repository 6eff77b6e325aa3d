/* SPDX-License-Identifier: Apache-2.0 */
#include "decode/defrag.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Fragments of a few packets in any order, doubled, overlapping, with holes: each byte tells its place and
 * its packet, so what is made whole must be those bytes. Five bytes make a fragment. */
enum { PAYLOAD = 4096, PACKETS = 4, STEP = 5 };

static const uint8_t header[2][40] = {{0x45, [9] = 17}, {0x60}};

static uint8_t byte_at(unsigned packet, size_t at) {
    return (uint8_t)(at * 13 + at / 256 + packet * 101);
}

static void check(const struct bytes *whole, bool v6, unsigned packet) {
    size_t head = v6 ? 40 : 20;
    if (whole->n < head)
        abort();
    for (size_t i = head; i < whole->n; i++)
        if (whole->p[i] != byte_at(packet, i - head))
            abort();
}

static void add(struct defrag *d, const uint8_t *step, time_ns now) {
    unsigned packet = step[0] % PACKETS;
    bool v6 = step[0] & 16;
    uint32_t offset = step[1] * 8u % PAYLOAD, length = (step[2] + 1u) * 8;
    uint8_t *bytes = malloc(length);
    struct bytes whole;
    for (uint32_t i = 0; i < length; i++)
        bytes[i] = byte_at(packet, offset + i);
    struct fragment f = {.v6 = v6,
                         .header = bytes_of(header[v6], v6 ? 40 : 20),
                         .names = v6 ? 6 : 0,
                         .protocol = 17,
                         .id = packet,
                         .offset = offset,
                         .more = step[3] & 1,
                         .data = bytes_of(bytes, step[3] & 1 ? length : length - step[3] % 8)};
    if (defrag_add(d, &f, now, &whole))
        check(&whole, v6, packet);
    free(bytes);
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
