/* SPDX-License-Identifier: Apache-2.0 */
#include "report/digest/digest.h"
#include "report/format/mapping.h"

#include <stdio.h>

enum { JSON_ESCAPE = 6 }; /* "\\u202e" */

void nest_begin(struct nest *n, char *out, size_t size) {
    n->depth = 0;
    json_writer_init(&n->json, out, size);
    json_write_object(&n->json, NULL);
}

static bool is_array_of(const char *segment, size_t n) {
    return n > 2 && segment[n - 2] == '[' && segment[n - 1] == ']';
}

static bool is_array(const char *segment) {
    return is_array_of(segment, strlen(segment));
}

static void copy_segment(char out[NEST_SEGMENT_MAX], const char *text, size_t n) {
    n = n < NEST_SEGMENT_MAX ? n : NEST_SEGMENT_MAX - 1;
    memcpy(out, text, n);
    out[n] = '\0';
}

static void leave_objects(struct nest *n, size_t depth) {
    for (; n->depth > depth; n->depth--) {
        json_write_object_end(&n->json);
        if (is_array(n->open[n->depth - 1]))
            json_write_array_end(&n->json);
    }
}

static void open_segment(struct nest *n, const char *text, size_t size) {
    char segment[NEST_SEGMENT_MAX];
    bool array = is_array_of(text, size);
    if (n->depth < NEST_DEPTH_MAX)
        copy_segment(n->open[n->depth++], text, size);
    copy_segment(segment, text, array ? size - 2 : size);
    if (array)
        json_write_array(&n->json, segment);
    json_write_object(&n->json, array ? NULL : segment);
}

static bool is_open(const struct nest *n, size_t depth, const char *text, size_t size) {
    return depth < n->depth && size < NEST_SEGMENT_MAX && strncmp(n->open[depth], text, size) == 0 &&
           n->open[depth][size] == '\0';
}

/* Goes to the object that `key` stands in; returns the last segment of the key. */
static const char *enter_object(struct nest *n, const char *key, size_t base) {
    size_t depth = base;
    const char *dot;
    bool same = true;
    for (; (dot = strchr(key, '.')) && depth < NEST_DEPTH_MAX; key = dot + 1, depth++) {
        size_t size = (size_t)(dot - key);
        same = same && is_open(n, depth, key, size);
        if (same)
            continue;
        leave_objects(n, depth);
        open_segment(n, key, size);
    }
    leave_objects(n, depth);
    return key;
}

static void write_text(struct json_writer *j, const char *key, struct bytes text, size_t limit) {
    char cut[1024];
    size_t n = limit == SIZE_MAX ? text.n : text_fit(text, limit, "\"\\", JSON_ESCAPE);
    if (n == text.n || n + 3 > sizeof cut) {
        json_write_bytes(j, key, text);
        return;
    }
    memcpy(cut, text.p, n);
    memcpy(cut + n, "\u2026", 3);
    json_write_bytes(j, key, bytes_of(cut, n + 3));
}

static void write_list(struct json_writer *j, const char *key, struct bytes list, size_t limit) {
    struct bytes item;
    json_write_array(j, key);
    while (list_next(&list, &item))
        write_text(j, NULL, item, limit);
    json_write_array_end(j);
}

/* The parts of an item, each under its key of `keys`. */
static void write_parts(struct nest *n, const char *keys, size_t depth, struct bytes item, size_t limit) {
    char key[2 * NEST_SEGMENT_MAX];
    for (size_t size; *keys && item.n; keys += size + (keys[size] == '|')) {
        size = strcspn(keys, "|");
        const uint8_t *tab = memchr(item.p, '\t', item.n);
        size_t part = tab && keys[size] ? (size_t)(tab - item.p) : item.n,
               step = part < item.n ? part + 1 : part;
        snprintf(key, sizeof key, "%.*s", (int)size, keys);
        if (part)
            write_text(&n->json, enter_object(n, key, depth), bytes_of(item.p, part), limit);
        item = bytes_of(item.p + step, item.n - step);
    }
}

