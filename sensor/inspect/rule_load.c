/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/rule_load.h"

#include "inspect/rows/rows.h"
#include "inspect/validate.h"

#include <ctype.h>
#include <stdio.h>

const char *const scope_names[SCOPE_COUNT + 1] = {
    [SCOPE_NAME] = "name",   [SCOPE_PATH] = "path",       [SCOPE_METADATA] = "metadata",
    [SCOPE_TEXT] = "text",   [SCOPE_CONTENT] = "content", [SCOPE_LISTING] = "listing",
    [SCOPE_CELLS] = "cells", [SCOPE_COUNT] = NULL,
};

/* As enum file_kind has them. */
static const char *const kind_names[] = {
    [KIND_BINARY] = "binary",   [KIND_TEXT] = "text",         [KIND_IMAGE] = "image",
    [KIND_ARCHIVE] = "archive", [KIND_DOCUMENT] = "document", [KIND_MEDIA] = "media",
    [KIND_RECORD] = "record",   [KIND_RECORD + 1] = NULL,
};

static const char *const flag_names[] = {"caseless", "dotall", "multiline", "utf8", "ucp", NULL};

enum { NAME_MAX_BYTES = 64, EXAMPLES_MAX = 64, COUNTS_MAX = 8 };

/* --- small readers --- */

bool rule_keep_node(struct setting_reader *r, const struct doc_node *node, void *field) {
    *(const struct doc_node **)field = node;
    return true;
}

bool rule_keep_list(struct setting_reader *r, const struct doc_node *node, void *field) {
    if (node->kind != DOC_LIST)
        return setting_error(r, node, "is no list; begin each entry with \"- \"");
    return rule_keep_node(r, node, field);
}

static bool keep_map(struct setting_reader *r, const struct doc_node *node, void *field) {
    if (node->kind != DOC_MAP)
        return setting_error(r, node, "is no map; write {KEY: VALUE}");
    return rule_keep_node(r, node, field);
}

/* "plate-record": what goes into alerts and command lines unquoted. */
static bool read_id(struct setting_reader *r, const struct doc_node *node, void *field) {
    size_t n = node->kind == DOC_TEXT ? strlen(node->text) : 0;
    bool ok = n > 0 && n <= NAME_MAX_BYTES;
    for (size_t i = 0; ok && i < n; i++) {
        unsigned char c = (unsigned char)node->text[i];
        ok = islower(c) || isdigit(c) || (c == '-' && i > 0);
    }
    if (!ok)
        return setting_error(r, node,
                             "is no name; use 1 to %d small letters, digits and hyphens, such as plate-csv",
                             NAME_MAX_BYTES);
    *(const char **)field = arena_text(r->arena, node->text, n);
    return true;
}

static int index_of(const char *const *names, const char *text) {
    for (int i = 0; text && names[i]; i++)
        if (strcmp(names[i], text) == 0)
            return i;
    return -1;
}

/* A list of words (or one) into bits 1 << index. */
static bool read_words(struct setting_reader *r, const struct doc_node *node, const char *const *names,
                       unsigned *bits) {
    char list[160] = "";
    for (size_t i = 0; names[i]; i++) {
        size_t n = strlen(list);
        snprintf(list + n, sizeof list - n, "%s%s", i ? ", " : "", names[i]);
    }
    const struct doc_node *c = node->kind == DOC_LIST ? node->child : node;
    for (bool single = node->kind != DOC_LIST; c; c = single ? NULL : c->next) {
        int at = c->kind == DOC_TEXT ? index_of(names, c->text) : -1;
        if (at < 0)
            return problem_error(r->problems, c->file, c->line, "%s: %s is not known here; use one of %s",
                                 node->key ? node->key : "list",
                                 c->kind == DOC_TEXT ? c->text : "what stands here", list);
        *bits |= 1u << at;
    }
    return true;
}

static bool read_scopes(struct setting_reader *r, const struct doc_node *node, void *field) {
    return read_words(r, node, scope_names, field);
}

static bool read_kinds(struct setting_reader *r, const struct doc_node *node, void *field) {
    return read_words(r, node, kind_names, field);
}

static bool read_flags(struct setting_reader *r, const struct doc_node *node, void *field) {
    return read_words(r, node, flag_names, field);
}

