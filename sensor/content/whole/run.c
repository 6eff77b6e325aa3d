/* SPDX-License-Identifier: Apache-2.0 */
#include "content/whole/parts_meet.h"

#include "base/counter.h"

enum { RUNS_MAX = 1024 }; /* of one whole: bounds the walk to a run's place */

static bool goes_on(const struct run *r, const struct part *p) {
    return r->end == p->at && !r->part;
}

static struct run *take_run(struct part *p, struct run *r) {
    r->part = p;
    p->whole->recent = r;
    return p->run = r;
}

/* Most begin behind the one that came before. */
struct run *run_for(struct part *p) {
    struct whole *w = p->whole;
    struct wholes *ws = p->content->wholes;
    struct run **at = &w->runs;
    if (w->recent && w->recent->start <= p->at) {
        if (goes_on(w->recent, p))
            return take_run(p, w->recent);
        at = &w->recent->next;
    }
    for (; *at && (*at)->start <= p->at; at = &(*at)->next)
        if (goes_on(*at, p))
            return take_run(p, *at);
    struct run *r = w->run_count < RUNS_MAX ? pool_take(&ws->runs) : NULL;
    if (!r)
        return NULL;
    *r = (struct run){.next = *at, .start = p->at, .end = p->at};
    *at = r;
    w->run_count++;
    return take_run(p, r);
}

void run_left(struct whole *w, const struct run *r) {
    w->run_count--;
    if (w->recent == r)
        w->recent = NULL;
}

void run_empty(struct content *c, struct run *r, uint64_t from, struct filter *to) {
    struct wholes *ws = c->wholes;
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
        pool_give(&ws->blocks, b);
    }
    pool_give(&ws->runs, r);
}

static struct block *grow_run(struct wholes *ws, struct run *r) {
    struct block *b = pool_take(&ws->blocks);
    if (!b)
        return NULL;
    b->next = NULL;
    b->n = 0;
    *(r->last ? &r->last->next : &r->first) = b;
    r->last = b;
    return b;
}

size_t run_append(struct wholes *ws, struct run *r, const uint8_t *bytes, size_t n) {
    size_t done = 0;
    while (done < n) {
        struct block *b = r->last;
        if ((!b || b->n == BLOCK_BYTES) && !(b = grow_run(ws, r)))
            break;
        size_t take = n - done < BLOCK_BYTES - b->n ? n - done : BLOCK_BYTES - b->n;
        memcpy(b->bytes + b->n, bytes + done, take);
        b->n += take;
        done += take;
    }
    r->end += done;
    return done;
}