/* Of "attacks[].technique.uid" an object an item. */
static void write_objects(struct nest *n, const char *key, struct bytes list, size_t limit) {
    const char *mark = strstr(key, "[].");
    char name[NEST_SEGMENT_MAX];
    struct bytes item;
    size_t depth;
    snprintf(name, sizeof name, "%.*s", (int)(mark - key), key);
    const char *last = enter_object(n, name, 0);
    depth = n->depth;
    json_write_array(&n->json, last);
    while (list_next(&list, &item)) {
        json_write_object(&n->json, NULL);
        write_parts(n, mark + 3, depth, item, limit);
        leave_objects(n, depth);
        json_write_object_end(&n->json);
    }
    json_write_array_end(&n->json);
}

static void write_figures(struct nest *n, const char *key, const struct event *e, unsigned level) {
    uint16_t which[FIGURE_COUNT];
    size_t count = event_figures(e, level, which), base = n->depth + 1;
    figures_sort(which, count);
    json_write_object(&n->json, key);
    n->open[n->depth++][0] = '\0'; /* no key has an empty segment, so nobody takes it for its own */
    for (size_t i = 0; i < count; i++) {
        const char *last = enter_object(n, figure_key(which[i]), base);
        json_write_number(&n->json, last, e->figures[which[i]]);
    }
}

static void write_sentence(struct json_writer *j, const char *key, const struct event *e, struct detail d) {
    char room[4096];
    struct text t;
    text_init(&t, room, sizeof room);
    sentence_write(&t, e, d);
    json_write_bytes(j, key, bytes_of(t.start, text_size(&t)));
}

static void write_digest(struct json_writer *j, const char *key, const struct digest_facts *f,
                         unsigned level) {
    json_write_object(j, key);
    digest_write_json(j, f, digest_rows(level));
    json_write_object_end(j);
}

static void write_plain(struct nest *n, const char *key, const struct value *v, const struct event *e,
                        struct detail d) {
    if (v->kind == VALUE_TEXT)
        write_text(&n->json, key, v->text, d.text_max);
    else if (v->kind == VALUE_TOKEN)
        json_write_bytes(&n->json, key, v->text);
    else if (v->kind == VALUE_LIST)
        write_list(&n->json, key, v->text, d.text_max);
    else if (v->kind == VALUE_NUMBER)
        json_write_number(&n->json, key, v->number);
    else if (v->kind == VALUE_BOOL)
        json_write_bool(&n->json, key, v->number != 0);
    else if (v->kind == VALUE_FIGURES)
        write_figures(n, key, e, d.level);
    else if (v->kind == VALUE_SENTENCE)
        write_sentence(&n->json, key, e, d);
    else if (v->kind == VALUE_DIGEST)
        write_digest(&n->json, key, e->digest, d.level);
    else
        json_write_null(&n->json, key);
}

void nest_value(struct nest *n, const char *key, const struct value *v, const struct event *e,
                struct detail d) {
    char name[NEST_SEGMENT_MAX];
    if (v->kind == VALUE_LIST && strstr(key, "[].")) {
        write_objects(n, key, v->text, d.text_max);
        return;
    }
    key = enter_object(n, key, 0);
    if (!is_array(key)) {
        write_plain(n, key, v, e, d);
        return;
    }
    snprintf(name, sizeof name, "%.*s", (int)(strlen(key) - 2), key);
    json_write_array(&n->json, name);
    write_plain(n, NULL, v, e, d);
    json_write_array_end(&n->json);
}

size_t nest_end(struct nest *n) {
    leave_objects(n, 0);
    json_write_object_end(&n->json);
    return json_writer_size(&n->json);
}

size_t nest_write(struct mapping *m, const struct event *e, struct detail d, char *out, size_t size) {
    size_t count;
    const struct row *rows = mapping_rows(m, &count);
    struct nest n;
    nest_begin(&n, out, size);
    for (size_t i = 0; i < count; i++) {
        struct value v;
        if (row_get(&rows[i], e, d.level, &v))
            nest_value(&n, rows[i].key, &v, e, d);
    }
    return nest_end(&n);
}
