/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/fanout.h"

/* The C twin of fanout_program.c: the same steps in the same order. A load past the end of the frame
 * ends the kernel's program with 0, so it does here. */
struct walk {
    const uint8_t *data;
    uint32_t length;
    uint32_t at; /* of the header that `type` names */
    uint32_t type;
    uint32_t hash; /* of the innermost pair so far */
    bool split_by_ports;
    bool overrun;
    bool done;
};

/* What an IP header says of what it carries. */
struct carried {
    uint32_t protocol, at;
};

static uint32_t load_number(struct walk *w, uint32_t offset, uint32_t size) {
    uint32_t value = 0;
    if (offset > w->length || w->length - offset < size) {
        w->overrun = true;
        return 0;
    }
    for (uint32_t i = 0; i < size; i++)
        value = value << 8 | w->data[offset + i];
    return value;
}

static void set_next(struct walk *w, uint32_t type, uint32_t at) {
    w->type = type;
    w->at = at;
}

static void set_next_ethernet(struct walk *w, uint32_t at) {
    uint32_t type = load_number(w, at + 12, 2);
    set_next(w, type < 0x600 ? TYPE_LLC : type, at + 14);
}

static uint32_t smear_bits(uint32_t h, unsigned bits) {
    return h ^ h >> bits;
}

/* The same for (a, b) and (b, a). */
static uint32_t combine_ends(uint32_t a, uint32_t b, uint32_t multiplier) {
    return smear_bits(a * multiplier, 15) + smear_bits(b * multiplier, 15);
}

static uint32_t mix_pair(uint32_t a, uint32_t b) {
    return smear_bits(smear_bits(combine_ends(a, b, FANOUT_PAIR), 16) * FANOUT_LAST, 13);
}

static uint32_t fold_v6(struct walk *w, uint32_t at) {
    uint32_t h = 0;
    for (uint32_t i = 0; i < 16; i += 4)
        h = h * FANOUT_FOLD + load_number(w, at + i, 4);
    return h;
}

static void mix_ports(struct walk *w, uint32_t at) {
    if (!w->split_by_ports)
        return;
    uint32_t h = w->hash + combine_ends(load_number(w, at, 2), load_number(w, at + 2, 2), FANOUT_PORTS);
    w->hash = smear_bits(smear_bits(h, 15) * FANOUT_LAST, 13);
}

/* RFC 2784 and 2890; version 1 is PPTP's (RFC 2637), which carries nothing unless it has a sequence number. A
 * source route (bit 0x4000) is not followed. */
static void step_gre(struct walk *w, uint32_t at) {
    uint32_t flags = load_number(w, at, 2), type = load_number(w, at + 2, 2);
    uint32_t version = flags & 7, size = 4;
    if (version > 1 || (flags & 0x4000) || (version == 1 && !(flags & 0x1000))) {
        w->done = true;
        return;
    }
    size += (flags & 0x8000) ? 4 : 0;
    size += (flags & 0x2000) ? 4 : 0;
    size += (flags & 0x1000) ? 4 : 0;
    size += version == 1 && (flags & 0x0080) ? 4 : 0;
    if (type == ETHER_ERSPAN2 && !(flags & 0x1000))
        type = ETHER_BRIDGED; /* ERSPAN I has no header of its own */
    set_next(w, type, at + size);
}

static void end_at_ports(struct walk *w, uint32_t at) {
    mix_ports(w, at);
    w->done = true;
}

/* RFC 7348: the I flag, perhaps with that of group policies, and the last byte zero. */
static void step_vxlan(struct walk *w, uint32_t at) {
    if ((load_number(w, at + 8, 1) & 0x7f) == 0x08 && load_number(w, at + 15, 1) == 0)
        set_next_ethernet(w, at + 16);
    else
        end_at_ports(w, at);
}