static bool read_complete(struct setting_reader *r, const struct doc_node *node, void *field) {
    static const struct setting table[] = {{.key = "complete", .type = SETTING_BOOL}, {0}};
    struct doc_node one = *node,
                    map = {.kind = DOC_MAP, .file = node->file, .line = node->line, .child = &one};
    bool value = false;
    one.next = NULL;
    if (!setting_read(r, &map, table, &value))
        return false;
    *(int *)field = value ? COMPLETE_YES : COMPLETE_NO;
    return true;
}

/* --- identifiers --- */

struct identifier_entry {
    const char *id, *description;
    const struct doc_node *pattern;
    unsigned flags;
    const struct doc_node *validator;
};

static const struct setting identifier_table[] = {
    {.key = "id",
     .type = SETTING_CUSTOM,
     .read = read_id,
     .required = true,
     .offset = offsetof(struct identifier_entry, id),
     .help = "a name of its own over all files"},
    {.key = "description",
     .type = SETTING_TEXT,
     .offset = offsetof(struct identifier_entry, description),
     .help = "what it recognises"},
    {.key = "pattern",
     .type = SETTING_CUSTOM,
     .read = rule_keep_node,
     .required = true,
     .offset = offsetof(struct identifier_entry, pattern),
     .help = "a regular expression in single quotes"},
    {.key = "flags",
     .type = SETTING_CUSTOM,
     .read = read_flags,
     .offset = offsetof(struct identifier_entry, flags),
     .help = "caseless, dotall, multiline, utf8, ucp"},
    {.key = "validator",
     .type = SETTING_CUSTOM,
     .read = rule_keep_node,
     .offset = offsetof(struct identifier_entry, validator),
     .help = "a check of the matched bytes"},
    {0},
};

/* A pattern whose width is kept has been accepted before. */
static bool find_width(const struct rule_load *l, struct identifier *i, struct error *e) {
    if (i->pattern.number >= l->width_count)
        return pattern_check(&i->pattern, &i->width, e);
    i->width = l->widths[i->pattern.number];
    return true;
}

static bool check_pattern(struct rule_load *l, struct identifier *i, const struct doc_node *node) {
    struct setting_reader *r = &l->reader;
    struct error e;
    i->pattern_line = node->line;
    if (node->kind != DOC_TEXT || !*node->text)
        return setting_error(r, node, "is no expression; write it in single quotes");
    if (strlen(node->text) > PATTERN_TEXT_MAX)
        return setting_error(r, node, "is longer than %d bytes; split it into several identifiers",
                             PATTERN_TEXT_MAX);
    i->pattern.expression = arena_text(r->arena, node->text, strlen(node->text));
    i->literal = pattern_has_literal(node->text);
    if (!i->pattern.expression || !find_width(l, i, &e))
        return setting_error(r, node, "identifier %s is refused by Hyperscan: %s; mend the expression", i->id,
                             i->pattern.expression ? e.text : "out of memory");
    return true;
}

static bool find_validator(struct rule_load *l, struct identifier *i, const struct doc_node *node) {
    i->validator = node && node->kind == DOC_TEXT ? validator_find(node->text) : -1;
    if (!node || i->validator >= 0)
        return true;
    char list[200] = "";
    for (const struct validator *v = validator_table; v->name; v++) {
        size_t n = strlen(list);
        snprintf(list + n, sizeof list - n, "%s%s", n ? ", " : "", v->name);
    }
    return setting_error(&l->reader, node, "%s is no validator; use one of %s",
                         node->kind == DOC_TEXT ? node->text : "this", list);
}

static int find_identifier(const struct rule_load *l, const char *id) {
    for (size_t i = 0; i < l->identifier_count; i++)
        if (strcmp(l->identifiers[i].id, id) == 0)
            return (int)i;
    return -1;
}

/* A pattern whose matched text is needed must have an end that can be looked back from. */
static bool need_value(struct rule_load *l, unsigned number, const struct doc_node *node, const char *why) {
    const struct identifier *i = &l->identifiers[number];
    if (!i->width.unbounded && i->width.most <= VALUE_WIDTH_MAX)
        return true;
    char width[32] = "unbounded";
    if (!i->width.unbounded)
        snprintf(width, sizeof width, "%u bytes", i->width.most);
    return problem_error(
        l->reader.problems, node->file, node->line,
        "%s: identifier %s is %s, but its width is %s; replace * and + by {0,N} so that it is "
        "at most %d bytes wide",
        node->key ? node->key : "pattern", i->id, why, width, VALUE_WIDTH_MAX);
}

