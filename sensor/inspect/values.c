/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/inspection.h"

#include "base/counter.h"
#include "inspect/validate.h"

enum {
    CALLS_MAX = 1 << 20, /* values of a count that never rests that are looked at in an object */
};

/* The bytes of a match: where they lie, or put together in `room` if the match began in an earlier chunk. */
static struct bytes match_bytes(const struct feed *f, uint64_t from, uint64_t to,
                                uint8_t room[VALUE_WIDTH_MAX]) {
    uint64_t first = f->base - f->before.n;
    if (from >= f->base)
        return bytes_of(f->chunk.p + (from - f->base), (size_t)(to - from));
    from = from < first ? first : from;
    if (to <= f->base)
        return to > from ? bytes_of(f->before.p + (from - first), (size_t)(to - from)) : bytes_of(NULL, 0);
    size_t old = (size_t)(f->base - from), fresh = (size_t)(to - f->base);
    if (old > VALUE_WIDTH_MAX || fresh > VALUE_WIDTH_MAX - old)
        return bytes_of(NULL, 0);
    memcpy(room, f->before.p + (from - first), old);
    memcpy(room + old, f->chunk.p, fresh);
    return bytes_of(room, old + fresh);
}

static bool knows_spread(const struct tally_state *t, uint32_t digest) {
    if (t->spread_count == SPREAD_MAX)
        return true;
    for (uint32_t i = 0; i < t->spread_count; i++)
        if (t->spread[i] == digest)
            return true;
    return false;
}

static bool note_spread(struct tally_state *t, uint32_t digest) {
    if (knows_spread(t, digest))
        return false;
    t->spread[t->spread_count++] = digest;
    return true;
}

/* Values of this count that are kept. */
static uint32_t most_of(const struct inspector *i, const struct tally *tally) {
    bool all = tally->reported || tally->distinct > i->options.distinct_max;
    return all ? i->options.distinct_max : tally->distinct;
}

/* Many objects hold a few values for long, few hold many: a set begins small. */
static bool take_set(struct inspection *n, const struct tally *tally, struct tally_state *t) {
    struct inspector *i = n->inspector;
    uint32_t most = most_of(i, tally);
    if (t->set || t->shed)
        return t->set != NULL;
    n->counted = true;
    t->set = pool_take(&i->small_sets);
    if (!t->set) {
        t->set = pool_take(&i->sets);
        t->large = t->set != NULL;
    }
    if (t->set) {
        value_set_init(t->set, t->large || most < SMALL_SET ? most : SMALL_SET);
    } else {
        t->shed = true;
        counter_one(COUNTER_INSPECT_SETS_SHED);
    }
    return t->set != NULL;
}

/* Room for one more value; without it what is there still counts. */
static void grow_set(struct inspector *i, const struct tally *tally, struct tally_state *t) {
    uint32_t most = most_of(i, tally);
    if (t->large || t->shed || !value_set_full(t->set) || t->set->count >= most)
        return;
    struct value_set *large = pool_take(&i->sets);
    if (!large) {
        t->shed = true;
        counter_one(COUNTER_INSPECT_SETS_SHED);
        return;
    }
    value_set_init(large, most);
    value_set_copy(large, t->set);
    pool_give(&i->small_sets, t->set);
    t->set = large;
    t->large = true;
}

/* A set that is full says nothing of how its values differ: a numbered series must not hide what follows. */
static bool add_value(struct tally_state *t, const struct pending *p) {
    bool added = value_set_add(t->set, p->digest), was_full = !added && value_set_full(t->set);
    return (added || was_full) && (note_spread(t, p->spread) || added);
}

/* No longer match can come: the value counts. */
static void flush_value(struct inspection *n, unsigned tally) {
    const struct tally *rule = &n->inspector->rules->tallies[tally];
    struct tally_state *t = &n->tallies[tally];
    struct pending *p = &t->pending;
    if (!p->on)
        return;
    p->on = false;
    if (t->full || !take_set(n, rule, t))
        return;
    grow_set(n->inspector, rule, t);
    if (!add_value(t, p))
        return;
    rest_note_new(n, tally);
    n->dirty = true;
    if (!t->sample[0])
        memcpy(t->sample, p->sample, sizeof t->sample);
    bool no_room = t->set->count >= most_of(n->inspector, rule) || (t->shed && value_set_full(t->set));
    t->full = (no_room && t->spread_count >= rule->spread) || rest_is_covered(n, tally);
    n->settling |= t->full;
    if (t->full && rule->reported)
        counter_one(COUNTER_INSPECT_COUNTS_STOPPED);
}

void values_flush(struct inspection *n, const struct scan *scan, uint64_t offset) {
    for (size_t i = 0; i < scan->tally_count; i++)
        if (n->tallies[scan->tallies[i]].pending.to <= offset)
            flush_value(n, scan->tallies[i]);
}

static uint64_t digest_value(const struct inspection *in, struct bytes normal) {
    return hash_bytes(&in->inspector->options.digest_key, normal.p, normal.n);
}

/* Of what is left when the digits are taken out. */
static uint32_t digest_letters(const struct inspection *in, struct bytes normal) {
    uint8_t letters[VALUE_MAX];
    size_t n = 0;
    for (size_t i = 0; i < normal.n; i++)
        if (normal.p[i] < '0' || normal.p[i] > '9')
            letters[n++] = normal.p[i];
    return (uint32_t)digest_value(in, bytes_of(letters, n));
}

