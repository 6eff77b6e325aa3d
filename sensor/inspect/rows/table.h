/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_INSPECT_ROWS_TABLE_H
#define GANTRY_INSPECT_ROWS_TABLE_H

#include "inspect/rows/cell.h"
#include "inspect/rows/name.h"
#include "inspect/rows/rows.h"
#include "inspect/validate.h"

/* Columns and what was seen of them. The reader has two tables: columns by their place in a row, and by their
 * name (keys of JSON, elements of XML, names before a sign of equality). */
enum {
    TABLE_COLUMNS = 64,
    TABLE_FAR = 8,
    TABLE_NEAR = TABLE_COLUMNS - TABLE_FAR,
    TABLE_PLACES = 320,
    SUSPECTS = 8,
    SUSPECT_KEPT = 28,
    SUSPECT_RECENT = 64
};

struct row_column {
    uint32_t key;    /* of a name, 0 for none */
    uint8_t name;    /* enum row_name */
    uint8_t suspect; /* number, from 1; 0: none */
    bool tail;       /* row_name_is_tail() */
    uint16_t rest;   /* cells until it may be a suspect again */
    uint8_t turn;    /* of cells that are looked at, once the column is known */
    uint16_t cells, wide, shaped, times, days, states, persons, makes;
};

struct row_table {
    struct row_column column[TABLE_COLUMNS];
    uint8_t used;            /* columns up to the last one of which something is known */
    uint16_t far[TABLE_FAR]; /* places beyond TABLE_NEAR that the last columns stand for, 0 for none */
    uint32_t rows;
    bool reads; /* its name says that it holds plate reads */
    bool named; /* names of columns were told */
    bool alone; /* lines of one cell */
    bool loose; /* single blanks keep its cells apart: words of a log, more often than cells */
};

/* A column that may hold plates or document numbers. */
struct suspect {
    struct row_table *table; /* NULL: free */
    uint8_t column, kept;
    bool settled, document;
    bool lost;    /* cells came before it was settled for which there was no room */
    uint8_t kind; /* enum row_cell, once settled */
    uint16_t fits, digits, letters, counted, unsure, vowels, postcodes, apart;
    uint16_t shape[PLATE_SHAPES];
    uint64_t skeletons[4]; /* values without their digits, by a bit of their digest */
    uint64_t firsts;       /* first signs, a bit each */
    uint32_t last_letters, last_number;
    uint32_t recent[SUSPECT_RECENT]; /* digests of values */
    struct {
        uint8_t n, sign[CELL_SIGNS];
    } kept_cell[SUSPECT_KEPT];
};

struct row_judge {
    uint64_t seed;
    const struct row_sink *sink; /* within a call */
    struct row_facts facts;
    unsigned suspects; /* in use */
    struct suspect suspect[SUSPECTS];
};

/* Forgets all of a table, whose columns are judged as they stand. */
void table_begin(struct row_judge *j, struct row_table *t);
void table_name(struct row_judge *j, struct row_table *t, unsigned column, enum row_name name);
/* The column that keeps what is known of a place; of places far behind those alone that have a name, or look
 * like plates. -1: none. */
int table_place(struct row_table *t, unsigned place, enum row_name name, struct bytes text);
/* The column of this key, whose name is `name`; -1: there is no room. */
int table_find(struct row_table *t, uint32_t key, struct bytes name);
void table_cell(struct row_judge *j, struct row_table *t, unsigned column, struct bytes text);
void table_row_end(struct row_judge *j, struct row_table *t);
/* Would a row of these cells be the names of columns? */
bool table_is_header(const struct bytes *cell, size_t n);

#endif
