/* SPDX-License-Identifier: Apache-2.0 */
#include "decode/walk.h"

/* Networks over networks: what stands behind UDP, and the service header that may follow. */

enum { GRE_OPTIONAL = 0xb000, GRE_RESERVED = 0x4fff, MPLS_LABELS_MAX = 8, TEREDO_PARTS_MAX = 4 };

/* Next protocols of VXLAN-GPE (draft-ietf-nvo3-vxlan-gpe) and NSH (RFC 8300, section 2.2). 0: another. */
static uint16_t type_of_next(uint8_t next) {
    static const uint16_t types[] = {0, ETHER_IPV4, ETHER_IPV6, ETHER_BRIDGED, ETHER_NSH, ETHER_MPLS};
    return next < sizeof types / sizeof *types ? types[next] : 0;
}

/* RFC 7348, section 5: the I flag, perhaps with that of group policies, and the reserved bits around it and
 * at the end zero, so that a client's port that happens to be VXLAN's is not mistaken. */
bool overlay_vxlan(const struct walk *w, struct udp_inner *out) {
    const uint8_t *h = w->left.at;
    *out = (struct udp_inner){8, ETHER_BRIDGED};
    return reader_left(&w->left) >= 8 && (h[0] & 0x7f) == 0x08 && h[7] == 0;
}

/* The P flag says that byte 3 names what follows. */
bool overlay_vxlan_gpe(const struct walk *w, struct udp_inner *out) {
    const uint8_t *h = w->left.at;
    if (reader_left(&w->left) < 8 || (h[0] & 0xfa) != 0x08 || h[1] || h[2] || h[7])
        return false;
    *out = (struct udp_inner){8, h[0] & 0x04 ? type_of_next(h[3]) : ETHER_BRIDGED};
    return out->type != 0;
}

/* RFC 8926, section 3.4: version 0, options in units of 4 bytes, a protocol type, zero at the end. */
bool overlay_geneve(const struct walk *w, struct udp_inner *out) {
    const uint8_t *h = w->left.at;
    if (reader_left(&w->left) < 8 || h[0] >> 6 || h[1] & 0x3f || h[7])
        return false;
    *out = (struct udp_inner){8 + (h[0] & 63) * 4u, walk_u16(h + 2)};
    return out->type >= ETHER_LOWEST;
}

/* RFC 9300, section 5.1: 8 bytes of flags, nonce or map version, locators or instance; then IP. */
bool overlay_lisp(const struct walk *w, struct udp_inner *out) {
    *out = (struct udp_inner){8, look_ip_type(w, 8)};
    return look_ip_like(w, 8);
}

static uint16_t type_of_protocol(uint8_t protocol) {
    switch (protocol) {
    case 4:
        return ETHER_IPV4;
    case 41:
        return ETHER_IPV6;
    case 47:
        return INNER_GRE;
    case 97:
    case 143:
        return ETHER_BRIDGED;
    case 137:
        return ETHER_MPLS;
    default:
        return 0;
    }
}

/* draft-ietf-intarea-gue, section 3: version 0 with a header length, no control message, and the number of an
 * IP protocol; version 1 is IP itself. */
bool overlay_gue(const struct walk *w, struct udp_inner *out) {
    const uint8_t *h = w->left.at;
    if (reader_left(&w->left) < 4)
        return false;
    if (h[0] >> 6 == 1)
        return overlay_direct(w, out);
    *out = (struct udp_inner){4 + (h[0] & 31) * 4u, type_of_protocol(h[1])};
    if (h[0] & 0xe0 || out->type == 0)
        return false;
    return (out->type != ETHER_IPV4 && out->type != ETHER_IPV6) || look_ip_like(w, out->skip);
}

/* No header at all, as with Linux' "fou": the datagram is an IP packet. */
bool overlay_direct(const struct walk *w, struct udp_inner *out) {
    *out = (struct udp_inner){0, look_ip_type(w, 0)};
    return look_ip_sound(w, 0);
}

/* RFC 8086: GRE without a source route, of version 0, with a type that is one. Where another port is used,
 * this is the inner header; `skip` is that of GRE's own. */
bool overlay_gre(const struct walk *w, struct udp_inner *out) {
    const uint8_t *h = w->left.at;
    if (reader_left(&w->left) < 4 || walk_u16(h) & GRE_RESERVED)
        return false;
    uint32_t fields = (h[0] >> 7) + (h[0] >> 5 & 1u) + (h[0] >> 4 & 1u);
    *out = (struct udp_inner){4 + 4 * fields, walk_u16(h + 2)};
    return out->type == ETHER_IPV4 || out->type == ETHER_IPV6 || out->type == ETHER_BRIDGED;
}

/* RFC 7510. */
bool overlay_mpls(const struct walk *w, struct udp_inner *out) {
    const uint8_t *h = w->left.at;
    size_t here = reader_left(&w->left);
    *out = (struct udp_inner){0, ETHER_MPLS};
    for (uint32_t at = 0; at < 4 * MPLS_LABELS_MAX && at + 4 <= here; at += 4)
        if (h[at + 2] & 1)
            return look_ip_like(w, at + 4) || look_ethernet_like(w, at + 4) || look_ethernet_like(w, at + 8);
    return false;
}

/* RFC 4380, section 5.1.1: before the IPv6 packet may stand an authentication (0001) and an origin (0000). */
bool overlay_teredo(const struct walk *w, struct udp_inner *out) {
    const uint8_t *h = w->left.at;
    size_t here = reader_left(&w->left), at = 0;
    for (int i = 0; i < TEREDO_PARTS_MAX && at + 4 <= here && h[at] == 0; i++)
        at += h[at + 1] == 0 ? 8 : h[at + 1] == 1 ? 13u + h[at + 2] + h[at + 3] : here;
    *out = (struct udp_inner){(uint32_t)at, ETHER_IPV6};
    return look_ip_like(w, (uint32_t)at) && look_ip_type(w, (uint32_t)at) == ETHER_IPV6;
}

/* RFC 8300, section 2.2: version 0, all lengths in units of 4 bytes, base and service path first. */
enum step overlay_nsh(struct walk *w) {
    const uint8_t *h = w->left.at;
    if (!walk_into(w))
        return walk_beyond(w, COUNTER_DECODE_DEPTH);
    if (reader_left(&w->left) < 8)
        return walk_stop(COUNTER_DECODE_NSH);
    uint32_t length = (h[1] & 63) * 4u;
    uint16_t type = type_of_next(h[3]);
    if (h[0] >> 6 || length < 8 || !reader_skip(&w->left, length))
        return walk_stop(COUNTER_DECODE_NSH);
    return type ? walk_next(w, type) : walk_beyond(w, COUNTER_DECODE_NOT_IP);
}
