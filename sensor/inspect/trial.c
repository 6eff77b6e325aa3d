/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/trial.h"

#include "content/seal/seal.h"
#include "inspect/patterns/matcher.h"
#include "inspect/rules.h"

#include <stdio.h>
#include <stdlib.h>

enum { PIECES_MOST = 64 << 10 }; /* of an example; a longer one comes in longer pieces */
static const size_t inspector_bytes = (size_t)256 << 20;

struct trial {
    struct inspector *inspector;
    struct object object;
    struct fact_pool texts; /* of that one object */
    struct seal seal;
};

static void ignore_finding(void *context, const struct finding *f) {
}

struct trial *trial_create(const struct ruleset *rules, struct error *e) {
    /* A key that is no secret: the same octets get the same answer. */
    struct inspector_options options = {.memory = inspector_bytes, .digest_key = {.k0 = 1, .k1 = 2}};
    struct finding_sink sink = {.found = ignore_finding};
    struct trial *t = calloc(1, sizeof *t);
    if (!t || !fact_pool_init(&t->texts, 1, 1))
        error_set(e, "out of memory");
    else if ((t->inspector = inspector_create(rules, &options, &sink, e)))
        return t;
    trial_destroy(t);
    return NULL;
}

static void forget_object(struct trial *t) {
    inspector_forget(t->inspector, &t->object);
    facts_release(&t->texts, t->object.facts);
    t->object = (struct object){0};
}

void trial_destroy(struct trial *t) {
    if (!t)
        return;
    if (t->inspector)
        forget_object(t);
    inspector_destroy(t->inspector);
    fact_pool_finish(&t->texts);
    free(t);
}

void trial_open(struct trial *t, struct bytes path, struct bytes first) {
    struct object *o = &t->object;
    forget_object(t);
    o->facts = facts_create(&t->texts, NULL);
    facts_set(&t->texts, o->facts, FACT_PATH, path);
    facts_set(&t->texts, o->facts, FACT_NAME, bytes_after_last(path, '/'));
    o->number = 1;
    o->total = LENGTH_UNKNOWN;
    object_settle_type(o, first);
    if (first.n > 0 && object_is_misnamed(o))
        facts_set(&t->texts, o->facts, FACT_NOTES, bytes_text("name-mismatch"));
    if (!seal_begin(&t->seal, bytes_of(first.p, first.n < TYPE_BYTES ? first.n : TYPE_BYTES)))
        t->seal = (struct seal){.format = NULL};
    inspector_opened(t->inspector, o);
}

void trial_push(struct trial *t, struct bytes content, size_t piece) {
    for (size_t at = 0; at < content.n; at += piece) {
        size_t n = content.n - at < piece ? content.n - at : piece;
        t->object.size += n;
        inspector_data(t->inspector, &t->object, content.p + at, n);
        seal_data(&t->seal, bytes_of(content.p + at, n));
    }
}

const struct object *trial_close(struct trial *t) {
    t->object.complete = true;
    seal_end(&t->seal, true);
    facts_set(&t->texts, t->object.facts, FACT_ENCRYPTION, bytes_text(t->seal.word));
    inspector_closed(t->inspector, &t->object);
    return &t->object;
}

/* --- examples --- */

/* In pieces of so many octets behind the first of `first`. */
static bool holds_for(struct trial *t, const struct rule *rule, const struct rule_example *e, size_t first,
                      size_t piece) {
    struct finding f;
    trial_open(t, e->name, e->content);
    trial_push(t, bytes_of(e->content.p, first), piece);
    trial_push(t, bytes_of(e->content.p + first, e->content.n - first), piece);
    return inspector_finding(trial_close(t), rule, &f);
}

static bool holds_cut(struct trial *t, const struct rule *rule, const struct rule_example *e, bool whole,
                      char words[TRIAL_WORDS]) {
    size_t n = e->content.n, cuts = n < 2 ? 0 : n - 1 < TRIAL_CUTS ? n - 1 : TRIAL_CUTS;
    if (n > 1 && holds_for(t, rule, e, 0, 1 + n / PIECES_MOST) != whole) {
        snprintf(words, TRIAL_WORDS, "says one thing for the whole and another byte by byte");
        return false;
    }
    for (size_t i = 0; i < cuts; i++) {
        size_t cut = 1 + i * (n - 1) / cuts; /* each place of a short one */
        if (holds_for(t, rule, e, cut, n) == whole)
            continue;
        snprintf(words, TRIAL_WORDS,
                 "says one thing for the whole and another when it is cut behind byte %zu", cut);
        return false;
    }
    return true;
}

bool trial_example(struct trial *t, const struct rule *rule, const struct rule_example *e,
                   char words[TRIAL_WORDS]) {
    bool whole = holds_for(t, rule, e, 0, SIZE_MAX / 2);
    if (!holds_cut(t, rule, e, whole, words))
        return false;
    if (whole == e->holds)
        return true;
    snprintf(words, TRIAL_WORDS,
             e->holds ? "does not hold for this example" : "holds for this counterexample");
    return false;
}

/* --- all rules of a set --- */

static const char proven[] = "proven"; /* an entry of the cache */

static bool prove_rule(const struct rule *rule, struct trial *t, struct problems *problems) {
    const struct rule_condition *c = rule->condition;
    char words[TRIAL_WORDS];
    for (size_t i = 0; i < c->example_count; i++)
        if (!trial_example(t, rule, &c->examples[i], words))
            return problem_error(
                problems, c->examples[i].file, c->examples[i].line,
                "examples: rule %s %s; where gantryctl rules test says the same on other machines mend the "
                "rule "
                "or the example, else the pattern library here (%s) misses: use another version",
                rule->id, words, pattern_library());
    return true;
}

static bool prove_all(const struct ruleset *r, struct trial *t, struct problems *problems) {
    bool ok = true;
    for (size_t i = 0; i < r->rule_count; i++)
        ok = prove_rule(&r->rules[i], t, problems) && ok;
    return ok;
}

static bool is_proven(const struct ruleset *r, struct set_cache *cache) {
    void *block = NULL;
    size_t n = 0;
    const char *bytes = set_cache_read(cache, r->digest, &block, &n);
    bool same = bytes && n == sizeof proven && memcmp(bytes, proven, n) == 0;
    free(block);
    return same;
}

bool ruleset_prove(const struct ruleset *r, struct set_cache *cache, struct problems *problems) {
    struct error e;
    if (is_proven(r, cache))
        return true;
    struct trial *t = trial_create(r, &e);
    if (!t)
        return problem_error(problems, "rules", 0, "their examples cannot be tried: %s", e.text);
    bool ok = prove_all(r, t, problems);
    trial_destroy(t);
    if (ok)
        set_cache_write(cache, r->digest, proven, sizeof proven);
    return ok;
}
