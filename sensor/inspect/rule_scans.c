/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/rule_load.h"
#include "inspect/validate.h"

#include <stdlib.h>

/* Which patterns are matched together: in each scope all plain ones in one database, those whose values are
 * needed and that match rarely in another, and each count that may match at every turn in one of its own, so
 * that it can be stopped alone. Each database costs a call for each packet, hence no more of them. */

static bool same_tally(const struct tally *a, const struct tally *b) {
    if (a->count != b->count || a->scopes != b->scopes || a->share != b->share)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (a->identifiers[i] != b->identifiers[i])
            return false;
    return true;
}

/* A count of a few values that hold a literal matches rarely. One of many matches at every turn where it
 * matches at all: that is stopped as soon as it is full, which takes a stream of its own. */
static bool matches_rarely(const struct rule_load *l, const struct tally *t) {
    enum { MANY = 5 };
    for (size_t i = 0; i < t->count; i++)
        if (!l->identifiers[t->identifiers[i]].literal)
            return false;
    return t->distinct < MANY;
}

size_t rule_load_tally(struct rule_load *l, const struct tally *wanted) {
    size_t i = 0;
    while (i < l->tally_count && !same_tally(&l->tallies[i], wanted))
        i++;
    if (i == SCANS_MAX)
        return SIZE_MAX;
    struct tally *t = &l->tallies[i];
    if (i == l->tally_count)
        l->tallies[l->tally_count++] = *wanted;
    t->reported |= wanted->reported;
    t->distinct = wanted->distinct > t->distinct ? wanted->distinct : t->distinct;
    t->spread = wanted->spread > t->spread ? wanted->spread : t->spread;
    t->shared = matches_rarely(l, t);
    return i;
}

/* Scopes in which some rule asks for the identifier itself (not only for a count of its values), by
 * identifier; for free(), NULL without memory. */
static unsigned *collect_scopes(const struct rule_load *l) {
    unsigned *asked = calloc(IDENTIFIERS_MAX, sizeof *asked);
    for (size_t i = 0; i < l->rule_count && asked; i++) {
        const struct rule_condition *c = &l->conditions[i];
        const struct identifier_list *lists[] = {&c->all, &c->any, &c->none};
        for (size_t k = 0; k < sizeof lists / sizeof *lists; k++)
            for (size_t n = 0; n < lists[k]->count; n++)
                asked[lists[k]->items[n]] |= c->scopes;
    }
    return asked;
}

/* A pattern without a literal costs most where bytes are most: it is kept out of binary content. */
static bool may_run_in(const struct identifier *i, enum scope scope) {
    return scope != SCOPE_CONTENT || i->literal;
}

static void warn_costly(struct rule_load *l, const unsigned *asked) {
    bool *told = calloc(IDENTIFIERS_MAX, sizeof *told);
    for (size_t i = 0; i < l->identifier_count && told; i++)
        told[i] = asked[i] & 1u << SCOPE_CONTENT;
    for (size_t t = 0; t < l->tally_count && told; t++)
        for (size_t i = 0; i < l->tallies[t].count; i++)
            if (l->tallies[t].scopes & 1u << SCOPE_CONTENT)
                told[l->tallies[t].identifiers[i]] = true;
    for (size_t i = 0; i < l->identifier_count && told; i++) {
        const struct identifier *id = &l->identifiers[i];
        if (told[i] && !id->literal)
            problem_warning(
                l->reader.problems, id->file, id->pattern_line,
                "pattern: identifier %s holds no three fixed bytes in a row and would cost %.2f s of CPU "
                "for each GB of binary content; it is matched in text and metadata only: give it a fixed "
                "part, or drop content from the scopes of its rules",
                id->id, pattern_cost(&id->pattern));
    }
    free(told);
}

static void warn_unused(struct rule_load *l, const unsigned *asked) {
    for (size_t i = 0; i < l->identifier_count; i++) {
        const struct identifier *id = &l->identifiers[i];
        bool used = asked[i] != 0;
        for (size_t t = 0; t < l->tally_count && !used; t++)
            for (size_t k = 0; k < l->tallies[t].count; k++)
                used |= l->tallies[t].identifiers[k] == i;
        if (!used)
            problem_warning(l->reader.problems, id->file, id->line,
                            "id: identifier %s is asked for by no rule; drop it or name it in a rule",
                            id->id);
    }
}

