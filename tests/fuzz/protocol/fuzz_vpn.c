/* SPDX-License-Identifier: Apache-2.0 */
#include "octets.h"
#include "protocol/structure.h"
#include "protocol/unknown/unknown.h"
#include "protocol/vpn/openvpn.h"

/* OpenVPN over a stream, if the first octet is odd; else, with WireGuard, over datagrams, each behind two
 * octets: the side (top bit) and the length. Datagrams are encrypted once, and only if one side has begun a
 * tunnel that the other one has answered. */

extern const struct protocol protocol_wireguard;
const struct protocol *const protocol_table[] = {&protocol_openvpn, &protocol_wireguard, &protocol_unknown,
                                                 &protocol_unknown_datagrams, NULL};

enum { DATAGRAMS_MAX = 256 };

static struct {
    enum side from;
    struct bytes bytes;
} given[DATAGRAMS_MAX];

static bool begins_with(struct bytes b, const char *head, size_t n) {
    return b.n >= n && memcmp(b.p, head, n) == 0;
}

/* wireguard.com/protocol: initiation, response and cookie. */
static bool answers_wireguard(struct bytes first, struct bytes second) {
    if (first.n != 148 || !begins_with(first, "\1\0\0", 4))
        return false;
    return (second.n == 92 && begins_with(second, "\2\0\0", 4) &&
            memcmp(second.p + 8, first.p + 4, 4) == 0) ||
           (second.n == 64 && begins_with(second, "\3\0\0", 4) && memcmp(second.p + 4, first.p + 4, 4) == 0);
}

/* OpenVPN's P_CONTROL_HARD_RESET_CLIENT_V2 (7) or V3 (10), and _SERVER_V2 (8). */
static bool answers_openvpn(struct bytes first, struct bytes second) {
    return ((first.n >= 14 && first.p[0] == 7 << 3) || (first.n > 256 && first.p[0] == 10 << 3)) &&
           second.n >= 14 && second.p[0] == 8 << 3;
}

static bool is_answered(size_t n) {
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++)
            if (given[i].from != given[j].from && (answers_wireguard(given[i].bytes, given[j].bytes) ||
                                                   answers_openvpn(given[i].bytes, given[j].bytes)))
                return true;
    return false;
}

static void run_datagrams(const uint8_t *data, size_t size) {
    struct reader r = reader_of(data, size);
    uint16_t head;
    const uint8_t *bytes;
    bool wanted = true;
    size_t count = 0;
    octets_begin(PROTOCOL_UDP, 0, 0);
    while (wanted && count < DATAGRAMS_MAX && reader_u16(&r, &head)) {
        size_t n = head & 0x7fffu;
        if (n > reader_left(&r))
            n = reader_left(&r);
        if (n == 0 || !reader_take(&r, n, &bytes))
            continue;
        uint8_t *exact = malloc(n);
        memcpy(exact, bytes, n);
        given[count].from = head & 0x8000 ? SIDE_SERVER : SIDE_CLIENT;
        given[count].bytes = bytes_of(bytes, n);
        wanted =
            conversation_datagram(passage.dispatcher, passage.conversation, given[count++].from, exact, n, 1);
        free(exact);
    }
    octets_finish();
    if (passage.encrypted > 1 || (passage.encrypted && !is_answered(count)))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size > 1 && data[0] & 1) {
        octets_run(data + 2, size - 2, 0, 0, STRUCTURE_FIRST);
        octets_run(data + 2, size - 2, data[1] % 97 + 1u, 0, STRUCTURE_FIRST);
    } else if (size > 1) {
        run_datagrams(data + 1, size - 1);
    }
    return 0;
}
