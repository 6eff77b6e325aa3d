/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_QUIC_INITIAL_H
#define GANTRY_PROTOCOL_QUIC_INITIAL_H

#include "base/bytes.h"

/* Initial packets of QUIC (RFC 9000 section 17.2.2), whose keys anybody can make who saw the first
 * connection id (RFC 9001 section 5.2, RFC 9369 section 3.3). */

enum { QUIC_ID_MAX = 20, QUIC_PACKET_MAX = 1500 };

/* The header of one long packet; borrowed from the datagram. */
struct quic_long {
    uint32_t version;
    bool initial, version_known;
    bool early;                       /* of type 0-RTT, which is data */
    struct bytes destination, source; /* connection ids */
    struct bytes packet;              /* from its first octet to its end by the length field */
    size_t number_at;                 /* of the packet number, in `packet` */
};

/* The next packet of a datagram, which may hold several (section 12.2). False: it is none of a long header
 * that is known, or the last one is over. A version that nobody knows has only its ids (RFC 8999). In one
 * that is known the fixed bit may be anything (RFC 9287). */
bool quic_long_next(struct reader *datagram, struct quic_long *out);

struct quic_keys {
    uint8_t key[16], iv[12], header[16];
};

/* By the connection id that the client chose first. False: nobody knows this version's keys. */
bool quic_keys_derive(uint32_t version, struct bytes id, bool server, struct quic_keys *out);

/* The frames of an Initial packet, in the clear, into `out` of QUIC_PACKET_MAX; false: these are not its
 * keys, or it is damaged. */
bool quic_initial_open(const struct quic_keys *keys, const struct quic_long *head, uint8_t *out,
                       struct bytes *frames);

/* Variable-length integer, RFC 9000 section 16. */
bool quic_take_number(struct reader *r, uint64_t *out);

/* Before the sandbox closes: what OpenSSL loads at a first use. False: it has no such ciphers. */
bool quic_prepare(void);

#endif
