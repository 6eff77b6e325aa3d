/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "flow/table.h"

#include <openssl/evp.h>

enum { SHA1_SIZE = 20 };

static EVP_MD *sha1;

void community_id_prepare(void) {
    if (!sha1)
        sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
}

static uint8_t *put_bytes(uint8_t *at, const void *from, size_t n) {
    memcpy(at, from, n);
    return at + n;
}

static uint8_t *put_u16(uint8_t *at, uint16_t n) {
    return put_bytes(at, (uint8_t[]){(uint8_t)(n >> 8), (uint8_t)n}, 2);
}

static uint8_t *put_address(uint8_t *at, const struct address *a) {
    return address_is_v4(a) ? put_bytes(at, a->bytes + 12, 4) : put_bytes(at, a->bytes, 16);
}

/* The spec puts the smaller address, then the smaller port first; an ICMP message that has no answer keeps
 * its direction. The client of such a flow is whoever sent its first packet. */
static bool is_ordered(const struct flow *f) {
    int order = memcmp(&f->end[0].address, &f->end[1].address, sizeof f->end[0].address);
    return order < 0 || (order == 0 && f->end[0].port < f->end[1].port) || flow_is_icmp_notice(f);
}

const char *flow_community_id(const struct flow *flow, char out[COMMUNITY_ID_MAX]) {
    uint8_t text[2 + 16 + 16 + 2 + 2 + 2], digest[SHA1_SIZE], *at = text;
    const struct endpoint *low = &flow->end[SIDE_CLIENT], *high = &flow->end[SIDE_SERVER];
    if (!is_ordered(flow)) {
        low = &flow->end[SIDE_SERVER];
        high = &flow->end[SIDE_CLIENT];
    }
    at = put_u16(at, 0); /* seed */
    at = put_address(at, &low->address);
    at = put_address(at, &high->address);
    at = put_bytes(at, (uint8_t[]){flow->transport, 0}, 2);
    uint8_t transport = flow->transport;
    if (transport == PROTOCOL_TCP || transport == PROTOCOL_UDP || transport == IP_PROTOCOL_SCTP ||
        transport == IP_PROTOCOL_ICMP || transport == IP_PROTOCOL_ICMP6) {
        at = put_u16(at, low->port);
        at = put_u16(at, high->port);
    }
    community_id_prepare();
    out[0] = '\0';
    if (!sha1 || !EVP_Digest(text, (size_t)(at - text), digest, NULL, sha1, NULL)) {
        counter_one(COUNTER_COMMUNITY_ID_SHED);
        return out;
    }
    memcpy(out, "1:", 2);
    EVP_EncodeBlock((unsigned char *)out + 2, digest, SHA1_SIZE);
    return out;
}
