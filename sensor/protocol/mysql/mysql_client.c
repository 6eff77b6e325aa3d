/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mysql/mysql_session.h"

#include "base/counter.h"

enum {
    EXECUTE_HEAD = 9,    /* statement, flags, how often */
    BULK_HEAD = 6,       /* statement, flags */
    BULK_TYPES = 128,    /* in the flags: types follow */
    COUNT_SAID = 8,      /* in the flags: how many values */
    LONG_HEAD = 6,       /* statement, place */
    CAPABILITIES_AT = 4, /* behind them a size, a character set, zeros */
    ANSWER_HEAD = 32,
    MORE_AT = 28, /* MariaDB's, in the zeros */
};

static uint32_t number(const uint8_t *p, unsigned n) {
    uint32_t number = 0;
    for (unsigned i = 0; i < n; i++)
        number |= (uint32_t)p[i] << 8 * i;
    return number;
}

/* --- the answer to the greeting --- */

static struct bytes next_text(struct reader *r) {
    struct bytes text = bytes_until(bytes_of(r->at, reader_left(r)), 0);
    r->at += text.n + (text.n < reader_left(r));
    return text;
}

static void keep_name(uint8_t *to, uint16_t *to_n, struct bytes name) {
    *to_n = (uint16_t)(name.n < SQL_NAME ? name.n : SQL_NAME);
    if (*to_n)
        memcpy(to, name.p, *to_n);
}

static void keep_database(struct mysql *m, struct bytes name) {
    for (int side = 0; side < 2; side++)
        keep_name(m->side[side].source.database, &m->side[side].source.database_n, name);
}

static void take_answer(struct mysql *m, struct my_side *s) {
    if (s->small_n < CAPABILITIES_AT)
        return;
    m->capabilities = number(s->small, 4) & m->offered;
    m->answered = true;
    if (s->small_n < ANSWER_HEAD)
        return;
    m->more = m->capabilities & MYSQL_LONG_PASSWORD ? 0 : number(s->small + MORE_AT, 4);
    if ((number(s->small, 4) & MYSQL_SSL) && s->small_n == ANSWER_HEAD) {
        m->answered = false;
        m->tls = true;
        return;
    }
    struct reader r = reader_of(s->small + ANSWER_HEAD, s->small_n - ANSWER_HEAD);
    struct bytes user = next_text(&r);
    uint8_t secret = 0;
    for (int side = 0; side < 2; side++)
        keep_name(m->side[side].source.user, &m->side[side].source.user_n, user);
    reader_u8(&r, &secret);
    if ((m->capabilities & MYSQL_WITH_DATABASE) && reader_skip(&r, secret))
        keep_database(m, next_text(&r));
}

/* --- statements --- */

static void note_table(struct mysql *m) {
    struct bytes table = statement_table(&m->statement);
    m->table_n = (uint8_t)(table.n < VALUE_NAME ? table.n : VALUE_NAME);
    if (m->table_n)
        memcpy(m->table, table.p, m->table_n);
    rows_name(&m->side[m->server].rows, table);
}

static void begin_statement(struct mysql *m, struct my_side *s) {
    statement_begin(&m->statement, &s->rows, true);
    my_go_to(s, MY_AT_TEXT);
}

/* Two counts of one octet each; where values follow they are looked at as part of the text. */
static size_t take_attributes(struct mysql *m, struct my_side *s, const uint8_t *p, size_t n) {
    size_t at = 0;
    if (my_gather(s, 2, p, n, &at))
        begin_statement(m, s);
    return at;
}

/* --- values that are sent before their row --- */

/* A short one stands in the row that follows, or by itself if another one follows first. */
static void end_long_value(struct mysql *m, struct my_side *s, bool row_follows) {
    if (!m->long_open)
        return;
    m->long_open = false;
    struct bytes held = value_end(&m->long_value, true);
    m->ahead_n = row_follows ? (uint16_t)held.n : 0;
    if (held.n == 0 || row_follows)
        return;
    rows_field(&s->rows, held);
    rows_line_end(&s->rows);
}

static size_t take_long_head(struct mysql *m, struct my_side *s, const uint8_t *p, size_t n) {
    size_t at = 0;
    if (!my_gather(s, LONG_HEAD, p, n, &at))
        return at;
    uint32_t id = number(s->small, 4);
    uint16_t index = (uint16_t)number(s->small + 4, 2);
    struct my_statement *statement = my_find_statement(m, id);
    if (!m->long_open || m->long_statement != id || m->long_index != index) {
        end_long_value(m, s, false);
        const struct rows_column *column =
            columns_at(statement ? &statement->columns : &m->columns, statement ? index : UINT32_MAX);
        value_begin(&m->long_value, &s->source, bytes_of(column->name, column->name_n), VALUE_PLAIN,
                    LENGTH_UNKNOWN);
        m->long_open = true;
        m->long_statement = id;
        m->long_index = index;
    }
    if (statement && index < ROWS_COLUMNS)
        statement->sent_ahead[index / 64] |= UINT64_C(1) << index % 64;
    my_go_to(s, MY_AT_LONG);
    return at;
}

