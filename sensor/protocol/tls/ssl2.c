/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/tls/ssl2.h"

#include "protocol/memory.h"
#include "protocol/tls/handshake.h"
#include "protocol/tls/tls_record.h"

enum {
    CLIENT_HELLO = 1,
    SERVER_HELLO = 4,
    FIXED = 9, /* octets of a client's hello before what has a length; a server's has two more */
    CLIENT_MAX = 2048,
    SERVER_MAX = 8192,
};

static unsigned number_at(const uint8_t *p) {
    return (unsigned)p[0] << 8 | p[1];
}

static unsigned length_of(const uint8_t header[2]) {
    return number_at(header) & 0x7fff;
}

static bool is_version(const uint8_t *p) {
    return (p[0] == 3 && p[1] <= 4) || (p[0] == 0 && p[1] == 2);
}

/* All lengths must make up that of the record. */
static bool fits_client(const uint8_t *p) {
    const uint8_t *body = p + 2;
    unsigned ciphers = number_at(body + 3), session = number_at(body + 5), challenge = number_at(body + 7);
    return is_version(body + 1) && length_of(p) <= CLIENT_MAX && ciphers > 0 && ciphers % 3 == 0 &&
           (session == 0 || session == 16) && challenge >= 16 && challenge <= 32 &&
           FIXED + ciphers + session + challenge == length_of(p);
}

enum probe ssl2_probe_client(struct bytes b) {
    if ((b.n > 0 && !(b.p[0] & 0x80)) || (b.n > 2 && b.p[2] != CLIENT_HELLO))
        return PROBE_NO;
    if (b.n < 2 + FIXED)
        return PROBE_MORE;
    return fits_client(b.p) ? PROBE_YES : PROBE_NO;
}

static bool fits_server(const uint8_t *p) {
    const uint8_t *body = p + 2;
    unsigned certificate = number_at(body + 5), ciphers = number_at(body + 7), id = number_at(body + 9);
    return length_of(p) <= SERVER_MAX && body[1] <= 1 && body[2] <= 1 && body[3] == 0 && body[4] == 2 &&
           ciphers % 3 == 0 && id <= 32 && FIXED + 2 + certificate + ciphers + id == length_of(p);
}

enum probe ssl2_probe_server(struct bytes b) {
    if ((b.n > 0 && !(b.p[0] & 0x80)) || (b.n > 2 && b.p[2] != SERVER_HELLO))
        return PROBE_NO;
    if (b.n < 2 + FIXED + 2)
        return PROBE_MORE;
    return fits_server(b.p) ? PROBE_YES : PROBE_NO;
}

static void tell_server(const struct ssl2 *s, struct conversation *c) {
    struct bytes facts[FACT_COUNT] = {0};
    unsigned certificate = number_at(s->body + 5);
    facts[FACT_TLS_VERSION] = bytes_text(tls_version_name((uint16_t)number_at(s->body + 3)));
    c->services->tell(c, facts);
    if (certificate > 0)
        handshake_tell_certificate(c, bytes_of(s->body + FIXED + 2, certificate));
}

static void take_body(struct ssl2 *s, struct conversation *c, enum side from, struct bytes *in) {
    size_t n = (size_t)s->length - s->have;
    if (n > in->n)
        n = in->n;
    if (from == SIDE_SERVER && s->have == 0)
        s->body = protocol_alloc(PROTOCOL_HELD, s->length);
    if (s->body && n)
        memcpy(s->body + s->have, in->p, n);
    s->have = (uint16_t)(s->have + n);
    *in = bytes_of(in->p + n, in->n - n);
    if (s->have < s->length)
        return;
    s->phase = SSL2_BEHIND;
    if (s->body)
        tell_server(s, c);
    ssl2_finish(s);
}

/* False: it is none. */
static bool take_first(struct ssl2 *s, struct conversation *c, enum side from, struct bytes *in) {
    size_t all = from == SIDE_CLIENT ? 2 + FIXED : 2 + FIXED + 2;
    while (s->first_n < all && in->n > 0) {
        s->first[s->first_n++] = in->p[0];
        *in = bytes_of(in->p + 1, in->n - 1);
    }
    struct bytes first = bytes_of(s->first, s->first_n);
    enum probe hello = from == SIDE_CLIENT ? ssl2_probe_client(first) : ssl2_probe_server(first);
    if (hello == PROBE_YES) {
        s->phase = SSL2_HELLO;
        s->length = (uint16_t)length_of(s->first);
        first = bytes_of(s->first + 2, s->first_n - 2u);
        take_body(s, c, from, &first);
    }
    return hello != PROBE_NO;
}

enum ssl2_step ssl2_take(struct ssl2 *s, struct conversation *c, enum side from, struct bytes *in) {
    if (s->phase == SSL2_FIRST && s->first_n == 0 && in->n > 0 && !(in->p[0] & 0x80))
        s->phase = SSL2_OVER;
    if (s->phase == SSL2_FIRST && !take_first(s, c, from, in))
        return SSL2_WRONG;
    if (s->phase == SSL2_HELLO)
        take_body(s, c, from, in);
    if (s->phase == SSL2_BEHIND && in->n > 0) {
        s->sealed = !tls_header_fits(in->p, 1);
        s->phase = SSL2_OVER;
    }
    return s->sealed ? SSL2_SEALED : SSL2_RECORDS;
}

void ssl2_gap(struct ssl2 *s) {
    ssl2_finish(s);
    s->phase = SSL2_OVER;
}

void ssl2_finish(struct ssl2 *s) {
    protocol_free(s->body);
    s->body = NULL;
}
