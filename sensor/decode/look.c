/* SPDX-License-Identifier: Apache-2.0 */
#include "decode/checksum.h"
#include "decode/walk.h"

enum {
    IPV4_HEADER = 20,
    IPV6_HEADER = 40,
    ETHERNET_HEADER = 14,
    TAGS_MAX = 4,
    PADDING_MOST = 64, /* behind a packet in its frame: up to the least length, check sequences, trailers */
    UDP_SUM_AT = 6,
};

/* What is there `at` bytes further on, and how long it was on the wire. */
struct view {
    const uint8_t *h;
    uint32_t here, wire;
};

static struct view view_at(const struct walk *w, uint32_t at) {
    uint32_t here = (uint32_t)reader_left(&w->left);
    if (at > here)
        return (struct view){.h = NULL};
    return (struct view){w->left.at + at, here - at, here - at + w->cut};
}

static bool is_v4_like(const struct view *v) {
    return v->here >= IPV4_HEADER && v->h[0] >> 4 == 4 && (v->h[0] & 15) >= 5 &&
           walk_u16(v->h + 2) >= IPV4_HEADER && walk_u16(v->h + 2) <= v->wire;
}

static bool is_v6_like(const struct view *v) {
    return v->here >= IPV6_HEADER && v->h[0] >> 4 == 6 &&
           walk_u16(v->h + 4) + (uint32_t)IPV6_HEADER <= v->wire;
}

bool look_ip_like(const struct walk *w, uint32_t at) {
    struct view v = view_at(w, at);
    return v.h && (is_v4_like(&v) || is_v6_like(&v));
}

uint16_t look_ip_type(const struct walk *w, uint32_t at) {
    struct view v = view_at(w, at);
    return v.here > 0 && v.h[0] >> 4 == 6 ? ETHER_IPV6 : ETHER_IPV4;
}

/* Of IPv6, which has no checksum of its own: what may follow it (IANA, protocol numbers). */
static bool is_next_header(uint8_t protocol) {
    static const uint8_t known[] = {0,  4,  6,  17, 41,  43,  44,  47,  50,  51,
                                    58, 59, 60, 97, 115, 132, 135, 137, 139, 140};
    for (size_t i = 0; i < sizeof known; i++)
        if (known[i] == protocol)
            return true;
    return false;
}

static bool is_v4_sound(const struct view *v, uint32_t padding) {
    uint32_t header = (v->h[0] & 15) * 4u, total = walk_u16(v->h + 2);
    return header <= v->here && total >= header && total + padding >= v->wire &&
           header_sum_holds(bytes_of(v->h, header));
}

/* RFC 4291, section 2.4: what is in use is global unicast, local, of the link, or multicast; 64:ff9b::/96 is
 * RFC 6052's, and ::/8 else the loopback's. */
static bool is_address_v6(const uint8_t *a) {
    return a[0] >> 5 == 1 || (a[0] & 0xfe) == 0xfc || a[0] == 0xfe || a[0] == 0xff ||
           (walk_u32(a) & 0xff00ffff) == 0xff9b || walk_u32(a) == 0;
}

static bool is_v6_sound(const struct view *v, uint32_t padding) {
    uint32_t total = walk_u16(v->h + 4) + (uint32_t)IPV6_HEADER;
    const uint8_t *next = v->h + IPV6_HEADER;
    if (total + padding < v->wire || total == IPV6_HEADER || !is_next_header(v->h[6]) || v->h[7] == 0 ||
        !is_address_v6(v->h + 8) || !is_address_v6(v->h + 24))
        return false;
    if (v->h[6] == PROTOCOL_TCP)
        return v->here >= IPV6_HEADER + 20 && next[12] >> 4 >= 5;
    return v->h[6] != PROTOCOL_UDP ||
           (v->here >= IPV6_HEADER + 8 && walk_u16(next + 4) == total - IPV6_HEADER);
}

static bool is_sound(const struct walk *w, uint32_t at, uint32_t padding) {
    struct view v = view_at(w, at);
    return v.h &&
           ((is_v4_like(&v) && is_v4_sound(&v, padding)) || (is_v6_like(&v) && is_v6_sound(&v, padding)));
}

bool look_ip_sound(const struct walk *w, uint32_t at) {
    return is_sound(w, at, 0);
}

/* The type behind an Ethernet header and its tags, and how far it is to there; 0: cut short. */
static uint16_t skip_tags(const struct walk *w, uint32_t *at) {
    struct view v = view_at(w, *at);
    if (!v.h || v.here < ETHERNET_HEADER)
        return 0;
    uint32_t n = ETHERNET_HEADER;
    for (int i = 0; i < TAGS_MAX && ether_is_tag(walk_u16(v.h + n - 2)) && v.here >= n + 4; i++)
        n += 4;
    *at += n;
    return walk_u16(v.h + n - 2);
}

bool look_ethernet_sound(const struct walk *w, uint32_t at) {
    uint16_t type = skip_tags(w, &at);
    return (type == ETHER_IPV4 || type == ETHER_IPV6) && look_ip_type(w, at) == type &&
           is_sound(w, at, PADDING_MOST);
}

bool look_ethernet_like(const struct walk *w, uint32_t at) {
    static const uint16_t known[] = {ETHER_ARP,   ETHER_MPLS, ETHER_MPLS_MULTICAST,
                                     ETHER_PPPOE, ETHER_LLDP, ETHER_PPPOE_DISCOVERY};
    uint16_t type = skip_tags(w, &at);
    if (type == ETHER_IPV4 || type == ETHER_IPV6)
        return look_ip_type(w, at) == type && look_ip_like(w, at);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i] == type)
            return true;
    return false;
}

bool look_segment_sound(const struct walk *w, uint32_t at, uint32_t length, uint8_t protocol) {
    struct view v = view_at(w, at);
    if (!v.h || length > v.here)
        return false;
    if (protocol == PROTOCOL_UDP && length >= UDP_SUM_AT + 2 && walk_u16(v.h + UDP_SUM_AT) == 0)
        return walk_u16(v.h + 4) == length;
    return segment_sum(&w->out->source, &w->out->destination, protocol, bytes_of(v.h, length)) == SUM_GOOD;
}
