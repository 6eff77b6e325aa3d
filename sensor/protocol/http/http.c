/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/http/http.h"

#include "base/counter.h"
#include "protocol/http/http_flow.h"
#include "protocol/http/http_start.h"
#include "protocol/memory.h"

enum { HELD_PIECE = 2048, OLD_MIN = 2048, BLANK_MAX = 64, SEEK_MAX = 16 << 20, PROBE_MAX = 2048 };

/* --- one step: each takes a window of bytes, says how many it used, and returns false when it needs more ---
 */

/* Both kinds of message are looked for until one was seen: a capture that began late may have the ends
 * swapped. */
static enum http_start classify_start(struct http *h, struct http_side *s, struct bytes in, bool sure) {
    bool client = http_side_of(h, s) == h->client;
    enum http_start expected = client ? http_request_start(in, sure) : http_status_start(in, sure);
    s->request = client;
    if (h->client_known || expected == HTTP_START_YES)
        return expected;
    enum http_start swapped = client ? http_status_start(in, sure) : http_request_start(in, true);
    if (swapped == HTTP_START_YES)
        s->request = !client;
    return swapped > expected ? swapped : expected;
}

static void enter_head(struct http *h, struct http_side *s) {
    enum side self = http_side_of(h, s);
    h->client = s->request ? self : side_other(self);
    h->client_known = true;
    h->sought = 0;
    s->headless = HTTP_HAS_HEAD;
    s->phase = HTTP_IN_HEAD;
    s->lines = (struct http_lines){.line = 0};
}

static void enter_seek(struct http *h, struct http_side *s, bool inside_line) {
    h->lost = true;
    s->phase = HTTP_SEEKING;
    s->inside_line = inside_line;
}

/* The first answer to a request, and it does not begin as one should. Browsers take what resembles a status
 * line, and everything else for an HTTP/0.9 body; not so when a proper answer stands behind a line of junk.
 */
static enum http_start judge_odd_answer(struct http *h, struct http_side *s, struct bytes in, bool *old) {
    const struct http_exchange *next = http_exchanges_next(&h->waiting);
    *old = false;
    if (http_side_of(h, s) == h->client || !h->client_known || !next)
        return HTTP_START_NO;
    *old = next->old;
    if (next->old || h->answered || h->lost || bytes_equal_nocase(next->origin.method, "CONNECT"))
        return HTTP_START_NO;
    enum http_start odd = http_status_odd(in, s->last);
    if (odd != HTTP_START_NO)
        return odd;
    struct bytes seen = bytes_of(in.p, in.n < OLD_MIN ? in.n : OLD_MIN);
    if (memmem(seen.p, seen.n, "\nHTTP/", 6))
        return HTTP_START_NO;
    *old = true;
    return in.n < OLD_MIN && !s->last ? HTTP_START_MORE : HTTP_START_NO;
}

static bool step_start(struct http *h, struct http_side *s, struct bytes in, size_t *used) {
    bool old = false;
    *used = http_blank(in);
    if (*used)
        return true;
    enum http_start start = classify_start(h, s, in, false);
    if (start == HTTP_START_NO)
        start = judge_odd_answer(h, s, in, &old);
    if (start == HTTP_START_YES) {
        enter_head(h, s);
    } else if (start == HTTP_START_NO && old) {
        http_message_old(h, s);
    } else if (start == HTTP_START_NO) {
        counter_one(COUNTER_HTTP_UNEXPECTED);
        enter_seek(h, s, false);
    }
    return start != HTTP_START_MORE;
}

/* A message begins at a line, or inside of one where the end of a body is not seen. */
static enum http_start judge_sought_start(struct http *h, struct http_side *s, struct bytes in) {
    enum http_start start = s->inside_line ? http_may_start(in) : HTTP_START_YES;
    return start == HTTP_START_YES ? classify_start(h, s, in, true) : start;
}

/* Behind a gap that took a head: what it left of that is stepped over before a body is looked for. */
static bool step_tail(struct http_side *s, struct bytes in, size_t *used) {
    enum http_start tail = http_tail(in, s->last, used);
    if (tail != HTTP_START_MORE)
        s->headless = HTTP_BODY_ALONE;
    return tail != HTTP_START_MORE;
}