/* RFC 8926: version 0, no reserved bits, options in units of 4 bytes, a protocol type. */
static void step_geneve(struct walk *w, uint32_t at) {
    uint32_t type = load_number(w, at + 10, 2);
    if (load_number(w, at + 8, 4) & 0xc03f0000 || load_number(w, at + 15, 1) != 0 || type < 0x600)
        end_at_ports(w, at);
    else
        set_next(w, type, at + 16 + (load_number(w, at + 8, 1) & 63) * 4);
}

/* 3GPP TS 29.281: version 1, a G-PDU; perhaps four bytes more, the last of which names an extension header.
 */
static void step_gtp(struct walk *w, uint32_t at) {
    uint32_t flags = load_number(w, at + 8, 1);
    if ((load_number(w, at + 8, 2) & 0xf0ff) != 0x30ff) {
        end_at_ports(w, at);
        return;
    }
    at += flags & 7 ? 19
                    : 15; /* the last byte in front of what is carried, or the name of an extension header */
    bool known = !(flags & 4);
    for (int i = 0; !known && i < FANOUT_GTP_EXTENSIONS; i++) {
        known = load_number(w, at, 1) == 0;
        at += known ? 0 : load_number(w, at + 1, 1) * 4;
    }
    w->done = !known;
    uint32_t version = known ? load_number(w, at + 1, 1) >> 4 : 0;
    if (known && (version == 4 || version == 6))
        set_next(w, version == 4 ? ETHER_IPV4 : ETHER_IPV6, at + 1);
    else if (known)
        set_next_ethernet(w, at + 1);
}

static void step_udp(struct walk *w, uint32_t at) {
    uint32_t port = load_number(w, at + 2, 2);
    if (load_number(w, at + 4, 2) < 16)
        end_at_ports(w, at);
    else if (port == 4789 || port == 8472)
        step_vxlan(w, at);
    else if (port == 6081)
        step_geneve(w, at);
    else if (port == 2152)
        step_gtp(w, at);
    else
        end_at_ports(w, at);
}

/* IEEE 802.1AE, section 9.3, where nothing is encrypted. */
static void step_macsec(struct walk *w) {
    uint32_t flags = load_number(w, w->at, 1), n = flags & 0x20 ? 14 : 6;
    if (flags & 0x88)
        w->done = true;
    else
        set_next(w, load_number(w, w->at + n, 2), w->at + n + 2);
}

static void step_carried(struct walk *w, struct carried c) {
    switch (c.protocol) {
    case 4:
        set_next(w, ETHER_IPV4, c.at);
        break;
    case 41:
        set_next(w, ETHER_IPV6, c.at);
        break;
    case 47:
        step_gre(w, c.at);
        break;
    case 17:
        step_udp(w, c.at);
        break;
    case 6:
        mix_ports(w, c.at);
        w->done = true;
        break;
    default:
        w->done = true;
    }
}

static void step_ipv4(struct walk *w) {
    uint32_t at = w->at;
    w->hash = mix_pair(load_number(w, at + 12, 4), load_number(w, at + 16, 4));
    if (load_number(w, at + 6, 2) &
        0x3fff) /* a fragment: the others of its packet have no ports and no inner header */
        w->done = true;
    else
        step_carried(w, (struct carried){load_number(w, at + 9, 1), at + (load_number(w, at, 1) & 15) * 4});
}

static void step_ipv6(struct walk *w) {
    w->hash = mix_pair(fold_v6(w, w->at + 8), fold_v6(w, w->at + 24));
    struct carried c = {load_number(w, w->at + 6, 1), w->at + 40};
    for (int i = 0; i < FANOUT_EXTENSIONS && (c.protocol == 0 || c.protocol == 43 || c.protocol == 60); i++) {
        c.protocol = load_number(w, c.at, 1);
        c.at += load_number(w, c.at + 1, 1) * 8 + 8;
    }
    step_carried(w, c);
}

