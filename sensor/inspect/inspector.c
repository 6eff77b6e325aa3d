/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/inspector.h"

#include "base/counter.h"
#include "base/pool.h"
#include "inspect/count.h"
#include "inspect/image.h"
#include "inspect/unzip.h"
#include "inspect/utf16.h"
#include "inspect/validate.h"

#include <stdlib.h>

enum {
    DISTINCT_DEFAULT = 1024,
    SPREAD_MAX = 64,
    CALLS_MAX = 1 << 20, /* matches of one count that are looked at in an object */
    LATE_BYTES = 16,     /* how late the end of a word or line may be told */
};

struct inspector {
    const struct ruleset *rules;
    struct inspector_options options;
    struct finding_sink sink;
    struct matcher *matcher;
    struct pool inspections, sets;
    uint64_t unzip_used; /* bytes */
};

/* A match that a longer one may still replace. */
struct pending {
    bool on;
    uint64_t from, to; /* of the value, stream offsets */
    uint64_t digest;
    uint32_t spread;
    char sample[8];
};

struct tally_state {
    bool wanted; /* by a rule that may still hold */
    bool full, shed;
    struct pending pending;
    struct value_set *set; /* NULL before the first value */
    uint32_t calls, spread_count;
    uint32_t spread[SPREAD_MAX]; /* short digests of values without their digits */
    char sample[8];
};

enum rule_state { RULE_OUT, RULE_OPEN, RULE_HOLDS };

struct inspection {
    struct inspector *inspector;
    struct object *object;
    uint64_t seen;      /* bytes of the object, missing ones included */
    uint64_t next_size; /* a rule waits for the object to be this large; UINT64_MAX for none */
    uint64_t offset;    /* of the bytes that were matched */
    uint64_t name_hash; /* of name and path as they were matched */
    enum scope bulk;    /* where the object's bytes are matched */
    bool is_image, dirty, closed;
    struct image image;
    struct utf16 utf16;
    struct unzip *unzip;
    unsigned tail_n;
    uint8_t *tail;   /* the last bytes before this chunk */
    uint8_t *hits;   /* by identifier: bits 1 << enum scope */
    uint8_t *states; /* by rule: enum rule_state */
    struct tally_state *tallies;
    struct pattern_stream **streams; /* by scan; NULL: not matched */
};

/* --- values
 * ------------------------------------------------------------------------------------------------- */

