/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/source.h"

#include <linux/netfilter/nfnetlink_log.h>
#include <net/ethernet.h>
#include <stdio.h>
#include <sys/socket.h>

#define ETHERTYPE_PPPOE_SESSION 0x8864
#define ETHERTYPE_LOWEST 0x0600 /* below it the field is a length: IEEE 802.3, section 3.2.6 */
#define NFLOG_ATTRIBUTES_MAX 64

struct found {
    uint16_t type;
    uint32_t offset;
};

static bool find_ethernet(struct bytes frame, struct found *out) {
    if (frame.n < 14)
        return false;
    uint16_t type = (uint16_t)(frame.p[12] << 8 | frame.p[13]);
    *out = (struct found){type >= ETHERTYPE_LOWEST ? type : LINK_LLC, 14};
    return true;
}

static bool find_by_version(struct bytes frame, struct found *out) {
    if (frame.n < 1)
        return false;
    unsigned version = frame.p[0] >> 4;
    *out = (struct found){version == 4 ? ETHERTYPE_IP : ETHERTYPE_IPV6, 0};
    return version == 4 || version == 6;
}

/* The cooked headers name an ethertype, or for 802.2 the kernel's own number, which is LINK_LLC. */
static bool find_cooked(struct bytes frame, struct found *out) {
    if (frame.n < 16)
        return false;
    *out = (struct found){(uint16_t)(frame.p[14] << 8 | frame.p[15]), 16};
    return true;
}

static bool find_cooked2(struct bytes frame, struct found *out) {
    if (frame.n < 20)
        return false;
    *out = (struct found){(uint16_t)(frame.p[0] << 8 | frame.p[1]), 20};
    return true;
}

/* BSD loopback: the address family of the machine that captured, in its byte order (DLT_LOOP: big-endian).
 * AF_INET is 2 everywhere; AF_INET6 is 10 on Linux, 24 on NetBSD and OpenBSD, 28 on FreeBSD, 30 on macOS. */
static bool find_loopback(struct bytes frame, struct found *out) {
    struct reader r = reader_of(frame.p, frame.n);
    uint32_t family;
    if (!reader_u32(&r, &family))
        return false;
    if (family > 0xffff)
        family = __builtin_bswap32(family);
    bool v6 = family == 10 || family == 24 || family == 28 || family == 30;
    *out = (struct found){v6 ? ETHERTYPE_IPV6 : ETHERTYPE_IP, 4};
    return v6 || family == 2;
}

/* nfnetlink_log: a header of 4 bytes, then attributes in the byte order of this machine (libpcap turns them)
 * padded to 4. */
static bool find_nflog(struct bytes frame, struct found *out) {
    if (frame.n < 4)
        return false;
    uint16_t type = frame.p[0] == AF_INET ? ETHERTYPE_IP : frame.p[0] == AF_INET6 ? ETHERTYPE_IPV6 : 0;
    size_t at = 4;
    for (int i = 0; i < NFLOG_ATTRIBUTES_MAX && frame.n - at >= 4; i++) {
        uint16_t attribute[2]; /* length with these four bytes, type */
        memcpy(attribute, frame.p + at, sizeof attribute);
        size_t left = frame.n - at, length = attribute[0];
        if (length < 4)
            return false;
        /* zero for packets that this host sends: then the family counts */
        if (attribute[1] == NFULA_PACKET_HDR && length >= 6 && left >= 6 &&
            (frame.p[at + 4] | frame.p[at + 5]))
            type = (uint16_t)(frame.p[at + 4] << 8 | frame.p[at + 5]);
        if (attribute[1] == NFULA_PAYLOAD) {
            *out = (struct found){type, (uint32_t)at + 4};
            return true;
        }
        length = (length + 3) & ~(size_t)3;
        if (length > left)
            return false;
        at += length;
    }
    return false;
}

static bool find_hdlc(struct bytes frame, struct found *out) {
    if (frame.n < 4)
        return false;
    *out = (struct found){(uint16_t)(frame.p[2] << 8 | frame.p[3]), 4};
    return true;
}

/* RFC 1662 framing begins with ff 03, Cisco's with 0f 00 or 8f 00. */
static bool find_ppp_serial(struct bytes frame, struct found *out) {
    if (frame.n > 0 && (frame.p[0] == 0x0f || frame.p[0] == 0x8f))
        return find_hdlc(frame, out);
    *out = (struct found){LINK_PPP, 0};
    return frame.n > 0;
}

/* radiotap.org: version 0, the length of the header, a word of which fields are there, which another may
 * follow (bit 31). The first two are a clock of 8 bytes, aligned to that, and flags. */
static bool find_radiotap(struct bytes frame, struct found *out) {
    enum { CLOCK = 1, FLAGS = 2, PADDED = 0x20, WRONG_SUM = 0x40, WORDS_MAX = 16 };
    if (frame.n < 8 || frame.p[0] != 0)
        return false;
    size_t length = frame.p[2] | (size_t)frame.p[3] << 8, at = 4;
    for (int i = 0; i < WORDS_MAX && at + 4 <= frame.n && frame.p[at + 3] & 0x80; i++)
        at += 4;
    at += 4;
    if (frame.p[4] & CLOCK)
        at = ((at + 7) & ~(size_t)7) + 8;
    uint8_t flags = frame.p[4] & FLAGS && at < frame.n && at < length ? frame.p[at] : 0;
    *out = (struct found){flags & PADDED ? LINK_WIRELESS_PADDED : LINK_WIRELESS, (uint32_t)length};
    return length >= 8 && length < frame.n && !(flags & WRONG_SUM);
}