bool rule_load_identifier(struct rule_load *l, const struct doc_node *node) {
    struct identifier_entry entry = {0};
    struct identifier i = {.file = arena_text(l->reader.arena, node->file, strlen(node->file)),
                           .line = node->line};
    bool ok = setting_read(&l->reader, node, identifier_table, &entry);
    if (!i.file || !entry.id)
        return false;
    int twin = find_identifier(l, entry.id);
    if (twin >= 0)
        return problem_error(l->reader.problems, node->file, node->line,
                             "id: %s is already an identifier at %s:%d; give this one another id", entry.id,
                             l->identifiers[twin].file, l->identifiers[twin].line);
    if (l->identifier_count == IDENTIFIERS_MAX)
        return problem_error(l->reader.problems, node->file, node->line,
                             "identifiers: are more than %d; join some with |", IDENTIFIERS_MAX);
    i.id = entry.id;
    i.description = entry.description ? entry.description : "";
    i.pattern.number = (unsigned)l->identifier_count;
    i.pattern.flags = entry.flags;
    ok = entry.pattern && check_pattern(l, &i, entry.pattern) && ok;
    ok = find_validator(l, &i, entry.validator) && ok;
    if (i.validator >= 0 && validator_table[i.validator].reach)
        i.pattern.flags |= PATTERN_END_ALONE;
    /* Kept even when it is wrong, so that rules that name it are not blamed too. */
    l->identifiers[l->identifier_count++] = i;
    return ok && (i.validator < 0 || need_value(l, i.pattern.number, entry.pattern, "validated"));
}

/* --- rules --- */

struct size_entry {
    uint64_t min, max;
};

static const struct setting size_table[] = {
    {.key = "min", .type = SETTING_SIZE, .offset = offsetof(struct size_entry, min), .help = "at least"},
    {.key = "max", .type = SETTING_SIZE, .offset = offsetof(struct size_entry, max), .help = "at most"},
    {0},
};

static bool read_size(struct setting_reader *r, const struct doc_node *node, void *field) {
    struct size_entry *s = field;
    if (!setting_read(r, node, size_table, s))
        return false;
    if (s->max && s->max < s->min)
        return setting_error(r, node, "max is below min; no object fits");
    return true;
}

struct object_entry {
    struct setting_texts types, encryption, notes;
    unsigned kinds;
    struct size_entry size;
    int complete;
};

static const struct setting object_table[] = {
    {.key = "types",
     .type = SETTING_TEXTS,
     .offset = offsetof(struct object_entry, types),
     .help = "MIME types, image/* for all images"},
    {.key = "kinds",
     .type = SETTING_CUSTOM,
     .read = read_kinds,
     .offset = offsetof(struct object_entry, kinds),
     .help = "binary, text, image, archive, document, media, record"},
    {.key = "encryption",
     .type = SETTING_TEXTS,
     .offset = offsetof(struct object_entry, encryption),
     .help = "what it is encrypted with, * for whatever that is"},
    {.key = "notes",
     .type = SETTING_TEXTS,
     .offset = offsetof(struct object_entry, notes),
     .help = "what is odd about it, as gantry.notes says: one of these words"},
    {.key = "size",
     .type = SETTING_CUSTOM,
     .read = read_size,
     .offset = offsetof(struct object_entry, size),
     .help = "{min: SIZE, max: SIZE}"},
    {.key = "complete",
     .type = SETTING_CUSTOM,
     .read = read_complete,
     .offset = offsetof(struct object_entry, complete),
     .help = "true: no byte is missing"},
    {0},
};

struct count_entry {
    const struct doc_node *identifiers;
    uint64_t distinct, spread, share;
};

static const struct setting count_table[] = {
    {.key = "identifiers",
     .type = SETTING_CUSTOM,
     .read = rule_keep_node,
     .required = true,
     .offset = offsetof(struct count_entry, identifiers),
     .help = "whose values are counted together"},
    {.key = "distinct",
     .type = SETTING_COUNT,
     .required = true,
     .low = 1,
     .high = 1024,
     .offset = offsetof(struct count_entry, distinct),
     .help = "different values at least"},
    {.key = "spread",
     .type = SETTING_COUNT,
     .high = 64,
     .offset = offsetof(struct count_entry, spread),
     .help = "different values at least without their digits"},
    {.key = "share",
     .type = SETTING_COUNT,
     .high = 100,
     .offset = offsetof(struct count_entry, share),
     .help = "of a hundred names of a listing, those that must hold a value"},
    {0},
};

static const char *const plate_column_names[] = {
    [PLATE_COLUMN_NAMED] = "named", [PLATE_COLUMN_SHAPED] = "shaped", NULL};

