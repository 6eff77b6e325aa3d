/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/postgresql/postgresql_session.h"

enum {
    COLUMN = 18, /* table, place, type, size, modifier, format */
    COLUMN_TYPE = 6,
    FIXED = 128, /* in `small`, behind a name */
    FIXED_ROOM = 32,
};

static bool is_server(const struct postgresql *g, const struct pg_side *s) {
    return s == &g->side[g->server];
}

static void go_to(struct pg_side *s, enum pg_step step) {
    s->step = step;
    s->small_n = 0;
}

/* --- pieces --- */

/* True: `want` octets are there, in s->small + FIXED. */
static bool gather(struct pg_side *s, size_t want, const uint8_t *p, size_t n, size_t *at) {
    while (s->small_n < want && *at < n)
        s->small[FIXED + s->small_n++] = p[(*at)++];
    return s->small_n == want;
}

static uint32_t gathered(const struct pg_side *s, size_t from, size_t n) {
    uint32_t number = 0;
    for (size_t i = 0; i < n; i++)
        number = number << 8 | s->small[FIXED + from + i];
    return number;
}

/* True: a name has come, with its NUL; its first octets are in s->small. What is longer is none. */
static bool gather_name(struct pg_side *s, const uint8_t *p, size_t n, size_t *at) {
    const uint8_t *end = memchr(p, 0, n);
    size_t run = end ? (size_t)(end - p) : n, room = (size_t)(FIXED - s->text_n);
    size_t keep = run < room ? run : room, most = (size_t)(PG_SMALL - s->small_n);
    if (run > most) {
        *at = most;
        go_to(s, PG_AT_SKIP);
        return false;
    }
    memcpy(s->small + s->text_n, p, keep);
    s->text_n = (uint16_t)(s->text_n + keep);
    s->small_n = (uint16_t)(s->small_n + run);
    *at = run + (end != NULL);
    return end != NULL;
}

static struct bytes gathered_name(struct pg_side *s) {
    size_t n = s->text_n;
    s->text_n = 0;
    return bytes_of(s->small, n);
}

/* --- values of rows and of Bind --- */

static const struct rows_columns *columns_of(const struct postgresql *g, const struct pg_side *s) {
    static const struct rows_columns none;
    if (s->type == 'F' || s->type == 'V')
        return &none;
    if (is_server(g, s))
        return &g->columns;
    return g->bound ? &g->bound->columns : &none;
}

/* Rows of Bind: a statement may bring several at once. */
static unsigned width_of(const struct rows_columns *c, const struct pg_side *s) {
    return c->n && s->count % c->n == 0 ? c->n : 0;
}

/* What only asks is no row. */
static bool is_row(const struct postgresql *g, const struct pg_side *s) {
    bool function = s->type == 'F' || s->type == 'V';
    return !function && (is_server(g, s) || !g->bound || !g->bound->asks);
}

static void begin_values(struct postgresql *g, struct pg_side *s) {
    const struct rows_columns *c = columns_of(g, s);
    if (is_row(g, s) && s->count && width_of(c, s))
        rows_header(&s->rows, c);
    go_to(s, s->count ? PG_AT_LENGTH : PG_AT_SKIP);
}

static void end_value(struct postgresql *g, struct pg_side *s, bool null, bool whole) {
    char room[PG_TEXT_ROOM];
    unsigned width = width_of(columns_of(g, s), s);
    struct bytes held = null ? bytes_of(NULL, 0) : value_end(&s->rows.value, whole);
    s->index++;
    if (is_row(g, s)) {
        rows_field(&s->rows, pg_format_value(s->value_type, held, room));
        if (s->index == s->count || (width && s->index % width == 0))
            rows_line_end(&s->rows);
    }
    go_to(s, s->index < s->count ? PG_AT_LENGTH : PG_AT_SKIP);
}

