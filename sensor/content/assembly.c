/* SPDX-License-Identifier: Apache-2.0 */
#include "content/whole.h"

#include "base/counter.h"

#include <stdlib.h>

enum { BUCKETS_MAX = 1 << 16, EVICT_LOOK = 64 };

/* Offsets from the wire are believed up to here, so that sums never wrap. */
#define OFFSET_MAX (UINT64_C(1) << 62)

/* --- Parts --- */

static struct part *part_of(struct filter *f) {
    return (struct part *)f;
}

static void part_leave(struct part *p) {
    struct part **at = &p->whole->parts;
    while (*at != p)
        at = &(*at)->next;
    *at = p->next;
    if (p->run)
        p->run->part = NULL;
    p->run = NULL;
    p->whole = NULL;
}

static void run_unlink(struct whole *w, struct run *r) {
    struct run **at = &w->runs;
    while (*at != r)
        at = &(*at)->next;
    *at = r->next;
}

/* There is no room to wait: the part becomes an object of its own, with what was kept of it so far. */
static void part_spill(struct part *p) {
    struct content *c = p->content;
    struct whole *w = p->whole;
    struct run *r = p->run;
    const struct object *o = filter_object(w->head);
    struct object_seed seed = object_seed_like(o);
    seed.name = object_text_bytes(&o->name);
    seed.declared_type = object_text_bytes(&o->declared_type);
    seed.offset = r ? r->start : p->at;
    seed.total = w->total;
    p->limit = w->to_end ? LENGTH_UNKNOWN : w->total;
    counter_one(COUNTER_ASSEMBLY_SPILLED);
    p->own = object_create(c, &seed, NULL);
    if (r) {
        run_unlink(w, r);
        run_empty(c, r, 0, p->own);
    }
    part_leave(p);
    if (whole_vacant(w))
        whole_drop(w);
}

/* Returns how many bytes found room; if that was not all, the part has left the whole. */
static size_t part_hold(struct part *p, const uint8_t *bytes, size_t n) {
    struct assembly *a = p->content->assembly;
    struct run *r = p->run ? p->run : run_create(p);
    size_t held = r ? run_append(a, r, bytes, n) : 0;
    whole_progress(p->whole);
    p->at = add_sizes(p->at, held);
    if (held < n)
        part_spill(p);
    return held;
}

/* Bytes of this part that the whole has seen, or that lie behind its end. */
static uint64_t part_skip(const struct part *p, uint64_t n) {
    const struct whole *w = p->whole;
    if (!w->to_end && w->total != LENGTH_UNKNOWN && p->at >= w->total)
        return n;
    if (p->at >= w->frontier)
        return 0;
    return n < w->frontier - p->at ? n : w->frontier - p->at;
}

/* How far the part goes on by itself: what is held already came first. */
static uint64_t part_reach(const struct part *p, uint64_t n) {
    const struct whole *w = p->whole;
    if (!w->to_end && w->total != LENGTH_UNKNOWN && n > w->total - p->at)
        n = w->total - p->at;
    if (p->at == w->frontier && w->runs && n > w->runs->start - p->at)
        n = w->runs->start - p->at;
    return n;
}

/* An object of its own ends where the whole would. */
static uint64_t own_reach(struct part *p, uint64_t n) {
    uint64_t reach = p->limit <= p->at ? 0 : n < p->limit - p->at ? n : p->limit - p->at;
    p->at = add_sizes(p->at, n);
    counter_add(COUNTER_ASSEMBLY_BEHIND, n - reach);
    return reach;
}

static void own_data(struct part *p, const uint8_t *bytes, size_t n) {
    size_t reach = (size_t)own_reach(p, n);
    if (reach > 0)
        filter_data(p->own, bytes, reach);
}

/* One step of part_data; returns how many bytes it took. */
static size_t part_step(struct part *p, const uint8_t *bytes, size_t n) {
    size_t skip = (size_t)part_skip(p, n);
    if (skip > 0) {
        counter_add(p->at < p->whole->frontier ? COUNTER_ASSEMBLY_OVERLAP : COUNTER_ASSEMBLY_BEHIND, skip);
        p->at = add_sizes(p->at, skip);
        return skip;
    }
    size_t step = (size_t)part_reach(p, n);
    if (p->at != p->whole->frontier)
        return part_hold(p, bytes, step);
    p->at = add_sizes(p->at, step);
    whole_data(p->whole, bytes, step);
    return step;
}

static void part_data(struct filter *f, const uint8_t *bytes, size_t n) {
    struct part *p = part_of(f);
    while (n > 0 && p->whole) {
        size_t done = part_step(p, bytes, n);
        bytes += done;
        n -= done;
    }
    if (p->own)
        own_data(p, bytes, n);
    else
        counter_add(COUNTER_ASSEMBLY_OVERLAP, n);
}

