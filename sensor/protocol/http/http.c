/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/http/http.h"

#include "base/counter.h"
#include "protocol/http/http_flow.h"
#include "protocol/http/http_start.h"
#include "protocol/http/http_words.h"
#include "protocol/http2/http2.h"
#include "protocol/memory.h"
#include "protocol/websocket/websocket.h"

enum { HELD_PIECE = 2048, OLD_MIN = 2048, SEEK_MAX = 16 << 20 };
enum { BLANK_MAX = 1024 }; /* as many blanks behind a message belong to its body, whatever comes then */
enum { PROBE_MAX = 2048, PROBE_BINARY = 256 }; /* bytes before the first message */

/* --- one step: each takes a window of bytes, says how many it used, and returns false when it needs more ---
 */

/* What begins as a status line does is one, though the rest of the line could make it a request whose method
 * is "HTTP/1.1": that rest may not be there yet. Until one begins, s->request is still that of the message
 * before. */
static enum http_start settle_kind(struct http_side *s, bool client, enum http_start request,
                                   enum http_start status) {
    enum http_start *swapped = client ? &status : &request;
    if (s->last && *swapped == HTTP_START_MORE)
        *swapped = HTTP_START_NO;
    enum http_start start = request > status ? request : status;
    if (start == HTTP_START_YES)
        s->request = status != HTTP_START_YES;
    return start;
}

/* Where a message should begin. Either end may ask: a capture that began late has the ends swapped, and some
 * servers send requests on a connection that their client has opened. */
static enum http_start classify_start(struct http *h, struct http_side *s, struct bytes in) {
    bool client = http_side_of(h, s) == h->client;
    enum http_start status = http_status_start(in, client), request = HTTP_START_NO;
    if (status != HTTP_START_YES) /* which settles it */
        request = client ? http_request_start(in, false) : http_request_sought(in);
    return settle_kind(s, client, request, status);
}

/* The same behind a body, of which few bytes may be left: a message that is cut short begins with a letter.
 */
static enum http_start classify_last(struct http *h, struct http_side *s, struct bytes in) {
    bool letter = (in.p[0] | 0x20) >= 'a' && (in.p[0] | 0x20) <= 'z';
    enum http_start start = classify_start(h, s, in);
    return start == HTTP_START_MORE && !letter && in.n < HTTP_LEFTOVER_LAST && s->last ? HTTP_START_NO
                                                                                       : start;
}

/* The same at the beginning of a line where the way is lost. */
static enum http_start classify_sought(struct http *h, struct http_side *s, struct bytes in) {
    bool client = http_side_of(h, s) == h->client;
    return settle_kind(s, client, http_request_sought(in), http_status_start(in, true));
}

static void enter_head(struct http *h, struct http_side *s) {
    enum side self = http_side_of(h, s);
    if (!h->client_known)
        h->client = s->request ? self : side_other(self);
    h->client_known = true;
    h->sought = 0;
    s->headless = HTTP_HAS_HEAD;
    s->leftover = false;
    s->phase = HTTP_IN_HEAD;
    s->lines = (struct http_lines){.line = 0};
}

static void enter_seek(struct http *h, struct http_side *s, bool inside_line) {
    h->lost = true;
    s->phase = HTTP_SEEKING;
    s->inside_line = inside_line;
    s->loose = TRANSFER_CUT;
}

/* What stands here belongs to no message: to the transfer that is open, or to one of its own, until the next
 * message begins. */
static void enter_leftover(struct http *h, struct http_side *s, enum transfer_end loose) {
    counter_one(COUNTER_HTTP_LEFTOVERS);
    s->phase = HTTP_SEEKING;
    s->headless = HTTP_BODY_ALONE;
    s->inside_line = false;
    s->leftover = true;
    s->loose = loose;
}

/* The first answer to a request, and it does not begin as one should. Browsers take what resembles a status
 * line, and everything else for an HTTP/0.9 body; not so when a proper answer stands behind a line of junk.
 */
