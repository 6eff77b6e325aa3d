/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/tls/tls.h"

#include "protocol/cipher.h"
#include "protocol/memory.h"
#include "protocol/tls/handshake.h"
#include "protocol/tls/ssl2.h"

enum { HANDSHAKE_MAX = 1 << 18 /* octets of a side's handshake; more is looked at as data is */ };

struct tls {
    bool told;
    uint32_t handshake[2];
    struct tls_walk walk[2];
    struct cipher_watch watch[2];
    struct handshake said[2]; /* by side: hellos and the certificate */
    struct sealed {
        uint8_t records, tickets;
        bool alert;
    } sealed[2]; /* by side: records of the handshake that look like data (TLS 1.3) */
    struct ssl2 old[2];
};

static void *open_tls(struct conversation *c, struct bytes facts) {
    return protocol_alloc(PROTOCOL_STATE, sizeof(struct tls));
}

static void close_tls(struct conversation *c) {
    struct tls *s = c->state;
    handshake_finish(&s->said[SIDE_CLIENT]);
    handshake_finish(&s->said[SIDE_SERVER]);
    ssl2_finish(&s->old[SIDE_CLIENT]);
    ssl2_finish(&s->old[SIDE_SERVER]);
    protocol_free(s);
}

/* What a side sends behind its change_cipher_spec is no message any more. */
static void read_handshake(struct conversation *c, enum side from, struct bytes body) {
    struct tls *s = c->state;
    const struct tls_walk *w = &s->walk[from];
    struct handshake *said = &s->said[from];
    if (w->stray || said->over)
        return;
    if (w->type == TLS_HANDSHAKE)
        handshake_data(said, c, CARRIER_TCP, body);
    else if (w->type == TLS_CHANGE_CIPHER_SPEC || w->type == TLS_APPLICATION_DATA)
        handshake_finish(said);
}

/* TLS 1.3 seals the rest of its handshake in records of data (RFC 8446 section 5.2). A client's first one is
 * its Finished if it has room for nothing more; what a server sends before it is the handshake's, and one or
 * two behind it are as large as tickets. Either side ends with an alert. */
static bool is_of_handshake(struct tls *s, enum side from, size_t n) {
    enum { TLS_1_3 = 0x0304, FINISHED = 4 + 48 + 17, ALERT = 2 + 17, TICKET_LEAST = 70, TICKET_MOST = 512 };
    const struct sealed *client = &s->sealed[SIDE_CLIENT];
    struct sealed *own = &s->sealed[from];
    if (s->said[SIDE_SERVER].chosen != TLS_1_3)
        return false;
    if (own->records < UINT8_MAX)
        own->records++;
    if (n == ALERT && !own->alert)
        return own->alert = true;
    if (from == SIDE_CLIENT)
        return own->records == 1 && n <= FINISHED;
    return client->records == 0 || (own->tickets++ < 2 && n >= TICKET_LEAST && n <= TICKET_MOST);
}

/* What a handshake is not: data, and what nobody knows of. */
static void note_record(struct conversation *c, enum side from, size_t body_n) {
    struct tls *s = c->state;
    const struct tls_walk *w = &s->walk[from];
    if (w->stray || w->type > TLS_APPLICATION_DATA ||
        (w->type == TLS_APPLICATION_DATA && !is_of_handshake(s, from, body_n + w->left)))
        c->shaking[from] = false;
}

/* Handshakes are clear, and hold names and certificates; a picture has no place in them. */
static bool counts_text(struct tls *s, enum side from, size_t n) {
    const struct tls_walk *w = &s->walk[from];
    if (w->stray || w->type >= TLS_APPLICATION_DATA)
        return true;
    if (w->type == TLS_HANDSHAKE && s->handshake[from] <= HANDSHAKE_MAX)
        s->handshake[from] += (uint32_t)n;
    return s->handshake[from] > HANDSHAKE_MAX;
}

/* What came meanwhile of a record and was not looked at. */
static void count_quiet(struct conversation *c, enum side side) {
    struct tls *s = c->state;
    uint32_t n = conversation_count_quiet(c, side);
    s->walk[side].left = (uint16_t)(s->walk[side].left - n);
    s->watch[side].until_sample -= n;
}

/* Within a record of application data nothing is looked at up to its end, or up to the next sample. */
static void grant_quiet(struct conversation *c, enum side side) {
    const struct tls *s = c->state;
    const struct tls_walk *w = &s->walk[side];
    const struct cipher_watch *watch = &s->watch[side];
    bool within = w->left > 0 && !w->fresh && !w->lost && !w->stray && w->type == TLS_APPLICATION_DATA;
    if (!within || !s->said[side].over || watch->at_start || watch->until_sample == 0)
        return;
    uint32_t n = watch->until_sample - 1;
    conversation_grant(c, side, n < w->left ? n : w->left);
}

