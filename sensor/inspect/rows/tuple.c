/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/rows/reader.h"

/* Dumps of databases: INSERT INTO t (a, b) VALUES (1, 'x'), (2, 'y'); and COPY t (a, b) FROM stdin; behind
 * which rows follow as lines. */
enum { NO_STATEMENT, NAMES_MAY_COME, VALUES_COME };

static bool is_blank(uint8_t c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The end of the value that begins at `at`: a comma or parenthesis outside of quotes. */
static size_t find_value_end(struct bytes in, size_t at) {
    while (at < in.n && in.p[at] != ',' && in.p[at] != ')') {
        uint8_t c = in.p[at++];
        if (c != '\'' && c != '"' && c != '`')
            continue;
        while (at < in.n && in.p[at] != c)
            at += in.p[at] == '\\' ? 2 : 1;
        at++;
    }
    return at < in.n ? at : in.n;
}

static void take_value(struct row_reader *r, struct bytes value) {
    struct tuple_reader *t = &r->tuple;
    if (t->ordinal >= TABLE_NEAR)
        return;
    value = bytes_trim(value);
    if (value.n > 2 && value.p[0] == 'N' && value.p[1] == '\'')
        value = bytes_of(value.p + 1, value.n - 1);
    if (t->statement == NAMES_MAY_COME)
        table_name(&r->judge, reader_placed(r), t->ordinal, row_name_of(cell_trim(value)));
    else
        table_cell(&r->judge, reader_placed(r), t->ordinal, value);
}

/* Values up to the closing parenthesis, or as many as are there. */
static size_t read_values(struct row_reader *r, struct bytes in, size_t at) {
    struct tuple_reader *t = &r->tuple;
    while (at < in.n) {
        size_t end = find_value_end(in, at);
        take_value(r, bytes_of(in.p + at, end - at));
        if (end == in.n)
            return end;
        t->ordinal += t->ordinal < UINT8_MAX;
        at = end + 1;
        if (in.p[end] != ')')
            continue;
        t->open = false;
        if (t->statement != NAMES_MAY_COME)
            table_row_end(&r->judge, reader_placed(r));
        return at;
    }
    return at;
}

static uint32_t digest_text(struct bytes text) {
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < text.n; i++)
        h = (h ^ text.p[i]) * 16777619u;
    return h;
}

/* Most dumps say the names before each row: as long as they are the same the table goes on. */
static size_t read_names(struct row_reader *r, struct bytes in, size_t at) {
    struct tuple_reader *t = &r->tuple;
    const uint8_t *end = memchr(in.p + at, ')', in.n - at);
    size_t to = end ? (size_t)(end - in.p) : in.n;
    uint32_t digest = digest_text(bytes_of(in.p + at, to - at));
    if (digest == t->names) {
        t->open = false;
        return to + (end != NULL);
    }
    bool known = reader_open(r, OPEN_TUPLE, 0, digest);
    t->names = digest;
    if (known) {
        t->open = false;
        return to + (end != NULL);
    }
    reader_placed(r)->reads = t->reads;
    return read_values(r, in, at);
}

static void read_word(struct row_reader *r, struct bytes word) {
    struct tuple_reader *t = &r->tuple;
    bool was_into = t->into;
    t->into = bytes_equal_nocase(word, "into") || bytes_equal_nocase(word, "copy");
    if (bytes_equal_nocase(word, "insert") || bytes_equal_nocase(word, "replace") ||
        bytes_equal_nocase(word, "copy"))
        t->statement = NAMES_MAY_COME;
    else if (bytes_equal_nocase(word, "values"))
        t->statement = VALUES_COME;
    else if (was_into) {
        t->reads = row_name_is_reads(cell_trim(word));
        reader_placed(r)->reads |= t->reads;
    }
}

/* "CREATE TABLE t (`plate` varchar(12), ..., PRIMARY KEY (`plate`))", whose rows follow without names. */
static void take_created(struct row_reader *r, struct bytes word) {
    static const char *const others[] = {"primary", "key",     "unique", "constraint",
                                         "index",   "foreign", "check",  "fulltext"};
    struct tuple_reader *t = &r->tuple;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (bytes_equal_nocase(word, others[i]))
            return;
    if (t->ordinal < TABLE_NEAR)
        table_name(&r->judge, reader_placed(r), t->ordinal, row_name_of(cell_trim(word)));
    t->ordinal += t->ordinal < UINT8_MAX;
}

static size_t read_created(struct row_reader *r, struct bytes in, size_t at) {
    struct tuple_reader *t = &r->tuple;
    while (at < in.n && t->creating) {
        uint8_t c = in.p[at];
        if (t->nested == 1 && t->expects && !is_blank(c)) {
            size_t from = at++;
            while (at < in.n &&
                   (c == '`' || c == '"' ? in.p[at - 1] != c || at - 1 == from : !is_blank(in.p[at])) &&
                   in.p[at] != ',' && in.p[at] != ')')
                at++;
            t->expects = false;
            take_created(r, bytes_of(in.p + from, at - from));
            continue;
        }
        t->nested = (uint8_t)(t->nested + (c == '(') - (c == ')'));
        t->expects |= t->nested == 1 && (c == ',' || c == '(');
        t->creating = c != ';' && !(c == ')' && t->nested == 0) && t->nested < 8;
        at++;
    }
    return at;
}

static void begin_created(struct row_reader *r) {
    struct tuple_reader *t = &r->tuple;
    reader_open(r, OPEN_TUPLE, 0, ++t->created | 1u << 31);
    t->creating = true;
    t->expects = false;
    t->nested = t->ordinal = t->waited = 0;
}

void tuple_read(struct row_reader *r, struct bytes in) {
    struct tuple_reader *t = &r->tuple;
    size_t at = 0;
    if ((t->open || t->creating) && ++t->waited > OPEN_LINES) {
        t->open = t->creating = false;
        return;
    }
    if (!t->open && bytes_starts_nocase(in, "create table "))
        begin_created(r);
    at = read_created(r, in, at);
    if (t->open)
        at = read_values(r, in, 0);
    while (at < in.n) {
        uint8_t c = in.p[at];
        if (c == '(') {
            t->open = true;
            t->ordinal = t->waited = 0;
            at = t->statement == NAMES_MAY_COME ? read_names(r, in, at + 1) : read_values(r, in, at + 1);
        } else if (c == ';') {
            t->statement = NO_STATEMENT;
            at++;
        } else if (is_blank(c) || c == ',') {
            at++;
        } else {
            size_t from = at;
            while (at < in.n && !is_blank(in.p[at]) && in.p[at] != '(' && in.p[at] != ';')
                at++;
            read_word(r, bytes_of(in.p + from, at - from));
        }
    }
}
