/* SPDX-License-Identifier: Apache-2.0 */
#include "decode/defrag.h"
#include "decode/walk.h"

enum {
    IPV4_HEADER = 20,
    IPV6_HEADER = 40,
    EXTENSIONS_MAX = 256, /* the shortest has 8 bytes: as many as a packet of 2 KB holds */
    SEGMENTED_LEAST =
        1500, /* a packet without a length was not cut yet by the network card: it is a large one */
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
    {.protocol = 50, .decode = esp_open},
    {.protocol = 97, .decode = tunnel_etherip},
    {.protocol = 115, .decode = l2tp_over_ip},
    {.protocol = 132, .decode = payload_sctp},
    {.protocol = 137, .decode = tunnel_mpls},
    {.protocol = 143, .decode = tunnel_ethernet},
};

static enum step decode_carried(struct walk *w, uint8_t protocol) {
    w->out->transport = protocol;
    w->out->source_port = w->out->destination_port = 0;
    for (size_t i = 0; i < sizeof carried / sizeof *carried; i++)
        if (carried[i].protocol == protocol)
            return carried[i].decode(w);
    return payload_other(w);
}

/* A packet that says that it is longer than the frame that brought it is dropped by whom it is for (RFC 1122,
 * section 3.2.1), and must not be taken here either. A mirror that cuts packets without saying so has many of
 * them, though, all as long as the longest that it shows, and the frames in a tunnel may have been cut before
 * they came to it. */
static bool is_taken(struct walk *w, uint32_t length) {
    enum { REMEMBERED = 1 << 10, SHARE = 16, LEAST = 3 };
    struct feed *f = w->feed;
    uint32_t here = walk_length(w);
    bool beyond = length > here;
    if (!beyond) {
        f->within++;
        f->longest = here > f->longest ? here : f->longest;
        return true;
    }
    counter_one(COUNTER_DECODE_IP_BEYOND);
    f->beyond++;
    if (f->beyond + f->within > REMEMBERED) {
        f->beyond /= 2;
        f->within /= 2;
    }
    return w->out->tunnelled || here > f->longest || f->beyond > (f->beyond + f->within) / SHARE + LEAST;
}

/* The length comes from the header; whoever cuts it off below must look at the captured bytes again. */
static bool limit_packet(struct walk *w, uint32_t length) {
    if (!is_taken(w, length))
        return false;
    walk_limit(w, length);
    w->out->network = w->left.at;
    w->out->network_length = (uint32_t)reader_left(&w->left);
    return true;
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
    w->out->contested |= defrag_is_contested(w->defrag);
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

/* RFC 791. A total length of 0 comes from segmentation in the network card, where the rest of the frame is
 * meant, if the packet is one that needs it; else its receiver drops it. */
enum step ip_v4(struct walk *w) {
    const uint8_t *h = w->left.at;
    if (reader_left(&w->left) < IPV4_HEADER)
        return walk_stop(COUNTER_DECODE_IP_SHORT);
    uint32_t header = (h[0] & 15) * 4u, total = walk_u16(h + 2);
    if (total == 0 && walk_length(w) > SEGMENTED_LEAST)
        total = walk_length(w);
    if (h[0] >> 4 != 4 || header < IPV4_HEADER || total < header)
        return walk_stop(COUNTER_DECODE_IP_MALFORMED);
    if (!limit_packet(w, total))
        return STEP_STOP;
    if (!reader_skip(&w->left, header))
        return walk_stop(COUNTER_DECODE_IP_SHORT);
    w->out->ttl = h[8];
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

/* Of those that have no number yet, or one for experiments (253, 254): all have one form (RFC 6564, section
 * 4), and a transport must follow that looks like one. */
static bool is_new_extension(const struct walk *w, uint8_t protocol) {
    const uint8_t *h = w->left.at;
    size_t here = reader_left(&w->left);
    if (protocol < 144 || protocol == 255 || here < 8)
        return false;
    size_t length = (h[1] + 1u) * 8;
    if (h[0] == PROTOCOL_TCP)
        return here >= length + 20 && h[length + 12] >> 4 >= 5;
    if (h[0] == PROTOCOL_UDP)
        return here >= length + 8 && walk_u16(h + length + 4) >= 8 &&
               walk_u16(h + length + 4) <= here - length + w->cut;
    return here > length &&
           (is_extension(h[0]) || h[0] == PROTOCOL_FRAGMENT || h[0] == protocol || h[0] >= 253);
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

/* STEP_NEXT with the protocol that is carried, which beyond the bound is that of one more header; STEP_PACKET
 * when the walk begins again at a packet put together. */
static enum step skip_extensions(struct walk *w, const uint8_t *network, uint8_t *protocol) {
    const uint8_t *names = network + 6;
    for (int i = 0; i < EXTENSIONS_MAX; i++) {
        const uint8_t *here = w->left.at;
        if (*protocol == PROTOCOL_FRAGMENT) {
            enum step step = skip_fragment(w, network, names, protocol);
            if (step != STEP_NEXT)
                return step;
        } else if (!is_extension(*protocol) && *protocol != PROTOCOL_AH && !is_new_extension(w, *protocol)) {
            return STEP_NEXT;
        } else if (!skip_extension(w, protocol)) {
            return walk_stop(COUNTER_DECODE_EXTENSIONS);
        }
        names = here;
    }
    if (is_extension(*protocol))
        counter_one(COUNTER_DECODE_EXTENSIONS_MANY);
    return STEP_NEXT;
}

/* RFC 8200. A payload length of 0 is a jumbogram's (RFC 2675) or comes from segmentation in the network card:
 * of a large packet. */
enum step ip_v6(struct walk *w) {
    const uint8_t *h = w->left.at;
    if (reader_left(&w->left) < IPV6_HEADER)
        return walk_stop(COUNTER_DECODE_IP_SHORT);
    if (h[0] >> 4 != 6)
        return walk_stop(COUNTER_DECODE_IP_MALFORMED);
    uint32_t length = walk_u16(h + 4);
    if (length == 0 && walk_length(w) > SEGMENTED_LEAST)
        length = walk_length(w) - IPV6_HEADER;
    if (!limit_packet(w, IPV6_HEADER + length))
        return STEP_STOP;
    if (!reader_skip(&w->left, IPV6_HEADER))
        return walk_stop(COUNTER_DECODE_IP_SHORT);
    w->out->ttl = h[7];
    w->out->source = address_from_v6(h + 8);
    w->out->destination = address_from_v6(h + 24);
    uint8_t protocol = h[6];
    enum step step = skip_extensions(w, h, &protocol);
    if (step == STEP_PACKET)
        return STEP_NEXT;
    return step == STEP_STOP ? step : decode_carried(w, protocol);
}
