/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/tls/handshake.h"

#include "base/hex.h"
#include "protocol/memory.h"
#include "protocol/protocol.h"
#include "protocol/tls/certificate.h"

#include <openssl/evp.h>

/* Questions to the DNS in it (RFC 7858, 8094, 9250): said by the protocol that is offered first, or chosen,
 * else by the port. */
static const char *find_dns(const struct conversation *c, enum tls_carrier carrier,
                            struct bytes application) {
    enum { DOMAIN_S = 853 };
    if (bytes_equal(application, bytes_text("dot")))
        return "tls by alpn";
    if (bytes_equal(application, bytes_text("doq")))
        return "quic by alpn";
    if (c->end[SIDE_SERVER].port != DOMAIN_S)
        return NULL;
    return carrier == CARRIER_QUIC ? "quic by port" : carrier == CARRIER_DTLS ? "dtls by port" : "tls by port";
}

static void tell_client_hello(struct conversation *c, enum tls_carrier carrier,
                              const struct tls_hello *hello) {
    struct bytes facts[FACT_COUNT] = {0};
    struct tls_fingerprints prints;
    facts[FACT_TLS_SERVER_NAME] = facts[FACT_HOST] = hello->name;
    if (tls_fingerprint(hello, carrier, &prints)) {
        facts[FACT_TLS_JA3] = bytes_text(prints.ja3);
        facts[FACT_TLS_JA4] = bytes_text(prints.ja4);
    }
    if (hello->ech)
        facts[FACT_TLS_ECH] = bytes_text("true");
    facts[FACT_DNS_OVER] = bytes_text(find_dns(c, carrier, hello->application));
    c->services->tell(c, facts);
}

static void tell_server_hello(struct conversation *c, const struct tls_hello *hello) {
    struct bytes facts[FACT_COUNT] = {0};
    facts[FACT_TLS_VERSION] =
        bytes_text(tls_version_name(hello->negotiable ? hello->negotiable : hello->version));
    facts[FACT_TLS_APPLICATION] = hello->application;
    c->services->tell(c, facts);
}

static struct bytes bytes_of_text(const struct certificate_text *t) {
    return bytes_of(t->at, t->n);
}

void handshake_tell_certificate(struct conversation *c, struct bytes der) {
    struct bytes facts[FACT_COUNT] = {0};
    struct certificate certificate;
    uint8_t digest[EVP_MAX_MD_SIZE];
    char digits[2 * 32 + 1];
    if (!certificate_read(der, &certificate))
        return;
    if (EVP_Digest(der.p, der.n, digest, NULL, EVP_sha256(), NULL))
        facts[FACT_TLS_CERTIFICATE] = bytes_text(hex_format(digest, 32, digits));
    facts[FACT_TLS_COMMON_NAME] = bytes_of_text(&certificate.common_name);
    facts[FACT_TLS_SUBJECT] = bytes_of_text(&certificate.subject);
    facts[FACT_TLS_ISSUER] = bytes_of_text(&certificate.issuer);
    facts[FACT_TLS_NAMES] = bytes_of_text(&certificate.names);
    facts[FACT_TLS_SINCE] = bytes_text(certificate.since);
    facts[FACT_TLS_UNTIL] = bytes_text(certificate.until);
    c->services->tell(c, facts);
}

/* The first certificate of the list (RFC 5246 section 7.4.2). */
static bool take_leaf(struct bytes body, struct bytes *der) {
    struct reader r = reader_of(body.p, body.n);
    const uint8_t *n;
    if (!reader_skip(&r, 3) || !reader_take(&r, 3, &n))
        return false;
    size_t length = (size_t)n[0] << 16 | (size_t)n[1] << 8 | n[2];
    if (length == 0 || length > reader_left(&r))
        return false;
    *der = bytes_of(r.at, length);
    return true;
}

void handshake_message(struct handshake *h, struct conversation *c, enum tls_carrier carrier, uint8_t type,
                       struct bytes body) {
    struct tls_hello hello;
    struct bytes der;
    switch (type) {
    case HANDSHAKE_CLIENT_HELLO: /* after a retry another one comes: the first counts */
        if (tls_hello_read_client(body, carrier == CARRIER_DTLS, &hello))
            tell_client_hello(c, carrier, &hello);
        h->over = true;
        break;
    case HANDSHAKE_SERVER_HELLO:
        if (!tls_hello_read_server(body, &hello))
            break;
        h->chosen = hello.negotiable ? hello.negotiable : hello.version;
        tell_server_hello(c, &hello);
        break;
    case HANDSHAKE_CERTIFICATE:
        if (take_leaf(body, &der))
            handshake_tell_certificate(c, der);
        h->over = true;
        break;
    default:
        break;
    }
}

bool handshake_wants(uint8_t type) {
    return type == HANDSHAKE_CLIENT_HELLO || type == HANDSHAKE_SERVER_HELLO || type == HANDSHAKE_CERTIFICATE;
}

/* A message that this call's bytes do not hold whole. */
static void gather_body(struct handshake *h, struct bytes piece) {
    uint32_t wanted = h->length < HANDSHAKE_MESSAGE_MAX ? h->length : HANDSHAKE_MESSAGE_MAX;
    if (!handshake_wants(h->head[0]))
        return;
    if (!h->body) {
        h->body = protocol_alloc(PROTOCOL_HELD, wanted);
        h->room = h->body ? wanted : 0;
    }
    size_t n = h->have < h->room ? h->room - h->have : 0;
    if (n > piece.n)
        n = piece.n;
    if (n)
        memcpy(h->body + h->have, piece.p, n);
}

static void take_body(struct handshake *h, struct conversation *c, enum tls_carrier carrier,
                      struct bytes piece) {
    if (h->have == 0 && piece.n == h->length) {
        if (handshake_wants(h->head[0]))
            handshake_message(h, c, carrier, h->head[0], piece);
    } else {
        gather_body(h, piece);
        if (h->have + piece.n == h->length && h->body)
            handshake_message(h, c, carrier, h->head[0], bytes_of(h->body, h->room));
    }
    h->have += (uint32_t)piece.n;
    if (h->have < h->length)
        return;
    protocol_free(h->body);
    h->body = NULL;
    h->room = h->have = h->head_n = 0;
}

void handshake_data(struct handshake *h, struct conversation *c, enum tls_carrier carrier,
                    struct bytes bytes) {
    while (bytes.n > 0 && !h->over) {
        if (h->head_n < HANDSHAKE_HEAD) {
            h->head[h->head_n++] = *bytes.p++;
            bytes.n--;
            h->length = (uint32_t)h->head[1] << 16 | (uint32_t)h->head[2] << 8 | h->head[3];
            if (h->head_n < HANDSHAKE_HEAD || h->length > 0)
                continue;
        }
        size_t n = h->length - h->have;
        if (n > bytes.n)
            n = bytes.n;
        take_body(h, c, carrier, bytes_of(bytes.p, n));
        bytes.p += n;
        bytes.n -= n;
    }
    if (h->over)
        handshake_finish(h);
}

void handshake_finish(struct handshake *h) {
    protocol_free(h->body);
    *h = (struct handshake){.over = true, .chosen = h->chosen};
}