static enum http_start judge_odd_answer(struct http *h, struct http_side *s, struct bytes in, bool *old) {
    const struct http_exchange *next = http_exchanges_next(&h->waiting[h->client]);
    *old = false;
    if (http_side_of(h, s) == h->client || !h->client_known || !next)
        return HTTP_START_NO;
    *old = next->old;
    if (next->old || h->answered || h->lost || bytes_equal_nocase(next->origin.method, "CONNECT"))
        return HTTP_START_NO;
    enum http_start odd = http_status_odd(in, s->last);
    if (odd == HTTP_START_YES)
        s->request = false;
    if (odd != HTTP_START_NO)
        return odd;
    struct bytes seen = bytes_of(in.p, in.n < OLD_MIN ? in.n : OLD_MIN);
    if (memmem(seen.p, seen.n, "\nHTTP/", 6))
        return HTTP_START_NO;
    *old = true;
    return in.n < OLD_MIN && !s->last ? HTTP_START_MORE : HTTP_START_NO;
}

/* A message begins at a line, or inside of one where the end of a body is not seen. */
static enum http_start judge_sought_start(struct http *h, struct http_side *s, struct bytes in) {
    enum http_start start = s->inside_line ? http_may_start(in) : HTTP_START_YES;
    return start == HTTP_START_YES ? classify_sought(h, s, in) : start;
}

/* The next message from `*n` bytes on, which is moved to where it begins, may begin, or the bytes end. */
static enum http_start find_start(struct http *h, struct http_side *s, struct bytes in, size_t *n) {
    enum http_start start = HTTP_START_NO;
    while (*n < in.n && (*n == 0 || start == HTTP_START_NO)) {
        if (*n == 0)
            start = judge_sought_start(h, s, in);
        if (start != HTTP_START_NO)
            break;
        *n += http_no_start(bytes_of(in.p + *n, in.n - *n));
        s->inside_line = in.p[*n - 1] != '\n';
        if (*n < in.n)
            start = judge_sought_start(h, s, bytes_of(in.p + *n, in.n - *n));
    }
    return start;
}

/* Behind an announced body a file of its own is no more of that body. */
static bool begins_file(struct bytes in) {
    static const char *const magics[] = {"\xff\xd8\xff", "\x89PNG\r\n",  "GIF8",
                                         "PK\x03\x04",   "\x1f\x8b\x08", "%PDF-"};
    size_t blank = http_blank(in);
    in = bytes_of(in.p + blank, in.n - blank);
    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++) {
        size_t n = strlen(magics[i]);
        if (in.n >= n && memcmp(in.p, magics[i], n) == 0)
            return true;
    }
    return false;
}

/* No message stands here. A line of junk before one is stepped over, so is what is too short to be anything;
 * the rest is content. False: more bytes must tell. */
static bool step_odd(struct http *h, struct http_side *s, struct bytes in, size_t *used) {
    size_t n = 0;
    s->inside_line = false;
    enum http_start next = find_start(h, s, in, &n);
    *used = 0;
    if (n < HTTP_LEFTOVER_MIN && next != HTTP_START_YES && !s->last)
        return false;
    counter_one(COUNTER_HTTP_UNEXPECTED);
    counter_add(COUNTER_HTTP_RESYNCED, next == HTTP_START_YES);
    if (s->begun && begins_file(in))
        http_message_end(h, s, TRANSFER_DONE);
    bool junk = next == HTTP_START_YES ? n < HTTP_LEFTOVER_MIN : !s->begun && in.n < HTTP_LEFTOVER_LAST;
    if (junk) {
        *used = next == HTTP_START_YES ? n : in.n;
        http_message_end(h, s, TRANSFER_DONE);
    } else {
        enter_leftover(h, s, TRANSFER_DONE);
    }
    return true;
}

static bool step_start(struct http *h, struct http_side *s, struct bytes in, size_t *used) {
    bool old = false;
    *used = http_blank(in);
    if (*used)
        return true;
    enum http_start start = classify_start(h, s, in);
    if (start == HTTP_START_NO)
        start = judge_odd_answer(h, s, in, &old);
    if (start == HTTP_START_YES)
        enter_head(h, s);
    else if (start == HTTP_START_NO && old)
        http_message_old(h, s);
    else if (start == HTTP_START_NO)
        return step_odd(h, s, in, used);
    return start != HTTP_START_MORE;
}

/* An announced length is what most receivers go by; what follows and is no message belongs to the body for
 * those who do not. */