static bool step_seek(struct http *h, struct http_side *s, struct bytes in, size_t *used) {
    enum http_start start = judge_sought_start(h, s, in);
    size_t n = 0;
    if (start == HTTP_START_NO && s->headless == HTTP_TAIL)
        return step_tail(s, in, used);
    while (n < in.n && start == HTTP_START_NO) {
        n += http_no_start(bytes_of(in.p + n, in.n - n));
        s->inside_line = in.p[n - 1] != '\n';
        if (n < in.n)
            start = judge_sought_start(h, s, bytes_of(in.p + n, in.n - n));
    }
    *used = n;
    h->sought += n;
    if (h->sought > SEEK_MAX)
        h->result = PROTOCOL_LOST;
    if (s->headless == HTTP_BODY_ALONE)
        http_message_headless(h, s, bytes_of(in.p, n));
    if (start == HTTP_START_YES) {
        counter_one(COUNTER_HTTP_RESYNCED);
        http_message_end(h, s, TRANSFER_CUT);
        enter_head(h, s);
    }
    return start != HTTP_START_MORE || n > 0;
}

static void note_messages_lost(struct http *h, struct http_side *s) {
    if (http_side_of(h, s) == h->client)
        http_exchanges_requests_lost(&h->waiting);
    else
        http_exchanges_responses_lost(&h->waiting);
}

static void read_head(struct http *h, struct http_side *s, struct bytes block) {
    uint8_t *tidy = s->lines.odd ? protocol_alloc(PROTOCOL_HELD, 2 * block.n + 2) : NULL;
    if (tidy)
        block = bytes_of(tidy, http_lines_tidy(block, tidy));
    else if (s->lines.odd)
        counter_one(COUNTER_HTTP_NO_MEMORY);
    if (!http_message_head(h, s, block)) {
        counter_one(COUNTER_HTTP_HEADS_BAD);
        note_messages_lost(h, s);
        enter_seek(h, s, false);
    }
    protocol_free(tidy);
}

static bool step_head(struct http *h, struct http_side *s, struct bytes in, size_t *used) {
    size_t most = in.n < HTTP_HEAD_MAX ? in.n : HTTP_HEAD_MAX;
    size_t n = http_lines_head(&s->lines, bytes_of(in.p, most), s->request, s->last || most == HTTP_HEAD_MAX);
    *used = 0;
    if (n) {
        read_head(h, s, bytes_of(in.p, n));
        *used = n;
        return true;
    }
    if (in.n < HTTP_HEAD_MAX)
        return false;
    counter_one(COUNTER_HTTP_HEADS_TOO_LONG);
    note_messages_lost(h, s);
    enter_seek(h, s, true);
    *used = HTTP_HEAD_MAX;
    return true;
}

static bool step_body(struct http *h, struct http_side *s, struct bytes in, size_t *used) {
    enum http_body_step step;
    struct bytes payload;
    *used = http_body_take(&s->body, in, &payload, &step);
    http_message_data(h, s, payload);
    if (step == HTTP_BODY_END)
        http_message_end(h, s, TRANSFER_DONE);
    if (step == HTTP_BODY_BROKEN) {
        counter_one(COUNTER_HTTP_CHUNKS_BROKEN);
        http_message_end(h, s, TRANSFER_CUT);
        enter_seek(h, s, false);
    }
    return true;
}

static bool step_either(struct http *h, struct http_side *s, struct bytes in, size_t *used) {
    size_t blank = http_blank(in);
    *used = 0;
    if (blank == in.n && blank < BLANK_MAX)
        return false;
    struct bytes rest = bytes_of(in.p + blank, in.n - blank);
    enum http_start start = HTTP_START_NO;
    if (blank < BLANK_MAX)
        start = s->request ? http_request_start(rest, true) : http_status_start(rest, true);
    if (start == HTTP_START_YES) {
        http_message_end(h, s, TRANSFER_DONE);
        *used = blank;
    } else if (start == HTTP_START_NO) {
        s->phase = HTTP_IN_BODY;
    }
    return start != HTTP_START_MORE;
}

/* So much before the answer can only mean that we do not see the answer. */
static bool step_hold(struct http *h, struct http_side *s, struct bytes in, size_t *used) {
    *used = 0;
    if (in.n >= HTTP_HOLD_MAX)
        h->result = PROTOCOL_BECOMES;
    return in.n >= HTTP_HOLD_MAX;
}

static bool step_over(struct http *h, struct http_side *s, struct bytes in, size_t *used) {
    *used = in.n;
    return true;
}

static bool (*const steps[])(struct http *, struct http_side *, struct bytes, size_t *) = {
    [HTTP_AT_START] = step_start, [HTTP_SEEKING] = step_seek,     [HTTP_IN_HEAD] = step_head,
    [HTTP_IN_BODY] = step_body,   [HTTP_IN_EITHER] = step_either, [HTTP_ON_HOLD] = step_hold,
    [HTTP_OVER] = step_over,
};

