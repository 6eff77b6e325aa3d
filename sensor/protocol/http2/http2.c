/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/http2/http2.h"

#include "base/counter.h"
#include "protocol/http2/http2_flow.h"
#include "protocol/memory.h"

enum { UNKNOWN_LONGEST = (1 << 24) - 1 };

/* --- probe --- */

static enum http2_start judge_preface(struct bytes in) {
    size_t n = in.n < HTTP2_PREFACE ? in.n : HTTP2_PREFACE;
    if (memcmp(in.p, http2_preface, n) != 0)
        return HTTP2_START_NO;
    return n == HTTP2_PREFACE ? HTTP2_START_YES : HTTP2_START_MORE;
}

static enum probe probe_side(struct bytes in) {
    static const enum probe probes[] = {
        [HTTP2_START_NO] = PROBE_NO, [HTTP2_START_MORE] = PROBE_MORE, [HTTP2_START_YES] = PROBE_YES};
    if (in.n == 0)
        return PROBE_MORE;
    enum http2_start best = judge_preface(in), start = http2_settings_start(in);
    best = start > best ? start : best;
    start = http2_head_start(in);
    return probes[start > best ? start : best];
}

static enum probe probe_http2(const struct bytes first[2]) {
    enum probe a = probe_side(first[0]), b = probe_side(first[1]);
    return a > b ? a : b;
}

/* --- from frame to frame --- */

/* What stands where a connection begins is none of its frames: another protocol, or the middle of a frame. */
static void leave_start(struct http2 *h, struct http2_side *s) {
    if (h->whole && !h->c->lost[http2_side_of(h, s)])
        h->result = PROTOCOL_BECOMES;
    else
        http2_seek_begin(h, s);
}

/* The preface, or the first frame. Octets that are kept lie in s->head. */
static size_t take_start(struct http2 *h, struct http2_side *s, struct bytes in) {
    s->head[s->head_n++] = *in.p;
    struct bytes seen = bytes_of(s->head, s->head_n);
    enum http2_start preface = judge_preface(seen);
    if (preface == HTTP2_START_YES) {
        h->client = http2_side_of(h, s);
        h->whole = true;
        s->phase = HTTP2_AT_FRAME;
        s->head_n = 0;
    } else if (preface == HTTP2_START_NO && s->head_n >= HTTP2_FRAME_HEAD) {
        struct http2_frame f = http2_frame_read(s->head);
        bool first = !h->whole || f.type == HTTP2_SETTINGS;
        if (first && s->head_n == HTTP2_FRAME_HEAD && http2_frame_strict(&f, s->longest)) {
            s->frame = f;
            http2_payload_begin(h, s);
        } else {
            leave_start(h, s);
        }
    }
    return 1;
}

static size_t take_frame_head(struct http2 *h, struct http2_side *s, struct bytes in) {
    size_t n = (size_t)HTTP2_FRAME_HEAD - s->head_n;
    n = n < in.n ? n : in.n;
    memcpy(s->head + s->head_n, in.p, n);
    s->head_n = (uint8_t)(s->head_n + n);
    if (s->head_n < HTTP2_FRAME_HEAD)
        return n;
    s->frame = http2_frame_read(s->head);
    if (http2_frame_sound(&s->frame, s->longest)) {
        h->sought = 0;
        http2_payload_begin(h, s);
    } else {
        counter_one(COUNTER_HTTP2_FRAMES_BAD);
        http2_seek_begin(h, s);
        h->losing += h->streams;
        if (h->losing > HTTP2_LOST_MAX)
            h->result = PROTOCOL_LOST;
        s->loose = true;
        http2_seek_take(h, s, bytes_of(s->head, HTTP2_FRAME_HEAD));
    }
    return n;
}

static size_t take_frames(struct http2 *h, struct http2_side *s, struct bytes in) {
    size_t at = 0;
    while (at < in.n && h->result == PROTOCOL_OK && s->phase != HTTP2_SEEKING) {
        struct bytes rest = bytes_of(in.p + at, in.n - at);
        if (s->phase == HTTP2_AT_START)
            at += take_start(h, s, rest);
        else if (s->phase == HTTP2_AT_FRAME)
            at += take_frame_head(h, s, rest);
        else
            at += http2_payload_take(h, s, rest);
    }
    return at;
}

/* The way was found in what is held. */
static void take_held(struct http2 *h, struct http2_side *s) {
    uint8_t *held = s->held;
    size_t n = s->held_n;
    s->held = NULL;
    s->held_n = s->held_size = 0;
    s->phase = HTTP2_AT_FRAME;
    s->loose = false;
    http2_take(h, s, bytes_of(held, n));
    protocol_free(held);
}

struct bytes http2_take(struct http2 *h, struct http2_side *s, struct bytes in) {
    enum { PIECE = 4096 };
    while (in.n && h->result == PROTOCOL_OK) {
        size_t n = in.n < PIECE ? in.n : PIECE;
        if (s->phase != HTTP2_SEEKING)
            n = take_frames(h, s, in);
        else if (http2_seek_take(h, s, bytes_of(in.p, n)))
            take_held(h, s);
        in = bytes_of(in.p + n, in.n - n);
    }
    return in;
}