/* One call of the matcher: which bytes it looks at. */
struct feed {
    struct inspection *in;
    const struct scan *scan;
    struct bytes chunk, before; /* `before` ends where `chunk` begins */
    uint64_t base;              /* offset of the chunk */
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

static bool validate(const struct identifier *i, struct bytes match, struct bytes *value) {
    *value = match;
    return match.n > 0 && (i->validator < 0 || validator_table[i->validator].holds(match, value));
}

static void note_spread(struct tally_state *t, uint32_t digest) {
    for (uint32_t i = 0; i < t->spread_count; i++)
        if (t->spread[i] == digest)
            return;
    if (t->spread_count < SPREAD_MAX)
        t->spread[t->spread_count++] = digest;
}

static bool get_set(struct inspector *i, const struct tally *tally, struct tally_state *t) {
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
static void flush(struct inspection *n, unsigned tally) {
    struct tally_state *t = &n->tallies[tally];
    struct pending *p = &t->pending;
    if (!p->on)
        return;
    p->on = false;
    if (t->full || !get_set(n->inspector, &n->inspector->rules->tallies[tally], t))
        return;
    if (value_set_add(t->set, p->digest)) {
        note_spread(t, p->spread);
        n->dirty = true;
        if (!t->sample[0])
            memcpy(t->sample, p->sample, sizeof t->sample);
        t->full = value_set_full(t->set);
    }
}

/* Those whose value ends before `offset`. */
static void flush_before(struct inspection *n, const struct scan *scan, uint64_t offset) {
    for (size_t i = 0; i < scan->tally_count; i++)
        if (n->tallies[scan->tallies[i]].pending.to <= offset)
            flush(n, scan->tallies[i]);
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

/* A value of a count: of matches that overlap the longest is taken (one plate ends twice in
 * `[A-Z]{3}[0-9]{3,4}`). */
static void count_value(struct feed *f, unsigned tally, struct bytes value, uint64_t at) {
    struct tally_state *t = &f->in->tallies[tally];
    struct pending *old = &t->pending;
    if (!t->wanted || t->full)
        return;
    if (++t->calls > CALLS_MAX) {
        t->full = true;
        counter_one(COUNTER_INSPECT_COUNTS_STOPPED);
        return;
    }
    bool overlaps = old->on && at < old->to && at + value.n > old->from;
    if (overlaps && value.n <= old->to - old->from)
        return;
    struct pending fresh = make_pending(f, value, at);
    if (!overlaps)
        flush(f->in, tally);
    *old = fresh;
}

static bool counts_identifier(const struct tally *t, unsigned number) {
    for (size_t i = 0; i < t->count; i++)
        if (t->identifiers[i] == number)
            return true;
    return false;
}

static void note_hit(struct inspection *n, unsigned number, enum scope scope) {
    uint8_t bit = (uint8_t)(1u << scope);
    if (!(n->hits[number] & bit)) {
        n->hits[number] |= bit;
        n->dirty = true;
    }
}

/* True when the one count of a stream of its own is full: it need not be matched further. */
static bool all_full(const struct feed *f) {
    return f->scan->kind == SCAN_TALLY && f->in->tallies[f->scan->tallies[0]].full;
}

static bool on_match(void *context, unsigned number, uint64_t from, uint64_t to) {
    struct feed *f = context;
    const struct ruleset *r = f->in->inspector->rules;
    uint8_t room[VALUE_WIDTH_MAX];
    struct bytes match, value;
    if (f->scan->kind == SCAN_PLAIN) {
        note_hit(f->in, number, f->scan->scope);
        return false;
    }
    if (all_full(f))
        return true;
    if (from == MATCH_FROM_UNKNOWN || to - from > VALUE_WIDTH_MAX)
        from = to > f->scan->width ? to - f->scan->width : 0;
    match = match_bytes(f, from, to, room);
    if (!validate(&r->identifiers[number], match, &value))
        return false;
    note_hit(f->in, number, f->scan->scope);
    /* Inside the match the validator may have pointed at a part. */
    uint64_t at = to - match.n + (uint64_t)(value.p - match.p);
    for (size_t i = 0; i < f->scan->tally_count; i++)
        if (counts_identifier(&r->tallies[f->scan->tallies[i]], number))
            count_value(f, f->scan->tallies[i], value, at);
    return all_full(f);
}

/* --- scopes
 * --------------------------------------------------------------------------------------------------- */

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

/* Bytes of the object, in order, into the streams of its scope. */
static void feed_bulk(struct inspection *n, const uint8_t *bytes, size_t count) {
    const struct ruleset *r = n->inspector->rules;
    counter_add(COUNTER_INSPECT_BYTES_MATCHED, count);
    for (size_t s = 0; s < r->scan_count; s++) {
        struct feed f = {n, &r->scans[s], {bytes, count}, {n->tail, n->tail_n}, n->offset};
        uint64_t end = n->offset + count, reach = f.scan->width + LATE_BYTES;
        if (!n->streams[s])
            continue;
        matcher_scan(n->inspector->matcher, n->streams[s], bytes, count, on_match, &f);
        /* A later match begins at most its width before the end of what was seen: behind that nothing
         * overlaps. */
        if (end > reach)
            flush_before(n, f.scan, end - reach);
    }
    if (r->tail)
        keep_tail(n, bytes, count);
    n->offset += count;
}

static void feed_text(struct inspection *n, struct bytes in) {
    uint8_t room[4096];
    while (in.n > 0) {
        struct bytes text = utf16_next(&n->utf16, &in, room, sizeof room);
        if (text.n > 0)
            feed_bulk(n, text.p, text.n);
    }
}

static void on_unzipped(void *context, struct bytes text) {
    feed_bulk(context, text.p, text.n);
}

static void drop_unzip(struct inspection *n) {
    if (!n->unzip)
        return;
    unzip_destroy(n->unzip);
    n->unzip = NULL;
    n->inspector->unzip_used -= UNZIP_MEMORY;
}

static void feed_deflated(struct inspection *n, struct bytes in) {
    struct inspector *i = n->inspector;
    if (!n->unzip) {
        if (i->unzip_used + UNZIP_MEMORY > i->options.memory / 8 || !(n->unzip = unzip_create())) {
            counter_one(COUNTER_INSPECT_UNZIP_SHED);
            return;
        }
        i->unzip_used += UNZIP_MEMORY;
    }
    unzip_push(n->unzip, in, on_unzipped, n);
}

static void feed_image(struct inspection *n, struct bytes in) {
    while (in.n > 0) {
        struct image_piece piece;
        size_t took = image_step(&n->image, in, &piece);
        in.p += took;
        in.n -= took;
        switch (piece.part) {
        case IMAGE_PIXELS:
            counter_add(COUNTER_INSPECT_BYTES_PIXELS, took);
            break;
        case IMAGE_DEFLATED:
            feed_deflated(n, piece.bytes);
            break;
        case IMAGE_BREAK: /* what stands in two segments is not one text */
            drop_unzip(n);
            feed_bulk(n, (const uint8_t *)"\n", 1);
            break;
        case IMAGE_METADATA:
        case IMAGE_TRAILER:
            feed_bulk(n, piece.bytes.p, piece.bytes.n);
        }
    }
}

/* A count that no open rule asks for needs no stream of its own. */
static bool scan_wanted(const struct inspection *n, const struct scan *scan) {
    return scan->kind != SCAN_TALLY || n->tallies[scan->tallies[0]].wanted;
}

/* A short text that is there as a whole: a file name, a path. */
static void match_whole(struct inspection *n, enum scope scope, struct bytes text) {
    const struct ruleset *r = n->inspector->rules;
    struct matcher *m = n->inspector->matcher;
    for (size_t s = 0; s < r->scan_count; s++) {
        struct feed f = {n, &r->scans[s], text, {text.p, 0}, 0};
        if (f.scan->scope != scope || !scan_wanted(n, f.scan))
            continue;
        struct pattern_stream *stream = matcher_begin(m, s);
        if (!stream) {
            counter_one(COUNTER_INSPECT_STREAMS_SHED);
            continue;
        }
        matcher_scan(m, stream, text.p, text.n, on_match, &f);
        f.base = text.n;
        f.before = text;
        f.chunk = bytes_of(NULL, 0);
        matcher_end(m, s, stream, on_match, &f);
        flush_before(n, f.scan, UINT64_MAX);
    }
}

static void match_names(struct inspection *n) {
    const struct object *o = n->object;
    const struct hash_key key = n->inspector->options.digest_key;
    uint64_t hash = hash_bytes(&key, o->name.p, o->name.n) ^ (hash_bytes(&key, o->path.p, o->path.n) * 31);
    if (hash == n->name_hash)
        return;
    n->name_hash = hash;
    if (o->name.n)
        match_whole(n, SCOPE_NAME, bytes_of(o->name.p, o->name.n));
    if (o->path.n)
        match_whole(n, SCOPE_PATH, bytes_of(o->path.p, o->path.n));
}

static void begin_streams(struct inspection *n, unsigned scopes) {
    const struct ruleset *r = n->inspector->rules;
    for (size_t s = 0; s < r->scan_count; s++) {
        const struct scan *scan = &r->scans[s];
        if (scan->scope != n->bulk || !(scopes & 1u << scan->scope) || !scan_wanted(n, scan))
            continue;
        n->streams[s] = matcher_begin(n->inspector->matcher, s);
        if (!n->streams[s])
            counter_one(COUNTER_INSPECT_STREAMS_SHED);
    }
}

static void end_streams(struct inspection *n, bool tell) {
    const struct ruleset *r = n->inspector->rules;
    for (size_t s = 0; s < r->scan_count; s++) {
        struct feed f = {n, &r->scans[s], {NULL, 0}, {n->tail, n->tail_n}, n->offset};
        if (!n->streams[s])
            continue;
        matcher_end(n->inspector->matcher, s, n->streams[s], tell ? on_match : NULL, &f);
        n->streams[s] = NULL;
        if (tell)
            flush_before(n, f.scan, UINT64_MAX);
    }
}

/* --- rules
 * ------------------------------------------------------------------------------------------------------ */

static bool type_fits(const struct rule_condition *c, const struct file_type *type) {
    bool fits = c->types.count == 0;
    for (size_t i = 0; i < c->types.count && !fits; i++)
        fits = glob_matches(c->types.items[i], type->mime);
    return fits && (!c->kinds || c->kinds & 1u << type->kind);
}

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
        if (!t->set || t->set->count < c->counts[i].distinct || t->spread_count < c->counts[i].spread)
            return false;
    }
    return true;
}

static bool completeness_fits(const struct inspection *n, const struct rule_condition *c) {
    return c->complete == COMPLETE_ANY || (c->complete == COMPLETE_YES) == n->object->complete;
}

static void tell_finding(struct inspection *n, const struct rule *rule) {
    struct finding f;
    counter_one(COUNTER_FINDINGS);
    if (inspector_finding(n->object, rule, &f))
        n->inspector->sink.found(n->inspector->sink.context, &f);
}

/* Every rule that is still open; those with `none` or an upper bound only at the end. */
static void decide(struct inspection *n) {
    const struct ruleset *r = n->inspector->rules;
    n->dirty = false;
    n->next_size = UINT64_MAX;
    for (size_t i = 0; i < r->rule_count; i++) {
        const struct rule_condition *c = r->rules[i].condition;
        if (n->states[i] != RULE_OPEN || (c->late && !n->closed))
            continue;
        if (n->seen < c->size_min) {
            n->next_size = c->size_min < n->next_size ? c->size_min : n->next_size;
            continue;
        }
        if ((c->size_max && n->seen > c->size_max) || !completeness_fits(n, c) || !list_holds(n, c) ||
            !counts_hold(n, c))
            continue;
        n->states[i] = RULE_HOLDS;
        tell_finding(n, &r->rules[i]);
    }
}

static void decide_if_due(struct inspection *n) {
    if (n->dirty || n->seen >= n->next_size)
        decide(n);
}

/* --- objects
 * ------------------------------------------------------------------------------------------------------ */

static const struct file_type unknown_type = {"application/octet-stream", "data", KIND_BINARY};

static const struct file_type *type_of(const struct object *o) {
    return o->type ? o->type : &unknown_type;
}

static bool ends_with(const char *text, const char *end) {
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

/* Drawings and records that are written as text are matched as text. */
static bool is_text(const struct file_type *t) {
    return t->kind == KIND_TEXT || strncmp(t->mime, "text/", 5) == 0 || ends_with(t->mime, "xml") ||
           ends_with(t->mime, "json") || ends_with(t->mime, "EDIFACT");
}

static size_t aligned(size_t n) {
    return (n + 15) & ~(size_t)15;
}

static size_t inspection_size(const struct ruleset *r) {
    return aligned(sizeof(struct inspection)) + aligned(r->tally_count * sizeof(struct tally_state)) +
           aligned(r->scan_count * sizeof(struct pattern_stream *)) + aligned(r->tail) +
           aligned(r->identifier_count) + aligned(r->rule_count);
}

static struct inspection *inspection_begin(struct inspector *i, struct object *o) {
    const struct ruleset *r = i->rules;
    uint8_t *p = pool_take(&i->inspections);
    struct inspection *n = (struct inspection *)(void *)p;
    if (!n)
        return NULL;
    memset(p, 0, inspection_size(r));
    n->inspector = i;
    n->object = o;
    n->tallies = (struct tally_state *)(void *)(p += aligned(sizeof *n));
    n->streams = (struct pattern_stream **)(void *)(p += aligned(r->tally_count * sizeof *n->tallies));
    n->tail = p += aligned(r->scan_count * sizeof *n->streams);
    n->hits = p += aligned(r->tail);
    n->states = p + aligned(r->identifier_count);
    return n;
}

/* Which rules can hold for this type at all, and what they need to be matched. */
static unsigned open_rules(struct inspection *n) {
    const struct ruleset *r = n->inspector->rules;
    unsigned scopes = 0;
    for (size_t i = 0; i < r->rule_count; i++) {
        const struct rule_condition *c = r->rules[i].condition;
        if (!type_fits(c, type_of(n->object)))
            continue;
        n->states[i] = RULE_OPEN;
        scopes |= c->scopes;
        for (size_t k = 0; k < c->count_count; k++)
            n->tallies[c->counts[k].tally].wanted = true;
    }
    return scopes;
}

void inspector_opened(struct inspector *i, struct object *o) {
    o->inspection = NULL;
    if (o->container)
        return;
    struct inspection *n = inspection_begin(i, o);
    if (!n) {
        counter_one(COUNTER_INSPECT_OBJECTS_SHED);
        return;
    }
    o->inspection = n;
    unsigned scopes = open_rules(n);
    const struct file_type *type = type_of(o);
    n->is_image = type->kind == KIND_IMAGE && !is_text(type);
    n->bulk = is_text(type) ? SCOPE_TEXT : n->is_image ? SCOPE_METADATA : SCOPE_CONTENT;
    if (n->is_image)
        image_init(&n->image, type->mime);
    if (type->kind == KIND_TEXT && o->offset == 0)
        n->utf16.mode = UTF16_START;
    else
        n->utf16.mode = UTF16_PASS;
    begin_streams(n, scopes);
    match_names(n);
    decide(n);
}

/* Is there still a stream to feed? */
static bool has_streams(const struct inspection *n) {
    for (size_t s = 0; s < n->inspector->rules->scan_count; s++)
        if (n->streams[s])
            return true;
    return false;
}

void inspector_data(struct inspector *i, struct object *o, const uint8_t *bytes, size_t n) {
    struct inspection *in = o->inspection;
    if (!in || in->closed || n == 0)
        return;
    in->seen += n;
    if (!has_streams(in))
        ;
    else if (in->is_image)
        feed_image(in, bytes_of(bytes, n));
    else if (in->bulk == SCOPE_TEXT)
        feed_text(in, bytes_of(bytes, n));
    else
        feed_bulk(in, bytes, n);
    decide_if_due(in);
}

/* A line end stands for what is missing: bytes before and after it are not one word. */
void inspector_gap(struct inspector *i, struct object *o, uint64_t n) {
    struct inspection *in = o->inspection;
    if (!in || in->closed)
        return;
    in->seen += n;
    drop_unzip(in);
    if (in->is_image)
        image_skip(&in->image, n);
    /* Of UTF-16 the next byte is a unit's first only if an even number was lost with the one that is held. */
    if (in->bulk == SCOPE_TEXT && (in->utf16.mode == UTF16_LITTLE || in->utf16.mode == UTF16_BIG)) {
        in->utf16.have = (uint8_t)((in->utf16.have + n) & 1);
        in->utf16.held[0] = 0;
        in->utf16.high = 0;
    }
    feed_bulk(in, (const uint8_t *)"\n", 1);
    decide_if_due(in);
}

void inspector_closed(struct inspector *i, struct object *o) {
    struct inspection *in = o->inspection;
    if (!in || in->closed)
        return;
    end_streams(in, true);
    drop_unzip(in);
    match_names(in);
    in->closed = true;
    decide(in);
}

size_t inspector_rules(const struct object *o, const struct rule **out, size_t most) {
    const struct inspection *in = o->inspection;
    size_t n = 0;
    for (size_t i = 0; in && i < in->inspector->rules->rule_count; i++)
        if (in->states[i] == RULE_HOLDS) {
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
    out->at_least = t->full || t->shed;
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
    end_streams(in, false);
    drop_unzip(in);
    for (size_t t = 0; t < i->rules->tally_count; t++)
        pool_give(&i->sets, in->tallies[t].set);
    pool_give(&i->inspections, in);
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

bool inspector_facts_hold(const struct object *o, const struct rule *rule) {
    const struct inspection *in = o->inspection;
    const struct rule_condition *c = rule->condition;
    return in && in->states[rule->number] != RULE_OUT && in->seen >= c->size_min &&
           (!c->size_max || in->seen <= c->size_max) && completeness_fits(in, c);
}

/* --- life
 * ----------------------------------------------------------------------------------------------------------
 */

/* Half of the memory for streams, a quarter each for what is known of objects and for their sets of values.
 */
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
    size_t one = inspection_size(rules), set = value_set_size(i->options.distinct_max);
    uint64_t quarter = options->memory / 4;
    if (quarter / one < 1 || quarter / set < 1) {
        error_set(e, "the inspector needs at least %zu KiB of memory; give it more",
                  4 * ((one > set ? one : set) / 1024 + 1));
        goto fail;
    }
    if (!pool_init(&i->inspections, one, (size_t)(quarter / one)) ||
        !pool_init(&i->sets, set, (size_t)(quarter / set))) {
        error_set(e, "no address space for the inspector's pools");
        goto fail;
    }
    i->matcher = matcher_create(rules->sets, rules->scan_count, options->memory / 2, e);
    if (i->matcher)
        return i;
fail:
    inspector_destroy(i);
    return NULL;
}

void inspector_destroy(struct inspector *i) {
    if (!i)
        return;
    matcher_destroy(i->matcher);
    pool_finish(&i->inspections);
    pool_finish(&i->sets);
    free(i);
}
