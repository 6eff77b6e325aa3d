/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/postgresql/postgresql_session.h"

#include "base/hex.h"

static const uint8_t binary_mark[] = "PGCOPY\n\xff\r\n"; /* with its NUL */

enum { MARK = sizeof binary_mark, HEADER_REST = 8 };

/* --- values that are files, in text --- */

static bool is_separator(uint8_t octet) {
    return octet == 0 || octet == '\t' || octet == '\n' || octet == '\r' || octet == ',' || octet == '"' ||
           octet == '|' || octet == ';';
}

static size_t take_text(struct pg_copy *k, const uint8_t *p, size_t n) {
    const uint8_t *found = memchr(p, '\\', n);
    size_t run = found ? (size_t)(found - p) : n;
    if (run)
        k->last = p[run - 1];
    if (run == n)
        return n;
    if (is_separator(k->last))
        k->at = PG_COPY_MARK;
    k->last = '\\';
    return run + 1;
}

/* "\x" in CSV, "\\x" in text. */
static size_t take_mark(struct pg_copy *k, struct pg_side *s, const uint8_t *p) {
    if (*p == '\\')
        return 1;
    k->at = *p == 'x' ? PG_COPY_DIGITS : PG_COPY_TEXT;
    if (*p != 'x')
        return 0;
    value_begin(&k->value, &s->source, bytes_of(NULL, 0), VALUE_HEX, LENGTH_UNKNOWN);
    return 1;
}

static size_t take_digits(struct pg_copy *k, const uint8_t *p, size_t n) {
    size_t run = 0;
    while (run < n && hex_value(p[run]) >= 0)
        run++;
    if (run)
        value_data(&k->value, p, run);
    if (run == n)
        return n;
    value_end(&k->value, true);
    k->last = '0';
    k->at = PG_COPY_TEXT;
    return run;
}

/* --- the same in binary --- */

/* True: `want` octets are in k->small. */
static bool gather(struct pg_copy *k, size_t want, const uint8_t *p, size_t n, size_t *at) {
    while (k->small_n < want && *at < n)
        k->small[k->small_n++] = p[(*at)++];
    return k->small_n == want;
}

static uint32_t small_number(struct pg_copy *k) {
    uint32_t number = 0;
    for (unsigned i = 0; i < k->small_n; i++)
        number = number << 8 | k->small[i];
    k->small_n = 0;
    return number;
}

static void next_value(struct pg_copy *k) {
    k->at = k->values ? PG_COPY_LENGTH : PG_COPY_COUNT;
}

static void begin_value(struct pg_copy *k, struct pg_side *s, uint32_t length) {
    k->values--;
    k->left = length == UINT32_MAX ? 0 : length;
    k->at = PG_COPY_VALUE;
    value_begin(&k->value, &s->source, bytes_of(NULL, 0), VALUE_PLAIN, k->left);
    if (k->left == 0)
        next_value(k);
}

static void advance_value(struct pg_copy *k, size_t n) {
    k->left -= (uint32_t)n;
    if (k->left == 0) {
        value_end(&k->value, true);
        next_value(k);
    }
}

static size_t take_value(struct pg_copy *k, const uint8_t *p, size_t n) {
    size_t take = k->left < n ? k->left : n;
    value_data(&k->value, p, take);
    advance_value(k, take);
    return take;
}

static size_t take_binary(struct pg_copy *k, struct pg_side *s, const uint8_t *p, size_t n) {
    size_t at = 0;
    switch (k->at) {
    case PG_COPY_HEADER: /* flags, and how much more there is of it */
        if (gather(k, HEADER_REST, p, n, &at)) {
            k->left = small_number(k);
            k->at = k->left ? PG_COPY_EXTENSION : PG_COPY_COUNT;
        }
        return at;
    case PG_COPY_EXTENSION:
        at = k->left < n ? k->left : n;
        k->left -= (uint32_t)at;
        if (k->left == 0)
            k->at = PG_COPY_COUNT;
        return at;
    case PG_COPY_COUNT:
        if (gather(k, 2, p, n, &at)) {
            k->values = small_number(k);
            if (k->values == UINT16_MAX) /* the end */
                k->values = 0;
            next_value(k);
        }
        return at;
    case PG_COPY_LENGTH:
        if (gather(k, 4, p, n, &at))
            begin_value(k, s, small_number(k));
        return at;
    default:
        return take_value(k, p, n);
    }
}

/* --- all of it --- */

static size_t take_begin(struct pg_copy *k, const uint8_t *p, size_t n) {
    size_t at = 0;
    bool all = gather(k, MARK, p, n, &at);
    if (memcmp(k->small, binary_mark, k->small_n) == 0) {
        if (all) {
            k->at = PG_COPY_HEADER;
            k->small_n = 0;
        }
        return at;
    }
    /* Octets of earlier calls are the beginning of the mark, which holds none of what is looked for. */
    size_t now = at;
    k->last = k->small_n > now ? k->small[k->small_n - now - 1] : 0;
    k->small_n = 0;
    k->at = PG_COPY_TEXT;
    return 0;
}

static void look_inside(struct pg_copy *k, struct pg_side *s, const uint8_t *p, size_t n) {
    for (size_t at = 0; at < n;) {
        if (k->at == PG_COPY_BEGIN)
            at += take_begin(k, p + at, n - at);
        else if (k->at == PG_COPY_TEXT)
            at += take_text(k, p + at, n - at);
        else if (k->at == PG_COPY_MARK)
            at += take_mark(k, s, p + at);
        else if (k->at == PG_COPY_DIGITS)
            at += take_digits(k, p + at, n - at);
        else
            at += take_binary(k, s, p + at, n - at);
    }
}

static void begin_copy(struct pg_side *s, const struct postgresql *g) {
    struct pg_copy *k = &s->copy;
    struct transfer_seed seed = sql_seed(&s->source, bytes_of(g->table, g->table_n));
    k->transfer = s->source.c->services->begin(s->source.c, &seed);
    k->open = true;
    k->at = PG_COPY_BEGIN;
    k->small_n = k->last = 0;
    k->values = 0;
}

void pg_copy_data(struct pg_side *s, const struct postgresql *g, const uint8_t *p, size_t n) {
    if (!s->copy.open)
        begin_copy(s, g);
    s->source.c->services->data(s->source.c, s->copy.transfer, p, n);
    look_inside(&s->copy, s, p, n);
}

static bool is_within_value(const struct pg_copy *k) {
    return k->at == PG_COPY_DIGITS || k->at == PG_COPY_VALUE;
}

void pg_copy_gap(struct pg_side *s, uint64_t n) {
    struct pg_copy *k = &s->copy;
    if (!k->open)
        return;
    s->source.c->services->gap(s->source.c, k->transfer, n);
    if (k->at == PG_COPY_VALUE && n <= k->left) {
        value_gap(&k->value, n);
        advance_value(k, (size_t)n);
        return;
    }
    if (is_within_value(k))
        value_end(&k->value, false);
    k->at = PG_COPY_TEXT; /* where a row begins nobody knows any more */
    k->last = '0';
}

void pg_copy_end(struct pg_side *s, enum transfer_end how) {
    struct pg_copy *k = &s->copy;
    if (!k->open)
        return;
    if (is_within_value(k))
        value_end(&k->value, how == TRANSFER_DONE && k->at == PG_COPY_DIGITS);
    s->source.c->services->end(s->source.c, k->transfer, how);
    k->open = false;
    k->transfer = NULL;
}
