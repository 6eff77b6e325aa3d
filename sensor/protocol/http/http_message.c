/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "protocol/http/http_facts.h"
#include "protocol/http/http_flow.h"
#include "protocol/memory.h"

/* While a head is read it is not yet kept: http_message_head() has it. */
static void drop_head(struct http_side *s) {
    if (!s->reading)
        protocol_free(s->head);
    s->head = NULL;
}

static void forget_head(struct http_side *s) {
    drop_head(s);
    protocol_free(s->exchange);
    s->exchange = NULL;
}

static void forget_lists(struct http_side *s) {
    http_parts_list_forget(s->parts);
    s->parts = NULL;
    protocol_free(s->trailer);
    s->trailer = NULL;
}

static void begin_transfer_of(struct http *h, struct http_side *s, const struct http_origin *origin) {
    struct transfer_seed seed;
    char scratch[HTTP_SCRATCH], upload[HTTP_UPLOAD_SCRATCH];
    http_facts_fill(&seed, http_side_of(h, s), s->head, origin, scratch);
    if (s->head && s->head->request)
        s->creates = http_upload_fill(h->c, s->head, origin, &seed, upload);
    s->begun = true;
    s->transfer = h->c->services->begin(h->c, &seed);
    forget_head(s);
}

static void begin_transfer(struct http *h, struct http_side *s) {
    struct http_origin origin = {.path = {NULL, 0}};
    const struct http_exchange *newest = http_exchanges_newest(&h->waiting[http_side_of(h, s)]);
    if (s->head && s->head->request) /* s->request may be of the next message by now */
        origin = http_facts_origin(s->head);
    else if (s->exchange)
        origin = s->exchange->origin;
    else if (s->leftover && newest)
        origin = newest->origin;
    begin_transfer_of(h, s, &origin);
}

void http_message_data(struct http *h, struct http_side *s, struct bytes payload) {
    if (payload.n == 0)
        return;
    if (!s->begun)
        begin_transfer(h, s);
    if (s->parts)
        http_parts_list_data(s->parts, payload);
    h->c->services->data(h->c, s->transfer, payload.p, payload.n);
}

void http_message_headless(struct http *h, struct http_side *s, struct bytes payload) {
    if (!s->begun && payload.n && !s->leftover) {
        counter_one(COUNTER_HTTP_HEADLESS);
        if (http_side_of(h, s) != h->client) {
            protocol_free(s->exchange);
            s->exchange = http_exchanges_answer_lost(&h->waiting[h->client]);
        }
    }
    http_message_data(h, s, payload);
}

void http_message_gap(struct http *h, struct http_side *s, uint64_t n) {
    if (n == 0)
        return;
    if (!s->begun)
        begin_transfer(h, s);
    h->c->services->gap(h->c, s->transfer, n);
}

void http_message_end(struct http *h, struct http_side *s, enum transfer_end how) {
    bool silent = !s->begun && !s->request;
    /* What no length announces may lack whatever was missed on this flow. */
    const bool *lost = h->c->lost;
    bool loose = s->leftover || s->phase == HTTP_SEEKING;
    bool until_close = s->begun && s->body.framing == HTTP_UNTIL_CLOSE;
    if (how == TRANSFER_DONE &&
        ((loose && (lost[SIDE_CLIENT] || lost[SIDE_SERVER])) || (until_close && lost[http_side_of(h, s)])))
        how = TRANSFER_UNKNOWN;
    if (s->begun)
        h->c->services->end(h->c, s->transfer, how);
    if (s->parts && how == TRANSFER_DONE)
        http_parts_list_end(s->parts, h->c, http_side_of(h, s));
    forget_lists(s);
    s->begun = s->creates = false;
    s->leftover = false;
    s->transfer = NULL;
    s->expects = false;
    /* What a response without a body was asked for names what may come behind it. */
    if (silent)
        drop_head(s);
    else
        forget_head(s);
    s->phase = HTTP_AT_START;
}

void http_message_behind(struct http *h, struct http_side *s) {
    if (!s->begun) {
        http_message_end(h, s, TRANSFER_DONE);
        return;
    }
    s->phase = HTTP_BEHIND;
    conversation_settle_later(h->c);
}

void http_message_forget(struct http_side *s) {
    forget_head(s);
    forget_lists(s);
}

