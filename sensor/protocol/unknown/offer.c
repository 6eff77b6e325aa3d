/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/unknown/offer.h"

#include "protocol/memory.h"

enum {
    OFFER_MAX = 1 << 14,   /* octets of what is offered */
    UNANSWERED_MAX = 4096, /* octets of another answer, such as the consent to begin, before it is none */
};

static bool keep_octets(struct offer *o, struct bytes more) {
    uint8_t *bytes =
        more.n <= OFFER_MAX - o->n ? protocol_grow(PROTOCOL_HELD, o->bytes, o->n + more.n) : NULL;
    if (!bytes)
        return false;
    memcpy(bytes + o->n, more.p, more.n);
    o->bytes = bytes;
    o->n += (uint32_t)more.n;
    return true;
}

size_t offer_look(struct offer *o, enum side from, struct bytes in) {
    size_t nearest = in.n;
    for (size_t i = 0; protocol_table[i]; i++) {
        const struct protocol *p = protocol_table[i];
        size_t at = p->find_offer ? p->find_offer(bytes_of(in.p, in.n)) : in.n;
        if (at < nearest) {
            nearest = at;
            o->protocol = p;
        }
    }
    o->from = from;
    o->unanswered = 0;
    if (nearest < in.n && !keep_octets(o, bytes_of(in.p + nearest, in.n - nearest))) {
        offer_drop(o);
        return in.n;
    }
    return nearest;
}

bool offer_add(struct offer *o, struct bytes more) {
    if (!keep_octets(o, more))
        return false;
    bool good = o->protocol->find_offer(bytes_of(o->bytes, o->n)) == 0;
    if (!good)
        o->n -= (uint32_t)more.n;
    return good;
}

bool offer_waits(struct offer *o, size_t n) {
    o->unanswered += (uint32_t)(n < UNANSWERED_MAX ? n : UNANSWERED_MAX);
    return o->unanswered < UNANSWERED_MAX;
}

void offer_drop(struct offer *o) {
    protocol_free(o->bytes);
    *o = (struct offer){0};
}
