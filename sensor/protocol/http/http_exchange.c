/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/http/http_exchange.h"

#include "base/counter.h"
#include "protocol/memory.h"

enum { METHOD_MAX = 32, PATH_MAX_BYTES = 2048, HOST_MAX = 255, USER_MAX = 255, METADATA_MAX = 1024 };

void http_exchanges_init(struct http_exchanges *q) {
    *q = (struct http_exchanges){.first = NULL};
    q->last = &q->first;
}

static struct http_exchange *take_first(struct http_exchanges *q) {
    struct http_exchange *x = q->first;
    if (!x)
        return NULL;
    q->first = x->next;
    if (!q->first) {
        q->last = &q->first;
        q->newest = NULL;
    }
    q->count--;
    q->bytes -= x->size;
    x->next = NULL;
    return x;
}

void http_exchanges_finish(struct http_exchanges *q) {
    struct http_exchange *x;
    while ((x = take_first(q)))
        protocol_free(x);
}

static struct bytes copy_text(uint8_t **at, struct bytes text) {
    struct bytes kept = bytes_of(*at, text.n);
    if (text.n)
        memcpy(*at, text.p, text.n);
    *at += text.n;
    return kept;
}

static struct bytes cut_text(struct bytes text, size_t most) {
    return bytes_of(text.p, text.n < most ? text.n : most);
}

struct http_exchange *http_exchange_keep(const struct http_origin *o) {
    struct http_origin cuts = *o;
    cuts.method = cut_text(o->method, METHOD_MAX);
    cuts.path = cut_text(o->path, PATH_MAX_BYTES);
    cuts.host = cut_text(o->host, HOST_MAX);
    cuts.user = cut_text(o->user, USER_MAX);
    cuts.metadata = cut_text(o->metadata, METADATA_MAX);
    size_t size = sizeof(struct http_exchange) + cuts.method.n + cuts.path.n + cuts.host.n + cuts.user.n +
                  cuts.metadata.n;
    struct http_exchange *x = protocol_grow(PROTOCOL_HELD, NULL, size);
    if (!x) {
        counter_one(COUNTER_HTTP_NO_MEMORY);
        return NULL;
    }
    uint8_t *at = (uint8_t *)(x + 1);
    *x = (struct http_exchange){.size = size, .origin = cuts};
    x->origin.method = copy_text(&at, cuts.method);
    x->origin.path = copy_text(&at, cuts.path);
    x->origin.host = copy_text(&at, cuts.host);
    x->origin.user = copy_text(&at, cuts.user);
    x->origin.metadata = copy_text(&at, cuts.metadata);
    return x;
}

static struct http_exchange *append_exchange(struct http_exchanges *q, const struct http_origin *o) {
    struct http_exchange *x = http_exchange_keep(o);
    if (!x) {
        http_exchanges_finish(q); /* what waits would be paired with the wrong answers */
        return NULL;
    }
    while (q->count >= HTTP_EXCHANGES_MAX || (q->count && q->bytes + x->size > HTTP_EXCHANGES_BYTES)) {
        protocol_free(take_first(q));
        counter_one(COUNTER_HTTP_UNANSWERED);
    }
    q->bytes += x->size;
    *q->last = x;
    q->last = &x->next;
    q->newest = x;
    q->count++;
    return x;
}

void http_exchanges_asked(struct http_exchanges *q, const struct http_origin *origin, bool old) {
    /* What the gap hid has been answered before this request came: nothing else is behind it. */
    if (q->first && q->first->unknown && q->first->used)
        protocol_free(take_first(q));
    struct http_exchange *x = append_exchange(q, origin);
    if (x)
        x->old = old;
}

struct http_exchange *http_exchanges_answered(struct http_exchanges *q) {
    struct http_exchange *x = q->first;
    if (!x)
        return NULL;
    if (x->answered) {
        bool newer = false;
        for (const struct http_exchange *i = x; i && !newer; i = i->next)
            newer = !i->answered;
        /* A newer request asks for this response; of several old ones nobody can say which. */
        bool alone = !x->next;
        while (q->first && q->first->answered && (newer || !alone))
            protocol_free(take_first(q));
        if (!q->first)
            return NULL;
        x = q->first;
    }
    if (!x->unknown)
        return take_first(q);
    if (x->next)
        protocol_free(take_first(q));
    else
        x->used = true;
    return NULL;
}

struct http_exchange *http_exchanges_answer_lost(struct http_exchanges *q) {
    const struct http_exchange *x = q->first;
    bool alone = x && x->answered && !x->unknown && !(x->next && x->next->answered);
    return alone ? take_first(q) : NULL;
}

const struct http_exchange *http_exchanges_next(const struct http_exchanges *q) {
    return q->first;
}

const struct http_exchange *http_exchanges_newest(const struct http_exchanges *q) {
    return q->newest;
}

void http_exchanges_requests_lost(struct http_exchanges *q) {
    static const struct http_origin nobody;
    const struct http_exchange *newest = http_exchanges_newest(q);
    if (newest && newest->unknown)
        return;
    struct http_exchange *x = append_exchange(q, &nobody);
    if (x)
        x->unknown = true;
}

void http_exchanges_responses_lost(struct http_exchanges *q) {
    for (struct http_exchange *x = q->first; x; x = x->next)
        x->answered = true;
}
