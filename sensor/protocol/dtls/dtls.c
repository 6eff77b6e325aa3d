/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/memory.h"
#include "protocol/protocol.h"
#include "protocol/tls/handshake.h"
#include "protocol/tls/pieces.h"

/* DTLS 1.0 to 1.2, and the clear part of 1.3 (RFC 6347, RFC 9147): records in datagrams, whose handshake
 * messages come in fragments. */

enum {
    RECORD_HEAD = 13,
    HANDSHAKE_RECORD = 22,
    DATA_RECORD = 23,
    DATAGRAMS_MAX = 32, /* looked at until the handshake was over */
};

/* One side's message that is being put together. */
struct message {
    struct handshake handshake;
    bool begun;
    uint8_t type;
    uint16_t number; /* message_seq */
    uint32_t length;
    struct pieces pieces;
};

struct dtls {
    uint8_t datagrams;
    struct message message[2]; /* by side */
};

struct record {
    uint8_t type;
    uint16_t epoch;
    struct bytes body;
};

static bool take_record(struct reader *datagram, struct record *out) {
    struct reader r = *datagram;
    uint16_t version, n;
    const uint8_t *body;
    if (!reader_u8(&r, &out->type) || !reader_u16(&r, &version) || !reader_u16(&r, &out->epoch) ||
        !reader_skip(&r, 6) || !reader_u16(&r, &n) || !reader_take(&r, n, &body))
        return false;
    if (out->type < 20 || out->type > 26 || (version != 0xfeff && version != 0xfefd && version != 0x0100) ||
        n == 0)
        return false;
    out->body = bytes_of(body, n);
    *datagram = r;
    return true;
}

static void finish_message(struct message *m) {
    pieces_free(&m->pieces);
    m->begun = false;
}

/* RFC 6347 section 4.2.2. */
static bool take_fragment(struct message *m, struct conversation *c, struct reader *r) {
    const uint8_t *head, *body;
    if (!reader_take(r, 12, &head))
        return false;
    uint8_t type = head[0];
    uint32_t length = (uint32_t)head[1] << 16 | (uint32_t)head[2] << 8 | head[3];
    uint16_t number = (uint16_t)(head[4] << 8 | head[5]);
    uint32_t offset = (uint32_t)head[6] << 16 | (uint32_t)head[7] << 8 | head[8];
    uint32_t n = (uint32_t)head[9] << 16 | (uint32_t)head[10] << 8 | head[11];
    if (n > length || offset > length - n || !reader_take(r, n, &body))
        return false;
    if (m->handshake.over || length > HANDSHAKE_MESSAGE_MAX)
        return true;
    if (!handshake_wants(type))
        return true;
    if (n == length) {
        if (m->begun && m->number == number)
            finish_message(m);
        handshake_message(&m->handshake, c, CARRIER_DTLS, type, bytes_of(body, n));
        return true;
    }
    if (!m->begun || m->number != number || m->type != type || m->length != length) {
        finish_message(m);
        m->begun = true;
        m->type = type;
        m->number = number;
        m->length = length;
    }
    if (pieces_add(&m->pieces, length, offset, bytes_of(body, n)) && m->pieces.have == length) {
        handshake_message(&m->handshake, c, CARRIER_DTLS, type, bytes_of(m->pieces.bytes, length));
        finish_message(m);
    }
    return true;
}

static void finish_dtls(struct dtls *d) {
    for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++) {
        finish_message(&d->message[side]);
        handshake_finish(&d->message[side].handshake);
    }
}

static enum protocol_result take_datagram(struct conversation *c, enum side from, const uint8_t *bytes,
                                          size_t n) {
    struct dtls *d = c->state;
    struct reader r = reader_of(bytes, n);
    struct record record;
    c->services->encrypted(c);
    while (take_record(&r, &record)) {
        c->shaking[from] &= record.type < DATA_RECORD;
        struct reader fragments = reader_of(record.body.p, record.body.n);
        bool clear = record.type == HANDSHAKE_RECORD && record.epoch == 0;
        while (clear && reader_left(&fragments) > 0 && take_fragment(&d->message[from], c, &fragments)) {
        }
    }
    c->shaking[from] &= reader_left(&r) == 0; /* of another kind, as those of 1.3 are */
    bool over = d->message[SIDE_CLIENT].handshake.over && d->message[SIDE_SERVER].handshake.over;
    if (++d->datagrams >= DATAGRAMS_MAX || (over && !c->shaking[from]))
        return PROTOCOL_DONE;
    return PROTOCOL_OK;
}

/* Media begin with STUN (RFC 8489 section 5) on the same ports. */
static bool is_stun(struct bytes datagram) {
    return datagram.n >= 20 && datagram.p[0] < 4 && memcmp(datagram.p + 4, "\x21\x12\xa4\x42", 4) == 0;
}

/* Records from its first octet to its last. */
static enum probe probe_datagram(enum side from, struct bytes datagram) {
    struct reader r = reader_of(datagram.p, datagram.n);
    struct record record;
    (void)from;
    if (is_stun(datagram))
        return PROBE_MORE;
    while (take_record(&r, &record)) {
    }
    return datagram.n > RECORD_HEAD && reader_left(&r) == 0 ? PROBE_YES : PROBE_NO;
}

static void *open_dtls(struct conversation *c, struct bytes facts) {
    (void)c, (void)facts;
    return protocol_alloc(PROTOCOL_STATE, sizeof(struct dtls));
}

static void close_dtls(struct conversation *c) {
    finish_dtls(c->state);
    protocol_free(c->state);
}

static const char *const ndpi_names[] = {"DTLS", NULL};

const struct protocol protocol_dtls = {
    .name = "dtls",
    .shakes = true,
    .prepare = tls_fingerprint_prepare,
    .ndpi_names = ndpi_names,
    .probe_datagram = probe_datagram,
    .begins_late = true,
    .open = open_dtls,
    .datagram = take_datagram,
    .close = close_dtls,
};
