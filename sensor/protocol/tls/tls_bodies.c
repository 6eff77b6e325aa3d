/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/cipher.h"
#include "protocol/memory.h"
#include "protocol/tls/tls.h"

/* Records that hold clear bytes: the bodies of one side are one run. Where a header does not stand at its
 * place, what follows is handed on as it is. */
struct tls_bodies {
    struct tls_walk walk[2];
    bool raw[2];
    bool content[2]; /* the record's body, no alert or such */
    uint8_t held_n[2];
    uint8_t held[2][STRUCTURE_FIRST];
};

void *tls_bodies_begin(const struct tls_walk walk[2], const struct bytes held[2]) {
    struct tls_bodies *s = protocol_alloc(PROTOCOL_STATE, sizeof *s);
    if (!s)
        return NULL;
    for (int side = 0; side < 2; side++) {
        s->walk[side] = walk[side];
        s->content[side] = true;
        s->held_n[side] = (uint8_t)(held[side].n < STRUCTURE_FIRST ? held[side].n : STRUCTURE_FIRST);
        if (s->held_n[side])
            memcpy(s->held[side], held[side].p, s->held_n[side]);
    }
    return s;
}

/* Alerts are of two octets. `n` of the body are in the first run. */
static bool is_content(const struct tls_walk *w, size_t n) {
    enum { ALERT_MAX = 64 };
    return w->stray || w->type >= TLS_HANDSHAKE || n + w->left > ALERT_MAX;
}

static struct bytes take_held(struct tls_bodies *s, enum side from) {
    size_t n = s->held_n[from];
    s->held_n[from] = 0;
    return bytes_of(s->held[from], n);
}

static struct bytes next_body(void *state, enum side from, struct bytes *in) {
    struct tls_bodies *s = state;
    struct tls_walk *w = &s->walk[from];
    struct bytes body = bytes_of(NULL, 0);
    bool begins;
    if (s->held_n[from])
        return take_held(s, from);
    while (in->n > 0 && !s->raw[from]) {
        enum tls_step step = tls_walk_next(w, in, &body, &begins);
        if (step == TLS_STEP_BODY && begins)
            s->content[from] = is_content(w, body.n);
        if (step == TLS_STEP_BODY && s->content[from])
            return body;
        if (step == TLS_STEP_WRONG) {
            s->raw[from] = true;
            memcpy(s->held[from], w->header, w->header_n);
            s->held_n[from] = w->header_n;
            if (w->header_n)
                return take_held(s, from);
        }
    }
    body = *in;
    *in = bytes_of(NULL, 0);
    return body;
}

static void skip_gap(void *state, enum side from, uint64_t n) {
    struct tls_bodies *s = state;
    tls_walk_gap(&s->walk[from], n);
}

const struct layer tls_bodies = {.next = next_body, .gap = skip_gap};