static void begin_value(struct postgresql *g, struct pg_side *s, uint32_t length) {
    const struct rows_columns *c = columns_of(g, s);
    unsigned width = width_of(c, s);
    const struct rows_column *column = columns_at(c, width ? s->index % width : s->index);
    bool bytes = column->type == PG_TYPE_BYTEA || column->type == 0;
    s->value_type = column->type;
    if (length == UINT32_MAX) {
        end_value(g, s, true, true);
        return;
    }
    s->value_left = length;
    if (pg_is_large(g, s) && length) {
        s->step = PG_AT_LARGE;
        return;
    }
    s->value_begins = true;
    s->step = PG_AT_VALUE;
    value_begin(&s->rows.value, &s->source, bytes_of(column->name, column->name_n),
                bytes ? VALUE_MAY_BE_HEX : VALUE_PLAIN, length);
    if (length == 0)
        end_value(g, s, false, true);
}

/* In binary a jsonb begins with its version. */
static size_t count_lead(const struct pg_side *s, uint8_t first) {
    return s->value_begins && s->value_type == PG_TYPE_JSONB && first == 1;
}

static size_t take_value(struct postgresql *g, struct pg_side *s, const uint8_t *p, size_t n) {
    size_t take = s->value_left < n ? s->value_left : n, lead = count_lead(s, p[0]);
    s->value_begins = false;
    if (take > lead)
        value_data(&s->rows.value, p + lead, take - lead);
    s->value_left -= (uint32_t)take;
    if (s->value_left == 0)
        end_value(g, s, false, true);
    return take;
}

static size_t take_large(struct postgresql *g, struct pg_side *s, const uint8_t *p, size_t n) {
    size_t take = s->value_left < n ? s->value_left : n;
    pg_large_data(s, p, take);
    s->value_left -= (uint32_t)take;
    if (s->value_left == 0)
        end_value(g, s, true, true);
    return take;
}

/* --- statements --- */

static void end_prepared(struct postgresql *g, struct pg_side *s) {
    struct pg_statement *p = pg_prepare(g, bytes_of(s->small, s->text_n));
    struct bytes table = statement_table(&g->statement);
    s->text_n = 0;
    p->asks = statement_kind(&g->statement) == STATEMENT_ASKS;
    p->table_n = (uint8_t)(table.n < VALUE_NAME ? table.n : VALUE_NAME);
    if (p->table_n)
        memcpy(p->table, table.p, p->table_n);
    statement_columns(&g->statement, &p->columns);
    g->parsed = p;
}

static void end_statement(struct postgresql *g, struct pg_side *s, bool whole) {
    statement_end(&g->statement, true, whole);
    pg_note_statement(g);
    if (s->type == 'P')
        end_prepared(g, s);
    go_to(s, s->type == 'P' ? PG_AT_TYPE_COUNT : PG_AT_SKIP);
}

static size_t take_statement(struct postgresql *g, struct pg_side *s, const uint8_t *p, size_t n) {
    const uint8_t *end = memchr(p, 0, n);
    size_t run = end ? (size_t)(end - p) : n;
    if (run)
        statement_data(&g->statement, p, run);
    if (!end)
        return n;
    end_statement(g, s, true);
    return run + 1;
}

/* The types of what is bound later, from the client or from the server's answer. */
static void set_type(struct postgresql *g, unsigned index, uint32_t type) {
    struct rows_columns *c = g->parsed ? &g->parsed->columns : NULL;
    if (!c)
        return;
    if (index < c->kept && type)
        c->column[index].type = type;
}

static void begin_bound(struct postgresql *g, struct pg_side *s) {
    g->bound = pg_find_statement(g, gathered_name(s));
    if (g->bound) {
        struct bytes table = bytes_of(g->bound->table, g->bound->table_n);
        rows_name(&s->rows, table);
        rows_name(&g->side[g->server].rows, table);
    }
    go_to(s, PG_AT_FORMAT_COUNT);
}

/* --- steps --- */

