/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/contracts.h"

#include "settings/nearest.h"

static bool read_class(struct setting_reader *r, const struct yaml *item) {
    const struct loading *l = r->context;
    if (!l->classes || item->kind != YAML_TEXT)
        return true;
    for (const char *const *known = l->classes; *known; known++)
        if (strcmp(*known, item->text) == 0)
            return true;
    const char *near = nearest_text(item->text, l->classes);
    if (near)
        return setting_error(r, item, "no rule has the class \"%.64s\"; did you mean %s?", item->text, near);
    problem_warning(
        r->problems, item->file, item->line,
        "classes: no rule has the class \"%.64s\": it approves nothing yet; load a rule of this class, or "
        "remove it",
        item->text);
    return true;
}

static bool read_protocol(struct setting_reader *r, const struct yaml *item) {
    const struct loading *l = r->context;
    if (!l->protocol_known || item->kind != YAML_TEXT || l->protocol_known(item->text))
        return true;
    return setting_error(r, item,
                         "nDPI knows no protocol \"%.64s\"; write its name for it, such as TLS, SSH or HTTP",
                         item->text);
}

/* Texts of which each is checked by itself, so that a problem has the item's line. */
static bool read_checked(struct setting_reader *r, const struct yaml *node, void *field,
                         bool (*check)(struct setting_reader *, const struct yaml *)) {
    bool ok = setting_texts(r, node, field);
    if (node->kind == YAML_TEXT)
        return ok && check(r, node);
    for (const struct yaml *item = node->child; ok && item; item = item->next)
        if (!check(r, item))
            ok = false;
    return ok;
}

static bool read_classes(struct setting_reader *r, const struct yaml *node, void *field) {
    return read_checked(r, node, field, read_class);
}

static bool read_protocols(struct setting_reader *r, const struct yaml *node, void *field) {
    return read_checked(r, node, field, read_protocol);
}

/* A term that would be read and not enforced is worse than one that is refused. */
static bool refuse_term(struct setting_reader *r, const struct yaml *node, void *field) {
    return setting_error(r, node, "this term of a contract is not supported by this version; remove it");
}

const struct setting contract_settings[] = {
    {.key = "id",
     .type = SETTING_TEXT,
     .offset = offsetof(struct contract, id),
     .required = true,
     .help = "number of the contract, as alerts show it"},
    {.key = "from",
     .type = SETTING_DATE,
     .offset = offsetof(struct contract, from),
     .required = true,
     .help = "first day, like 2026-01-01"},
    {.key = "until",
     .type = SETTING_DATE,
     .offset = offsetof(struct contract, until),
     .required = true,
     .help = "last day, like 2026-12-31"},
    {.key = "classes",
     .type = SETTING_CUSTOM,
     .offset = offsetof(struct contract, classes),
     .read = read_classes,
     .help = "data classes that may be received"},
    {.key = "protocols",
     .type = SETTING_CUSTOM,
     .offset = offsetof(struct contract, protocols),
     .read = read_protocols,
     .help = "nDPI's names of the protocols that may be used; any if not given"},
    {.key = "hours", .type = SETTING_CUSTOM, .read = refuse_term, .help = "not supported by this version"},
    {.key = "per-day", .type = SETTING_CUSTOM, .read = refuse_term, .help = "not supported by this version"},
    {0},
};

/* What the table cannot say: how the values fit together. */
static bool check_terms(struct setting_reader *r, const struct yaml *node, const struct contract *c) {
    const struct loading *l = r->context;
    char first[CLOCK_TEXT_MAX], last[CLOCK_TEXT_MAX];
    const struct yaml *until = yaml_get(node, "until");
    if (c->until < c->from)
        return setting_error(r, until, "%s is before the first day %s; swap or correct them",
                             contract_day(c->until, last), contract_day(c->from, first));
    if (c->until < l->today)
        problem_warning(r->problems, until->file, until->line,
                        "until: contract %s ended on %s: it approves nothing any more; renew or remove it",
                        c->id, contract_day(c->until, last));
    if (c->classes.count == 0)
        problem_warning(
            r->problems, node->file, node->line,
            "classes: contract %s names none: it approves nothing that rules find; add what may be "
            "received",
            c->id);
    return true;
}

static bool read_one(struct setting_reader *r, const struct yaml *node, struct contract *c) {
    if (!setting_read(r, node, contract_settings, c))
        return false;
    if (!loading_name(r, yaml_get(node, "id"), "contract", c->id) || !check_terms(r, node, c))
        return false;
    c->line = node->line;
    c->file = arena_text(r->arena, node->file, strlen(node->file));
    return c->file != NULL;
}

bool contracts_read(struct setting_reader *r, const struct yaml *node, void *field) {
    struct partner *partner = field;
    bool ok = true;
    size_t n = 0;
    if (node->kind != YAML_LIST)
        return setting_error(r, node,
                             "must be a list of contracts; write - {id: ..., from: ..., until: ...}");
    struct contract *list = arena_array(r->arena, node->children + 1, sizeof *list);
    if (!list)
        return setting_error(r, node, "there is no room left for it; make the file smaller");
    for (const struct yaml *item = node->child; item; item = item->next)
        ok = read_one(r, item, &list[n++]) && ok;
    partner->contracts = list;
    partner->contract_count = n;
    return ok;
}

bool contract_covers_class(const struct contract *c, const char *class) {
    for (size_t i = 0; i < c->classes.count; i++)
        if (strcmp(c->classes.items[i], class) == 0)
            return true;
    return false;
}

bool contract_covers_protocol(const struct contract *c, const char *application, const char *master) {
    for (size_t i = 0; i < c->protocols.count; i++) {
        const char *name = c->protocols.items[i];
        if ((application && strcasecmp(application, name) == 0) || (master && strcasecmp(master, name) == 0))
            return true;
    }
    return c->protocols.count == 0;
}

const char *contract_day(int32_t day, char out[CLOCK_TEXT_MAX]) {
    clock_format((time_ns)day * 86400 * NS_PER_S, out);
    out[10] = '\0';
    return out;
}
