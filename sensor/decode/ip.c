/* SPDX-License-Identifier: Apache-2.0 */
#include "decode/defrag.h"
#include "decode/walk.h"

enum {
    IPV4_HEADER = 20,
    IPV6_HEADER = 40,
    EXTENSIONS_MAX = 16,
    PROTOCOL_HOP_BY_HOP = 0,
    PROTOCOL_FRAGMENT = 44,
    PROTOCOL_AH = 51,
};

static const struct {
    uint8_t protocol;
    layer_fn *decode;
} carried[] = {
    {.protocol = PROTOCOL_TCP, .decode = payload_tcp},
    {.protocol = PROTOCOL_UDP, .decode = payload_udp},
    {.protocol = 4, .decode = tunnel_v4},
    {.protocol = 41, .decode = tunnel_v6},
    {.protocol = 47, .decode = tunnel_gre},
    {.protocol = 132, .decode = payload_sctp},
};

static enum step decode_carried(struct walk *w, uint8_t protocol) {
    w->out->transport = protocol;
    for (size_t i = 0; i < sizeof carried / sizeof *carried; i++)
        if (carried[i].protocol == protocol)
            return carried[i].decode(w);
    return payload_other(w);
}

/* The length comes from the header; whoever cuts it off below must look at the captured bytes again. */
static void limit_packet(struct walk *w, uint32_t length) {
    if (length > walk_length(w))
        counter_one(COUNTER_DECODE_IP_BEYOND);
    walk_limit(w, length);
    w->out->network = w->left.at;
    w->out->network_length = (uint32_t)reader_left(&w->left);
}

/* RFC 4302: the length is in units of 4 bytes, less 2. */
static bool skip_authentication(struct walk *w, uint8_t *protocol) {
    if (reader_left(&w->left) < 2)
        return false;
    const uint8_t *h = w->left.at;
    *protocol = h[0];
    return reader_skip(&w->left, (h[1] + 2u) * 4);
}

static enum step take_fragment(struct walk *w, struct fragment *f) {
    struct bytes whole;
    if (w->cut > 0)
        return walk_stop(COUNTER_FRAGMENTS_CUT);
    f->source = w->out->source;
    f->destination = w->out->destination;
    f->vlan = w->out->vlan;
    f->data = bytes_of(w->left.at, reader_left(&w->left));
    if (!defrag_add(w->defrag, f, w->out->time, &whole))
        return STEP_STOP;
    w->out->defragmented = true;
    w->left = reader_of(whole.p, whole.n);
    return walk_next(w, f->v6 ? ETHER_IPV6 : ETHER_IPV4);
}

static enum step take_fragment_v4(struct walk *w, const uint8_t *h, size_t length) {
    uint16_t place = walk_u16(h + 6);
    struct fragment f = {.header = bytes_of(h, length),
                         .id = walk_u16(h + 4),
                         .protocol = h[9],
                         .offset = (place & 0x1fffu) * 8,
                         .more = place & 0x2000};
    return take_fragment(w, &f);
}

/* RFC 791. A total length of 0 comes from segmentation in the network card: the rest of the frame is meant.
 */
enum step ip_v4(struct walk *w) {
    const uint8_t *h = w->left.at;
    if (reader_left(&w->left) < IPV4_HEADER)
        return walk_stop(COUNTER_DECODE_IP_SHORT);
    uint32_t header = (h[0] & 15) * 4u, total = walk_u16(h + 2);
    if (total == 0)
        total = walk_length(w);
    if (h[0] >> 4 != 4 || header < IPV4_HEADER || total < header)
        return walk_stop(COUNTER_DECODE_IP_MALFORMED);
    limit_packet(w, total);
    if (!reader_skip(&w->left, header))
        return walk_stop(COUNTER_DECODE_IP_SHORT);
    w->out->source = address_from_v4(h + 12);
    w->out->destination = address_from_v4(h + 16);
    if (walk_u16(h + 6) & 0x3fff)
        return take_fragment_v4(w, h, header);
    uint8_t protocol = h[9];
    for (int i = 0; protocol == PROTOCOL_AH && i < EXTENSIONS_MAX; i++)
        if (!skip_authentication(w, &protocol))
            return walk_stop(COUNTER_DECODE_EXTENSIONS);
    return decode_carried(w, protocol);
}

