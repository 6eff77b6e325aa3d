/* SPDX-License-Identifier: Apache-2.0 */
#include "content/assembly.h"

#include "base/counter.h"

#include <stdlib.h>

/* A whole is delivered in order, from its frontier. A part at the frontier goes straight through; one that is
 * ahead is kept in blocks, as a run, until the frontier comes to it; what lies behind the frontier was seen
 * before. */

enum { BLOCK_BYTES = 16 << 10, BUCKETS_MAX = 1 << 16, EVICT_LOOK = 64 };

/* Offsets from the wire are believed up to here, so that sums never wrap. */
#define OFFSET_MAX (UINT64_C(1) << 62)

struct block {
    struct block *next;
    size_t n;
    uint8_t bytes[BLOCK_BYTES];
};

struct run {
    struct run *next; /* by start */
    uint64_t start, end;
    struct block *first, *last;
    struct part *part; /* still writing to its end, or NULL */
};

struct assembly_key {
    uint64_t a, b;
};

struct whole {
    struct whole *next;            /* in its bucket */
    struct whole *older, *younger; /* by progress */
    struct content *content;
    struct assembly_key key;
    uint64_t etag;     /* 0: not known */
    uint64_t total;    /* LENGTH_UNKNOWN */
    uint64_t frontier; /* offset of the next byte to deliver */
    bool to_end;       /* an announced total is not its end: the protocol says when it is over */
    bool started;      /* the frontier has moved, or stands where it must */
    struct filter *head;
    struct run *runs;
    struct part *parts; /* transfers that are open now */
    time_ns progress;
};

struct part {
    struct filter filter;
    struct part *next;   /* of the same whole */
    struct whole *whole; /* NULL once it is closed: what still comes was seen before */
    struct filter *own;  /* an object of its own, when there was no room to wait */
    struct run *run;
    uint64_t at; /* offset of the next byte */
    bool to_end;
};

struct assembly {
    struct hash_key key[2];
    struct whole **buckets;
    size_t mask;
    struct whole *oldest, *youngest;
    struct pool wholes, parts, runs, blocks;
};

/* --- Keys: the same thing between the same two hosts
 * ------------------------------------------------------------ */

static struct assembly_key key_add(const struct assembly *a, struct assembly_key k, const void *p, size_t n) {
    uint64_t mix[4] = {k.a, k.b, hash_bytes(&a->key[0], p, n), hash_bytes(&a->key[1], p, n)};
    return (struct assembly_key){hash_bytes(&a->key[0], mix, sizeof mix),
                                 hash_bytes(&a->key[1], mix, sizeof mix)};
}

static struct assembly_key key_of(const struct assembly *a, const struct object *o) {
    const struct object_text *what = o->path.n ? &o->path : &o->name;
    struct assembly_key k = {0, 0};
    k = key_add(a, k, &o->end[o->from].address, sizeof o->end[0].address);
    k = key_add(a, k, &o->end[side_other(o->from)].address, sizeof o->end[0].address);
    k = key_add(a, k, o->protocol, strlen(o->protocol));
    k = key_add(a, k, o->host.p, o->host.n);
    k = key_add(a, k, o->user.p, o->user.n);
    return key_add(a, k, what->p, what->n);
}

uint64_t assembly_etag(struct content *c, struct bytes etag) {
    return etag.n ? hash_bytes(&c->assembly->key[0], etag.p, etag.n) | 1 : 0;
}

static struct whole **bucket_of(struct assembly *a, const struct assembly_key *k) {
    return &a->buckets[k->a & a->mask];
}

/* What one of the two does not know does not keep them apart. */
static bool may_join(const struct whole *w, uint64_t etag, uint64_t total) {
    return (!w->etag || !etag || w->etag == etag) &&
           (w->total == LENGTH_UNKNOWN || total == LENGTH_UNKNOWN || w->total == total);
}

static struct whole *whole_find(struct assembly *a, const struct assembly_key *k, uint64_t etag,
                                uint64_t total) {
    for (struct whole *w = *bucket_of(a, k); w; w = w->next)
        if (w->key.a == k->a && w->key.b == k->b && may_join(w, etag, total))
            return w;
    return NULL;
}

/* --- Lists
 * ------------------------------------------------------------------------------------------------------- */

static void age_unlink(struct assembly *a, struct whole *w) {
    *(w->older ? &w->older->younger : &a->oldest) = w->younger;
    *(w->younger ? &w->younger->older : &a->youngest) = w->older;
}

