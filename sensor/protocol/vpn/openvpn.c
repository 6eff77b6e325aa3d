/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/vpn/openvpn.h"

#include "protocol/cipher.h"
#include "protocol/memory.h"

enum { LENGTH_BYTES = 2, TRIES_MAX = 64 /* datagrams before an answer */ };

/* One side of a stream. */
struct openvpn_side {
    uint8_t head_n;
    uint8_t head[LENGTH_BYTES + 1]; /* with the operation */
    uint16_t left;                  /* octets of the packet to come */
    struct cipher_watch watch;
};

struct openvpn {
    bool asked[2]; /* a reset by this side */
    bool told;
    uint8_t tries;
    struct openvpn_side side[2];
};

static void *open_openvpn(struct conversation *c, struct bytes facts) {
    (void)c, (void)facts;
    return protocol_alloc(PROTOCOL_STATE, sizeof(struct openvpn));
}

static void close_openvpn(struct conversation *c) {
    protocol_free(c->state);
}

/* --- datagrams --- */

static enum probe probe_datagram(enum side from, struct bytes datagram) {
    (void)from;
    return openvpn_is_reset(datagram, false) ? PROBE_YES : PROBE_NO;
}

static enum protocol_result take_datagram(struct conversation *c, enum side from, const uint8_t *bytes,
                                          size_t n) {
    struct openvpn *o = c->state;
    o->asked[from] |= openvpn_is_reset(bytes_of(bytes, n), false);
    if (o->asked[side_other(from)] && openvpn_is_reset(bytes_of(bytes, n), true)) {
        c->services->encrypted(c);
        o->told = true;
    }
    c->shaking[from] &= openvpn_is_operation(bytes[0]) && !openvpn_is_data(bytes[0]);
    if (o->told)
        return c->shaking[from] ? PROTOCOL_OK : PROTOCOL_DONE;
    return ++o->tries < TRIES_MAX ? PROTOCOL_OK : PROTOCOL_LOST;
}

/* --- streams --- */

static enum probe probe_side(struct bytes b, bool server) {
    if (b.n <= LENGTH_BYTES)
        return PROBE_MORE;
    size_t length = (size_t)b.p[0] << 8 | b.p[1];
    if (!openvpn_may_reset(length, b.p[LENGTH_BYTES], server))
        return PROBE_NO;
    if (b.n - LENGTH_BYTES < length)
        return PROBE_MORE;
    return openvpn_is_reset(bytes_of(b.p + LENGTH_BYTES, length), server) ? PROBE_YES : PROBE_NO;
}

static enum probe probe_stream(const struct bytes first[2]) {
    enum probe client = probe_side(first[SIDE_CLIENT], false), server = probe_side(first[SIDE_SERVER], true);
    if (client == PROBE_NO || server == PROBE_NO)
        return PROBE_NO;
    return client == PROBE_YES && server == PROBE_YES ? PROBE_YES : PROBE_MORE;
}

/* False: no packet begins like this. */
static bool take_head(struct openvpn_side *s, struct bytes *in) {
    while (in->n > 0 && s->head_n < sizeof s->head) {
        s->head[s->head_n++] = in->p[0];
        *in = bytes_of(in->p + 1, in->n - 1);
    }
    if (s->head_n < sizeof s->head)
        return true;
    unsigned length = (unsigned)s->head[0] << 8 | s->head[1];
    if (length == 0 || !openvpn_is_operation(s->head[LENGTH_BYTES]))
        return false;
    s->left = (uint16_t)(length - 1);
    cipher_unit(&s->watch);
    if (s->left == 0)
        s->head_n = 0;
    return true;
}

/* Packets of the key exchange hold certificates in clear. */
static bool look_at_body(struct openvpn_side *s, struct bytes body, size_t *held, size_t *at) {
    *at = 0;
    return openvpn_is_data(s->head[LENGTH_BYTES]) ? cipher_take(&s->watch, body, held, at)
                                                  : cipher_take_first(&s->watch, body, false, held);
}

static enum protocol_result take_data(struct conversation *c, enum side from, const uint8_t *bytes,
                                      size_t n) {
    struct openvpn *o = c->state;
    struct openvpn_side *s = &o->side[from];
    struct bytes in = bytes_of(bytes, n);
    size_t held, at;
    if (!o->told)
        c->services->encrypted(c);
    o->told = true;
    while (in.n > 0) {
        if (s->left == 0) {
            if (!take_head(s, &in))
                return conversation_become_any(c, from, bytes_of(s->head, s->head_n), in);
            c->shaking[from] &= !(s->left > 0 && openvpn_is_data(s->head[LENGTH_BYTES]));
            continue;
        }
        size_t take = in.n < s->left ? in.n : s->left;
        if (!look_at_body(s, bytes_of(in.p, take), &held, &at))
            return conversation_become_any(c, from, bytes_of(s->watch.first, held),
                                           bytes_of(in.p + at, in.n - at));
        s->left = (uint16_t)(s->left - take);
        if (s->left == 0)
            s->head_n = 0;
        in = bytes_of(in.p + take, in.n - take);
    }
    return PROTOCOL_OK;
}

/* Where the next packet begins is known if the gap lies within one. */
static enum protocol_result take_gap(struct conversation *c, enum side from, uint64_t n) {
    struct openvpn *o = c->state;
    struct openvpn_side *s = &o->side[from];
    s->watch.first_n = 0;
    s->watch.at_start = false;
    c->shaking[from] = false;
    if (n > s->left)
        return PROTOCOL_LOST;
    s->left = (uint16_t)(s->left - n);
    if (s->left == 0)
        s->head_n = 0;
    return PROTOCOL_OK;
}

const struct protocol protocol_openvpn = {
    .name = "openvpn",
    .shakes = true,
    .probe = probe_stream,
    .probe_datagram = probe_datagram,
    .begins_late = true,
    .open = open_openvpn,
    .data = take_data,
    .gap = take_gap,
    .datagram = take_datagram,
    .close = close_openvpn,
};
