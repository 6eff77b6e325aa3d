/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/inspector.h"
#include "inspect/inspection.h"

#include "base/counter.h"
#include "base/stage.h"

#include <stdlib.h>

enum { DISTINCT_DEFAULT = 1024 };

/* --- scopes --- */

static void keep_tail(struct inspection *n, const uint8_t *bytes, size_t count) {
    unsigned most = n->inspector->rules->tail;
    if (count >= most) {
        memcpy(n->tail, bytes + count - most, most);
        n->tail_n = most;
        return;
    }
    size_t old = n->tail_n + count > most ? most - count : n->tail_n;
    memmove(n->tail, n->tail + n->tail_n - old, old);
    memcpy(n->tail + old, bytes, count);
    n->tail_n = (unsigned)(old + count);
}

/* False if this scan rests here, or owes too much. Where it looks again a new stream begins. */
static bool wake_scan(struct inspection *n, size_t s, struct bytes piece) {
    const struct scan *scan = &n->inspector->rules->scans[s];
    struct tally_state *t = &n->tallies[scan->kind == SCAN_TALLY ? scan->tallies[0] : 0];
    bool counts = scan->kind == SCAN_TALLY, *broken = counts ? &t->rest.broken : &n->debts[s].broken;
    if (counts ? !t->rest.on && !t->rest.broken : !n->owes)
        return true;
    if (counts ? !rest_looks_at(n, scan->tallies[0], piece) : !debt_looks_at(n, s, piece))
        return false;
    if (!*broken)
        return true;
    *broken = false;
    *(counts ? &t->began : &n->debts[s].began) = n->offset;
    return streams_again(n, s);
}

static void feed_piece(struct inspection *n, const uint8_t *bytes, size_t count) {
    const struct ruleset *r = n->inspector->rules;
    if (n->settling)
        streams_settle(n);
    for (size_t i = 0; i < n->plan->scan_count; i++) {
        size_t s = n->plan->scans[i];
        if (!n->streams[s])
            continue;
        if (!wake_scan(n, s, bytes_of(bytes, count))) {
            counter_add(COUNTER_INSPECT_BYTES_RESTED, count);
            continue;
        }
        struct feed f = streams_feed(n, s, bytes, count);
        uint64_t end = f.base + count, reach = f.scan->width + LATE_BYTES;
        matcher_scan(n->inspector->matcher, n->streams[s], bytes, count, values_found, &f);
        /* A later match begins at most its width before the end of what was seen: behind that nothing
         * overlaps. */
        if (end > reach)
            values_flush(n, f.scan, end - reach);
    }
    if (r->tail)
        keep_tail(n, bytes, count);
    n->offset += count;
}

/* Text that unfolds to many times its bytes on the wire is matched as far as these pay for it, in runs that
 * are long enough for a table. */
static bool is_paid(struct inspection *n, size_t count) {
    enum { RUN = 16 << 10 };
    struct allowance *a = n->object->allowance;
    if (n->unpaid && a->left[ACCOUNT_MATCHED] < RUN)
        return false;
    bool broken = n->unpaid;
    n->unpaid = !allowance_spend(a, ACCOUNT_MATCHED, count);
    if (broken && !n->unpaid) { /* as behind a gap */
        feed_piece(n, (const uint8_t *)"\n", 1);
        cells_gap(n);
    }
    return !n->unpaid;
}

/* Bytes of the object, in order, into the streams of its scope. */
void inspection_feed(struct inspection *n, const uint8_t *bytes, size_t count) {
    if (stage_left_out(STAGE_PATTERNS)) {
        n->object->bounded = true;
        return;
    }
    if (!is_paid(n, count)) {
        counter_add(COUNTER_INSPECT_BYTES_UNPAID, count);
        return;
    }
    counter_add(COUNTER_INSPECT_BYTES_MATCHED, count);
    if (n->plan->listed && !n->object->gathered)
        listed_take(n, bytes_of(bytes, count));
    cells_push(n, bytes_of(bytes, count));
    while (count > 0) {
        size_t piece = (n->resting || n->owes) && count > PIECE_BYTES ? PIECE_BYTES : count;
        feed_piece(n, bytes, piece);
        bytes += piece;
        count -= piece;
    }
}

