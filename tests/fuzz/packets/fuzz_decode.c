/* SPDX-License-Identifier: Apache-2.0 */
#include "decode/checksum.h"
#include "decode/tcp_options.h"

#include <pcap/dlt.h>
#include <stdlib.h>

/* One byte for the link type, one for what is cut off; then frames: two bytes of length (little-endian), one
 * of time to pass before it (in quarters of a second), the bytes. */
static const int links[] = {DLT_EN10MB,
                            DLT_LINUX_SLL,
                            DLT_LINUX_SLL2,
                            DLT_RAW,
                            DLT_IPV4,
                            DLT_IPV6,
                            DLT_NULL,
                            DLT_LOOP,
                            DLT_NFLOG,
                            DLT_PPP,
                            DLT_PPP_SERIAL,
                            DLT_PPP_ETHER,
                            DLT_C_HDLC,
                            DLT_IEEE802_11,
                            DLT_IEEE802_11_RADIO,
                            DLT_IEEE802_11_RADIO_AVS,
                            DLT_PRISM_HEADER,
                            DLT_PPI};

static volatile uint8_t sink;

static void touch(const uint8_t *p, size_t n) {
    for (size_t i = 0; i < n; i++)
        sink ^= p[i];
}

static void require(bool holds) {
    if (!holds)
        abort();
}

static void check(const struct packet *p, const struct capture_packet *in) {
    const uint8_t *end = p->network + p->network_length;
    require(p->payload_captured <= p->payload_length);
    require(p->network <= p->payload && p->payload + p->payload_captured <= end);
    require(p->network_length >= 20);
    if (!p->defragmented)
        require(p->network >= in->data && end <= in->data + in->captured);
    else
        require(p->payload_captured == p->payload_length);
    require(p->vlan < 4096);
    touch(p->network, p->network_length);
    require(packet_sum(p) <= SUM_UNKNOWN);
    require(tcp_options_of(p).scale <= 14);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct reader r = reader_of(data, size);
    uint8_t link, cut, wait;
    uint16_t length;
    time_ns now = 0;
    if (!reader_u8(&r, &link) || !reader_u8(&r, &cut))
        return 0;
    struct decoder *d = decoder_create(&(struct decoder_options){.fragment_bytes = 0});
    while (d && reader_u16le(&r, &length) && reader_u8(&r, &wait)) {
        size_t n = length < reader_left(&r) ? length : reader_left(&r);
        uint8_t *copy = malloc(n ? n : 1);
        const uint8_t *bytes;
        struct packet p;
        reader_take(&r, n, &bytes);
        memcpy(copy, bytes, n);
        now += wait * (NS_PER_S / 4);
        struct capture_packet in = {.time = now,
                                    .data = copy,
                                    .captured = (uint32_t)n,
                                    .wire = (uint32_t)n + cut,
                                    .link_type = links[link % (sizeof links / sizeof *links)]};
        bool decoded = decode_packet(d, &in, &p);
        do {
            if (decoded)
                check(&p, &in);
        } while (decode_rest(d, &p, &decoded));
        decoder_tick(d, now);
        free(copy);
    }
    decoder_destroy(d);
    return 0;
}
