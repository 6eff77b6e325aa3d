/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/explain.h"

#include "policy/contracts.h"
#include "policy/networks.h"
#include "settings/unit.h"

#include <inttypes.h>
#include <stdio.h>

void policy_explain_place(const struct policy *p, const struct address *a, struct explained_place *out) {
    static const char *const kinds[] = {[PLACE_UNKNOWN] = "unknown",
                                        [PLACE_IMAGE] = "image network",
                                        [PLACE_INTERNAL] = "internal network",
                                        [PLACE_PARTNER] = "partner"};
    const struct network_entry *e = policy_entry(p, a);
    *out = (struct explained_place){.kind = kinds[policy_place(p, a).kind]};
    if (!e)
        return;
    out->name = e->owner;
    out->file = e->file;
    out->line = e->line;
    prefix_format(&e->prefix, out->prefix);
}

const char *explained_state_name(enum explained_state state) {
    static const char *const names[] = {
        [EXPLAINED_HOLDS] = "holds", [EXPLAINED_BROKEN] = "broken", [EXPLAINED_NOT_ASKED] = "not asked"};
    return names[state];
}

/* --- what a contract demands --- */

static bool say_dates(const struct contract *c, const struct contract_use *use, char *out, size_t size) {
    char from[CLOCK_TEXT_MAX], until[CLOCK_TEXT_MAX];
    snprintf(out, size, "%s to %s (%s)", contract_day(c->from, from), contract_day(c->until, until),
             contract_zone(c) ? contract_zone(c)->name : "UTC");
    return true;
}

static bool say_list(const struct setting_texts *list, const char *none, char *out, size_t size) {
    size_t n = 0;
    for (size_t i = 0; i < list->count && n < size; i++)
        n += (size_t)snprintf(out + n, size - n, "%s%s", i ? ", " : "", list->items[i]);
    if (list->count == 0)
        snprintf(out, size, "%s", none);
    return true;
}

static bool say_classes(const struct contract *c, const struct contract_use *use, char *out, size_t size) {
    return say_list(&c->classes, "none", out, size);
}

static bool say_protocols(const struct contract *c, const struct contract_use *use, char *out, size_t size) {
    return say_list(&c->protocols, "any", out, size) && c->protocols.count;
}

static bool say_hours(const struct contract *c, const struct contract_use *use, char *out, size_t size) {
    if (c->hours)
        snprintf(out, size, "%s %s", c->hours->text, c->hours->zone ? c->hours->zone->name : "UTC");
    return c->hours != NULL;
}

static bool say_objects(uint64_t limit, const uint64_t *now, char *out, size_t size) {
    if (now)
        snprintf(out, size, "%" PRIu64 " of %" PRIu64 " with this one", *now, limit);
    else
        snprintf(out, size, "at most %" PRIu64, limit);
    return limit != 0;
}

static bool say_bytes(uint64_t limit, const uint64_t *now, char *out, size_t size) {
    char text[UNIT_TEXT_MAX];
    unit_format(limit, unit_sizes, text);
    if (now)
        snprintf(out, size, "%" PRIu64 " B of %s so far", *now, text);
    else
        snprintf(out, size, "at most %s", text);
    return limit != 0;
}

static bool say_day_objects(const struct contract *c, const struct contract_use *use, char *out,
                            size_t size) {
    return say_objects(c->day.objects, use ? &use->day.objects : NULL, out, size);
}

static bool say_day_bytes(const struct contract *c, const struct contract_use *use, char *out, size_t size) {
    return say_bytes(c->day.bytes, use ? &use->day.bytes : NULL, out, size);
}

static bool say_month_objects(const struct contract *c, const struct contract_use *use, char *out,
                              size_t size) {
    return say_objects(c->month.objects, use ? &use->month.objects : NULL, out, size);
}

static bool say_month_bytes(const struct contract *c, const struct contract_use *use, char *out,
                            size_t size) {
    return say_bytes(c->month.bytes, use ? &use->month.bytes : NULL, out, size);
}

/* False: the contract does not have this term. `use`: NULL if nobody counts. */
static bool (*const say[TERM_COUNT])(const struct contract *c, const struct contract_use *use, char *out,
                                     size_t size) = {
    [TERM_DATES] = say_dates,
    [TERM_CLASS] = say_classes,
    [TERM_PROTOCOL] = say_protocols,
    [TERM_HOURS] = say_hours,
    [TERM_DAY_OBJECTS] = say_day_objects,
    [TERM_DAY_BYTES] = say_day_bytes,
    [TERM_MONTH_OBJECTS] = say_month_objects,
    [TERM_MONTH_BYTES] = say_month_bytes,
};

static enum explained_state state_of(enum contract_term term, const struct judgement_facts *f,
                                     unsigned broken) {
    if ((term == TERM_CLASS && !f->class) || (term == TERM_PROTOCOL && f->any_protocol) ||
        (TERM_BIT(term) & TERM_LIMITS && !f->use))
        return EXPLAINED_NOT_ASKED;
    return broken & TERM_BIT(term) ? EXPLAINED_BROKEN : EXPLAINED_HOLDS;
}

size_t contract_explain(const struct contract *c, const struct judgement_facts *facts,
                        struct explained_term out[TERM_COUNT]) {
    struct contract_use use;
    unsigned broken = contract_broken(c, facts, &use);
    size_t n = 0;
    for (unsigned i = 0; i < TERM_COUNT; i++) {
        struct explained_term *t = &out[n];
        if (!say[i] || !say[i](c, facts->use ? &use : NULL, t->says, sizeof t->says))
            continue;
        t->term = (enum contract_term)i;
        t->state = state_of(t->term, facts, broken);
        t->line = c->term_line[i] ? c->term_line[i] : c->line;
        n++;
    }
    return n;
}

/* --- would it alert --- */

bool policy_explain_alert(const struct policy *p, const struct judgement_facts *f, const struct judgement *j,
                          char why[EXPLAINED_WHY_MAX]) {
    bool image = policy_place(p, &f->source).kind == PLACE_IMAGE;
    if (!image)
        snprintf(why, EXPLAINED_WHY_MAX,
                 "no: the source is in no image network, so nothing of it is looked at");
    else if (j->verdict == VERDICT_INTERNAL || !policy_matters(p, &f->source, &f->destination))
        snprintf(why, EXPLAINED_WHY_MAX, "no: what stays inside is not looked at");
    else if (j->verdict == VERDICT_APPROVED)
        snprintf(why, EXPLAINED_WHY_MAX,
                 f->class ? "no: it is approved" : "no, unless a rule finds a class that no contract names");
    else
        snprintf(why, EXPLAINED_WHY_MAX, f->class ? "yes" : "yes, whatever class a rule finds in it");
    return image && j->verdict >= VERDICT_BREACH && policy_matters(p, &f->source, &f->destination);
}
