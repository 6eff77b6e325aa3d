/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "mime/mime.h"
#include "protocol/http/http_facts.h"
#include "protocol/http/http_words.h"
#include "protocol/http2/http2_flow.h"
#include "protocol/memory.h"

/* A head of HTTP/2 is read as the head of HTTP/1 that says the same (RFC 9113 section 8.3), so that both give
 * the same facts. */

enum { START_MAX = 64, HOST_FIELD = sizeof "Host: \r\n\r\n" };

/* The value of a field that HTTP/1 does not know. */
static struct bytes find_value(const struct http2_text *t, const char *name) {
    size_t n = strlen(name);
    for (size_t at = 0; at < t->n;) {
        struct bytes rest = bytes_of(t->lines + at, t->n - at);
        struct bytes line = bytes_until(rest, '\n');
        if (line.n > n && line.p[n] == ':' && bytes_starts_nocase(line, name))
            return bytes_trim(bytes_of(line.p + n + 1, line.n - n - 1));
        at += line.n + 1;
    }
    return bytes_of(NULL, 0);
}

static uint8_t *put_text(uint8_t *at, struct bytes text) {
    if (text.n)
        memcpy(at, text.p, text.n);
    return at + text.n;
}

/* Without its first fields the side tells. */
static bool is_request(struct http2 *h, const struct http2_side *s) {
    bool answers = http2_text_has(&s->text, HTTP2_STATUS);
    enum side from = http2_side_of(h, s);
    if (s->text.has && !s->promised)
        h->client = answers ? side_other(from) : from;
    return s->promised || (!answers && from == h->client);
}

static uint8_t *put_start(uint8_t *at, struct bytes method, struct bytes path) {
    at = put_text(at, method);
    at = put_text(at, bytes_text(" "));
    at = put_text(at, path);
    return put_text(at, bytes_text(" HTTP/2\r\n"));
}

/* Data may lie in any line. */
static void show_lines(struct http2 *h, struct http2_side *s) {
    const struct http2_text *t = &s->text;
    struct conversation *c = h->c;
    enum side from = http2_side_of(h, s);
    struct bytes method = http2_text_pseudo(t, HTTP2_METHOD), path = http2_text_pseudo(t, HTTP2_PATH);
    bool start = method.n + path.n > 0;
    uint8_t *block = protocol_alloc(PROTOCOL_HELD, method.n + path.n + START_MAX + t->n), *at = block;
    if (!block) {
        counter_one(COUNTER_HTTP2_NO_MEMORY);
        return;
    }
    if (start)
        at = put_start(at, method, path);
    at = put_text(at, bytes_of(t->lines, t->n));
    if (at > block) {
        http_words_take(c, from, bytes_of(block, (size_t)(at - block)), start);
        if (c->services->head)
            c->services->head(c, from, bytes_of(block, (size_t)(at - block)));
    }
    protocol_free(block);
}

/* `block` holds its fields behind any start line. What that says is set beside it: some octets that may stand
 * in a path here have no place in one of HTTP/1. */
static bool read_block(struct http2 *h, struct http2_side *s, bool request, struct bytes block,
                       struct http_head *head) {
    const struct http2_text *t = &s->text;
    uint64_t status;
    if (!http_head_parse(head, request, block, h->c->allowance))
        return false;
    head->method = http2_text_pseudo(t, HTTP2_METHOD);
    head->target = http2_text_pseudo(t, HTTP2_PATH);
    head->status_read =
        !request && bytes_number(http2_text_pseudo(t, HTTP2_STATUS), &status) && status <= 999;
    head->status = head->status_read ? (int)status : 200;
    return true;
}

/* A request's authority stands where HTTP/1 has its host. */
static bool parse_text(struct http2 *h, struct http2_side *s, bool request, struct http_head *head) {
    const struct http2_text *t = &s->text;
    struct bytes authority = http2_text_pseudo(t, HTTP2_AUTHORITY);
    uint8_t *block = protocol_alloc(PROTOCOL_HELD, START_MAX + HOST_FIELD + authority.n + t->n);
    if (!block) {
        counter_one(COUNTER_HTTP2_NO_MEMORY);
        return false;
    }
    uint8_t *at = put_text(block, bytes_text(request ? "GET / HTTP/1.1\r\n" : "HTTP/1.1 200 OK\r\n"));
    if (request && authority.n) {
        at = put_text(at, bytes_text("Host: "));
        at = put_text(at, authority);
        at = put_text(at, bytes_text("\r\n"));
    }
    at = put_text(at, bytes_of(t->lines, t->n));
    at = put_text(at, bytes_text("\r\n"));
    bool read = read_block(h, s, request, bytes_of(block, (size_t)(at - block)), head);
    if (read && !head->own) { /* its texts lie in the block */
        head->own = block;
        return true;
    }
    protocol_free(block);
    return read;
}

static void take_request(struct http2 *h, struct http2_side *s, struct http2_stream *x,
                         const struct http_head *head) {
    struct http_origin origin = http_facts_origin(head);
    counter_one(COUNTER_HTTP2_REQUESTS);
    http_hosts_tell(&h->hosts, h->c, origin.host);
    http2_stream_ask(h, x, &origin);
    if (!s->promised)
        http2_message_list(h, x, http2_side_of(h, s), head, &origin);
    if (bytes_equal_nocase(origin.method, "CONNECT")) {
        http2_tunnel_begin(h, x, http2_text_pseudo(&s->text, HTTP2_PROTOCOL), head->target);
        h->c->services->tell(h->c, (const struct bytes[FACT_COUNT]){[FACT_TARGET] = origin.host});
    }
}

/* The answer to what a push promises comes from the same side. */
static void take_promise(struct http2 *h, struct http2_side *s, struct http2_stream *x,
                         const struct http_head *head) {
    take_request(h, s, x, head);
    http2_message_end(h, x, side_other(http2_side_of(h, s)), TRANSFER_DONE);
}

static void take_read(struct http2 *h, struct http2_side *s, struct http2_stream *x,
                      const struct http_head *head) {
    enum side from = http2_side_of(h, s);
    if (s->promised) {
        take_promise(h, s, x, head);
        return;
    }
    if (!head->request && head->status_read && head->status < 200)
        return; /* the answer comes behind it */
    if (head->request && !x->message[from].headed)
        take_request(h, s, x, head);
    if (!head->request && head->status_read && head->status >= 300)
        http2_tunnel_close(h, x); /* refused */
    if (!head->request)
        http2_message_answered(h, x, side_other(from), head);
    counter_add(COUNTER_HTTP2_RESPONSES, !head->request && !x->message[from].headed);
    http2_message_head(h, x, from, head, find_value(&s->text, "grpc-encoding"));
}

void http2_head_take(struct http2 *h, struct http2_side *s) {
    struct http2_stream *x = http2_stream_get(h, s->head_stream);
    enum side from = http2_side_of(h, s);
    struct http_head head;
    bool trailers = x && !s->promised && x->message[from].headed && !s->text.has;
    show_lines(h, s);
    if (!x || trailers)
        return;
    if (!parse_text(h, s, is_request(h, s), &head)) {
        counter_one(COUNTER_HTTP2_HEADS_BAD);
        return;
    }
    take_read(h, s, x, &head);
    http_head_finish(&head);
}
