/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/statement.h"

#include "base/hex.h"

/* --- literals --- */

static void put_octets(struct statement *s, const uint8_t *p, size_t n) {
    rows_put(s->rows, bytes_of(p, n));
}

static bool is_letter(uint8_t c) {
    char lower = letter_lower((char)c);
    return (lower >= 'a' && lower <= 'z') || c == '_';
}

static bool is_word_octet(uint8_t c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '$' || c >= 0x80;
}

/* How many octets stand before one of four that ends the run. */
static size_t count_until(const uint8_t *p, size_t n, const char stops[4]) {
    const uint8_t *s = (const uint8_t *)stops;
    size_t i = 0;
    while (i < n && p[i] != s[0] && p[i] != s[1] && p[i] != s[2] && p[i] != s[3])
        i++;
    return i;
}

static void begin_literal(struct statement *s, uint8_t quote) {
    char before = letter_lower((char)s->before);
    enum value_form form = before == 'x' ? VALUE_HEX : s->backslashes ? VALUE_PLAIN : VALUE_MAY_BE_HEX;
    s->quote = quote;
    s->escapes = s->backslashes || before == 'e';
    s->at = STATEMENT_LITERAL;
    put_octets(s, &quote, 1);
    value_begin(&s->rows->value, s->rows->source, bytes_of(NULL, 0), form, LENGTH_UNKNOWN);
}

static void end_literal(struct statement *s, bool whole) {
    rows_put(s->rows, value_end(&s->rows->value, whole));
    if (s->at == STATEMENT_QUOTE)
        put_octets(s, &s->quote, 1);
    s->at = STATEMENT_TEXT;
}

static size_t take_text(struct statement *s, const uint8_t *p, size_t n) {
    const char *stops = s->backslashes ? "'\"`0" : "'\"'\"";
    size_t run = count_until(p, n, stops);
    put_octets(s, p, run);
    if (run)
        s->before = p[run - 1];
    if (run == n)
        return n;
    uint8_t stop = p[run];
    if (stop == '\'' || (stop == '"' && s->backslashes)) {
        begin_literal(s, stop);
    } else if (stop == '0') {
        s->at = is_word_octet(s->before) ? STATEMENT_TEXT : STATEMENT_ZERO;
        put_octets(s, p + run, 1);
    } else {
        s->at = STATEMENT_NAME;
        s->quote = stop;
        put_octets(s, p + run, 1);
    }
    s->before = stop;
    return run + 1;
}

static size_t take_zero(struct statement *s, const uint8_t *p) {
    s->at = STATEMENT_TEXT;
    if (*p != 'x')
        return 0;
    put_octets(s, p, 1);
    s->at = STATEMENT_DIGITS;
    value_begin(&s->rows->value, s->rows->source, bytes_of(NULL, 0), VALUE_HEX, LENGTH_UNKNOWN);
    return 1;
}

static size_t take_digits(struct statement *s, const uint8_t *p, size_t n) {
    size_t run = 0;
    while (run < n && hex_value(p[run]) >= 0)
        run++;
    if (run)
        value_data(&s->rows->value, p, run);
    if (run < n)
        end_literal(s, true);
    return run;
}

static size_t take_literal(struct statement *s, const uint8_t *p, size_t n) {
    const char quote = (char)s->quote, escape = s->escapes ? '\\' : quote;
    const char stops[] = {quote, escape, quote, escape};
    size_t run = count_until(p, n, stops);
    if (run)
        value_data(&s->rows->value, p, run);
    if (run == n)
        return n;
    s->at = p[run] == s->quote ? STATEMENT_QUOTE : STATEMENT_ESCAPE;
    return run + 1;
}

/* MySQL 9.1.1; PostgreSQL 4.1.2.2 has most of them. */
static size_t take_escape(struct statement *s, const uint8_t *p) {
    static const char from[] = "0nrtbZ", to[] = "\0\n\r\t\b\x1a";
    const char *found = *p ? strchr(from, *p) : NULL;
    uint8_t octet = found ? (uint8_t)to[found - from] : *p;
    value_data(&s->rows->value, &octet, 1);
    s->at = STATEMENT_LITERAL;
    return 1;
}

static size_t take_quote(struct statement *s, const uint8_t *p) {
    if (*p != s->quote) {
        end_literal(s, true);
        return 0;
    }
    value_data(&s->rows->value, p, 1);
    s->at = STATEMENT_LITERAL;
    return 1;
}

