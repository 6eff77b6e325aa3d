/* SPDX-License-Identifier: Apache-2.0 */
#include "content/type/picture.h"
#include "content/whole/whole.h"

#include "base/counter.h"
#include "base/stage.h"

#include <stdio.h>
#include <stdlib.h>

/* The end of every chain: an object, and the unpackers that make children of it. */
struct leaf {
    struct chain_end end;
    struct content *content;
    struct object o;
    struct unpack unpack;
    struct digest hash;            /* while it is hashed */
    bool hashed, opened, searched; /* a picture may still be found inside */
    bool paid;                     /* for a look at it, though few bytes may come */
    bool made_up;                  /* there is no digest of it */
    bool hash_bounded;             /* there is none where it is larger than containers' may be */
    uint8_t unpackings;
    uint16_t held;     /* bytes in `hold`: before it is opened the first, then those that wait for more */
    uint64_t held_gap; /* missing before the first byte, not yet told, */
    uint64_t last_gap; /* and behind the few bytes in `hold` of an object that is not opened */
    struct filter *unpacking[UNPACKERS_MAX];
    struct picture_finder finder;
    uint8_t hold[TYPE_BYTES];
};

static const time_ns slow_time = 50 * NS_PER_MS;

static struct leaf *leaf_of(struct filter *f) {
    return (struct leaf *)f;
}

static void begin_hash(struct leaf *l) {
    l->hashed = !stage_left_out(STAGE_DIGEST) && digest_begin(l->content->digests, &l->hash);
    if (!l->hashed)
        counter_one(COUNTER_OBJECTS_NOT_HASHED);
}

static void drop_hash(struct leaf *l) {
    if (l->hashed)
        digest_drop(&l->hash);
    l->hashed = false;
}

static bool end_hash(struct leaf *l) {
    bool hashed = l->hashed && digest_end(&l->hash, l->o.sha256);
    l->hashed = false;
    return hashed;
}

/* --- Types --- */

static bool lacks_start(const struct leaf *l) {
    return l->o.offset > 0 || l->held_gap > 0;
}

/* Only the first bytes of a thing carry its signature. */
static const struct file_type *find_type(const struct leaf *l, const uint8_t *bytes, size_t n) {
    struct bytes seen = bytes_of(bytes, n < TYPE_BYTES ? n : TYPE_BYTES);
    if (!lacks_start(l))
        return type_of_bytes(seen);
    return type_of_middle(seen, object_fact(&l->o, FACT_NAME), object_fact(&l->o, FACT_DECLARED_TYPE));
}

/* The record says why an object is called a picture that does not begin as one. */
static void tell_basis(struct leaf *l) {
    char text[64] = "name";
    uint64_t before = l->o.picture;
    if (l->o.basis == TYPE_BY_MASK)
        snprintf(text, sizeof text, "structure masked by %02x", l->o.mask);
    if (l->o.basis == TYPE_BY_STRUCTURE && before > 0)
        snprintf(text, sizeof text, "structure behind %llu octets", (unsigned long long)before);
    else if (l->o.basis == TYPE_BY_STRUCTURE)
        snprintf(text, sizeof text, "structure");
    if (l->o.facts && l->o.basis != TYPE_BY_START)
        facts_set(l->content->facts, l->o.facts, FACT_TYPE_BASIS, bytes_text(text));
}

static bool unmask_picture(struct object *o, struct bytes first) {
    const struct file_type *type = picture_masked(first, &o->mask);
    if (type) {
        o->type = type;
        o->basis = TYPE_BY_MASK;
    }
    return type != NULL;
}

static struct picture search_picture(struct object *o, struct picture_finder *f, struct bytes in) {
    struct picture found = picture_find(f, in, type_is_weak(o->type) || o->type->kind == KIND_TEXT);
    if (found.type) {
        o->type = found.type;
        o->basis = TYPE_BY_STRUCTURE;
        o->picture = found.offset;
    }
    return found;
}

void object_settle_type(struct object *o, struct bytes first) {
    struct picture_finder finder = {0};
    o->type = type_of_bytes(bytes_of(first.p, first.n < TYPE_BYTES ? first.n : TYPE_BYTES));
    if (!type_is_walked(o->type) && !unmask_picture(o, first))
        search_picture(o, &finder, first);
}

