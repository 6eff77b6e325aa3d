/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/utf8.h"
#include "report/format/format.h"

#include <stdio.h>

/* Dotted keys become nested objects: `open` is the path of objects that are open, and fields with a common
 * beginning come together, so each object is opened once. */
enum { DEPTH_MAX = 8, SEGMENT_MAX = 40 };

struct nest {
    struct json json;
    char open[DEPTH_MAX][SEGMENT_MAX];
    size_t depth;
};

/* Goes to the object that `key` stands in; returns the last segment of the key. */
static const char *enter(struct nest *n, const char *key, size_t base) {
    size_t depth = base;
    const char *dot;
    bool same = true;
    for (; (dot = strchr(key, '.')) && depth < DEPTH_MAX; key = dot + 1, depth++) {
        char segment[SEGMENT_MAX];
        snprintf(segment, sizeof segment, "%.*s", (int)(dot - key), key);
        same = same && depth < n->depth && strcmp(n->open[depth], segment) == 0;
        if (same)
            continue;
        for (; n->depth > depth; n->depth--)
            json_object_end(&n->json);
        memcpy(n->open[depth], segment, sizeof segment);
        json_object(&n->json, segment);
        n->depth++;
    }
    for (; n->depth > depth; n->depth--)
        json_object_end(&n->json);
    return key;
}

static void write_text(struct json *j, const char *key, struct bytes text, size_t limit) {
    char cut[1024];
    if (!text_too_long(text, limit) || limit + 3 > sizeof cut) {
        json_bytes(j, key, text);
        return;
    }
    size_t n = utf8_fit(text, limit);
    memcpy(cut, text.p, n);
    memcpy(cut + n, "\u2026", 3);
    json_bytes(j, key, bytes_of(cut, n + 3));
}

static void write_list(struct json *j, const char *key, struct bytes list, size_t limit) {
    json_array(j, key);
    while (list.n) {
        const uint8_t *line = memchr(list.p, '\n', list.n);
        size_t n = line ? (size_t)(line - list.p) : list.n, step = line ? n + 1 : n;
        write_text(j, NULL, bytes_of(list.p, n), limit);
        list = bytes_of(list.p + step, list.n - step);
    }
    json_array_end(j);
}

static void write_figures(struct nest *n, const char *key, const struct event *e, unsigned level) {
    uint16_t which[FIGURE_COUNT];
    size_t count = event_figures(e, level, which), base = n->depth + 1;
    figures_sort(which, count);
    json_object(&n->json, key);
    n->open[n->depth++][0] = '\0'; /* no key has an empty segment, so nobody takes it for its own */
    for (size_t i = 0; i < count; i++) {
        const char *last = enter(n, figure_key(which[i]), base);
        json_number(&n->json, last, e->figures[which[i]]);
    }
}

static void write_field(struct nest *n, const struct field *f, const struct event *e, struct detail d) {
    struct value v = {.kind = VALUE_ABSENT};
    f->get(e, f->which, &v);
    if (v.kind == VALUE_ABSENT)
        return;
    const char *key = enter(n, f->ecs, 0);
    if (v.kind == VALUE_TEXT)
        write_text(&n->json, key, v.text, d.text_max);
    else if (v.kind == VALUE_TOKEN)
        json_bytes(&n->json, key, v.text);
    else if (v.kind == VALUE_LIST)
        write_list(&n->json, key, v.text, d.text_max);
    else if (v.kind == VALUE_NUMBER)
        json_number(&n->json, key, v.number);
    else if (v.kind == VALUE_BOOL)
        json_bool(&n->json, key, v.number != 0);
    else if (v.kind == VALUE_FIGURES)
        write_figures(n, key, e, d.level);
    else
        json_null(&n->json, key);
}

static size_t write_json(const struct event *e, struct detail d, char *out, size_t size) {
    struct nest n = {.depth = 0};
    json_init(&n.json, out, size);
    json_object(&n.json, NULL);
    for (const struct field *f = fields; f->ecs; f++)
        if ((f->records & e->kind) && (f->rank == 0 || f->rank > d.level))
            write_field(&n, f, e, d);
    for (; n.depth > 0; n.depth--)
        json_object_end(&n.json);
    json_object_end(&n.json);
    return json_size(&n.json);
}

const struct format format_json = {.name = "json", .write = write_json};
