/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_STATEMENT_H
#define GANTRY_PROTOCOL_STATEMENT_H

#include "protocol/rows.h"

/* A statement of SQL, from any chunks. What it brings goes into its side's text: one that changes something
 * and quotes values, and any that is long; long literals, and those that begin as files do, are objects of
 * their own. What it says of rows that follow is told. Nothing else of it is kept. */

enum { STATEMENT_HELD = 1024 };

enum statement_kind {
    STATEMENT_ASKS, /* brings nothing */
    STATEMENT_CHANGES,
    STATEMENT_COPY, /* of PostgreSQL */
    STATEMENT_LOAD, /* LOAD DATA of MySQL */
};

struct statement {
    struct rows *rows;
    bool backslashes; /* escape in every literal, and double quotes begin one: MySQL */
    bool flows;       /* it is in the text, as far as it came */
    enum {
        STATEMENT_TEXT,
        STATEMENT_ZERO,    /* behind a 0 that may begin a literal of digits */
        STATEMENT_DIGITS,  /* in one */
        STATEMENT_LITERAL, /* between quotes */
        STATEMENT_ESCAPE,  /* behind a backslash */
        STATEMENT_QUOTE,   /* behind a quote that ends it, unless another one follows */
        STATEMENT_NAME,    /* between other quotes */
    } at;
    uint8_t quote, before; /* that of the literal; the last octet of the text */
    bool escapes;          /* of this literal */
    uint16_t held_n;
    uint8_t held[STATEMENT_HELD];
};

void statement_begin(struct statement *s, struct rows *rows, bool backslashes);
void statement_data(struct statement *s, const uint8_t *p, size_t n);
void statement_gap(struct statement *s, uint64_t n);
/* `text`: what it quotes goes into the text (else it is only prepared, or somebody else does so). */
enum statement_kind statement_end(struct statement *s, bool text, bool whole);

/* What its first octets say, until the next one begins. The table that it names first; empty if none. */
enum statement_kind statement_kind(const struct statement *s);
struct bytes statement_table(const struct statement *s);
/* The columns of an INSERT, if it lists them. */
void statement_columns(const struct statement *s, struct rows_columns *out);

#endif