static void feed_text(struct inspection *n, struct bytes in) {
    uint8_t room[4096];
    while (in.n > 0) {
        struct bytes text = utf16_next(&n->utf16, &in, room, sizeof room);
        if (text.n > 0)
            inspection_feed(n, text.p, text.n);
    }
}

/* Bytes are missing, or there are no more. */
static void feed_held(struct inspection *n, uint64_t missing) {
    struct bytes held = utf16_gap(&n->utf16, missing);
    if (held.n > 0)
        inspection_feed(n, held.p, held.n);
}

/* A short text that is there as a whole: a file name, a path. */
void inspection_match(struct inspection *n, enum scope scope, struct bytes text) {
    const struct ruleset *r = n->inspector->rules;
    struct matcher *m = n->inspector->matcher;
    for (size_t s = 0; s < r->scan_count; s++) {
        struct feed f = {n, &r->scans[s], text, {text.p, 0}, 0};
        bool wanted = f.scan->kind != SCAN_TALLY || n->tallies[f.scan->tallies[0]].wanted;
        if (f.scan->scope != scope || !wanted)
            continue;
        struct pattern_stream *stream = matcher_begin(m, s);
        if (!stream) {
            counter_one(COUNTER_INSPECT_STREAMS_SHED);
            n->met = true;
            continue;
        }
        matcher_scan(m, stream, text.p, text.n, values_found, &f);
        f.base = text.n;
        f.before = text;
        f.chunk = bytes_of(NULL, 0);
        matcher_end(m, s, stream, values_found, &f);
        values_flush(n, f.scan, UINT64_MAX);
    }
}

/* Names and paths may come late: they are matched again when they have changed. Many objects have those of
 * one before, as parts of a mail do: where nothing was found in them nothing is. */
static void match_names(struct inspection *n) {
    static const enum scope scopes[] = {[FACT_SCOPE_NAME] = SCOPE_NAME, [FACT_SCOPE_PATH] = SCOPE_PATH};
    const struct object *o = n->object;
    const struct hash_key key = n->inspector->options.digest_key;
    uint64_t hash = 0;
    for (unsigned i = 0; i < FACT_COUNT; i++)
        if (fact_rows[i].scope) {
            struct bytes text = object_fact(o, (enum fact)i);
            hash = hash * 31 ^ (text.n ? hash_bytes(&key, text.p, text.n) : i);
        }
    if (hash == n->name_hash)
        return;
    n->name_hash = hash;
    uint64_t known = hash ^ (uintptr_t)n->plan, *plain = &n->inspector->plain_names[known % PLAIN_NAMES];
    if (*plain == known && !n->retyped_once)
        return;
    n->met = false;
    for (unsigned i = 0; i < FACT_COUNT; i++) {
        struct bytes text = fact_rows[i].scope ? object_fact(o, (enum fact)i) : bytes_of(NULL, 0);
        if (text.n)
            inspection_match(n, scopes[fact_rows[i].scope], text);
    }
    if (!n->met)
        *plain = known;
}

/* --- rules --- */

static bool list_holds(const struct inspection *n, const struct rule_condition *c) {
    bool any = c->any.count == 0;
    for (size_t i = 0; i < c->all.count; i++)
        if (!(n->hits[c->all.items[i]] & c->scopes))
            return false;
    for (size_t i = 0; i < c->any.count && !any; i++)
        any = n->hits[c->any.items[i]] & c->scopes;
    for (size_t i = 0; i < c->none.count; i++)
        if (n->hits[c->none.items[i]] & c->scopes)
            return false;
    return any;
}

