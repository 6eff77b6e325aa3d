/* SPDX-License-Identifier: Apache-2.0 */
#include "report/format/mapping.h"

static const struct field *find(const char *ecs) {
    const struct field *f = fields;
    while (f->ecs && strcmp(f->ecs, ecs) != 0)
        f++;
    return f->ecs ? f : NULL;
}

/* The kinds of record in which some row shows the field. */
static uint8_t named_in(const struct mapping *m, const char *ecs) {
    uint8_t records = 0;
    for (const struct row *r = m->rows; r->key || r->ecs; r++)
        if (r->ecs && strcmp(r->ecs, ecs) == 0)
            records |= r->records ? r->records : UINT8_MAX;
    return records;
}

static void add(struct mapping *m, struct row row) {
    if (row.ecs)
        row.field = find(row.ecs);
    if (m->count < MAPPING_ROWS_MAX && row.key && (!row.ecs || row.field))
        m->all[m->count++] = row;
}

static void fill(struct mapping *m) {
    size_t used = 0;
    for (const struct row *r = m->rows; r->key || r->ecs; r++)
        add(m, *r);
    for (const struct field *f = fields; f->ecs; f++) {
        char *name = m->names + used;
        uint8_t records = f->records & ~named_in(m, f->ecs);
        if (!records || used + MAPPING_NAME_MAX > sizeof m->names)
            continue;
        m->name(f->ecs, name, MAPPING_NAME_MAX);
        add(m, (struct row){.key = *name ? name : NULL, .ecs = f->ecs, .records = records});
        used += strlen(name) + 1;
    }
}

const struct row *mapping_rows(struct mapping *m, size_t *count) {
    if (m->count == 0)
        fill(m);
    *count = m->count;
    return m->all;
}

/* --- forms of values that several formats share --- */

void value_number(struct value *v, uint64_t number) {
    v->kind = VALUE_NUMBER;
    v->number = number;
}

void value_token(struct value *v, const char *text) {
    v->kind = text ? VALUE_TOKEN : VALUE_ABSENT;
    v->text = bytes_text(text);
}

static void get_text(const struct event *e, size_t row, struct value *v) {
    value_token(v, ((const struct row *)row)->text);
}

bool row_get(const struct row *r, const struct event *e, unsigned level, struct value *v) {
    struct field f = r->field ? *r->field : (struct field){.rank = r->rank, .records = UINT8_MAX};
    if (r->records)
        f.records &= r->records;
    if (r->get || r->text) {
        f.get = r->get ? r->get : get_text;
        f.which = r->get ? r->which : (size_t)r;
    }
    return field_get(&f, e, level, v);
}

void row_number(const struct event *e, size_t which, struct value *v) {
    value_number(v, which);
}

void row_sentence(const struct event *e, size_t which, struct value *v) {
    v->kind = VALUE_SENTENCE;
}

static uint64_t ms(time_ns t) {
    return t > 0 ? (uint64_t)(t / NS_PER_MS) : 0;
}

void row_ms(const struct event *e, size_t which, struct value *v) {
    value_number(v, ms(e->time));
}

void row_record_ms(const struct event *e, size_t which, struct value *v) {
    value_number(v, ms(*(const time_ns *)((const uint8_t *)e->record + which)));
}

void row_incident_ms(const struct event *e, size_t which, struct value *v) {
    value_number(v, ms(*(const time_ns *)((const uint8_t *)e->incident + which)));
}

void row_transport(const struct event *e, size_t which, struct value *v) {
    static const struct field *transport;
    if (!transport)
        transport = find("network.transport");
    transport->get(e, transport->which, v);
    if (v->kind == VALUE_ABSENT)
        return;
    for (size_t i = 0; i <= v->text.n && i < sizeof v->room; i++) {
        char c = i < v->text.n ? (char)v->text.p[i] : '\0';
        v->room[i] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
    }
    v->text = bytes_text(v->room);
}