static void age_append(struct assembly *a, struct whole *w) {
    w->older = a->youngest;
    w->younger = NULL;
    *(a->youngest ? &a->youngest->younger : &a->oldest) = w;
    a->youngest = w;
}

static void whole_progress(struct whole *w) {
    struct assembly *a = w->content->assembly;
    w->progress = w->content->now;
    if (a->youngest == w)
        return;
    age_unlink(a, w);
    age_append(a, w);
}

static void bucket_add(struct assembly *a, struct whole *w) {
    struct whole **bucket = bucket_of(a, &w->key);
    w->next = *bucket;
    *bucket = w;
}

static void bucket_remove(struct assembly *a, struct whole *w) {
    struct whole **at = bucket_of(a, &w->key);
    while (*at != w)
        at = &(*at)->next;
    *at = w->next;
}

/* --- Runs
 * -------------------------------------------------------------------------------------------------------- */

static struct run *run_create(struct part *p) {
    struct assembly *a = p->filter.content->assembly;
    struct run *r = pool_take(&a->runs);
    if (!r)
        return NULL;
    struct run **at = &p->whole->runs;
    while (*at && (*at)->start < p->at)
        at = &(*at)->next;
    *r = (struct run){.next = *at, .start = p->at, .end = p->at, .part = p};
    *at = r;
    p->run = r;
    return r;
}

/* Gives the run's bytes from offset `from` on to `to` (NULL: to nobody), and its memory back. */
static void run_empty(struct content *c, struct run *r, uint64_t from, struct filter *to) {
    struct assembly *a = c->assembly;
    uint64_t at = r->start;
    if (r->part)
        r->part->run = NULL;
    while (r->first) {
        struct block *b = r->first;
        size_t skip = from <= at ? 0 : from - at < b->n ? (size_t)(from - at) : b->n;
        if (to && skip < b->n)
            filter_data(to, b->bytes + skip, b->n - skip);
        if (to)
            counter_add(COUNTER_ASSEMBLY_OVERLAP, skip);
        at += b->n;
        r->first = b->next;
        pool_give(&a->blocks, b);
    }
    pool_give(&a->runs, r);
}

static struct block *run_grow(struct assembly *a, struct run *r) {
    struct block *b = pool_take(&a->blocks);
    if (!b)
        return NULL;
    b->next = NULL;
    b->n = 0;
    *(r->last ? &r->last->next : &r->first) = b;
    r->last = b;
    return b;
}

/* Returns how many bytes found room. */
static size_t run_append(struct assembly *a, struct run *r, const uint8_t *bytes, size_t n) {
    size_t done = 0;
    while (done < n) {
        struct block *b = r->last;
        if ((!b || b->n == BLOCK_BYTES) && !(b = run_grow(a, r)))
            break;
        size_t take = n - done < BLOCK_BYTES - b->n ? n - done : BLOCK_BYTES - b->n;
        memcpy(b->bytes + b->n, bytes + done, take);
        b->n += take;
        done += take;
    }
    r->end += done;
    return done;
}

/* --- Wholes
 * ------------------------------------------------------------------------------------------------------ */

static struct whole *whole_create(struct content *c, struct filter *head, uint64_t etag, uint64_t total,
                                  bool to_end) {
    struct whole *w = pool_take(&c->assembly->wholes);
    if (!w)
        return NULL;
    *w = (struct whole){.content = c,
                        .key = key_of(c->assembly, filter_object(head)),
                        .etag = etag,
                        .total = total,
                        .to_end = to_end,
                        .head = head,
                        .progress = c->now};
    bucket_add(c->assembly, w);
    age_append(c->assembly, w);
    return w;
}

/* Takes the whole apart; its chain is the caller's. */
static struct filter *whole_dissolve(struct whole *w) {
    struct content *c = w->content;
    struct filter *head = w->head;
    while (w->runs) {
        struct run *r = w->runs;
        w->runs = r->next;
        run_empty(c, r, 0, NULL);
    }
    for (struct part *p = w->parts; p; p = p->next)
        p->whole = NULL;
    bucket_remove(c->assembly, w);
    age_unlink(c->assembly, w);
    pool_give(&c->assembly->wholes, w);
    return head;
}

static void whole_close(struct whole *w, enum transfer_end how) {
    filter_end(whole_dissolve(w), how);
}

static bool at_end(const struct whole *w) {
    return w->total != LENGTH_UNKNOWN && !w->to_end && w->frontier >= w->total;
}

