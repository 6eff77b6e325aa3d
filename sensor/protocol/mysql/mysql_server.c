/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mysql/mysql_session.h"

enum {
    IS_OK = 0x00,
    IS_FILE = 0xfb, /* LOAD DATA LOCAL: the server wants it */
    IS_END = 0xfe,
    IS_ERROR = 0xff,
    END_OCTETS = 5,           /* EOF: warnings, status; what is longer is OK's form of it */
    MORE_RESULTS = 0x0008,    /* in the status */
    CACHES_METADATA = 1 << 4, /* MariaDB: definitions may be left out */
};

static uint32_t number(const uint8_t *p, unsigned n) {
    uint32_t number = 0;
    for (unsigned i = 0; i < n; i++)
        number |= (uint32_t)p[i] << 8 * i;
    return number;
}

static bool read_length(struct reader *r, uint64_t *out) {
    uint8_t first;
    const uint8_t *p;
    if (!reader_u8(r, &first))
        return false;
    unsigned n = first == 0xfc ? 2 : first == 0xfd ? 3 : first == 0xfe ? 8 : 0;
    *out = first;
    if (n == 0)
        return first < 0xfb;
    if (!reader_take(r, n, &p))
        return false;
    *out = 0;
    for (unsigned i = 0; i < n; i++)
        *out |= (uint64_t)p[i] << 8 * i;
    return true;
}

static bool read_text(struct reader *r, struct bytes *out) {
    uint64_t n;
    if (!read_length(r, &n) || n > reader_left(r))
        return false;
    *out = bytes_of(r->at, (size_t)n);
    r->at += n;
    return true;
}

/* --- definitions of columns --- */

/* Catalog, schema, table twice, name twice; character set, length, type, flags, decimals stand at its end. */
static void take_definition(struct mysql *m, struct my_side *s) {
    enum { FIXED = 13, TYPE = 7, FLAGS = 8, UNSIGNED = 0x20, NAME = 5 };
    struct reader r = reader_of(s->small, s->small_n);
    struct bytes text = {0};
    for (int i = 0; i < NAME; i++)
        if (!read_text(&r, &text))
            text = bytes_of(NULL, 0);
    uint32_t type = MY_STRING;
    if (s->small_n >= FIXED) {
        const uint8_t *fixed = s->small + s->small_n - FIXED;
        type = fixed[TYPE] | (fixed[FLAGS] & UNSIGNED ? MY_UNSIGNED : 0);
    }
    columns_add(m->into, text, type);
}

static void end_definition(struct mysql *m, struct my_side *s) {
    if (s->first == IS_END && s->seen <= END_OCTETS)
        return;
    if (m->skipped)
        m->skipped--;
    else
        take_definition(m, s);
    if (m->due && --m->due == 0)
        m->phase = m->into == &m->columns ? MY_ROWS : MY_ANSWER;
}

/* --- what answers a command --- */

/* Statement, columns of its result, values that are bound, a filler, warnings. */
static void take_prepared(struct mysql *m, struct my_side *s) {
    enum { PREPARED = 9 };
    if (s->small_n < PREPARED)
        return;
    struct my_statement *p = my_prepare(m, number(s->small + 1, 4));
    p->values = number(s->small + 7, 2);
    p->asks = statement_kind(&m->statement) == STATEMENT_ASKS;
    p->table_n = m->table_n;
    memcpy(p->table, m->table, m->table_n);
    statement_columns(&m->statement, &p->columns);
    m->skipped = p->values;
    m->due = p->values + number(s->small + 5, 2);
    m->into = &p->results;
    if (m->due)
        m->phase = MY_COLUMNS;
}

static void begin_result(struct mysql *m, struct my_side *s) {
    struct reader r = reader_of(s->small, s->small_n);
    uint64_t columns;
    uint8_t follows = 1;
    if (!read_length(&r, &columns) || columns == 0 || columns > 4096)
        return;
    if (m->more & CACHES_METADATA)
        reader_u8(&r, &follows);
    bool known = !follows && m->executed && m->executed->results.n == columns;
    m->result = known ? &m->executed->results : &m->columns;
    m->width = (unsigned)columns;
    m->phase = MY_ROWS;
    if (known)
        return;
    columns_clear(&m->columns);
    m->due = follows ? m->width : 0;
    m->skipped = 0;
    m->into = &m->columns;
    if (m->due)
        m->phase = MY_COLUMNS;
}

static void ask_for_file(struct mysql *m, struct my_side *s) {
    struct bytes name = bytes_of(s->small + 1, (size_t)s->small_n - 1);
    m->file_due = true;
    m->file_n = (uint16_t)(name.n < sizeof m->file ? name.n : sizeof m->file);
    if (m->file_n)
        memcpy(m->file, name.p, m->file_n);
}

