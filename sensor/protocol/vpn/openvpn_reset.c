/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/vpn/openvpn.h"

enum operation {
    RESET_CLIENT_V1 = 1,
    DATA_V1 = 6,
    RESET_CLIENT_V2 = 7,
    RESET_SERVER_V2 = 8,
    DATA_V2 = 9,
    RESET_CLIENT_V3 = 10, /* with a wrapped key behind it */
    CONTROL_WKC = 11,
};

enum {
    SESSION = 8,
    PLAIN = 1 + SESSION + 1 + 4,        /* no acknowledgements, the number of the packet */
    PLAIN_ANSWER = PLAIN + 4 + SESSION, /* one of them, and the session that it is of */
    V3_LEAST = 54 + 256,
    PACKET_MOST = 1600,
};

bool openvpn_is_operation(uint8_t first) {
    return first >> 3 >= RESET_CLIENT_V1 && first >> 3 <= CONTROL_WKC;
}

bool openvpn_is_data(uint8_t first) {
    return first >> 3 == DATA_V1 || first >> 3 == DATA_V2;
}

/* Octets that tls-auth (a MAC of SHA-1, SHA-256, SHA-512, a number and a time) and tls-crypt add. */
static bool is_length(size_t n, size_t plain) {
    static const uint8_t added[] = {0, 20 + 8, 32 + 8, 64 + 8};
    for (size_t i = 0; i < sizeof added; i++)
        if (n == plain + added[i])
            return true;
    return false;
}

bool openvpn_may_reset(size_t n, uint8_t first, bool server) {
    if (server)
        return first == RESET_SERVER_V2 << 3 && (is_length(n, PLAIN_ANSWER) || is_length(n, PLAIN));
    return (first == RESET_CLIENT_V2 << 3 && is_length(n, PLAIN)) ||
           (first == RESET_CLIENT_V3 << 3 && n >= V3_LEAST && n <= PACKET_MOST);
}

bool openvpn_is_reset(struct bytes packet, bool server) {
    static const uint8_t nothing[5];
    if (packet.n == 0 || !openvpn_may_reset(packet.n, packet.p[0], server))
        return false;
    return server || packet.n != PLAIN || memcmp(packet.p + 1 + SESSION, nothing, sizeof nothing) == 0;
}
