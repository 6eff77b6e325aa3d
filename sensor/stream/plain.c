/* SPDX-License-Identifier: Apache-2.0 */
#include "stream/pair.h"

#include <string.h>

/* Nearly all segments are the next bytes in order, or acknowledge what was delivered, in a connection where
 * nothing is open: no hole, nothing stored, no end in sight, one reading. Of all that reassemble.c does with
 * a segment these need little, and take that way at once. What is left out here would change nothing. */

/* Nothing of this side is stored, waited for or over. Other flags are bytes that are 0 or 1. */
static bool is_side_quiet(const struct direction *d) {
    const void *stored = d->early.head ? d->early.head : d->doubtful.head;
    unsigned open = d->skip | d->fin | d->ended | d->hole | d->has_urgent | d->has_syn_other | d->phantom;
    return !stored && !open && (d->started & d->seen & d->has_acked);
}

static bool is_pair_quiet(const struct stream_pair *s) {
    unsigned open = s->queued | s->reset | s->closing | s->is_reading;
    return !open && !s->reading && is_side_quiet(&s->side[SIDE_CLIENT]) &&
           is_side_quiet(&s->side[SIDE_SERVER]);
}

/* No options, or time stamps as everybody writes them (RFC 7323 appendix A). */
static bool read_usual_options(const struct packet *p, struct tcp_options *out) {
    enum { HEADER = 20, STAMPED = 32 };
    static const uint8_t stamped[4] = {1, 1, 8, 10};
    *out = (struct tcp_options){0};
    if (p->header_length == HEADER)
        return true;
    if (p->header_length != STAMPED)
        return false;
    const uint8_t *options = p->payload - (STAMPED - HEADER);
    if (memcmp(options, stamped, sizeof stamped) != 0)
        return false;
    memcpy(&out->stamp, options + sizeof stamped, sizeof out->stamp);
    out->stamp = __builtin_bswap32(out->stamp);
    out->has_stamp = true;
    return true;
}

/* The next bytes, or none at all; and it acknowledges no less than the last one, and nothing that was not
 * delivered. */
static bool is_segment_plain(const struct stream_pair *s, enum side from, const struct packet *p) {
    enum { LOOKED_AT = TCP_SYN | TCP_FIN | TCP_RST | TCP_URG | TCP_ACK };
    const struct direction *d = &s->side[from], *o = &s->side[side_other(from)];
    if ((p->tcp_flags & LOOKED_AT) != TCP_ACK || p->payload_captured != p->payload_length)
        return false;
    if (p->payload_length > 0 && (p->tcp_seq != d->next || !d->delivered))
        return false;
    return sequence_from(o->next, p->tcp_ack) <= 0 && sequence_from(o->acked, p->tcp_ack) >= 0 &&
           sequence_from(d->next, d->acked) <= 0;
}

bool pair_take_plain(struct reassembler *r, struct stream_pair *s, enum side from, const struct packet *p) {
    struct direction *d = &s->side[from], *o = &s->side[side_other(from)];
    struct tcp_options options;
    if (r->no_plain || !is_pair_quiet(s) || !is_segment_plain(s, from, p) ||
        !read_usual_options(p, &options) ||
        (options.has_stamp && d->has_stamp && sequence_from(d->stamp, options.stamp) < 0))
        return false;
    if (p->payload_length > 0 || p->tcp_ack == o->next)
        d->strays = 0;
    d->absent = d->own_quiet = o->peer_quiet = false;
    if (s->start_packets < UINT8_MAX)
        s->start_packets++;
    o->acked = p->tcp_ack;
    if (o->kept.head)
        keep_acknowledged(r, s, side_other(from));
    segment_note_limits(s, from, p, &options);
    if (p->payload_length > 0) {
        s->reset_at = p->time;
        pair_deliver(r, s, from, p->payload, p->payload_length, p->payload_length, p->time);
    }
    return true;
}
