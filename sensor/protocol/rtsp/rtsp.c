/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/rtsp/rtsp_session.h"

#include "base/counter.h"
#include "protocol/memory.h"

enum {
    FRAME_HEAD = 4,  /* RFC 2326 section 10.12 */
    OTHERS_MAX = 8,  /* packets of a connection that has no pictures to come */
    UNSAID_MAX = 64, /* the same where nobody said what is to come */
    SEEK_MAX = 1 << 20,
    CHANNELS_SOUGHT = 32,
    PACKET_LEAST = 12,
};

/* --- packets --- */

static struct rtp_source *find_source(struct rtsp *r, enum side from, uint8_t channel) {
    unsigned i = 0;
    for (; i < RTSP_SOURCES_MAX && r->source[i]; i++)
        if (r->source_channel[i] == channel && r->source[i]->origin.from == from)
            return r->source[i];
    if (i == RTSP_SOURCES_MAX || !(r->source[i] = protocol_alloc(PROTOCOL_STATE, sizeof *r->source[i]))) {
        counter_one(COUNTER_RTSP_TRACKS_MANY);
        return NULL;
    }
    r->source_channel[i] = channel;
    r->source[i]->origin = (struct rtp_origin){r->c, from, "rtsp", NULL};
    return r->source[i];
}

static bool has_pictures_to_come(const struct rtsp *r) {
    bool said = false;
    for (unsigned i = 0; i < r->tracks; i++) {
        if (rtp_stream_has_pictures(r->track[i].stream))
            return true;
        said |= r->track[i].stream->medium_n > 0;
    }
    return !said && r->others < UNSAID_MAX;
}

static enum protocol_result take_other(struct rtsp *r, const struct rtsp_track *track) {
    counter_one(COUNTER_RTP_OTHERS);
    if (r->pictures || ++r->others < OTHERS_MAX || has_pictures_to_come(r))
        return PROTOCOL_OK;
    if (track)
        rtp_stream_tell(r->c, track->stream);
    return PROTOCOL_LOST;
}

static enum protocol_result take_packet(struct rtsp *r, enum side from, uint8_t channel,
                                        struct bytes packet) {
    const struct rtsp_track *track = rtsp_channel_track(r, channel);
    struct rtp_source *s = find_source(r, from, channel);
    if (!s)
        return take_other(r, track);
    s->origin.stream = track ? track->stream : NULL;
    if (track && track->stream->sealed) {
        r->c->services->encrypted(r->c);
        return PROTOCOL_OK;
    }
    enum rtp_kind kind = rtp_take(s, packet);
    r->pictures |= kind == RTP_PICTURE;
    return kind == RTP_PICTURE || kind == RTP_CONTROL ? PROTOCOL_OK : take_other(r, track);
}

/* --- frames --- */

static void forget_packet(struct rtsp_side *s) {
    protocol_free(s->packet);
    s->packet = NULL;
    s->frame = s->have = 0;
    s->head_n = 0;
    s->torn = false;
    s->at = RTSP_AT_START;
}

/* Of one that is not whole in one call a copy is made; without memory it is as one that is missing. */
static void keep_piece(struct rtsp_side *s, const uint8_t *p, size_t n) {
    if (!s->packet && !s->torn)
        s->packet = protocol_alloc(PROTOCOL_HELD, s->frame);
    if (s->packet)
        memcpy(s->packet + s->have, p, n);
    else
        s->torn = true;
    s->have += (uint32_t)n;
}

static size_t take_frame_head(struct rtsp_side *s, const uint8_t *p, size_t n) {
    size_t room = (size_t)(FRAME_HEAD - s->head_n), take = room < n ? room : n;
    memcpy(s->head + s->head_n, p, take);
    s->head_n = (uint8_t)(s->head_n + take);
    if (s->head_n == FRAME_HEAD)
        s->frame = (uint32_t)s->head[2] << 8 | s->head[3];
    if (s->head_n == FRAME_HEAD && s->frame == 0)
        forget_packet(s);
    return take;
}

