/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/websocket/websocket.h"

#include "base/counter.h"
#include "coding/coding.h"
#include "protocol/memory.h"

enum { PATH_MAX_OCTETS = 512, UNMASK_MAX = 4096 };

struct websocket_side {
    struct filter filter; /* first: what is inflated comes here */
    struct websocket *socket;
    enum side from;
    uint8_t head_n, head[WEBSOCKET_HEAD_MAX];
    struct websocket_frame frame;
    bool in_frame;
    uint64_t left; /* octets of its payload */
    unsigned masked_n;
    bool within;         /* a message goes on in the next frame */
    bool open, deflated; /* a message is */
    struct transfer *transfer;
    /* NULL before the first deflated message. One context serves all: messages that do without it refer to
     * nothing before them. */
    struct filter *inflate;
};

struct websocket {
    struct conversation *c;
    bool spent; /* a bound keeps what is deflated from being read */
    struct websocket_side side[2];
    uint16_t path_n;
    uint8_t path[PATH_MAX_OCTETS];
};

/* --- messages --- */

static void take_inflated(struct filter *f, const uint8_t *bytes, size_t n) {
    struct websocket_side *s = (struct websocket_side *)f;
    if (s->open)
        s->socket->c->services->data(s->socket->c, s->transfer, bytes, n);
}

static void take_inflated_gap(struct filter *f, uint64_t n) {
    struct websocket_side *s = (struct websocket_side *)f;
    if (s->open)
        s->socket->c->services->gap(s->socket->c, s->transfer, n);
}

static void end_inflated(struct filter *f, enum transfer_end how) {
}

static void note_spent(struct filter *f) {
    ((struct websocket_side *)f)->socket->spent = true;
}

static const struct filter_ops inflated_ops = {
    .data = take_inflated, .gap = take_inflated_gap, .end = end_inflated, .bounded = note_spent};

static void end_inflating(struct websocket_side *s) {
    if (s->inflate && s->inflate != &s->filter)
        filter_end(s->inflate, TRANSFER_CUT);
    s->inflate = NULL;
}

static void begin_inflating(struct websocket_side *s) {
    struct conversation *c = s->socket->c;
    struct coding_list bare = coding_bare();
    bare.allowance = c->allowance;
    if (!s->inflate)
        s->inflate = c->codings ? coding_stack(c->codings, &bare, &s->filter) : &s->filter;
}

static bool is_lost(const struct websocket_side *s) {
    return s->socket->spent || (s->inflate && coding_progress(s->inflate) == CODING_LOST);
}

static void end_message(struct websocket_side *s, enum transfer_end how) {
    /* The end of its last block is left out on the wire (RFC 7692 section 7.2.1). */
    static const uint8_t tail[] = {0, 0, 0xff, 0xff};
    struct conversation *c = s->socket->c;
    if (!s->open)
        return;
    if (s->deflated && s->inflate && s->inflate != &s->filter && how == TRANSFER_DONE &&
        coding_progress(s->inflate) == CODING_GOES_ON)
        filter_data(s->inflate, tail, sizeof tail);
    c->services->end(c, s->transfer, s->deflated && is_lost(s) ? TRANSFER_CUT : how);
    s->open = false;
    s->transfer = NULL;
    if (s->inflate && coding_progress(s->inflate) ==
                          CODING_AT_END) /* some end their stream with a message (RFC 7692 section 7.2.3.5) */
        end_inflating(s);
}

static void begin_message(struct websocket_side *s) {
    struct websocket *w = s->socket;
    struct transfer_seed seed = transfer_seed_of("websocket", s->from);
    seed.fact[FACT_URL] = bytes_of(w->path, w->path_n);
    seed.message = s->frame.final && !s->frame.deflated;
    if (seed.message)
        seed.length = s->frame.length;
    s->transfer = w->c->services->begin(w->c, &seed);
    s->open = true;
    s->deflated = s->frame.deflated;
    if (s->deflated)
        begin_inflating(s);
}

static void take_payload(struct websocket_side *s, const uint8_t *p, size_t n) {
    struct conversation *c = s->socket->c;
    if (websocket_is_control(&s->frame) || !s->open)
        return;
    if (s->deflated)
        filter_data(s->inflate, p, n);
    else
        c->services->data(c, s->transfer, p, n);
}

/* --- frames --- */