/* Which pattern of a set that does not compile is to blame: each is tried by itself. */
static bool blame_pattern(struct rule_load *l, const struct pattern *patterns, size_t count, bool valued,
                          const struct error *whole) {
    struct error e;
    for (size_t i = 0; i < count; i++)
        if (!pattern_compiles(&patterns[i], valued, &e)) {
            const struct identifier *id = &l->identifiers[patterns[i].number];
            return problem_error(
                l->reader.problems, id->file, id->pattern_line,
                "pattern: identifier %s is refused by Hyperscan where its values are needed: %s; "
                "make the expression simpler",
                id->id, e.text);
        }
    const struct identifier *first = &l->identifiers[patterns[0].number];
    return problem_error(
        l->reader.problems, first->file, first->pattern_line,
        "pattern: identifier %s and the %zu matched with it do not compile together: %s; use fewer or "
        "simpler patterns",
        first->id, count - 1, whole->text);
}

enum { VARIANTS_MAX = 32 };

struct scans {
    struct scan *list;
    size_t count;
    struct pattern patterns[IDENTIFIERS_MAX], left[IDENTIFIERS_MAX];
    size_t pattern_count;
    struct scan_variant variants[VARIANTS_MAX]; /* those of one scan side by side; `set` is that of `sets` */
    const struct pattern_set *sets[VARIANTS_MAX];
    size_t variant_count;
};

static void add_pattern(struct scans *s, struct scan *scan, const struct identifier *i) {
    s->patterns[s->pattern_count++] = i->pattern;
    unsigned looked_at = i->validator >= 0 ? validator_table[i->validator].width : 0;
    unsigned width = looked_at > i->width.most ? looked_at : i->width.most;
    if (scan->kind != SCAN_PLAIN && width > scan->width)
        scan->width = width;
}

/* --- variants --- */

/* What was gathered, without these. One that is not made is not missed: it spares work. */
static void add_variant(struct rule_load *l, struct scans *s, bool valued, const unsigned *left_out,
                        size_t count) {
    struct error e;
    size_t left = 0;
    unsigned *kept = arena_array(l->reader.arena, count, sizeof *kept);
    for (size_t i = 0; i < s->pattern_count; i++)
        if (!identifiers_hold(left_out, count, s->patterns[i].number))
            s->left[left++] = s->patterns[i];
    if (!kept || left == 0 || left + count != s->pattern_count || s->variant_count == VARIANTS_MAX)
        return;
    memcpy(kept, left_out, count * sizeof *kept);
    const struct pattern_set *set = pattern_set_compile(s->left, left, valued, l->cache, l->reader.arena, &e);
    if (!set)
        return;
    s->sets[s->variant_count] = set;
    s->variants[s->variant_count++] = (struct scan_variant){.left_out = kept, .count = count};
}

/* Identifiers that a rule asks for together, beside a count: rows have them each. */
static void add_plain_variants(struct rule_load *l, struct scans *s) {
    for (size_t i = 0; i < l->rule_count; i++) {
        const struct rule_condition *c = &l->conditions[i];
        if (c->scopes & 1u << SCOPE_TEXT && c->all.count > 1 && c->count_count > 0)
            add_variant(l, s, false, c->all.items, c->all.count);
    }
}

/* Of a few values each. */
static void add_value_variants(struct rule_load *l, struct scans *s) {
    enum { FEW = 8 };
    for (size_t i = 0; i < s->pattern_count && s->pattern_count <= FEW; i++)
        add_variant(l, s, true, &s->patterns[i].number, 1);
}

/* Of text alone, which records are. */
static void add_variants(struct rule_load *l, struct scans *s, struct scan *scan) {
    size_t first = s->variant_count;
    if (scan->scope == SCOPE_TEXT && scan->kind == SCAN_PLAIN)
        add_plain_variants(l, s);
    if (scan->scope == SCOPE_TEXT && scan->kind == SCAN_VALUES)
        add_value_variants(l, s);
    scan->variant_count = s->variant_count - first;
}

/* Compiles what was gathered for `scan`, if there was anything. */
static bool finish_scan(struct rule_load *l, struct scans *s, struct scan scan) {
    struct error e;
    bool valued = scan.kind != SCAN_PLAIN;
    if (s->pattern_count == 0)
        return true;
    if (s->count == SCANS_MAX) {
        const struct identifier *i = &l->identifiers[s->patterns[0].number];
        return problem_error(
            l->reader.problems, i->file, i->line,
            "count: the rules need more than %d databases; let rules count the same identifiers in the "
            "same scopes",
            SCANS_MAX);
    }
    scan.patterns = s->pattern_count;
    scan.set = pattern_set_compile(s->patterns, s->pattern_count, valued, l->cache, l->reader.arena, &e);
    if (!scan.set)
        return blame_pattern(l, s->patterns, s->pattern_count, valued, &e);
    add_variants(l, s, &scan);
    s->list[s->count++] = scan;
    s->pattern_count = 0;
    return true;
}

