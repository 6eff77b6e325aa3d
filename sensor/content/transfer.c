/* SPDX-License-Identifier: Apache-2.0 */
#include "content/whole/whole.h"

#include "base/counter.h"

#include <stdlib.h>

struct transfer {
    struct content *content;
    struct transfer *next, **link; /* in content->open, while it has a head */
    struct filter *head;           /* NULL: it was ended from here, and what still comes is left out */
    struct allowance *allowance;   /* of its hosts; NULL: nobody's */
    time_ns last;                  /* when something came of it */
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
    if (s->resume == RESUME_PIECE)
        return LENGTH_UNKNOWN;
    return s->total == LENGTH_UNKNOWN && all ? s->length : s->total;
}

/* What each piece is coded in is undone before they meet. */
static struct filter *create_piece(struct content *c, const struct object_seed *seed,
                                   const struct transfer_seed *s) {
    uint64_t pieces = s->total == LENGTH_UNKNOWN ? 0 : s->total;
    struct coding_list list =
        coding_parse(s->codings, limit_codings(&c->options.codings.limits, seed->level), true);
    struct object_seed inner = *seed;
    inner.level += list.n;
    list.allowance = allowance_of(c, seed->owner);
    struct filter *f = part_create_piece(c, &inner, s->offset, pieces, false);
    return f ? coding_stack(c->codings, &list, f) : NULL;
}

