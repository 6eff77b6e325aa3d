/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/tls/pieces.h"

#include "protocol/memory.h"

/* Runs that now begin within what is in order belong to it. */
static void join_early(struct pieces *p) {
    for (unsigned i = 0; i < p->n;) {
        if (p->early[i].from > p->have) {
            i++;
            continue;
        }
        if (p->early[i].to > p->have)
            p->have = p->early[i].to;
        p->early[i] = p->early[--p->n];
        i = 0;
    }
}

/* A run that touches one behind a hole is one with it. False: none does. */
static bool widen_early(struct pieces *p, uint32_t from, uint32_t to) {
    for (unsigned i = 0; i < p->n; i++) {
        if (from > p->early[i].to || to < p->early[i].from)
            continue;
        if (from < p->early[i].from)
            p->early[i].from = from;
        if (to > p->early[i].to)
            p->early[i].to = to;
        return true;
    }
    return false;
}

bool pieces_add(struct pieces *p, uint32_t room, uint64_t offset, struct bytes piece) {
    if (offset > room || piece.n > room - offset)
        return false;
    if (!p->bytes) {
        if (!(p->bytes = protocol_alloc(PROTOCOL_HELD, room ? room : 1)))
            return false;
        p->room = room;
    }
    if (offset > p->room || piece.n > p->room - offset)
        return false;
    uint32_t from = (uint32_t)offset, to = (uint32_t)(offset + piece.n);
    if (to <= p->have)
        return true;
    uint32_t known = from < p->have ? p->have - from : 0;
    bool joins = from > p->have && widen_early(p, from, to);
    if (from > p->have && !joins && p->n == PIECES_MAX)
        return false;
    memcpy(p->bytes + from + known, piece.p + known, piece.n - known);
    if (joins)
        return true;
    if (from > p->have) {
        p->early[p->n].from = from;
        p->early[p->n++].to = to;
    } else {
        p->have = to;
        join_early(p);
    }
    return true;
}

void pieces_free(struct pieces *p) {
    protocol_free(p->bytes);
    *p = (struct pieces){0};
}
