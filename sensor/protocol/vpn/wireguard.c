/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/memory.h"
#include "protocol/protocol.h"

/* WireGuard (wireguard.com/protocol): the flow is encrypted once an initiation was answered, by a response or
 * by a cookie that names its sender. Behind the first data nothing is read. */

enum {
    INITIATION = 1,
    RESPONSE = 2,
    COOKIE = 3,
    INITIATION_BYTES = 148,
    RESPONSE_BYTES = 92,
    COOKIE_BYTES = 64,
    TRIES_MAX = 64, /* initiations and other datagrams before an answer */
};

struct wireguard {
    bool begun, told;
    uint8_t tries;
    enum side from;    /* of the initiation */
    uint8_t sender[4]; /* that it names */
};

static bool is_message(struct bytes b, uint8_t type, size_t n) {
    static const uint8_t reserved[3];
    return b.n == n && b.p[0] == type && memcmp(b.p + 1, reserved, sizeof reserved) == 0;
}

static enum probe probe_datagram(enum side from, struct bytes datagram) {
    (void)from;
    return is_message(datagram, INITIATION, INITIATION_BYTES) ? PROBE_YES : PROBE_NO;
}

static bool is_answer(const struct wireguard *w, struct bytes b) {
    enum { RESPONSE_TO = 8, COOKIE_TO = 4 };
    return (is_message(b, RESPONSE, RESPONSE_BYTES) && memcmp(b.p + RESPONSE_TO, w->sender, 4) == 0) ||
           (is_message(b, COOKIE, COOKIE_BYTES) && memcmp(b.p + COOKIE_TO, w->sender, 4) == 0);
}

static enum protocol_result take_datagram(struct conversation *c, enum side from, const uint8_t *bytes,
                                          size_t n) {
    struct wireguard *w = c->state;
    struct bytes b = bytes_of(bytes, n);
    if (is_message(b, INITIATION, INITIATION_BYTES)) {
        w->begun = true;
        w->from = from;
        memcpy(w->sender, bytes + 4, sizeof w->sender);
    } else if (w->begun && from != w->from && is_answer(w, b)) {
        c->services->encrypted(c);
        w->told = true;
    } else {
        c->shaking[from] = false;
    }
    if (w->told)
        return c->shaking[from] ? PROTOCOL_OK : PROTOCOL_DONE;
    return ++w->tries < TRIES_MAX ? PROTOCOL_OK : PROTOCOL_LOST;
}

static void *open_wireguard(struct conversation *c, struct bytes facts) {
    (void)c, (void)facts;
    return protocol_alloc(PROTOCOL_STATE, sizeof(struct wireguard));
}

static void close_wireguard(struct conversation *c) {
    protocol_free(c->state);
}

const struct protocol protocol_wireguard = {
    .name = "wireguard",
    .shakes = true,
    .probe_datagram = probe_datagram,
    .begins_late = true,
    .open = open_wireguard,
    .datagram = take_datagram,
    .close = close_wireguard,
};