/* --- the protocol's face --- */

/* The texts of a request, each with its length in two octets before it. */
enum { FACTS_MOST = 4096 };

struct bytes http2_upgrade_facts(const struct http_origin *o) {
    static uint8_t room[FACTS_MOST]; /* one worker, one call */
    const struct bytes texts[] = {o->method, o->path, o->host, o->user};
    size_t at = 0;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        size_t n = texts[i].n < FACTS_MOST - at - 2 ? texts[i].n : FACTS_MOST - at - 2;
        room[at++] = (uint8_t)(n >> 8);
        room[at++] = (uint8_t)n;
        if (n)
            memcpy(room + at, texts[i].p, n);
        at += n;
        if (at + 2 > FACTS_MOST)
            break;
    }
    return bytes_of(room, at);
}

/* Stream 1 is the one that was asked for by HTTP/1. */
static void take_upgrade(struct http2 *h, struct bytes facts) {
    struct http_origin o = {.path = {NULL, 0}};
    struct bytes *const texts[] = {&o.method, &o.path, &o.host, &o.user};
    struct reader r = reader_of(facts.p, facts.n);
    uint16_t n;
    for (size_t i = 0; i < sizeof texts / sizeof *texts && reader_u16(&r, &n); i++)
        if (reader_take(&r, n, &texts[i]->p))
            texts[i]->n = n;
    h->whole = true;
    struct http2_stream *x = http2_stream_get(h, 1);
    if (!x)
        return;
    http2_stream_ask(h, x, &o);
    x->message[SIDE_CLIENT].headed = true;
    http2_message_end(h, x, SIDE_CLIENT, TRANSFER_DONE);
    h->side[SIDE_CLIENT].newest = 1;
}

static void *open_http2(struct conversation *c, struct bytes facts) {
    struct http2 *h = protocol_alloc(PROTOCOL_STATE, sizeof *h);
    if (!h)
        return NULL;
    h->c = c;
    h->client = SIDE_CLIENT;
    h->side[SIDE_CLIENT].longest = h->side[SIDE_SERVER].longest = UNKNOWN_LONGEST;
    if (facts.n)
        take_upgrade(h, facts);
    return h;
}

static enum protocol_result take_http2_data(struct conversation *c, enum side from, const uint8_t *p,
                                            size_t n) {
    struct http2 *h = c->state;
    struct http2_side *s = &h->side[from];
    struct bytes rest = http2_take(h, s, bytes_of(p, n));
    if (h->result != PROTOCOL_BECOMES)
        return h->result;
    counter_one(COUNTER_HTTP2_ODD);
    return conversation_become_any(c, from, bytes_of(s->head, s->head_n), rest);
}

static enum protocol_result take_http2_gap(struct conversation *c, enum side from, uint64_t n) {
    struct http2 *h = c->state;
    struct http2_side *s = &h->side[from];
    if (s->phase == HTTP2_IN_FRAME) {
        uint32_t inside = n < s->left ? (uint32_t)n : s->left;
        http2_payload_gap(h, s, inside);
        n -= inside;
    }
    if (n && s->phase == HTTP2_SEEKING)
        http2_seek_end(h, s);
    if (n)
        http2_seek_begin(h, s);
    return h->result;
}

static void end_stray(struct http2 *h, struct http2_side *s) {
    http2_seek_end(h, s);
    if (s->straying)
        h->c->services->end(h->c, s->stray, TRANSFER_UNKNOWN);
    s->straying = false;
}

static void take_http2_end(struct conversation *c, enum side from, bool clean) {
    struct http2 *h = c->state;
    for (struct http2_stream *x = h->oldest; x; x = x->newer)
        http2_message_end(h, x, from, TRANSFER_CUT);
    end_stray(h, &h->side[from]);
}

/* What was on its way when a stream was reset has come. */
static void settle_http2(struct conversation *c) {
    struct http2 *h = c->state;
    for (struct http2_stream *x = h->oldest, *newer; x; x = newer) {
        newer = x->newer;
        if (x->reset)
            http2_stream_drop(h, x);
    }
}

static void close_http2(struct conversation *c) {
    struct http2 *h = c->state;
    http2_streams_finish(h);
    for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++) {
        struct http2_side *s = &h->side[side];
        end_stray(h, s);
        http2_text_forget(&s->text);
        http2_fields_finish(&s->fields);
    }
    protocol_free(h);
}

const struct protocol protocol_http2 = {
    .name = "http",
    .probe = probe_http2,
    .find = http2_find_start,
    .open = open_http2,
    .data = take_http2_data,
    .gap = take_http2_gap,
    .end = take_http2_end,
    .close = close_http2,
    .settle = settle_http2,
};