static bool counts_hold(const struct inspection *n, const struct rule_condition *c) {
    for (size_t i = 0; i < c->count_count; i++) {
        const struct tally_state *t = &n->tallies[c->counts[i].tally];
        bool shared = n->inspector->rules->tallies[c->counts[i].tally].share == 0 || t->agreed;
        uint32_t least = n->object->gathered && c->counts[i].distinct < GATHERED_LEAST
                             ? GATHERED_LEAST
                             : c->counts[i].distinct;
        if (!shared || !t->set || t->set->count < least || t->spread_count < c->counts[i].spread)
            return false;
    }
    return true;
}

static bool completeness_fits(const struct inspection *n, const struct rule_condition *c) {
    return c->complete == COMPLETE_ANY || (c->complete == COMPLETE_YES) == n->object->complete;
}

static bool word_fits(struct bytes word, const struct setting_texts *globs) {
    char text[32];
    if (word.n == 0 || word.n >= sizeof text)
        return false;
    memcpy(text, word.p, word.n);
    text[word.n] = 0;
    for (size_t i = 0; i < globs->count; i++)
        if (glob_matches(globs->items[i], text))
            return true;
    return false;
}

static bool notes_fit(struct bytes notes, const struct setting_texts *globs) {
    bool fit = false;
    while (notes.n > 0 && !fit) {
        struct bytes word = bytes_until(notes, ',');
        size_t took = word.n < notes.n ? word.n + 1 : word.n;
        fit = word_fits(word, globs);
        notes = bytes_of(notes.p + took, notes.n - took);
    }
    return fit;
}

/* A picture's own words are known where nobody takes notes, too. */
static bool oddities_fit(const struct inspection *n, const struct setting_texts *globs) {
    const char *odd[PICTURE_WORDS];
    for (unsigned k = 0, count = picture_words(n, odd); k < count; k++)
        if (word_fits(bytes_text(odd[k]), globs))
            return true;
    return false;
}

/* They may become known while the object moves. */
static bool words_fit(const struct inspection *n, const struct rule_condition *c) {
    return (c->encryption.count == 0 || word_fits(object_fact(n->object, FACT_ENCRYPTION), &c->encryption)) &&
           (c->notes.count == 0 || notes_fit(object_fact(n->object, FACT_NOTES), &c->notes) ||
            oddities_fit(n, &c->notes));
}

static void tell_finding(struct inspection *n, const struct rule *rule) {
    struct finding f;
    counter_one(COUNTER_FINDINGS);
    if (inspector_finding(n->object, rule, &f))
        n->inspector->sink.found(n->inspector->sink.context, &f);
}

/* Octets in which more specific classes show themselves, as by what a camera writes before the picture: rules
 * that give way are not told before. */
enum { HEAD = 1024 };

/* Does a rule of a class hold that this one gives way to? */
static bool gives_way(const struct inspection *n, const struct rule *rule) {
    const struct setting_texts *classes = &rule->condition->gives_way_to;
    const struct ruleset *r = n->inspector->rules;
    for (size_t k = 0; k < classes->count; k++)
        for (size_t i = 0; i < r->rule_count; i++)
            if (n->states[i] == RULE_HOLDS && strcmp(r->rules[i].class, classes->items[k]) == 0)
                return true;
    return false;
}

/* As of nearly all rules of nearly all objects: nothing was found in any scope that it asks for. */
static bool lacks_evidence(const struct inspection *n, const struct rule_condition *c) {
    bool asks = c->all.count > 0 || c->any.count > 0;
    return (asks && !(n->found & c->scopes)) || (c->count_count > 0 && !n->counted);
}

/* Every rule that is still open; those with `none` or an upper bound only at the end. */
static void decide_some(struct inspection *n, bool that_give_way) {
    const struct ruleset *r = n->inspector->rules;
    const struct type_plan *plan = n->plan;
    size_t end = that_give_way ? plan->rule_count : plan->firm_count;
    for (size_t k = that_give_way ? plan->firm_count : 0; k < end; k++) {
        size_t i = plan->rules[k];
        const struct rule_condition *c = r->rules[i].condition;
        if (n->states[i] != RULE_OPEN || (c->late && !n->closed))
            continue;
        if (n->object->gathered && !(c->scopes & 1u << SCOPE_CELLS))
            continue;
        uint64_t head = n->retyped + HEAD;
        uint64_t least = that_give_way && !n->closed && c->size_min < head ? head : c->size_min;
        if (n->seen < least) {
            n->next_size = least < n->next_size ? least : n->next_size;
            continue;
        }
        if ((c->size_max && n->seen > c->size_max) || !completeness_fits(n, c) || lacks_evidence(n, c) ||
            !words_fit(n, c) || !list_holds(n, c) || !counts_hold(n, c) || !cells_hold(n, &c->rows) ||
            gives_way(n, &r->rules[i]))
            continue;
        n->states[i] = RULE_HOLDS;
        tell_finding(n, &r->rules[i]);
    }
}