static struct filter *create_head(struct content *c, const struct object_seed *seed,
                                  const struct transfer_seed *s) {
    if (s->resume == RESUME_PIECE && s->offset > 0 && s->offset <= WHOLE_PIECES_MAX + 1)
        return create_piece(c, seed, s);
    if (s->resume == RESUME_NONE || s->resume == RESUME_PIECE)
        return chain_create(c, seed, s->codings, true);
    const struct part_place place = {.resume = s->resume,
                                     .anew = s->anew,
                                     .stable = s->stable,
                                     .offset = s->offset,
                                     .total = seed->total,
                                     .length = s->length};
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

static void unlink_transfer(struct transfer *t) {
    if (t->content->hand == t)
        t->content->hand = t->next;
    *t->link = t->next;
    if (t->next)
        t->next->link = t->link;
}

/* From here on it has a head, whose hosts are there. */
static void open_transfer(struct transfer *t, struct allowance *a) {
    link_transfer(t);
    t->allowance = a;
    if (a)
        a->transfers++;
    t->content->transfers_open++;
}

/* Its head, which is the caller's now. */
static struct filter *close_transfer(struct transfer *t) {
    struct filter *head = t->head;
    if (!head)
        return NULL;
    unlink_transfer(t);
    if (t->allowance)
        t->allowance->transfers--;
    t->content->transfers_open--;
    t->head = NULL;
    return head;
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
                               .made_up = s->made_up,
                               .aside = s->aside,
                               .key = whole_key_of(c, conversation->end, s),
                               .etag = whole_etag_of(c, s->etag)};
    struct transfer *t = pool_take(&c->transfers);
    if (!t) {
        counter_one(COUNTER_OBJECTS_SHED);
        return NULL;
    }
    *t = (struct transfer){.content = c,
                           .last = c->now,
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
    open_transfer(t, allowance_of(c, owner));
    return t;
}

/* Is anybody still listening? What comes is of the time of the conversation that brings it. */
static bool take_call(const struct conversation *conversation, struct transfer *t, uint64_t n) {
    if (!t || !t->head || n == 0)
        return false;
    t->content->now = t->last = conversation->now;
    t->seen = add_sizes(t->seen, n);
    return true;
}

void content_data(struct conversation *conversation, struct transfer *t, const uint8_t *bytes, size_t n) {
    if (take_call(conversation, t, n))
        filter_data(t->head, bytes, n);
}

void content_write(struct conversation *conversation, struct transfer *t, uint64_t offset,
                   const uint8_t *bytes, size_t n) {
    bool extent = !bytes && n == 0; /* how long it is at least */
    if (t && t->head && filter_is_part(t->head) && (extent || take_call(conversation, t, n)))
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

static bool is_kept(struct transfer *t, struct filter *head) {
    struct object *o = filter_object(head);
    return t->resumable && t->seen > 0 && o && !object_is_wrapper(o) &&
           whole_keep(t->content, head, &t->key, t->etag, t->seen, t->total);
}

void content_end(struct conversation *conversation, struct transfer *t, enum transfer_end how) {
    if (!t)
        return;
    t->content->now = conversation->now;
    how = judge_end(t, how);
    struct filter *head = close_transfer(t);
    if (head && (how != TRANSFER_CUT || !is_kept(t, head)))
        filter_end(head, how);
    pool_give(&t->content->transfers, t);
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

static size_t most_transfers(const struct content_options *o) {
    return o->transfers > o->objects ? o->transfers : o->objects;
}

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
    if (pool_init(&c->transfers, sizeof(struct transfer), most_transfers(options)) && objects_init(c) &&
        unpackers_start(c) && wholes_init(c))
        return c;
    content_destroy(c);
    return NULL;
}

void content_destroy(struct content *c) {
    if (!c)
        return;
    while (c->open)
        filter_end(close_transfer(c->open), TRANSFER_CUT);
    wholes_finish(c);
    unpackers_stop(c);
    objects_finish(c);
    pool_finish(&c->transfers);
    free(c);
}

/* --- Room --- */

/* Thousandths of the objects; there are facts for two thirds of them. */
enum { SHORT = 600, NEARLY_ALL = 900, LOOK = 16 };

bool content_is_short(const struct content *c) {
    return pool_fill(&c->objects) >= SHORT || content_fill(c) >= SHORT;
}

/* Hosts that have a quarter of all that is open give way at once, others when they have been quiet. */
static bool may_go(const struct content *c, const struct transfer *t) {
    time_ns quiet = pool_fill(&c->objects) >= NEARLY_ALL ? NS_PER_S / 10 : NS_PER_S;
    bool greedy = t->allowance && t->allowance->transfers > c->transfers_open / 4;
    return greedy || c->now - t->last >= quiet;
}

/* Of two that may: that of the hosts that have more, then the one that has been quiet longer. */
static bool goes_before(const struct transfer *a, const struct transfer *b) {
    uint32_t has = a->allowance ? a->allowance->transfers : 0;
    uint32_t other = b->allowance ? b->allowance->transfers : 0;
    return has != other ? has > other : a->last < b->last;
}

/* The next few in turn, so that each is looked at as often as any other. */
static struct transfer *find_victim(struct content *c) {
    struct transfer *victim = NULL;
    for (unsigned i = 0; i < LOOK && c->open; i++) {
        struct transfer *t = c->hand ? c->hand : c->open;
        c->hand = t->next;
        if (may_go(c, t) && (!victim || goes_before(t, victim)))
            victim = t;
    }
    return victim;
}

/* A transfer ends as it stands; what still comes is left out, which its object says. */
static bool evict_transfer(struct content *c) {
    struct transfer *t = find_victim(c);
    if (!t)
        return false;
    counter_one(COUNTER_TRANSFERS_GAVE_WAY);
    struct filter *head = close_transfer(t);
    filter_bounded(head);
    filter_end(head, TRANSFER_CUT);
    return true;
}

bool content_make_room(struct content *c, time_ns now) {
    c->now = now;
    return wholes_evict(c) || evict_transfer(c);
}

size_t content_open(const struct content *c) {
    return c->transfers_open + c->objects.in_use;
}

unsigned content_fill(const struct content *c) {
    return (unsigned)(c->transfers_open * 1000 / c->options.objects);
}

void content_tick(struct content *c, time_ns now) {
    wholes_expire(c, now);
}

void content_give_up(struct content *c, bool (*which)(void *context, const void *owner), void *context) {
    for (struct transfer *t = c->open, *next; t; t = next) {
        next = t->next;
        const struct object *o = filter_object(t->head);
        bool with_whole = filter_is_part(t->head) && part_in_whole(t->head);
        if (o && !with_whole && which(context, o->owner))
            filter_end(close_transfer(t), TRANSFER_CUT);
    }
    wholes_give_up(c, which, context);
}
