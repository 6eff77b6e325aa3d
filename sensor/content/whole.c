/* SPDX-License-Identifier: Apache-2.0 */
#include "content/whole.h"

#include "base/counter.h"

/* --- Keys: the same thing between the same two hosts --- */

static struct assembly_key key_add(const struct assembly *a, struct assembly_key k, const void *p, size_t n) {
    uint64_t mix[4] = {k.a, k.b, hash_bytes(&a->key[0], p, n), hash_bytes(&a->key[1], p, n)};
    return (struct assembly_key){hash_bytes(&a->key[0], mix, sizeof mix),
                                 hash_bytes(&a->key[1], mix, sizeof mix)};
}

struct assembly_key whole_key(const struct assembly *a, const struct object *o) {
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

struct whole *whole_find(struct assembly *a, const struct assembly_key *k, uint64_t etag, uint64_t total) {
    for (struct whole *w = *bucket_of(a, k); w; w = w->next)
        if (w->key.a == k->a && w->key.b == k->b && may_join(w, etag, total))
            return w;
    return NULL;
}

/* --- Lists --- */

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

void whole_progress(struct whole *w) {
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

/* --- Runs --- */

struct run *run_create(struct part *p) {
    struct assembly *a = p->content->assembly;
    struct run *r = pool_take(&a->runs);
    if (!r)
        return NULL;
    struct run **at = &p->whole->runs;
    while (*at && (*at)->start <= p->at)
        at = &(*at)->next;
    *r = (struct run){.next = *at, .start = p->at, .end = p->at, .part = p};
    *at = r;
    p->run = r;
    return r;
}

void run_empty(struct content *c, struct run *r, uint64_t from, struct filter *to) {
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

size_t run_append(struct assembly *a, struct run *r, const uint8_t *bytes, size_t n) {
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

/* --- Wholes --- */

struct whole *whole_create(struct content *c, struct filter *head, uint64_t etag, uint64_t total,
                           bool to_end) {
    struct whole *w = pool_take(&c->assembly->wholes);
    if (!w)
        return NULL;
    *w = (struct whole){.content = c,
                        .key = whole_key(c->assembly, filter_object(head)),
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

void whole_close(struct whole *w, enum transfer_end how) {
    filter_end(whole_dissolve(w), how);
}

bool whole_at_end(const struct whole *w) {
    return w->total != LENGTH_UNKNOWN && !w->to_end && w->frontier >= w->total;
}

bool whole_advance(struct whole *w) {
    while (w->runs && w->runs->start <= w->frontier) {
        struct run *r = w->runs;
        uint64_t end = r->end;
        w->runs = r->next;
        run_empty(w->content, r, w->frontier, w->head);
        if (end > w->frontier)
            w->frontier = end;
    }
    if (!whole_at_end(w))
        return true;
    whole_close(w, TRANSFER_DONE);
    return false;
}

void whole_start_at(struct whole *w, uint64_t offset) {
    w->head = filter_peel(w->head);
    object_set_offset(filter_object(w->head), offset);
    w->frontier = offset;
    w->started = true;
}

void whole_data(struct whole *w, const uint8_t *bytes, size_t n) {
    w->started = true;
    w->frontier = add_sizes(w->frontier, n);
    whole_progress(w);
    filter_data(w->head, bytes, n);
    whole_advance(w);
}

void whole_gap(struct whole *w, uint64_t n) {
    w->started = true;
    w->frontier = add_sizes(w->frontier, n);
    whole_progress(w);
    filter_gap(w->head, n);
    whole_advance(w);
}

void whole_finish(struct whole *w) {
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

bool whole_idle(const struct whole *w) {
    return !w->parts;
}

bool whole_vacant(const struct whole *w) {
    return !w->started && !w->runs && !w->parts;
}

void whole_drop(struct whole *w) {
    object_abandon(filter_peel(whole_dissolve(w)));
}

void whole_give_up(struct whole *w) {
    if (whole_vacant(w))
        whole_drop(w);
    else
        whole_finish(w);
}

void whole_rekey(struct whole *w) {
    bucket_remove(w->content->assembly, w);
    w->key = whole_key(w->content->assembly, filter_object(w->head));
    bucket_add(w->content->assembly, w);
}
