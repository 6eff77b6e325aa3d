/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_TLS_HANDSHAKE_H
#define GANTRY_PROTOCOL_TLS_HANDSHAKE_H

#include "protocol/tls/fingerprint.h"
#include "transfer/transfer.h"

/* The handshake messages of one side, out of what carries them: records of TLS, fragments of DTLS, CRYPTO
 * frames of QUIC. Facts of the hellos and of the server's certificate are told to the flow
 * (protocol_services.tell). */
struct handshake {
    uint8_t head[4]; /* type and length */
    uint8_t head_n;
    bool over;       /* nothing more of this side is of interest */
    uint16_t chosen; /* version, of a ServerHello; 0: none was seen. Stays when the look is over */
    uint32_t length; /* octets of the message */
    uint32_t have;   /* of them seen */
    uint32_t room;   /* of `body` */
    uint8_t *body;   /* PROTOCOL_HELD; NULL while no message is cut */
};

enum {
    HANDSHAKE_CLIENT_HELLO = 1,
    HANDSHAKE_SERVER_HELLO = 2,
    HANDSHAKE_CERTIFICATE = 11,
    HANDSHAKE_HEAD = 4,
    /* Of one message; what is longer is read as far as this. The leaf certificate is the first of its list.
     */
    HANDSHAKE_MESSAGE_MAX = 32 << 10,
};

/* The next octets, in order, in pieces of any size. What makes no sense ends the look. */
void handshake_data(struct handshake *h, struct conversation *c, enum tls_carrier carrier,
                    struct bytes bytes);
/* Messages of other types say nothing that is told. */
bool handshake_wants(uint8_t type);
/* One whole message without its header. */
void handshake_message(struct handshake *h, struct conversation *c, enum tls_carrier carrier, uint8_t type,
                       struct bytes body);
/* Tells what a certificate says. */
void handshake_tell_certificate(struct conversation *c, struct bytes der);
/* Gives its memory back; nothing more is read. */
void handshake_finish(struct handshake *h);

#endif
