/* SPDX-License-Identifier: Apache-2.0 */
#include "decode/decode.h"

#include <pcap/dlt.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* A TCP segment is wrapped as the first bytes say, from the inside out, each layer written here after its
 * RFC; the decoder must find the segment, and the outermost VLAN. What is damaged is fuzz_decode's. */
enum { ROOM = 4096, PAYLOAD_MAX = 1200, LAYERS_MAX = 6, STEPS_MAX = 8 };
enum {
    IPV4 = 0x0800,
    IPV6 = 0x86dd,
    VLAN = 0x8100,
    QINQ = 0x88a8,
    MPLS = 0x8847,
    PPPOE = 0x8864,
    ETHERNET = 0x6558,
    NSH = 0x894f,
    MACSEC = 0x88e5,
    VNTAG = 0x8926,
};

/* It grows to the front. */
struct frame {
    uint8_t bytes[ROOM];
    size_t at;
    unsigned type;  /* ethertype of what stands at its front */
    unsigned vlan;  /* outermost */
    unsigned steps; /* encapsulations */
};

static size_t size(const struct frame *f) {
    return ROOM - f->at;
}

static void put(struct frame *f, const void *p, size_t n) {
    f->at -= n;
    memcpy(f->bytes + f->at, p, n);
}

static void put_u16(struct frame *f, unsigned v) {
    put(f, (const uint8_t[]){(uint8_t)(v >> 8), (uint8_t)v}, 2);
}

static void put_ip(struct frame *f, unsigned protocol, bool v6) {
    unsigned n = (unsigned)size(f);
    if (v6) {
        put(f, "\x20\x01\x0d\xb8\0\1\0\0\0\0\0\0\0\0\0\1\x20\x01\x0d\xb8\0\1\0\0\0\0\0\0\0\0\0\2", 32);
        put(f, (const uint8_t[]){(uint8_t)(n >> 8), (uint8_t)n, (uint8_t)protocol, 64}, 4);
        put(f, "\x60\0\0\0", 4);
    } else {
        put(f, (const uint8_t[]){64, (uint8_t)protocol, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2}, 12);
        put(f, "\0\1\0\0", 4);
        put_u16(f, n + 20);
        put(f, "\x45\0", 2);
    }
    f->type = v6 ? IPV6 : IPV4;
}

static bool is_ip(const struct frame *f) {
    return f->type == IPV4 || f->type == IPV6;
}

static void note_vlan(struct frame *f, unsigned id) {
    f->vlan = id ? id : f->vlan;
}

/* --- layers: each says whether it fits what is there --- */

static bool ethernet(struct frame *f, uint8_t how) {
    if (f->type == ETHERNET)
        return false;
    put_u16(f, f->type);
    put(f, "\2\0\0\0\0\1\2\0\0\0\0\2", 12);
    f->type = ETHERNET;
    return true;
}

static bool vlan(struct frame *f, uint8_t how) {
    if (f->type == ETHERNET)
        return false;
    put_u16(f, f->type);
    put_u16(f, how * 16u);
    note_vlan(f, how * 16u & 0xfff);
    f->type = how & 1 ? VLAN : QINQ;
    f->steps++;
    return true;
}

/* RFC 3032; RFC 4448 with its control word. */
static bool mpls(struct frame *f, uint8_t how) {
    if (!is_ip(f) && f->type != ETHERNET)
        return false;
    if (f->type == ETHERNET)
        put(f, "\0\0\0\0", 4);
    put(f, "\0\1\1\x40", 4); /* bottom of the stack */
    for (unsigned i = 0; i < how % 4u; i++)
        put(f, "\0\2\0\x40", 4);
    f->type = MPLS;
    f->steps++;
    return true;
}