/* Behind the count of what is repeated. */
static void begin_repeated(struct postgresql *g, struct pg_side *s) {
    static const struct {
        uint8_t type;
        enum pg_step step;
    } repeated[] = {{'T', PG_AT_COLUMN_NAME}, {'t', PG_AT_TYPE}, {'P', PG_AT_TYPE}};
    s->index = 0;
    if (s->step == PG_AT_FORMAT_COUNT) {
        go_to(s, s->count ? PG_AT_FORMAT : PG_AT_VALUE_COUNT);
        return;
    }
    for (size_t i = 0; i < sizeof repeated / sizeof *repeated; i++)
        if (repeated[i].type == s->type) {
            go_to(s, s->count ? repeated[i].step : PG_AT_SKIP);
            return;
        }
    begin_values(g, s);
}

static void end_repeated(struct pg_side *s, enum pg_step again, enum pg_step then) {
    go_to(s, ++s->index < s->count ? again : then);
}

static size_t take_number(struct postgresql *g, struct pg_side *s, const uint8_t *p, size_t n) {
    bool four = s->step == PG_AT_LENGTH || s->step == PG_AT_TYPE || s->step == PG_AT_FUNCTION;
    size_t at = 0, want = four ? 4 : 2;
    if (!gather(s, want, p, n, &at))
        return at;
    uint32_t number = gathered(s, 0, want);
    if (s->step == PG_AT_LENGTH) {
        begin_value(g, s, number);
    } else if (s->step == PG_AT_FUNCTION) {
        pg_large_call(g, number);
        go_to(s, PG_AT_FORMAT_COUNT);
    } else if (s->step == PG_AT_TYPE) {
        set_type(g, s->index, number);
        end_repeated(s, PG_AT_TYPE, PG_AT_SKIP);
    } else if (s->step == PG_AT_FORMAT) {
        end_repeated(s, PG_AT_FORMAT, PG_AT_VALUE_COUNT);
    } else {
        s->count = number;
        begin_repeated(g, s);
    }
    return at;
}

static size_t take_column(struct postgresql *g, struct pg_side *s, const uint8_t *p, size_t n) {
    size_t at = 0;
    if (!gather(s, COLUMN, p, n, &at))
        return at;
    columns_add(&g->columns, gathered_name(s), gathered(s, COLUMN_TYPE, 4));
    end_repeated(s, PG_AT_COLUMN_NAME, PG_AT_SKIP);
    return at;
}

static size_t take_name(struct postgresql *g, struct pg_side *s, const uint8_t *p, size_t n) {
    size_t at;
    if (!gather_name(s, p, n, &at))
        return at;
    if (s->step == PG_AT_COLUMN_NAME) {
        go_to(s, PG_AT_COLUMN);
    } else if (s->step == PG_AT_PREPARED) { /* its name stays where it is */
        statement_begin(&g->statement, &s->rows, false);
        go_to(s, PG_AT_QUERY);
    } else if (s->step == PG_AT_PORTAL) {
        s->text_n = 0;
        go_to(s, PG_AT_BOUND);
    } else {
        begin_bound(g, s);
    }
    return at;
}

static size_t take_small(struct pg_side *s, const uint8_t *p, size_t n) {
    memcpy(s->small + s->small_n, p, n); /* no more than PG_SMALL come */
    s->small_n = (uint16_t)(s->small_n + n);
    return n;
}

static void begin_stray(struct postgresql *g, struct pg_side *s) {
    struct transfer_seed seed = sql_seed(&s->source, bytes_of(NULL, 0));
    s->stray = g->c->services->begin(g->c, &seed);
}

/* What has no place in a message is looked at where it is more than a few octets. */
static size_t take_rest(struct postgresql *g, struct pg_side *s, size_t n) {
    if (s->left <= PG_SMALL)
        return n;
    begin_stray(g, s);
    go_to(s, PG_AT_STRAY);
    return 0;
}

