/* SPDX-License-Identifier: Apache-2.0 */
#include "content/assembly.h"
#include "content/chain.h"

#include "base/counter.h"
#include "base/utf8.h"

#include <stdlib.h>

enum { METHOD_MAX = 32, DECLARED_TYPE_MAX = 256 };

struct leaf {
    struct chain_end end;
    struct content *content;
    struct object o;
    EVP_MD_CTX *hash; /* NULL: not hashed */
    bool opened;
    uint16_t held;     /* bytes in `hold` */
    uint64_t held_gap; /* missing before the first byte, not yet told */
    uint8_t hold[TYPE_BYTES];
    uint8_t name[OBJECT_NAME_MAX], path[OBJECT_PATH_MAX], host[OBJECT_HOST_MAX], user[OBJECT_USER_MAX];
    uint8_t method[METHOD_MAX], declared_type[DECLARED_TYPE_MAX];
};

static void text_set(struct object_text *t, uint8_t *room, size_t size, struct bytes value) {
    size_t n = utf8_fit(value, size);
    if (n > 0)
        memcpy(room, value.p, n);
    *t = (struct object_text){.n = (uint16_t)n, .cut = n < value.n, .p = room};
    if (t->cut)
        counter_one(COUNTER_OBJECT_TEXT_CUT);
}

static EVP_MD_CTX *hash_begin(struct content *c) {
    EVP_MD_CTX *hash = c->spares ? c->spare[--c->spares] : EVP_MD_CTX_new();
    if (hash && EVP_DigestInit_ex(hash, c->sha256, NULL) == 1)
        return hash;
    EVP_MD_CTX_free(hash);
    counter_one(COUNTER_OBJECTS_NOT_HASHED);
    return NULL;
}

static void hash_drop(struct leaf *l) {
    if (l->hash)
        l->content->spare[l->content->spares++] = l->hash;
    l->hash = NULL;
}

/* --- Opening: the type must be known before the sink hears of the object --- */

static void open_as(struct leaf *l, const struct file_type *type) {
    const struct object_sink *sink = &l->content->sink;
    l->o.type = type;
    l->opened = true;
    counter_one(COUNTER_OBJECTS);
    sink->opened(sink->context, &l->o);
}

/* Only the first bytes of a thing carry its signature. */
static const struct file_type *type_of(const struct leaf *l, const uint8_t *bytes, size_t n) {
    struct bytes seen = bytes_of(bytes, n < TYPE_BYTES ? n : TYPE_BYTES);
    return l->o.offset > 0 || l->held_gap > 0 ? type_of_middle(seen) : type_of_bytes(seen);
}

static void deliver(struct leaf *l, const uint8_t *bytes, size_t n) {
    const struct object_sink *sink = &l->content->sink;
    l->o.size = add_sizes(l->o.size, n);
    if (l->o.shed) {
        hash_drop(l);
        counter_add(COUNTER_SHED_ALERTED_BYTES, n);
        return;
    }
    if (l->hash)
        EVP_DigestUpdate(l->hash, bytes, n);
    sink->data(sink->context, &l->o, bytes, n);
}

static void deliver_gap(struct leaf *l, uint64_t n) {
    const struct object_sink *sink = &l->content->sink;
    l->o.size = add_sizes(l->o.size, n);
    l->o.missing = add_sizes(l->o.missing, n);
    sink->gap(sink->context, &l->o, n);
}

/* Opens with what is there. */
static void settle(struct leaf *l) {
    if (l->opened)
        return;
    open_as(l, type_of(l, l->hold, l->held));
    if (l->held_gap)
        deliver_gap(l, l->held_gap);
    if (l->held)
        deliver(l, l->hold, l->held);
}

/* True if no more than these bytes are needed, or will come, to tell the type. */
static bool decides(const struct leaf *l, size_t n) {
    return n >= TYPE_BYTES || (l->o.total != LENGTH_UNKNOWN && n >= l->o.total - l->o.offset);
}

/* --- Filter --- */

static struct leaf *leaf_of(struct filter *f) {
    return (struct leaf *)f;
}

static void leaf_data(struct filter *f, const uint8_t *bytes, size_t n) {
    struct leaf *l = leaf_of(f);
    if (n == 0)
        return;
    l->o.last = l->content->now;
    if (!l->opened && l->held == 0 && decides(l, n)) {
        open_as(l, type_of(l, bytes, n));
        if (l->held_gap)
            deliver_gap(l, l->held_gap);
    }
    if (!l->opened) {
        size_t take = n < (size_t)(TYPE_BYTES - l->held) ? n : (size_t)(TYPE_BYTES - l->held);
        memcpy(l->hold + l->held, bytes, take);
        l->held = (uint16_t)(l->held + take);
        bytes += take;
        n -= take;
        if (decides(l, l->held))
            settle(l);
    }
    if (n > 0)
        deliver(l, bytes, n);
}

static void leaf_gap(struct filter *f, uint64_t n) {
    struct leaf *l = leaf_of(f);
    l->o.last = l->content->now;
    if (!l->opened && l->held == 0) {
        l->held_gap = add_sizes(l->held_gap, n);
        return;
    }
    settle(l);
    deliver_gap(l, n);
}

