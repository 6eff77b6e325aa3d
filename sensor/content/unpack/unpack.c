/* SPDX-License-Identifier: Apache-2.0 */
#include "content/whole/whole.h"

#include "base/counter.h"
#include "base/pool.h"
#include "base/stage.h"

#include <stdlib.h>

bool unpackers_start(struct content *c) {
    for (unsigned i = 0; c->unpackers[i] && i < UNPACKER_TABLE_MAX; i++, c->unpackers_started++)
        if (c->unpackers[i]->start && !(c->unpacker_state[i] = c->unpackers[i]->start(c->options.objects)))
            return false;
    return true;
}

void unpackers_stop(struct content *c) {
    while (c->unpackers_started > 0) {
        unsigned last = --c->unpackers_started;
        if (c->unpackers[last]->stop)
            c->unpackers[last]->stop(c->unpacker_state[last]);
    }
}

void *unpack_start_pool(size_t object_size, size_t limit) {
    struct pool *p = malloc(sizeof *p);
    if (p && pool_init(p, object_size, limit))
        return p;
    free(p);
    return NULL;
}

void unpack_stop_pool(void *pool) {
    if (pool)
        pool_finish(pool);
    free(pool);
}

void *unpack_state(const struct unpack *u) {
    return u->state;
}

struct bytes unpack_first(const struct unpack *u) {
    return u->first;
}

const struct object *unpack_object(const struct unpack *u) {
    return u->object;
}

/* One of the pieces of a thing that came, or come, between the same two hosts. */
static struct filter *begin_piece(struct unpack *u, struct object_seed *seed,
                                  const struct unpack_child *child) {
    struct content *c = u->content;
    struct transfer_seed named = transfer_seed_of("piece", u->object->from);
    struct coding_list list =
        coding_parse(child->codings, limit_codings(&c->options.codings.limits, seed->level), false);
    list.allowance = u->object->allowance;
    named.key[0] = child->id;
    seed->key = whole_key_of(c, u->object->end, &named);
    seed->etag = 0;
    seed->level += list.n;
    struct filter *f = part_create_piece(c, seed, child->number, child->pieces, true);
    return f ? coding_stack(c->codings, &list, f) : NULL;
}

struct filter *unpack_begin(struct unpack *u, const struct unpack_child *child) {
    const struct limits *l = &u->content->options.codings.limits;
    bool deep = !limit_depth(l, u->level);
    if (deep || (!child->endless && !limit_members(l, u->members))) {
        object_note_bound(u);
        unpack_note(u, deep ? "depth-bound" : "members-bound");
        return NULL;
    }
    u->members += !child->endless;
    struct object_seed seed = object_seed_below(u->object);
    seed.fact = child->fact;
    seed.total = child->total;
    seed.level = u->level + 1 + child->undone;
    seed.aside = child->gathered;
    seed.made_up = child->gathered || child->made_up;
    if (child->number > 0 && child->number <= WHOLE_PIECES_MAX && child->pieces <= WHOLE_PIECES_MAX)
        return begin_piece(u, &seed, child);
    if (!child->is_range)
        return chain_create(u->content, &seed, child->codings, false);
    const struct part_place place = {.resume = RESUME_RANGE, .offset = child->offset, .total = child->total};
    return part_create(u->content, &seed, child->codings, &place);
}

struct filter *unpack_decode(struct unpack *u, const char *coding, struct filter *next) {
    const struct limits *l = &u->content->options.codings.limits;
    struct coding_list list = coding_parse(bytes_text(coding), limit_codings(l, u->level + 1), false);
    list.strict = true;
    list.allowance = u->object->allowance;
    struct filter *f = list.n > 0 ? coding_stack(u->content->codings, &list, next) : next;
    if (f == next)
        object_note_bound(u);
    return f == next ? NULL : f;
}

struct filter *unpack_begin_coding(struct unpack *u, struct coding_list one, struct filter *next) {
    one.allowance = u->object->allowance;
    return stage_left_out(STAGE_CODING) ? NULL : coding_begin(u->content->codings, &one, next);
}

size_t unpack_make(struct unpack *u, struct unpack_made *made, struct filter *child, const uint8_t *bytes,
                   size_t n) {
    bool over;
    size_t take = limit_output(&u->content->options.codings.limits, made->in, made->out, n, &over);
    bool inflated = over && take == n;
    size_t paid = inflated ? 0 : allowance_take(u->object->allowance, ACCOUNT_DECODED, take);
    made->out += paid;
    if (paid > 0)
        filter_data(child, bytes, paid);
    if (paid == n)
        return n;
    counter_add(COUNTER_CODING_ALLOWANCE, !inflated && paid < take);
    filter_bounded(child);
    filter_name_bound(child, inflated ? "ratio-bound" : paid < take ? "allowance-bound" : "output-bound");
    return paid;
}

void *unpack_alloc(struct unpack *u, size_t n) {
    struct allowance *a = u->object->allowance;
    void *p = allowance_has(a, ACCOUNT_AHEAD, (int64_t)n) ? coding_alloc(u->content->codings, n) : NULL;
    if (p)
        allowance_spend(a, ACCOUNT_AHEAD, n);
    return p;
}

void unpack_free(struct unpack *u, void *p, size_t n) {
    coding_free(u->content->codings, p);
    allowance_return(u->object->allowance, ACCOUNT_AHEAD, n);
}

void unpack_tell(struct unpack *u, const struct bytes *fact) {
    object_fill(u->object, fact);
}

void unpack_replace(struct unpack *u, const struct bytes *fact) {
    object_learn(u->object, fact);
}

