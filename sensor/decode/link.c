/* SPDX-License-Identifier: Apache-2.0 */
#include "decode/walk.h"

enum { MPLS_LABELS_MAX = 16, ETHERNET_HEADER = 14 };

/* IEEE 802.1Q: priority and VLAN id, then the ethertype of what is tagged. */
enum step link_vlan(struct walk *w) {
    uint16_t tag, type;
    if (!walk_into(w))
        return walk_beyond(w, COUNTER_DECODE_DEPTH);
    if (!reader_u16(&w->left, &tag) || !reader_u16(&w->left, &type))
        return walk_stop(COUNTER_DECODE_VLAN_SHORT);
    if (w->out->vlan == 0)
        w->out->vlan = tag & 0x0fff;
    return walk_next(w, type < ETHER_LOWEST ? LINK_LLC : type);
}

enum step link_ethernet(struct walk *w) {
    const uint8_t *h;
    if (!reader_take(&w->left, ETHERNET_HEADER, &h))
        return walk_stop(COUNTER_DECODE_ETHERNET_SHORT);
    w->out->ethernet = h;
    uint16_t type = walk_u16(h + 12);
    return walk_next(w, type < ETHER_LOWEST ? LINK_LLC : type);
}

/* IEEE 802.2 with the subnetwork access protocol of RFC 1042: aa aa 03, an organisation, an ethertype. Only
 * the organisation 0 gives ethertypes. */
enum step link_llc(struct walk *w) {
    static const uint8_t snap[] = {0xaa, 0xaa, 0x03, 0, 0, 0};
    const uint8_t *h;
    if (!reader_take(&w->left, 8, &h))
        return walk_stop(COUNTER_DECODE_LLC);
    uint16_t type = walk_u16(h + 6);
    if (memcmp(h, snap, sizeof snap) != 0 || type < ETHER_LOWEST)
        return walk_stop(COUNTER_DECODE_LLC);
    return walk_next(w, type);
}

static bool has_ethertype(const struct walk *w) {
    if (reader_left(&w->left) < ETHERNET_HEADER)
        return false;
    uint16_t type = walk_u16(w->left.at + 12);
    return type == ETHER_IPV4 || type == ETHER_IPV6 || type == ETHER_VLAN || type == ETHER_VLAN_SERVICE;
}

/* Behind the last label nothing says what follows (RFC 3032, section 2.2). An IP version is believed if the
 * lengths agree; else it is an Ethernet pseudowire, with the control word of RFC 4448 unless an ethertype
 * stands where there would be none with it. */
enum step link_mpls(struct walk *w) {
    uint32_t entry = 0;
    if (!walk_into(w))
        return walk_beyond(w, COUNTER_DECODE_DEPTH);
    for (int i = 0; i < MPLS_LABELS_MAX && !(entry & 0x100); i++)
        if (!reader_u32(&w->left, &entry))
            return walk_stop(COUNTER_DECODE_MPLS_SHORT);
    if (!(entry & 0x100))
        return walk_beyond(w, COUNTER_DECODE_DEPTH);
    if (reader_left(&w->left) == 0)
        return walk_stop(COUNTER_DECODE_MPLS_SHORT);
    if (look_ip_like(w, 0))
        return walk_next(w, look_ip_type(w, 0));
    if (!has_ethertype(w) && !reader_skip(&w->left, 4))
        return walk_stop(COUNTER_DECODE_MPLS_SHORT);
    return walk_next(w, ETHER_BRIDGED);
}

/* RFC 2516: version and type 1, code 0 for a session, its id, the length of the PPP frame. */
enum step link_pppoe(struct walk *w) {
    const uint8_t *h;
    if (!walk_into(w))
        return walk_beyond(w, COUNTER_DECODE_DEPTH);
    if (!reader_take(&w->left, 6, &h))
        return walk_stop(COUNTER_DECODE_PPPOE_SHORT);
    if (h[0] != 0x11 || h[1] != 0)
        return walk_stop(COUNTER_DECODE_PPPOE_MALFORMED);
    walk_limit(w, walk_u16(h + 4));
    return walk_next(w, LINK_PPP);
}

/* RFC 1661, section 2: the protocol field may be compressed to one byte, which then is odd; RFC 1662: ff 03
 * may stand before it. */
enum step link_ppp(struct walk *w) {
    uint16_t protocol;
    uint8_t first;
    if (reader_left(&w->left) >= 2 && walk_u16(w->left.at) == 0xff03)
        reader_skip(&w->left, 2);
    if (!reader_u8(&w->left, &first))
        return walk_stop(COUNTER_DECODE_PPP_SHORT);
    protocol = first;
    if (!(first & 1)) {
        uint8_t second;
        if (!reader_u8(&w->left, &second))
            return walk_stop(COUNTER_DECODE_PPP_SHORT);
        protocol = (uint16_t)(first << 8 | second);
    }
    switch (protocol) {
    case 0x0021:
        return walk_next(w, ETHER_IPV4);
    case 0x0057:
        return walk_next(w, ETHER_IPV6);
    case 0x0281:
        return walk_next(w, ETHER_MPLS);
    default:
        return walk_stop(COUNTER_DECODE_PPP_OTHER);
    }
}
