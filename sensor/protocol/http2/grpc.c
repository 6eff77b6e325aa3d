/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "protocol/http2/http2_flow.h"
#include "protocol/memory.h"

enum { COMPRESSED = 1, TRAILERS = 0x80 /* gRPC-Web */, PREFIX = 5 };

bool grpc_is_type(struct bytes content_type) {
    static const char name[] = "application/grpc";
    enum { NAME = sizeof name - 1 };
    return bytes_starts_nocase(content_type, name) &&
           (content_type.n == NAME || memchr("+;- ", content_type.p[NAME], 4)) &&
           !bytes_starts_nocase(bytes_of(content_type.p + NAME, content_type.n - NAME), "-web-text");
}

static void begin_message(struct http2 *h, struct http2_stream *x, enum side from) {
    struct grpc *g = x->message[from].grpc;
    struct transfer_seed seed = transfer_seed_of("grpc", from);
    bool compressed = g->head[0] & COMPRESSED;
    if (x->exchange) {
        seed.fact[FACT_METHOD] = x->exchange->origin.method;
        seed.fact[FACT_URL] = x->exchange->origin.path;
        seed.fact[FACT_HOST] = x->exchange->origin.host;
        seed.fact[FACT_USER] = x->exchange->origin.user;
    }
    seed.fact[FACT_HTTP_VERSION] = bytes_text("2");
    seed.fact[FACT_DECLARED_TYPE] = bytes_text("application/grpc");
    if (compressed)
        seed.codings = bytes_text(g->coding);
    seed.length = g->left;
    counter_one(COUNTER_GRPC_MESSAGES);
    g->transfer = h->c->services->begin(h->c, &seed);
}

static void end_message(struct http2 *h, struct grpc *g, enum transfer_end how) {
    if (g->inside && !g->silent)
        h->c->services->end(h->c, g->transfer, how);
    g->transfer = NULL;
    g->inside = false;
    g->head_n = 0;
}

/* Whatever follows is looked at as one body. */
static void give_up(struct http2 *h, struct http2_message *m) {
    counter_one(COUNTER_GRPC_LOST);
    end_message(h, m->grpc, TRANSFER_CUT);
    protocol_free(m->grpc);
    m->grpc = NULL;
}

void grpc_lose(struct http2 *h, struct http2_stream *x, enum side from) {
    struct http2_message *m = &x->message[from];
    m->holed = true;
    give_up(h, m);
}

/* Its prefix is there: a flag, and the length in four octets. */
static void read_prefix(struct http2 *h, struct http2_stream *x, enum side from) {
    struct grpc *g = x->message[from].grpc;
    g->left =
        (uint32_t)g->head[1] << 24 | (uint32_t)g->head[2] << 16 | (uint32_t)g->head[3] << 8 | g->head[4];
    g->inside = true;
    g->silent = g->left == 0 || (g->head[0] & TRAILERS);
    if (!g->silent)
        begin_message(h, x, from);
    if (g->left == 0)
        end_message(h, g, TRANSFER_DONE);
}

/* False: it is no prefix, and no message of gRPC. */
static bool take_prefix(struct http2 *h, struct http2_stream *x, enum side from, struct bytes *in) {
    struct grpc *g = x->message[from].grpc;
    size_t want = (size_t)PREFIX - g->head_n, n = in->n < want ? in->n : want;
    memcpy(g->head + g->head_n, in->p, n);
    g->head_n = (uint8_t)(g->head_n + n);
    *in = bytes_of(in->p + n, in->n - n);
    if (g->head_n < PREFIX)
        return true;
    if (g->head[0] & ~(COMPRESSED | TRAILERS)) {
        uint8_t head[PREFIX];
        memcpy(head, g->head, PREFIX);
        give_up(h, &x->message[from]);
        http2_message_data(h, x, from, bytes_of(head, PREFIX));
        return false;
    }
    read_prefix(h, x, from);
    return true;
}

struct bytes grpc_take(struct http2 *h, struct http2_stream *x, enum side from, struct bytes in) {
    struct grpc *g = x->message[from].grpc;
    while (in.n) {
        if (!g->inside) {
            if (!take_prefix(h, x, from, &in))
                return in;
            continue;
        }
        size_t n = g->left < in.n ? g->left : in.n;
        if (!g->silent)
            h->c->services->data(h->c, g->transfer, in.p, n);
        g->left -= (uint32_t)n;
        if (g->left == 0)
            end_message(h, g, TRANSFER_DONE);
        in = bytes_of(in.p + n, in.n - n);
    }
    return in;
}

/* Within a message the next one has its place; behind a gap over its end nobody knows where one begins. */
void grpc_gap(struct http2 *h, struct http2_stream *x, enum side from, uint64_t n) {
    struct grpc *g = x->message[from].grpc;
    if (!g->inside || n > g->left) {
        grpc_lose(h, x, from);
        return;
    }
    if (!g->silent)
        h->c->services->gap(h->c, g->transfer, n);
    g->left -= (uint32_t)n;
    if (g->left == 0)
        end_message(h, g, TRANSFER_DONE);
}

void grpc_end(struct http2 *h, struct http2_stream *x, enum side from) {
    end_message(h, x->message[from].grpc, TRANSFER_CUT);
}