static bool read_plate_column(struct setting_reader *r, const struct doc_node *node, void *field) {
    return read_words(r, node, plate_column_names, field);
}

static bool read_jurisdictions(struct setting_reader *r, const struct doc_node *node, void *field) {
    return read_words(r, node, row_jurisdictions, field);
}

#define ROWS_FIELD(field) .offset = offsetof(struct rows_entry, field)
struct rows_entry {
    unsigned plate_column;
    uint64_t rows, plates;
    bool time_column, state_column, reader_column;
    unsigned jurisdictions;
};

static const struct setting rows_table[] = {
    {.key = "plate-column",
     .type = SETTING_CUSTOM,
     .read = read_plate_column,
     ROWS_FIELD(plate_column),
     .help = "how the column of plates is known: named, shaped"},
    {.key = "rows", .type = SETTING_COUNT, .high = 1000000, ROWS_FIELD(rows), .help = "rows at least"},
    {.key = "plates",
     .type = SETTING_COUNT,
     .high = 4096,
     ROWS_FIELD(plates),
     .help = "cells of plates at least"},
    {.key = "time-column",
     .type = SETTING_BOOL,
     ROWS_FIELD(time_column),
     .help = "true: a column holds times"},
    {.key = "state-column",
     .type = SETTING_BOOL,
     ROWS_FIELD(state_column),
     .help = "true: a column holds codes of states or countries"},
    {.key = "reader-column",
     .type = SETTING_BOOL,
     ROWS_FIELD(reader_column),
     .help = "true: a column is called as plate readers call what they add"},
    {.key = "jurisdictions",
     .type = SETTING_CUSTOM,
     .read = read_jurisdictions,
     ROWS_FIELD(jurisdictions),
     .help = "whose series the plates fit: one of these"},
    {0},
};

struct rule_entry {
    const char *id, *name, *description, *class;
    uint64_t severity;
    struct setting_texts references, gives_way_to;
    unsigned scopes;
    const struct doc_node *all, *any, *none, *count, *rows, *object, *examples, *counterexamples;
};

#define RULE_FIELD(field) .offset = offsetof(struct rule_entry, field)
static const struct setting rule_table[] = {
    {.key = "id",
     .type = SETTING_CUSTOM,
     .read = read_id,
     .required = true,
     RULE_FIELD(id),
     .help = "a name of its own over all files"},
    {.key = "name", .type = SETTING_TEXT, .required = true, RULE_FIELD(name), .help = "a line for people"},
    {.key = "description",
     .type = SETTING_TEXT,
     RULE_FIELD(description),
     .help = "what it means and what to do"},
    {.key = "class",
     .type = SETTING_CUSTOM,
     .read = read_id,
     .required = true,
     RULE_FIELD(class),
     .help = "the data class, as contracts name it"},
    {.key = "severity",
     .type = SETTING_COUNT,
     .required = true,
     .low = 1,
     .high = 10,
     RULE_FIELD(severity),
     .help = "1 to 10"},
    {.key = "references", .type = SETTING_TEXTS, RULE_FIELD(references), .help = "where to read more"},
    {.key = "gives-way-to",
     .type = SETTING_TEXTS,
     RULE_FIELD(gives_way_to),
     .help = "more specific classes: where one is found in the same object this rule is not told"},
    {.key = "scopes",
     .type = SETTING_CUSTOM,
     .read = read_scopes,
     RULE_FIELD(scopes),
     .help = "where the identifiers are looked for: name, path, metadata, text, content, listing, cells"},
    {.key = "all",
     .type = SETTING_CUSTOM,
     .read = rule_keep_node,
     RULE_FIELD(all),
     .help = "identifiers, each needed"},
    {.key = "any",
     .type = SETTING_CUSTOM,
     .read = rule_keep_node,
     RULE_FIELD(any),
     .help = "identifiers, one needed"},
    {.key = "none",
     .type = SETTING_CUSTOM,
     .read = rule_keep_node,
     RULE_FIELD(none),
     .help = "identifiers, none allowed"},
    {.key = "count",
     .type = SETTING_CUSTOM,
     .read = rule_keep_node,
     RULE_FIELD(count),
     .help = "{identifiers: ..., distinct: N}, or a list of those"},
    {.key = "rows",
     .type = SETTING_CUSTOM,
     .read = keep_map,
     RULE_FIELD(rows),
     .help = "what is so of its tables: plate-column, time-column"},
    {.key = "object",
     .type = SETTING_CUSTOM,
     .read = keep_map,
     RULE_FIELD(object),
     .help = "types, kinds, size"},
    {.key = "examples",
     .type = SETTING_CUSTOM,
     .read = rule_keep_list,
     .required = true,
     RULE_FIELD(examples),
     .help = "objects for which the rule holds"},
    {.key = "counterexamples",
     .type = SETTING_CUSTOM,
     .read = rule_keep_list,
     .required = true,
     RULE_FIELD(counterexamples),
     .help = "objects for which it does not"},
    {0},
};

