/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/contracts.h"

#include "policy/flow_class.h"
#include "settings/nearest.h"

#include <stdio.h>
#include <strings.h>

/* Every class that there is and will be. */
static const char every_class[] = "*";

static bool read_class(struct setting_reader *r, const struct doc_node *item) {
    const struct loading *l = r->context;
    if (!l->classes || item->kind != DOC_TEXT || strcmp(item->text, every_class) == 0 ||
        class_is_built_in(item->text))
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

static bool read_protocol(struct setting_reader *r, const struct doc_node *item) {
    const struct loading *l = r->context;
    if (!l->protocol_known || item->kind != DOC_TEXT || strcasecmp(item->text, "FTP") == 0 ||
        l->protocol_known(item->text))
        return true;
    return setting_error(r, item,
                         "nDPI knows no protocol \"%.64s\"; write its name for it, such as TLS, SSH or HTTP",
                         item->text);
}

/* Texts of which each is checked by itself, so that a problem has the item's line. */
static bool read_checked(struct setting_reader *r, const struct doc_node *node, void *field,
                         bool (*check)(struct setting_reader *, const struct doc_node *)) {
    bool ok = setting_texts(r, node, field);
    if (node->kind == DOC_TEXT)
        return ok && check(r, node);
    for (const struct doc_node *item = node->child; ok && item; item = item->next)
        if (!check(r, item))
            ok = false;
    return ok;
}

static bool read_classes(struct setting_reader *r, const struct doc_node *node, void *field) {
    return read_checked(r, node, field, read_class);
}

static bool read_protocols(struct setting_reader *r, const struct doc_node *node, void *field) {
    return read_checked(r, node, field, read_protocol);
}

static bool read_hours(struct setting_reader *r, const struct doc_node *node, void *field) {
    const struct loading *l = r->context;
    char why[HOURS_WHY_MAX];
    if (node->kind != DOC_TEXT)
        return setting_error(r, node, "is no text; write it like \"Mon-Fri 07:00-19:00 America/Chicago\"");
    const struct hours *h = hours_parse(l->zones, node->text, r->arena, why);
    *(const struct hours **)field = h;
    return h || setting_error(r, node, "%s", why);
}

#define LIMIT(field) .offset = offsetof(struct contract_amount, field)
const struct setting contract_limit_settings[] = {
    {.key = "objects",
     .type = SETTING_COUNT,
     LIMIT(objects),
     .low = 1,
     .help = "objects with a class; no limit if not given"},
    {.key = "bytes",
     .type = SETTING_SIZE,
     LIMIT(bytes),
     .low = 1,
     .help = "bytes of all that leaves; no limit if not given"},
    {0},
};

static bool read_limits(struct setting_reader *r, const struct doc_node *node, void *field) {
    if (node->kind != DOC_MAP)
        return setting_error(r, node, "is no map; write {objects: 50, bytes: 200 MB}, or one of them");
    return setting_read(r, node, contract_limit_settings, field);
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
     .help = "protocols that may be used, by what the bytes show; any if not given"},
    {.key = "hours",
     .type = SETTING_CUSTOM,
     .offset = offsetof(struct contract, hours),
     .read = read_hours,
     .help = "times of the week and their zone; always if not given"},
    {.key = "per-day",
     .type = SETTING_CUSTOM,
     .offset = offsetof(struct contract, day),
     .read = read_limits,
     .table = contract_limit_settings,
     .help = "limits within a day; none if not given"},
    {.key = "per-month",
     .type = SETTING_CUSTOM,
     .offset = offsetof(struct contract, month),
     .read = read_limits,
     .table = contract_limit_settings,
     .help = "limits within a calendar month; none if not given"},
    {0},
};

