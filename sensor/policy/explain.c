/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/explain.h"

#include "policy/contracts.h"
#include "policy/networks.h"
#include "policy/term.h"
#include "settings/unit.h"

#include <inttypes.h>
#include <stdio.h>

void policy_explain_place(const struct policy *p, const struct address *a, struct explained_place *out) {
    static const char *const kinds[] = {[PLACE_UNKNOWN] = "unknown",
                                        [PLACE_IMAGE] = "image network",
                                        [PLACE_INTERNAL] = "internal network",
                                        [PLACE_PARTNER] = "partner"};
    const struct network_entry *e = policy_entry(p, a);
    *out = (struct explained_place){.kind = kinds[policy_place(p, a).kind], .relay = policy_relays(p, a)};
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

static void say_list(const struct setting_texts *list, const char *none, char *out, size_t size) {
    size_t n = 0;
    for (size_t i = 0; i < list->count && n < size; i++)
        n += (size_t)snprintf(out + n, size - n, "%s%s", i ? ", " : "", list->items[i]);
    if (list->count == 0)
        snprintf(out, size, "%s", none);
}

/* `use`: NULL if nobody counts. False: the contract does not have this limit. */
static bool say_limit(const struct contract *c, enum contract_term term, const struct contract_use *use,
                      char *out, size_t size) {
    uint64_t limit = term_amount(term, &c->day, &c->month);
    uint64_t now = use ? term_amount(term, &use->day, &use->month) : 0;
    bool bytes = TERM_BIT(term) & TERM_OF_BYTES;
    char most[UNIT_TEXT_MAX];
    unit_format(limit, bytes ? unit_sizes : NULL, most);
    if (use && bytes)
        snprintf(out, size, "%" PRIu64 " B of %s so far", now, most);
    else if (use)
        snprintf(out, size, "%" PRIu64 " of %s with this one", now, most);
    else
        snprintf(out, size, "at most %s", most);
    return limit != 0;
}

/* False: the contract does not have this term. */
static bool say_term(const struct contract *c, enum contract_term term, const struct contract_use *use,
                     char *out, size_t size) {
    const struct zone *zone = contract_zone(c);
    char from[CLOCK_TEXT_MAX], until[CLOCK_TEXT_MAX];
    switch (term) {
    case TERM_NAME:
        return false;
    case TERM_DATES:
        snprintf(out, size, "%s to %s (%s)", contract_day(c->from, from), contract_day(c->until, until),
                 zone ? zone->name : "UTC");
        return true;
    case TERM_CLASS:
        say_list(&c->classes, "none", out, size);
        return true;
    case TERM_PROTOCOL:
        say_list(&c->protocols, "any", out, size);
        return c->protocols.count != 0;
    case TERM_HOURS:
        if (c->hours)
            snprintf(out, size, "%s %s", c->hours->text, zone ? zone->name : "UTC");
        return c->hours != NULL;
    default:
        return say_limit(c, term, use, out, size);
    }
}

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
    for (enum contract_term term = 0; term < TERM_COUNT; term++) {
        struct explained_term *t = &out[n];
        if (!say_term(c, term, facts->use ? &use : NULL, t->says, sizeof t->says))
            continue;
        t->term = term;
        t->state = state_of(term, facts, broken);
        t->line = c->term_line[term] ? c->term_line[term] : c->line;
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
    else if (j->relayed && j->verdict == VERDICT_INTERNAL)
        snprintf(why, EXPLAINED_WHY_MAX,
                 "a relay is judged by whom it is asked for; ask about that one instead of it");
    else if (j->verdict == VERDICT_INTERNAL || !policy_matters(p, &f->source, &f->destination))
        snprintf(why, EXPLAINED_WHY_MAX, "no: what stays inside is not looked at");
    else if (j->verdict == VERDICT_APPROVED)
        snprintf(why, EXPLAINED_WHY_MAX,
                 f->class ? "no: it is approved" : "no, unless a rule finds a class that no contract names");
    else
        snprintf(why, EXPLAINED_WHY_MAX, f->class ? "yes" : "yes, whatever class a rule finds in it");
    return image && j->verdict >= VERDICT_BREACH && policy_matters(p, &f->source, &f->destination);
}
