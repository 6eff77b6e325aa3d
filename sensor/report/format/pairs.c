/* SPDX-License-Identifier: Apache-2.0 */
#include "report/format/mapping.h"

#include <inttypes.h>
#include <stdio.h>

enum { ROOM_KEPT = 160, ELLIPSIS = 3 };

/* The vendor before what is not in the receiver's dictionary, as CEF asks for. */
static void name_key(const char *dotted, char *out, size_t size) {
    size_t n = 0;
    bool upper = false;
    if (strncmp(dotted, "gantry.", 7) != 0) {
        n = (size_t)snprintf(out, size, "gantry");
        upper = true;
    }
    for (; *dotted && n + 1 < size; dotted++) {
        bool letter = *dotted >= 'a' && *dotted <= 'z';
        if (letter || (*dotted >= '0' && *dotted <= '9'))
            out[n++] = upper && letter ? (char)(*dotted - 'a' + 'A') : *dotted;
        upper = *dotted == '.' || *dotted == '_';
    }
    out[n] = '\0';
}

void pairs_name(const struct field *f, char *out, size_t size) {
    name_key(f->ecs, out, size);
}

/* Figures until the room is used up; the rest of the message keeps its part. */
static void write_figures(struct text *t, const struct pairs *p, const struct event *e, unsigned level) {
    uint16_t which[FIGURE_COUNT];
    size_t count = event_figures(e, level ? level : 1, which);
    for (size_t i = 0; i < count && t->end - t->at > ROOM_KEPT; i++) {
        char key[MAPPING_NAME_MAX];
        name_key(figure_key(which[i]), key, sizeof key);
        text_print(t, "%s%s=%" PRIu64, i ? p->separator : "", key, e->figures[which[i]]);
    }
}

/* A list is one value with commas; a newline cannot be in its items. */
static void write_list(struct text *t, struct bytes list, size_t limit, const char *escape) {
    struct bytes item;
    for (bool more = false; list_next(&list, &item); more = true) {
        if (more)
            text_put(t, ",");
        text_safe(t, item, limit, escape);
    }
}

static void write_sentence(struct text *t, const struct pairs *p, const struct event *e, struct detail d,
                           size_t limit) {
    char room[4096];
    struct text m;
    text_init(&m, room, sizeof room);
    sentence_write(&m, e, d);
    text_safe(t, bytes_of(m.start, text_size(&m)), limit, p->escape);
}

static void write_value(struct text *t, const struct pairs *p, const struct value *v, const struct event *e,
                        struct detail d, size_t most) {
    size_t limit = d.text_max < most ? d.text_max : most;
    if (v->kind == VALUE_LIST)
        write_list(t, v->text, d.text_max, p->escape);
    else if (v->kind == VALUE_TEXT || v->kind == VALUE_TOKEN)
        text_safe(t, v->text, v->kind == VALUE_TEXT ? limit : SIZE_MAX, p->escape);
    else if (v->kind == VALUE_SENTENCE)
        write_sentence(t, p, e, d, most);
    else if (v->kind == VALUE_BOOL)
        text_put(t, v->number ? "true" : "false");
    else
        text_print(t, "%" PRIu64, v->number);
}

static void write_pair(struct text *t, const struct pairs *p, const struct row *r, const struct value *v,
                       const struct event *e, struct detail d) {
    bool six = r->key6 && v->text.n && memchr(v->text.p, ':', v->text.n);
    bool large = r->most && v->kind == VALUE_NUMBER && v->number > r->most;
    const char *key = six ? r->key6 : r->key, *label = six ? r->label6 : large ? NULL : r->label;
    char name[MAPPING_NAME_MAX];
    if (large) {
        name_key(r->key, name, sizeof name);
        key = name;
    }
    text_print(t, "%s=", key);
    write_value(t, p, v, e, d, r->most ? r->most - ELLIPSIS : SIZE_MAX);
    if (label)
        text_print(t, "%s%sLabel=%s", p->separator, key, label);
}

void pairs_write(struct text *t, const struct pairs *p, const struct event *e, struct detail d) {
    size_t count;
    const struct row *rows = mapping_rows(p->mapping, &count);
    const char *begin = t->at;
    for (size_t i = 0; i < count; i++) {
        struct value v = {.text = {0}};
        if (!row_get(&rows[i], e, d.level, &v) || v.kind == VALUE_NULL ||
            (v.kind == VALUE_LIST && v.text.n == 0))
            continue;
        if (v.kind == VALUE_DIGEST) /* which is nested: the sentence alone tells it */
            continue;
        if (t->at != begin)
            text_put(t, p->separator);
        if (v.kind == VALUE_FIGURES)
            write_figures(t, p, e, d.level);
        else
            write_pair(t, p, &rows[i], &v, e, d);
    }
}
