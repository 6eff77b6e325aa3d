/* SPDX-License-Identifier: Apache-2.0 */
#include "content/whole/whole.h"

#include "base/counter.h"

#include <stdlib.h>

struct transfer {
    struct content *content;
    struct transfer *next, **link; /* in content->open */
    struct filter *head;           /* NULL: it was ended from here, and what still comes is left out */
    uint64_t seen;                 /* on the wire, gaps included */
    uint64_t length;               /* announced for the wire */
    uint64_t total, etag;
    struct whole_key key;
    bool resumable; /* if it is cut, the rest may come as a part */
};

struct filter *chain_create(struct content *c, const struct object_seed *seed, struct bytes codings,
                            bool guess) {
    struct coding_list list =
        coding_parse(codings, limit_codings(&c->options.codings.limits, seed->level), guess);
    list.allowance = allowance_of(c, seed->owner);
    struct object_seed inner = *seed;
    inner.level += list.n;
    if (list.n > 0)
        inner.total = LENGTH_UNKNOWN; /* what was announced is the encoded size */
    struct filter *f = object_create(c, &inner);
    return f ? coding_stack(c->codings, &list, f) : NULL;
}

/* What begins at the beginning, and is not said to be a range, is all of it. More may come than was
 * announced, and its type is not to be judged by less than it needs: a short length says nothing until the
 * end. */
static uint64_t total_of(const struct transfer_seed *s) {
    bool all =
        s->length >= TYPE_BYTES && s->resume != RESUME_RANGE && s->resume != RESUME_WRITE && s->offset == 0;
    return s->total == LENGTH_UNKNOWN && all ? s->length : s->total;
}

static struct filter *create_head(struct content *c, const struct object_seed *seed,
                                  const struct transfer_seed *s) {
    if (s->resume == RESUME_NONE)
        return chain_create(c, seed, s->codings, true);
    const struct part_place place = {
        .resume = s->resume, .anew = s->anew, .offset = s->offset, .total = seed->total, .length = s->length};
    return part_create(c, seed, s->codings, &place);
}

static void link_transfer(struct transfer *t) {
    struct content *c = t->content;
    t->next = c->open;
    t->link = &c->open;
    if (c->open)
        c->open->link = &t->next;
    c->open = t;
}

static void free_transfer(struct transfer *t) {
    *t->link = t->next;
    if (t->next)
        t->next->link = t->link;
    pool_give(&t->content->transfers, t);
}

struct transfer *content_begin(struct content *c, struct conversation *conversation, void *owner,
                               const struct transfer_seed *s) {
    c->now = conversation->now;
    struct object_seed seed = {.end = conversation->end,
                               .owner = owner,
                               .from = s->from,
                               .protocol = s->protocol,
                               .fact = s->fact,
                               .total = total_of(s),
                               .key = whole_key_of(c, conversation->end, s),
                               .etag = whole_etag_of(c, s->etag)};
    struct transfer *t = pool_take(&c->transfers);
    if (!t) {
        counter_one(COUNTER_OBJECTS_SHED);
        return NULL;
    }
    *t = (struct transfer){.content = c,
                           .length = s->length,
                           .total = seed.total,
                           .etag = seed.etag,
                           .key = seed.key,
                           .resumable = s->resume == RESUME_NONE && s->resumable};
    t->head = create_head(c, &seed, s);
    if (!t->head) {
        pool_give(&c->transfers, t);
        return NULL;
    }
    link_transfer(t);
    return t;
}

/* Is anybody still listening? What comes is of the time of the conversation that brings it. */
static bool take_call(const struct conversation *conversation, struct transfer *t, uint64_t n) {
    if (!t || !t->head || n == 0)
        return false;
    t->content->now = conversation->now;
    t->seen = add_sizes(t->seen, n);
    return true;
}

void content_data(struct conversation *conversation, struct transfer *t, const uint8_t *bytes, size_t n) {
    if (take_call(conversation, t, n))
        filter_data(t->head, bytes, n);
}