static enum protocol_result take_frame(struct rtsp *r, enum side from, const uint8_t *p, size_t n,
                                       size_t *used) {
    struct rtsp_side *s = &r->side[from];
    enum protocol_result result = PROTOCOL_OK;
    if (s->head_n < FRAME_HEAD) {
        *used = take_frame_head(s, p, n);
        return PROTOCOL_OK;
    }
    size_t take = s->frame - s->have < n ? s->frame - s->have : n;
    *used = take;
    if (s->have == 0 && take == s->frame) {
        result = take_packet(r, from, s->head[1], bytes_of(p, take));
        forget_packet(s);
        return result;
    }
    keep_piece(s, p, take);
    if (s->have < s->frame)
        return PROTOCOL_OK;
    if (!s->torn)
        result = take_packet(r, from, s->head[1], bytes_of(s->packet, s->frame));
    forget_packet(s);
    return result;
}

/* --- messages --- */

static void show_line(struct rtsp *r, enum side from, struct bytes line) {
    if (r->c->services->head)
        r->c->services->head(r->c, from, line);
}

static void end_body(struct rtsp *r, struct rtsp_side *s, enum transfer_end how) {
    if (s->begun)
        r->c->services->end(r->c, s->transfer, how);
    s->begun = false;
    s->transfer = NULL;
    s->body = 0;
    s->line_n = 0;
    s->line_cut = false;
    s->at = RTSP_AT_START;
}

static void begin_transfer(struct rtsp *r, enum side from) {
    struct rtsp_side *s = &r->side[from];
    struct transfer_seed seed = transfer_seed_of("rtsp", from);
    const struct rtsp_url u = rtsp_url_read(rtsp_text_of(s->message.url.n ? &s->message.url : &r->url));
    seed.fact[FACT_URL] = u.path;
    seed.fact[FACT_HOST] = u.host;
    seed.fact[FACT_USER] = r->user.n ? rtsp_text_of(&r->user) : u.user;
    seed.fact[FACT_DECLARED_TYPE] = rtsp_text_of(&s->message.type);
    seed.length = s->body;
    s->begun = true;
    s->transfer = r->c->services->begin(r->c, &seed);
}

static void end_head(struct rtsp *r, enum side from) {
    struct rtsp_side *s = &r->side[from];
    rtsp_take_message(r, from, &s->message);
    s->body = s->message.length;
    s->described = s->message.sdp;
    s->at = s->body ? RTSP_IN_BODY : RTSP_AT_START;
    if (s->described)
        rtsp_begin_description(r);
}

/* The line in `s` is whole. False: it should have begun a message, and does not. */
static bool take_line(struct rtsp *r, enum side from) {
    struct rtsp_side *s = &r->side[from];
    struct bytes line = bytes_of(s->line, s->line_n);
    if (s->at == RTSP_IN_BODY) {
        rtsp_take_description(r, line);
    } else if (s->at == RTSP_AT_START) {
        if (!rtsp_message_begin(&s->message, line, s->line_cut))
            return false;
        s->at = RTSP_IN_HEAD;
    } else if (bytes_trim(line).n == 0) {
        end_head(r, from);
    } else {
        rtsp_message_field(&s->message, line);
    }
    show_line(r, from, line);
    s->line_n = 0;
    s->line_cut = false;
    return true;
}

/* Up to the line's end; what is longer than a line may be is left out. */
static size_t keep_line(struct rtsp_side *s, const uint8_t *p, size_t n, bool *whole) {
    const uint8_t *lf = memchr(p, '\n', n);
    size_t take = lf ? (size_t)(lf - p) + 1 : n, room = (size_t)(RTSP_LINE_MAX - s->line_n);
    counter_add(COUNTER_RTSP_LINES_LONG, take > room && !s->line_cut);
    s->line_cut |= take > room;
    size_t keep = take < room ? take : room;
    memcpy(s->line + s->line_n, p, keep);
    s->line_n = (uint16_t)(s->line_n + keep);
    *whole = lf != NULL;
    return take;
}

static bool is_blank(uint8_t c) {
    return c == '\r' || c == '\n' || c == ' ';
}

/* What begins nothing is another one's. */
static enum protocol_result take_text(struct rtsp *r, enum side from, const uint8_t *p, size_t n,
                                      size_t *used) {
    struct rtsp_side *s = &r->side[from];
    bool start = s->at == RTSP_AT_START, whole;
    *used = 1;
    if (start && s->line_n == 0 && *p == '$') {
        s->at = RTSP_IN_FRAME;
        s->head[0] = *p;
        s->head_n = 1;
        return PROTOCOL_OK;
    }
    if (start && s->line_n == 0 && is_blank(*p))
        return PROTOCOL_OK;
    size_t had = s->line_n;
    *used = keep_line(s, p, n, &whole);
    if (start && ((!rtsp_may_begin(bytes_of(s->line, s->line_n))) || (whole && !take_line(r, from)))) {
        counter_one(COUNTER_RTSP_STRAYS);
        return conversation_become_any(r->c, from, bytes_of(s->line, had), bytes_of(p, n));
    }
    if (!start && whole)
        take_line(r, from);
    return PROTOCOL_OK;
}