/* Delivers what waited for the frontier; closes the whole when that was all. False: it is closed. */
static bool whole_advance(struct whole *w) {
    while (w->runs && w->runs->start <= w->frontier) {
        struct run *r = w->runs;
        uint64_t end = r->end;
        w->runs = r->next;
        run_empty(w->content, r, w->frontier, w->head);
        if (end > w->frontier)
            w->frontier = end;
    }
    if (!at_end(w))
        return true;
    whole_close(w, TRANSFER_DONE);
    return false;
}

/* An object that begins at an offset: what is encoded cannot be decoded from its middle. */
static void whole_start_at(struct whole *w, uint64_t offset) {
    w->head = filter_next_object(w->head);
    object_set_offset(filter_object(w->head), offset);
    w->frontier = offset;
    w->started = true;
}

static bool whole_data(struct whole *w, const uint8_t *bytes, size_t n) {
    w->started = true;
    w->frontier = add_sizes(w->frontier, n);
    whole_progress(w);
    filter_data(w->head, bytes, n);
    return whole_advance(w);
}

static bool whole_gap(struct whole *w, uint64_t n) {
    w->started = true;
    w->frontier = add_sizes(w->frontier, n);
    whole_progress(w);
    filter_gap(w->head, n);
    return whole_advance(w);
}

/* Nothing more will come: tells what is there, with the gaps between. */
static void whole_finish(struct whole *w) {
    counter_one(COUNTER_ASSEMBLY_UNFINISHED);
    while (w->runs) {
        uint64_t start = w->runs->start;
        if (!w->started)
            whole_start_at(w, start);
        else if (start > w->frontier)
            filter_gap(w->head, start - w->frontier);
        w->frontier = start;
        if (!whole_advance(w))
            return;
    }
    if (w->total != LENGTH_UNKNOWN && w->total > w->frontier)
        filter_gap(w->head, w->total - w->frontier);
    whole_close(w, TRANSFER_CUT);
}

static bool idle(const struct whole *w) {
    return !w->parts;
}

/* Nothing was ever seen of it. */
static bool vacant(const struct whole *w) {
    return !w->started && !w->runs && !w->parts;
}

static void whole_drop(struct whole *w) {
    object_abandon(filter_next_object(whole_dissolve(w)));
}

static void whole_give_up(struct whole *w) {
    if (vacant(w))
        whole_drop(w);
    else
        whole_finish(w);
}

/* --- Parts
 * ------------------------------------------------------------------------------------------------------- */

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
    struct content *c = p->filter.content;
    struct whole *w = p->whole;
    struct run *r = p->run;
    const struct object *o = filter_object(w->head);
    struct object_seed seed = object_seed_like(o);
    seed.name = object_text_bytes(&o->name);
    seed.declared_type = object_text_bytes(&o->declared_type);
    seed.offset = r ? r->start : p->at;
    seed.total = w->total;
    counter_one(COUNTER_ASSEMBLY_SPILLED);
    p->own = object_create(c, &seed, NULL);
    if (r) {
        run_unlink(w, r);
        run_empty(c, r, 0, p->own);
    }
    part_leave(p);
    if (vacant(w))
        whole_drop(w);
}

