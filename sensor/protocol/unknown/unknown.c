/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/unknown/unknown.h"

#include "protocol/memory.h"
#include "protocol/unknown/carver.h"
#include "protocol/unknown/offer.h"

enum {
    WATCH_BYTES = 1 << 16, /* of a side: its first octets, in which a protocol may begin */
    TAIL_BYTES = 2 * STRUCTURE_FIRST,
};

struct unknown_side {
    struct carver carver;
    bool over;
    uint32_t watched;
    uint8_t tail_n;
    uint8_t tail[TAIL_BYTES]; /* the last octets before the next run: what is cut is found too */
};

struct unknown {
    struct unknown_side side[2];
    struct offer offer; /* its octets are nobody's meanwhile */
    bool became;
};

static void *open_unknown(struct conversation *c, struct bytes facts) {
    return protocol_alloc(PROTOCOL_STATE, sizeof(struct unknown));
}

/* --- what begins --- */

static size_t find_protocol(struct bytes in) {
    size_t nearest = in.n;
    for (size_t i = 0; protocol_table[i]; i++) {
        size_t at = protocol_table[i]->find ? protocol_table[i]->find(bytes_of(in.p, in.n)) : in.n;
        if (at < nearest)
            nearest = at;
    }
    return nearest;
}

/* Where a protocol begins in a run, with the tail of the one before it. */
struct found {
    bool protocol;
    size_t held;         /* octets of the tail that belong to it */
    struct bytes inside; /* octets of the run that do */
};

enum run {
    RUN_FRESH,
    RUN_RELEASED, /* what was offered, and not taken */
    RUN_LAST,     /* nothing can become of it any more: what follows it is another one's, or nothing does */
};

/* The tail with the first octets of the run behind it. */
static struct bytes join_seam(const struct unknown_side *s, struct bytes in, uint8_t room[2 * TAIL_BYTES]) {
    size_t n = in.n < TAIL_BYTES ? in.n : TAIL_BYTES;
    memcpy(room, s->tail, s->tail_n);
    memcpy(room + s->tail_n, in.p, n);
    return bytes_of(room, s->tail_n + n);
}

/* Something is looked for over the seam as well, if it begins in the tail. */
static struct found look_at_run(struct unknown_side *s, struct bytes in) {
    uint8_t room[2 * TAIL_BYTES];
    size_t at = s->tail_n ? find_protocol(join_seam(s, in, room)) : 0;
    if (at < s->tail_n)
        return (struct found){.protocol = true, .held = s->tail_n - at, .inside = in};
    at = find_protocol(in);
    return (struct found){.protocol = at < in.n, .inside = bytes_of(in.p + at, in.n - at)};
}

static void keep_tail(struct unknown_side *s, struct bytes in) {
    if (in.n >= TAIL_BYTES) {
        memcpy(s->tail, in.p + in.n - TAIL_BYTES, TAIL_BYTES);
        s->tail_n = TAIL_BYTES;
        return;
    }
    size_t keep = TAIL_BYTES - in.n < s->tail_n ? TAIL_BYTES - in.n : s->tail_n;
    memmove(s->tail, s->tail + s->tail_n - keep, keep);
    memcpy(s->tail + keep, in.p, in.n);
    s->tail_n = (uint8_t)(keep + in.n);
}

static bool is_watched(const struct unknown_side *s) {
    return s->watched < WATCH_BYTES && !s->over;
}

static bool is_offering(const struct unknown *u, enum side side) {
    return u->offer.protocol && u->offer.from == side;
}

/* What the other side has offered came before. */
static enum protocol_result become_found(struct conversation *c, enum side from, const struct found *f) {
    struct unknown *u = c->state;
    const struct unknown_side *s = &u->side[from];
    u->became = true;
    conversation_become(c, NULL, false);
    if (is_offering(u, side_other(from)))
        conversation_inner(c, u->offer.from, u->offer.bytes, u->offer.n);
    if (f->held)
        conversation_inner(c, from, s->tail + s->tail_n - f->held, f->held);
    conversation_inner(c, from, f->inside.p, f->inside.n);
    return PROTOCOL_BECOMES;
}

static enum protocol_result take_run(struct conversation *c, enum side from, struct bytes run,
                                     enum run which) {
    struct unknown *u = c->state;
    struct unknown_side *s = &u->side[from];
    size_t offered = run.n;
    if (is_watched(s) && which != RUN_LAST) {
        struct found f = look_at_run(s, run);
        if (f.protocol) {
            carver_take(&s->carver, c, from, bytes_of(run.p, (size_t)(f.inside.p - run.p)));
            return become_found(c, from, &f);
        }
    }
    if (is_watched(s) && which == RUN_FRESH) {
        s->watched = run.n < WATCH_BYTES - s->watched ? s->watched + (uint32_t)run.n : WATCH_BYTES;
        if (!u->offer.protocol)
            offered = offer_look(&u->offer, from, run);
    }
    keep_tail(s, bytes_of(run.p, offered));
    carver_take(&s->carver, c, from, bytes_of(run.p, offered));
    return PROTOCOL_OK;
}

