/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_POSTGRESQL_SESSION_H
#define GANTRY_PROTOCOL_POSTGRESQL_SESSION_H

#include "protocol/postgresql/postgresql.h"
#include "protocol/seek.h"
#include "protocol/statement.h"

/* Internal to postgresql/: one connection. postgresql.c finds messages, postgresql_body.c reads bodies of any
 * length from any chunks, postgresql_message.c knows short messages, postgresql_copy.c what COPY moves,
 * postgresql_large.c large objects, postgresql_format.c values, postgresql_statements.c what was prepared. */

enum {
    PG_SMALL = 1024, /* octets of a message that is read at once; what a longer one holds is looked at */
    PG_STATEMENTS = 16,
};

/* What comes next in a body. */
enum pg_step {
    PG_AT_SMALL, /* all of it, into `small` */
    PG_AT_SKIP,  /* nothing that is wanted */
    PG_AT_STRAY, /* an object */
    PG_AT_COPY,  /* COPY's own octets */
    PG_AT_QUERY, /* a statement, up to its NUL */
    PG_AT_COUNT, /* of columns in T, values in D, types in t; then as many of */
    PG_AT_COLUMN_NAME,
    PG_AT_COLUMN,
    PG_AT_LENGTH,
    PG_AT_VALUE,
    PG_AT_LARGE,    /* octets of a large object */
    PG_AT_FUNCTION, /* F: which one */
    PG_AT_TYPE,
    PG_AT_PREPARED,     /* P: the statement's name */
    PG_AT_TYPE_COUNT,   /* behind its text */
    PG_AT_PORTAL,       /* B: a name, */
    PG_AT_BOUND,        /* that of the statement, */
    PG_AT_FORMAT_COUNT, /* formats, */
    PG_AT_FORMAT,
    PG_AT_VALUE_COUNT, /* values */
};

struct pg_copy {
    struct transfer *transfer;
    bool open;
    /* What it holds. In text a value of hexadecimal digits begins behind a separator; in binary rows begin
     * behind a header (PostgreSQL documentation, COPY, "Binary Format"). */
    enum {
        PG_COPY_BEGIN,
        PG_COPY_TEXT,
        PG_COPY_MARK, /* behind a separator and a backslash */
        PG_COPY_DIGITS,
        PG_COPY_HEADER,
        PG_COPY_EXTENSION,
        PG_COPY_COUNT,
        PG_COPY_LENGTH,
        PG_COPY_VALUE,
    } at;
    uint8_t last; /* octet of the text */
    uint8_t small_n, small[24];
    unsigned values;
    uint32_t left;
    struct value value;
};

struct pg_statement {
    uint64_t name; /* digest */
    bool used, asks;
    uint8_t table_n, table[VALUE_NAME];
    struct rows_columns columns;
};

struct pg_side {
    bool seeks; /* the place of the next message is not known */
    uint16_t sought_n;
    uint8_t sought[PG_WINDOW];
    uint8_t head_n, head[8];
    bool in_body;
    uint8_t type;  /* 0: a packet without one */
    uint32_t left; /* octets of the body */
    enum pg_step step;
    unsigned count, index; /* of what is repeated */
    uint32_t value_left, value_type;
    bool value_begins; /* nothing of the value came yet */
    struct transfer *stray;
    uint16_t text_n; /* octets of a name that is gathered in `small` */
    uint16_t small_n;
    uint8_t small[PG_SMALL];
    struct sql_source source;
    struct rows rows;
    struct pg_copy copy;
    struct transfer *large;
    bool large_open;
};

struct postgresql {
    struct conversation *c;
    bool sides_known;
    enum side server;
    enum {
        PG_PLAIN,
        PG_ASKED_TLS,
        PG_ASKED_GSS,
        PG_GRANTED_GSS,
        PG_SEALED, /* by GSS-API */
    } seal;
    struct pg_side side[2];
    struct statement statement;         /* of the client, that is coming */
    uint8_t table_n, table[VALUE_NAME]; /* that the last statement names */
    struct rows_columns columns;        /* of the result that is coming */
    struct pg_statement prepared[PG_STATEMENTS];
    unsigned next;                       /* to be forgotten */
    uint32_t function;                   /* that was called last */
    struct pg_statement *parsed, *bound; /* the last ones */
};

/* --- postgresql_body.c --- */

void pg_begin_body(struct postgresql *g, struct pg_side *s);
/* Octets of the body, as many as its step wants; how many were taken. */
size_t pg_take_body(struct postgresql *g, struct pg_side *s, const uint8_t *p, size_t n);
/* False: nobody knows what follows. */
bool pg_gap_body(struct postgresql *g, struct pg_side *s, uint64_t n);
/* All of it is there, or no more will come. */
void pg_end_body(struct postgresql *g, struct pg_side *s, bool whole);

/* --- postgresql_message.c --- */

void pg_take_small(struct postgresql *g, struct pg_side *s);
void pg_take_startup(struct postgresql *g, struct pg_side *s);
void pg_note_statement(struct postgresql *g);

/* --- postgresql_copy.c --- */

void pg_copy_data(struct pg_side *s, const struct postgresql *g, const uint8_t *p, size_t n);
void pg_copy_gap(struct pg_side *s, uint64_t n);
void pg_copy_end(struct pg_side *s, enum transfer_end how);

/* --- postgresql_large.c --- */

void pg_large_call(struct postgresql *g, uint32_t function);
/* Is the value that begins part of a large object? */
bool pg_is_large(const struct postgresql *g, const struct pg_side *s);
void pg_large_data(struct pg_side *s, const uint8_t *p, size_t n);
void pg_large_gap(struct pg_side *s, uint64_t n);
void pg_large_close(struct postgresql *g, enum transfer_end how);

/* --- postgresql_format.c --- */

enum { PG_TYPE_BYTEA = 17, PG_TYPE_JSONB = 3802, PG_TEXT_ROOM = 64 };

/* A value as text, whichever of its two formats it has. Lives in `room` or is `value`. */
struct bytes pg_format_value(uint32_t type, struct bytes value, char room[PG_TEXT_ROOM]);

/* --- postgresql_statements.c --- */

/* Instead of another one of that name. */
struct pg_statement *pg_prepare(struct postgresql *g, struct bytes name);
/* NULL: it was not seen. */
struct pg_statement *pg_find_statement(struct postgresql *g, struct bytes name);
void pg_forget_statements(struct postgresql *g);

#endif