static bool step_behind(struct http *h, struct http_side *s, struct bytes in, size_t *used) {
    size_t blank = http_blank(in);
    *used = 0;
    if (blank == in.n && blank < BLANK_MAX && !s->last)
        return false;
    enum http_start start = blank < BLANK_MAX ? HTTP_START_YES : HTTP_START_NO;
    bool judged = blank < in.n && blank < BLANK_MAX;
    if (judged)
        start = classify_last(h, s, bytes_of(in.p + blank, in.n - blank));
    if (start == HTTP_START_YES) {
        http_message_end(h, s, TRANSFER_DONE);
        *used = blank;
        if (judged)
            enter_head(h, s);
    }
    return start == HTTP_START_NO ? step_odd(h, s, in, used) : start == HTTP_START_YES;
}

/* Behind a gap that took a head: what it left of that is stepped over before a body is looked for. */
static bool step_tail(struct http_side *s, struct bytes in, size_t *used) {
    enum http_start tail = http_tail(in, s->last, used);
    if (tail != HTTP_START_MORE)
        s->headless = HTTP_BODY_ALONE;
    return tail != HTTP_START_MORE;
}

static bool step_seek(struct http *h, struct http_side *s, struct bytes in, size_t *used) {
    size_t n = 0;
    if (s->headless == HTTP_TAIL && judge_sought_start(h, s, in) == HTTP_START_NO)
        return step_tail(s, in, used);
    enum http_start start = find_start(h, s, in, &n);
    *used = n;
    if (s->headless == HTTP_BODY_ALONE)
        http_message_headless(h, s, bytes_of(in.p, n));
    else
        h->sought += n;
    if (h->sought > SEEK_MAX)
        h->result = PROTOCOL_LOST;
    if (start == HTTP_START_YES) {
        counter_one(COUNTER_HTTP_RESYNCED);
        http_message_end(h, s, s->loose);
        enter_head(h, s);
    }
    return start != HTTP_START_MORE || n > 0;
}

static void note_messages_lost(struct http *h, struct http_side *s) {
    if (http_side_of(h, s) == h->client)
        http_exchanges_requests_lost(&h->waiting[h->client]);
    else
        http_exchanges_responses_lost(&h->waiting[h->client]);
}

/* Data may lie in any of them. `start`: the first one is a start line. */
static void show_lines(struct http *h, struct http_side *s, struct bytes lines, bool start) {
    http_words_take(h->c, http_side_of(h, s), lines, start);
    if (h->c->services->head)
        h->c->services->head(h->c, http_side_of(h, s), lines);
}

static void read_head(struct http *h, struct http_side *s, struct bytes block) {
    uint8_t *tidy = s->lines.odd ? protocol_alloc(PROTOCOL_HELD, 2 * block.n + 2) : NULL;
    if (tidy)
        block = bytes_of(tidy, http_lines_tidy(block, tidy));
    else if (s->lines.odd)
        counter_one(COUNTER_HTTP_NO_MEMORY);
    if (http_message_head(h, s, block)) {
        if (!s->shrunk.p)
            show_lines(h, s, block, true);
    } else {
        counter_one(COUNTER_HTTP_HEADS_BAD);
        note_messages_lost(h, s);
        enter_leftover(h, s, TRANSFER_CUT);
    }
    protocol_free(tidy);
}

/* Takes lines of a head that is too long to be kept whole. */
static size_t shrink_head(struct http *h, struct http_side *s, struct bytes in) {
    bool fits;
    bool start = s->shrunk.p == NULL, inside = s->shrunk.inside;
    counter_add(COUNTER_HTTP_HEADS_LONG, start);
    size_t n = http_shrink(&s->shrunk, in, &fits);
    show_lines(h, s, bytes_of(in.p, n), start && !inside);
    counter_add(COUNTER_HTTP_HEADS_PARTLY, !fits);
    s->lines = (struct http_lines){.later = true, .odd = s->lines.odd, .lfcr = s->lines.lfcr};
    return n;
}

/* A head that is whole and plain is read where it lies, once for its end and for what it says. */
static size_t take_plain_head(struct http *h, struct http_side *s, struct bytes in) {
    struct http_head head;
    bool tried = s->lines.scanned > 0 || s->lines.later;
    size_t n = tried ? 0 : http_head_take(&head, s->request, in);
    if (n == 0)
        return 0;
    http_message_begin(h, s, &head);
    show_lines(h, s, bytes_of(in.p, n), true);
    return n;
}