bool object_is_misnamed(const struct object *o) {
    return type_denied_by_name(o->type, object_fact(o, FACT_NAME));
}

static struct picture search_leaf(struct leaf *l, const uint8_t *bytes, size_t n) {
    struct picture found = search_picture(&l->o, &l->finder, bytes_of(bytes, n));
    l->searched = !found.type && picture_finder_works(&l->finder);
    if (found.type)
        counter_one(COUNTER_OBJECTS_PICTURE_INSIDE);
    return found;
}

/* It is a member of an archive that began before it. */
static void forget_picture(struct leaf *l, const struct file_type *type) {
    l->o.type = type;
    l->o.basis = TYPE_BY_START;
    l->o.picture = 0;
    l->searched = false;
}

/* Bytes that are too few to call it a picture do with a name or a declared type that says the same. */
static void confirm_picture(struct leaf *l) {
    if (l->o.type->kind != KIND_BINARY)
        return;
    const struct file_type *named = picture_named(object_fact(&l->o, FACT_NAME)),
                           *declared = picture_type(object_fact(&l->o, FACT_DECLARED_TYPE));
    if (named && strcmp(named->mime, l->o.type->mime) == 0)
        l->o.type = named;
    else if (declared && strcmp(declared->mime, l->o.type->mime) == 0)
        l->o.type = declared;
}

/* What a file is by its first bytes is not all: what stands in those that are here counts too. */
static void look_inside(struct leaf *l, struct bytes first) {
    bool named = lacks_start(l) && l->o.type->kind == KIND_IMAGE;
    confirm_picture(l);
    if (named)
        l->o.basis = TYPE_BY_NAME;
    if (named || (!type_is_walked(l->o.type) && !unmask_picture(&l->o, first))) {
        const struct file_type *type = l->o.type;
        picture_skip(&l->finder, l->held_gap);
        struct picture found = search_leaf(l, first.p, first.n);
        if (found.type && l->held_gap == 0 &&
            unpack_begins(&l->unpack, type, bytes_of(first.p, (size_t)l->o.picture)))
            forget_picture(l, type);
    }
    tell_basis(l);
}

/* The record says that its name or declared type is that of another kind of file. */
static void note_denial(struct leaf *l) {
    if (l->o.container || l->made_up || lacks_start(l) || l->o.unpaid)
        return;
    if (object_is_misnamed(&l->o))
        unpack_note(&l->unpack, "name-mismatch");
    if (type_denied_by_declared(l->o.type, object_fact(&l->o, FACT_DECLARED_TYPE)))
        unpack_note(&l->unpack, "type-mismatch");
}

/* --- Opening: the type must be known before anybody hears of the object --- */

static void deliver_gap(struct leaf *l, uint64_t n) {
    const struct object_sink *sink = &l->content->sink;
    l->o.size = add_sizes(l->o.size, n);
    l->o.missing = add_sizes(l->o.missing, n);
    if (!l->o.container)
        sink->gap(sink->context, &l->o, n);
    for (unsigned i = 0; i < l->unpackings; i++)
        filter_gap(l->unpacking[i], n);
}

/* From here on it has a type and, if it is a wrapper, its bytes are those of its children. */
static void open_object(struct leaf *l, const uint8_t *first, size_t n) {
    const struct object_sink *sink = &l->content->sink;
    l->o.type = find_type(l, first, n);
    l->opened = true;
    if (!l->made_up)
        begin_hash(l);
    counter_one(COUNTER_OBJECTS);
    struct unpack_match m = unpack_match(&l->unpack, bytes_of(first, n < TYPE_BYTES ? n : TYPE_BYTES));
    memcpy(l->unpacking, m.filter, sizeof l->unpacking);
    l->unpackings = (uint8_t)m.n;
    if (m.wrapper) {
        l->o.container = true;
        l->o.has_text = m.wrapper->has_text && m.wrapper->has_text(l->o.type);
        if (m.wrapper->type_of)
            l->o.type = m.wrapper->type_of(object_fact(&l->o, FACT_DECLARED_TYPE));
        l->hash_bounded = !m.wrapper->is_file || (l->o.depth == 0 && object_fact(&l->o, FACT_NAME).n == 0);
        if (l->hash_bounded && l->o.total != LENGTH_UNKNOWN &&
            l->o.total > l->content->options.container_hash)
            drop_hash(l);
    }
    if (!m.apart) /* else its pictures are its children */
        look_inside(l, bytes_of(first, n));
    if (n > 0)
        note_denial(l);
    sink->opened(sink->context, &l->o);
    if (l->held_gap)
        deliver_gap(l, l->held_gap);
}

