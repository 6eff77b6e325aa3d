/* SPDX-License-Identifier: Apache-2.0 */
#include "stream/pair.h"

/* What a receiver drops: segments that are outside of its window, that acknowledge what was never sent, that
 * fail its check against old duplicates, or that are signed without agreement. What is known of the receiver
 * comes from its own segments; a side that is not seen drops nothing. Systems differ, and so may what was
 * seen of the connection: such a segment is not thrown away, but used where its bytes were acknowledged and
 * nobody else brought them. */

enum {
    SCALE_MAX = 14,            /* where the SYN was not seen */
    WINDOW_LEAST = 65535,      /* an acknowledgement that is older than one window is no longer taken */
    STRAYS_MOST = 16,          /* so many in a row: not they are wrong, but what is known of the connection */
    ACK_SLACK = 1 + (1 << 16), /* a FIN, and bytes that this sensor sees later than the other side did */
};

/* RFC 7323 section 2.2: only where both sides offered it, and never in a SYN. */
static uint8_t scale_of(const struct stream_pair *s, enum side from, uint8_t flags) {
    const struct direction *d = &s->side[from], *o = &s->side[side_other(from)];
    if (flags & TCP_SYN)
        return 0;
    if (d->from_syn && o->from_syn)
        return d->syn.has_scale && o->syn.has_scale ? d->syn.scale : 0;
    if (d->from_syn)
        return d->syn.has_scale ? d->syn.scale : 0;
    return SCALE_MAX;
}

void segment_note_limits(struct stream_pair *s, enum side from, const struct packet *p,
                         const struct tcp_options *options) {
    struct direction *d = &s->side[from], *o = &s->side[side_other(from)];
    uint32_t window = (uint32_t)p->tcp_window << scale_of(s, from, p->tcp_flags);
    if (window > o->window)
        o->window = window;
    uint32_t edge = p->tcp_ack + window;
    if ((p->tcp_flags & TCP_ACK) && (!o->has_edge || sequence_from(o->edge, edge) > 0)) {
        o->edge = edge;
        o->has_edge = true;
    }
    /* RFC 7323 section 4.3: of the segment that its receiver acknowledged last, or that comes next */
    if (options->has_stamp && d->started && sequence_from(p->tcp_seq, d->next) >= 0 &&
        (!d->has_stamp || sequence_from(d->stamp, options->stamp) > 0)) {
        d->stamp = options->stamp;
        d->has_stamp = true;
    }
}

/* RFC 5961 section 5. Of what is ahead of all that was seen, what the window allows may only be late here. */
static bool is_ack_wrong(const struct direction *o, const struct packet *p) {
    if (!(p->tcp_flags & TCP_ACK) || !o->seen || !o->started)
        return false;
    uint32_t top = direction_top(o);
    if (o->has_edge && sequence_from(top, o->edge) > 0)
        top = o->edge;
    int32_t ahead = sequence_from(top, p->tcp_ack);
    if (ahead > ACK_SLACK)
        return true;
    uint32_t window = o->window > WINDOW_LEAST ? o->window : WINDOW_LEAST;
    return o->has_acked && ahead <= 0 && sequence_from(p->tcp_ack, o->acked) > (int32_t)window;
}

/* RFC 7323 section 5: only where both sides agreed on time stamps. Bytes that the receiver has already are
 * only late here. */
static bool is_stamp_old(const struct stream_pair *s, enum side from, const struct packet *p,
                         const struct tcp_options *options) {
    const struct direction *d = &s->side[from], *o = &s->side[side_other(from)];
    bool agreed = d->from_syn && o->from_syn && d->syn.has_stamp && o->syn.has_stamp;
    if (!agreed || !options->has_stamp || !d->has_stamp || sequence_from(d->stamp, options->stamp) >= 0)
        return false;
    return !d->has_acked || sequence_from(d->acked, p->tcp_seq + p->payload_length) > 0;
}

/* What comes next in order is taken for in the window: the acknowledgement that opened it may not have been
 * seen. */
static bool is_outside_window(const struct direction *d, const struct direction *o, const struct packet *p) {
    if (p->payload_length == 0 || !o->seen || !d->started || !d->has_edge)
        return false;
    if (sequence_from(d->next, p->tcp_seq) <= 0)
        return false;
    uint32_t edge = d->next + d->window;
    if (sequence_from(edge, d->edge) > 0)
        edge = d->edge;
    return sequence_from(edge, p->tcp_seq + p->payload_length) > 0;
}

/* Its place in the connection does not fit. Where nothing else comes, much was lost on the way to this
 * sensor. */
static bool is_stray(struct direction *d, const struct direction *o, const struct packet *p) {
    bool outside = is_outside_window(d, o, p), wrong = is_ack_wrong(o, p);
    if (!outside && !wrong) {
        if (p->payload_length > 0 ||
            (p->tcp_flags & TCP_ACK && o->started && sequence_from(o->next, p->tcp_ack) >= 0))
            d->strays = 0;
        return false;
    }
    if (p->payload_length > 0 && !outside)
        return true;
    if (d->strays < STRAYS_MOST)
        d->strays++;
    return d->strays < STRAYS_MOST;
}

bool segment_is_doubtful(struct stream_pair *s, enum side from, const struct packet *p,
                         const struct tcp_options *options) {
    struct direction *d = &s->side[from];
    if (!(p->tcp_flags & (TCP_ACK | TCP_SYN)))
        return true;
    if ((p->tcp_flags & TCP_SYN) && d->started && d->delivered)
        return true;
    return (options->is_signed && d->from_syn && !d->syn.is_signed) || is_stamp_old(s, from, p, options) ||
           is_stray(d, &s->side[side_other(from)], p);
}