/* --- requests --- */

/* Requests of these methods end with their head when they announce no body (RFC 9112 section 6.3); behind any
 * other one bytes that are no request are taken for a body that its sender forgot to announce. */
static bool is_bodiless(struct bytes method) {
    static const char *const list[] = {"GET", "HEAD", "OPTIONS", "DELETE", "TRACE", NULL};
    for (size_t i = 0; list[i]; i++)
        if (method.n > 0 && (method.p[0] & ~0x20) == list[i][0] && bytes_equal_nocase(method, list[i]))
            return true;
    return false;
}

static void begin_request_body(struct http *h, struct http_side *s, const struct http_origin *origin) {
    uint64_t total;
    struct bytes method = origin->method;
    http_body_init(&s->body, s->head->framing, s->head->length, false);
    if (s->head->framing == HTTP_UNTIL_CLOSE && !is_bodiless(method)) {
        /* Whatever comes was not announced: chunks, if it begins with one. */
        http_body_init(&s->body, HTTP_CHUNKS_LIKELY, s->head->length, false);
        s->phase = HTTP_IN_EITHER;
    } else if (s->head->framing == HTTP_UNTIL_CLOSE || s->body.framing == HTTP_NO_BODY) {
        /* An empty file that is put is a file all the same, but where it asks how much of one has come. */
        if (s->head->framing == HTTP_LENGTH && bytes_equal_nocase(method, "PUT") &&
            !(http_upload_asks(s->head, &total) && total == UINT64_MAX))
            begin_transfer_of(h, s, origin);
        http_message_behind(h, s);
    } else {
        s->phase = HTTP_IN_BODY;
        s->expects = http_head_lists(s->head, HTTP_EXPECT, "100-continue");
        if (s->head->framing == HTTP_LENGTH && !s->expects)
            begin_transfer_of(h, s, origin);
    }
}

static void take_request(struct http *h, struct http_side *s) {
    struct http_origin origin = http_facts_origin(s->head);
    counter_one(COUNTER_HTTP_REQUESTS);
    http_hosts_tell(&h->hosts, h->c, origin.host);
    http_exchanges_asked(&h->waiting[http_side_of(h, s)], &origin, s->head->old);
    if (bytes_equal_nocase(origin.method, "COPY") || bytes_equal_nocase(origin.method, "MOVE") ||
        http_head_has(s->head, HTTP_AMZ_COPY_SOURCE))
        counter_one(COUNTER_HTTP_COPIES);
    s->parts = http_parts_list_begin(s->head, &origin);
    if (bytes_equal_nocase(origin.method, "CONNECT")) {
        h->c->services->tell(h->c, (const struct bytes[FACT_COUNT]){[FACT_TARGET] = origin.host});
        http_message_end(h, s, TRANSFER_DONE);
        s->phase = HTTP_ON_HOLD;
        return;
    }
    begin_request_body(h, s, &origin);
}

/* --- responses --- */

static bool was_asked_with(const struct http_side *s, const char *method) {
    return s->exchange && bytes_equal_nocase(s->exchange->origin.method, method);
}

/* Without its request a proxy's usual words tell that a tunnel begins. */
static bool opens_tunnel(const struct http_side *s) {
    if (s->head->status < 200 || s->head->status > 299)
        return false;
    /* A camera's answers and pictures, as QuickTime has them behind a GET. */
    if (bytes_starts_nocase(s->head->field[HTTP_CONTENT_TYPE], "application/x-rtsp-tunnelled"))
        return true;
    return was_asked_with(s, "CONNECT") || (!s->exchange && s->head->framing == HTTP_UNTIL_CLOSE &&
                                            bytes_starts_nocase(s->head->reason, "connection established"));
}

/* The upload that the client has begun goes on where this answer says. */
static void learn_upload(struct http *h, const struct http_side *s, const struct http_side *client) {
    struct transfer_seed seed = transfer_seed_of("http", http_side_of(h, client));
    if (http_upload_key(s->head, &seed))
        h->c->services->learn(h->c, client->transfer, &seed);
}