/* False: the body is clear. */
static bool look_at_body(struct tls *s, enum side from, struct bytes body, bool begins, size_t *held,
                         size_t *at) {
    struct cipher_watch *w = &s->watch[from];
    if (begins)
        cipher_unit(w);
    *at = 0;
    return counts_text(s, from, body.n) ? cipher_take(w, body, held, at)
                                        : cipher_take_first(w, body, false, held);
}

/* From the clear octets on, the bodies are what the conversation goes on with. `body` is the run in which
 * they begin, with what follows it behind. */
static enum protocol_result become_bodies(struct conversation *c, enum side from, struct bytes rest,
                                          size_t body_n, size_t held) {
    struct tls *s = c->state;
    enum side other = side_other(from);
    count_quiet(c, other);
    struct tls_walk walk[2] = {s->walk[0], s->walk[1]};
    struct bytes before[2];
    before[from] = bytes_of(s->watch[from].first, held);
    before[other] = bytes_of(s->watch[other].first, s->watch[other].at_start ? s->watch[other].first_n : 0);
    if (walk[from].stray)
        walk[from].lost = true;
    else
        walk[from].left = (uint16_t)(walk[from].left + body_n); /* the run comes again */
    void *state = tls_bodies_begin(walk, before);
    if (!state)
        return PROTOCOL_LOST;
    conversation_become(c, NULL, false);
    conversation_within(c, &tls_bodies, state);
    conversation_inner(c, from, rest.p, rest.n);
    return PROTOCOL_BECOMES;
}

/* SSL 2 has nothing to walk by. */
static enum protocol_result take_sealed(struct conversation *c, enum side from, struct bytes in) {
    struct tls *s = c->state;
    struct cipher_watch *w = &s->watch[from];
    size_t held, at;
    if (in.n == 0)
        return PROTOCOL_OK;
    cipher_unit(w);
    return cipher_take(w, in, &held, &at)
               ? PROTOCOL_OK
               : conversation_become_any(c, from, bytes_of(w->first, held), bytes_of(in.p + at, in.n - at));
}

static enum protocol_result take_data(struct conversation *c, enum side from, const uint8_t *bytes,
                                      size_t n) {
    struct tls *s = c->state;
    struct bytes in = bytes_of(bytes, n), body;
    bool begins;
    count_quiet(c, from);
    if (!s->told)
        c->services->encrypted(c);
    s->told = true;
    enum ssl2_step old = ssl2_take(&s->old[from], c, from, &in);
    if (old == SSL2_WRONG)
        return conversation_become_any(c, from, bytes_of(s->old[from].first, s->old[from].first_n), in);
    c->shaking[from] = c->shaking[from] && old != SSL2_SEALED;
    if (old == SSL2_SEALED)
        return take_sealed(c, from, in);
    while (in.n > 0) {
        size_t held, at;
        switch (tls_walk_next(&s->walk[from], &in, &body, &begins)) {
        case TLS_STEP_MORE:
            break;
        case TLS_STEP_WRONG:
            return conversation_become_any(c, from, bytes_of(s->walk[from].header, s->walk[from].header_n),
                                           in);
        case TLS_STEP_BODY:
            if (begins && c->shaking[from])
                note_record(c, from, body.n);
            read_handshake(c, from, body);
            if (!look_at_body(s, from, body, begins, &held, &at))
                return become_bodies(c, from, bytes_of(body.p + at, body.n - at + in.n), body.n - at, held);
        }
    }
    grant_quiet(c, from);
    return PROTOCOL_OK;
}

static enum protocol_result take_gap(struct conversation *c, enum side from, uint64_t n) {
    struct tls *s = c->state;
    count_quiet(c, from);
    c->shaking[from] = false;
    tls_walk_gap(&s->walk[from], n);
    s->watch[from].first_n = 0;
    s->watch[from].at_start = false;
    handshake_finish(&s->said[from]);
    ssl2_gap(&s->old[from]);
    return PROTOCOL_OK;
}

enum protocol_result tls_may_follow(struct conversation *c, enum side server, struct bytes rest) {
    static const struct protocol *const candidates[] = {&protocol_tls, NULL};
    conversation_become(c, candidates, true);
    conversation_inner(c, server, rest.p, rest.n);
    return PROTOCOL_BECOMES;
}

const struct protocol protocol_tls = {
    .name = "tls",
    .shakes = true,
    .prepare = tls_fingerprint_prepare,
    .ndpi_names = (const char *const[]){"TLS", NULL},
    .probe = tls_probe,
    .open = open_tls,
    .data = take_data,
    .gap = take_gap,
    .close = close_tls,
    .find_offer = tls_find_offer,
    .find_answer = tls_find_answer,
};
