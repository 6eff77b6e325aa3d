/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/plan.h"
#include "inspect/images/format.h"

#include <stdlib.h>

enum { TYPES = 512 }; /* places; more than twice the types that there are */

struct type_plans {
    const struct ruleset *rules;
    size_t count;
    struct type_plan *plan[TYPES]; /* by the address of the type */
};

struct type_plans *type_plans_create(const struct ruleset *rules) {
    struct type_plans *p = calloc(1, sizeof *p);
    if (p)
        p->rules = rules;
    return p;
}

void type_plans_destroy(struct type_plans *p) {
    for (size_t i = 0; p && i < TYPES; i++)
        free(p->plan[i]);
    free(p);
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

static bool type_fits(const struct rule_condition *c, const struct file_type *type) {
    bool fits = c->types.count == 0;
    for (size_t i = 0; i < c->types.count && !fits; i++)
        fits = glob_matches(c->types.items[i], type->mime);
    return fits && (!c->kinds || c->kinds & 1u << type->kind);
}

/* A count that no open rule asks for needs no stream of its own. */
static bool scan_fits(const struct type_plan *plan, const struct scan *scan, unsigned scopes) {
    return scan->scope == plan->bulk && scopes & 1u << scan->scope &&
           (scan->kind != SCAN_TALLY || plan->wanted[scan->tallies[0]]);
}

static void fill_plan(struct type_plan *plan, const struct ruleset *r, uint16_t *numbers, uint8_t *wanted) {
    unsigned scopes = 0;
    bool image = plan->type->kind == KIND_IMAGE && !is_text(plan->type);
    plan->is_walked = image || image_format_of(plan->type->mime);
    plan->bulk = is_text(plan->type) ? SCOPE_TEXT : image ? SCOPE_METADATA : SCOPE_CONTENT;
    plan->rules = numbers;
    plan->wanted = wanted;
    for (int giving_way = 0; giving_way < 2; giving_way++) {
        for (size_t i = 0; i < r->rule_count; i++) {
            const struct rule_condition *c = r->rules[i].condition;
            if ((c->gives_way_to.count > 0) != giving_way || !type_fits(c, plan->type))
                continue;
            numbers[plan->rule_count++] = (uint16_t)i;
            scopes |= c->scopes;
            for (size_t k = 0; k < c->count_count; k++)
                wanted[c->counts[k].tally] = true;
        }
        plan->firm_count = giving_way ? plan->firm_count : plan->rule_count;
    }
    plan->listed = plan->bulk == SCOPE_TEXT && scopes & 1u << SCOPE_LISTING;
    plan->reads_rows = plan->bulk == SCOPE_TEXT && scopes & 1u << SCOPE_CELLS;
    plan->scans = numbers += plan->rule_count;
    for (size_t s = 0; s < r->scan_count; s++)
        if (scan_fits(plan, &r->scans[s], scopes))
            numbers[plan->scan_count++] = (uint16_t)s;
}

static struct type_plan *make_plan(const struct ruleset *r, const struct file_type *type) {
    size_t numbers = (r->rule_count + r->scan_count) * sizeof(uint16_t);
    struct type_plan *plan = calloc(1, sizeof *plan + numbers + r->tally_count);
    if (!plan)
        return NULL;
    plan->type = type;
    uint16_t *room = (uint16_t *)(void *)(plan + 1);
    fill_plan(plan, r, room, (uint8_t *)room + numbers);
    return plan;
}

const struct type_plan *type_plan_of(struct type_plans *p, const struct file_type *type) {
    size_t at = ((uintptr_t)type / sizeof *type) % TYPES;
    while (p->plan[at] && p->plan[at]->type != type)
        at = (at + 1) % TYPES;
    if (p->plan[at] || p->count == TYPES / 2)
        return p->plan[at];
    p->plan[at] = make_plan(p->rules, type);
    p->count += p->plan[at] != NULL;
    return p->plan[at];
}