/* --- values that are bound --- */

static void begin_bound_values(struct mysql *m, struct my_side *s) {
    rows_name(&s->rows, bytes_of(m->executed->table, m->executed->table_n));
    rows_name(&m->side[m->server].rows, bytes_of(m->executed->table, m->executed->table_n));
    s->binary = true;
    my_begin_values(m, s);
}

static void begin_types(struct mysql *m, struct my_side *s) {
    columns_clear(&m->executed->types);
    s->index = 0;
    my_go_to(s, s->count ? MY_AT_TYPE : MY_AT_SKIP);
}

static void begin_bitmap(struct my_side *s) {
    bool many = s->count > ROWS_COLUMNS;
    counter_add(COUNTER_SQL_COLUMNS_SHED, many ? s->count - ROWS_COLUMNS : 0);
    s->bitmap_n = 0;
    s->bitmap_want = many ? 0 : (uint16_t)((s->count + 7) / 8);
    my_go_to(s, s->count == 0 ? MY_AT_SKIP : many ? MY_AT_STRAY : MY_AT_BOUND);
}

static size_t take_count(struct my_side *s, const uint8_t *p, size_t n) {
    size_t at = 0;
    uint64_t count;
    if (my_gather_length(s, p, n, &at, &count)) {
        s->count = count < UINT16_MAX ? (unsigned)count : UINT16_MAX;
        begin_bitmap(s);
    }
    return at;
}

/* Of a statement that nobody saw being prepared the values cannot be told apart. */
static size_t take_execute(struct mysql *m, struct my_side *s, const uint8_t *p, size_t n) {
    size_t at = 0, want = s->first == MY_BULK ? BULK_HEAD : EXECUTE_HEAD;
    if (!my_gather(s, want, p, n, &at))
        return at;
    uint32_t id = number(s->small, 4);
    end_long_value(m, s, m->long_statement == id);
    m->executed = my_find_statement(m, id);
    s->bulk = s->first == MY_BULK;
    if (!m->executed) {
        my_go_to(s, MY_AT_STRAY);
        return at;
    }
    s->count = m->executed->values;
    if (s->bulk && (number(s->small + 4, 2) & BULK_TYPES))
        begin_types(m, s);
    else if (s->bulk)
        begin_bound_values(m, s);
    else if ((m->capabilities & MYSQL_ATTRIBUTES) && (s->small[4] & COUNT_SAID))
        my_go_to(s, MY_AT_COUNT);
    else
        begin_bitmap(s);
    return at;
}

/* The bitmap, and whether types follow. */
static size_t take_bound(struct mysql *m, struct my_side *s, const uint8_t *p, size_t n) {
    size_t at = 0;
    while (s->bitmap_n < s->bitmap_want && at < n)
        s->bitmap[s->bitmap_n++] = p[at++];
    if (at == n)
        return at;
    if (p[at++])
        begin_types(m, s);
    else
        begin_bound_values(m, s);
    return at;
}

static void end_type(struct mysql *m, struct my_side *s) {
    if (++s->index < s->count)
        my_go_to(s, MY_AT_TYPE);
    else
        begin_bound_values(m, s);
}

static size_t take_type(struct mysql *m, struct my_side *s, const uint8_t *p, size_t n) {
    enum { SIGN = 0x80 };
    size_t at = 0;
    if (!my_gather(s, 2, p, n, &at))
        return at;
    columns_add(&m->executed->types, bytes_of(NULL, 0), s->small[0] | (s->small[1] & SIGN ? MY_UNSIGNED : 0));
    if ((m->capabilities & MYSQL_ATTRIBUTES) && !s->bulk)
        my_go_to(s, MY_AT_TYPE_NAME);
    else
        end_type(m, s);
    return at;
}

/* A name that is not looked at, unless it is longer than any. */
static size_t take_type_name(struct mysql *m, struct my_side *s, const uint8_t *p, size_t n) {
    size_t at = 0;
    uint64_t length;
    if (!my_gather_length(s, p, n, &at, &length))
        return at;
    if (length > MY_SMALL)
        my_go_to(s, MY_AT_STRAY);
    else if (my_gather(s, (size_t)length, p, n, &at))
        end_type(m, s);
    return at;
}

/* --- commands --- */

bool my_is_file(const struct mysql *m, const struct my_side *s, uint8_t packet) {
    bool due = m->command == MY_QUERY && (m->file_due || m->loads);
    return packet != 0 && m->answered && (due || s->open);
}

static struct bytes file_name(const struct mysql *m) {
    return m->file_n ? bytes_of(m->file, m->file_n) : bytes_of(m->table, m->table_n);
}

void my_begin_command(struct mysql *m, struct my_side *s, uint8_t packet) {
    s->seen = 0;
    s->bulk = false;
    my_go_to(s, packet == 0 ? MY_AT_FIRST : MY_AT_SMALL);
    if (!my_is_file(m, s, packet))
        return;
    if (!s->open)
        my_begin_object(m, s, file_name(m));
    my_go_to(s, MY_AT_FILE);
}

