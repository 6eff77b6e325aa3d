/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "base/hash.h"
#include "protocol/http2/http2_flow.h"
#include "protocol/memory.h"

static struct http2_stream **find_link(struct http2 *h, uint32_t id) {
    static struct hash_key key;
    static bool keyed;
    if (!keyed)
        key = hash_key_random();
    keyed = true;
    struct http2_stream **link = &h->bucket[hash_bytes(&key, &id, sizeof id) % HTTP2_BUCKETS];
    while (*link && (*link)->id != id)
        link = &(*link)->next;
    return link;
}

static void leave_order(struct http2 *h, struct http2_stream *x) {
    *(x->older ? &x->older->newer : &h->oldest) = x->newer;
    *(x->newer ? &x->newer->older : &h->newest) = x->older;
}

static void enter_order(struct http2 *h, struct http2_stream *x) {
    x->older = h->newest;
    x->newer = NULL;
    *(h->newest ? &h->newest->newer : &h->oldest) = x;
    h->newest = x;
}

struct http2_stream *http2_stream_find(struct http2 *h, uint32_t id) {
    return *find_link(h, id);
}

static bool is_moving(const struct http2_message *m) {
    return !m->over && (m->begun || (m->grpc && m->grpc->inside));
}

static bool is_open(const struct http2_stream *x) {
    return x->tunnel || is_moving(&x->message[SIDE_CLIENT]) || is_moving(&x->message[SIDE_SERVER]);
}

void http2_stream_drop(struct http2 *h, struct http2_stream *x) {
    http2_message_end(h, x, SIDE_CLIENT, TRANSFER_CUT);
    http2_message_end(h, x, SIDE_SERVER, TRANSFER_CUT);
    http2_tunnel_close(h, x);
    *find_link(h, x->id) = x->next;
    leave_order(h, x);
    h->streams--;
    h->bytes -= x->takes;
    protocol_free(x->exchange);
    protocol_free(x);
}

/* For so many more, and so many octets. */
static void make_room(struct http2 *h, unsigned streams, size_t octets, const struct http2_stream *but) {
    while (h->oldest &&
           (h->streams + streams > HTTP2_STREAMS_MAX || h->bytes + octets > HTTP2_STREAMS_BYTES)) {
        struct http2_stream *x = h->oldest == but ? but->newer : h->oldest;
        if (!x)
            break;
        counter_add(COUNTER_HTTP2_STREAMS_SHED, is_open(x));
        http2_stream_drop(h, x);
    }
}

void http2_stream_take(struct http2 *h, struct http2_stream *x, size_t octets) {
    x->takes += octets;
    h->bytes += octets;
    make_room(h, 0, 0, x);
}

void http2_stream_give(struct http2 *h, struct http2_stream *x, size_t octets) {
    x->takes -= octets;
    h->bytes -= octets;
}

struct http2_stream *http2_stream_get(struct http2 *h, uint32_t id) {
    struct http2_stream *x = http2_stream_find(h, id);
    if (x) {
        leave_order(h, x);
        enter_order(h, x);
        return x;
    }
    make_room(h, 1, sizeof *x, NULL);
    x = protocol_alloc(PROTOCOL_HELD, sizeof *x);
    if (!x) {
        counter_one(COUNTER_HTTP2_NO_MEMORY);
        return NULL;
    }
    x->id = id;
    struct http2_stream **link = find_link(h, id);
    *link = x;
    enter_order(h, x);
    h->streams++;
    http2_stream_take(h, x, sizeof *x);
    return x;
}

void http2_stream_ask(struct http2 *h, struct http2_stream *x, const struct http_origin *request) {
    http2_tunnel_close(h, x); /* its target lies in what goes now */
    if (x->exchange)
        http2_stream_give(h, x, x->exchange->size);
    protocol_free(x->exchange);
    x->exchange = http_exchange_keep(request);
    if (x->exchange)
        http2_stream_take(h, x, x->exchange->size);
}

void http2_streams_finish(struct http2 *h) {
    while (h->oldest)
        http2_stream_drop(h, h->oldest);
}
