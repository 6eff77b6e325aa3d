/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_TLS_PIECES_H
#define GANTRY_PROTOCOL_TLS_PIECES_H

#include "base/bytes.h"

/* Handshake bytes that come in datagrams, in any order: fragments of DTLS, CRYPTO frames of QUIC. What came
 * first stays; more runs behind holes than PIECES_MAX are not kept. */
enum { PIECES_MAX = 32 };

struct pieces {
    uint8_t *bytes; /* `room` octets, PROTOCOL_HELD; NULL: nothing came yet */
    uint32_t room;
    uint32_t have; /* in order from the first octet on */
    unsigned n;    /* of `early` */
    struct {
        uint32_t from, to;
    } early[PIECES_MAX];
};

/* `room`: the most octets of the whole. False: it lies outside, or there is no memory. */
bool pieces_add(struct pieces *p, uint32_t room, uint64_t offset, struct bytes piece);
void pieces_free(struct pieces *p);

#endif
