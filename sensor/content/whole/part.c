/* SPDX-License-Identifier: Apache-2.0 */
#include "content/whole/parts_meet.h"

#include "base/counter.h"

static struct part *part_of(struct filter *f) {
    return (struct part *)f;
}

static void leave_run(struct part *p) {
    if (p->run)
        p->run->part = NULL;
    p->run = NULL;
}

static void leave_whole(struct part *p) {
    struct part **at = &p->whole->parts;
    while (*at != p)
        at = &(*at)->next;
    *at = p->next;
    leave_run(p);
    p->whole = NULL;
}

/* There is no room to wait: the part becomes an object of its own, with what was kept of it so far. */
static void spill_part(struct part *p) {
    struct content *c = p->content;
    struct whole *w = p->whole;
    struct run *r = p->run;
    struct object_seed seed = object_seed_beside(filter_object(w->head));
    seed.offset = whole_shown_offset(w, r ? r->start : p->at);
    seed.total = w->numbered ? LENGTH_UNKNOWN : w->total;
    p->limit = w->to_end ? LENGTH_UNKNOWN : w->total;
    counter_one(COUNTER_ASSEMBLY_SPILLED);
    p->own = object_create(c, &seed);
    p->own_end = p->at;
    if (r) {
        struct run **at = &w->runs;
        while (*at != r)
            at = &(*at)->next;
        *at = r->next;
        run_left(w, r);
        run_empty(c, r, 0, p->own);
    }
    leave_whole(p);
    if (whole_vacant(w))
        whole_drop(w);
}

/* Returns how many bytes found room; if that was not all, the part has left the whole, or, where that is
 * written in place, the whole does not wait for what comes before. */
static size_t hold_bytes(struct part *p, const uint8_t *bytes, size_t n) {
    struct wholes *ws = p->content->wholes;
    struct run *r = p->run ? p->run : run_for(p);
    size_t held = r ? run_append(ws, r, bytes, n) : 0;
    whole_progress(p->whole);
    p->at = add_sizes(p->at, held);
    if (held < n && p->whole->written) {
        counter_one(COUNTER_ASSEMBLY_SKIPPED);
        leave_run(p);
        whole_jump(p->whole, p->at);
    } else if (held < n) {
        spill_part(p);
    }
    return held;
}

/* Bytes of this part that the whole has seen, or that lie behind its end. */
static uint64_t count_seen(const struct part *p, uint64_t n) {
    const struct whole *w = p->whole;
    if (!w->to_end && !w->written && w->total != LENGTH_UNKNOWN && p->at >= w->total)
        return n;
    if (p->at >= w->frontier)
        return 0;
    return n < w->frontier - p->at ? n : w->frontier - p->at;
}

/* How far the part goes on by itself: what is held already came first. */
static uint64_t count_reach(const struct part *p, uint64_t n) {
    const struct whole *w = p->whole;
    if (!w->to_end && !w->written && w->total != LENGTH_UNKNOWN && n > w->total - p->at)
        n = w->total - p->at;
    if (p->at == w->frontier && w->runs && n > w->runs->start - p->at)
        n = w->runs->start - p->at;
    return n;
}

/* An object of its own is told in order: what lies behind its last byte was seen, and what is left out on the
 * way to the next one is missing. It ends where the whole would. */
static void feed_own(struct part *p, const uint8_t *bytes, uint64_t n) {
    uint64_t seen = p->at >= p->own_end ? 0 : n < p->own_end - p->at ? n : p->own_end - p->at;
    counter_add(COUNTER_ASSEMBLY_OVERLAP, seen);
    p->at = add_sizes(p->at, seen);
    n -= seen;
    uint64_t reach = p->limit <= p->at ? 0 : n < p->limit - p->at ? n : p->limit - p->at;
    counter_add(COUNTER_ASSEMBLY_BEHIND, n - reach);
    if (reach > 0 && p->at > p->own_end)
        filter_gap(p->own, p->at - p->own_end);
    p->at = add_sizes(p->at, n);
    if (reach == 0)
        return;
    p->own_end = p->at - (n - reach);
    if (bytes)
        filter_data(p->own, bytes + seen, (size_t)reach);
    else
        filter_gap(p->own, reach);
}

static void skip_seen(struct part *p, uint64_t n) {
    struct whole *w = p->whole;
    bool behind = p->at < w->frontier;
    counter_add(behind ? COUNTER_ASSEMBLY_OVERLAP : COUNTER_ASSEMBLY_BEHIND, n);
    if (w->written)
        whole_rewritten(w);
    p->at = add_sizes(p->at, n);
}

/* Returns how many bytes it took. */
static size_t take_bytes(struct part *p, const uint8_t *bytes, size_t n) {
    size_t seen = (size_t)count_seen(p, n);
    if (seen > 0) {
        skip_seen(p, seen);
        return seen;
    }
    size_t step = (size_t)count_reach(p, n);
    if (p->at != p->whole->frontier)
        return hold_bytes(p, bytes, step);
    p->at = add_sizes(p->at, step);
    whole_data(p->whole, bytes, step);
    return step;
}