static void deliver_bytes(struct leaf *l, const uint8_t *bytes, size_t n) {
    const struct object_sink *sink = &l->content->sink;
    if (n == 0)
        return;
    l->o.size = add_sizes(l->o.size, n);
    if (l->o.shed) {
        drop_hash(l);
        counter_add(COUNTER_SHED_ALERTED_BYTES, n);
        return;
    }
    if (l->hash_bounded && l->o.size > l->content->options.container_hash)
        drop_hash(l);
    if (stage_left_out(STAGE_DIGEST))
        drop_hash(l);
    uint8_t stage = stage_enter(STAGE_DIGEST);
    if (l->hashed)
        digest_add(&l->hash, bytes, n);
    stage_enter(STAGE_PATTERNS);
    if (!l->o.container)
        sink->data(sink->context, &l->o, bytes, n);
    stage_enter(STAGE_UNPACKING);
    for (unsigned i = 0; i < l->unpackings; i++)
        filter_data(l->unpacking[i], bytes, n);
    stage_leave(stage);
}

/* Looks for a picture on the way. */
static void deliver_more(struct leaf *l, const uint8_t *bytes, size_t n) {
    const struct object_sink *sink = &l->content->sink;
    const struct file_type *type = l->o.type;
    size_t first = 0;
    struct picture found = {0};
    if (l->searched && !l->unpack.apart)
        found = search_leaf(l, bytes, n);
    if (found.type) {
        first = found.before.n > 0 ? 0 : (size_t)(l->o.picture - l->o.size);
        deliver_bytes(l, bytes, first);
    }
    if (found.type && l->unpack.apart) {
        forget_picture(l, type);
    } else if (found.type) {
        tell_basis(l);
        sink->retyped(sink->context, &l->o, found.before);
    }
    deliver_bytes(l, bytes + first, n - first);
}

static void flush_gathered(struct leaf *l) {
    size_t n = l->held;
    l->held = 0;
    if (n > 0)
        deliver_more(l, l->hold, n);
}

/* Opens with what is there. Children are of the time at which their bytes came. */
static void settle_type(struct leaf *l) {
    if (l->opened)
        return;
    time_ns now = l->content->now;
    l->content->now = l->o.last;
    open_object(l, l->hold, l->held);
    if (l->held)
        deliver_bytes(l, l->hold, l->held);
    l->held = 0;
    if (l->last_gap) {
        picture_skip(&l->finder, l->last_gap);
        deliver_gap(l, l->last_gap);
        l->last_gap = 0;
    }
    l->content->now = now;
}

/* Bytes that come in small pieces go on together, unless they come slowly: a piece costs more than its bytes
 * do. */
static void gather_bytes(struct leaf *l, const uint8_t *bytes, size_t n, bool slow) {
    enum { SMALL = 256 };
    bool small = n < SMALL && !slow;
    if (l->held > 0 && (!small || n > (size_t)(TYPE_BYTES - l->held)))
        flush_gathered(l);
    if (!small) {
        deliver_more(l, bytes, n);
        return;
    }
    memcpy(l->hold + l->held, bytes, n);
    l->held = (uint16_t)(l->held + n);
}

/* An object costs as much as some hundred bytes do: that of fewer bytes is paid for. One that is not waits
 * for more of them. */
static bool pay_for_look(struct leaf *l) {
    if (!l->paid)
        l->paid = allowance_spend(l->o.allowance, ACCOUNT_OBJECTS, ALLOWANCE_SMALL);
    return l->paid;
}

/* True if no more than these bytes are needed, or will come, to tell the type. */
static bool decides_type(struct leaf *l, size_t n) {
    return n >= TYPE_BYTES ||
           (l->o.total != LENGTH_UNKNOWN && n >= l->o.total - l->o.offset && pay_for_look(l));
}