/* RFC 2516 and 1661. */
static bool pppoe(struct frame *f, uint8_t how) {
    if (!is_ip(f))
        return false;
    if (how & 1)
        put(f, f->type == IPV4 ? "\x21" : "\x57", 1);
    else
        put_u16(f, f->type == IPV4 ? 0x21 : 0x57);
    put_u16(f, (unsigned)size(f));
    put(f, "\x11\0\0\7", 4);
    f->type = PPPOE;
    f->steps++;
    return true;
}

static void put_gre(struct frame *f, unsigned flags, unsigned type, bool v6) {
    put(f, "\1\2\3\4\1\2\3\4\1\2\3\4", 4u * ((flags >> 15 & 1) + (flags >> 13 & 1) + (flags >> 12 & 1)));
    put_u16(f, type);
    put_u16(f, flags);
    put_ip(f, 47, v6);
    f->steps++;
}

/* RFC 2784 and 2890. */
static bool gre(struct frame *f, uint8_t how) {
    put_gre(f, (how & 7u) << 13 & 0xa000, f->type, how & 8);
    return true;
}

/* draft-foschiano-erspan-03, section 4.2. */
static bool erspan(struct frame *f, uint8_t how) {
    if (f->type != ETHERNET)
        return false;
    put(f, "\0\1\0\0\0\0", 6);
    put_u16(f, 0x1000u | how);
    note_vlan(f, how);
    put_gre(f, 0x1000, 0x88be, how & 8);
    return true;
}

/* RFC 2003, 2473 and 4213. */
static bool ip_in_ip(struct frame *f, uint8_t how) {
    if (!is_ip(f))
        return false;
    put_ip(f, f->type == IPV4 ? 4 : 41, how & 1);
    f->steps++;
    return true;
}

static void put_udp(struct frame *f, unsigned port, bool v6) {
    put_u16(f, 0);
    put_u16(f, (unsigned)size(f) + 6);
    put_u16(f, port);
    put_u16(f, 40000);
    put_ip(f, 17, v6);
    f->steps++;
}

/* RFC 7348. */
static bool vxlan(struct frame *f, uint8_t how) {
    if (f->type != ETHERNET)
        return false;
    put(f, "\x08\0\0\0\0\0\x2a\0", 8);
    put_udp(f, 4789, how & 1);
    return true;
}

/* RFC 8926. */
static bool geneve(struct frame *f, uint8_t how) {
    static const uint8_t options[63 * 4];
    unsigned words = how >> 2;
    put(f, options, 4 * words);
    put(f, "\0\0\x2a\0", 4);
    put_u16(f, f->type);
    put(f, (const uint8_t[]){(uint8_t)words, 0}, 2);
    put_udp(f, 6081, how & 1);
    return true;
}

/* 3GPP TS 29.281, section 5. */
static bool gtp(struct frame *f, uint8_t how) {
    unsigned extensions = how >> 3 & 3, flags = 0x30 | (how & 7);
    if (!is_ip(f))
        return false;
    for (unsigned i = 0; flags & 4 && i < extensions; i++)
        put(f, (const uint8_t[]){1, 0, 9, i ? 0x85 : 0}, 4);
    if (flags & 7)
        put(f, (const uint8_t[]){0, 1, 0, flags & 4 && extensions ? 0x85 : 0}, 4);
    unsigned inner = (unsigned)size(f);
    put(f, "\0\0\x12\x34", 4);
    put_u16(f, inner);
    put(f, (const uint8_t[]){(uint8_t)flags, 0xff}, 2);
    put_udp(f, 2152, how & 0x80);
    return true;
}

/* RFC 2661, section 3.1, with PPP. */
static bool l2tp(struct frame *f, uint8_t how) {
    if (!is_ip(f))
        return false;
    put_u16(f, f->type == IPV4 ? 0x21 : 0x57);
    put(f, "\xff\x03", how & 1 ? 2 : 0);
    put(f, "\0\0", how & 2 ? 2 : 0); /* offset */
    put(f, "\0\1\0\0", how & 4 ? 4 : 0);
    put(f, "\0\1\0\2", 4);
    put_u16(f, (how & 4 ? 0x0800u : 0) | (how & 2 ? 0x0200u : 0) | 2);
    put_udp(f, 1701, how & 8);
    return true;
}