/* AVS: a number that says so, the length of the header, both big-endian. */
static bool find_avs(struct bytes frame, struct found *out) {
    if (frame.n < 8)
        return false;
    uint32_t length =
        (uint32_t)frame.p[4] << 24 | (uint32_t)frame.p[5] << 16 | (uint32_t)frame.p[6] << 8 | frame.p[7];
    *out = (struct found){LINK_WIRELESS, length};
    return frame.p[0] == 0x80 && frame.p[1] == 0x21 && frame.p[2] >> 4 == 1 && length >= 8 &&
           length < frame.n;
}

/* Prism: a message's number and its length, in the byte order of who captured; some drivers wrote AVS. */
static bool find_prism(struct bytes frame, struct found *out) {
    if (find_avs(frame, out))
        return true;
    if (frame.n < 8)
        return false;
    uint32_t length = frame.p[4] | frame.p[5] ? frame.p[4] | (uint32_t)frame.p[5] << 8
                                              : (uint32_t)frame.p[6] << 8 | frame.p[7];
    *out = (struct found){LINK_WIRELESS, length};
    return length >= 8 && length < frame.n;
}

/* PPI (CACE): version 0, flags, the length of all headers and a link type, little-endian. */
static bool find_ppi(struct bytes frame, struct found *out) {
    if (frame.n < 8 || frame.p[0] != 0)
        return false;
    uint32_t length = frame.p[2] | (uint32_t)frame.p[3] << 8;
    uint32_t type = frame.p[4] | (uint32_t)frame.p[5] << 8;
    if (length < 8 || length >= frame.n || (type != DLT_IEEE802_11 && type != DLT_EN10MB))
        return false;
    *out = (struct found){LINK_WIRELESS, length};
    if (type == DLT_IEEE802_11)
        return true;
    bool found = find_ethernet(bytes_of(frame.p + length, frame.n - length), out);
    out->offset += length;
    return found;
}

static const struct link {
    int type;      /* DLT_ value */
    uint16_t bare; /* what every frame is from its first byte on; 0: `find` tells */
    bool (*find)(struct bytes frame, struct found *out);
} links[] = {
    {.type = DLT_EN10MB, .find = find_ethernet},
    {.type = DLT_LINUX_SLL, .find = find_cooked},
    {.type = DLT_LINUX_SLL2, .find = find_cooked2},
    {.type = DLT_RAW, .find = find_by_version},
    {.type = DLT_IPV4, .bare = ETHERTYPE_IP},
    {.type = DLT_IPV6, .bare = ETHERTYPE_IPV6},
    {.type = DLT_NULL, .find = find_loopback},
    {.type = DLT_LOOP, .find = find_loopback},
    {.type = DLT_NFLOG, .find = find_nflog},
    {.type = DLT_PPP, .bare = LINK_PPP},
    {.type = DLT_PPP_SERIAL, .find = find_ppp_serial},
    {.type = DLT_PPP_ETHER, .bare = ETHERTYPE_PPPOE_SESSION},
    {.type = DLT_C_HDLC, .find = find_hdlc},
    {.type = DLT_IEEE802_11, .bare = LINK_WIRELESS},
    {.type = DLT_IEEE802_11_RADIO, .find = find_radiotap},
    {.type = DLT_IEEE802_11_RADIO_AVS, .find = find_avs},
    {.type = DLT_PRISM_HEADER, .find = find_prism},
    {.type = DLT_PPI, .find = find_ppi},
};

static const struct link *link_find(int type) {
    for (size_t i = 0; i < sizeof links / sizeof *links; i++)
        if (links[i].type == type)
            return &links[i];
    return NULL;
}

bool capture_link(const struct capture_packet *packet, uint16_t *ethertype, uint32_t *offset) {
    const struct link *link = link_find(packet->link_type);
    struct bytes frame = bytes_of(packet->data, packet->captured);
    if (!link)
        return false;
    struct found found = {link->bare, 0};
    if (link->bare ? frame.n == 0 : !link->find(frame, &found))
        return false;
    *ethertype = found.type;
    *offset = found.offset;
    return true;
}

bool link_check(int link_type, const char *what, struct error *e) {
    if (link_find(link_type))
        return true;
    char known[384] = "";
    size_t n = 0;
    for (size_t i = 0; i < sizeof links / sizeof *links && n < sizeof known; i++)
        n += (size_t)snprintf(known + n, sizeof known - n, "%s%s", i ? ", " : "",
                              pcap_datalink_val_to_name(links[i].type));
    const char *name = pcap_datalink_val_to_name(link_type);
    return error_set(e, "%s: link type %d (%s) is not supported; supported are %s", what, link_type,
                     name ? name : "unknown", known);
}

const uint8_t *capture_ethernet(const struct capture_packet *packet) {
    return packet->link_type == DLT_EN10MB && packet->captured >= 14 ? packet->data : NULL;
}