static void part_hold(struct part *p, const uint8_t *bytes, size_t n) {
    struct assembly *a = p->filter.content->assembly;
    struct run *r = p->run ? p->run : run_create(p);
    size_t held = r ? run_append(a, r, bytes, n) : 0;
    whole_progress(p->whole);
    if (held < n)
        part_spill(p);
    p->at = add_sizes(p->at, n);
    if (held < n && p->own)
        filter_data(p->own, bytes + held, n - held);
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

static void part_data(struct filter *f, const uint8_t *bytes, size_t n) {
    struct part *p = part_of(f);
    if (p->own) {
        filter_data(p->own, bytes, n);
        return;
    }
    size_t skip = p->whole ? (size_t)part_skip(p, n) : n;
    counter_add(COUNTER_ASSEMBLY_OVERLAP, skip);
    p->at = add_sizes(p->at, skip);
    bytes += skip;
    n -= skip;
    if (n == 0)
        return;
    struct whole *w = p->whole;
    if (!w->to_end && w->total != LENGTH_UNKNOWN && n > w->total - p->at)
        n = (size_t)(w->total - p->at);
    if (p->at == w->frontier) {
        p->at = add_sizes(p->at, n);
        whole_data(w, bytes, n);
    } else {
        part_hold(p, bytes, n);
    }
}

/* Up to the next run that is held: it may fill the rest. */
static uint64_t gap_step(const struct part *p, uint64_t n) {
    const struct run *r = p->whole->runs;
    if (p->at != p->whole->frontier || !r || r->start - p->at >= n)
        return n;
    return r->start - p->at;
}

static void part_gap(struct filter *f, uint64_t n) {
    struct part *p = part_of(f);
    if (p->own)
        filter_gap(p->own, n);
    if (p->run)
        p->run->part = NULL;
    p->run = NULL;
    while (n > 0 && p->whole) {
        uint64_t step = part_skip(p, n);
        bool skipped = step > 0;
        if (!skipped)
            step = gap_step(p, n);
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
    if (at_end(w))
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
    pool_give(&f->content->assembly->parts, p);
}

static struct object *part_object(struct filter *f) {
    struct part *p = part_of(f);
    if (p->own)
        return filter_object(p->own);
    return p->whole ? filter_object(p->whole->head) : NULL;
}

static const struct filter_ops part_ops = {
    .data = part_data, .gap = part_gap, .end = part_end, .object = part_object};

bool assembly_is_part(const struct filter *f) {
    return f->ops == &part_ops;
}

/* --- Joining
 * ----------------------------------------------------------------------------------------------------- */

/* The filters and the object of a new whole; a multipart body in ranges stays as it is. */
static struct filter *whole_chain(struct content *c, const struct object_seed *seed, struct bytes codings) {
    struct coding_list list = coding_parse(codings, coding_room(c, seed));
    struct object_seed inner = *seed;
    inner.total = list.n ? LENGTH_UNKNOWN : seed->total;
    struct filter *f = object_create(c, &inner, NULL);
    return f ? coding_stack(c, &list, f) : NULL;
}

/* The whole among those of the same key that this part goes on with, if any. */
static struct whole *whole_for(struct whole *found, const struct part_place *place) {
    if (!found || !place->again || place->append)
        return found && (!place->append || idle(found)) ? found : NULL;
    if (!found->started)
        return found;
    if (idle(found))
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
    struct assembly_key key = key_of(c->assembly, filter_object(chain));
    struct whole *w = whole_for(whole_find(c->assembly, &key, seed->etag, place.total), &place);
    if (w)
        object_abandon(filter_next_object(chain));
    else
        w = whole_open(c, chain, seed->etag, &place);
    *p =
        (struct part){.filter = {.ops = &part_ops, .content = c}, .at = place.offset, .to_end = place.to_end};
    if (w) {
        part_join(p, w, &place, seed->etag);
    } else { /* no room for a whole */
        counter_one(COUNTER_ASSEMBLY_SHED);
        p->own = place.offset ? filter_next_object(chain) : chain;
        object_set_offset(filter_object(p->own), place.offset);
    }
    return &p->filter;
}

/* A whole of which nothing was delivered yet goes on with the chain that was. */
static void whole_adopt(struct whole *w, struct filter *head, uint64_t seen) {
    object_abandon(filter_next_object(w->head));
    w->head = head;
    w->frontier = seen;
    w->started = true;
    whole_progress(w);
    whole_advance(w);
}

bool assembly_keep(struct content *c, struct filter *head, uint64_t etag, uint64_t seen, uint64_t total) {
    if (seen > OFFSET_MAX)
        return false;
    struct assembly_key key = key_of(c->assembly, filter_object(head));
    struct whole *w = whole_find(c->assembly, &key, etag, total);
    if (w && !w->started) {
        whole_adopt(w, head, seen);
        return true;
    }
    if (w && idle(w))
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
    if (!w)
        return;
    bucket_remove(w->content->assembly, w);
    w->key = key_of(w->content->assembly, filter_object(w->head));
    bucket_add(w->content->assembly, w);
}

/* --- Time and life
 * ----------------------------------------------------------------------------------------------- */

void assembly_expire(struct content *c, time_ns now) {
    struct assembly *a = c->assembly;
    time_ns limit = (time_ns)c->options.assembly_time;
    struct whole *next;
    for (struct whole *w = a->oldest; w && now - w->progress >= limit; w = next) {
        next = w->younger;
        if (idle(w)) /* an open transfer is timed by its flow */
            whole_give_up(w);
    }
}

bool assembly_evict(struct content *c) {
    unsigned looked_at = 0;
    for (struct whole *w = c->assembly->oldest; w && looked_at < EVICT_LOOK; w = w->younger, looked_at++)
        if (idle(w)) {
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
