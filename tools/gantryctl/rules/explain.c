/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_writer.h"
#include "examine.h"
#include "plain.h"

#include <inttypes.h>

/* "name, text" */
static void print_scopes(FILE *out, unsigned scopes) {
    const char *comma = "";
    for (unsigned s = 0; s < SCOPE_COUNT; s++)
        if (scopes & 1u << s) {
            fprintf(out, "%s%s", comma, scope_names[s]);
            comma = ", ";
        }
}

static void print_list(FILE *out, const struct ruleset *r, const struct object *o,
                       const struct rule_condition *c, const struct identifier_list *list, const char *word) {
    for (size_t i = 0; i < list->count; i++) {
        unsigned hits = inspector_hits(o, list->items[i]) & c->scopes;
        fprintf(out, "      %s %s: ", word, r->identifiers[list->items[i]].id);
        if (hits) {
            fputs("found in ", out);
            print_scopes(out, hits);
        } else
            fputs("not found", out);
        fputc('\n', out);
    }
}

static void print_counts(FILE *out, const struct ruleset *r, const struct object *o,
                         const struct rule_condition *c) {
    for (size_t i = 0; i < c->count_count; i++) {
        const struct count_condition *count = &c->counts[i];
        const struct tally *t = &r->tallies[count->tally];
        uint32_t spread, distinct = inspector_tally(o, count->tally, &spread);
        fprintf(out, "      count of %s%s: %" PRIu32 " distinct values of %" PRIu32 " needed",
                r->identifiers[t->identifiers[0]].id, t->count > 1 ? " and others" : "", distinct,
                count->distinct);
        if (count->spread)
            fprintf(out, ", %" PRIu32 " different without digits of %" PRIu32, spread, count->spread);
        if (t->share) {
            uint32_t with, names = inspector_names(o, count->tally, &with);
            fprintf(out, ", in %" PRIu32 " of %" PRIu32 " listed names, %" PRIu32 " %% needed", with, names,
                    t->share);
        }
        fputc('\n', out);
    }
}

/* "rows: 24 rows, 24 plates, plate-column shaped, time-column, jurisdictions AZ TX" */
static void print_rows(FILE *out, const struct object *o, const struct rows_condition *c) {
    const struct row_facts *f = inspector_row_facts(o);
    if (!c->asked)
        return;
    fprintf(out, "      rows: %" PRIu32 " rows, %" PRIu32 " plates", f->rows, f->plates);
    if (f->named || f->shaped)
        fprintf(out, ", plate-column%s%s", f->named ? " named" : "", f->shaped ? " shaped" : "");
    fprintf(out, "%s%s%s", f->time ? ", time-column" : "", f->state ? ", state-column" : "",
            f->reader ? ", reader-column" : "");
    for (unsigned i = 0; row_jurisdictions[i]; i++)
        if (f->jurisdictions & 1u << i)
            fprintf(out, "%s %s", f->jurisdictions & ((1u << i) - 1) ? "" : ", jurisdictions",
                    row_jurisdictions[i]);
    fputc('\n', out);
}

static void print_sample(FILE *out, const struct finding *f) {
    fputs("      for example ", out);
    plain_print(out, f->sample);
    fprintf(out, " (%" PRIu32 "%s values)\n", f->distinct, f->at_least ? " or more" : "");
}

static void print_rule(FILE *out, const struct ruleset *r, const struct object *o, const struct rule *rule,
                       bool holds) {
    const struct rule_condition *c = rule->condition;
    struct finding f;
    fprintf(out, "  %s %s (class %s, severity %u): %s\n", holds ? "holds:" : "does not hold:", rule->id,
            rule->class, rule->severity, rule->name);
    if (!inspector_facts_hold(o, rule)) {
        fprintf(out,
                "      object: its type, size, completeness or encryption is not what the rule asks for\n");
        return;
    }
    if (c->types.count || c->kinds || c->size_min || c->size_max)
        fprintf(out, "      object: %s, %" PRIu64 " bytes\n", o->type->mime, o->size);
    if (c->encryption.count)
        fprintf(out, "      encrypted: %.*s\n", (int)object_fact(o, FACT_ENCRYPTION).n,
                (const char *)object_fact(o, FACT_ENCRYPTION).p);
    print_list(out, r, o, c, &c->all, "all ");
    print_list(out, r, o, c, &c->any, "any ");
    print_list(out, r, o, c, &c->none, "none");
    print_counts(out, r, o, c);
    print_rows(out, o, &c->rows);
    if (holds && inspector_finding(o, rule, &f) && f.sample[0])
        print_sample(out, &f);
}

static bool is_held(const struct object *o, const struct rule *rule) {
    struct finding f;
    return inspector_finding(o, rule, &f);
}

void explain_object(FILE *out, const struct ruleset *rules, const struct object *o, const char *path,
                    bool all) {
    size_t count = inspector_rules(o, NULL, 0);
    plain_print(out, path);
    fprintf(out, ": %s (%s), %" PRIu64 " bytes: ", o->type->name, o->type->mime, o->size);
    fprintf(out, count == 0 ? "no rule holds\n" : count == 1 ? "1 rule holds\n" : "%zu rules hold\n", count);
    for (size_t i = 0; i < rules->rule_count; i++)
        if (is_held(o, &rules->rules[i]))
            print_rule(out, rules, o, &rules->rules[i], true);
    for (size_t i = 0; i < rules->rule_count && all; i++)
        if (!is_held(o, &rules->rules[i]))
            print_rule(out, rules, o, &rules->rules[i], false);
}

void explain_object_json(FILE *out, const struct object *o, const char *path) {
    enum { SHOWN = 64 };
    const struct rule *rules[SHOWN];
    static char buffer[64 << 10];
    size_t count = inspector_rules(o, rules, SHOWN);
    struct json_writer j;
    json_writer_init(&j, buffer, sizeof buffer);
    json_write_object(&j, NULL);
    json_write_text(&j, "file", path);
    json_write_text(&j, "type", o->type->mime);
    json_write_number(&j, "size", o->size);
    json_write_array(&j, "findings");
    for (size_t i = 0; i < count && i < SHOWN; i++) {
        struct finding f;
        inspector_finding(o, rules[i], &f);
        json_write_object(&j, NULL);
        json_write_text(&j, "rule", rules[i]->id);
        json_write_text(&j, "class", rules[i]->class);
        json_write_number(&j, "severity", rules[i]->severity);
        json_write_number(&j, "distinct", f.distinct);
        json_write_bool(&j, "at_least", f.at_least);
        json_write_text(&j, "sample", f.sample);
        json_write_object_end(&j);
    }
    json_write_array_end(&j);
    json_write_object_end(&j);
    if (!j.overflow)
        fprintf(out, "%.*s\n", (int)json_writer_size(&j), buffer);
}