/* Names of identifiers, or one, into their numbers. A NULL node is an empty list. */
static bool resolve_identifiers(struct rule_load *l, const struct doc_node *node,
                                struct identifier_list *out) {
    if (!node)
        return true;
    size_t most = node->kind == DOC_LIST ? node->children : 1;
    unsigned *items = arena_array(l->reader.arena, most + 1, sizeof *items);
    bool ok = items != NULL, single = node->kind != DOC_LIST;
    for (const struct doc_node *c = single ? node : node->child; c && items; c = single ? NULL : c->next) {
        int at = c->kind == DOC_TEXT ? find_identifier(l, c->text) : -1;
        if (at < 0) {
            ok = problem_error(l->reader.problems, c->file, c->line,
                               "%s: %s is no identifier in these files; define it under identifiers:",
                               node->key, c->kind == DOC_TEXT ? c->text : "what stands here");
            continue;
        }
        items[out->count++] = (unsigned)at;
    }
    if (node->kind == DOC_LIST && node->children == 0)
        ok = setting_error(&l->reader, node, "is empty; name an identifier or leave the key out");
    out->items = items;
    return ok;
}

static bool read_count(struct rule_load *l, const struct doc_node *node, unsigned scopes, bool reported,
                       struct count_condition *out) {
    struct count_entry entry = {0};
    struct identifier_list list = {0};
    if (!setting_read(&l->reader, node, count_table, &entry) ||
        !resolve_identifiers(l, entry.identifiers, &list))
        return false;
    for (size_t i = 0; i < list.count; i++)
        if (!need_value(l, list.items[i], entry.identifiers, "counted"))
            return false;
    struct tally wanted = {.identifiers = list.items,
                           .count = list.count,
                           .scopes = scopes,
                           .reported = reported,
                           .distinct = (uint32_t)entry.distinct,
                           .spread = (uint32_t)entry.spread,
                           .share = (uint32_t)entry.share};
    size_t at = rule_load_tally(l, &wanted);
    if (at == SIZE_MAX)
        return setting_error(&l->reader, node,
                             "asks for one count too many; let rules count the same identifiers");
    *out = (struct count_condition){(unsigned)at, wanted.distinct, wanted.spread};
    if (entry.share && scopes != 1u << SCOPE_LISTING)
        return setting_error(&l->reader, node,
                             "asks for a share of names, and the rule looks elsewhere too; "
                             "write scopes: [listing], or leave share out");
    return true;
}

static bool read_counts(struct rule_load *l, const struct doc_node *node, struct rule_condition *c) {
    if (!node)
        return true;
    struct count_condition *counts = arena_array(l->reader.arena, COUNTS_MAX, sizeof *counts);
    bool single = node->kind != DOC_LIST, ok = counts != NULL;
    for (const struct doc_node *n = single ? node : node->child; n && counts; n = single ? NULL : n->next) {
        if (c->count_count == COUNTS_MAX)
            return setting_error(&l->reader, node, "has more than %d entries; split the rule", COUNTS_MAX);
        ok = read_count(l, n, c->scopes, c->count_count == 0, &counts[c->count_count]) && ok;
        c->count_count++;
    }
    c->counts = counts;
    return ok;
}

static bool read_object(struct rule_load *l, const struct doc_node *node, struct rule_condition *c) {
    struct object_entry entry = {0};
    if (!setting_read(&l->reader, node, object_table, &entry))
        return false;
    c->types = entry.types;
    c->kinds = entry.kinds;
    c->encryption = entry.encryption;
    c->notes = entry.notes;
    c->size_min = entry.size.min;
    c->size_max = entry.size.max;
    c->complete = entry.complete;
    return true;
}