static bool scan_plain(struct rule_load *l, struct scans *s, const unsigned *asked, enum scope scope) {
    struct scan scan = {.scope = scope, .kind = SCAN_PLAIN};
    s->pattern_count = 0;
    for (size_t i = 0; i < l->identifier_count; i++) {
        const struct identifier *id = &l->identifiers[i];
        if (asked[i] & 1u << scope && id->validator < 0 && may_run_in(id, scope))
            add_pattern(s, &scan, id);
    }
    return finish_scan(l, s, scan);
}

/* Is the identifier's value needed by a validator, or by a count that shares its database? */
static bool value_needed(const struct rule_load *l, const unsigned *asked, size_t identifier,
                         enum scope scope) {
    bool needed = asked[identifier] & 1u << scope && l->identifiers[identifier].validator >= 0;
    for (size_t t = 0; t < l->tally_count && !needed; t++)
        needed = l->tallies[t].shared && l->tallies[t].scopes & 1u << scope &&
                 identifiers_hold(l->tallies[t].identifiers, l->tallies[t].count, (unsigned)identifier);
    return needed;
}

static bool scan_values(struct rule_load *l, struct scans *s, const unsigned *asked, enum scope scope) {
    struct scan scan = {.scope = scope, .kind = SCAN_VALUES};
    unsigned *tallies = arena_array(l->reader.arena, l->tally_count + 1, sizeof *tallies);
    s->pattern_count = 0;
    for (size_t i = 0; i < l->identifier_count; i++)
        if (value_needed(l, asked, i, scope) && may_run_in(&l->identifiers[i], scope))
            add_pattern(s, &scan, &l->identifiers[i]);
    for (size_t t = 0; t < l->tally_count && tallies; t++)
        if (l->tallies[t].shared && l->tallies[t].scopes & 1u << scope)
            tallies[scan.tally_count++] = (unsigned)t;
    scan.tallies = tallies;
    return finish_scan(l, s, scan);
}

static bool scan_tally(struct rule_load *l, struct scans *s, size_t tally, enum scope scope) {
    const struct tally *t = &l->tallies[tally];
    struct scan scan = {.scope = scope, .kind = SCAN_TALLY, .tally_count = 1};
    unsigned *tallies = arena_array(l->reader.arena, 1, sizeof *tallies);
    s->pattern_count = 0;
    if (t->shared || !tallies)
        return true;
    *tallies = (unsigned)tally;
    scan.tallies = tallies;
    for (size_t i = 0; i < t->count && t->scopes & 1u << scope; i++)
        if (may_run_in(&l->identifiers[t->identifiers[i]], scope))
            add_pattern(s, &scan, &l->identifiers[t->identifiers[i]]);
    return finish_scan(l, s, scan);
}

static bool make_scans(struct rule_load *l, struct scans *s, const unsigned *asked) {
    bool ok = true;
    for (unsigned scope = 0; scope < SCOPE_COUNT; scope++) {
        ok = scan_plain(l, s, asked, scope) && ok;
        ok = scan_values(l, s, asked, scope) && ok;
        for (size_t t = 0; t < l->tally_count; t++)
            ok = scan_tally(l, s, t, scope) && ok;
    }
    return ok;
}

static bool store_scans(struct ruleset *r, const struct scans *s, struct arena *arena) {
    struct scan *list = arena_array(arena, s->count + 1, sizeof *list);
    struct scan_variant *variants = arena_array(arena, s->variant_count + 1, sizeof *variants);
    const struct pattern_set **sets = arena_array(arena, s->count + s->variant_count + 1, sizeof *sets);
    if (!list || !variants || !sets)
        return false;
    for (size_t v = 0; v < s->variant_count; v++) {
        variants[v] = s->variants[v];
        variants[v].set = s->count + v;
        sets[variants[v].set] = s->sets[v];
    }
    for (size_t i = 0, v = 0; i < s->count; i++) {
        list[i] = s->list[i];
        list[i].variants = variants + v;
        v += list[i].variant_count;
        sets[i] = list[i].set;
        /* \b and $ are told up to some bytes late. */
        unsigned tail = list[i].kind == SCAN_PLAIN ? 0 : list[i].width + 16;
        r->tail = tail > r->tail ? tail : r->tail;
    }
    r->scans = list;
    r->sets = sets;
    r->scan_count = s->count;
    r->set_count = s->count + s->variant_count;
    return true;
}

bool rule_load_scans(struct rule_load *l, struct ruleset *r) {
    struct scans *s = calloc(1, sizeof *s);
    unsigned *asked = collect_scopes(l);
    bool ok = false;
    if (s && asked && (s->list = calloc(SCANS_MAX, sizeof *s->list))) {
        warn_unused(l, asked);
        warn_costly(l, asked);
        ok = make_scans(l, s, asked) && store_scans(r, s, l->reader.arena);
    } else
        problem_error(l->reader.problems, "rules", 0, "cannot be compiled: out of memory");
    if (s)
        free(s->list);
    free(s);
    free(asked);
    return ok;
}
