/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/tls/handshake.h"
#include "protocol/tls/ssl2.h"
#include "protocol/tls/tls.h"

/* A record that holds a hello from its first octet on, which may go on in further records. `cut`: may be cut
 * behind its n octets. */
static bool is_hello(const uint8_t *p, size_t n, uint8_t type, bool cut) {
    enum { FIRST = TLS_HEADER_BYTES + HANDSHAKE_HEAD + 2, LEAST = 38 /* version, random, session, cipher */ };
    if (p[0] != TLS_HANDSHAKE || (n < FIRST && !cut) ||
        !tls_header_fits(p, n < TLS_HEADER_BYTES ? n : TLS_HEADER_BYTES))
        return false;
    const uint8_t *body = p + TLS_HEADER_BYTES;
    size_t have = n < TLS_HEADER_BYTES ? 0 : n - TLS_HEADER_BYTES;
    return (have < 1 || (body[0] == type && tls_header_length(p) >= HANDSHAKE_HEAD)) &&
           (have < 2 || body[1] == 0) && (have < 4 || (body[2] << 8 | body[3]) >= LEAST) &&
           (have < 5 || body[4] == 3 || body[4] == 0x7f) && (have < 6 || body[4] != 3 || body[5] <= 4);
}

static bool is_refusal(const uint8_t *p, size_t n) {
    static const uint8_t head[] = {TLS_ALERT, 3};
    return n >= 7 && memcmp(p, head, sizeof head) == 0 && p[2] <= 4 && p[3] == 0 && p[4] == 2 &&
           (p[5] == 1 || p[5] == 2);
}

size_t tls_find_offer(struct bytes in) {
    for (size_t at = 0; at < in.n; at++)
        if (is_hello(in.p + at, in.n - at, HANDSHAKE_CLIENT_HELLO, true) ||
            ssl2_probe_client(bytes_of(in.p + at, in.n - at)) == PROBE_YES)
            return at;
    return in.n;
}

size_t tls_find_answer(struct bytes in) {
    for (size_t at = 0; at < in.n; at++)
        if (is_hello(in.p + at, in.n - at, HANDSHAKE_SERVER_HELLO, false) || is_refusal(in.p + at, in.n - at))
            return at;
    return in.n;
}
