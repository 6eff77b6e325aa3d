/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/memory.h"
#include "protocol/protocol.h"
#include "protocol/quic/initial.h"
#include "protocol/tls/handshake.h"
#include "protocol/tls/pieces.h"

/* QUIC (RFC 9000) in so far as anybody can read it: the Initial packets, which carry the TLS handshake's
 * hellos in CRYPTO frames, split, out of order and over several packets. */

enum {
    CRYPTO_MAX = 16 << 10, /* of one side's hellos */
    DATAGRAMS_MAX = 24,    /* looked at until both hellos were there */
    INITIALS_MAX = 4,      /* packets of a datagram that are opened; those behind are stepped over */
    IDS_MAX = 4,           /* first connection ids tried: after a Retry there is another one */
};

/* One side's CRYPTO stream. */
struct crypto {
    struct handshake handshake;
    struct pieces pieces;
};

struct quic {
    bool keyed, hello[2]; /* by side */
    uint8_t datagrams, ids;
    uint8_t id_n, id[QUIC_ID_MAX]; /* that the client chose first, of which all keys are made */
    uint32_t version[2];           /* that its keys are of, by side */
    struct quic_keys keys[2];
    struct crypto crypto[2];
};

static void *open_quic(struct conversation *c, struct bytes facts) {
    (void)c, (void)facts;
    return protocol_alloc(PROTOCOL_STATE, sizeof(struct quic));
}

static void finish_crypto(struct quic *q) {
    for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++) {
        handshake_finish(&q->crypto[side].handshake);
        pieces_free(&q->crypto[side].pieces);
    }
}

static void close_quic(struct conversation *c) {
    finish_crypto(c->state);
    protocol_free(c->state);
}

static void take_crypto(struct quic *q, struct conversation *c, enum side from, uint64_t offset,
                        struct bytes piece) {
    struct crypto *s = &q->crypto[from];
    uint32_t told = s->pieces.have;
    if (s->handshake.over || !pieces_add(&s->pieces, CRYPTO_MAX, offset, piece))
        return;
    handshake_data(&s->handshake, c, CARRIER_QUIC, bytes_of(s->pieces.bytes + told, s->pieces.have - told));
    if (s->pieces.have >= HANDSHAKE_HEAD)
        q->hello[from] = s->handshake.over || s->handshake.head_n == 0;
}

/* The frames that an Initial packet may hold (RFC 9000 section 12.4). */
static void walk_frames(struct quic *q, struct conversation *c, enum side from, struct bytes frames) {
    enum { PADDING = 0, PING = 1, ACK = 2, ACK_ECN = 3, CRYPTO = 6 };
    struct reader r = reader_of(frames.p, frames.n);
    uint64_t type, offset, length, ranges, ignored;
    while (quic_take_number(&r, &type)) {
        if (type == PADDING || type == PING)
            continue;
        if (type == ACK || type == ACK_ECN) {
            if (!quic_take_number(&r, &ignored) || !quic_take_number(&r, &ignored) ||
                !quic_take_number(&r, &ranges) || !quic_take_number(&r, &ignored))
                return;
            uint64_t numbers = 2 * (ranges & 0xffff) + (type == ACK_ECN ? 3 : 0);
            while (numbers-- > 0)
                if (!quic_take_number(&r, &ignored))
                    return;
            continue;
        }
        if (type != CRYPTO || !quic_take_number(&r, &offset) || !quic_take_number(&r, &length) ||
            length > reader_left(&r))
            return;
        take_crypto(q, c, from, offset, bytes_of(r.at, (size_t)length));
        reader_skip(&r, (size_t)length);
    }
}

/* Keys that a datagram of the client may be sealed with: of the id that its first packet names, which is that
 * of all of them (section 12.2). */
struct candidate {
    bool derived, good;
    struct quic_keys client;
};

static bool derive_once(struct quic *q, const struct quic_long *head, struct candidate *k) {
    if (k->derived || q->ids >= IDS_MAX)
        return k->good;
    k->derived = true;
    q->ids++;
    k->good = quic_keys_derive(head->version, head->destination, false, &k->client);
    return k->good;
}