static size_t take_body(struct rtsp *r, enum side from, const uint8_t *p, size_t n) {
    struct rtsp_side *s = &r->side[from];
    size_t take = s->body < n ? (size_t)s->body : n;
    bool whole;
    if (s->described && s->line_n == 0 && s->body == s->message.length && *p != 'v')
        s->described = false;
    if (s->described) {
        take = keep_line(s, p, take, &whole);
        s->body -= take;
        if (whole || s->body == 0)
            take_line(r, from);
    } else {
        if (!s->begun)
            begin_transfer(r, from);
        r->c->services->data(r->c, s->transfer, p, take);
        s->body -= take;
    }
    if (s->body == 0)
        end_body(r, s, TRANSFER_DONE);
    return take;
}

/* --- where the way is lost --- */

/* RTP of a source that is known, or, before any is, of JPEG: any other octets may look like a frame. */
static bool shows_frame(const struct rtsp *r, enum side from, const struct rtsp_side *s) {
    enum { TYPE_JPEG = 26 };
    const uint8_t *h = s->head;
    if (s->head_n < RTSP_WINDOW || h[0] != '$' || (h[2] << 8 | h[3]) < PACKET_LEAST || h[4] >> 6 != 2)
        return false;
    uint32_t source = (uint32_t)h[12] << 24 | (uint32_t)h[13] << 16 | (uint32_t)h[14] << 8 | h[15];
    bool known = false;
    for (unsigned i = 0; i < RTSP_SOURCES_MAX && r->source[i]; i++) {
        const struct rtp_source *one = r->source[i];
        bool begun = one->origin.from == from && one->synced;
        if (begun && r->source_channel[i] == h[1] && one->source == source)
            return true;
        known |= begun;
    }
    return !known && h[1] < CHANNELS_SOUGHT && (h[5] & 0x7f) == TYPE_JPEG;
}

static void enter_frame(struct rtsp_side *s) {
    s->at = RTSP_IN_FRAME;
    s->frame = (uint32_t)s->head[2] << 8 | s->head[3];
    s->have = 0;
    s->head_n = FRAME_HEAD;
    keep_piece(s, s->head + FRAME_HEAD, RTSP_WINDOW - FRAME_HEAD);
}

/* A frame of RTP, an answer in any place, or a request in a line of its own. */
static size_t seek_message(struct rtsp *r, enum side from, const uint8_t *p, size_t n) {
    enum { ANSWER = 6 };
    static const char answer[ANSWER] = {'R', 'T', 'S', 'P', '/', '1'};
    struct rtsp_side *s = &r->side[from];
    for (size_t i = 0; i < n; i++) {
        bool whole;
        if (s->head_n == RTSP_WINDOW)
            memmove(s->head, s->head + 1, --s->head_n);
        s->head[s->head_n++] = p[i];
        keep_line(s, p + i, 1, &whole);
        bool answers = s->head_n >= ANSWER && memcmp(s->head + s->head_n - ANSWER, answer, ANSWER) == 0;
        if (shows_frame(r, from, s)) {
            s->line_n = 0;
            s->line_cut = false;
            enter_frame(s);
        } else if (answers) {
            memcpy(s->line, answer, s->line_n = ANSWER);
            s->line_cut = false;
            s->at = RTSP_AT_START;
        } else if (whole && !s->line_cut &&
                   rtsp_message_begin(&s->message, bytes_of(s->line, s->line_n), false)) {
            s->line_n = 0;
            s->at = RTSP_IN_HEAD;
        } else {
            s->line_n = whole ? 0 : s->line_n;
            s->line_cut &= !whole;
            continue;
        }
        s->sought = 0;
        return i + 1;
    }
    s->sought += n < SEEK_MAX ? (uint32_t)n : SEEK_MAX;
    return n;
}

