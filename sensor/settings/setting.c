/* SPDX-License-Identifier: Apache-2.0 */
#include "settings/setting.h"

#include "settings/nearest.h"
#include "settings/unit.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *nearest_key(const struct doc_node *node) {
    for (; node; node = node->parent)
        if (node->key)
            return node->key;
    return NULL;
}

bool setting_error(struct setting_reader *r, const struct doc_node *node, const char *format, ...) {
    char text[512];
    const char *key = nearest_key(node);
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return problem_error(r->problems, node->file, node->line, "%s%s%s", key ? key : "", key ? ": " : "",
                         text);
}

static const char *name_kind(const struct doc_node *node) {
    static const char *const names[] = {
        [DOC_TEXT] = "a single value", [DOC_LIST] = "a list", [DOC_MAP] = "a map"};
    return names[node->kind];
}

static bool is_null(const struct doc_node *node) {
    return !node->quoted &&
           (!node->text[0] || strcmp(node->text, "~") == 0 || strcasecmp(node->text, "null") == 0);
}

/* A node that holds one value which is there. */
static bool is_scalar(struct setting_reader *r, const struct doc_node *node) {
    if (node->kind != DOC_TEXT)
        return setting_error(r, node, "is %s where one value belongs; write KEY: VALUE", name_kind(node));
    if (is_null(node))
        return setting_error(r, node, "has no value; write one behind the colon or remove the key");
    return true;
}

static bool read_number(struct setting_reader *r, const struct doc_node *node, const struct unit *units,
                        uint64_t *out) {
    char reason[UNIT_REASON_MAX];
    if (!is_scalar(r, node))
        return false;
    return unit_parse(node->text, units, out, reason) || setting_error(r, node, "%s", reason);
}

bool setting_size(struct setting_reader *r, const struct doc_node *node, uint64_t *bytes) {
    return read_number(r, node, unit_sizes, bytes);
}

bool setting_duration(struct setting_reader *r, const struct doc_node *node, uint64_t *ns) {
    return read_number(r, node, unit_durations, ns);
}

static bool copy_text(struct setting_reader *r, const char *text, const char **out) {
    *out = arena_text(r->arena, text, strlen(text));
    return *out != NULL;
}

static bool tell_no_room(struct setting_reader *r, const struct doc_node *node) {
    return setting_error(r, node, "there is no room left for it; make the file smaller");
}

bool setting_texts(struct setting_reader *r, const struct doc_node *node, struct setting_texts *out) {
    if (node->kind == DOC_MAP)
        return setting_error(r, node, "is a map where a list of values belongs; write [one, two]");
    bool list = node->kind == DOC_LIST;
    const struct doc_node *item = list ? node->child : node;
    size_t count = list ? node->children : 1;
    const char **items = arena_array(r->arena, count + 1, sizeof *items);
    if (!items)
        return tell_no_room(r, node);
    for (size_t i = 0; i < count; i++, item = item->next) {
        if (!is_scalar(r, item))
            return false;
        if (!copy_text(r, item->text, &items[i]))
            return tell_no_room(r, item);
    }
    *out = (struct setting_texts){items, count};
    return true;
}

static bool parse_digits(const char *text, size_t n, int *out) {
    uint64_t value;
    if (!bytes_number(bytes_of(text, n), &value))
        return false;
    *out = (int)value;
    return true;
}

bool date_parse(const char *text, int32_t *days) {
    static const int lengths[13] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year, month, day;
    if (strlen(text) != 10 || text[4] != '-' || text[7] != '-' || !parse_digits(text, 4, &year) ||
        !parse_digits(text + 5, 2, &month) || !parse_digits(text + 8, 2, &day))
        return false;
    if (year < 1 || month < 1 || month > 12)
        return false;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (day < 1 || day > lengths[month] + (month == 2 && leap))
        return false;
    *days = clock_day_of(year, month, day);
    return true;
}

/* --- One function a type --- */

static bool is_in_bounds(struct setting_reader *r, const struct doc_node *node, const struct setting *s,
                      const struct unit *units, uint64_t value) {
    char low[UNIT_TEXT_MAX], high[UNIT_TEXT_MAX];
    if (value >= s->low && (s->high == 0 || value <= s->high))
        return true;
    unit_format(s->low, units, low);
    if (s->high == 0)
        return setting_error(r, node, "%s is too small; give at least %s", node->text, low);
    return setting_error(r, node, "%s is out of bounds; give %s to %s", node->text, low,
                         unit_format(s->high, units, high));
}

static bool read_amount(struct setting_reader *r, const struct doc_node *node, const struct setting *s,
                        void *field) {
    const struct unit *units = s->type == SETTING_SIZE       ? unit_sizes
                               : s->type == SETTING_DURATION ? unit_durations
                                                             : NULL;
    return read_number(r, node, units, field) && is_in_bounds(r, node, s, units, *(uint64_t *)field);
}

static bool read_bool(struct setting_reader *r, const struct doc_node *node, const struct setting *s,
                      void *field) {
    if (!is_scalar(r, node))
        return false;
    return unit_bool(node->text, field) ||
           setting_error(r, node, "\"%s\" is neither true nor false; write one of them", node->text);
}