static size_t take_name(struct statement *s, const uint8_t *p, size_t n) {
    const uint8_t *end = memchr(p, s->quote, n);
    size_t run = end ? (size_t)(end - p) + 1 : n;
    put_octets(s, p, run);
    if (end)
        s->at = STATEMENT_TEXT;
    return run;
}

static void take_flow(struct statement *s, const uint8_t *p, size_t n) {
    for (size_t at = 0; at < n;) {
        switch (s->at) {
        case STATEMENT_TEXT:
            at += take_text(s, p + at, n - at);
            break;
        case STATEMENT_ZERO:
            at += take_zero(s, p + at);
            break;
        case STATEMENT_DIGITS:
            at += take_digits(s, p + at, n - at);
            break;
        case STATEMENT_LITERAL:
            at += take_literal(s, p + at, n - at);
            break;
        case STATEMENT_ESCAPE:
            at += take_escape(s, p + at);
            break;
        case STATEMENT_QUOTE:
            at += take_quote(s, p + at);
            break;
        case STATEMENT_NAME:
            at += take_name(s, p + at, n - at);
        }
    }
}

static bool is_within_literal(const struct statement *s) {
    return s->at == STATEMENT_LITERAL || s->at == STATEMENT_ESCAPE || s->at == STATEMENT_QUOTE ||
           s->at == STATEMENT_DIGITS;
}

/* --- the statement --- */

void statement_begin(struct statement *s, struct rows *rows, bool backslashes) {
    s->rows = rows;
    s->backslashes = backslashes;
    s->flows = false;
    s->at = STATEMENT_TEXT;
    s->before = 0;
    s->held_n = 0;
}

static void begin_flow(struct statement *s) {
    s->flows = true;
    rows_name(s->rows, statement_table(s));
    s->rows->header = 0; /* what follows does not stand below it */
    take_flow(s, s->held, s->held_n);
}

void statement_data(struct statement *s, const uint8_t *p, size_t n) {
    if (!s->flows) {
        size_t room = (size_t)(STATEMENT_HELD - s->held_n), take = n < room ? n : room;
        memcpy(s->held + s->held_n, p, take);
        s->held_n = (uint16_t)(s->held_n + take);
        p += take;
        n -= take;
        if (n > 0)
            begin_flow(s);
    }
    if (n > 0)
        take_flow(s, p, n);
}

void statement_gap(struct statement *s, uint64_t n) {
    if (!s->flows)
        begin_flow(s);
    if (is_within_literal(s))
        value_gap(&s->rows->value, n);
    else
        rows_gap(s->rows, n);
}

/* In quotes, or in digits behind 0x. */
static bool quotes(const struct statement *s) {
    struct bytes held = bytes_of(s->held, s->held_n);
    return held.n && (memchr(held.p, '\'', held.n) ||
                      (s->backslashes && (memchr(held.p, '"', held.n) || bytes_hold_nocase(held, "0x"))));
}

enum statement_kind statement_end(struct statement *s, bool text, bool whole) {
    enum statement_kind kind = statement_kind(s);
    if (!s->flows && text && kind == STATEMENT_CHANGES && quotes(s))
        begin_flow(s);
    if (s->flows) {
        if (is_within_literal(s))
            end_literal(s, whole);
        rows_text(s->rows, bytes_text("\n"));
        s->rows->in_line = false;
        rows_pause(s->rows);
    }
    s->flows = false;
    return kind;
}

/* --- what it says --- */

/* The next word, name or sign; white space and comments are skipped. */
static struct bytes next_token(struct bytes *in) {
    while (in->n > 0) {
        struct bytes b = *in;
        size_t skip = 0;
        if (b.p[0] <= ' ')
            skip = 1;
        else if (b.p[0] == '#' || (b.n > 1 && b.p[0] == '-' && b.p[1] == '-'))
            skip = bytes_until(b, '\n').n;
        else if (b.n > 3 && b.p[0] == '/' && b.p[1] == '*') {
            const uint8_t *end = memmem(b.p + 2, b.n - 2, "*/", 2);
            skip = end ? (size_t)(end - b.p) + 2 : b.n;
        }
        if (skip == 0)
            break;
        *in = bytes_of(b.p + skip, b.n - skip);
    }
    size_t n = 0;
    while (n < in->n && (is_word_octet(in->p[n]) || in->p[n] == '.' || in->p[n] == '"' || in->p[n] == '`'))
        n++;
    struct bytes token = bytes_of(in->p, n ? n : in->n > 0);
    *in = bytes_of(in->p + token.n, in->n - token.n);
    return token;
}