static void decide_rules(struct inspection *n) {
    n->dirty = false;
    n->next_size = UINT64_MAX;
    decide_some(n, false);
    decide_some(n, true);
}

static void decide_if_due(struct inspection *n) {
    if (!n->encrypted && object_fact(n->object, FACT_ENCRYPTION).n > 0)
        n->encrypted = n->dirty = true;
    if (object_fact(n->object, FACT_NOTES).n != n->notes_n) {
        n->notes_n = (uint8_t)object_fact(n->object, FACT_NOTES).n;
        n->dirty = true;
    }
    if (n->dirty || n->seen >= n->next_size)
        decide_rules(n);
}

/* --- objects --- */

static const struct file_type unknown_type = {"application/octet-stream", "data", KIND_BINARY};

static size_t align_size(size_t n) {
    return (n + 15) & ~(size_t)15;
}

static size_t inspection_size(const struct ruleset *r) {
    return align_size(sizeof(struct inspection)) + align_size(r->tally_count * sizeof(struct tally_state)) +
           align_size(r->scan_count * sizeof(struct debt)) +
           align_size(r->scan_count * sizeof(struct pattern_stream *)) +
           align_size(r->scan_count * sizeof(uint16_t)) + align_size(r->tail) +
           align_size(r->identifier_count) + align_size(r->rule_count);
}

static struct inspection *inspection_begin(struct inspector *i, struct object *o) {
    const struct ruleset *r = i->rules;
    uint8_t *p = pool_take(&i->inspections);
    struct inspection *n = (struct inspection *)(void *)p;
    if (!n)
        return NULL;
    memset(n, 0, offsetof(struct inspection, listing.held));
    n->inspector = i;
    n->object = o;
    n->tallies = (struct tally_state *)(void *)(p += align_size(sizeof *n));
    n->debts = (struct debt *)(void *)(p += align_size(r->tally_count * sizeof *n->tallies));
    n->streams = (struct pattern_stream **)(void *)(p += align_size(r->scan_count * sizeof *n->debts));
    n->sets = (uint16_t *)(void *)(p += align_size(r->scan_count * sizeof *n->streams));
    n->tail = p += align_size(r->scan_count * sizeof *n->sets);
    n->hits = p += align_size(r->tail);
    n->states = p + align_size(r->identifier_count);
    for (size_t t = 0; t < r->tally_count; t++)
        memset(&n->tallies[t], 0, offsetof(struct tally_state, spread));
    memset(n->debts, 0, (size_t)(n->states + r->rule_count - (uint8_t *)n->debts));
    return n;
}

/* The rules that can hold for this type at all; those of the type before that hold go on holding. */
static void open_rules(struct inspection *n, bool again) {
    const struct ruleset *r = n->inspector->rules;
    for (size_t i = 0; again && i < r->rule_count; i++)
        if (n->states[i] == RULE_OPEN)
            n->states[i] = RULE_OUT;
    for (size_t k = 0; k < n->plan->rule_count; k++)
        if (n->states[n->plan->rules[k]] == RULE_OUT)
            n->states[n->plan->rules[k]] = RULE_OPEN;
    for (size_t t = 0; t < r->tally_count; t++)
        n->tallies[t].wanted |= n->plan->wanted[t];
}

/* What the object is decides which rules are open, and how its bytes are read. False: no memory, and nothing
 * has changed. */