/* --- Filter --- */

static void take_data(struct filter *f, const uint8_t *bytes, size_t n) {
    struct leaf *l = leaf_of(f);
    if (n == 0)
        return;
    bool slow = l->content->now - l->o.last >= slow_time;
    if (l->last_gap)
        settle_type(l);
    l->o.last = l->content->now;
    if (!l->opened && l->held == 0 && decides_type(l, n)) {
        open_object(l, bytes, n);
        deliver_bytes(l, bytes, n);
        return;
    }
    if (!l->opened) {
        size_t take = n < (size_t)(TYPE_BYTES - l->held) ? n : (size_t)(TYPE_BYTES - l->held);
        memcpy(l->hold + l->held, bytes, take);
        l->held = (uint16_t)(l->held + take);
        bytes += take;
        n -= take;
        if (decides_type(l, l->held))
            settle_type(l);
    }
    if (n > 0)
        gather_bytes(l, bytes, n, slow);
}

static void take_gap(struct filter *f, uint64_t n) {
    struct leaf *l = leaf_of(f);
    l->o.last = l->content->now;
    if (!l->opened && l->held == 0) {
        l->held_gap = add_sizes(l->held_gap, n);
        return;
    }
    if (!l->opened) { /* perhaps nothing more comes, and nobody pays for a look */
        l->last_gap = add_sizes(l->last_gap, n);
        return;
    }
    flush_gathered(l);
    picture_skip(&l->finder, n);
    deliver_gap(l, n);
}

static void free_leaf(struct leaf *l) {
    struct content *c = l->content;
    drop_hash(l);
    facts_release(c->facts, l->o.facts);
    c->sink.release(c->sink.context, l->o.owner);
    pool_give(&c->objects, l);
}

/* All of it is here, and nobody pays for a look at it: what it is and how large is all that is said. */
static void open_unpaid(struct leaf *l) {
    const struct object_sink *sink = &l->content->sink;
    l->o.unpaid = true;
    l->o.type = find_type(l, l->hold, l->held);
    l->o.missing = add_sizes(l->held_gap, l->last_gap);
    l->o.size = add_sizes(l->o.missing, l->held);
    l->held = 0;
    l->opened = true;
    counter_one(COUNTER_OBJECTS_UNPAID);
    sink->opened(sink->context, &l->o);
}

static void end_object(struct filter *f, enum transfer_end how) {
    struct leaf *l = leaf_of(f);
    const struct object_sink *sink = &l->content->sink;
    if (!l->opened && !pay_for_look(l))
        open_unpaid(l);
    settle_type(l);
    flush_gathered(l);
    for (unsigned i = 0; i < l->unpackings; i++)
        filter_end(l->unpacking[i], how);
    unpack_end_together(&l->unpack, how);
    if (l->o.size > 0)
        note_denial(l); /* it may have got its name since */
    l->o.complete = how == TRANSFER_DONE && !l->unpack.incomplete && l->o.missing == 0 && l->o.offset == 0;
    l->o.hashed = end_hash(l);
    counter_one(l->o.complete ? COUNTER_OBJECTS_COMPLETE : COUNTER_OBJECTS_INCOMPLETE);
    sink->closed(sink->context, &l->o);
    free_leaf(l);
}

static void note_bound(struct filter *f) {
    struct leaf *l = leaf_of(f);
    l->o.bounded = true;
    for (unsigned i = 0; i < l->unpackings; i++)
        filter_bounded(l->unpacking[i]);
}

static void name_bound(struct filter *f, const char *bound) {
    unpack_note(&leaf_of(f)->unpack, bound);
}

static struct object *leaf_object(struct filter *f) {
    return &leaf_of(f)->o;
}

static const struct filter_ops leaf_ops = {
    .data = take_data, .gap = take_gap, .end = end_object, .bounded = note_bound, .name_bound = name_bound};

/* --- Life --- */

static struct leaf *take_leaf(struct content *c) {
    struct leaf *l = pool_take(&c->objects);
    if (!l && wholes_evict(c)) /* a whole that may never go on gives way to what is here now */
        l = pool_take(&c->objects);
    if (!l)
        counter_one(COUNTER_OBJECTS_SHED);
    return l;
}