static bool take_client_keys(struct quic *q, const struct quic_long *head, const struct quic_keys *client) {
    q->keys[SIDE_CLIENT] = *client;
    q->version[SIDE_CLIENT] = q->version[SIDE_SERVER] = head->version;
    q->id_n = (uint8_t)head->destination.n;
    if (q->id_n)
        memcpy(q->id, head->destination.p, q->id_n);
    return quic_keys_derive(head->version, head->destination, true, &q->keys[SIDE_SERVER]);
}

/* Whoever goes over to another version (RFC 9368) makes its keys of the same id. */
static bool open_in_version(struct quic *q, enum side from, const struct quic_long *head, uint8_t *clear,
                            struct bytes *frames) {
    struct quic_keys keys;
    if (!q->keyed || head->version == q->version[from] || q->ids >= IDS_MAX)
        return false;
    q->ids++;
    if (!quic_keys_derive(head->version, bytes_of(q->id, q->id_n), from == SIDE_SERVER, &keys) ||
        !quic_initial_open(&keys, head, clear, frames))
        return false;
    q->keys[from] = keys;
    q->version[from] = head->version;
    return true;
}

static void open_packet(struct quic *q, struct conversation *c, enum side from, const struct quic_long *head,
                        struct candidate *candidate) {
    uint8_t clear[QUIC_PACKET_MAX];
    struct bytes frames;
    bool opened = (q->keyed && quic_initial_open(&q->keys[from], head, clear, &frames)) ||
                  open_in_version(q, from, head, clear, &frames);
    if (!opened && from == SIDE_CLIENT && derive_once(q, head, candidate) &&
        quic_initial_open(&candidate->client, head, clear, &frames)) {
        opened = true;
        q->keyed = take_client_keys(q, head, &candidate->client);
    }
    if (opened)
        walk_frames(q, c, from, frames);
}

/* A packet with a short header, behind those with long ones or alone, carries data; octets of zero only make
 * the datagram longer. */
static bool ends_short(const struct reader *rest) {
    enum { FORM_AND_FIXED = 0xc0, SHORT = 0x40 };
    return reader_left(rest) > 0 && (*rest->at & FORM_AND_FIXED) == SHORT;
}

static enum protocol_result take_datagram(struct conversation *c, enum side from, const uint8_t *bytes,
                                          size_t n) {
    struct quic *q = c->state;
    struct reader r = reader_of(bytes, n);
    struct quic_long head;
    struct candidate candidate = {0};
    unsigned initials = 0;
    c->services->encrypted(c);
    while (initials < INITIALS_MAX && quic_long_next(&r, &head)) {
        c->shaking[from] &= !head.early;
        if (head.initial) {
            open_packet(q, c, from, &head, &candidate);
            initials++;
        }
    }
    c->shaking[from] &= !ends_short(&r);
    bool over = q->hello[SIDE_CLIENT] && q->hello[SIDE_SERVER];
    if (++q->datagrams >= DATAGRAMS_MAX || (over && !c->shaking[from]))
        return PROTOCOL_DONE;
    return PROTOCOL_OK;
}

/* A client begins with an Initial packet, and whoever joins later sees others with long headers. A version
 * that nobody knows, or one that the server names, may be followed by another one (RFC 9000 section 6). */
static enum probe probe_datagram(enum side from, struct bytes datagram) {
    struct reader r = reader_of(datagram.p, datagram.n);
    struct quic_long head;
    (void)from;
    if (!quic_long_next(&r, &head))
        return PROBE_NO;
    return head.number_at > 0 ? PROBE_YES : head.version_known ? PROBE_NO : PROBE_MORE;
}

static const char *const ndpi_names[] = {"QUIC", NULL};

const struct protocol protocol_quic = {
    .name = "quic",
    .shakes = true,
    .prepare = quic_prepare,
    .ndpi_names = ndpi_names,
    .probe_datagram = probe_datagram,
    .begins_late = true,
    .open = open_quic,
    .datagram = take_datagram,
    .close = close_quic,
};