/* The client's side learns what a final answer means for what it sends. */
static void tell_client(struct http *h, const struct http_side *s) {
    struct http_side *client = &h->side[side_other(http_side_of(h, s))];
    if (s->exchange && s->exchange->origin.creates && s->head->status < 300)
        http_upload_made(h->c, http_side_of(h, client), &s->exchange->origin, s->head);
    if (client->phase == HTTP_ON_HOLD && was_asked_with(s, "CONNECT")) {
        client->phase = HTTP_AT_START;
        h->wake = client;
    }
    if (client->phase == HTTP_IN_BODY && client->expects && !client->begun && s->head->status >= 300)
        client->phase = HTTP_IN_EITHER;
    if (client->phase == HTTP_BEHIND && client->creates)
        learn_upload(h, s, client);
    /* Its receiver has what it wants of it. */
    if (client->phase == HTTP_BEHIND && !client->held)
        http_message_end(h, client, TRANSFER_DONE);
}

/* Whatever follows: what it is called is only a name. */
static void leave_for_other(struct http *h, struct http_side *s) {
    h->result = PROTOCOL_BECOMES;
    http_message_end(h, s, TRANSFER_DONE);
    s->phase = HTTP_OVER;
}

static void begin_response_body(struct http *h, struct http_side *s) {
    int status = s->head->status;
    bool none = status < 200 || status == 204 || status == 304 || was_asked_with(s, "HEAD");
    http_body_init(&s->body, s->head->framing, s->head->length, true);
    if (s->body.framing == HTTP_NO_BODY || (none && s->head->framing == HTTP_UNTIL_CLOSE)) {
        http_message_end(h, s, TRANSFER_DONE);
    } else if (none || (s->body.framing == HTTP_UNTIL_CLOSE && !s->head->status_read)) {
        /* The length of what GET would have brought, or a status that may be an interim one: browsers read a
         * body that comes. */
        s->phase = HTTP_IN_EITHER;
    } else {
        s->phase = HTTP_IN_BODY;
        if (s->head->framing == HTTP_LENGTH)
            begin_transfer(h, s);
    }
}

/* A switch of protocols says to which one (RFC 9110 section 15.2.2); without that it is an answer like any
 * other. */
static bool switches_protocol(const struct http_side *s) {
    return s->head->status == 101 &&
           (s->head->framing == HTTP_UNTIL_CLOSE || http_head_has(s->head, HTTP_UPGRADE));
}

/* What the answer that begins now was asked for. */
static void take_exchange(struct http *h, struct http_side *s) {
    protocol_free(s->exchange);
    s->exchange = http_exchanges_answered(&h->waiting[side_other(http_side_of(h, s))]);
    h->answered = true;
}

static void take_response(struct http *h, struct http_side *s) {
    counter_one(COUNTER_HTTP_RESPONSES);
    if (s->head->status < 200 && s->head->status != 101) {
        begin_response_body(h, s); /* there should be none, and the answer comes behind it */
        return;
    }
    take_exchange(h, s);
    if (switches_protocol(s)) {
        counter_one(COUNTER_HTTP_UPGRADES);
        h->becomes_socket = http_head_lists(s->head, HTTP_UPGRADE, "websocket");
        h->becomes_http2 = http_head_lists(s->head, HTTP_UPGRADE, "h2c");
        h->upgrade = s->exchange;
        s->exchange = NULL;
        leave_for_other(h, s);
    } else if (opens_tunnel(s)) {
        leave_for_other(h, s);
    } else {
        tell_client(h, s);
        begin_response_body(h, s);
    }
}

void http_message_begin(struct http *h, struct http_side *s, struct http_head *head) {
    drop_head(s);
    s->head = head;
    s->reading = true;
    if (s->request)
        take_request(h, s);
    else
        take_response(h, s);
    s->reading = false;
    if (s->head)
        s->head = http_head_keep(head);
}

bool http_message_head(struct http *h, struct http_side *s, struct bytes block) {
    struct http_head head;
    drop_head(s);
    if (!http_head_parse(&head, s->request, block, h->c->allowance))
        return false;
    http_message_begin(h, s, &head);
    http_head_finish(&head);
    return true;
}

void http_message_old(struct http *h, struct http_side *s) {
    take_exchange(h, s);
    http_body_init(&s->body, HTTP_UNTIL_CLOSE, LENGTH_UNKNOWN, true);
    s->request = false;
    s->phase = HTTP_IN_BODY;
    counter_one(COUNTER_HTTP_RESPONSES);
}