size_t pg_take_body(struct postgresql *g, struct pg_side *s, const uint8_t *p, size_t n) {
    switch (s->step) {
    case PG_AT_SMALL:
        return take_small(s, p, n);
    case PG_AT_SKIP:
        return take_rest(g, s, n);
    case PG_AT_STRAY:
        g->c->services->data(g->c, s->stray, p, n);
        return n;
    case PG_AT_COPY:
        pg_copy_data(s, g, p, n);
        return n;
    case PG_AT_QUERY:
        return take_statement(g, s, p, n);
    case PG_AT_VALUE:
        return take_value(g, s, p, n);
    case PG_AT_LARGE:
        return take_large(g, s, p, n);
    case PG_AT_COLUMN:
        return take_column(g, s, p, n);
    case PG_AT_COLUMN_NAME:
    case PG_AT_PREPARED:
    case PG_AT_PORTAL:
    case PG_AT_BOUND:
        return take_name(g, s, p, n);
    default:
        return take_number(g, s, p, n);
    }
}

/* --- a body begins and ends --- */

static enum pg_step first_step(const struct pg_side *s, bool server) {
    if (s->type == 'd')
        return PG_AT_COPY;
    if (server && (s->type == 'T' || s->type == 'D' || s->type == 't'))
        return PG_AT_COUNT;
    if (!server && s->type == 'Q')
        return PG_AT_QUERY;
    if (!server && s->type == 'P')
        return PG_AT_PREPARED;
    if (!server && s->type == 'B')
        return PG_AT_PORTAL;
    if (!server && s->type == 'F')
        return PG_AT_FUNCTION;
    if (server && s->type == 'V')
        return PG_AT_LENGTH;
    return s->left <= PG_SMALL ? PG_AT_SMALL : PG_AT_STRAY;
}

void pg_begin_body(struct postgresql *g, struct pg_side *s) {
    bool server = is_server(g, s);
    s->in_body = true;
    s->text_n = 0;
    s->count = s->type == 'V'; /* values, if nobody says so */
    s->index = 0;
    go_to(s, first_step(s, server));
    if (s->step == PG_AT_STRAY)
        begin_stray(g, s);
    else if (s->step == PG_AT_QUERY)
        statement_begin(&g->statement, &s->rows, false);
    else if (server && s->type == 'T')
        columns_clear(&g->columns);
}

void pg_end_body(struct postgresql *g, struct pg_side *s, bool whole) {
    if (s->step == PG_AT_SMALL && whole)
        pg_take_small(g, s);
    else if (s->step == PG_AT_STRAY)
        g->c->services->end(g->c, s->stray, whole ? TRANSFER_DONE : TRANSFER_CUT);
    else if (s->step == PG_AT_QUERY)
        end_statement(g, s, false);
    else if (s->step == PG_AT_VALUE)
        end_value(g, s, false, false);
    rows_line_end(&s->rows);
    s->in_body = false;
    s->head_n = 0;
}

/* Of a row all that follows is left out where the place of its values is lost. */
static void skip_rest(struct postgresql *g, struct pg_side *s, uint64_t n) {
    if (s->step == PG_AT_VALUE)
        end_value(g, s, false, false);
    rows_line_end(&s->rows);
    if (s->type == 'D' || s->type == 'B')
        rows_gap(&s->rows, n);
    go_to(s, PG_AT_SKIP);
}

bool pg_gap_body(struct postgresql *g, struct pg_side *s, uint64_t n) {
    if (!s->in_body || n > s->left)
        return false;
    s->left -= (uint32_t)n;
    if (s->step == PG_AT_COPY) {
        pg_copy_gap(s, n);
    } else if (s->step == PG_AT_STRAY) {
        g->c->services->gap(g->c, s->stray, n);
    } else if (s->step == PG_AT_QUERY) {
        statement_gap(&g->statement, n);
    } else if (s->step == PG_AT_LARGE && n <= s->value_left) {
        s->value_left -= (uint32_t)n;
        pg_large_gap(s, n);
        if (s->value_left == 0)
            end_value(g, s, true, true);
    } else if (s->step == PG_AT_VALUE && n <= s->value_left) {
        s->value_left -= (uint32_t)n;
        value_gap(&s->rows.value, n);
        if (s->value_left == 0)
            end_value(g, s, false, true);
    } else {
        skip_rest(g, s, n);
    }
    if (s->left == 0)
        pg_end_body(g, s, true);
    return true;
}
