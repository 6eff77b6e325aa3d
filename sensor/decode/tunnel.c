/* SPDX-License-Identifier: Apache-2.0 */
#include "decode/walk.h"

enum {
    GRE_CHECKSUM = 0x8000,
    GRE_ROUTING = 0x4000,
    GRE_KEY = 0x2000,
    GRE_SEQUENCE = 0x1000,
    GRE_ACKNOWLEDGEMENT = 0x0080,
    GRE_VERSION = 0x0007,
    GRE_ROUTES_MAX = 16,
};

static enum step into_ip(struct walk *w, uint16_t type) {
    if (!walk_into(w))
        return walk_beyond(w, COUNTER_DECODE_DEPTH);
    walk_leave_link(w);
    return walk_next(w, type);
}

/* RFC 2003 and RFC 2473. */
enum step tunnel_v4(struct walk *w) {
    return into_ip(w, ETHER_IPV4);
}

enum step tunnel_v6(struct walk *w) {
    return into_ip(w, ETHER_IPV6);
}

/* RFC 3378: version 3, then a frame. */
enum step tunnel_etherip(struct walk *w) {
    if (reader_left(&w->left) < 2 || w->left.at[0] >> 4 != 3)
        return payload_other(w);
    reader_skip(&w->left, 2);
    return into_ip(w, ETHER_BRIDGED);
}

/* RFC 8986, section 4.9, and RFC 4023. */
enum step tunnel_ethernet(struct walk *w) {
    return look_ethernet_like(w, 0) ? into_ip(w, ETHER_BRIDGED) : payload_other(w);
}

enum step tunnel_mpls(struct walk *w) {
    return into_ip(w, ETHER_MPLS);
}

/* WCCP version 2 has four bytes before the packet (draft-mclaggan-wccp-v2rev1, section 4), version 1 none. */
enum step tunnel_redirected(struct walk *w) {
    if (!look_ip_like(w, 0) && !reader_skip(&w->left, 4))
        return walk_stop(COUNTER_DECODE_GRE_SHORT);
    return walk_next(w, look_ip_type(w, 0));
}

/* RFC 1701: source route entries of family, offset, length and that many bytes; family and length 0 end them.
 */
static bool skip_routes(struct walk *w) {
    for (int i = 0; i < GRE_ROUTES_MAX; i++) {
        const uint8_t *h;
        if (!reader_take(&w->left, 4, &h) || !reader_skip(&w->left, h[3]))
            return false;
        if (walk_u16(h) == 0 && h[3] == 0)
            return true;
    }
    return false;
}

/* RFC 2784 and 2890, with the routing of RFC 1701; version 1 is PPTP's (RFC 2637, section 4.1). */
static bool skip_gre_fields(struct walk *w, uint16_t flags) {
    size_t size = flags & (GRE_CHECKSUM | GRE_ROUTING) ? 4 : 0;
    size += flags & GRE_KEY ? 4 : 0;
    size += flags & GRE_SEQUENCE ? 4 : 0;
    size += (flags & GRE_VERSION) == 1 && (flags & GRE_ACKNOWLEDGEMENT) ? 4 : 0;
    return reader_skip(&w->left, size) && (!(flags & GRE_ROUTING) || skip_routes(w));
}

enum step tunnel_gre(struct walk *w) {
    uint16_t flags, type;
    if (!reader_u16(&w->left, &flags) || !reader_u16(&w->left, &type))
        return walk_stop(COUNTER_DECODE_GRE_SHORT);
    if ((flags & GRE_VERSION) > 1)
        return walk_beyond(w, COUNTER_DECODE_GRE_UNKNOWN);
    if (!skip_gre_fields(w, flags))
        return walk_stop(COUNTER_DECODE_GRE_SHORT);
    if ((flags & GRE_VERSION) == 1 && !(flags & GRE_SEQUENCE))
        return walk_stop(COUNTER_DECODE_GRE_EMPTY); /* only acknowledges */
    if (type < ETHER_LOWEST)
        return walk_beyond(w, COUNTER_DECODE_GRE_UNKNOWN);
    if (type == ETHER_ERSPAN2 && !(flags & GRE_SEQUENCE))
        type = ETHER_BRIDGED; /* ERSPAN I has no header of its own */
    return into_ip(w, type);
}

static void note_mirrored_vlan(struct walk *w, const uint8_t *h) {
    if (w->out->vlan == 0)
        w->out->vlan = walk_u16(h) & 0x0fff;
}

/* draft-foschiano-erspan-03, section 4.2: version 1 and the VLAN of the mirrored frame, 8 bytes in all. */
enum step tunnel_erspan2(struct walk *w) {
    const uint8_t *h;
    if (!reader_take(&w->left, 8, &h))
        return walk_stop(COUNTER_DECODE_ERSPAN_SHORT);
    if (h[0] >> 4 != 1)
        return walk_beyond(w, COUNTER_DECODE_ERSPAN_UNKNOWN);
    note_mirrored_vlan(w, h);
    return walk_next(w, ETHER_BRIDGED);
}

/* Section 4.3: version 2, 12 bytes, 8 more if the last bit is set; the frame type is 0 for Ethernet, 2 for
 * IP. */
enum step tunnel_erspan3(struct walk *w) {
    const uint8_t *h;
    if (!reader_take(&w->left, 12, &h) || ((h[11] & 1) && !reader_skip(&w->left, 8)))
        return walk_stop(COUNTER_DECODE_ERSPAN_SHORT);
    unsigned frame_type = h[10] >> 2 & 31;
    if (h[0] >> 4 != 2 || (frame_type != 0 && frame_type != 2))
        return walk_beyond(w, COUNTER_DECODE_ERSPAN_UNKNOWN);
    note_mirrored_vlan(w, h);
    if (frame_type == 0)
        return walk_next(w, ETHER_BRIDGED);
    bool v6 = reader_left(&w->left) > 0 && w->left.at[0] >> 4 == 6;
    return walk_next(w, v6 ? ETHER_IPV6 : ETHER_IPV4);
}