static void run_held(struct http *h, struct http_side *s);

/* All the steps that a window allows; returns the bytes used. */
static size_t run_steps(struct http *h, struct http_side *s, struct bytes in) {
    size_t total = 0, used = 0;
    while (total < in.n && h->result == PROTOCOL_OK) {
        used = 0;
        if (!steps[s->phase](h, s, bytes_of(in.p + total, in.n - total), &used))
            break;
        total += used;
        /* What the client sent on behind a refused CONNECT comes before the next answer. */
        if (h->wake) {
            h->wake = false;
            run_held(h, &h->side[h->client]);
        }
    }
    return total;
}

/* --- bytes that wait --- */

static struct bytes held_bytes(const struct http_side *s) {
    return s->held ? bytes_of(s->held + s->held_at, s->held_end - s->held_at) : bytes_of(NULL, 0);
}

static void release_held(struct http_side *s) {
    protocol_free(s->held);
    s->held = NULL;
    s->held_at = s->held_end = s->held_size = 0;
}

static bool hold_bytes(struct http *h, struct http_side *s, struct bytes in) {
    size_t have = s->held_end - s->held_at;
    if (s->held_at && s->held_end + in.n > s->held_size) {
        memmove(s->held, s->held + s->held_at, have);
        s->held_at = 0;
        s->held_end = have;
    }
    if (s->held_end + in.n > s->held_size) {
        size_t size = s->held_size ? s->held_size * 2 : HELD_PIECE;
        while (size < have + in.n)
            size *= 2;
        uint8_t *grown = protocol_grow(PROTOCOL_HELD, s->held, size);
        if (!grown) {
            counter_one(COUNTER_HTTP_NO_MEMORY);
            h->result = PROTOCOL_LOST;
            return false;
        }
        s->held = grown;
        s->held_size = size;
    }
    memcpy(s->held + s->held_end, in.p, in.n);
    s->held_end += in.n;
    return true;
}

static void run_held(struct http *h, struct http_side *s) {
    s->held_at += run_steps(h, s, held_bytes(s));
    if (s->held_at == s->held_end)
        release_held(s);
}

/* Returns what was not taken because the conversation is no longer ours. */
static struct bytes pump_bytes(struct http *h, struct http_side *s, struct bytes in) {
    while (in.n && h->result == PROTOCOL_OK) {
        if (s->held) {
            size_t n = in.n < HELD_PIECE ? in.n : HELD_PIECE;
            if (!hold_bytes(h, s, bytes_of(in.p, n)))
                break;
            in = bytes_of(in.p + n, in.n - n);
            run_held(h, s);
        } else {
            size_t n = run_steps(h, s, in);
            in = bytes_of(in.p + n, in.n - n);
            if (in.n && h->result == PROTOCOL_OK && hold_bytes(h, s, in))
                in.n = 0;
        }
    }
    return in;
}

/* --- the protocol's face --- */

/* One side's first bytes. A long target must not outlast the dispatcher's patience. */
static enum probe probe_side(struct bytes in) {
    size_t blank = http_blank(in);
    if (blank)
        in = bytes_of(in.p + blank, in.n - blank);
    enum http_start request = http_request_start(in, true), status = http_status_start(in, true);
    if (request == HTTP_START_YES || status == HTTP_START_YES)
        return PROBE_YES;
    if (request == HTTP_START_MORE && in.n >= PROBE_MAX && http_request_start(in, false) == HTTP_START_YES)
        return PROBE_YES;
    bool more = request == HTTP_START_MORE || status == HTTP_START_MORE;
    return more && blank < BLANK_MAX ? PROBE_MORE : PROBE_NO;
}

static enum probe http_probe(const struct bytes first[2]) {
    enum probe a = probe_side(first[0]), b = probe_side(first[1]);
    return a > b ? a : b;
}

static void *http_open(struct conversation *c, struct bytes facts) {
    struct http *h = protocol_alloc(PROTOCOL_STATE, sizeof *h);
    if (!h)
        return NULL;
    h->c = c;
    h->client = SIDE_CLIENT;
    http_exchanges_init(&h->waiting);
    return h;
}

/* What is left belongs to the conversation inside the tunnel: first what the client sent. Held bytes stay
 * until close. */
