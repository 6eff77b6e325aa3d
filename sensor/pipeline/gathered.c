/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/gathered.h"

#include "base/counter.h"

static const time_ns window = 600 * NS_PER_S;
static const uint64_t size_most = 1 << 20;

struct gathering {
    struct table_node node;
    uint32_t *share; /* of its source */
    struct gathering_key {
        struct address from, to;
        uint64_t host; /* digest of whom the client called the server, and of whom it asked a relay for */
    } key;
    struct object object; /* owner: retained; facts: those of the last text, retained */
};

bool gathered_init(struct gathered *g) {
    g->key = hash_key_random();
    shares_init(&g->shares);
    return table_init(&g->table, GATHERED_MOST) &&
           pool_init(&g->pool, sizeof(struct gathering), GATHERED_MOST);
}

void gathered_finish(struct gathered *g) {
    table_finish(&g->table);
    pool_finish(&g->pool);
}

static struct gathering *gathering_of(const struct table_node *node) {
    return TABLE_ENTRY(node, struct gathering, node);
}

static bool is_key(const struct table_node *node, const void *key) {
    const struct gathering_key *a = &gathering_of(node)->key, *b = key;
    return address_equal(&a->from, &b->from) && address_equal(&a->to, &b->to) && a->host == b->host;
}

static struct gathering_key key_of(const struct gathered *g, const struct object *o) {
    struct bytes host = object_fact(o, FACT_HOST), target = object_fact(o, FACT_TARGET);
    struct gathering_key key;
    memset(&key, 0, sizeof key);
    key.from = o->end[o->from].address;
    key.to = o->end[side_other(o->from)].address;
    key.host = hash_bytes(&g->key, host.p, host.n) ^ 31 * hash_bytes(&g->key, target.p, target.n);
    return key;
}

static struct inspector *inspector_of(const struct object *o) {
    const struct transfer_context *x = o->owner;
    return x->generation->inspector;
}

static void end_gathering(struct gathered *g, const struct gathered_way *way, struct gathering *e) {
    struct object *o = &e->object;
    inspector_closed(inspector_of(o), o);
    emit_transfer(way->emitter, o, o->owner, false);
    inspector_forget(inspector_of(o), o);
    facts_release(way->facts, o->facts);
    transfer_context_release(way->transfers, way->flows, o->owner);
    --*e->share;
    table_remove(&g->table, &e->node);
    pool_give(&g->pool, e);
}

/* The oldest that this source began; NULL: it has none. */
static struct gathering *oldest_of(const struct gathered *g, const uint32_t *share) {
    struct table_node *node = table_oldest(&g->table);
    while (node && share && gathering_of(node)->share != share)
        node = table_younger(node);
    return gathering_of(node);
}

/* At once, one at least. */
static size_t most_of(const struct inspector *i) {
    size_t half = (inspector_readers(i) + 1) / 2;
    return half < GATHERED_MOST ? half : GATHERED_MOST;
}

static void make_room(struct gathered *g, const struct gathered_way *way, size_t most,
                      const uint32_t *share) {
    struct gathering *out = *share >= (most + 3) / 4 ? oldest_of(g, share)
                            : g->table.count >= most ? oldest_of(g, NULL)
                                                     : NULL;
    if (!out)
        return;
    counter_one(COUNTER_GATHERED_SHED);
    end_gathering(g, way, out);
}

static struct gathering *begin_gathering(struct gathered *g, const struct gathered_way *way,
                                         const struct object *first, const struct gathering_key *key,
                                         uint64_t hash) {
    uint32_t *share = shares_of(&g->shares, &key->from);
    make_room(g, way, most_of(inspector_of(first)), share);
    struct gathering *e = pool_take(&g->pool);
    uint64_t number = content_numbers(way->content) + 1;
    if (!e)
        return NULL;
    *e = (struct gathering){.share = share, .key = *key};
    e->object = (struct object){.number = number,
                                .owner = first->owner,
                                .end = {first->end[0], first->end[1]},
                                .from = first->from,
                                .protocol = first->protocol,
                                .type = type_of_bytes(bytes_text("text\n")),
                                .total = LENGTH_UNKNOWN,
                                .first = first->last,
                                .aside = true,
                                .gathered = true,
                                .allowance = first->allowance};
    inspector_opened(inspector_of(first), &e->object);
    if (!e->object.inspection) {
        pool_give(&g->pool, e);
        return NULL;
    }
    content_number_from(way->content, number);
    transfer_context_retain(first->owner);
    ++*share;
    table_add(&g->table, &e->node, hash);
    return e;
}

/* Who pays is of the owner, and gone with it. */
static void move_holds(struct object *o, struct allowance *to) {
    if (o->allowance == to)
        return;
    if (o->allowance) {
        o->allowance->holds--;
        o->allowance->readers--;
    }
    if (to) {
        to->holds++;
        to->readers++;
    }
    o->allowance = to;
}

/* It belongs to whoever brought the last of it. */
static void hand_over(const struct gathered_way *way, struct object *to, const struct object *last) {
    struct transfer_context *before = to->owner;
    struct facts *old = to->facts;
    transfer_context_retain(last->owner);
    facts_retain(last->facts);
    move_holds(to, last->allowance);
    to->owner = last->owner;
    to->facts = last->facts;
    to->protocol = last->protocol;
    to->from = last->from;
    memcpy(to->end, last->end, sizeof to->end);
    to->last = last->last;
    facts_release(way->facts, old);
    transfer_context_release(way->transfers, way->flows, before);
}

static bool has_digit(struct bytes text) {
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] >= '0' && text.p[i] <= '9')
            return true;
    return false;
}

static bool is_over(const struct gathering *e, const struct generation *generation, time_ns now) {
    const struct transfer_context *x = e->object.owner;
    /* where packets' time jumps back, what was before it is over too */
    bool quiet = now - e->object.last > window || e->object.last - now > window;
    return x->generation != generation || quiet || e->object.size >= size_most;
}

void gathered_take(struct gathered *g, const struct gathered_way *way, const struct object *o) {
    struct bytes text = inspector_small(o);
    const struct transfer_context *x = o->owner;
    if (!o->complete || o->aside || o->container || !has_digit(text))
        return;
    struct gathering_key key = key_of(g, o);
    uint64_t hash = hash_bytes(&g->key, &key, sizeof key);
    struct gathering *e = gathering_of(table_find(&g->table, hash, is_key, &key, TABLE_STEPS_ALL));
    if (e && is_over(e, x->generation, o->last)) {
        end_gathering(g, way, e);
        e = NULL;
    }
    if (!e && !(e = begin_gathering(g, way, o, &key, hash)))
        return;
    table_touch(&g->table, &e->node);
    hand_over(way, &e->object, o);
    e->object.size += text.n + 1;
    inspector_data(inspector_of(o), &e->object, text.p, text.n);
    inspector_data(inspector_of(o), &e->object, (const uint8_t *)"\n", 1);
}

void gathered_tick(struct gathered *g, const struct gathered_way *way, const struct generation *newest,
                   bool all) {
    struct table_node *node = table_oldest(&g->table), *next;
    for (; node; node = next) {
        next = table_younger(node);
        if (all || is_over(gathering_of(node), newest, way->now))
            end_gathering(g, way, gathering_of(node));
    }
}