static void end_reply(struct mysql *m, struct my_side *s) {
    if (m->command == MY_STATISTICS || s->first == IS_ERROR || s->small_n == 0)
        return;
    if (m->command == MY_FIELD_LIST)
        m->phase = MY_FIELDS;
    else if (s->first == IS_FILE)
        ask_for_file(m, s);
    else if (s->first == IS_OK && m->command == MY_PREPARE)
        take_prepared(m, s);
    else if (s->first != IS_OK && s->first != IS_END)
        begin_result(m, s);
}

/* OK ends it; compression begins behind it. */
static void end_authentication(struct mysql *m, struct my_side *s) {
    if (s->first != IS_OK)
        return;
    m->phase = MY_ANSWER;
    if ((m->capabilities & (MYSQL_COMPRESS | MYSQL_ZSTD)) && !s->compressed)
        my_begin_compressed(s);
}

/* The end of rows, or an error among them. */
static void end_rows(struct mysql *m, struct my_side *s) {
    m->phase = MY_ANSWER;
    rows_pause(&s->rows);
}

/* --- messages --- */

void my_begin_answer(struct mysql *m, struct my_side *s) {
    s->seen = 0;
    s->binary = s->bulk = false;
    my_go_to(s, MY_AT_FIRST);
}

/* Only a value of 16 MB begins like an end; a row in binary begins with a zero. */
static void begin_row(struct mysql *m, struct my_side *s, uint8_t first) {
    bool last = (first == IS_END && s->left < MYSQL_PACKET - 1) || first == IS_ERROR;
    s->count = m->width;
    s->binary = m->command == MY_EXECUTE || m->command == MY_FETCH || m->command == MY_BULK ||
                (m->command == MY_NONE && first == 0);
    if (last || s->count == 0)
        my_go_to(s, MY_AT_SMALL);
    else
        my_begin_values(m, s);
}

/* What is longer than any answer is looked at, such as events of replication. */
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

size_t my_take_answer(struct mysql *m, struct my_side *s, const uint8_t *p, size_t n) {
    switch (s->step) {
    case MY_AT_FIRST:
        s->first = p[0];
        if (m->phase == MY_ANSWER && m->command == MY_FETCH && p[0] == 0) { /* rows of a cursor */
            m->phase = MY_ROWS;
            m->rows_began = true;
        }
        if (m->phase == MY_ROWS) {
            begin_row(m, s, p[0]);
            return s->binary && s->step != MY_AT_SMALL;
        }
        my_go_to(s, MY_AT_SMALL);
        return 0;
    case MY_AT_SMALL:
        return take_small(m, s, p, n);
    case MY_AT_SKIP:
        return my_skip(s, n);
    case MY_AT_STRAY:
        my_take_stray(m, s, p, n);
        return n;
    default:
        return my_take_values(m, s, p, n);
    }
}

/* Version, thread, a challenge and a zero, then what it can do, in two halves. */
static void take_greeting(struct mysql *m, struct my_side *s) {
    enum { THREAD_AND_CHALLENGE = 13, LOW = 2, BETWEEN = 3 };
    struct reader r = reader_of(s->small, s->small_n);
    uint16_t low, high;
    if (s->first != MYSQL_VERSION_10 || s->number) { /* it is seen from a result on */
        m->phase = MY_ANSWER;
        m->answered = true;
        end_reply(m, s);
        return;
    }
    m->phase = MY_AUTHENTICATION;
    size_t version = bytes_until(bytes_of(r.at, reader_left(&r)), 0).n + 1;
    if (reader_skip(&r, version) && reader_skip(&r, THREAD_AND_CHALLENGE) && reader_u16le(&r, &low) &&
        reader_skip(&r, BETWEEN) && reader_u16le(&r, &high))
        m->offered = (uint32_t)high << 16 | low;
}

static void end_small(struct mysql *m, struct my_side *s) {
    switch (m->phase) {
    case MY_GREETING:
        take_greeting(m, s);
        break;
    case MY_AUTHENTICATION:
        end_authentication(m, s);
        break;
    case MY_COLUMNS:
        end_definition(m, s);
        break;
    case MY_ROWS:
        if (s->first == IS_END && s->seen == END_OCTETS && !m->rows_began)
            m->rows_began = true; /* the end of the definitions */
        else
            end_rows(m, s);
        break;
    case MY_FIELDS:
        if (s->first == IS_END || s->first == IS_ERROR)
            m->phase = MY_ANSWER;
        break;
    case MY_ANSWER:
        m->rows_began = false;
        end_reply(m, s);
    }
}

void my_end_answer(struct mysql *m, struct my_side *s, bool whole) {
    bool stray =
        s->step == MY_AT_STRAY && s->small_n > 0 && m->phase != MY_ANSWER; /* its first octets count */
    if (whole && (s->step == MY_AT_SMALL || stray))
        end_small(m, s);
    else if (s->step == MY_AT_VALUE)
        my_end_value(m, s, false, false);
    if (s->open) {
        m->c->services->end(m->c, s->object, whole ? TRANSFER_DONE : TRANSFER_CUT);
        s->open = false;
    }
    if (s->step != MY_AT_SMALL && !stray && m->phase == MY_ROWS)
        m->rows_began = true;
    rows_line_end(&s->rows);
}