/* Hop-by-hop, routing, destination options (RFC 8200), mobility (RFC 6275), HIP (RFC 7401), shim6 (RFC 5533).
 */
static bool is_extension(uint8_t protocol) {
    return protocol == PROTOCOL_HOP_BY_HOP || protocol == 43 || protocol == 60 || protocol == 135 ||
           protocol == 139 || protocol == 140;
}

/* RFC 8200, section 4.5. `names` is the byte before it that says that a fragment header follows. A packet
 * whole in its one fragment (RFC 6946) is no fragment. */
static enum step skip_fragment(struct walk *w, const uint8_t *network, const uint8_t *names,
                               uint8_t *protocol) {
    const uint8_t *h = w->left.at;
    if (!reader_skip(&w->left, 8))
        return walk_stop(COUNTER_DECODE_EXTENSIONS);
    uint16_t place = walk_u16(h + 2);
    *protocol = h[0];
    if ((place & 0xfff9) == 0)
        return STEP_NEXT;
    struct fragment f = {.v6 = true,
                         .header = bytes_of(network, (size_t)(h - network)),
                         .names = (size_t)(names - network),
                         .protocol = h[0],
                         .id = walk_u32(h + 4),
                         .offset = place & 0xfff8u,
                         .more = place & 1};
    enum step step = take_fragment(w, &f);
    return step == STEP_NEXT ? STEP_PACKET : step;
}

static bool skip_extension(struct walk *w, uint8_t *protocol) {
    if (*protocol == PROTOCOL_AH)
        return skip_authentication(w, protocol);
    if (reader_left(&w->left) < 2)
        return false;
    const uint8_t *h = w->left.at;
    *protocol = h[0];
    return reader_skip(&w->left, (h[1] + 1u) * 8);
}

/* STEP_NEXT with the protocol that is carried; STEP_PACKET when the walk begins again at a packet put
 * together. */
static enum step skip_extensions(struct walk *w, const uint8_t *network, uint8_t *protocol) {
    const uint8_t *names = network + 6;
    for (int i = 0; i < EXTENSIONS_MAX; i++) {
        const uint8_t *here = w->left.at;
        if (*protocol == PROTOCOL_FRAGMENT) {
            enum step step = skip_fragment(w, network, names, protocol);
            if (step != STEP_NEXT)
                return step;
        } else if (!is_extension(*protocol) && *protocol != PROTOCOL_AH) {
            return STEP_NEXT;
        } else if (!skip_extension(w, protocol)) {
            return walk_stop(COUNTER_DECODE_EXTENSIONS);
        }
        names = here;
    }
    return walk_stop(COUNTER_DECODE_EXTENSIONS);
}

/* RFC 8200. A payload length of 0 is a jumbogram's (RFC 2675) or comes from segmentation in the network card.
 */
enum step ip_v6(struct walk *w) {
    const uint8_t *h = w->left.at;
    if (reader_left(&w->left) < IPV6_HEADER)
        return walk_stop(COUNTER_DECODE_IP_SHORT);
    if (h[0] >> 4 != 6)
        return walk_stop(COUNTER_DECODE_IP_MALFORMED);
    uint32_t length = walk_u16(h + 4);
    limit_packet(w, length ? IPV6_HEADER + length : walk_length(w));
    if (!reader_skip(&w->left, IPV6_HEADER))
        return walk_stop(COUNTER_DECODE_IP_SHORT);
    w->out->source = address_from_v6(h + 8);
    w->out->destination = address_from_v6(h + 24);
    uint8_t protocol = h[6];
    enum step step = skip_extensions(w, h, &protocol);
    if (step == STEP_PACKET)
        return STEP_NEXT;
    return step == STEP_STOP ? step : decode_carried(w, protocol);
}