/* What holds of tables says nothing of what stands in them: a rule asks for their cells too. */
static bool read_rows(struct rule_load *l, const struct doc_node *node, struct rule_condition *c) {
    struct rows_entry entry = {0};
    if (!node)
        return true;
    if (!setting_read(&l->reader, node, rows_table, &entry))
        return false;
    if (!(c->scopes & 1u << SCOPE_CELLS) || c->all.count + c->any.count + c->count_count == 0)
        return setting_error(&l->reader, node,
                             "stands alone; name identifiers that are looked for in the scope cells");
    c->rows = (struct rows_condition){.asked = true,
                                      .plate_column = entry.plate_column,
                                      .rows = (uint32_t)entry.rows,
                                      .plates = (uint32_t)entry.plates,
                                      .time_column = entry.time_column,
                                      .state_column = entry.state_column,
                                      .reader_column = entry.reader_column,
                                      .jurisdictions = entry.jurisdictions};
    return true;
}

static bool read_examples(struct rule_load *l, const struct rule_entry *entry, struct rule_condition *c) {
    struct rule_example *examples = arena_array(l->reader.arena, EXAMPLES_MAX, sizeof *examples);
    bool ok = examples && rule_load_examples(&l->reader, entry->examples, true, examples, &c->example_count,
                                             EXAMPLES_MAX);
    ok = examples &&
         rule_load_examples(&l->reader, entry->counterexamples, false, examples, &c->example_count,
                            EXAMPLES_MAX) &&
         ok;
    c->examples = examples;
    return ok;
}

static bool read_condition(struct rule_load *l, const struct doc_node *node, const struct rule_entry *entry,
                           struct rule_condition *c) {
    c->scopes = entry->scopes;
    /* An object is matched as text, as an image's metadata, or as other content: who asks for content gets
     * all three. */
    if (c->scopes & 1u << SCOPE_CONTENT)
        c->scopes |= 1u << SCOPE_TEXT | 1u << SCOPE_METADATA;
    c->file = arena_text(l->reader.arena, node->file, strlen(node->file));
    c->line = node->line;
    bool ok = resolve_identifiers(l, entry->all, &c->all);
    ok = resolve_identifiers(l, entry->any, &c->any) && ok;
    ok = resolve_identifiers(l, entry->none, &c->none) && ok;
    ok = read_counts(l, entry->count, c) && ok;
    ok = read_rows(l, entry->rows, c) && ok;
    ok = read_object(l, entry->object, c) && ok;
    ok = read_examples(l, entry, c) && ok;
    bool named = entry->all || entry->any || entry->none || entry->count;
    if (named && !c->scopes)
        ok = problem_error(l->reader.problems, node->file, node->line,
                           "scopes: is missing; say where the identifiers of %s are looked for", entry->id);
    bool conditions = c->all.count || c->any.count || c->count_count || c->types.count || c->kinds ||
                      c->encryption.count || c->notes.count || c->size_min;
    if (ok && !conditions)
        ok = problem_error(l->reader.problems, node->file, node->line,
                           "all: rule %s would hold for every object; give it all, any, count or object",
                           entry->id);
    c->late = c->none.count || c->complete != COMPLETE_ANY || c->size_max;
    c->gives_way_to = entry->gives_way_to;
    for (size_t i = 0; ok && i < c->gives_way_to.count; i++)
        if (strcmp(c->gives_way_to.items[i], entry->class) == 0)
            ok = problem_error(l->reader.problems, node->file, node->line,
                               "gives-way-to: rule %s cannot give way to its own class %s; take it out",
                               entry->id, entry->class);
    return ok;
}

bool rule_load_rule(struct rule_load *l, const struct doc_node *node) {
    struct rule_entry entry = {0};
    if (!setting_read(&l->reader, node, rule_table, &entry))
        return false;
    for (size_t i = 0; i < l->rule_count; i++)
        if (strcmp(l->rules[i].id, entry.id) == 0)
            return problem_error(l->reader.problems, node->file, node->line,
                                 "id: %s is already a rule at %s:%d; give this one another id", entry.id,
                                 l->conditions[i].file, l->conditions[i].line);
    if (l->rule_count == RULES_MAX)
        return problem_error(l->reader.problems, node->file, node->line, "rules: are more than %d; drop some",
                             RULES_MAX);
    struct rule_condition *c = &l->conditions[l->rule_count];
    *c = (struct rule_condition){0};
    bool ok = read_condition(l, node, &entry, c);
    l->rules[l->rule_count] = (struct rule){
        .id = entry.id,
        .name = entry.name,
        .description = entry.description ? entry.description : "",
        .class = entry.class,
        .severity = (unsigned)entry.severity,
        .references = entry.references,
        .number = (unsigned)l->rule_count,
        .condition = c,
    };
    l->rule_count++;
    return ok;
}
