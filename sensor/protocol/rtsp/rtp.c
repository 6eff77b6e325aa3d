/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/rtsp/rtp.h"

#include "base/counter.h"
#include "protocol/memory.h"

enum { VERSION = 2, TYPE_JPEG = 26, DYNAMIC_FIRST = 96, JUMP_MAX = 512 };

struct packet_head {
    bool last; /* marker */
    uint8_t type;
    uint16_t sequence;
    uint32_t time, source;
    struct bytes payload;
};

/* RFC 5761 section 4: by the second octet. */
static bool is_control(struct bytes packet) {
    return packet.n >= 4 && packet.p[0] >> 6 == VERSION && packet.p[1] >= 192 && packet.p[1] <= 223;
}

/* Section 5.1. */
static bool read_head(struct bytes packet, struct packet_head *h) {
    struct reader r = reader_of(packet.p, packet.n);
    uint8_t bits, type;
    uint16_t profile, words;
    if (!reader_u8(&r, &bits) || bits >> 6 != VERSION || !reader_u8(&r, &type) ||
        !reader_u16(&r, &h->sequence) || !reader_u32(&r, &h->time) || !reader_u32(&r, &h->source) ||
        !reader_skip(&r, (size_t)(bits & 15) * 4))
        return false;
    if (bits & 0x10 &&
        (!reader_u16(&r, &profile) || !reader_u16(&r, &words) || !reader_skip(&r, (size_t)words * 4)))
        return false;
    h->last = type & 0x80;
    h->type = type & 0x7f;
    size_t n = reader_left(&r), padding = bits & 0x20 && n ? r.at[n - 1] : 0;
    h->payload = bytes_of(r.at, padding <= n ? n - padding : 0);
    return true;
}

bool rtp_begins(struct bytes datagram) {
    struct packet_head h;
    return datagram.n > 0 && (datagram.p[0] & 0xe0) == VERSION << 6 && read_head(datagram, &h) &&
           h.type == TYPE_JPEG && rtp_jpeg_begins(h.payload);
}

/* What SDP says; else the number that is everybody's, or the look of a number that is nobody's. */
static bool is_picture(const struct rtp_source *s, const struct packet_head *h) {
    const struct rtp_stream *stream = s->origin.stream;
    if (stream && rtp_bit(stream->named, h->type))
        return rtp_bit(stream->pictures, h->type);
    if (h->type == TYPE_JPEG || h->type == s->dynamic)
        return true;
    return h->type >= DYNAMIC_FIRST && rtp_jpeg_begins(h->payload);
}

static void take_in_order(struct rtp_source *s, struct bytes packet) {
    struct packet_head h;
    if (!read_head(packet, &h))
        return;
    bool lost = h.sequence != s->next;
    s->next = (uint16_t)(h.sequence + 1);
    if (is_picture(s, &h) && h.payload.n > 0 &&
        !rtp_jpeg_take(&s->jpeg, &s->origin, h.time, lost, h.last, h.payload))
        counter_one(COUNTER_RTP_MALFORMED);
}

/* --- order --- */

static void take_held(struct rtp_source *s) {
    struct rtp_held first = s->held[0];
    memmove(s->held, s->held + 1, --s->ahead * sizeof *s->held);
    take_in_order(s, bytes_of(first.p, first.n));
    protocol_free(first.p);
}

static void take_due(struct rtp_source *s) {
    while (s->ahead && s->held[0].sequence == s->next)
        take_held(s);
}

/* False: no memory. One that is there already is not held twice. */
static bool hold_packet(struct rtp_source *s, const struct packet_head *h, struct bytes packet) {
    unsigned at = 0;
    while (at < s->ahead && (int16_t)(s->held[at].sequence - h->sequence) < 0)
        at++;
    if (at < s->ahead && s->held[at].sequence == h->sequence) {
        counter_one(COUNTER_RTP_LATE);
        return true;
    }
    uint8_t *copy = packet.n <= UINT16_MAX ? protocol_grow(PROTOCOL_HELD, NULL, packet.n) : NULL;
    if (!copy)
        return false;
    memcpy(copy, packet.p, packet.n);
    memmove(s->held + at + 1, s->held + at, (s->ahead - at) * sizeof *s->held);
    s->held[at] = (struct rtp_held){h->sequence, (uint16_t)packet.n, copy};
    s->ahead++;
    return true;
}

static void take_all_held(struct rtp_source *s) {
    while (s->ahead)
        take_held(s);
}

/* A source that begins anew, or is another one. */
static void begin_source(struct rtp_source *s, const struct packet_head *h) {
    take_all_held(s);
    s->synced = true;
    s->source = h->source;
    s->next = h->sequence;
}

static void take_in_turn(struct rtp_source *s, const struct packet_head *h, struct bytes packet) {
    int distance = (int16_t)(h->sequence - s->next);
    if (!s->synced || h->source != s->source || distance > JUMP_MAX || distance < -JUMP_MAX)
        begin_source(s, h);
    else if (distance < 0) { /* it came before, or too late */
        counter_one(COUNTER_RTP_LATE);
        return;
    } else if (distance > 0 && s->waits && s->ahead == RTP_AHEAD_MAX) {
        take_held(s);
        take_due(s);
        take_in_turn(s, h, packet);
        return;
    } else if (distance > 0 && s->waits && hold_packet(s, h, packet)) {
        return;
    }
    take_in_order(s, packet);
    take_due(s);
}

enum rtp_kind rtp_take(struct rtp_source *s, struct bytes packet) {
    struct packet_head h;
    if (is_control(packet))
        return RTP_CONTROL;
    if (!read_head(packet, &h))
        return RTP_NONE;
    if (h.payload.n == 0)
        return RTP_CONTROL;
    if (!is_picture(s, &h))
        return RTP_OTHER;
    if (h.type >= DYNAMIC_FIRST)
        s->dynamic = h.type;
    take_in_turn(s, &h, packet);
    return RTP_PICTURE;
}

void rtp_end(struct rtp_source *s) {
    take_all_held(s);
    rtp_jpeg_cut(&s->jpeg, s->origin.c);
}