static void give_inner(struct http *h, struct http_side *from, struct bytes rest) {
    conversation_become(h->c, NULL, false);
    for (int i = 0; i < 2; i++) {
        struct http_side *s = &h->side[i == 0 ? h->client : side_other(h->client)];
        struct bytes mine = held_bytes(s);
        if (mine.n)
            conversation_inner(h->c, http_side_of(h, s), mine.p, mine.n);
        if (s == from && rest.n)
            conversation_inner(h->c, http_side_of(h, s), rest.p, rest.n);
    }
}

static enum protocol_result http_data(struct conversation *c, enum side from, const uint8_t *p, size_t n) {
    struct http *h = c->state;
    struct http_side *s = &h->side[from];
    struct bytes rest = pump_bytes(h, s, bytes_of(p, n));
    if (h->result == PROTOCOL_BECOMES)
        give_inner(h, s, rest);
    return h->result;
}

static enum protocol_result http_gap(struct conversation *c, enum side from, uint64_t n) {
    struct http *h = c->state;
    struct http_side *s = &h->side[from];
    bool broken = s->phase == HTTP_SEEKING && s->headless == HTTP_HAS_HEAD;
    release_held(s);
    if (s->phase == HTTP_IN_BODY) {
        uint64_t inside;
        enum http_body_step step = http_body_gap(&s->body, n, &inside);
        http_message_gap(h, s, inside);
        n -= inside;
        if (step == HTTP_BODY_MORE || (step == HTTP_BODY_END && n == 0)) {
            if (step == HTTP_BODY_END)
                http_message_end(h, s, TRANSFER_DONE);
            return h->result;
        }
        http_message_end(h, s, step == HTTP_BODY_END ? TRANSFER_DONE : TRANSFER_CUT);
        broken = step == HTTP_BODY_BROKEN;
    }
    if (s->phase == HTTP_OVER)
        return h->result;
    if (s->phase == HTTP_SEEKING && s->begun) {
        http_message_gap(h, s, n);
        return h->result;
    }
    if (s->phase == HTTP_ON_HOLD) {
        counter_one(COUNTER_HTTP_FRAMING_LOST);
        return h->result;
    }
    if (s->phase == HTTP_IN_HEAD)
        counter_one(COUNTER_HTTP_HEADS_CUT);
    http_message_end(h, s, TRANSFER_DONE);
    counter_one(COUNTER_HTTP_FRAMING_LOST);
    note_messages_lost(h, s);
    enter_seek(h, s, false);
    /* What is left of a broken body is none of its own; in any other place a head was lost. */
    s->headless = broken ? HTTP_HAS_HEAD : HTTP_TAIL;
    return h->result;
}

static enum transfer_end judge_end(const struct http_side *s, bool clean) {
    if (s->phase == HTTP_SEEKING || !http_body_complete(&s->body))
        return TRANSFER_CUT;
    return s->body.framing != HTTP_UNTIL_CLOSE || clean ? TRANSFER_DONE : TRANSFER_UNKNOWN;
}

static void http_end(struct conversation *c, enum side from, bool clean) {
    struct http *h = c->state;
    struct http_side *s = &h->side[from];
    if (s->phase == HTTP_ON_HOLD)
        return;
    /* What waited for bytes that do not come is decided now. */
    s->last = true;
    if (s->held && h->result == PROTOCOL_OK)
        run_held(h, s);
    struct bytes rest = held_bytes(s);
    /* Too short to be a message, and the last bytes there are. */
    if (s->phase == HTTP_IN_EITHER && rest.n > http_blank(rest)) {
        s->phase = HTTP_IN_BODY;
        run_held(h, s);
    }
    if (s->phase == HTTP_IN_HEAD)
        counter_one(COUNTER_HTTP_HEADS_CUT);
    bool body = s->phase == HTTP_IN_BODY || s->phase == HTTP_SEEKING;
    http_message_end(h, s, body ? judge_end(s, clean) : TRANSFER_DONE);
    s->phase = HTTP_OVER;
    release_held(s);
}

static void http_close(struct conversation *c) {
    struct http *h = c->state;
    for (int i = 0; i < 2; i++) {
        http_message_end(h, &h->side[i], judge_end(&h->side[i], false));
        release_held(&h->side[i]);
    }
    http_exchanges_finish(&h->waiting);
    protocol_free(h);
}

static const char *const http_ndpi_names[] = {"HTTP", "HTTP_Proxy", "HTTP_Connect", NULL};

const struct protocol protocol_http = {
    .name = "http",
    .ndpi_names = http_ndpi_names,
    .probe = http_probe,
    .open = http_open,
    .data = http_data,
    .gap = http_gap,
    .end = http_end,
    .close = http_close,
};
