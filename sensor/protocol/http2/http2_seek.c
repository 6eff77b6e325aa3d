/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "protocol/http2/http2_flow.h"
#include "protocol/memory.h"

/* The way back where frames were missed. By chance a frame seems to stand somewhere, so another one must
 * stand behind it. */

enum { HELD_MOST = 48 << 10, STREAM_STEP = 1 << 12 };

void http2_seek_begin(struct http2 *h, struct http2_side *s) {
    enum side from = http2_side_of(h, s);
    counter_one(COUNTER_HTTP2_FRAMING_LOST);
    for (struct http2_stream *x = h->oldest; x; x = x->newer) {
        struct http2_message *m = &x->message[from];
        m->holed = true;
        http2_tunnel_close(h, x); /* what it goes on with is no more than octets */
        if (m->grpc)
            grpc_lose(h, x, from);
    }
    if (s->within_head) {
        http2_fields_end(&s->fields, &s->text);
        http2_fields_lose(&s->fields);
        http2_text_forget(&s->text);
    }
    s->within_head = false;
    s->doubtful = true;
    s->phase = HTTP2_SEEKING;
    s->head_n = 0;
}

/* Of a stream that is known, of the connection, or of one that opens now. */
static bool is_likely(struct http2 *h, const struct http2_side *s, const struct http2_frame *f) {
    uint32_t longest = s->longest > HELD_MOST / 2 ? HELD_MOST / 2 : s->longest;
    bool vain = f->type == HTTP2_DATA && f->length == 0 && f->flags == 0;
    if (vain || !http2_frame_strict(f, longest))
        return false;
    if (f->stream == 0 || http2_stream_find(h, f->stream))
        return true;
    uint32_t newest = h->side[h->client].newest;
    if (f->stream % 2 == 0)
        return false;
    return f->stream > newest ? f->stream - newest < STREAM_STEP || !newest
                              : newest - f->stream < STREAM_STEP;
}

/* Does a frame stand here, and another one behind it? */
static enum http2_start judge_frame(struct http2 *h, const struct http2_side *s, struct bytes in) {
    if (in.n < HTTP2_FRAME_HEAD)
        return HTTP2_START_MORE;
    if (in.p[3] >= HTTP2_TYPES) /* as nearly all */
        return HTTP2_START_NO;
    struct http2_frame f = http2_frame_read(in.p);
    if (!is_likely(h, s, &f))
        return HTTP2_START_NO;
    size_t end = HTTP2_FRAME_HEAD + f.length;
    if (in.n < end + HTTP2_FRAME_HEAD)
        return HTTP2_START_MORE;
    struct http2_frame next = http2_frame_read(in.p + end);
    return is_likely(h, s, &next) ? HTTP2_START_YES : HTTP2_START_NO;
}

static void drop_held(struct http2 *h, struct http2_side *s, size_t n) {
    if (n == 0)
        return;
    if (s->loose)
        http2_payload_stray(h, s, bytes_of(s->held, n));
    memmove(s->held, s->held + n, s->held_n - n);
    s->held_n -= n;
    h->sought += n;
    counter_add(COUNTER_HTTP2_SKIPPED, n);
}

static bool keep_octets(struct http2 *h, struct http2_side *s, struct bytes in) {
    size_t want = s->held_n + in.n;
    uint8_t *grown = want > s->held_size ? protocol_grow(PROTOCOL_HELD, s->held, want) : s->held;
    if (!grown) {
        counter_one(COUNTER_HTTP2_NO_MEMORY);
        h->result = PROTOCOL_LOST;
        return false;
    }
    s->held = grown;
    s->held_size = want > s->held_size ? want : s->held_size;
    memcpy(grown + s->held_n, in.p, in.n);
    s->held_n += in.n;
    return true;
}

static bool look_in_held(struct http2 *h, struct http2_side *s) {
    size_t at = 0;
    enum http2_start start = HTTP2_START_NO;
    while (at < s->held_n &&
           (start = judge_frame(h, s, bytes_of(s->held + at, s->held_n - at))) == HTTP2_START_NO)
        at++;
    drop_held(h, s, at);
    if (h->sought > HTTP2_SEEK_MAX)
        h->result = PROTOCOL_LOST;
    return start == HTTP2_START_YES;
}

bool http2_seek_take(struct http2 *h, struct http2_side *s, struct bytes in) {
    return keep_octets(h, s, in) && look_in_held(h, s);
}

void http2_seek_end(struct http2 *h, struct http2_side *s) {
    drop_held(h, s, s->held_n);
    protocol_free(s->held);
    s->held = NULL;
    s->held_size = 0;
}
