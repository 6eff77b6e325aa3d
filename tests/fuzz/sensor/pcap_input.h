/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_FUZZ_PCAP_INPUT_H
#define GANTRY_FUZZ_PCAP_INPUT_H

#include "sensor_path.h"

/* An input that is a classic pcap file in little-endian order, read leniently. */
enum { PCAP_HEAD = 24, PCAP_PACKET_HEAD = 16, PCAP_PACKETS_MAX = 400, PCAP_INPUT_MAX = 1 << 17 };

static inline uint32_t pcap_u32(const uint8_t *p) {
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Gives `packet` one after the other, each in a block of its own, so that a sanitizer sees every step too
 * far. Their times lie within a day behind `base`. */
static inline void pcap_input(const uint8_t *data, size_t size, time_ns base,
                              void (*give)(void *context, const struct capture_packet *packet),
                              void *context) {
    struct capture_packet packet = {.link_type = (int)pcap_u32(data + 20)};
    size_t at = PCAP_HEAD;
    for (unsigned i = 0; i < PCAP_PACKETS_MAX && size - at >= PCAP_PACKET_HEAD; i++) {
        const uint8_t *head = data + at;
        uint32_t n = pcap_u32(head + 8), wire = pcap_u32(head + 12);
        at += PCAP_PACKET_HEAD;
        n = n < size - at ? n : (uint32_t)(size - at);
        uint8_t *bytes = malloc(n ? n : 1);
        memcpy(bytes, data + at, n);
        packet.time = base + (pcap_u32(head) & 0xffff) * NS_PER_S + (pcap_u32(head + 4) % 1000000) * 1000;
        packet.data = bytes;
        packet.captured = n;
        packet.wire = wire > n && wire < 1 << 16 ? wire : n;
        give(context, &packet);
        free(bytes);
        at += n;
    }
}

#endif
