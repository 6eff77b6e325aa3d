/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mysql/mysql_session.h"

enum { NULL_LEAD = 0xfb, LEAD_2 = 0xfc, LEAD_3 = 0xfd, LEAD_8 = 0xfe };

void my_go_to(struct my_side *s, enum my_step step) {
    s->step = step;
    s->small_n = 0;
    s->lead_n = 0;
}

bool my_gather(struct my_side *s, size_t want, const uint8_t *p, size_t n, size_t *at) {
    while (s->small_n < want && *at < n)
        s->small[s->small_n++] = p[(*at)++];
    return s->small_n == want;
}

void my_begin_object(struct mysql *m, struct my_side *s, struct bytes name) {
    struct transfer_seed seed = sql_seed(&s->source, name);
    s->object = m->c->services->begin(m->c, &seed);
    s->open = true;
}

void my_take_stray(struct mysql *m, struct my_side *s, const uint8_t *p, size_t n) {
    if (!s->open)
        my_begin_object(m, s, bytes_of(NULL, 0));
    if (n)
        m->c->services->data(m->c, s->object, p, n);
}

size_t my_skip(struct my_side *s, size_t n) {
    if (s->left <= MY_SMALL && !s->goes_on)
        return n;
    my_go_to(s, MY_AT_STRAY);
    return 0;
}

/* --- which columns, which values --- */

static const struct rows_columns *names_of(const struct mysql *m, const struct my_side *s) {
    return my_is_server(m, s) ? m->result : &m->executed->columns;
}

static const struct rows_columns *types_of(const struct mysql *m, const struct my_side *s) {
    return my_is_server(m, s) ? m->result : &m->executed->types;
}

/* Statements may bring several rows at once. */
static unsigned width_of(const struct mysql *m, const struct my_side *s) {
    const struct rows_columns *c = names_of(m, s);
    return c->n && s->count % c->n == 0 ? c->n : 0;
}

/* What only asks is no row. */
static bool is_row(const struct mysql *m, const struct my_side *s) {
    return my_is_server(m, s) || !m->executed->asks;
}

/* In a row of a result the first two bits have no value. */
static bool is_null(const struct mysql *m, const struct my_side *s) {
    unsigned bit = s->index + (my_is_server(m, s) ? 2 : 0);
    return s->binary && !s->bulk && (s->bitmap[bit / 8] >> bit % 8 & 1);
}

static bool came_ahead(const struct mysql *m, const struct my_side *s) {
    return !my_is_server(m, s) && s->index < ROWS_COLUMNS &&
           (m->executed->sent_ahead[s->index / 64] >> s->index % 64 & 1);
}

/* The last one of those, if it was short. */
static struct bytes value_ahead(const struct mysql *m, const struct my_side *s) {
    bool here = came_ahead(m, s) && m->long_statement == m->executed->id && m->long_index == s->index;
    return bytes_of(m->long_value.held, here ? m->ahead_n : 0);
}

/* --- a value --- */

static void next_value(struct mysql *m, struct my_side *s);

void my_end_value(struct mysql *m, struct my_side *s, bool null, bool whole) {
    char room[MY_TEXT_ROOM];
    unsigned width = width_of(m, s);
    struct bytes held = null ? value_ahead(m, s) : value_end(&s->rows.value, whole);
    s->index++;
    if (is_row(m, s)) {
        rows_field(&s->rows, s->binary && !null ? my_format_value(s->value_type, held, room) : held);
        if (s->index == s->count || (width && s->index % width == 0))
            rows_line_end(&s->rows);
    }
    my_go_to(s, MY_AT_SKIP);
}

static void begin_value(struct mysql *m, struct my_side *s, uint64_t length) {
    const struct rows_columns *c = names_of(m, s);
    unsigned width = width_of(m, s);
    const struct rows_column *column = columns_at(c, width ? s->index % width : s->index);
    s->value_left = length;
    s->step = MY_AT_VALUE;
    value_begin(&s->rows.value, &s->source, bytes_of(column->name, column->name_n), VALUE_PLAIN, length);
    if (length == 0) {
        my_end_value(m, s, false, true);
        next_value(m, s);
    }
}

/* One whose length is that of its type has nothing before it. */
static void begin_lead(struct mysql *m, struct my_side *s) {
    s->value_type = s->binary ? columns_at(types_of(m, s), s->index)->type : MY_STRING;
    unsigned size = my_size_of(s->value_type);
    my_go_to(s, MY_AT_LEAD);
    if (s->binary && size < MY_BY_OCTET)
        begin_value(m, s, size);
}

