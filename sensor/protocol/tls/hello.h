/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_TLS_HELLO_H
#define GANTRY_PROTOCOL_TLS_HELLO_H

#include "base/bytes.h"

/* ClientHello and ServerHello of SSL 3.0 to TLS 1.3 and of DTLS (RFC 8446 sections 4.1.2 and 4.1.3, RFC 6347
 * section 4.2.1), as QUIC carries them too. All texts and lists are borrowed from the message. A hello whose
 * extensions are damaged counts with those before the damage. */
struct tls_hello {
    uint16_t version;         /* legacy_version */
    uint16_t negotiable;      /* supported_versions (RFC 8446 section 4.2.1): the client's highest, or the one
                                 that the server chose; 0: it is not there */
    bool named;               /* there is a server_name (RFC 6066 section 3), maybe an empty one */
    bool ech;                 /* encrypted_client_hello (RFC 9849): `name` is the outer one */
    bool retry;               /* a HelloRetryRequest: another ServerHello follows */
    struct bytes name;        /* host_name, empty: none */
    struct bytes application; /* the first or the chosen protocol name of ALPN (RFC 7301), empty: none */
    struct bytes ciphers;     /* two octets each; the server's is one */
    struct bytes extensions;  /* the whole block without its length, see tls_extension_next() */
    struct bytes groups;      /* two octets each */
    struct bytes formats;     /* EC point formats, one octet each */
    struct bytes algorithms;  /* signature_algorithms, two octets each */
};

/* `body`: the handshake message without its header. `datagram`: DTLS, whose ClientHello has a cookie. False:
 * it is none. */
bool tls_hello_read_client(struct bytes body, bool datagram, struct tls_hello *out);
bool tls_hello_read_server(struct bytes body, struct tls_hello *out);

/* The next extension of a block; false at its end or where it is damaged. */
bool tls_extension_next(struct reader *block, uint16_t *type, struct bytes *body);

/* Values that mean nothing and that clients mix in (RFC 8701). */
static inline bool tls_is_grease(uint16_t value) {
    return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}

/* "TLS 1.3", "DTLS 1.2", "SSL 3.0" of the number of a version; NULL: nobody knows it. Drafts of TLS 1.3 are
 * TLS 1.3. */
const char *tls_version_name(uint16_t version);

#endif