/* Containers keep their bytes to themselves: their content is in their children. */
static void container_data(struct filter *f, const uint8_t *bytes, size_t n) {
    struct leaf *l = leaf_of(f);
    l->o.last = l->content->now;
    l->o.size = add_sizes(l->o.size, n);
    if (l->hash && l->o.size > l->content->options.container_hash)
        hash_drop(l);
    if (l->hash)
        EVP_DigestUpdate(l->hash, bytes, n);
}

static void container_gap(struct filter *f, uint64_t n) {
    struct leaf *l = leaf_of(f);
    l->o.size = add_sizes(l->o.size, n);
    l->o.missing = add_sizes(l->o.missing, n);
}

static void leaf_free(struct leaf *l) {
    struct content *c = l->content;
    hash_drop(l);
    c->sink.release(c->sink.context, l->o.owner);
    pool_give(&c->objects, l);
}

static void leaf_end(struct filter *f, enum transfer_end how) {
    struct leaf *l = leaf_of(f);
    const struct object_sink *sink = &l->content->sink;
    settle(l);
    l->o.complete = how == TRANSFER_DONE && l->o.missing == 0 && l->o.offset == 0;
    l->o.hashed = l->hash && EVP_DigestFinal_ex(l->hash, l->o.sha256, NULL) == 1;
    counter_one(l->o.complete ? COUNTER_OBJECTS_COMPLETE : COUNTER_OBJECTS_INCOMPLETE);
    sink->closed(sink->context, &l->o);
    leaf_free(l);
}

static struct object *leaf_object(struct filter *f) {
    return &leaf_of(f)->o;
}

static const struct filter_ops leaf_ops = {.data = leaf_data, .gap = leaf_gap, .end = leaf_end};
static const struct filter_ops container_ops = {
    .data = container_data, .gap = container_gap, .end = leaf_end};

/* --- Life --- */

static struct leaf *leaf_take(struct content *c) {
    struct leaf *l = pool_take(&c->objects);
    if (!l && assembly_evict(c)) /* a whole that may never go on gives way to what is here now */
        l = pool_take(&c->objects);
    if (!l)
        counter_one(COUNTER_OBJECTS_SHED);
    return l;
}

static void leaf_fill(struct leaf *l, const struct object_seed *s) {
    struct content *c = l->content;
    l->o = (struct object){.number = ++c->numbers,
                           .parent = s->parent,
                           .depth = s->depth,
                           .owner = s->owner,
                           .end = {s->end[SIDE_CLIENT], s->end[SIDE_SERVER]},
                           .from = s->from,
                           .protocol = s->protocol,
                           .offset = s->offset,
                           .total = s->total,
                           .first = c->now,
                           .last = c->now};
    text_set(&l->o.name, l->name, sizeof l->name, s->name);
    text_set(&l->o.path, l->path, sizeof l->path, s->path);
    text_set(&l->o.host, l->host, sizeof l->host, s->host);
    text_set(&l->o.user, l->user, sizeof l->user, s->user);
    text_set(&l->o.method, l->method, sizeof l->method, s->method);
    text_set(&l->o.declared_type, l->declared_type, sizeof l->declared_type, s->declared_type);
}

struct filter *object_create(struct content *c, const struct object_seed *seed,
                             const struct file_type *container) {
    struct leaf *l = leaf_take(c);
    if (!l)
        return NULL;
    l->end = (struct chain_end){{.ops = container ? &container_ops : &leaf_ops}, leaf_object};
    l->content = c;
    l->hash = NULL;
    l->opened = false;
    l->held = 0;
    l->held_gap = 0;
    leaf_fill(l, seed);
    c->sink.retain(c->sink.context, l->o.owner);
    bool too_big = container && seed->total != LENGTH_UNKNOWN && seed->total > c->options.container_hash;
    if (!too_big)
        l->hash = hash_begin(c);
    if (container) {
        l->o.container = true;
        open_as(l, container);
    }
    return &l->end.filter;
}

void object_abandon(struct filter *f) {
    leaf_free(leaf_of(f));
}

void object_set_offset(struct object *o, uint64_t offset) {
    o->offset = offset;
}

void object_rename(struct object *o, const struct transfer_facts *facts) {
    if (facts->name.n)
        text_set(&o->name, o->name.p, OBJECT_NAME_MAX, facts->name);
    if (facts->path.n)
        text_set(&o->path, o->path.p, OBJECT_PATH_MAX, facts->path);
    if (facts->user.n)
        text_set(&o->user, o->user.p, OBJECT_USER_MAX, facts->user);
    if (facts->method.n)
        text_set(&o->method, o->method.p, METHOD_MAX, facts->method);
}

struct object_seed object_seed_like(const struct object *o) {
    return (struct object_seed){.end = o->end,
                                .owner = o->owner,
                                .from = o->from,
                                .protocol = o->protocol,
                                .path = object_text_bytes(&o->path),
                                .host = object_text_bytes(&o->host),
                                .user = object_text_bytes(&o->user),
                                .method = object_text_bytes(&o->method),
                                .parent = o->parent,
                                .total = LENGTH_UNKNOWN,
                                .depth = o->depth};
}

bool object_init(struct content *c) {
    c->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    c->spare = calloc(c->options.objects + 1, sizeof *c->spare);
    return c->sha256 && c->spare && pool_init(&c->objects, sizeof(struct leaf), c->options.objects);
}

void object_finish(struct content *c) {
    for (size_t i = 0; i < c->spares; i++)
        EVP_MD_CTX_free(c->spare[i]);
    free(c->spare);
    EVP_MD_free(c->sha256);
    pool_finish(&c->objects);
}