void unpack_settle_type(struct unpack *u, const char *mime) {
    const struct file_type *type = type_named(mime);
    if (type)
        u->object->type = type;
}

static bool holds_word(struct bytes list, struct bytes word) {
    while (list.n > 0) {
        struct bytes one = bytes_until(list, ',');
        size_t over = one.n < list.n ? one.n + 1 : one.n;
        if (bytes_equal(one, word))
            return true;
        list = bytes_of(list.p + over, list.n - over);
    }
    return false;
}

void unpack_note(struct unpack *u, const char *word) {
    struct bytes notes = facts_own(u->object->facts, FACT_NOTES), more = bytes_text(word);
    struct bytes fact[FACT_COUNT] = {{NULL, 0}};
    char room[128];
    if (holds_word(notes, more) || notes.n + 1 + more.n > sizeof room)
        return;
    memcpy(room, notes.p, notes.n);
    if (notes.n > 0)
        room[notes.n++] = ',';
    memcpy(room + notes.n, more.p, more.n);
    fact[FACT_NOTES] = bytes_of(room, notes.n + more.n);
    object_learn(u->object, fact);
}

void unpack_learn(struct filter *child, const struct bytes *fact) {
    struct object *o = filter_object(child);
    if (o)
        object_learn(o, fact);
}

bool unpack_pays(struct unpack *u) {
    struct allowance *a = u->object->allowance;
    return allowance_spend(a, ACCOUNT_OBJECTS, ALLOWANCE_OBJECT);
}

void unpack_together(struct unpack *u, struct bytes head, struct bytes body) {
    const struct unpack_child child = {.total = LENGTH_UNKNOWN};
    if (!u->together && u->together_refused)
        return;
    if (!u->together && !(u->together = unpack_begin(u, &child))) {
        u->together_refused = true;
        return;
    }
    const struct bytes texts[] = {head, body};
    for (size_t i = 0; i < 2; i++) {
        if (texts[i].n == 0)
            continue;
        filter_data(u->together, texts[i].p, texts[i].n);
        filter_data(u->together, (const uint8_t *)"\n", 1);
    }
}

void unpack_end_together(struct unpack *u, enum transfer_end how) {
    if (u->together)
        filter_end(u->together, how);
    u->together = NULL;
}

void unpack_incomplete(struct unpack *u) {
    u->incomplete = true;
}

static bool is_wrapper(const struct unpacker *by, const struct file_type *type, struct bytes declared,
                       struct bytes first) {
    return by->kind == UNPACK_WRAPPER && (!by->wraps || by->wraps(type, declared, first));
}

bool unpack_is_wrapper(const struct unpack *u, const struct file_type *type, struct bytes first) {
    const struct unpacker *const *table = u->content->unpackers;
    struct bytes declared = object_fact(u->object, FACT_DECLARED_TYPE);
    for (unsigned i = 0; i < u->content->unpackers_started; i++)
        if (table[i]->matches(type, declared) && is_wrapper(table[i], type, declared, first))
            return true;
    return false;
}

void unpack_own(struct unpack *u, const struct filter *by, const uint8_t *bytes, size_t n) {
    const struct object_sink *sink = &u->content->sink;
    uint8_t stage = stage_enter(STAGE_PATTERNS);
    if (by == u->wrapper && u->object->has_text && n > 0)
        sink->data(sink->context, u->object, bytes, n);
    stage_leave(stage);
}

bool unpack_begins(const struct unpack *u, const struct file_type *type, struct bytes octets) {
    const struct unpacker *const *table = u->content->unpackers;
    struct bytes declared = object_fact(u->object, FACT_DECLARED_TYPE);
    for (unsigned i = 0; i < u->content->unpackers_started; i++)
        if (table[i]->begins && table[i]->matches(type, declared) && table[i]->begins(type, octets))
            return true;
    return false;
}

void unpack_takes_apart(struct unpack *u) {
    u->apart = true;
}

void unpack_bounded(struct unpack *u) {
    object_note_bound(u);
}

/* In a text that lies so deep there is most often nothing: the bound is told where a file begins in it. */
static bool may_unpack(struct unpack *u, const struct unpacker *by) {
    if (by->kind == UNPACK_TEXT || by->kind == UNPACK_LOOK ||
        limit_depth(&u->content->options.codings.limits, u->level))
        return true;
    object_note_bound(u);
    unpack_note(u, "depth-bound");
    return false;
}

struct unpack_match unpack_match(struct unpack *u, struct bytes first) {
    const struct unpacker *const *table = u->content->unpackers;
    struct bytes declared = object_fact(u->object, FACT_DECLARED_TYPE);
    struct unpack_match m = {.n = 0};
    u->first = first;
    if (stage_left_out(STAGE_UNPACKING)) { /* one object, then, that is inspected itself */
        object_note_bound(u);
        return m;
    }
    for (unsigned i = 0; i < u->content->unpackers_started; i++) {
        bool covered = table[i]->kind == UNPACK_TEXT && m.wrapper; /* its text is that of its children */
        if (covered || !table[i]->matches(u->object->type, declared))
            continue;
        if (m.n == UNPACKERS_MAX) {
            counter_one(COUNTER_UNPACKERS_OVER);
            break;
        }
        if (!may_unpack(u, table[i]))
            continue;
        u->state = u->content->unpacker_state[i];
        struct filter *f = table[i]->create(u);
        if (!f)
            continue;
        m.filter[m.n++] = f;
        m.apart |= table[i]->kind == UNPACK_WRAPPER || table[i]->kind == UNPACK_FILE;
        if (is_wrapper(table[i], u->object->type, declared, first)) {
            m.wrapper = table[i];
            u->wrapper = f;
        }
    }
    return m;
}
