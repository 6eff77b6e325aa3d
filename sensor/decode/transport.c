/* SPDX-License-Identifier: Apache-2.0 */
#include "decode/walk.h"

enum { TCP_HEADER = 20, UDP_HEADER = 8, SCTP_HEADER = 12 };

enum step walk_finish(struct walk *w, enum counter which) {
    w->out->payload = w->left.at;
    w->out->payload_captured = (uint32_t)reader_left(&w->left);
    w->out->payload_length = walk_length(w);
    counter_one(which);
    return STEP_PACKET;
}

static void take_ports(struct walk *w, const uint8_t *h) {
    w->out->source_port = walk_u16(h);
    w->out->destination_port = walk_u16(h + 2);
}

/* RFC 9293, section 3.1. */
enum step payload_tcp(struct walk *w) {
    const uint8_t *h = w->left.at;
    if (reader_left(&w->left) < TCP_HEADER)
        return walk_stop(COUNTER_DECODE_TCP_SHORT);
    uint32_t header = (h[12] >> 4) * 4u;
    if (header < TCP_HEADER || header > walk_length(w))
        return walk_stop(COUNTER_DECODE_TCP_MALFORMED);
    if (!reader_skip(&w->left, header))
        return walk_stop(COUNTER_DECODE_TCP_SHORT);
    take_ports(w, h);
    w->out->tcp_seq = walk_u32(h + 4);
    w->out->tcp_ack = walk_u32(h + 8);
    w->out->tcp_flags = h[13];
    w->out->tcp_window = walk_u16(h + 14);
    w->out->tcp_urgent = walk_u16(h + 18);
    w->out->header_length = (uint8_t)header;
    return walk_finish(w, COUNTER_DECODE_OK);
}

/* RFC 768. A length of 0 (RFC 2675, or segmentation in the network card) or one beyond the IP packet leaves
 * what the IP header says. */
enum step payload_udp(struct walk *w) {
    const uint8_t *h = w->left.at;
    if (reader_left(&w->left) < UDP_HEADER)
        return walk_stop(COUNTER_DECODE_UDP_SHORT);
    uint32_t length = walk_u16(h + 4);
    if (length != 0 && length < UDP_HEADER)
        return walk_stop(COUNTER_DECODE_UDP_MALFORMED);
    if (length != 0 && length < walk_length(w))
        walk_limit(w, length);
    take_ports(w, h);
    reader_skip(&w->left, UDP_HEADER);
    struct udp_inner inner;
    if (udp_tunnel(w, w->out->source_port, w->out->destination_port, &inner))
        return udp_enter(w, &inner);
    w->out->header_length = UDP_HEADER;
    return walk_finish(w, COUNTER_DECODE_OK);
}

bool sctp_is_of_association(const struct packet *packet) {
    enum { SCTP = 132, CHUNK_HEADER = 4, CHUNK_LAST = 14 };
    static const uint8_t data = 0;
    if (packet->transport != SCTP || packet->payload_captured < packet->payload_length)
        return false;
    for (size_t at = 0; at < packet->payload_captured;) {
        const uint8_t *chunk = packet->payload + at;
        if (packet->payload_captured - at < CHUNK_HEADER)
            return false;
        size_t length = (size_t)chunk[2] << 8 | chunk[3];
        if (chunk[0] == data || chunk[0] > CHUNK_LAST || length < CHUNK_HEADER)
            return false;
        at += (length + 3) & ~(size_t)3;
    }
    return true;
}

/* RFC 9260, section 3.1: ports, tag and checksum; the payload is the chunks. */
enum step payload_sctp(struct walk *w) {
    const uint8_t *h;
    if (!reader_take(&w->left, SCTP_HEADER, &h))
        return walk_stop(COUNTER_DECODE_SCTP_SHORT);
    take_ports(w, h);
    return walk_finish(w, COUNTER_DECODE_OK);
}

enum step payload_other(struct walk *w) {
    return walk_finish(w, COUNTER_DECODE_OTHER);
}
