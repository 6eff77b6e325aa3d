/* SPDX-License-Identifier: Apache-2.0 */
#include "report/format/mapping.h"

#include <stdio.h>

static const struct field *find_field(const char *ecs) {
    const struct field *f = fields_all();
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

static void add_row(struct mapping *m, struct row row) {
    if (row.ecs)
        row.field = find_field(row.ecs);
    if (m->count < MAPPING_ROWS_MAX && row.key && (!row.ecs || row.field))
        m->all[m->count++] = row;
}

static void fill_rows(struct mapping *m) {
    size_t used = 0;
    for (const struct row *r = m->rows; r->key || r->ecs; r++)
        add_row(m, *r);
    for (const struct field *f = fields_all(); f->ecs; f++) {
        char *name = m->names + used;
        uint8_t records = f->records & ~named_in(m, f->ecs);
        if (!records || used + MAPPING_NAME_MAX > sizeof m->names)
            continue;
        m->name(f, name, MAPPING_NAME_MAX);
        add_row(m, (struct row){.key = *name ? name : NULL, .ecs = f->ecs, .records = records});
        used += strlen(name) + 1;
    }
}

const struct row *mapping_rows(struct mapping *m, size_t *count) {
    if (m->count == 0)
        fill_rows(m);
    *count = m->count;
    return m->all;
}

/* --- forms of values that several formats share --- */

static void get_own_text(const struct event *e, size_t row, struct value *v) {
    value_token(v, ((const struct row *)row)->text);
}

bool source_is_client(const struct record *r) {
    return address_equal(&r->source, &r->client) && r->source_port == r->client_port;
}

bool row_get(const struct row *r, const struct event *e, unsigned level, struct value *v) {
    struct field f = r->field ? *r->field : (struct field){.rank = r->rank, .records = UINT8_MAX};
    if (r->records)
        f.records &= r->records;
    if (r->when && e->record && source_is_client(e->record) != (r->when == ROW_CLIENT_SENDS))
        f.records = 0;
    if (r->stays)
        f.rank = 0;
    if (r->get || r->text) {
        f.get = r->get ? r->get : get_own_text;
        f.which = r->get ? r->which : (size_t)r;
    }
    if (field_get(&f, e, level, v) || !r->otherwise)
        return v->kind != VALUE_ABSENT;
    f.get = r->otherwise;
    return field_get(&f, e, level, v);
}

void row_number(const struct event *e, size_t which, struct value *v) {
    value_number(v, which);
}

void row_text(const struct event *e, size_t which, struct value *v) {
    value_text(v, record_text_of(e->record, (enum record_text)which));
}

void row_sentence(const struct event *e, size_t which, struct value *v) {
    v->kind = VALUE_SENTENCE;
}

void row_ms(const struct event *e, size_t time, struct value *v) {
    const time_ns times[] = {[ROW_TIME] = e->time,
                             [ROW_RECORD_FIRST] = e->record ? e->record->first : 0,
                             [ROW_RECORD_LAST] = e->record ? e->record->last : 0,
                             [ROW_INCIDENT_FIRST] = e->incident ? e->incident->first : 0,
                             [ROW_INCIDENT_LAST] = e->incident ? e->incident->last : 0};
    value_number(v, times[time] > 0 ? (uint64_t)(times[time] / NS_PER_MS) : 0);
}

void row_amount(const struct event *e, size_t which, struct value *v) {
    const struct record *r = e->record;
    bool sent = source_is_client(r) == !(which & ROW_RECEIVED);
    if (which & ROW_PACKETS)
        value_number(v, sent ? r->packets : r->packets_back);
    else
        value_number(v, sent ? r->bytes : r->bytes_back);
}

/* As the field has it; looked up once. */
static void get_field(const struct field **known, const char *ecs, const struct event *e, struct value *v) {
    if (!*known)
        *known = find_field(ecs);
    (*known)->get(e, (*known)->which, v);
}

void row_url(const struct event *e, size_t which, struct value *v) {
    enum { HTTP_PORT = 80 };
    static const struct field *path, *domain;
    static char room[2 * RECORD_TEXT_MAX + 32];
    get_field(&domain, "url.domain", e, v);
    struct bytes host = v->kind == VALUE_TEXT ? v->text : bytes_of(NULL, 0);
    bool six = host.n && memchr(host.p, ':', host.n) && host.p[0] != '[';
    v->kind = VALUE_ABSENT;
    get_field(&path, "url.path", e, v);
    if (v->kind == VALUE_ABSENT || host.n == 0 || v->text.p[0] != '/')
        return;
    size_t n = (size_t)snprintf(room, sizeof room, "http://%s", six ? "[" : "");
    memcpy(room + n, host.p, host.n);
    n += host.n;
    n += (size_t)snprintf(room + n, sizeof room - n, "%s", six ? "]" : "");
    if (e->record->server_port != HTTP_PORT)
        n += (size_t)snprintf(room + n, sizeof room - n, ":%u", e->record->server_port);
    memcpy(room + n, v->text.p, v->text.n);
    v->text = bytes_of(room, n + v->text.n);
}

void row_transport(const struct event *e, size_t which, struct value *v) {
    static const struct field *transport;
    get_field(&transport, "network.transport", e, v);
    if (v->kind == VALUE_ABSENT)
        return;
    for (size_t i = 0; i <= v->text.n && i < sizeof v->room; i++) {
        char c = i < v->text.n ? (char)v->text.p[i] : '\0';
        v->room[i] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
    }
    v->text = bytes_text(v->room);
}