static void take_data(struct filter *f, const uint8_t *bytes, size_t n) {
    struct part *p = part_of(f);
    while (n > 0 && p->whole) {
        size_t done = take_bytes(p, bytes, n);
        bytes += done;
        n -= done;
    }
    if (p->own && n > 0)
        feed_own(p, bytes, n);
    else
        counter_add(COUNTER_ASSEMBLY_OVERLAP, n);
}

/* Of what is written in place: another writer may fill it; bytes that were seen are perhaps others now. */
static void miss_written(struct part *p, uint64_t n) {
    struct whole *w = p->whole;
    if (n > 0 && p->at < w->frontier)
        whole_rewritten(w);
    p->at = add_sizes(p->at, n);
    if (p->at > w->reach)
        w->reach = p->at < OFFSET_MAX ? p->at : OFFSET_MAX;
}

static void take_gap(struct filter *f, uint64_t n) {
    struct part *p = part_of(f);
    if (p->own)
        feed_own(p, NULL, n);
    leave_run(p);
    if (p->whole && p->whole->written) {
        miss_written(p, n);
        return;
    }
    while (n > 0 && p->whole) {
        uint64_t step = count_seen(p, n);
        bool seen = step > 0;
        if (!seen)
            step = count_reach(p, n);
        bool at_frontier = p->at == p->whole->frontier;
        p->at = add_sizes(p->at, step);
        n -= step;
        if (!seen && at_frontier)
            whole_gap(p->whole, step);
    }
}

void part_write(struct filter *f, uint64_t offset, const uint8_t *bytes, size_t n) {
    struct part *p = part_of(f);
    if (!p->written || offset > OFFSET_MAX || (n == 0 && bytes))
        return;
    if (offset != p->at)
        leave_run(p);
    p->at = offset;
    if (bytes)
        take_data(f, bytes, n);
    else
        take_gap(f, n);
}

/* The protocol says that the thing ends where this part ends. */
static void end_whole_at(struct whole *w, uint64_t end) {
    w->total = end;
    w->to_end = false;
    if (whole_at_end(w))
        whole_close(w, w->frontier == end ? TRANSFER_DONE : TRANSFER_CUT);
}

static void tell_left(struct whole *w, const struct part *p, enum transfer_end how) {
    whole_progress(w);
    if (w->written)
        whole_writer_left(w, how);
    else if (!p->to_end && whole_vacant(w))
        whole_drop(w); /* it only said something of a whole that is not there */
    else if (w->numbered && !whole_piece_ended(w, p->at, how))
        return;
    else if (p->to_end && how == TRANSFER_DONE)
        end_whole_at(w, p->at);
    else if (p->to_end && how == TRANSFER_UNKNOWN && !w->parts && !w->runs)
        whole_close(w, TRANSFER_UNKNOWN);
    else if (whole_advance(w) && !w->parts) /* it may have said where the whole ends */
        whole_parts_left(w);
}

static void end_part(struct filter *f, enum transfer_end how) {
    struct part *p = part_of(f);
    struct whole *w = p->whole;
    if (p->own)
        filter_end(p->own, how);
    if (w) {
        leave_whole(p);
        tell_left(w, p, how);
    }
    pool_give(&p->content->wholes->parts, p);
}

static struct object *part_object(struct filter *f) {
    struct part *p = part_of(f);
    if (p->own)
        return filter_object(p->own);
    return p->whole ? filter_object(p->whole->head) : NULL;
}

static void note_bound(struct filter *f) {
    struct part *p = part_of(f);
    filter_bounded(p->own);
    filter_bounded(p->whole ? p->whole->head : NULL);
}

static const struct filter_ops part_ops = {
    .data = take_data, .gap = take_gap, .end = end_part, .bounded = note_bound};

bool filter_is_part(const struct filter *f) {
    return f->ops == &part_ops;
}

bool part_in_whole(const struct filter *part) {
    return ((const struct part *)part)->whole != NULL;
}

void part_rekey(struct filter *part, const struct whole_key *k) {
    struct whole *w = part_of(part)->whole;
    if (w)
        whole_rekey(w, k);
}

/* --- Joining --- */

/* A range that brings all that is there of the whole, from its first byte on, perhaps with other bytes: these
 * count for whoever keeps the last ones, and those that came first were looked at. */
static bool sends_again(const struct whole *w, const struct part_place *place) {
    uint64_t reach = w->frontier;
    if (place->resume != RESUME_RANGE || place->offset > 0 || place->length == LENGTH_UNKNOWN ||
        !whole_idle(w))
        return false;
    for (const struct run *r = w->runs; r; r = r->next)
        reach = r->end > reach ? r->end : reach;
    return reach > 0 && place->length >= reach;
}