/* What the table cannot say: how the values fit together. */
static bool check_terms(struct setting_reader *r, const struct doc_node *node, const struct contract *c) {
    const struct loading *l = r->context;
    char first[CLOCK_TEXT_MAX], last[CLOCK_TEXT_MAX];
    const struct doc_node *until = doc_get(node, "until");
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

static void note_lines(const struct doc_node *node, struct contract *c) {
    static const struct {
        enum contract_term term;
        const char *map, *key;
    } places[] = {{TERM_DATES, NULL, "until"},
                  {TERM_CLASS, NULL, "classes"},
                  {TERM_PROTOCOL, NULL, "protocols"},
                  {TERM_HOURS, NULL, "hours"},
                  {TERM_DAY_OBJECTS, "per-day", "objects"},
                  {TERM_DAY_BYTES, "per-day", "bytes"},
                  {TERM_MONTH_OBJECTS, "per-month", "objects"},
                  {TERM_MONTH_BYTES, "per-month", "bytes"}};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        const struct doc_node *map = places[i].map ? doc_get(node, places[i].map) : node;
        const struct doc_node *value = doc_get(map, places[i].key);
        c->term_line[places[i].term] = value ? value->key_line : 0;
    }
}

static bool read_contract(struct setting_reader *r, const struct doc_node *node, struct contract *c) {
    if (!setting_read(r, node, contract_settings, c))
        return false;
    if (!loading_name(r, doc_get(node, "id"), "contract", c->id) || !check_terms(r, node, c))
        return false;
    c->line = node->line;
    note_lines(node, c);
    c->file = arena_text(r->arena, node->file, strlen(node->file));
    return c->file != NULL;
}

bool contracts_read(struct setting_reader *r, const struct doc_node *node, void *field) {
    struct partner *partner = field;
    bool ok = true;
    size_t n = 0;
    if (node->kind != DOC_LIST)
        return setting_error(r, node,
                             "must be a list of contracts; write - {id: ..., from: ..., until: ...}");
    struct contract *list = arena_array(r->arena, node->children + 1, sizeof *list);
    if (!list)
        return setting_error(r, node, "there is no room left for it; make the file smaller");
    for (const struct doc_node *item = node->child; item; item = item->next)
        ok = read_contract(r, item, &list[n++]) && ok;
    partner->contracts = list;
    partner->contract_count = n;
    return ok;
}

static bool names_flow_class(const struct contract *c) {
    for (size_t i = 0; i < c->classes.count; i++)
        if (class_is_of_flow(c->classes.items[i]))
            return true;
    return false;
}

bool contract_covers_class(const struct contract *c, const char *class) {
    bool meant = !class_is_never_meant(class);
    for (size_t i = 0; i < c->classes.count; i++)
        if (strcmp(c->classes.items[i], class) == 0 ||
            (meant && strcmp(c->classes.items[i], every_class) == 0))
            return true;
    return class_is_of_flow(class) && !names_flow_class(c);
}

bool contract_covers_all(const struct contract *c, bool canaries) {
    return contract_covers_class(c, every_class) && c->protocols.count == 0 && !c->hours &&
           !contract_has_limits(c) && (!canaries || contract_covers_class(c, CLASS_CANARY));
}

/* "ftp", of which files move as data, is FTP and FTP_DATA, not FTP_CONTROL. */
bool contract_covers_protocol(const struct contract *c, const char *protocol) {
    size_t n = protocol ? strlen(protocol) : 0;
    for (size_t i = 0; n > 0 && i < c->protocols.count; i++) {
        const char *name = c->protocols.items[i];
        if (strncasecmp(protocol, name, n) == 0 && (name[n] == '\0' || strcasecmp(name + n, "_DATA") == 0))
            return true;
    }
    return c->protocols.count == 0;
}

const char *contract_day(int32_t day, char out[CLOCK_TEXT_MAX]) {
    struct clock_date d = clock_date_of(day);
    snprintf(out, CLOCK_TEXT_MAX, "%04d-%02d-%02d", d.year, d.month, d.day);
    return out;
}