/* --- what is offered --- */

/* It was none: its octets are as all others. */
static enum protocol_result release_offer(struct conversation *c, enum run which) {
    struct unknown *u = c->state;
    struct offer o = u->offer;
    if (!o.protocol)
        return PROTOCOL_OK;
    u->offer.protocol = NULL;
    enum protocol_result result = take_run(c, o.from, bytes_of(o.bytes, o.n), which);
    if (result == PROTOCOL_OK)
        offer_drop(&u->offer);
    return result;
}

static enum protocol_result become_offered(struct conversation *c, enum side from, size_t held,
                                           struct bytes answer) {
    struct unknown *u = c->state;
    const struct unknown_side *s = &u->side[from];
    const struct protocol *const offered[] = {u->offer.protocol, NULL};
    u->became = true;
    conversation_become(c, offered, false);
    conversation_inner(c, u->offer.from, u->offer.bytes, u->offer.n);
    if (held)
        conversation_inner(c, from, s->tail + s->tail_n - held, held);
    conversation_inner(c, from, answer.p, answer.n);
    return PROTOCOL_BECOMES;
}

/* PROTOCOL_OK: it does not answer. */
static enum protocol_result take_answer(struct conversation *c, enum side from, struct bytes in) {
    struct unknown *u = c->state;
    const struct unknown_side *s = &u->side[from];
    uint8_t room[2 * TAIL_BYTES];
    size_t at;
    if (s->tail_n) {
        struct bytes seam = join_seam(s, in, room);
        if ((at = u->offer.protocol->find_answer(seam)) < s->tail_n)
            return become_offered(c, from, s->tail_n - at, in);
    }
    at = u->offer.protocol->find_answer(in);
    if (at < in.n) {
        if (at)
            take_run(c, from, bytes_of(in.p, at), RUN_LAST);
        return become_offered(c, from, 0, bytes_of(in.p + at, in.n - at));
    }
    if (offer_waits(&u->offer, in.n))
        return PROTOCOL_OK;
    enum protocol_result result = release_offer(c, RUN_RELEASED);
    if (result == PROTOCOL_BECOMES)
        conversation_inner(c, from, in.p, in.n);
    return result;
}

/* --- events --- */

static enum protocol_result take_data(struct conversation *c, enum side from, const uint8_t *bytes,
                                      size_t n) {
    struct unknown *u = c->state;
    const struct unknown_side *s = &u->side[from], *other = &u->side[side_other(from)];
    struct bytes in = bytes_of(bytes, n);
    enum protocol_result result = PROTOCOL_OK;
    if (is_offering(u, from)) {
        if (offer_add(&u->offer, in))
            return PROTOCOL_OK;
        result = release_offer(c, RUN_RELEASED);
        if (result == PROTOCOL_BECOMES)
            conversation_inner(c, from, in.p, in.n);
    } else if (u->offer.protocol) {
        result = take_answer(c, from, in);
    }
    if (result == PROTOCOL_BECOMES)
        return result;
    result = take_run(c, from, in, RUN_FRESH);
    c->spare = s->watched + other->watched >= WATCH_BYTES && !carver_works(&s->carver) &&
               !carver_works(&other->carver) && !u->offer.protocol;
    return result;
}

static enum protocol_result take_gap(struct conversation *c, enum side from, uint64_t n) {
    struct unknown *u = c->state;
    struct unknown_side *s = &u->side[from];
    if (is_offering(u, from))
        release_offer(c, RUN_LAST);
    s->tail_n = 0;
    carver_gap(&s->carver, c, from, n);
    return PROTOCOL_OK;
}

static void end_side(struct conversation *c, enum side from, bool whole) {
    struct unknown *u = c->state;
    struct unknown_side *s = &u->side[from];
    if (!s->over)
        carver_end(&s->carver, c, from, whole);
    s->over = true;
}

static void take_end(struct conversation *c, enum side from, bool clean) {
    struct unknown *u = c->state;
    bool whole =
        clean && !c->lost[SIDE_CLIENT] && !c->lost[SIDE_SERVER]; /* what was missed may belong to it */
    if (is_offering(u, from))
        release_offer(c, RUN_LAST);
    end_side(c, from, whole);
}

static void close_unknown(struct conversation *c) {
    struct unknown *u = c->state;
    if (!u->became)
        release_offer(c, RUN_LAST);
    for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++)
        end_side(c, side, false);
    offer_drop(&u->offer);
    protocol_free(u);
}

const struct protocol protocol_unknown = {
    .name = "unknown",
    .open = open_unknown,
    .data = take_data,
    .gap = take_gap,
    .end = take_end,
    .close = close_unknown,
    .takes_rest = true,
};
