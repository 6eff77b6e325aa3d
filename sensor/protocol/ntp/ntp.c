/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/memory.h"
#include "protocol/protocol.h"

/* Network Time Protocol (RFC 5905 section 7.3): packets of a fixed form, with a digest or extension fields
 * behind it at most. More than clocks have to say is no time. */

enum {
    PACKET = 48,
    DIGEST_MAX = 68,      /* octets of a key number and a digest */
    PACKET_MAX = 1280,    /* with the extension fields of NTS (RFC 8915) */
    FLOW_MAX = 256 << 10, /* of a flow; clocks ask a few times an hour */
};

struct ntp {
    uint32_t octets;
};

static bool has_fields(struct reader r) {
    enum { FIELD_LEAST = 16 };
    uint16_t type, n;
    while (reader_left(&r) > DIGEST_MAX)
        if (!reader_u16(&r, &type) || !reader_u16(&r, &n) || n < FIELD_LEAST || n % 4 ||
            !reader_skip(&r, n - 4u))
            return false;
    return true;
}

static bool is_ntp(struct bytes datagram) {
    enum { STRATUM_MAX = 16, CLIENT = 3, SERVER = 4, SYMMETRIC = 1, BROADCAST = 5 };
    if (datagram.n < PACKET || datagram.n > PACKET_MAX || datagram.n % 4)
        return false;
    unsigned version = datagram.p[0] >> 3 & 7, mode = datagram.p[0] & 7;
    struct reader behind = reader_of(datagram.p + PACKET, datagram.n - PACKET);
    return version >= 1 && version <= 4 && mode >= SYMMETRIC && mode <= BROADCAST &&
           datagram.p[1] <= STRATUM_MAX && has_fields(behind);
}

static void *open_ntp(struct conversation *c, struct bytes facts) {
    (void)c, (void)facts;
    return protocol_alloc(PROTOCOL_STATE, sizeof(struct ntp));
}

static void close_ntp(struct conversation *c) {
    protocol_free(c->state);
}

static enum protocol_result take_datagram(struct conversation *c, enum side from, const uint8_t *bytes,
                                          size_t n) {
    struct ntp *s = c->state;
    (void)from;
    s->octets += (uint32_t)n;
    return is_ntp(bytes_of(bytes, n)) && s->octets <= FLOW_MAX ? PROTOCOL_OK : PROTOCOL_LOST;
}

/* The form says little: its port says the rest (RFC 5905 section 7.2). */
static enum probe probe_datagram(enum side from, struct bytes datagram) {
    (void)from;
    return is_ntp(datagram) ? PROBE_MORE : PROBE_NO;
}

static const char *const ndpi_names[] = {"NTP", NULL};

const struct protocol protocol_ntp = {
    .name = "ntp",
    .ndpi_names = ndpi_names,
    .probe_datagram = probe_datagram,
    .open = open_ntp,
    .datagram = take_datagram,
    .close = close_ntp,
};