/* Of its letters and its sample only what the count still asks for. */
static struct pending make_pending(const struct inspection *in, const struct tally_state *t,
                                   struct bytes value, uint64_t from) {
    uint8_t room[VALUE_MAX];
    struct bytes normal = bytes_of(room, value_normalise(value, room));
    struct pending p = {.on = true, .from = from, .to = from + value.n, .digest = digest_value(in, normal)};
    if (t->spread_count < SPREAD_MAX)
        p.spread = digest_letters(in, normal);
    if (!t->sample[0])
        value_redact(normal, p.sample);
    return p;
}

bool values_fresh(const struct inspection *n, unsigned tally, struct bytes value) {
    const struct tally_state *t = &n->tallies[tally];
    uint8_t room[VALUE_MAX];
    struct bytes normal = bytes_of(room, value_normalise(value, room));
    if (!t->set)
        return !t->shed;
    return value_set_full(t->set) ? !knows_spread(t, digest_letters(n, normal))
                                  : !value_set_has(t->set, digest_value(n, normal));
}

static void stop_count(struct inspection *n, struct tally_state *t) {
    t->full = n->settling = true;
    counter_one(COUNTER_INSPECT_COUNTS_STOPPED);
}

/* A value of a count: of matches that overlap the longest is taken (one plate ends twice in
 * `[A-Z]{3}[0-9]{3,4}`). */
static void count_value(struct feed *f, unsigned tally, struct bytes value, uint64_t at) {
    struct tally_state *t = &f->in->tallies[tally];
    struct pending *old = &t->pending;
    if (f->scan->scope == SCOPE_LISTING)
        listed_met(f->in, t, at + value.n / 2);
    if (!t->wanted || t->full)
        return;
    if (f->scan->kind == SCAN_VALUES && ++t->calls > CALLS_MAX) {
        stop_count(f->in, t);
        return;
    }
    bool overlaps = old->on && at < old->to && at + value.n > old->from;
    if (overlaps && value.n <= old->to - old->from)
        return;
    struct pending fresh = make_pending(f->in, t, value, at);
    if (!overlaps)
        flush_value(f->in, tally);
    *old = fresh;
}

static void note_match(const struct feed *f, bool refused) {
    unsigned tally = f->scan->tallies[0];
    if (f->scan->kind == SCAN_VALUES)
        debt_note_match(f->in, f->scan, false);
    if (f->scan->kind == SCAN_TALLY && f->scan->scope == f->in->bulk &&
        rest_note_match(f->in, tally, refused))
        stop_count(f->in, &f->in->tallies[tally]);
}

/* True: for the first time. */
static bool note_hit(struct inspection *n, unsigned number, enum scope scope) {
    uint8_t bit = (uint8_t)(1u << scope);
    if (n->resting)
        rest_note_hit(n, number);
    if (n->hits[number] & bit)
        return false;
    n->hits[number] |= bit;
    n->found |= bit;
    return n->dirty = n->settling = true;
}

/* True when the one count of a stream of its own is full: it is not matched further. Of a listing it still
 * matters in how many names a value stands. */
static bool scan_is_over(const struct feed *f) {
    return f->scan->kind == SCAN_TALLY && f->scan->scope != SCOPE_LISTING &&
           f->in->tallies[f->scan->tallies[0]].full;
}

/* What the identifier's validator looks at of a match that ends at `to`. */
static struct bytes find_match(const struct feed *f, const struct validator *v, uint64_t from, uint64_t to,
                               uint8_t room[VALUE_WIDTH_MAX]) {
    bool unknown = from == MATCH_FROM_UNKNOWN || to - from > VALUE_WIDTH_MAX || (v && v->reach);
    if (unknown)
        from = to > f->scan->width ? to - f->scan->width : 0;
    struct bytes match = match_bytes(f, from, to, room);
    if (match.n == 0 || !v || !v->reach)
        return match;
    size_t reach = v->reach(match);
    return bytes_of(match.p + (match.n - reach), reach);
}

bool values_found(void *context, unsigned number, uint64_t from, uint64_t to) {
    struct feed *f = context;
    const struct ruleset *r = f->in->inspector->rules;
    uint8_t room[VALUE_WIDTH_MAX];
    struct bytes match, value;
    f->in->met = true;
    if (f->scan->kind == SCAN_PLAIN) {
        debt_note_match(f->in, f->scan, note_hit(f->in, number, f->scan->scope));
        return false;
    }
    if (scan_is_over(f))
        return true;
    int validator = r->identifiers[number].validator;
    const struct validator *v = validator >= 0 ? &validator_table[validator] : NULL;
    match = value = find_match(f, v, from, to, room);
    bool refused = match.n == 0 || (v && !v->holds(match, &value));
    note_match(f, refused);
    if (refused)
        return scan_is_over(f);
    note_hit(f->in, number, f->scan->scope);
    /* Inside the match the validator may have pointed at a part. */
    uint64_t at = to - match.n + (uint64_t)(value.p - match.p);
    for (size_t i = 0; i < f->scan->tally_count; i++) {
        const struct tally *t = &r->tallies[f->scan->tallies[i]];
        if (identifiers_hold(t->identifiers, t->count, number))
            count_value(f, f->scan->tallies[i], value, at);
    }
    return scan_is_over(f);
}