static bool begin_type(struct inspection *n, bool again) {
    const struct object *o = n->object;
    const struct file_type *type = o->type ? o->type : &unknown_type;
    const struct type_plan *plan = type_plan_of(n->inspector->plans, type);
    if (!plan)
        return false;
    n->plan = plan;
    open_rules(n, again);
    n->bulk = plan->bulk;
    picture_end(n);
    if (plan->is_walked)
        picture_begin(n, o->basis == TYPE_BY_MASK ? "" : type->mime);
    n->utf16.mode = type->kind == KIND_TEXT && o->offset == 0 ? UTF16_START : UTF16_PASS;
    cells_begin(n);
    if (o->gathered && !n->rows)
        return false; /* it is its tables alone */
    if (!o->gathered) {
        streams_begin(n);
        match_names(n);
    }
    decide_rules(n);
    return true;
}

/* Where little is left nobody takes more of it who has a quarter of all. */
static bool is_greedy(const struct inspector *i, const struct object *o) {
    return o->allowance && pool_fill(&i->inspections) >= 750 &&
           o->allowance->holds > i->inspections.limit / 4;
}

void inspector_opened(struct inspector *i, struct object *o) {
    o->inspection = NULL;
    if ((o->container && !o->has_text) || o->unpaid)
        return;
    struct inspection *n = is_greedy(i, o) ? NULL : inspection_begin(i, o);
    o->inspection = n; /* what is found at once asks for it */
    if (!n || !begin_type(n, false)) {
        pool_give(&i->inspections, n);
        o->inspection = NULL;
        counter_one(COUNTER_INSPECT_OBJECTS_SHED);
        o->bounded = true;
        return;
    }
    if (o->allowance)
        o->allowance->holds++;
}

/* Is there still a stream to feed, or a listing to read? */
static bool has_streams(const struct inspection *n) {
    if (n->plan->listed)
        return true;
    for (size_t i = 0; i < n->plan->scan_count; i++)
        if (n->streams[n->plan->scans[i]])
            return true;
    return false;
}

/* What stands before a picture hides nothing by it. */
static void feed_from(struct inspection *n, uint64_t offset, struct bytes in) {
    uint64_t before = n->object->picture > offset ? n->object->picture - offset : 0;
    struct bytes lead = bytes_of(in.p, before < in.n ? (size_t)before : in.n);
    inspection_feed(n, lead.p, lead.n);
    picture_feed(n, bytes_of(in.p + lead.n, in.n - lead.n));
}

void inspector_data(struct inspector *i, struct object *o, const uint8_t *bytes, size_t n) {
    struct inspection *in = o->inspection;
    if (!in || in->closed || n == 0)
        return;
    uint64_t offset = in->seen;
    in->seen += n;
    if (in->picture)
        feed_from(in, offset, bytes_of(bytes, n));
    else if (!has_streams(in) && !in->rows && !in->rows_lost)
        ;
    else if (in->bulk == SCOPE_TEXT)
        feed_text(in, bytes_of(bytes, n));
    else
        inspection_feed(in, bytes, n);
    if (in->plan->listed)
        listed_flush(in);
    decide_if_due(in);
}

/* A line end stands for what is missing: bytes before and after it are not one word. */
void inspector_gap(struct inspector *i, struct object *o, uint64_t n) {
    struct inspection *in = o->inspection;
    if (!in || in->closed)
        return;
    in->seen += n;
    if (in->picture && in->seen > o->picture)
        picture_gap(in, n);
    /* Of UTF-16 the next byte is a unit's first only if an even number was lost with the one that is held. */
    if (in->bulk == SCOPE_TEXT)
        feed_held(in, n);
    if (!stage_left_out(STAGE_PATTERNS))
        feed_piece(in, (const uint8_t *)"\n", 1);
    cells_gap(in);
    if (in->plan->listed) {
        listed_take(in, bytes_text("\n"));
        listed_flush(in);
    }
    decide_if_due(in);
}