static void step_mpls(struct walk *w) {
    uint32_t at = w->at + 4;
    if (!(load_number(w, w->at, 4) & 0x100)) {
        set_next(w, ETHER_MPLS, at);
        return;
    }
    uint32_t nibble = load_number(w, at, 1) >> 4;
    if (nibble == 4 || nibble == 6) {
        set_next(w, nibble == 4 ? ETHER_IPV4 : ETHER_IPV6, at);
        return;
    }
    /* A pseudowire: without a control word if there is a well-known ethertype where one would then be. */
    uint32_t type = load_number(w, at + 12, 2);
    if (type != ETHER_IPV4 && type != ETHER_IPV6 && type != ETHER_VLAN && type != ETHER_VLAN_SERVICE)
        at += 4;
    set_next_ethernet(w, at);
}

/* RFC 1661: the protocol field may be one byte, which then is odd; RFC 1662: ff 03 may stand before it. */
static void step_ppp(struct walk *w) {
    uint32_t at = w->at;
    if (load_number(w, at, 2) == 0xff03)
        at += 2;
    uint32_t protocol = load_number(w, at, 1);
    if (protocol & 1)
        at += 1;
    else {
        protocol = load_number(w, at, 2);
        at += 2;
    }
    if (protocol == 0x21)
        set_next(w, ETHER_IPV4, at);
    else if (protocol == 0x57)
        set_next(w, ETHER_IPV6, at);
    else if (protocol == 0x281)
        set_next(w, ETHER_MPLS, at);
    else
        w->done = true;
}

static void step_llc(struct walk *w) {
    if (load_number(w, w->at, 4) == 0xaaaa0300 && load_number(w, w->at + 4, 2) == 0)
        set_next(w, load_number(w, w->at + 6, 2), w->at + 8);
    else
        w->done = true;
}

static void take_step(struct walk *w) {
    switch (w->type) {
    case ETHER_IPV4:
        step_ipv4(w);
        break;
    case ETHER_IPV6:
        step_ipv6(w);
        break;
    case ETHER_VLAN:
    case ETHER_VLAN_SERVICE:
    case ETHER_VLAN_OLD:
    case ETHER_VLAN_9200:
    case ETHER_VLAN_9300:
        set_next(w, load_number(w, w->at + 2, 2), w->at + 4);
        break;
    case ETHER_VNTAG:
        set_next(w, load_number(w, w->at + 4, 2), w->at + 6);
        break;
    case ETHER_ETAG:
    case ETHER_METADATA:
        set_next(w, load_number(w, w->at + 6, 2), w->at + 8);
        break;
    case ETHER_MACSEC:
        step_macsec(w);
        break;
    case ETHER_FABRICPATH:
        set_next_ethernet(w, w->at + 2);
        break;
    case ETHER_MPLS:
    case ETHER_MPLS_MULTICAST:
        step_mpls(w);
        break;
    case ETHER_PPPOE:
        set_next(w, TYPE_PPP, w->at + 6);
        break;
    case TYPE_PPP:
        step_ppp(w);
        break;
    case TYPE_LLC:
        step_llc(w);
        break;
    case ETHER_BRIDGED:
        set_next_ethernet(w, w->at);
        break;
    case ETHER_ERSPAN2:
        set_next_ethernet(w, w->at + 8);
        break;
    case ETHER_ERSPAN3:
        set_next_ethernet(w, w->at + 12 + (load_number(w, w->at + 11, 1) & 1) * 8);
        break;
    default:
        w->done = true;
    }
}

unsigned capture_fanout(const struct capture_packet *packet, unsigned count, bool split_by_ports) {
    struct walk w = {.data = packet->data, .length = packet->captured, .split_by_ports = split_by_ports};
    uint16_t type;
    if (count < 2 || !capture_link(packet, &type, &w.at))
        return 0;
    w.type = type;
    /* The kernel takes the outermost tag off before its program runs. */
    if (type == ETHER_VLAN || type == ETHER_VLAN_SERVICE)
        set_next(&w, load_number(&w, w.at + 2, 2), w.at + 4);
    if (w.type < 0x600)
        w.type = TYPE_LLC;
    for (int i = 0; i < FANOUT_STEPS && !w.done && !w.overrun; i++)
        take_step(&w);
    return w.overrun ? 0 : w.hash % count;
}