static void begin_by_name(struct mysql *m, struct my_side *s, uint8_t command) {
    m->command = command == MY_LONG_DATA || command == MY_CLOSE ? m->command : command;
    s->first = command;
    switch (command) {
    case MY_QUERY:
        m->file_due = m->loads = false;
        m->file_n = 0;
        if (m->capabilities & MYSQL_ATTRIBUTES)
            my_go_to(s, MY_AT_ATTRIBUTES);
        else
            begin_statement(m, s);
        break;
    case MY_PREPARE:
        begin_statement(m, s);
        break;
    case MY_EXECUTE:
    case MY_BULK:
        my_go_to(s, MY_AT_EXECUTE);
        break;
    case MY_LONG_DATA:
        my_go_to(s, MY_AT_LONG_HEAD);
        break;
    case MY_CHANGE_USER:
        m->phase = MY_AUTHENTICATION;
        my_go_to(s, MY_AT_SMALL);
        break;
    default:
        my_go_to(s, MY_AT_SMALL);
    }
}

/* What is longer than any command needs is looked at. */
static size_t take_small(struct mysql *m, struct my_side *s, const uint8_t *p, size_t n) {
    size_t room = (size_t)(MY_SMALL - s->small_n), keep = n < room ? n : room;
    memcpy(s->small + s->small_n, p, keep);
    s->small_n = (uint16_t)(s->small_n + keep);
    if (keep == n)
        return n;
    my_take_stray(m, s, s->small, s->small_n);
    s->step = MY_AT_STRAY;
    return keep;
}

size_t my_take_command(struct mysql *m, struct my_side *s, const uint8_t *p, size_t n) {
    switch (s->step) {
    case MY_AT_FIRST:
        begin_by_name(m, s, p[0]);
        return 1;
    case MY_AT_SMALL:
        return take_small(m, s, p, n);
    case MY_AT_SKIP:
        return my_skip(s, n);
    case MY_AT_STRAY:
    case MY_AT_FILE:
        my_take_stray(m, s, p, n);
        return n;
    case MY_AT_TEXT:
        statement_data(&m->statement, p, n);
        return n;
    case MY_AT_ATTRIBUTES:
        return take_attributes(m, s, p, n);
    case MY_AT_LONG_HEAD:
        return take_long_head(m, s, p, n);
    case MY_AT_LONG:
        value_data(&m->long_value, p, n);
        return n;
    case MY_AT_EXECUTE:
        return take_execute(m, s, p, n);
    case MY_AT_COUNT:
        return take_count(s, p, n);
    case MY_AT_BOUND:
        return take_bound(m, s, p, n);
    case MY_AT_TYPE:
        return take_type(m, s, p, n);
    case MY_AT_TYPE_NAME:
        return take_type_name(m, s, p, n);
    default:
        return my_take_values(m, s, p, n);
    }
}

/* Values that came ahead of their row are forgotten with it. */
static void take_reset(struct mysql *m, struct my_side *s) {
    struct my_statement *statement = my_find_statement(m, number(s->small, 4));
    if (m->long_statement == number(s->small, 4))
        end_long_value(m, s, false);
    if (statement)
        memset(statement->sent_ahead, 0, sizeof statement->sent_ahead);
}

static void end_small(struct mysql *m, struct my_side *s) {
    if (!m->answered)
        take_answer(m, s);
    else if (s->first == MY_USE && s->seen)
        keep_database(m, bytes_of(s->small, s->small_n));
    else if (s->first == MY_CLOSE && s->small_n >= 4)
        my_forget_statement(m, number(s->small, 4));
    else if (s->first == MY_RESET && s->small_n >= 4)
        take_reset(m, s);
}

void my_end_command(struct mysql *m, struct my_side *s, bool whole) {
    enum my_step step = s->step;
    if (step == MY_AT_TEXT) {
        m->loads = statement_end(&m->statement, true, whole) == STATEMENT_LOAD;
        note_table(m);
    } else if (whole && (step == MY_AT_SMALL || (step == MY_AT_STRAY && !m->answered))) {
        end_small(m, s);
    } else if (step == MY_AT_VALUE) {
        my_end_value(m, s, false, false);
    }
    bool file_goes_on = step == MY_AT_FILE && whole && s->seen > 0;
    if (s->open && !file_goes_on) { /* an empty packet ends a file */
        m->c->services->end(m->c, s->object, whole ? TRANSFER_DONE : TRANSFER_CUT);
        s->open = false;
        m->file_due = false;
    }
    if (s->first == MY_EXECUTE || s->first == MY_BULK) {
        if (m->executed)
            memset(m->executed->sent_ahead, 0, sizeof m->executed->sent_ahead);
        m->ahead_n = 0;
    }
    rows_line_end(&s->rows);
    s->first = 0;
}