static bool read_text(struct setting_reader *r, const struct doc_node *node, const struct setting *s,
                      void *field) {
    if (!is_scalar(r, node))
        return false;
    return copy_text(r, node->text, field) || tell_no_room(r, node);
}

static bool read_choice(struct setting_reader *r, const struct doc_node *node, const struct setting *s,
                        void *field) {
    char list[256] = "";
    if (!is_scalar(r, node))
        return false;
    for (unsigned i = 0; s->choices[i]; i++) {
        if (strcmp(node->text, s->choices[i]) == 0) {
            *(unsigned *)field = i;
            return true;
        }
        size_t n = strlen(list);
        snprintf(list + n, sizeof list - n, "%s%s", i ? ", " : "", s->choices[i]);
    }
    return setting_error(r, node, "\"%.80s\" is no choice; write one of %s", node->text, list);
}

static bool read_date(struct setting_reader *r, const struct doc_node *node, const struct setting *s,
                      void *field) {
    if (!is_scalar(r, node))
        return false;
    return date_parse(node->text, field) ||
           setting_error(r, node, "\"%.40s\" is no day; write it like 2026-05-31", node->text);
}

static bool read_texts(struct setting_reader *r, const struct doc_node *node, const struct setting *s,
                       void *field) {
    return setting_texts(r, node, field);
}

static bool read_custom(struct setting_reader *r, const struct doc_node *node, const struct setting *s,
                        void *field) {
    return s->read(r, node, field);
}

static bool read_map(struct setting_reader *r, const struct doc_node *node, const struct setting *s,
                     void *field) {
    return setting_read(r, node, s->table, field) && (!s->check || s->check(r, node, field));
}

static bool (*const read_type[])(struct setting_reader *, const struct doc_node *, const struct setting *,
                                 void *) = {
    [SETTING_BOOL] = read_bool,       [SETTING_COUNT] = read_amount, [SETTING_SIZE] = read_amount,
    [SETTING_DURATION] = read_amount, [SETTING_TEXT] = read_text,    [SETTING_CHOICE] = read_choice,
    [SETTING_DATE] = read_date,       [SETTING_TEXTS] = read_texts,  [SETTING_MAP] = read_map,
    [SETTING_CUSTOM] = read_custom,
};

/* --- The table --- */

static const struct setting *find_setting(const struct setting *table, const char *key) {
    for (; table->key; table++)
        if (strcmp(table->key, key) == 0)
            return table;
    return NULL;
}

static bool tell_unknown(struct setting_reader *r, const struct doc_node *node, const struct setting *table) {
    const struct setting *best = NULL;
    size_t best_distance = SIZE_MAX;
    for (const struct setting *s = table; s->key; s++) {
        size_t distance = nearest_distance(node->key, s->key);
        if (distance < best_distance) {
            best = s;
            best_distance = distance;
        }
    }
    if (best && nearest_enough(node->key, best_distance))
        return problem_error(r->problems, node->file, node->key_line,
                             "%.80s: is not a key that is known here; did you mean %s?", node->key,
                             best->key);
    char list[384] = "";
    for (const struct setting *s = table; s->key; s++) {
        size_t n = strlen(list);
        snprintf(list + n, sizeof list - n, "%s%s", s == table ? "" : ", ", s->key);
    }
    return problem_error(r->problems, node->file, node->key_line,
                         "%.80s: is not a key that is known here; the keys are %s", node->key, list);
}

/* A preset is read like the file's own text: the table cannot hold one that a user could not write. Text need
 * not be copied. */
static bool apply_preset(struct setting_reader *r, const struct setting *s, void *field) {
    if (s->type == SETTING_MAP)
        return read_map(r, NULL, s, field);
    if (!s->preset || s->type == SETTING_CUSTOM)
        return true;
    if (s->type == SETTING_TEXT) {
        *(const char **)field = s->preset;
        return true;
    }
    struct doc_node node = {
        .kind = DOC_TEXT, .file = "(default)", .text = s->preset, .quoted = true, .key = s->key};
    return read_type[s->type](r, &node, s, field);
}

bool setting_read(struct setting_reader *r, const struct doc_node *map, const struct setting *table, void *out) {
    bool ok = true;
    if (map && map->kind != DOC_MAP)
        return setting_error(r, map, "is %s where a map belongs; write KEY: VALUE lines or {KEY: VALUE}",
                             name_kind(map));
    for (const struct doc_node *c = map ? map->child : NULL; c; c = c->next)
        if (!find_setting(table, c->key))
            ok = tell_unknown(r, c, table);
    for (const struct setting *s = table; s->key; s++) {
        const struct doc_node *node = doc_get(map, s->key);
        void *field = (char *)out + s->offset;
        if (node)
            ok = read_type[s->type](r, node, s, field) && ok;
        else if (map && s->required)
            ok = problem_error(r->problems, map->file, map->line, "%s: is missing; add it (%s)", s->key,
                               s->help ? s->help : "required");
        else
            ok = apply_preset(r, s, field) && ok;
    }
    return ok;
}

void setting_defaults(const struct setting *table, void *out) {
    struct setting_reader none = {0}; /* nothing is told: a test reads every preset */
    for (const struct setting *s = table; s->key; s++)
        if (s->type == SETTING_MAP)
            setting_defaults(s->table, (char *)out + s->offset);
        else
            apply_preset(&none, s, (char *)out + s->offset);
}