/* Without a holder for its texts an object has none. */
static struct facts *take_facts(struct content *c, const struct object_seed *s) {
    if (s->same) {
        facts_retain(s->same);
        return s->same;
    }
    struct facts *f = facts_create(c->facts, s->given);
    if (!f)
        counter_one(COUNTER_FACTS_SHED);
    else if (s->fact)
        facts_replace(c->facts, f, s->fact);
    return f;
}

struct filter *object_create(struct content *c, const struct object_seed *s) {
    struct leaf *l = take_leaf(c);
    if (!l)
        return NULL;
    memset(l, 0, offsetof(struct leaf, hold));
    l->end = (struct chain_end){{.ops = &leaf_ops}, leaf_object};
    l->content = c;
    l->paid = s->depth > 0; /* by its unpacker */
    l->made_up = s->made_up;
    l->o = (struct object){.number = ++c->numbers,
                           .parent = s->parent,
                           .depth = s->depth,
                           .owner = s->owner,
                           .end = {s->end[SIDE_CLIENT], s->end[SIDE_SERVER]},
                           .from = s->from,
                           .protocol = s->protocol,
                           .facts = take_facts(c, s),
                           .offset = s->offset,
                           .total = s->total,
                           .aside = s->aside,
                           .allowance = allowance_of(c, s->owner),
                           .first = c->now,
                           .last = c->now};
    l->unpack =
        (struct unpack){.content = c, .object = &l->o, .key = s->key, .etag = s->etag, .level = s->level};
    l->o.unpack = &l->unpack;
    c->sink.retain(c->sink.context, l->o.owner);
    return &l->end.filter;
}

uint64_t content_numbers(const struct content *c) {
    return c->numbers;
}

void content_number_from(struct content *c, uint64_t n) {
    c->numbers = n;
}

void object_abandon(struct filter *f) {
    free_leaf(leaf_of(f));
}

void object_note_bound(struct unpack *u) {
    struct leaf *l = (struct leaf *)((uint8_t *)u - offsetof(struct leaf, unpack));
    l->o.bounded = true;
}

void object_set_offset(struct object *o, uint64_t offset) {
    o->offset = offset;
}

bool object_is_wrapper(struct object *o) {
    struct leaf *l = (struct leaf *)((uint8_t *)o - offsetof(struct leaf, o));
    if (!l->opened &&
        unpack_is_wrapper(&l->unpack, find_type(l, l->hold, l->held), bytes_of(l->hold, l->held)))
        settle_type(l);
    return o->container;
}

void object_is_whole(struct object *o) {
    struct leaf *l = (struct leaf *)((uint8_t *)o - offsetof(struct leaf, o));
    l->unpack.key = (struct whole_key){0, 0};
}

static const struct leaf *leaf_around(const struct object *o) {
    return (const struct leaf *)((const uint8_t *)o - offsetof(struct leaf, o));
}

void object_learn(struct object *o, const struct bytes *fact) {
    if (o->facts)
        facts_replace(leaf_around(o)->content->facts, o->facts, fact);
}

void object_fill(struct object *o, const struct bytes *fact) {
    if (o->facts && fact)
        facts_fill(leaf_around(o)->content->facts, o->facts, fact);
}

struct object_seed object_seed_beside(const struct object *o) {
    const struct unpack *u = &leaf_around(o)->unpack;
    return (struct object_seed){.end = o->end,
                                .owner = o->owner,
                                .from = o->from,
                                .protocol = o->protocol,
                                .same = o->facts,
                                .parent = o->parent,
                                .key = u->key,
                                .etag = u->etag,
                                .total = LENGTH_UNKNOWN,
                                .depth = o->depth,
                                .level = u->level};
}

struct object_seed object_seed_below(const struct object *o) {
    struct object_seed s = object_seed_beside(o);
    s.same = NULL;
    s.given = o->facts;
    s.parent = o->number;
    s.depth = o->depth + 1;
    return s;
}

bool objects_init(struct content *c) {
    c->digests = digests_create(c->options.objects);
    return c->digests && pool_init(&c->objects, sizeof(struct leaf), c->options.objects);
}

void objects_finish(struct content *c) {
    digests_destroy(c->digests);
    pool_finish(&c->objects);
}
