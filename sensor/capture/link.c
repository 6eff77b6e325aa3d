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
    char known[256] = "";
    size_t n = 0;
    for (size_t i = 0; i < sizeof links / sizeof *links && n < sizeof known; i++)
        n += (size_t)snprintf(known + n, sizeof known - n, "%s%s", i ? ", " : "",
                              pcap_datalink_val_to_name(links[i].type));
    const char *name = pcap_datalink_val_to_name(link_type);
    return error_set(e, "%s: link type %d (%s) is not supported; supported are %s", what, link_type,
                     name ? name : "unknown", known);
}