static void part_gap(struct filter *f, uint64_t n) {
    struct part *p = part_of(f);
    uint64_t reach = p->own ? own_reach(p, n) : 0;
    if (reach > 0)
        filter_gap(p->own, reach);
    if (p->run)
        p->run->part = NULL;
    p->run = NULL;
    while (n > 0 && p->whole) {
        uint64_t step = part_skip(p, n);
        bool skipped = step > 0;
        if (!skipped)
            step = part_reach(p, n);
        bool at_frontier = p->at == p->whole->frontier;
        p->at = add_sizes(p->at, step);
        n -= step;
        if (!skipped && at_frontier)
            whole_gap(p->whole, step);
    }
}

/* The protocol says that the thing ends where this part ends. */
static void whole_ends_at(struct whole *w, uint64_t end) {
    w->total = end;
    w->to_end = false;
    if (whole_at_end(w))
        whole_close(w, w->frontier == end ? TRANSFER_DONE : TRANSFER_CUT);
}

static void part_left(struct whole *w, const struct part *p, enum transfer_end how) {
    whole_progress(w);
    if (p->to_end && how == TRANSFER_DONE)
        whole_ends_at(w, p->at);
    else if (p->to_end && how == TRANSFER_UNKNOWN && !w->parts && !w->runs)
        whole_close(w, TRANSFER_UNKNOWN);
}

static void part_end(struct filter *f, enum transfer_end how) {
    struct part *p = part_of(f);
    struct whole *w = p->whole;
    if (p->own)
        filter_end(p->own, how);
    if (w) {
        part_leave(p);
        part_left(w, p, how);
    }
    pool_give(&p->content->assembly->parts, p);
}

static struct object *part_object(struct filter *f) {
    struct part *p = part_of(f);
    if (p->own)
        return filter_object(p->own);
    return p->whole ? filter_object(p->whole->head) : NULL;
}

static const struct filter_ops part_ops = {.data = part_data, .gap = part_gap, .end = part_end};

bool assembly_is_part(const struct filter *f) {
    return f->ops == &part_ops;
}

/* --- Joining --- */

/* The filters and the object of a new whole; a multipart body in ranges stays as it is. */
static struct filter *whole_chain(struct content *c, const struct object_seed *seed, struct bytes codings) {
    struct coding_list list = coding_parse(codings, chain_room(c, seed), true);
    struct object_seed inner = *seed;
    inner.total = list.n ? LENGTH_UNKNOWN : seed->total;
    struct filter *f = object_create(c, &inner, NULL);
    return f ? coding_stack(c->codings, &list, f) : NULL;
}

/* The whole among those of the same key that this part goes on with, if any. */
static struct whole *whole_for(struct whole *found, const struct part_place *place) {
    if (!found || !place->again || place->append)
        return found && (!place->append || whole_idle(found)) ? found : NULL;
    if (!found->started)
        return found;
    if (whole_idle(found))
        whole_finish(found); /* its rest does not come: it is sent anew */
    return NULL;
}

static struct whole *whole_open(struct content *c, struct filter *chain, uint64_t etag,
                                const struct part_place *place) {
    struct whole *w = whole_create(c, chain, etag, place->total, place->to_end);
    if (w && place->to_end && place->offset > 0)
        whole_start_at(w, place->offset); /* FTP sends what is before it first, or never */
    return w;
}

static void part_join(struct part *p, struct whole *w, const struct part_place *place, uint64_t etag) {
    p->whole = w;
    p->next = w->parts;
    w->parts = p;
    p->at = place->append ? w->frontier : place->offset;
    if (w->total == LENGTH_UNKNOWN)
        w->total = place->total;
    if (!w->etag)
        w->etag = etag;
    whole_progress(w);
}

static struct part_place believed(const struct part_place *place) {
    struct part_place p = *place;
    if (p.total != LENGTH_UNKNOWN && p.total > OFFSET_MAX)
        p.total = LENGTH_UNKNOWN;
    if (p.offset > OFFSET_MAX)
        p.offset = OFFSET_MAX;
    return p;
}

