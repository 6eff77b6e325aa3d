/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_ROWS_H
#define GANTRY_PROTOCOL_ROWS_H

#include "base/clock.h"
#include "protocol/value.h"

/* A text that is made of what one side of a conversation with a database says in short pieces: rows, a line
 * each, TAB between the fields, below the names of their columns; statements, a line each. It is one object
 * as long as it goes on, so that rows that come one by one count together, and has no digest, since it is
 * ours. Values that are files of their own are left out of it. */

enum {
    ROWS_COLUMNS = 256, /* of which types and names are kept; more have none */
    ROWS_LINE = 2048,   /* octets that are gathered */
};

struct rows_column {
    uint32_t type; /* the protocol's own */
    uint8_t name_n, name[VALUE_NAME];
};

struct rows_columns {
    unsigned n; /* also of those that are not kept */
    unsigned kept, room;
    uint64_t digest; /* of the names that are kept */
    struct rows_column *column;
};

void columns_clear(struct rows_columns *c);
void columns_add(struct rows_columns *c, struct bytes name, uint32_t type);
void columns_finish(struct rows_columns *c);
/* One without a name or type where it is not known. */
const struct rows_column *columns_at(const struct rows_columns *c, unsigned i);

struct rows {
    const struct sql_source *source;
    struct transfer *transfer;
    bool open, in_line;
    time_ns begun, last;
    time_ns pause; /* after which what comes is another object; it may last twelve times as long */
    uint64_t size;
    uint64_t header; /* of the columns whose names were written last */
    uint8_t name_n, name[VALUE_NAME];
    struct value value;
    uint16_t line_n;
    uint8_t line[ROWS_LINE];
};

void rows_init(struct rows *r, const struct sql_source *source);
/* What it is called if it begins now. */
void rows_name(struct rows *r, struct bytes name);
/* The names of the columns, unless they stand above already. */
void rows_header(struct rows *r, const struct rows_columns *c);
/* Octets as they are. */
void rows_text(struct rows *r, struct bytes text);
/* The same, but what is no text is no control character either. */
void rows_put(struct rows *r, struct bytes text);
/* A short field. */
void rows_field(struct rows *r, struct bytes text);
/* The field whose value is r->value. */
void rows_field_end(struct rows *r, bool whole);
void rows_line_end(struct rows *r);
/* Something is missing in the text. */
void rows_gap(struct rows *r, uint64_t n);
/* The end of a result, or of a statement: where enough has come the next one begins another object. */
void rows_pause(struct rows *r);
/* At the end of each call: what was gathered goes on. */
void rows_flush(struct rows *r);
/* From the protocol's settle: ends it where nothing came for a while. True: it must be called again. */
bool rows_settle(struct rows *r);
void rows_end(struct rows *r, enum transfer_end how);

#endif