static bool step_head(struct http *h, struct http_side *s, struct bytes in, size_t *used) {
    size_t most = in.n < HTTP_HEAD_MAX ? in.n : HTTP_HEAD_MAX;
    if ((*used = take_plain_head(h, s, bytes_of(in.p, most))))
        return true;
    if (s->shrunk.inside) {
        const uint8_t *lf = memchr(in.p, '\n', most);
        *used = shrink_head(h, s, bytes_of(in.p, lf ? (size_t)(lf + 1 - in.p) : most));
        return true;
    }
    size_t n = http_lines_head(&s->lines, bytes_of(in.p, most), s->request, s->last);
    if (n && s->shrunk.p) {
        shrink_head(h, s, bytes_of(in.p, n));
        http_shrink_end(&s->shrunk);
        read_head(h, s, bytes_of(s->shrunk.p, s->shrunk.n));
        http_shrink_forget(&s->shrunk);
    } else if (n) {
        read_head(h, s, bytes_of(in.p, n));
    } else if (in.n >= HTTP_HEAD_MAX) {
        n = shrink_head(h, s, bytes_of(in.p, most));
    }
    *used = n;
    return n > 0;
}

/* Whole lines of what is kept of a trailer; all of it at its end, or where no line ends. */
static void show_trailer(struct http *h, struct http_side *s, bool end) {
    struct http_trailer *t = s->trailer;
    const uint8_t *lf = end ? NULL : memrchr(t->text, '\n', t->n);
    size_t n = lf ? (size_t)(lf - t->text) + 1 : t->n;
    show_lines(h, s, bytes_of(t->text, n), false);
    memmove(t->text, t->text + n, t->n - n);
    t->n -= n;
}

/* An empty one is its line end alone. */
static void keep_trailer(struct http *h, struct http_side *s, struct bytes more) {
    if (!s->trailer && http_blank(more) == more.n)
        return;
    if (!s->trailer)
        s->trailer = protocol_alloc(PROTOCOL_HELD, sizeof *s->trailer);
    if (!s->trailer) {
        counter_one(COUNTER_HTTP_NO_MEMORY);
        return;
    }
    while (more.n > 0) {
        size_t room = HTTP_TRAILER_MAX - s->trailer->n, n = more.n < room ? more.n : room;
        memcpy(s->trailer->text + s->trailer->n, more.p, n);
        s->trailer->n += n;
        more = bytes_of(more.p + n, more.n - n);
        if (s->trailer->n == HTTP_TRAILER_MAX)
            show_trailer(h, s, false);
    }
}