/* RFC 8300, section 2.2. */
static bool nsh(struct frame *f, uint8_t how) {
    unsigned next = f->type == IPV4       ? 1
                    : f->type == IPV6     ? 2
                    : f->type == ETHERNET ? 3
                    : f->type == NSH      ? 4
                                          : 0;
    static const uint8_t context[61 * 4];
    unsigned words = how % 62u;
    if (next == 0)
        return false;
    put(f, context, 4 * words);
    put(f, "\0\0\7\xff", 4);
    put(f, (const uint8_t[]){2, (uint8_t)next}, 2);
    put_u16(f, 63u << 6 | (words + 2));
    f->type = NSH;
    f->steps++;
    return true;
}

/* IEEE 802.1AE, section 9.3: nothing encrypted. */
static bool macsec(struct frame *f, uint8_t how) {
    if (f->type == ETHERNET)
        return false;
    put_u16(f, f->type);
    put(f, "\0\0\0\0\0\1\0\1", how & 1 ? 8 : 0);
    put(f, "\0\0\0\1", 4);
    put(f, (const uint8_t[]){how & 1 ? 0x20 : 0, 0}, 2);
    f->type = MACSEC;
    f->steps++;
    return true;
}

static bool vntag(struct frame *f, uint8_t how) {
    if (f->type == ETHERNET)
        return false;
    put_u16(f, f->type);
    put(f, (const uint8_t[]){how, 0x0a, 0, 0x14}, 4);
    f->type = VNTAG;
    f->steps++;
    return true;
}

static void require(bool holds) {
    if (!holds)
        abort();
}

static void check(const struct frame *f, const uint8_t *payload, size_t n) {
    static struct decoder *d;
    struct packet p;
    size_t all = size(f);
    uint8_t *copy = malloc(all); /* of exactly its size */
    memcpy(copy, f->bytes + f->at, all);
    const struct capture_packet in = {
        .data = copy, .captured = (uint32_t)all, .wire = (uint32_t)all, .link_type = DLT_EN10MB};
    if (!d)
        d = decoder_create(&(struct decoder_options){.fragment_bytes = 0});
    require(decode_packet(d, &in, &p));
    require(p.transport == PROTOCOL_TCP && p.source_port == 51820 && p.destination_port == 21);
    require(p.tcp_seq == 0x01020304 && p.vlan == f->vlan);
    require(p.payload_length == n && p.payload_captured == n && memcmp(p.payload, payload, n) == 0);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    static bool (*const layers[])(struct frame *, uint8_t) = {
        ethernet, vlan, mpls, pppoe, gre, erspan, ip_in_ip, vxlan, geneve, gtp, l2tp, nsh, macsec, vntag};
    static struct frame f;
    if (n < 2 + 2 * LAYERS_MAX)
        return 0;
    const uint8_t *how = data + 2, *payload = data + 2 + 2 * LAYERS_MAX;
    size_t left = n - 2 - 2 * LAYERS_MAX;
    left = left < PAYLOAD_MAX ? left : PAYLOAD_MAX;
    f = (struct frame){.at = ROOM};
    put(&f, payload, left);
    put(&f, "\xca\x6c\0\x15\1\2\3\4\x0a\x0b\x0c\x0d\x50\x18\x10\0\0\0\0\0", 20);
    put_ip(&f, 6, data[0] & 1);
    for (unsigned i = 0; i < data[1] % (LAYERS_MAX + 1u) && f.steps < STEPS_MAX; i++)
        layers[how[2 * i] % (sizeof layers / sizeof *layers)](&f, how[2 * i + 1]);
    ethernet(&f, 0);
    check(&f, payload, left);
    return 0;
}
