/* SPDX-License-Identifier: Apache-2.0 */
#include "stream/pair.h"

#include <string.h>

/* Copies of the first bytes of each turn: what a later segment may contradict, and what another reading of
 * the connection begins with. A side's turn begins where it speaks after the other one. */

enum { KEEP_BYTES = 16 << 10 };

static void unlist(struct reassembler *r, struct stream_pair *s) {
    if (!s->in_keeping || s->side[0].kept.head || s->side[1].kept.head)
        return;
    age_remove(&r->keepings, &s->keeping);
    s->in_keeping = false;
}

void keep_drop(struct reassembler *r, struct stream_pair *s, enum side from) {
    struct direction *d = &s->side[from];
    r->kept_blocks -= d->kept.blocks;
    segment_list_clear(&d->kept, &r->segments);
    d->keeps = false;
    unlist(r, s);
}

bool keep_evict(struct reassembler *r) {
    struct stream_pair *s = AGE_ENTRY(r->keepings.oldest, struct stream_pair, keeping);
    if (!s)
        return false;
    keep_drop(r, s, SIDE_CLIENT);
    keep_drop(r, s, SIDE_SERVER);
    return true;
}

void keep_acknowledged(struct reassembler *r, struct stream_pair *s, enum side from) {
    struct direction *d = &s->side[from];
    bool goes_on = d->keeps && s->turn == 1 + from;
    if (d->kept.head && !goes_on && d->has_acked && sequence_from(segment_end(d->kept.tail), d->acked) >= 0)
        keep_drop(r, s, from);
}

static void begin_turn(struct reassembler *r, struct stream_pair *s, enum side from) {
    s->turn = (uint8_t)(1 + from);
    keep_drop(r, s, from);
    keep_acknowledged(r, s, side_other(from));
    s->side[from].keeps = true;
}

void keep_bytes(struct reassembler *r, struct stream_pair *s, enum side from, uint32_t sequence,
                const uint8_t *bytes, uint32_t n) {
    struct direction *d = &s->side[from];
    if (s->is_reading)
        return;
    if (s->turn != 1 + from)
        begin_turn(r, s, from);
    if (!d->keeps)
        return;
    bool fits = d->kept.bytes < KEEP_BYTES && (!d->kept.tail || segment_end(d->kept.tail) == sequence);
    if (!fits || (r->kept_blocks >= r->kept_most && !keep_evict(r)) || !d->keeps) {
        d->keeps = false;
        return;
    }
    struct segment_source in = {.bytes = bytes, .captured = n, .length = n, .sequence = sequence};
    uint32_t before = d->kept.blocks;
    if (!segment_list_store(&d->kept, &r->segments, &in, SEGMENT_FIRST))
        d->keeps = false;
    r->kept_blocks += d->kept.blocks - before;
    if (d->kept.head && !s->in_keeping) {
        age_add(&r->keepings, &s->keeping);
        s->in_keeping = true;
    }
}