static bool is_one_of(struct bytes word, const char *const *list) {
    for (; *list; list++)
        if (bytes_equal_nocase(word, *list))
            return true;
    return false;
}

static struct bytes held_bytes(const struct statement *s) {
    return bytes_of(s->held, s->held_n);
}

/* The first word; brackets before it are not looked at. */
static struct bytes first_word(struct bytes *rest) {
    struct bytes word;
    do
        word = next_token(rest);
    while (word.n == 1 && word.p[0] == '(');
    return word;
}

/* Puts *rest behind that word. False: it is not there. */
static bool find_word(struct bytes *rest, const char *wanted) {
    struct bytes word;
    while ((word = next_token(rest)).n > 0)
        if (bytes_equal_nocase(word, wanted))
            return true;
    return false;
}

/* A function that is called with values brings them, but for those that every client calls. */
static bool calls_function(const struct statement *s, struct bytes rest) {
    struct bytes all = held_bytes(s);
    return !find_word(&rest, "FROM") && !bytes_hold_nocase(all, "pg_") &&
           !bytes_hold_nocase(all, "set_config") && !bytes_hold_nocase(all, "@@");
}

static bool brings(struct bytes rest) {
    struct bytes insert = rest, update = rest;
    return find_word(&insert, "INSERT") || find_word(&update, "UPDATE");
}

enum statement_kind statement_kind(const struct statement *s) {
    static const char *const asks[] = {
        "SHOW",     "SET",       "BEGIN",   "START",    "COMMIT",     "END",    "ROLLBACK",
        "ABORT",    "SAVEPOINT", "RELEASE", "RESET",    "DISCARD",    "LISTEN", "FETCH",
        "CLOSE",    "EXPLAIN",   "USE",     "DESCRIBE", "DESC",       "LOCK",   "DEALLOCATE",
        "TABLE",    "FLUSH",     "KILL",    "XA",       "CHECKPOINT", "MOVE",   "UNLOCK",
        "UNLISTEN", "ANALYZE",   "VACUUM",  "DECLARE",  NULL};
    struct bytes rest = held_bytes(s), word = first_word(&rest);
    if (word.n == 0 || is_one_of(word, asks))
        return STATEMENT_ASKS;
    if (bytes_equal_nocase(word, "COPY"))
        return STATEMENT_COPY;
    if (bytes_equal_nocase(word, "LOAD"))
        return STATEMENT_LOAD;
    if (bytes_equal_nocase(word, "SELECT"))
        return calls_function(s, rest) ? STATEMENT_CHANGES : STATEMENT_ASKS;
    if (bytes_equal_nocase(word, "WITH"))
        return brings(rest) ? STATEMENT_CHANGES : STATEMENT_ASKS;
    return STATEMENT_CHANGES;
}

static struct bytes strip_quotes(struct bytes name) {
    if (name.n >= 2 && (name.p[0] == '"' || name.p[0] == '`') && name.p[name.n - 1] == name.p[0])
        name = bytes_of(name.p + 1, name.n - 2);
    return name;
}

/* *rest is behind the table's name then. */
static struct bytes find_table(const struct statement *s, struct bytes *rest) {
    *rest = held_bytes(s);
    struct bytes word = first_word(rest);
    bool next = bytes_equal_nocase(word, "COPY") || bytes_equal_nocase(word, "UPDATE");
    bool load = bytes_equal_nocase(word, "LOAD");
    bool from = bytes_equal_nocase(word, "SELECT") || bytes_equal_nocase(word, "DELETE");
    if (!next && !find_word(rest, load ? "TABLE" : from ? "FROM" : "INTO"))
        return bytes_of(NULL, 0);
    struct bytes name = next_token(rest);
    return name.n && (is_word_octet(name.p[0]) || name.p[0] == '"' || name.p[0] == '`') ? strip_quotes(name)
                                                                                        : bytes_of(NULL, 0);
}

struct bytes statement_table(const struct statement *s) {
    struct bytes rest;
    return find_table(s, &rest);
}

void statement_columns(const struct statement *s, struct rows_columns *out) {
    struct bytes rest, word;
    columns_clear(out);
    if (find_table(s, &rest).n == 0)
        return;
    word = next_token(&rest);
    if (word.n != 1 || word.p[0] != '(')
        return;
    while ((word = next_token(&rest)).n > 0 && word.p[0] != ')')
        if (word.p[0] != ',')
            columns_add(out, strip_quotes(word), 0);
}