/* The streams of the old scope end here, those of the picture's metadata begin; what was counted stays. */
void inspector_retyped(struct inspector *i, struct object *o, struct bytes again) {
    struct inspection *in = o->inspection;
    if (!in || in->closed)
        return;
    streams_end(in, true);
    cells_end(in);
    for (size_t t = 0; t < i->rules->tally_count; t++) {
        in->tallies[t].rest = (struct rest){0};
        in->tallies[t].began = 0;
    }
    memset(in->debts, 0, i->rules->scan_count * sizeof *in->debts);
    in->resting = 0;
    in->owes = false;
    in->offset = 0;
    in->tail_n = 0;
    in->name_hash = 0;
    in->retyped = in->seen;
    in->retyped_once = true;
    if (!begin_type(in, true)) {
        counter_one(COUNTER_INSPECT_OBJECTS_SHED);
        o->bounded = true;
        return; /* its streams are closed: nothing more of it is matched */
    }
    if (in->picture)
        picture_feed(in, again);
    decide_if_due(in);
}

void inspector_closed(struct inspector *i, struct object *o) {
    struct inspection *in = o->inspection;
    if (!in || in->closed)
        return;
    if (in->bulk == SCOPE_TEXT)
        feed_held(in, 0);
    if (in->plan->listed)
        listed_end(in);
    picture_end(in);
    streams_end(in, true);
    cells_end(in);
    if (!o->gathered)
        match_names(in);
    in->closed = true;
    decide_rules(in);
}

struct bytes inspector_small(const struct object *o) {
    const struct inspection *in = o->inspection;
    bool silent = in && in->closed && !o->gathered && !o->bounded && inspector_rules(o, NULL, 0) == 0;
    return silent ? cells_small(in) : bytes_of(NULL, 0);
}

size_t inspector_rules(const struct object *o, const struct rule **out, size_t most) {
    const struct inspection *in = o->inspection;
    size_t n = 0;
    for (size_t i = 0; in && i < in->inspector->rules->rule_count; i++)
        if (in->states[i] == RULE_HOLDS && !gives_way(in, &in->inspector->rules->rules[i])) {
            if (n < most)
                out[n] = &in->inspector->rules->rules[i];
            n++;
        }
    return n;
}

bool inspector_finding(const struct object *o, const struct rule *rule, struct finding *out) {
    const struct inspection *in = o->inspection;
    *out = (struct finding){.rule = rule, .object = o};
    if (!in || in->states[rule->number] != RULE_HOLDS)
        return false;
    if (rule->condition->count_count == 0)
        return true;
    const struct tally_state *t = &in->tallies[rule->condition->counts[0].tally];
    bool in_cells = rule->condition->scopes & 1u << SCOPE_CELLS;
    out->at_least = t->full || t->shed || t->rest.rested || in->stepped || (in_cells && cells_more(in));
    if (t->set) {
        out->distinct = t->set->count;
        out->digests = t->set->values;
        out->digest_count = t->set->count < FINDING_DIGESTS_MAX ? t->set->count : FINDING_DIGESTS_MAX;
        memcpy(out->sample, t->sample, sizeof t->sample);
    }
    return true;
}

void inspector_forget(struct inspector *i, struct object *o) {
    struct inspection *in = o->inspection;
    if (!in)
        return;
    streams_end(in, false);
    readers_drop(in);
    picture_end(in);
    for (size_t t = 0; t < i->rules->tally_count; t++)
        pool_give(in->tallies[t].large ? &i->sets : &i->small_sets, in->tallies[t].set);
    pool_give(&i->inspections, in);
    if (o->allowance)
        o->allowance->holds--;
    o->inspection = NULL;
}

unsigned inspector_hits(const struct object *o, size_t identifier) {
    const struct inspection *in = o->inspection;
    return in ? in->hits[identifier] : 0;
}

uint32_t inspector_tally(const struct object *o, size_t tally, uint32_t *spread) {
    const struct inspection *in = o->inspection;
    const struct tally_state *t = in ? &in->tallies[tally] : NULL;
    *spread = t ? t->spread_count : 0;
    return t && t->set ? t->set->count : 0;
}