void content_write(struct conversation *conversation, struct transfer *t, uint64_t offset,
                   const uint8_t *bytes, size_t n) {
    if (t && t->head && filter_is_part(t->head) && take_call(conversation, t, n))
        part_write(t->head, offset, bytes, n);
}

void content_gap(struct conversation *conversation, struct transfer *t, uint64_t n) {
    if (take_call(conversation, t, n))
        filter_gap(t->head, n);
}

void content_learn(struct conversation *conversation, struct transfer *t, const struct transfer_seed *later) {
    struct object *o = t && t->head ? filter_object(t->head) : NULL;
    if (!o)
        return;
    t->content->now = conversation->now;
    object_learn(o, later->fact);
    struct whole_key key = whole_key_of(t->content, conversation->end, later);
    if (!key.a && !key.b)
        return;
    t->key = key;
    if (filter_is_part(t->head))
        part_rekey(t->head, &key);
}

/* The announced length outranks a protocol that cannot say, and one that says too much. */
static enum transfer_end judge_end(const struct transfer *t, enum transfer_end how) {
    if (t->length == LENGTH_UNKNOWN || how == TRANSFER_CUT)
        return how;
    if (t->seen == t->length)
        return TRANSFER_DONE;
    counter_one(COUNTER_TRANSFER_LENGTH_WRONG);
    return t->seen < t->length ? TRANSFER_CUT : how;
}

static bool is_kept(struct transfer *t) {
    struct object *o = filter_object(t->head);
    return t->resumable && t->seen > 0 && o && !object_is_wrapper(o) &&
           whole_keep(t->content, t->head, &t->key, t->etag, t->seen, t->total);
}

void content_end(struct conversation *conversation, struct transfer *t, enum transfer_end how) {
    if (!t)
        return;
    t->content->now = conversation->now;
    how = judge_end(t, how);
    if (t->head && (how != TRANSFER_CUT || !is_kept(t)))
        filter_end(t->head, how);
    free_transfer(t);
}

/* What stands behind the end of a coding is a thing of its own, beside the one before it. */
static struct filter *open_tail(void *context, struct filter *next) {
    struct content *c = context;
    struct object *o = filter_object(next);
    if (!o)
        return NULL;
    struct object_seed seed = object_seed_beside(o);
    return object_create(c, &seed);
}

/* --- All of it --- */

struct content *content_create(const struct content_options *options, const struct content_parts *parts,
                               const struct object_sink *sink) {
    struct content *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->options = *options;
    c->codings = parts->codings;
    c->facts = parts->facts;
    c->unpackers = parts->unpackers;
    c->sink = *sink;
    codings_set_tail(c->codings, open_tail, c);
    if (pool_init(&c->transfers, sizeof(struct transfer), c->options.objects) && objects_init(c) &&
        unpackers_start(c) && wholes_init(c))
        return c;
    content_destroy(c);
    return NULL;
}

void content_destroy(struct content *c) {
    if (!c)
        return;
    while (c->open) {
        struct transfer *t = c->open;
        if (t->head)
            filter_end(t->head, TRANSFER_CUT);
        free_transfer(t);
    }
    wholes_finish(c);
    unpackers_stop(c);
    objects_finish(c);
    pool_finish(&c->transfers);
    free(c);
}

bool content_make_room(struct content *c) {
    return wholes_evict(c);
}

size_t content_open(const struct content *c) {
    return c->transfers.in_use + c->objects.in_use;
}

unsigned content_fill(const struct content *c) {
    return pool_fill(&c->transfers);
}

void content_tick(struct content *c, time_ns now) {
    wholes_expire(c, now);
}

void content_give_up(struct content *c, bool (*which)(void *context, const void *owner), void *context) {
    for (struct transfer *t = c->open; t; t = t->next) {
        const struct object *o = t->head ? filter_object(t->head) : NULL;
        bool with_whole = t->head && filter_is_part(t->head) && part_in_whole(t->head);
        if (!o || with_whole || !which(context, o->owner))
            continue;
        filter_end(t->head, TRANSFER_CUT);
        t->head = NULL;
    }
    wholes_give_up(c, which, context);
}