/* The whole among those of the same key that this part goes on with, if any. */
static struct whole *choose_whole(struct whole *found, const struct part_place *place) {
    bool append = place->resume == RESUME_APPEND;
    if (found && found->written != (place->resume == RESUME_WRITE))
        return NULL; /* what is written in place joins nothing else */
    bool anew = found && (place->anew || sends_again(found, place));
    if (!anew || append)
        return found && (!append || whole_idle(found)) ? found : NULL;
    if (!found->started && !found->runs)
        return found;
    if (whole_idle(found))
        whole_finish(found); /* its rest does not come: it is sent anew */
    return NULL;
}

static struct whole *open_whole(struct content *c, struct filter *chain, const struct object_seed *seed,
                                const struct part_place *place) {
    struct whole *w = whole_create(c, chain, &seed->key, seed->etag, place);
    if (w && w->to_end && place->offset > 0)
        whole_start_at(w, place->offset); /* FTP sends what is before it first, or never */
    return w;
}

static void join_whole(struct part *p, struct whole *w, const struct object_seed *seed,
                       const struct part_place *place) {
    p->whole = w;
    p->next = w->parts;
    w->parts = p;
    p->at = place->resume == RESUME_APPEND ? w->frontier : place->offset;
    if (w->total == LENGTH_UNKNOWN)
        w->total = place->total;
    if (!w->etag)
        w->etag = seed->etag;
    whole_progress(w);
}

/* Is a numbered piece there already, or behind the last one? Another of that number may hold something else:
 * it is looked at by itself. */
static bool has_piece(const struct whole *w, const struct part_place *place) {
    uint64_t piece = place->offset >> WHOLE_PIECE_BITS;
    if (!place->numbered)
        return false;
    if (piece < w->frontier >> WHOLE_PIECE_BITS || (w->total != LENGTH_UNKNOWN && place->offset >= w->total))
        return true;
    for (const struct run *r = w->runs; r; r = r->next)
        if (r->ends && r->start >> WHOLE_PIECE_BITS == piece)
            return true;
    return false;
}

static struct part_place bound_place(const struct part_place *place) {
    struct part_place p = *place;
    if (p.total != LENGTH_UNKNOWN && p.total > OFFSET_MAX)
        p.total = LENGTH_UNKNOWN;
    if (p.offset > OFFSET_MAX)
        p.offset = OFFSET_MAX;
    return p;
}

struct filter *part_create(struct content *c, const struct object_seed *seed, struct bytes codings,
                           const struct part_place *given) {
    struct wholes *ws = c->wholes;
    struct part_place place = bound_place(given);
    struct object_seed whole_seed = *seed;
    whole_seed.total = place.numbered ? LENGTH_UNKNOWN : place.total;
    struct part *p = pool_take(&ws->parts);
    if (!p) {
        counter_one(COUNTER_OBJECTS_SHED);
        return NULL;
    }
    *p = (struct part){.end = {{.ops = &part_ops}, part_object},
                       .content = c,
                       .at = place.offset,
                       .to_end = place.resume == RESUME_TO_END || place.resume == RESUME_APPEND,
                       .written = place.resume == RESUME_WRITE};
    struct whole *w = choose_whole(whole_find(ws, &seed->key, seed->etag, place.total), &place);
    bool alone = w && has_piece(w, &place);
    if (w && !alone) {
        object_fill(filter_object(w->head), seed->fact);
        join_whole(p, w, seed, &place);
        return &p->end.filter;
    }
    struct filter *chain = chain_create(c, &whole_seed, codings, true);
    if (!chain) {
        pool_give(&ws->parts, p);
        return NULL;
    }
    w = alone ? NULL : open_whole(c, chain, seed, &place);
    if (w) {
        join_whole(p, w, seed, &place);
    } else { /* no room for a whole, or none wanted */
        counter_add(COUNTER_ASSEMBLY_SHED, !alone);
        p->limit = LENGTH_UNKNOWN;
        p->own = place.offset ? filter_peel(chain) : chain;
        object_set_offset(filter_object(p->own), place.numbered ? place.offset > 0 : place.offset);
        p->own_end = place.offset;
    }
    return &p->end.filter;
}

struct filter *part_create_piece(struct content *c, const struct object_seed *seed, uint64_t number,
                                 uint64_t pieces, bool patient) {
    bool known = pieces > 0 && pieces <= WHOLE_PIECES_MAX;
    const struct part_place place = {.resume = RESUME_RANGE,
                                     .numbered = true,
                                     .patient = patient,
                                     .offset = whole_piece_offset(number),
                                     .total = known ? whole_piece_offset(pieces + 1) : LENGTH_UNKNOWN,
                                     .length = LENGTH_UNKNOWN};
    return part_create(c, seed, bytes_of(NULL, 0), &place);
}