uint32_t inspector_names(const struct object *o, size_t tally, uint32_t *with) {
    const struct inspection *in = o->inspection;
    *with = in ? in->tallies[tally].names : 0;
    return in ? in->names : 0;
}

const struct row_facts *inspector_row_facts(const struct object *o) {
    static const struct row_facts none;
    return o->inspection ? cells_facts(o->inspection) : &none;
}

bool inspector_facts_hold(const struct object *o, const struct rule *rule) {
    const struct inspection *in = o->inspection;
    const struct rule_condition *c = rule->condition;
    return in && in->states[rule->number] != RULE_OUT && in->seen >= c->size_min &&
           (!c->size_max || in->seen <= c->size_max) && completeness_fits(in, c) && words_fit(in, c);
}

/* --- life --- */

/* Three eighths of the memory for streams, an eighth for row readers, a quarter each for what is known of
 * objects and for their sets of values. */
struct inspector *inspector_create(const struct ruleset *rules, const struct inspector_options *options,
                                   const struct finding_sink *sink, struct error *e) {
    struct inspector *i = calloc(1, sizeof *i);
    if (!i) {
        error_set(e, "no memory for the inspector");
        return NULL;
    }
    i->rules = rules;
    i->options = *options;
    i->sink = *sink;
    if (i->options.distinct_max == 0)
        i->options.distinct_max = DISTINCT_DEFAULT;
    size_t one = inspection_size(rules) + picture_size(), set = value_set_size(i->options.distinct_max);
    uint64_t quarter = options->memory / 4;
    size_t small = value_set_size(SMALL_SET);
    uint64_t few = quarter / 4, many = quarter - few; /* for small sets and for large ones */
    if (quarter / one < 1 || many / set < 1) {
        error_set(e, "the inspector needs at least %zu KiB of memory; give it more",
                  4 * ((one > 2 * set ? one : 2 * set) / 1024 + 1));
        goto fail;
    }
    uint64_t readers = options->memory / 8 / cells_size();
    if (!pool_init(&i->inspections, inspection_size(rules), (size_t)(quarter / one)) ||
        !pool_init(&i->readers, cells_size(), readers > 0 ? (size_t)readers : 1) ||
        !pool_init(&i->pictures, picture_size(), (size_t)(quarter / one)) ||
        !pool_init(&i->small_sets, small, (size_t)(few / small)) ||
        !pool_init(&i->sets, set, (size_t)(many / set))) {
        error_set(e, "no address space for the inspector's pools");
        goto fail;
    }
    if (!(i->plans = type_plans_create(rules))) {
        error_set(e, "no memory for the inspector");
        goto fail;
    }
    i->matcher = matcher_create(rules->sets, rules->set_count, options->memory / 8 * 3, e);
    if (i->matcher)
        return i;
fail:
    inspector_destroy(i);
    return NULL;
}

unsigned inspector_fill(const struct inspector *i) {
    unsigned objects = pool_fill(&i->inspections), sets = pool_fill(&i->small_sets);
    unsigned streams = matcher_fill(i->matcher), most = objects > sets ? objects : sets;
    return most > streams ? most : streams;
}

size_t inspector_objects(const struct inspector *i) {
    return i->inspections.in_use;
}

size_t inspector_readers(const struct inspector *i) {
    return i->readers.limit;
}

uint64_t inspector_memory(const struct inspector *i) {
    return i->inspections.object_size * i->inspections.touched + i->sets.object_size * i->sets.touched +
           i->small_sets.object_size * i->small_sets.touched + i->readers.object_size * i->readers.touched +
           i->pictures.object_size * i->pictures.touched + matcher_memory(i->matcher) + i->unzip_used;
}

void inspector_destroy(struct inspector *i) {
    if (!i)
        return;
    matcher_destroy(i->matcher);
    unzip_destroy(i->unzip_spare);
    type_plans_destroy(i->plans);
    pool_finish(&i->inspections);
    pool_finish(&i->pictures);
    pool_finish(&i->sets);
    pool_finish(&i->small_sets);
    pool_finish(&i->readers);
    free(i);
}