/* Of the type NULL, too, nothing comes. */
static bool is_absent(const struct mysql *m, const struct my_side *s) {
    return is_null(m, s) || came_ahead(m, s) ||
           (s->binary && my_size_of(columns_at(types_of(m, s), s->index)->type) == 0);
}

static void next_value(struct mysql *m, struct my_side *s) {
    if (s->bulk) { /* rows up to the end of the message */
        s->index = s->index < s->count ? s->index : 0;
        my_go_to(s, MY_AT_INDICATOR);
        return;
    }
    while (s->index < s->count && is_absent(m, s))
        my_end_value(m, s, true, true);
    if (s->index < s->count)
        begin_lead(m, s);
    else
        my_go_to(s, MY_AT_SKIP);
}

/* --- lengths --- */

static unsigned lead_size(uint8_t first) {
    return first == LEAD_2 ? 3 : first == LEAD_3 ? 4 : first == LEAD_8 ? 9 : 1;
}

bool my_gather_length(struct my_side *s, const uint8_t *p, size_t n, size_t *at, uint64_t *length) {
    while (*at < n && (s->lead_n == 0 || s->lead_n < lead_size(s->lead[0])))
        s->lead[s->lead_n++] = p[(*at)++];
    if (s->lead_n == 0 || s->lead_n < lead_size(s->lead[0]))
        return false;
    *length = s->lead_n == 1 ? s->lead[0] : 0;
    for (unsigned i = 1; i < s->lead_n; i++)
        *length |= (uint64_t)s->lead[i] << 8 * (i - 1);
    return true;
}

static size_t take_lead(struct mysql *m, struct my_side *s, const uint8_t *p, size_t n) {
    size_t at = 0;
    uint64_t length;
    if (s->binary && my_size_of(s->value_type) == MY_BY_OCTET) {
        begin_value(m, s, p[at++]);
    } else if (my_gather_length(s, p, n, &at, &length)) {
        if (s->lead[0] != NULL_LEAD) {
            begin_value(m, s, length);
        } else {
            my_end_value(m, s, true, true);
            next_value(m, s);
        }
    }
    return at;
}

static void advance_value(struct mysql *m, struct my_side *s, uint64_t n) {
    s->value_left -= n;
    if (s->value_left == 0) {
        my_end_value(m, s, false, true);
        next_value(m, s);
    }
}

void my_gap_value(struct mysql *m, struct my_side *s, uint64_t n) {
    value_gap(&s->rows.value, n);
    advance_value(m, s, n);
}

static size_t take_value(struct mysql *m, struct my_side *s, const uint8_t *p, size_t n) {
    size_t take = s->value_left < n ? (size_t)s->value_left : n;
    value_data(&s->rows.value, p, take);
    advance_value(m, s, take);
    return take;
}

/* MariaDB: 0 a value follows, else NULL, a default, or nothing. */
static size_t take_indicator(struct mysql *m, struct my_side *s, uint8_t indicator) {
    if (indicator) {
        my_end_value(m, s, true, true);
        next_value(m, s);
        return 1;
    }
    begin_lead(m, s);
    return 1;
}

/* --- a row --- */

static void begin_row(struct mysql *m, struct my_side *s) {
    s->index = 0;
    if (is_row(m, s) && s->count && width_of(m, s))
        rows_header(&s->rows, names_of(m, s));
    next_value(m, s);
}

void my_begin_values(struct mysql *m, struct my_side *s) {
    s->index = 0;
    if (s->binary && types_of(m, s)->kept < s->count) {
        my_go_to(s, MY_AT_STRAY);
        return;
    }
    if (!s->binary || !my_is_server(m, s)) { /* that of a statement was read before its types */
        begin_row(m, s);
        return;
    }
    s->bitmap_n = 0;
    s->bitmap_want = (uint16_t)((s->count + 9) / 8);
    my_go_to(s, MY_AT_BITMAP);
}

static size_t take_bitmap(struct mysql *m, struct my_side *s, const uint8_t *p, size_t n) {
    size_t at = 0;
    while (s->bitmap_n < s->bitmap_want && at < n)
        s->bitmap[s->bitmap_n++] = p[at++];
    if (s->bitmap_n == s->bitmap_want)
        begin_row(m, s);
    return at;
}

size_t my_take_values(struct mysql *m, struct my_side *s, const uint8_t *p, size_t n) {
    switch (s->step) {
    case MY_AT_BITMAP:
        return take_bitmap(m, s, p, n);
    case MY_AT_INDICATOR:
        return take_indicator(m, s, p[0]);
    case MY_AT_LEAD:
        return take_lead(m, s, p, n);
    default:
        return take_value(m, s, p, n);
    }
}
