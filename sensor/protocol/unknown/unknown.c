/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/unknown/unknown.h"

#include "base/counter.h"
#include "protocol/memory.h"
#include "protocol/structure.h"

enum {
    WATCH_BYTES = 1 << 16, /* of a side: its first octets, in which something may begin */
    TAIL_BYTES = 2 * STRUCTURE_FIRST,
};

struct unknown_side {
    struct transfer *transfer; /* NULL also when nobody wants it */
    bool begun, over;
    uint32_t watched;
    uint8_t tail_n;
    uint8_t tail[TAIL_BYTES]; /* the last octets before the next run: what is cut is found too */
};

struct unknown {
    struct unknown_side side[2];
};

static void *open_unknown(struct conversation *c, struct bytes facts) {
    return protocol_alloc(PROTOCOL_STATE, sizeof(struct unknown));
}

/* --- the object of a side --- */

static void begin_object(struct conversation *c, struct unknown_side *s, enum side from) {
    const struct transfer_seed seed = transfer_seed_of("unknown", from);
    counter_one(COUNTER_UNKNOWN_OBJECTS);
    s->begun = true;
    s->transfer = c->services->begin(c, &seed);
}

static void end_object(struct conversation *c, struct unknown_side *s, enum transfer_end how) {
    if (s->begun && !s->over)
        c->services->end(c, s->transfer, how);
    s->over = true;
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

static size_t find_structure(struct bytes in) {
    return structure_begins(in) == STRUCTURE_FOUND ? 0 : structure_find(in, true);
}

/* What a run holds, with the tail of the one before it. */
struct found {
    bool protocol, structure;
    size_t held;         /* octets of the tail that belong to it */
    struct bytes inside; /* octets of the run that do */
};

static void look_in(struct bytes in, bool begun, struct found *f, size_t *at) {
    size_t protocol = find_protocol(in), structure = begun ? in.n : find_structure(in);
    f->protocol = protocol < in.n;
    f->structure = !f->protocol && structure < in.n;
    *at = f->protocol ? protocol : structure;
}

/* A structure is looked for over the seam as well, if it begins in the tail. */
static void look_at_run(struct unknown_side *s, struct bytes in, struct found *f) {
    uint8_t seam[2 * TAIL_BYTES];
    size_t n = in.n < TAIL_BYTES ? in.n : TAIL_BYTES, at;
    *f = (struct found){.inside = in};
    if (s->tail_n) {
        memcpy(seam, s->tail, s->tail_n);
        memcpy(seam + s->tail_n, in.p, n);
        look_in(bytes_of(seam, s->tail_n + n), s->begun, f, &at);
        if ((f->protocol || f->structure) && at < s->tail_n) {
            f->held = s->tail_n - at;
            return;
        }
        *f = (struct found){.inside = in};
    }
    look_in(in, s->begun, f, &at);
    if (f->protocol || f->structure)
        f->inside = bytes_of(in.p + at, in.n - at);
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

static enum protocol_result become_found(struct conversation *c, enum side from, const struct found *f) {
    struct unknown *u = c->state;
    struct unknown_side *s = &u->side[from];
    conversation_become(c, NULL, false);
    conversation_inner(c, from, s->tail + s->tail_n - f->held, f->held);
    conversation_inner(c, from, f->inside.p, f->inside.n);
    return PROTOCOL_BECOMES;
}

static enum protocol_result take_data(struct conversation *c, enum side from, const uint8_t *bytes,
                                      size_t n) {
    struct unknown *u = c->state;
    struct unknown_side *s = &u->side[from], *other = &u->side[side_other(from)];
    struct found f = {.inside = bytes_of(bytes, n)};
    if (is_watched(s)) {
        look_at_run(s, bytes_of(bytes, n), &f);
        s->watched = n < WATCH_BYTES - s->watched ? s->watched + (uint32_t)n : WATCH_BYTES;
        if (f.protocol)
            return become_found(c, from, &f);
        if (f.structure) {
            begin_object(c, s, from);
            if (f.held)
                c->services->data(c, s->transfer, s->tail + s->tail_n - f.held, f.held);
            s->tail_n = 0;
        } else if (!s->begun) {
            keep_tail(s, bytes_of(bytes, n));
        }
    }
    if (s->begun && !s->over && f.inside.n)
        c->services->data(c, s->transfer, f.inside.p, f.inside.n);
    bool idle = !s->begun && !is_watched(s) && !other->begun && !is_watched(other);
    return idle ? PROTOCOL_DONE : PROTOCOL_OK;
}

static enum protocol_result take_gap(struct conversation *c, enum side from, uint64_t n) {
    struct unknown *u = c->state;
    struct unknown_side *s = &u->side[from];
    s->tail_n = 0;
    if (s->begun && !s->over)
        c->services->gap(c, s->transfer, n);
    return PROTOCOL_OK;
}

static void take_end(struct conversation *c, enum side from, bool clean) {
    struct unknown *u = c->state;
    bool whole = clean && !c->lost[SIDE_CLIENT] && !c->lost[SIDE_SERVER]; /* what was missed may belong to it */
    end_object(c, &u->side[from], whole ? TRANSFER_DONE : TRANSFER_CUT);
}

static void close_unknown(struct conversation *c) {
    struct unknown *u = c->state;
    for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++)
        end_object(c, &u->side[side], TRANSFER_CUT);
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
