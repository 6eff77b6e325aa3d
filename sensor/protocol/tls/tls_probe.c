/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/structure.h"
#include "protocol/tls/ssl2.h"
#include "protocol/tls/tls.h"

/* A hello says it by itself. Of a connection that is seen from the middle two headers at their places do, or
 * one before what may be ciphertext. */

enum { HELLO_BYTES = 11, SERVER_ALONE = 1024 /* octets of a server whose client is not seen */ };

/* Handshake: a type, a length of 3 octets; hellos have their version behind it (RFC 8446 section 4). `b`:
 * from the record's header on. */
static enum probe probe_hello(struct bytes b) {
    static const uint8_t types[] = {1, 2};
    if (b.n > 5 && b.p[5] != types[0] && b.p[5] != types[1])
        return PROBE_NO;
    if ((b.n > 6 && b.p[6] != 0) || (b.n > 9 && b.p[9] != 3) || (b.n > 10 && b.p[10] > 4))
        return PROBE_NO;
    return b.n >= HELLO_BYTES ? PROBE_YES : PROBE_MORE;
}

static enum probe probe_middle(struct bytes b) {
    size_t body = b.n - TLS_HEADER_BYTES, length = tls_header_length(b.p);
    if (body > length) {
        struct bytes next = bytes_of(b.p + TLS_HEADER_BYTES + length, body - length);
        if (!tls_header_fits(next.p, next.n < TLS_HEADER_BYTES ? next.n : TLS_HEADER_BYTES))
            return PROBE_NO;
        return next.n >= TLS_HEADER_BYTES ? PROBE_YES : PROBE_MORE;
    }
    /* A picture behind a header is a body that is clear, or none: as records, no byte of it is lost either
     * way. */
    if (b.p[0] >= TLS_HANDSHAKE && body >= STRUCTURE_FIRST &&
        structure_begins(bytes_of(b.p + TLS_HEADER_BYTES, STRUCTURE_FIRST)) == STRUCTURE_FOUND)
        return PROBE_YES;
    bool sealed = b.p[0] == TLS_APPLICATION_DATA && body >= STRUCTURE_SAMPLE &&
                  structure_is_random(b.p + TLS_HEADER_BYTES);
    return sealed ? PROBE_YES : PROBE_MORE;
}

static enum probe probe_side(struct bytes b, enum side side) {
    if (b.n > 0 && b.p[0] & 0x80)
        return side == SIDE_CLIENT ? ssl2_probe_client(b) : ssl2_probe_server(b);
    size_t n = b.n < TLS_HEADER_BYTES ? b.n : TLS_HEADER_BYTES;
    if (!tls_header_fits(b.p, n))
        return PROBE_NO;
    enum probe hello = n > 0 && b.p[0] == TLS_HANDSHAKE ? probe_hello(b) : PROBE_NO;
    if (n < TLS_HEADER_BYTES)
        return PROBE_MORE;
    return hello == PROBE_NO ? probe_middle(b) : hello;
}

/* Both sides must be able to be it; who listens may answer in clear to what it does not understand, but
 * nobody speaks TLS to one that spoke first. */
enum probe tls_probe(const struct bytes first[2]) {
    struct bytes c = first[SIDE_CLIENT], s = first[SIDE_SERVER];
    enum probe client = probe_side(c, SIDE_CLIENT), server = probe_side(s, SIDE_SERVER);
    if ((c.n && client == PROBE_NO) || (s.n && server == PROBE_NO))
        return PROBE_NO;
    if (client == PROBE_YES)
        return PROBE_YES;
    return server == PROBE_YES && (c.n || s.n >= SERVER_ALONE) ? PROBE_YES : PROBE_MORE;
}

bool tls_record_begins(struct bytes held, struct bytes rest) {
    enum { HANDSHAKE = 22, MAJOR = 3 };
    uint8_t first[2];
    if (held.n > 1 || held.n + rest.n < 2)
        return false;
    for (size_t i = 0; i < 2; i++)
        first[i] = i < held.n ? held.p[i] : rest.p[i - held.n];
    return first[0] == HANDSHAKE && first[1] == MAJOR;
}
