/* SPDX-License-Identifier: Apache-2.0 */
#include "decode/checksum.h"

#include "base/bytes.h"

enum { IPV4_LEAST = 20, IPV6_FIXED = 40, TCP_SUM_AT = 16, UDP_SUM_AT = 6, EXTENSIONS_LOOKED_AT = 32 };

/* Sixteen bytes, as they lie at any place; and as what sums of their parts become. */
typedef uint32_t sum_words __attribute__((vector_size(16)));
typedef uint32_t sum_unaligned __attribute__((vector_size(16), aligned(1), may_alias));
typedef uint64_t sum_lanes __attribute__((vector_size(16)));

static inline sum_lanes lower_words(sum_words w) {
    return (sum_lanes)__builtin_shufflevector(w, (sum_words){0}, 0, 4, 1, 5);
}

static inline sum_lanes upper_words(sum_words w) {
    return (sum_lanes)__builtin_shufflevector(w, (sum_words){0}, 2, 6, 3, 7);
}

/* The ones' complement sum is the same in any byte order but for a swap, and may be taken over wider words:
 * eight lanes, in vectors that do not depend on what the compiler makes of a loop. */
static uint64_t sum_bytes(const uint8_t *p, size_t n) {
    sum_lanes lane[4] = {{0}};
    uint64_t sum = 0;
    uint32_t word;
    for (; n >= 2 * sizeof(sum_words); p += 2 * sizeof(sum_words), n -= 2 * sizeof(sum_words)) {
        const sum_unaligned *at = (const void *)p;
        lane[0] += lower_words(at[0]);
        lane[1] += upper_words(at[0]);
        lane[2] += lower_words(at[1]);
        lane[3] += upper_words(at[1]);
    }
    for (int i = 0; i < 4; i++)
        sum += lane[i][0] + lane[i][1];
    for (; n >= sizeof word; p += sizeof word, n -= sizeof word) {
        memcpy(&word, p, sizeof word);
        sum += word;
    }
    word = 0;
    memcpy(&word, p, n);
    return sum + word;
}

static uint16_t fold_sum(uint64_t sum) {
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

static uint64_t sum_address(const struct address *a) {
    uint32_t word[4];
    memcpy(word, a, sizeof word);
    return address_is_v4(a) ? word[3] : (uint64_t)word[0] + word[1] + word[2] + word[3];
}

/* The pseudo-header, in memory's order as all else that is summed (hash.c has it that this is a little-endian
 * machine's). */
static uint64_t sum_pseudo(const struct address *source, const struct address *destination, uint8_t transport,
                           uint32_t length) {
    return sum_address(source) + sum_address(destination) + __builtin_bswap32(length) +
           ((uint64_t)transport << 24);
}

/* Source routes: the pseudo-header has the last address of the route, not the next one. */
static bool is_routed_v4(const uint8_t *h, size_t n) {
    for (size_t at = IPV4_LEAST; at < n && h[at] != 0; at += h[at] == 1 ? 1 : h[at + 1]) {
        if (h[at] == 131 || h[at] == 137)
            return true;
        if (h[at] != 1 && (at + 1 >= n || h[at + 1] < 2))
            return false;
    }
    return false;
}

static bool is_routed_v6(const struct packet *p) {
    const uint8_t *h = p->network, *end = p->payload - p->header_length;
    uint8_t type = h[6];
    h += IPV6_FIXED;
    for (int i = 0; type != p->transport && i < EXTENSIONS_LOOKED_AT && h + 8 <= end; i++) {
        if (type == 43 && h[3] > 0)
            return true;
        size_t length = type == 44 ? 8 : type == 51 ? (h[1] + 2u) * 4 : (h[1] + 1u) * 8;
        type = h[0];
        h += length <= (size_t)(end - h) ? length : (size_t)(end - h);
    }
    return false;
}

bool header_sum_holds(struct bytes header) {
    uint32_t word[IPV4_LEAST / sizeof(uint32_t)];
    if (header.n == sizeof word) { /* nearly all of them */
        memcpy(word, header.p, sizeof word);
        return fold_sum((uint64_t)word[0] + word[1] + word[2] + word[3] + word[4]) == 0xffff;
    }
    return fold_sum(sum_bytes(header.p, header.n)) == 0xffff;
}

/* The IP header's own sum, and whether the transport's can be told. */
static enum packet_sum sum_network(const struct packet *p) {
    const uint8_t *h = p->network;
    if (h[0] >> 4 == 6)
        return is_routed_v6(p) ? SUM_UNKNOWN : SUM_GOOD;
    size_t n = (h[0] & 15) * 4u;
    if (!p->defragmented && !header_sum_holds(bytes_of(h, n)))
        return (h[10] | h[11]) == 0 ? SUM_LEFT_OUT : SUM_BAD;
    if ((h[2] | h[3]) == 0) /* segmentation in the network card */
        return SUM_UNKNOWN;
    return is_routed_v4(h, n) ? SUM_UNKNOWN : SUM_GOOD;
}

enum packet_sum segment_sum(const struct address *source, const struct address *destination,
                            uint8_t transport, struct bytes segment) {
    size_t at = transport == PROTOCOL_TCP ? TCP_SUM_AT : UDP_SUM_AT;
    uint32_t length = (uint32_t)segment.n;
    uint16_t there;
    if ((transport != PROTOCOL_TCP && transport != PROTOCOL_UDP) || segment.n < at + sizeof there)
        return SUM_UNKNOWN;
    memcpy(&there, segment.p + at, sizeof there);
    if (transport == PROTOCOL_UDP && (there == 0 || (segment.p[4] | segment.p[5]) == 0))
        return SUM_UNKNOWN;
    /* First: one of so many that nobody computed is right by chance. */
    uint64_t pseudo = sum_pseudo(source, destination, transport, length);
    if (there == 0 || there == fold_sum(pseudo) ||
        there == fold_sum(sum_pseudo(source, destination, transport, 0)))
        return SUM_LEFT_OUT;
    return fold_sum(pseudo + sum_bytes(segment.p, segment.n)) == 0xffff ? SUM_GOOD : SUM_BAD;
}

enum packet_sum packet_sum(const struct packet *p) {
    if ((p->transport != PROTOCOL_TCP && p->transport != PROTOCOL_UDP) || p->header_length == 0 ||
        !p->network)
        return SUM_UNKNOWN;
    enum packet_sum network = sum_network(p);
    if (network != SUM_GOOD || p->payload_captured < p->payload_length)
        return network == SUM_GOOD ? SUM_UNKNOWN : network;
    return segment_sum(&p->source, &p->destination, p->transport,
                       bytes_of(p->payload - p->header_length, p->header_length + p->payload_length));
}

bool packet_sum_holds(const struct packet *p) {
    uint32_t length = p->header_length + p->payload_length;
    uint64_t pseudo = sum_pseudo(&p->source, &p->destination, p->transport, length);
    return sum_network(p) == SUM_GOOD && p->payload_captured == p->payload_length &&
           fold_sum(pseudo + sum_bytes(p->payload - p->header_length, length)) == 0xffff;
}
