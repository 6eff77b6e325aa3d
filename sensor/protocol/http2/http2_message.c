/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "protocol/http/http_facts.h"
#include "protocol/http2/http2_flow.h"
#include "protocol/memory.h"

static void keep_head(struct http2 *h, struct http2_stream *x, struct http2_message *m,
                      const struct http_head *head) {
    m->head = http_head_keep(head);
    if (m->head)
        http2_stream_take(h, x, sizeof *head + http_head_text_size(head));
}

static void forget_head(struct http2 *h, struct http2_stream *x, struct http2_message *m) {
    if (m->head)
        http2_stream_give(h, x, sizeof *m->head + http_head_text_size(m->head));
    protocol_free(m->head);
    m->head = NULL;
}

static void forget_parts(struct http2 *h, struct http2_stream *x, struct http2_message *m) {
    if (m->parts)
        http2_stream_give(h, x, http_parts_list_size(m->parts));
    http_parts_list_forget(m->parts);
    m->parts = NULL;
}

static void begin_transfer(struct http2 *h, struct http2_stream *x, enum side from,
                           const struct http_head *head) {
    static const struct http_origin nobody;
    struct http2_message *m = &x->message[from];
    struct transfer_seed seed;
    char scratch[HTTP_SCRATCH], upload[HTTP_UPLOAD_SCRATCH];
    const struct http_origin *origin = x->exchange ? &x->exchange->origin : &nobody;
    http_facts_fill(&seed, from, head, origin, scratch);
    if (head && head->request)
        m->creates = http_upload_fill(h->c, head, origin, &seed, upload);
    seed.fact[FACT_HTTP_VERSION] = bytes_text("2");
    m->begun = true;
    m->transfer = h->c->services->begin(h->c, &seed);
    forget_head(h, x, m);
}

/* --- heads --- */

static void begin_messages(struct http2_message *m, struct bytes coding) {
    m->grpc = protocol_alloc(PROTOCOL_HELD, sizeof *m->grpc);
    if (!m->grpc) { /* then its body is looked at as one */
        counter_one(COUNTER_HTTP2_NO_MEMORY);
        return;
    }
    size_t n = coding.n < sizeof m->grpc->coding - 1 ? coding.n : sizeof m->grpc->coding - 1;
    if (n && !bytes_equal_nocase(coding, "identity"))
        memcpy(m->grpc->coding, coding.p, n);
}

/* An empty file that is put is a file all the same, but where it asks how much of one has come. */
static bool is_put(const struct http2_stream *x, const struct http_head *head) {
    uint64_t total;
    bool asks = http_upload_asks(head, &total) && total == UINT64_MAX;
    return head->request && !asks && x->exchange && bytes_equal_nocase(x->exchange->origin.method, "PUT");
}

/* A body of announced length begins with its head: it may take its place among others then. */
static void begin_body(struct http2 *h, struct http2_stream *x, enum side from, const struct http_head *head,
                       bool ends) {
    struct http2_message *m = &x->message[from];
    bool length = head->framing == HTTP_LENGTH;
    if (ends ? is_put(x, head) : length && head->length > 0)
        begin_transfer(h, x, from, head);
    else if (!ends)
        keep_head(h, x, m, head);
}

void http2_message_head(struct http2 *h, struct http2_stream *x, enum side from, const struct http_head *head,
                        struct bytes grpc_coding) {
    struct http2_message *m = &x->message[from];
    bool ends = h->side[from].ends_stream;
    if (m->headed || m->begun || m->over)
        return; /* trailers */
    m->headed = true;
    m->length = head->framing == HTTP_LENGTH ? head->length : LENGTH_UNKNOWN;
    if (x->tunnel)
        return;
    if (!ends && grpc_is_type(head->field[HTTP_CONTENT_TYPE]))
        begin_messages(m, grpc_coding);
    if (!m->grpc)
        begin_body(h, x, from, head, ends);
}

/* --- bodies --- */

void http2_message_data(struct http2 *h, struct http2_stream *x, enum side from, struct bytes payload) {
    struct http2_message *m = &x->message[from];
    if (payload.n == 0)
        return;
    if (x->tunnel && !m->over) {
        http2_tunnel_data(h, x, from, payload);
        return;
    }
    if (m->over) /* what comes behind its end is no part of it, and nobody knows what it is */
        *m = (struct http2_message){.holed = true};
    if (m->grpc)
        payload = grpc_take(h, x, from, payload);
    if (payload.n == 0)
        return;
    if (!m->begun) {
        counter_add(COUNTER_HTTP2_HEADLESS, !m->headed);
        begin_transfer(h, x, from, m->head);
    }
    m->seen += payload.n;
    if (m->parts)
        http_parts_list_data(m->parts, payload);
    h->c->services->data(h->c, m->transfer, payload.p, payload.n);
}

void http2_message_gap(struct http2 *h, struct http2_stream *x, enum side from, uint64_t n) {
    struct http2_message *m = &x->message[from];
    if (n == 0 || m->over)
        return;
    forget_parts(h, x, m); /* what it lists is not known */
    if (x->tunnel) {
        http2_tunnel_gap(h, x, from, n);
        return;
    }
    if (m->grpc) {
        grpc_gap(h, x, from, n);
        return;
    }
    if (!m->begun)
        begin_transfer(h, x, from, m->head);
    m->seen += n;
    h->c->services->gap(h->c, m->transfer, n);
}

void http2_message_list(struct http2 *h, struct http2_stream *x, enum side from,
                        const struct http_head *request, const struct http_origin *origin) {
    struct http2_message *m = &x->message[from];
    if (m->over) /* what comes has no head */
        return;
    forget_parts(h, x, m);
    m->parts = http_parts_list_begin(request, origin);
    if (m->parts)
        http2_stream_take(h, x, http_parts_list_size(m->parts));
}

void http2_message_answered(struct http2 *h, struct http2_stream *x, enum side from,
                            const struct http_head *response) {
    struct http2_message *m = &x->message[from];
    struct transfer_seed seed = transfer_seed_of("http", from);
    if (x->exchange && x->exchange->origin.creates && response->status < 300)
        http_upload_made(h->c, from, &x->exchange->origin, response);
    if (!m->waits)
        return;
    if (http_upload_key(response, &seed))
        h->c->services->learn(h->c, m->transfer, &seed);
    http2_message_end(h, x, from, TRANSFER_DONE);
}

void http2_message_end(struct http2 *h, struct http2_stream *x, enum side from, enum transfer_end how) {
    struct http2_message *m = &x->message[from];
    if (m->over)
        return;
    if (m->waits) {
        how = TRANSFER_DONE;
    } else if (m->creates && how == TRANSFER_DONE) {
        m->waits = true;
        return;
    }
    /* What came before its first octet nobody knows; a hole in a body that is as long as it was announced is
     * none. */
    bool whole = m->headed && (!m->holed || m->seen == m->length);
    if (how == TRANSFER_DONE && !whole)
        how = TRANSFER_CUT;
    if (m->parts && how == TRANSFER_DONE)
        http_parts_list_end(m->parts, h->c, from);
    forget_parts(h, x, m);
    if (x->tunnel)
        http2_tunnel_end(h, x, from, how == TRANSFER_DONE);
    else if (m->grpc)
        grpc_end(h, x, from);
    else if (m->begun)
        h->c->services->end(h->c, m->transfer, how);
    protocol_free(m->grpc);
    m->grpc = NULL;
    m->transfer = NULL;
    m->over = true;
    forget_head(h, x, m);
}
