/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "protocol/http2/http2_flow.h"

enum {
    PRIORITY_OCTETS = 5,
    PROMISE_OCTETS = 4,
    SETTING = 6,
    SETTING_LONGEST = 5 /* SETTINGS_MAX_FRAME_SIZE */
};

static uint32_t read_number(const uint8_t *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static bool is_head(const struct http2_frame *f) {
    return f->type == HTTP2_HEADERS || f->type == HTTP2_PUSH_PROMISE || f->type == HTTP2_CONTINUATION;
}

/* --- ends --- */

static void drop_if_over(struct http2 *h, struct http2_stream *x) {
    if (x->message[SIDE_CLIENT].over && x->message[SIDE_SERVER].over)
        http2_stream_drop(h, x);
}

static void end_stream(struct http2 *h, enum side from, uint32_t id) {
    struct http2_stream *x = http2_stream_find(h, id);
    if (!x)
        return;
    http2_message_end(h, x, from, TRANSFER_DONE);
    drop_if_over(h, x);
}

/* --- heads --- */

/* Is nothing of the table missing, though octets were? Streams are numbered without a gap by who opens them
 * (RFC 9113 section 5.1.1 only asks that they grow; all do so). */
static bool proves_table(const struct http2 *h, const struct http2_side *s) {
    return http2_side_of(h, s) == h->client && s->frame.type == HTTP2_HEADERS && s->newest &&
           s->frame.stream == s->newest + 2;
}

static void begin_head(struct http2 *h, struct http2_side *s) {
    if (s->within_head) { /* the one before never ended */
        http2_fields_end(&s->fields, &s->text);
        http2_fields_lose(&s->fields);
    }
    if (s->doubtful && !proves_table(h, s))
        http2_fields_lose(&s->fields);
    s->doubtful = false;
    http2_text_forget(&s->text);
    s->within_head = true;
    s->head_lost = false;
    s->promised = s->frame.type == HTTP2_PUSH_PROMISE;
    s->ends_stream = !s->promised && (s->frame.flags & HTTP2_END_STREAM);
    s->head_stream = s->frame.stream;
    if (!s->promised && s->frame.stream > s->newest)
        s->newest = s->frame.stream;
}

static void end_head(struct http2 *h, struct http2_side *s) {
    enum side from = http2_side_of(h, s);
    uint32_t id = s->head_stream;
    bool ends = s->ends_stream;
    http2_fields_end(&s->fields, &s->text);
    s->within_head = false;
    if (s->head_lost) {
        counter_one(COUNTER_HTTP2_HEADS_CUT);
        http2_fields_lose(&s->fields);
    }
    if (id)
        http2_head_take(h, s);
    http2_text_forget(&s->text);
    s->ends_stream = false;
    s->promised = false;
    if (ends)
        end_stream(h, from, id);
}

static void take_head_run(struct http2 *h, struct http2_side *s, struct bytes in) {
    if (s->within_head && !s->head_lost)
        http2_fields_take(&s->fields, in, &s->text, h->c->allowance);
}

/* --- other frames --- */

static void take_data_run(struct http2 *h, struct http2_side *s, struct bytes in) {
    struct http2_stream *x = http2_stream_get(h, s->frame.stream);
    if (x)
        http2_message_data(h, x, http2_side_of(h, s), in);
}

void http2_payload_stray(struct http2 *h, struct http2_side *s, struct bytes in) {
    if (!s->straying) {
        struct transfer_seed seed = transfer_seed_of("http", http2_side_of(h, s));
        seed.fact[FACT_HTTP_VERSION] = bytes_text("2");
        counter_one(COUNTER_HTTP2_STRAYS);
        s->straying = true;
        s->stray = h->c->services->begin(h->c, &seed);
    }
    h->c->services->data(h->c, s->stray, in.p, in.n);
}

/* What pings, debug data and padding hold is data that nobody looks at. */
static void show_run(struct http2 *h, struct http2_side *s, struct bytes in) {
    bool any = false;
    for (size_t i = 0; i < in.n && !any; i++)
        any = in.p[i] != 0;
    if (any && h->c->services->head)
        h->c->services->head(h->c, http2_side_of(h, s), in);
}

static void take_run(struct http2 *h, struct http2_side *s, struct bytes in) {
    const struct http2_frame *f = &s->frame;
    bool known = f->type < HTTP2_TYPES || f->type == HTTP2_ALTSVC || f->type == HTTP2_ORIGIN ||
                 f->type == HTTP2_PRIORITY_UPDATE;
    if (is_head(f))
        take_head_run(h, s, in);
    else if (f->type == HTTP2_DATA)
        take_data_run(h, s, in);
    else if (f->type == HTTP2_GOAWAY || (f->type == HTTP2_PING && !(f->flags & HTTP2_ACK)))
        show_run(h, s, in);
    else if (!known && f->length >= HTTP2_STRAY_LEAST)
        http2_payload_stray(h, s, in); /* it may carry anything */
}

static void take_setting(struct http2 *h, struct http2_side *s) {
    uint32_t id = (uint32_t)(s->lead[0] << 8 | s->lead[1]), value = read_number(s->lead + 2);
    struct http2_side *other = &h->side[side_other(http2_side_of(h, s))];
    if (id == SETTING_LONGEST && value > other->longest && value < 1 << 24)
        other->longest = value;
}

static void reset_stream(struct http2 *h, struct http2_side *s) {
    struct http2_stream *x = http2_stream_find(h, s->frame.stream);
    counter_one(COUNTER_HTTP2_RESETS);
    if (!x)
        return;
    x->reset = true;
    http2_message_end(h, x, http2_side_of(h, s), TRANSFER_CUT);
    drop_if_over(h, x);
    conversation_settle_later(h->c);
}

/* --- from the first octet to the last --- */

static uint8_t count_lead(const struct http2_frame *f) {
    uint8_t n = 0;
    if (f->type == HTTP2_SETTINGS)
        return f->length ? SETTING : 0;
    if (f->type == HTTP2_RST_STREAM)
        return 4;
    if (f->type != HTTP2_DATA && f->type != HTTP2_HEADERS && f->type != HTTP2_PUSH_PROMISE)
        return 0;
    if (f->flags & HTTP2_PADDED)
        n++;
    if (f->type == HTTP2_HEADERS && (f->flags & HTTP2_HAS_PRIORITY))
        n += PRIORITY_OCTETS;
    return f->type == HTTP2_PUSH_PROMISE ? n + PROMISE_OCTETS : n;
}

static void end_frame(struct http2 *h, struct http2_side *s) {
    const struct http2_frame f = s->frame;
    s->phase = HTTP2_AT_FRAME;
    s->head_n = 0;
    if (is_head(&f) && s->within_head && (f.flags & HTTP2_END_HEADERS))
        end_head(h, s);
    else if (f.type == HTTP2_DATA && (f.flags & HTTP2_END_STREAM))
        end_stream(h, http2_side_of(h, s), f.stream);
}

void http2_payload_begin(struct http2 *h, struct http2_side *s) {
    s->phase = HTTP2_IN_FRAME;
    s->left = s->frame.length;
    s->padding = 0;
    s->lead_n = 0;
    s->lead_want = count_lead(&s->frame);
    if (s->frame.type == HTTP2_HEADERS || s->frame.type == HTTP2_PUSH_PROMISE)
        begin_head(h, s);
    else if (s->frame.type == HTTP2_CONTINUATION && !s->within_head)
        http2_fields_lose(&s->fields); /* what it goes on with was missed */
    if (s->left == 0)
        end_frame(h, s);
}

/* What stands before the payload proper has come. */
static void take_lead(struct http2 *h, struct http2_side *s) {
    const struct http2_frame *f = &s->frame;
    if (f->type == HTTP2_RST_STREAM)
        reset_stream(h, s);
    if (f->type == HTTP2_SETTINGS) {
        if (!(f->flags & HTTP2_ACK))
            take_setting(h, s);
        s->lead_n = 0;
        return;
    }
    if ((f->flags & HTTP2_PADDED) && s->lead_want)
        s->padding = s->lead[0] < s->left ? s->lead[0] : s->left;
    if (f->type == HTTP2_PUSH_PROMISE)
        s->head_stream = read_number(s->lead + s->lead_n - PROMISE_OCTETS) & INT32_MAX;
}

static size_t take_lead_octets(struct http2 *h, struct http2_side *s, struct bytes in) {
    size_t n = (size_t)s->lead_want - s->lead_n;
    n = n < in.n ? n : in.n;
    n = n < s->left ? n : s->left;
    memcpy(s->lead + s->lead_n, in.p, n);
    s->lead_n = (uint8_t)(s->lead_n + n);
    s->left -= (uint32_t)n;
    if (s->lead_n == s->lead_want)
        take_lead(h, s);
    return n;
}

size_t http2_payload_take(struct http2 *h, struct http2_side *s, struct bytes in) {
    size_t n;
    if (s->lead_n < s->lead_want) {
        n = take_lead_octets(h, s, in);
    } else if (s->left > s->padding) {
        n = s->left - s->padding < in.n ? s->left - s->padding : in.n;
        take_run(h, s, bytes_of(in.p, n));
        s->left -= (uint32_t)n;
    } else {
        n = s->left < in.n ? s->left : in.n;
        show_run(h, s, bytes_of(in.p, n));
        s->left -= (uint32_t)n;
        s->padding = s->left;
    }
    if (s->left == 0)
        end_frame(h, s);
    return n;
}

/* --- gaps --- */

/* How much of a body a gap took; with what says how much of the frame is padding, nobody knows. */
static void lose_data(struct http2 *h, struct http2_side *s, uint32_t n) {
    struct http2_stream *x = http2_stream_get(h, s->frame.stream);
    enum side from = http2_side_of(h, s);
    uint32_t body = s->left > s->padding ? s->left - s->padding : 0;
    if (!x)
        return;
    if (s->lead_n < s->lead_want) {
        x->message[from].holed = true;
        x->message[from].length = LENGTH_UNKNOWN;
    }
    http2_message_gap(h, x, from, n < body ? n : body);
}

void http2_payload_gap(struct http2 *h, struct http2_side *s, uint32_t n) {
    if (n && is_head(&s->frame)) {
        s->head_lost = true;
        if (s->lead_n < s->lead_want && s->promised)
            s->head_stream = 0; /* whose it is was lost */
    } else if (n && s->frame.type == HTTP2_DATA) {
        lose_data(h, s, n);
    }
    s->lead_want = s->lead_n; /* what is left of it is not looked for */
    s->left -= n;
    s->padding = s->padding < s->left ? s->padding : s->left;
    if (s->left == 0)
        end_frame(h, s);
}