static void end_frame(struct websocket_side *s) {
    s->in_frame = false;
    s->head_n = 0;
    if (websocket_is_control(&s->frame))
        return;
    s->within = !s->frame.final;
    if (s->frame.final)
        end_message(s, TRANSFER_DONE);
}

static void begin_frame(struct websocket_side *s) {
    s->in_frame = true;
    s->left = s->frame.length;
    s->masked_n = 0;
    if (!websocket_is_control(&s->frame) && s->frame.opcode != 0)
        begin_message(s);
    if (s->left == 0)
        end_frame(s);
}

/* Octets of the payload; how many were taken. */
static size_t take_frame(struct websocket_side *s, const uint8_t *p, size_t n) {
    static uint8_t room[UNMASK_MAX]; /* one worker, one call */
    size_t take = s->left < n ? (size_t)s->left : n;
    if (s->frame.masked) {
        take = take < UNMASK_MAX ? take : UNMASK_MAX;
        for (size_t i = 0; i < take; i++)
            room[i] = p[i] ^ s->frame.mask[(s->masked_n + i) % 4];
        s->masked_n = (unsigned)((s->masked_n + take) % 4);
        p = room;
    }
    take_payload(s, p, take);
    s->left -= take;
    if (s->left == 0)
        end_frame(s);
    return take;
}

/* One octet more of a head. False: it is none. */
static bool take_head(struct websocket_side *s, uint8_t octet) {
    size_t n;
    s->head[s->head_n++] = octet;
    enum websocket_head head = websocket_read_head(bytes_of(s->head, s->head_n), s->within, &s->frame, &n);
    if (head == WEBSOCKET_HEAD)
        begin_frame(s);
    return head != WEBSOCKET_NONE;
}

/* --- the connection --- */

static void *open_websocket(struct conversation *c, struct bytes facts) {
    struct websocket *w = protocol_alloc(PROTOCOL_STATE, sizeof *w);
    if (!w)
        return NULL;
    w->c = c;
    for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++) {
        w->side[side].filter.ops = &inflated_ops;
        w->side[side].socket = w;
        w->side[side].from = side;
    }
    w->path_n = (uint16_t)(facts.n < PATH_MAX_OCTETS ? facts.n : PATH_MAX_OCTETS);
    if (w->path_n)
        memcpy(w->path, facts.p, w->path_n);
    return w;
}

static enum protocol_result take_websocket_data(struct conversation *c, enum side from, const uint8_t *bytes,
                                                size_t n) {
    struct websocket *w = c->state;
    struct websocket_side *s = &w->side[from];
    for (size_t at = 0; at < n;) {
        if (s->in_frame) {
            at += take_frame(s, bytes + at, n - at);
            if (is_lost(s)) /* the rest of this message cannot be read */
                return PROTOCOL_LOST;
        } else if (take_head(s, bytes[at])) {
            at++;
        } else {
            counter_one(COUNTER_WEBSOCKET_ODD);
            return conversation_become_any(c, from, bytes_of(s->head, (size_t)s->head_n - 1),
                                           bytes_of(bytes + at, n - at));
        }
    }
    return PROTOCOL_OK;
}

/* Within a frame the next head has its place; behind a gap over it nobody knows where one is. */
static enum protocol_result take_websocket_gap(struct conversation *c, enum side from, uint64_t n) {
    struct websocket *w = c->state;
    struct websocket_side *s = &w->side[from];
    if (!s->in_frame || s->left < n)
        return PROTOCOL_LOST;
    if (s->open && !websocket_is_control(&s->frame)) {
        c->services->gap(c, s->transfer, n);
        if (s->deflated) { /* what follows needs what is missing; the next message may not */
            end_inflating(s);
            end_message(s, TRANSFER_CUT);
        }
    }
    s->masked_n = (unsigned)((s->masked_n + n) % 4);
    s->left -= n;
    if (s->left == 0)
        end_frame(s);
    return PROTOCOL_OK;
}

static void take_websocket_end(struct conversation *c, enum side from, bool clean) {
    struct websocket *w = c->state;
    end_message(&w->side[from], TRANSFER_CUT);
}

static void close_websocket(struct conversation *c) {
    struct websocket *w = c->state;
    for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++) {
        end_inflating(&w->side[side]);
        end_message(&w->side[side], TRANSFER_CUT);
    }
    protocol_free(w);
}

const struct protocol protocol_websocket = {
    .name = "websocket",
    .open = open_websocket,
    .data = take_websocket_data,
    .gap = take_websocket_gap,
    .end = take_websocket_end,
    .close = close_websocket,
};