static void enter_seek(struct rtsp *r, struct rtsp_side *s) {
    end_body(r, s, TRANSFER_CUT);
    forget_packet(s);
    counter_one(COUNTER_RTSP_SOUGHT);
    s->at = RTSP_SEEKING;
}

/* --- the connection --- */

static void *open_rtsp(struct conversation *c, struct bytes facts) {
    (void)facts;
    struct rtsp *r = protocol_alloc(PROTOCOL_STATE, sizeof *r);
    if (r)
        r->c = c;
    return r;
}

static enum protocol_result take_data(struct conversation *c, enum side from, const uint8_t *bytes,
                                      size_t n) {
    struct rtsp *r = c->state;
    struct rtsp_side *s = &r->side[from];
    enum protocol_result result = PROTOCOL_OK;
    size_t used = 0;
    for (size_t at = 0; at < n && result == PROTOCOL_OK; at += used) {
        if (s->at == RTSP_IN_FRAME)
            result = take_frame(r, from, bytes + at, n - at, &used);
        else if (s->at == RTSP_IN_BODY)
            used = take_body(r, from, bytes + at, n - at);
        else if (s->at == RTSP_SEEKING)
            used = seek_message(r, from, bytes + at, n - at);
        else
            result = take_text(r, from, bytes + at, n - at, &used);
    }
    return result == PROTOCOL_OK && s->sought >= SEEK_MAX ? PROTOCOL_LOST : result;
}

/* Within a frame or a body it is known where the next message begins. */
static enum protocol_result take_gap(struct conversation *c, enum side from, uint64_t n) {
    struct rtsp *r = c->state;
    struct rtsp_side *s = &r->side[from];
    if (s->at == RTSP_IN_FRAME && s->head_n == FRAME_HEAD && n <= s->frame - s->have) {
        s->torn = true;
        s->have += (uint32_t)n;
        if (s->have == s->frame)
            forget_packet(s);
        return PROTOCOL_OK;
    }
    if (s->at == RTSP_IN_BODY && n <= s->body) {
        if (s->begun)
            c->services->gap(c, s->transfer, n);
        s->line_n = 0;
        s->body -= n;
        if (s->body == 0)
            end_body(r, s, TRANSFER_DONE);
        return PROTOCOL_OK;
    }
    enter_seek(r, s);
    return PROTOCOL_OK;
}

static void take_end(struct conversation *c, enum side from, bool clean) {
    struct rtsp *r = c->state;
    (void)clean;
    end_body(r, &r->side[from], TRANSFER_CUT);
}

static void close_rtsp(struct conversation *c) {
    struct rtsp *r = c->state;
    for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++) {
        end_body(r, &r->side[side], TRANSFER_CUT);
        protocol_free(r->side[side].packet);
    }
    for (unsigned i = 0; i < RTSP_SOURCES_MAX && r->source[i]; i++) {
        rtp_end(r->source[i]);
        protocol_free(r->source[i]);
    }
    rtsp_close_tracks(r);
    protocol_free(r);
}

/* A first line that names the version is enough. */
static enum probe probe_side(struct bytes first) {
    struct rtsp_message m;
    size_t blank = 0;
    bool whole;
    while (blank < first.n && is_blank(first.p[blank]))
        blank++;
    if (blank == first.n)
        return PROBE_MORE;
    struct bytes line = bytes_first_line(bytes_of(first.p + blank, first.n - blank), RTSP_LINE_MAX, &whole);
    if (!rtsp_may_begin(line))
        return PROBE_NO;
    if (whole || line.n == RTSP_LINE_MAX)
        return rtsp_message_begin(&m, line, false) ? PROBE_YES : PROBE_NO;
    return PROBE_MORE;
}

static enum probe probe_rtsp(const struct bytes first[2]) {
    enum probe a = probe_side(first[SIDE_CLIENT]), b = probe_side(first[SIDE_SERVER]);
    if (a == PROBE_YES || b == PROBE_YES)
        return PROBE_YES;
    return a == PROBE_NO || b == PROBE_NO ? PROBE_NO : PROBE_MORE;
}

const struct protocol protocol_rtsp = {
    .name = "rtsp",
    .ndpi_names = (const char *const[]){"RTSP", NULL},
    .probe = probe_rtsp,
    .open = open_rtsp,
    .data = take_data,
    .gap = take_gap,
    .end = take_end,
    .close = close_rtsp,
};
