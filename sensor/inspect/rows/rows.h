/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_INSPECT_ROWS_ROWS_H
#define GANTRY_INSPECT_ROWS_ROWS_H

#include "base/bytes.h"

/* Records in text, by their structure: delimited text with any separator and quoting, columns kept apart by
 * blanks, JSON (lines, arrays, pretty-printed, by columns), XML, tables of HTML and Markdown, SQL dumps, keys
 * with their values, lines of logs. It finds the columns, judges them by all their cells, and hands on the
 * cells of columns that hold plates or the numbers of travel documents. Text in UTF-8 or Latin-1, in pieces
 * of any size, the same however it is cut; state of fixed size. */
struct row_reader;

enum row_cell {
    ROW_CELL_PLATE,    /* of a column, key or element whose name says plate */
    ROW_CELL_SHAPE,    /* of one whose cells and neighbours do */
    ROW_CELL_DOCUMENT, /* the number of a travel document, in a table of travellers */
};

enum { ROW_CELLS_MAX = 4096 /* handed on of an object */ };

/* Of the tables whose cells were handed on. */
struct row_facts {
    uint32_t rows;              /* of the longest of them */
    uint32_t plates, documents; /* cells handed on, one that repeats itself mostly once */
    bool named, shaped;         /* how a column of plates was known */
    bool time, state, reader;   /* there is a column of times, of states, of what plate readers add */
    bool more;                  /* ROW_CELLS_MAX were handed on, or some could not be: there may be more */
    uint32_t
        jurisdictions; /* whose series explain nine of ten plates of a column; bits as in row_jurisdictions */
};

/* NULL-terminated; at most 32. */
extern const char *const row_jurisdictions[];

struct row_sink {
    void *context;
    /* `text`: 4 to 12 capital letters and digits without joints. */
    void (*cell)(void *context, enum row_cell kind, struct bytes text);
};

size_t row_reader_size(void); /* octets of the state, which needs no end */
/* `seed` keeps strangers from choosing what looks repeated. */
void row_reader_init(struct row_reader *r, uint64_t seed);
/* As row_reader_init(), for one that row_reader_end() has ended, whatever its first eight octets are by now:
 * it costs a tenth. */
void row_reader_again(struct row_reader *r, uint64_t seed);
/* Text that was gathered from where no records belong, such as fields of heads: what a field is called says
 * nothing of its values, unless it is called as plates are. */
void row_reader_expect_strays(struct row_reader *r);
void row_reader_push(struct row_reader *r, const struct row_sink *sink, struct bytes text);
/* Bytes are missing: what stands before and behind is not one record. */
void row_reader_gap(struct row_reader *r, const struct row_sink *sink);
void row_reader_end(struct row_reader *r, const struct row_sink *sink);
const struct row_facts *row_reader_facts(const struct row_reader *r);

#endif
