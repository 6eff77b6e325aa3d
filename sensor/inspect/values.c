/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/inspection.h"

#include "base/counter.h"
#include "inspect/validate.h"

enum {
    CALLS_MAX = 1 << 20, /* matches of one count that are looked at in an object */
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

static void note_spread(struct tally_state *t, uint32_t digest) {
    for (uint32_t i = 0; i < t->spread_count; i++)
        if (t->spread[i] == digest)
            return;
    if (t->spread_count < SPREAD_MAX)
        t->spread[t->spread_count++] = digest;
}

static bool take_set(struct inspector *i, const struct tally *tally, struct tally_state *t) {
    uint32_t most = tally->reported && tally->distinct < i->options.distinct_max ? i->options.distinct_max
                                                                                 : tally->distinct;
    if (t->set || t->shed)
        return t->set != NULL;
    t->set = pool_take(&i->sets);
    if (t->set)
        value_set_init(t->set, most < i->options.distinct_max ? most : i->options.distinct_max);
    else {
        t->shed = true;
        counter_one(COUNTER_INSPECT_SETS_SHED);
    }
    return t->set != NULL;
}

/* No longer match can come: the value counts. */
static void flush_value(struct inspection *n, unsigned tally) {
    struct tally_state *t = &n->tallies[tally];
    struct pending *p = &t->pending;
    if (!p->on)
        return;
    p->on = false;
    if (t->full || !take_set(n->inspector, &n->inspector->rules->tallies[tally], t))
        return;
    if (value_set_add(t->set, p->digest)) {
        t->repeats = 0;
        note_spread(t, p->spread);
        n->dirty = true;
        if (!t->sample[0])
            memcpy(t->sample, p->sample, sizeof t->sample);
        t->full = value_set_full(t->set);
        if (t->full && n->inspector->rules->tallies[tally].reported)
            counter_one(COUNTER_INSPECT_COUNTS_STOPPED);
    }
}

void values_flush(struct inspection *n, const struct scan *scan, uint64_t offset) {
    for (size_t i = 0; i < scan->tally_count; i++)
        if (n->tallies[scan->tallies[i]].pending.to <= offset)
            flush_value(n, scan->tallies[i]);
}

static struct pending make_pending(const struct feed *f, struct bytes value, uint64_t from) {
    const struct hash_key *key = &f->in->inspector->options.digest_key;
    uint8_t normal[VALUE_MAX], letters[VALUE_MAX];
    size_t n = value_normalise(value, normal), letter_count = 0;
    for (size_t i = 0; i < n; i++)
        if (normal[i] < '0' || normal[i] > '9')
            letters[letter_count++] = normal[i];
    struct pending p = {.on = true, .from = from, .to = from + value.n, .digest = hash_bytes(key, normal, n)};
    p.spread = (uint32_t)hash_bytes(key, letters, letter_count);
    value_redact(bytes_of(normal, n), p.sample);
    return p;
}

/* Does a rule wait for more of it? */
static bool rule_awaits(const struct inspection *n, unsigned tally) {
    const struct ruleset *r = n->inspector->rules;
    for (size_t i = 0; i < r->rule_count; i++)
        for (size_t k = 0; k < r->rules[i].condition->count_count && n->states[i] == RULE_OPEN; k++)
            if (r->rules[i].condition->counts[k].tally == tally)
                return true;
    return false;
}

static void stop_count(struct tally_state *t) {
    t->full = true;
    counter_one(COUNTER_INSPECT_COUNTS_STOPPED);
}

/* A value of a count: of matches that overlap the longest is taken (one plate ends twice in
 * `[A-Z]{3}[0-9]{3,4}`). */
static void count_value(struct feed *f, unsigned tally, struct bytes value, uint64_t at) {
    struct tally_state *t = &f->in->tallies[tally];
    struct pending *old = &t->pending;
    if (!t->wanted || t->full)
        return;
    if (++t->calls > CALLS_MAX) {
        stop_count(t);
        return;
    }
    bool overlaps = old->on && at < old->to && at + value.n > old->from;
    if (overlaps && value.n <= old->to - old->from)
        return;
    struct pending fresh = make_pending(f, value, at);
    if (!overlaps)
        flush_value(f->in, tally);
    *old = fresh;
}

static bool counts_identifier(const struct tally *t, unsigned number) {
    for (size_t i = 0; i < t->count; i++)
        if (t->identifiers[i] == number)
            return true;
    return false;
}

/* Tables of the same few values, or of what a validator refuses, cost most of all texts. A count that has
 * what its rules ask for stops there; one that has not looks again further on, so that such a table cannot
 * hide what stands behind it. */
static void note_match(struct feed *f, uint64_t to) {
    unsigned tally = f->scan->tallies[0];
    struct tally_state *t = &f->in->tallies[tally];
    if (t->repeats++ == 0)
        t->repeating = to;
    if (t->repeats < REPEATS_MAX || f->scan->scope != f->in->bulk)
        return;
    if (!rule_awaits(f->in, tally)) {
        stop_count(t);
        return;
    }
    t->rests = t->rested = true;
    t->wake = t->began + to + REST * (to - t->repeating);
}

static void note_hit(struct inspection *n, unsigned number, enum scope scope) {
    uint8_t bit = (uint8_t)(1u << scope);
    if (!(n->hits[number] & bit)) {
        n->hits[number] |= bit;
        n->dirty = true;
    }
}

/* True when the one count of a stream of its own is full or rests: it is not matched further. */
static bool scan_is_over(const struct feed *f) {
    const struct tally_state *t = &f->in->tallies[f->scan->kind == SCAN_TALLY ? f->scan->tallies[0] : 0];
    return f->scan->kind == SCAN_TALLY && (t->full || t->rests);
}

bool values_found(void *context, unsigned number, uint64_t from, uint64_t to) {
    struct feed *f = context;
    const struct ruleset *r = f->in->inspector->rules;
    uint8_t room[VALUE_WIDTH_MAX];
    struct bytes match, value;
    if (f->scan->kind == SCAN_PLAIN) {
        note_hit(f->in, number, f->scan->scope);
        return false;
    }
    if (scan_is_over(f))
        return true;
    if (f->scan->kind == SCAN_TALLY)
        note_match(f, to);
    if (from == MATCH_FROM_UNKNOWN || to - from > VALUE_WIDTH_MAX)
        from = to > f->scan->width ? to - f->scan->width : 0;
    match = value = match_bytes(f, from, to, room);
    int validator = r->identifiers[number].validator;
    if (match.n == 0 || (validator >= 0 && !validator_table[validator].holds(match, &value)))
        return false;
    note_hit(f->in, number, f->scan->scope);
    /* Inside the match the validator may have pointed at a part. */
    uint64_t at = to - match.n + (uint64_t)(value.p - match.p);
    for (size_t i = 0; i < f->scan->tally_count; i++)
        if (counts_identifier(&r->tallies[f->scan->tallies[i]], number))
            count_value(f, f->scan->tallies[i], value, at);
    return scan_is_over(f);
}
