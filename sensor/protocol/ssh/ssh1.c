/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/ssh/ssh1.h"

enum {
    LENGTH_BYTES = 4,
    LENGTH_LEAST = 5, /* a message's number and the checksum */
    LENGTH_MAX = 262144,
    SERVER_KEY = 2,
    SESSION_KEY = 3,
};

static uint32_t length_of(const struct ssh1 *s) {
    return (uint32_t)s->head[0] << 24 | (uint32_t)s->head[1] << 16 | (uint32_t)s->head[2] << 8 | s->head[3];
}

/* Of a first packet the message's number is looked at, which stands behind the padding. */
static size_t head_size(const struct ssh1 *s) {
    if (s->keyed || s->head_n < LENGTH_BYTES)
        return LENGTH_BYTES;
    return LENGTH_BYTES + 8 - length_of(s) % 8 + 1;
}

/* False: no packet begins like this. */
static bool take_head(struct ssh1 *s, struct cipher_watch *w, enum side from, struct bytes *in) {
    while (in->n > 0 && s->head_n < head_size(s)) {
        s->head[s->head_n++] = in->p[0];
        *in = bytes_of(in->p + 1, in->n - 1);
    }
    uint32_t length = length_of(s);
    if (s->head_n >= LENGTH_BYTES && (length < LENGTH_LEAST || length > LENGTH_MAX))
        return false;
    if (s->head_n < head_size(s))
        return true;
    uint8_t message = from == SIDE_SERVER ? SERVER_KEY : SESSION_KEY;
    if (!s->keyed && s->head[s->head_n - 1] != message)
        return false;
    s->left = LENGTH_BYTES + 8 - length % 8 + length - s->head_n;
    s->head_n = 0;
    cipher_unit(w);
    return true;
}

/* Keys are as good as random, and text may stand in no packet behind them. */
static bool look_at_body(const struct ssh1 *s, struct cipher_watch *w, struct bytes body, size_t *held,
                         size_t *at) {
    *held = 0;
    if (s->keyed)
        return cipher_take(w, body, held, at);
    *at = structure_find(body, false);
    return *at == body.n;
}

enum ssh1_step ssh1_take(struct ssh1 *s, struct cipher_watch *w, enum side from, struct bytes *in,
                         size_t *held) {
    while (in->n > 0) {
        if (s->left == 0) {
            if (!take_head(s, w, from, in))
                return SSH1_WRONG;
            continue;
        }
        size_t n = in->n < s->left ? in->n : s->left, at;
        if (!look_at_body(s, w, bytes_of(in->p, n), held, &at)) {
            *in = bytes_of(in->p + at, in->n - at);
            return SSH1_CLEAR;
        }
        *in = bytes_of(in->p + n, in->n - n);
        s->left -= (uint32_t)n;
        s->keyed |= s->left == 0;
    }
    return SSH1_TAKEN;
}