static bool step_body(struct http *h, struct http_side *s, struct bytes in, size_t *used) {
    enum http_body_step step;
    struct bytes payload;
    *used = http_body_take(&s->body, in, &payload, &step);
    http_message_data(h, s, payload);
    if (s->body.framing == HTTP_CHUNKED && s->body.trailer.n)
        keep_trailer(h, s, s->body.trailer);
    if (step != HTTP_BODY_MORE && s->trailer)
        show_trailer(h, s, true);
    if (step == HTTP_BODY_END && s->body.framing == HTTP_LENGTH)
        http_message_behind(h, s);
    else if (step == HTTP_BODY_END && s->creates)
        http_message_behind(h, s);
    else if (step == HTTP_BODY_END)
        http_message_end(h, s, TRANSFER_DONE);
    if (step == HTTP_BODY_BROKEN) {
        counter_one(COUNTER_HTTP_CHUNKS_BROKEN);
        enter_leftover(h, s, s->body.first ? TRANSFER_DONE : TRANSFER_CUT);
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
    } else if (start == HTTP_START_NO && s->request && s->body.framing == HTTP_UNTIL_CLOSE) {
        enter_leftover(h, s, TRANSFER_DONE);
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
    [HTTP_BEHIND] = step_behind,  [HTTP_OVER] = step_over,
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
        struct http_side *wake = h->wake;
        h->wake = NULL;
        if (wake)
            run_held(h, wake);
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
    s->held_at = s->held_end = s->held_size = s->tried = 0;
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
    s->tried = s->held_end - s->held_at;
    if (s->tried == 0)
        release_held(s);
}

/* Steps read a long line from its beginning: not for each octet that comes, but when it ends, or has grown.
 */
static bool is_due(const struct http_side *s, struct bytes more) {
    enum { SHORT = 2048, PART = 16 };
    size_t have = s->held_end - s->held_at;
    return have < SHORT || have - s->tried > s->tried / PART || memchr(more.p, '\n', more.n);
}

/* What was held back from the steps goes to them before anything else happens to this side. */
static void run_untried(struct http *h, struct http_side *s) {
    if (s->held && s->tried < s->held_end - s->held_at && h->result == PROTOCOL_OK)
        run_held(h, s);
}

/* Returns what was not taken because the conversation is no longer ours. */
static struct bytes pump_bytes(struct http *h, struct http_side *s, struct bytes in) {
    while (in.n && h->result == PROTOCOL_OK) {
        if (s->held) {
            size_t n = in.n < HELD_PIECE ? in.n : HELD_PIECE;
            struct bytes more = bytes_of(in.p, n);
            if (!hold_bytes(h, s, more))
                break;
            in = bytes_of(in.p + n, in.n - n);
            if (is_due(s, more))
                run_held(h, s);
        } else {
            size_t n = run_steps(h, s, in);
            in = bytes_of(in.p + n, in.n - n);
            if (in.n && h->result == PROTOCOL_OK && hold_bytes(h, s, in)) {
                s->tried = in.n;
                in.n = 0;
            }
        }
    }
    return in;
}

/* --- the protocol's face --- */

/* A message behind something else: junk that its receiver steps over, or the end of a body. */
static enum probe probe_behind_junk(struct bytes in) {
    size_t n = 0;
    bool binary = false;
    while (n < in.n && n < PROBE_MAX) {
        n += http_no_start(bytes_of(in.p + n, in.n - n));
        struct bytes rest = bytes_of(in.p + n, in.n - n);
        bool line = in.p[n - 1] == '\n';
        if (rest.n &&
            (http_may_start(rest) == HTTP_START_YES || (line && http_request_sought(rest) == HTTP_START_YES)))
            return PROBE_YES;
    }
    for (size_t i = 0; i < in.n && !binary; i++)
        binary = in.p[i] < ' ' && !memchr("\r\n\t", in.p[i], 3);
    return in.n < (binary ? PROBE_BINARY : PROBE_MAX) ? PROBE_MORE : PROBE_NO;
}

/* The greeting of FTP or SMTP, whatever its text says; a server that takes anything for a method may be asked
 * with one of that name. */
static enum http_start judge_greeting(struct bytes in, bool server) {
    static const char code[] = "220";
    size_t n = in.n < 3 ? in.n : 3;
    if (memcmp(in.p, code, n) != 0)
        return HTTP_START_NO;
    if (in.n < 5)
        return HTTP_START_MORE;
    bool parted = in.p[3] == ' ' || in.p[3] == '-';
    return parted && (server || in.p[4] != '/') ? HTTP_START_YES : HTTP_START_NO;
}

/* One side's first bytes. A long target or method must not outlast the dispatcher's patience. */
static enum probe probe_side(struct bytes in, bool server) {
    size_t blank = http_blank(in);
    if (blank == in.n)
        return in.n < PROBE_MAX ? PROBE_MORE : PROBE_YES;
    in = bytes_of(in.p + blank, in.n - blank);
    enum http_start greeting = judge_greeting(in, server);
    if (greeting != HTTP_START_NO)
        return greeting == HTTP_START_MORE ? PROBE_MORE : PROBE_NO;
    enum http_start request = http_request_start(in, true), status = http_status_start(in, true);
    if (request == HTTP_START_YES || status == HTTP_START_YES)
        return PROBE_YES;
    if (request == HTTP_START_MORE && in.n >= PROBE_MAX)
        return http_request_start(in, false) == HTTP_START_YES || http_request_likely(in) ? PROBE_YES
                                                                                          : PROBE_MORE;
    if (request == HTTP_START_MORE || status == HTTP_START_MORE)
        return PROBE_MORE;
    return probe_behind_junk(in);
}

static enum probe http_probe(const struct bytes first[2]) {
    enum probe a = probe_side(first[0], false), b = probe_side(first[1], true);
    return a > b ? a : b;
}

static void *http_open(struct conversation *c, struct bytes facts) {
    struct http *h = protocol_alloc(PROTOCOL_STATE, sizeof *h);
    if (!h)
        return NULL;
    h->c = c;
    h->client = SIDE_CLIENT;
    for (int i = 0; i < 2; i++)
        http_exchanges_init(&h->waiting[i]);
    return h;
}

/* What is left belongs to the conversation inside the tunnel: first what the client sent. Held bytes stay
 * until close. */
static void give_inner(struct http *h, struct http_side *from, struct bytes rest) {
    static const struct http_origin nobody;
    if (h->becomes_http2)
        conversation_become_this(h->c, &protocol_http2,
                                 http2_upgrade_facts(h->upgrade ? &h->upgrade->origin : &nobody));
    else if (h->becomes_socket)
        conversation_become_this(h->c, &protocol_websocket,
                                 h->upgrade ? h->upgrade->origin.path : bytes_of(NULL, 0));
    else
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

/* Nothing more comes behind a body that was there as announced, but what may be the beginning of a message.
 */
static void settle_side(struct http *h, struct http_side *s) {
    run_untried(h, s);
    if (s->phase != HTTP_BEHIND || s->creates)
        return;
    struct bytes rest = held_bytes(s);
    s->last = true;
    if (rest.n > http_blank(rest) && classify_last(h, s, rest) == HTTP_START_NO) {
        http_message_data(h, s, rest);
        release_held(s);
    }
    s->last = false;
    http_message_end(h, s, TRANSFER_DONE);
}

/* What waits to become a message belongs to the transfer that is open, where no more comes of it. */
static void give_rest(struct http *h, struct http_side *s) {
    if (s->phase == HTTP_SEEKING && s->begun && h->result == PROTOCOL_OK)
        http_message_data(h, s, held_bytes(s));
    release_held(s);
}

static enum protocol_result http_gap(struct conversation *c, enum side from, uint64_t n) {
    struct http *h = c->state;
    struct http_side *s = &h->side[from];
    run_untried(h, s);
    bool broken = s->phase == HTTP_SEEKING && s->headless == HTTP_HAS_HEAD;
    settle_side(h, s);
    give_rest(h, s);
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
    http_shrink_forget(&s->shrunk);
    http_message_end(h, s, TRANSFER_DONE);
    counter_one(COUNTER_HTTP_FRAMING_LOST);
    note_messages_lost(h, s);
    enter_seek(h, s, false);
    /* What is left of a broken body is none of its own; in any other place a head was lost. */
    s->headless = broken ? HTTP_HAS_HEAD : HTTP_TAIL;
    return h->result;
}

static enum transfer_end judge_end(const struct http_side *s, bool clean) {
    if (s->phase == HTTP_SEEKING)
        return s->loose == TRANSFER_DONE && !clean ? TRANSFER_UNKNOWN : s->loose;
    if (!http_body_complete(&s->body))
        return TRANSFER_CUT;
    return s->body.framing != HTTP_UNTIL_CLOSE || clean ? TRANSFER_DONE : TRANSFER_UNKNOWN;
}

static void http_end(struct conversation *c, enum side from, bool clean) {
    struct http *h = c->state;
    struct http_side *s = &h->side[from];
    if (s->phase == HTTP_ON_HOLD && (h->answered || !s->held))
        return;
    /* Nobody will say what it is. */
    if (s->phase == HTTP_ON_HOLD)
        s->phase = HTTP_AT_START;
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
    if (s->phase == HTTP_IN_BODY)
        http_message_data(h, s, http_body_rest(&s->body));
    if (s->phase == HTTP_IN_HEAD)
        counter_one(COUNTER_HTTP_HEADS_CUT);
    give_rest(h, s);
    bool body = s->phase == HTTP_IN_BODY || s->phase == HTTP_SEEKING;
    http_message_end(h, s, body ? judge_end(s, clean) : TRANSFER_DONE);
    s->phase = HTTP_OVER;
}

static void http_close(struct conversation *c) {
    struct http *h = c->state;
    for (int i = 0; i < 2; i++) {
        http_message_end(h, &h->side[i], judge_end(&h->side[i], false));
        http_message_forget(&h->side[i]);
        http_shrink_forget(&h->side[i].shrunk);
        release_held(&h->side[i]);
        http_exchanges_finish(&h->waiting[i]);
    }
    protocol_free(h->upgrade);
    protocol_free(h);
}

static void http_settle(struct conversation *c) {
    for (int i = 0; i < 2; i++)
        settle_side(c->state, &((struct http *)c->state)->side[i]);
}

static const char *const http_ndpi_names[] = {"HTTP", "HTTP_Proxy", "HTTP_Connect", NULL};

const struct protocol protocol_http = {
    .name = "http",
    .ndpi_names = http_ndpi_names,
    .probe = http_probe,
    .find = http_find_start,
    .open = http_open,
    .data = http_data,
    .gap = http_gap,
    .end = http_end,
    .close = http_close,
    .settle = http_settle,
};
