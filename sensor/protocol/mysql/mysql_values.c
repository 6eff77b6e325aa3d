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

/* --- which columns, which values --- */

static const struct rows_columns *names_of(const struct mysql *m, const struct my_side *s) {
    return my_is_server(m, s) ? m->result : &m->executed->columns;
}

static uint32_t type_of(const struct mysql *m, const struct my_side *s) {
    const struct rows_columns *c = my_is_server(m, s) ? m->result : &m->executed->types;
    return columns_at(c, s->index)->type;
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
    return !my_is_server(m, s) && s->index < MY_BITMAP * 8 &&
           (m->sent_ahead[s->index / 64] >> s->index % 64 & 1);
}

/* The last one of those, if it was short. */
static struct bytes value_ahead(const struct mysql *m, const struct my_side *s) {
    bool here = came_ahead(m, s) && m->long_index == s->index;
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

/* NULLs, and values whose length is that of their type, have nothing before them. */
static void next_value(struct mysql *m, struct my_side *s) {
    while (s->index < s->count) {
        s->value_type = s->binary ? type_of(m, s) : MY_STRING;
        if (s->bulk && s->step != MY_AT_INDICATOR) {
            my_go_to(s, MY_AT_INDICATOR);
            return;
        }
        if (is_null(m, s) || came_ahead(m, s)) {
            my_end_value(m, s, true, true);
            continue;
        }
        unsigned size = my_size_of(s->value_type);
        my_go_to(s, MY_AT_LEAD);
        if (s->binary && size < MY_BY_OCTET)
            begin_value(m, s, size);
        return;
    }
    if (s->bulk) { /* rows up to the end of the message */
        s->index = 0;
        my_go_to(s, MY_AT_INDICATOR);
        return;
    }
    my_go_to(s, MY_AT_SKIP);
}

/* --- lengths --- */

static unsigned lead_size(uint8_t first) {
    return first == LEAD_2 ? 3 : first == LEAD_3 ? 4 : first == LEAD_8 ? 9 : 1;
}

static uint64_t lead_number(const struct my_side *s, unsigned size) {
    uint64_t number = size == 1 ? s->lead[0] : 0;
    for (unsigned i = 1; i < size; i++)
        number |= (uint64_t)s->lead[i] << 8 * (i - 1);
    return number;
}

static size_t take_lead(struct mysql *m, struct my_side *s, const uint8_t *p, size_t n) {
    size_t at = 0;
    bool octet = s->binary && my_size_of(s->value_type) == MY_BY_OCTET;
    do
        s->lead[s->lead_n++] = p[at++];
    while (at < n && s->lead_n < (octet ? 1 : lead_size(s->lead[0])));
    unsigned size = octet ? 1 : lead_size(s->lead[0]);
    if (s->lead_n < size)
        return at;
    if (!octet && s->lead[0] == NULL_LEAD) {
        my_end_value(m, s, true, true);
        next_value(m, s);
    } else {
        begin_value(m, s, lead_number(s, size));
    }
    return at;
}

static size_t take_value(struct mysql *m, struct my_side *s, const uint8_t *p, size_t n) {
    size_t take = s->value_left < n ? (size_t)s->value_left : n;
    value_data(&s->rows.value, p, take);
    s->value_left -= take;
    if (s->value_left == 0) {
        my_end_value(m, s, false, true);
        next_value(m, s);
    }
    return take;
}

/* MariaDB: 0 a value follows, else NULL, a default, or nothing. */
static size_t take_indicator(struct mysql *m, struct my_side *s, uint8_t indicator) {
    if (indicator) {
        my_end_value(m, s, true, true);
        next_value(m, s);
        return 1;
    }
    s->value_type = type_of(m, s);
    unsigned size = my_size_of(s->value_type);
    my_go_to(s, MY_AT_LEAD);
    if (size < MY_BY_OCTET)
        begin_value(m, s, size);
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
    if (!s->binary || s->bulk) {
        begin_row(m, s);
        return;
    }
    /* That of a statement was read before its types. */
    if (!my_is_server(m, s)) {
        begin_row(m, s);
        return;
    }
    s->bitmap_n = 0;
    s->bitmap_want = (uint16_t)((s->count + 9) / 8);
    my_go_to(s, s->bitmap_want <= MY_BITMAP ? MY_AT_BITMAP : MY_AT_SKIP);
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