struct filter *assembly_part(struct content *c, const struct object_seed *seed, struct bytes codings,
                             const struct part_place *given) {
    struct part_place place = believed(given);
    struct object_seed whole_seed = *seed;
    whole_seed.total = place.total;
    struct part *p = pool_take(&c->assembly->parts);
    /* The object comes first: its texts, cut to size, make the key. */
    struct filter *chain = p ? whole_chain(c, &whole_seed, codings) : NULL;
    if (!chain) {
        if (!p)
            counter_one(COUNTER_OBJECTS_SHED);
        pool_give(&c->assembly->parts, p);
        return NULL;
    }
    struct assembly_key key = whole_key(c->assembly, filter_object(chain));
    struct whole *w = whole_for(whole_find(c->assembly, &key, seed->etag, place.total), &place);
    if (w)
        object_abandon(filter_peel(chain));
    else
        w = whole_open(c, chain, seed->etag, &place);
    *p = (struct part){
        .end = {{.ops = &part_ops}, part_object}, .content = c, .at = place.offset, .to_end = place.to_end};
    if (w) {
        part_join(p, w, &place, seed->etag);
    } else { /* no room for a whole */
        counter_one(COUNTER_ASSEMBLY_SHED);
        p->limit = LENGTH_UNKNOWN;
        p->own = place.offset ? filter_peel(chain) : chain;
        object_set_offset(filter_object(p->own), place.offset);
    }
    return &p->end.filter;
}

/* A whole of which nothing was delivered yet goes on with the chain that was. */
static void whole_adopt(struct whole *w, struct filter *head, uint64_t seen) {
    object_abandon(filter_peel(w->head));
    w->head = head;
    w->frontier = seen;
    w->started = true;
    whole_progress(w);
    whole_advance(w);
}

bool assembly_keep(struct content *c, struct filter *head, uint64_t etag, uint64_t seen, uint64_t total) {
    if (seen > OFFSET_MAX)
        return false;
    struct assembly_key key = whole_key(c->assembly, filter_object(head));
    struct whole *w = whole_find(c->assembly, &key, etag, total);
    if (w && !w->started) {
        whole_adopt(w, head, seen);
        return true;
    }
    if (w && whole_idle(w))
        whole_finish(w);
    w = whole_create(c, head, etag, total, false);
    if (!w) {
        counter_one(COUNTER_ASSEMBLY_SHED);
        return false;
    }
    w->frontier = seen;
    w->started = true;
    return true;
}

void assembly_renamed(struct filter *part) {
    struct whole *w = part_of(part)->whole;
    if (w)
        whole_rekey(w);
}

/* --- Time and life --- */

/* Progress that lies long after now was marked by a damaged time stamp: it would keep all behind it. */
static bool is_stale(const struct whole *w, time_ns now, time_ns limit) {
    return now - w->progress >= limit || w->progress - now >= limit;
}

void assembly_expire(struct content *c, time_ns now) {
    struct assembly *a = c->assembly;
    time_ns limit = (time_ns)c->options.assembly_time;
    struct whole *next;
    for (struct whole *w = a->oldest; w && is_stale(w, now, limit); w = next) {
        next = w->younger;
        if (whole_idle(w)) /* an open transfer is timed by its flow */
            whole_give_up(w);
    }
}

void assembly_give_up(struct content *c, bool (*which)(void *context, const void *owner), void *context) {
    for (struct whole *w = c->assembly->oldest, *next; w; w = next) {
        next = w->younger;
        if (which(context, filter_object(w->head)->owner))
            whole_give_up(w);
    }
}

bool assembly_evict(struct content *c) {
    unsigned looked_at = 0;
    for (struct whole *w = c->assembly->oldest; w && looked_at < EVICT_LOOK; w = w->younger, looked_at++)
        if (whole_idle(w)) {
            counter_one(COUNTER_ASSEMBLY_EVICTED);
            whole_give_up(w);
            return true;
        }
    return false;
}

static size_t buckets_for(uint64_t objects) {
    size_t n = 16;
    while (n < objects && n < BUCKETS_MAX)
        n *= 2;
    return n;
}

bool assembly_init(struct content *c) {
    struct assembly *a = c->assembly = calloc(1, sizeof *a);
    if (!a)
        return false;
    size_t n = buckets_for(c->options.objects), blocks = c->options.assembly_bytes / sizeof(struct block);
    a->key[0] = hash_key_random();
    a->key[1] = hash_key_random();
    a->mask = n - 1;
    a->buckets = calloc(n, sizeof(struct whole *));
    return a->buckets && pool_init(&a->wholes, sizeof(struct whole), c->options.objects) &&
           pool_init(&a->parts, sizeof(struct part), c->options.objects) &&
           pool_init(&a->runs, sizeof(struct run), blocks) &&
           pool_init(&a->blocks, sizeof(struct block), blocks);
}

void assembly_finish(struct content *c) {
    struct assembly *a = c->assembly;
    if (!a)
        return;
    while (a->oldest)
        whole_give_up(a->oldest);
    free(a->buckets);
    pool_finish(&a->wholes);
    pool_finish(&a->parts);
    pool_finish(&a->runs);
    pool_finish(&a->blocks);
    free(a);
    c->assembly = NULL;
}
