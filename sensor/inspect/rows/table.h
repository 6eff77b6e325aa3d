/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_INSPECT_ROWS_TABLE_H
#define GANTRY_INSPECT_ROWS_TABLE_H

#include "inspect/rows/cell.h"
#include "inspect/rows/name.h"
#include "inspect/rows/rows.h"
#include "inspect/validate.h"

/* Columns and what was seen of them. Tables have columns by their place in a row, or by their name (keys of
 * JSON, elements of XML, names before a sign of equality). */
enum {
    TABLE_COLUMNS = 64,
    TABLE_FAR = 8,
    TABLE_NEAR = TABLE_COLUMNS - TABLE_FAR,
    TABLE_PLACES = 320,
    TABLE_JOINED = TABLE_COLUMNS, /* the values of two columns together, such as KXR and 4471 */
    SUSPECTS = 12,
    SUSPECT_KEPT = 28,
    LETTERS_KNOWN = 8,
    SUSPECT_RECENT = 64,
    BACKLOG_KEPT = 1024
};

/* The counts are of the last cells: they are halved now and then, so that what comes behind many other rows
 * is judged by itself. */
struct traveller_counts {
    uint8_t births, later; /* days up to now, and of them or behind them those since 2015 */
    uint8_t alpha2, alpha3, sexes, numbers, varied;
    uint16_t first, last; /* years of its days */
    uint16_t build;       /* of the first number */
};

struct row_column {
    uint32_t key;    /* of a name, 0 for none */
    uint8_t name;    /* enum row_name */
    uint8_t suspect; /* number, from 1; 0: none */
    bool tail;       /* row_name_is_tail() */
    uint8_t rest;    /* cells until it may be a suspect again; RESTS_LONG: until one has other letters */
    uint8_t refused; /* other keys that found no place because of it */
    uint8_t letters_n;
    uint8_t seen; /* cells, as far as it matters */
    uint8_t cells, wide, numbers, shaped, likely, times, states, readers, persons, makes;
    uint16_t letters[LETTERS_KNOWN]; /* of a column that rests: what its values are without their digits */
    bool by_values;                  /* it has its name by its values, and those of the columns beside it */
    struct traveller_counts counts;
};

struct row_table {
    struct row_column column[TABLE_COLUMNS + 1];
    uint8_t used;            /* columns up to the last one of which something is known */
    uint16_t far[TABLE_FAR]; /* places beyond TABLE_NEAR that the last columns stand for, 0 for none */
    uint32_t rows;
    uint8_t suspects, settled;     /* of its columns; and of these those on which there is a verdict */
    uint8_t joined, joined_misses; /* the first of the two columns whose values are joined, from 1; 0: none */
    unsigned row_is;               /* bits of the cells of this row */
    bool skips;   /* of this row those columns alone are looked at of which little is known yet, or much */
    bool skipped; /* some were not */
    bool reads;   /* its name says that it holds plate reads */
    bool named;   /* names of columns were told */
    bool titled;  /* words stand above the columns that are no names that are known */
    bool alone;   /* lines of one cell */
    bool loose;   /* single blanks keep its cells apart: words of a log, more often than cells */
};

/* One of the last values of a suspect that fit, and what stood in the column since the one before it. */
struct kept_value {
    uint8_t n, sign[CELL_SIGNS];
    uint8_t shape;           /* of plate_shape_number(), 0 for none */
    uint16_t build;          /* as in struct cell */
    uint16_t is, row_is;     /* bits of the cell, and of the cells of its row */
    uint8_t others, strange; /* cells of other kinds; letters and digits that no plate has */
    bool looked;             /* at all cells of its row */
    bool twin;               /* its letters came again with another number */
    uint32_t letters;        /* digest of the value without its digits */
    uint32_t number;         /* the last one of these letters */
};

/* What was counted of values, halved now and then so that the last ones count most. */
struct value_counts {
    uint8_t fits, digits, letters, various, counted, strange, known, vowels, unsure;
};

/* Values that came before the verdict on their column and have no room among its last ones: all suspects have
 * one ring for them. A list in the order of its letters says for long too little of its column. */
struct backlog {
    uint64_t value[BACKLOG_KEPT]; /* its signs as one number */
    uint16_t owner[BACKLOG_KEPT]; /* of a suspect */
};

/* A column that may hold plates or document numbers. */
struct suspect {
    struct row_table *table; /* NULL: free */
    uint16_t owner;          /* of values in the backlog: no two suspects have the same for long */
    uint8_t column;
    bool settled, document;
    bool strays;             /* as of the judge */
    bool lost;               /* values came before it was settled for which there was no room */
    bool behind;             /* values of it are in the backlog */
    bool in_row;             /* a value of this row was kept */
    uint8_t kind;            /* enum row_cell, once settled */
    uint8_t due;             /* values since it was judged */
    uint32_t row;            /* of the last value, by the judge's count */
    uint32_t passed;         /* as the judge counts them, at the last value */
    uint8_t others, strange; /* cells since the last value that was kept */
    uint32_t fits;           /* all values */
    struct value_counts lately;
    uint64_t firsts; /* first signs, a bit each */
    uint32_t last_letters, last_number;
    uint32_t recent[SUSPECT_RECENT]; /* digests of values */
    uint8_t kept, oldest;            /* in a ring */
    struct kept_value value[SUSPECT_KEPT];
};

struct row_judge {
    uint64_t seed;
    const struct row_sink *sink; /* within a call */
    bool strays;                 /* names of columns say nothing of what stands in them */
    struct row_facts facts;
    unsigned suspects; /* in use */
    uint32_t rows;     /* of all tables */
    uint8_t turn;      /* whose place is taken next */
    bool likely;       /* a cell may be a plate */
    bool hopeless;     /* a column rests that held no plates for long */
    bool sparse;       /* few lines are read: of these all cells are looked at */
    uint32_t passed;   /* lines that were skimmed and not read */
    uint16_t owners;   /* of values in the backlog, so far */
    uint32_t behind;   /* values that went there, so far */
    struct suspect suspect[SUSPECTS];
    struct backlog backlog; /* never cleared: what stands beyond `behind` is of texts before this one */
};

/* Evenly spread, and not to be foreseen by who does not know the seed. */
static inline uint64_t judge_mix(const struct row_judge *j, uint32_t number) {
    uint64_t h = (j->seed ^ number) * 0x9e3779b97f4a7c15u;
    return (h ^ h >> 29) * 0xbf58476d1ce4e5b9u;
}

/* --- suspects.c --- */

/* The suspect of a column that is worth one; NULL: none. */
struct suspect *suspect_find(struct row_judge *j, struct row_table *t, unsigned column,
                             const struct cell *cell);
void suspect_take(struct row_judge *j, struct suspect *s, const struct cell *cell);
/* A cell of its column that does not fit. */
void suspect_skip(struct row_judge *j, struct suspect *s, const struct cell *cell);
void suspect_row_end(struct row_judge *j, struct suspect *s);
void suspect_drop(struct row_judge *j, struct row_column *c);

/* --- backlog.c --- */

/* From now on it owns no value there. */
void backlog_begin(struct row_judge *j, struct suspect *s);
/* The oldest value of all makes room. */
void backlog_keep(struct row_judge *j, struct suspect *s, const uint8_t *sign, size_t n);
/* Hands on what it owns there. */
void backlog_hand_on(struct row_judge *j, struct suspect *s);

/* --- traveller.c --- */

/* 740812 */
bool traveller_is_short_date(struct bytes text);
/* A cell of a column that has no name. */
void traveller_halve(struct traveller_counts *n);
void traveller_count(struct traveller_counts *n, const struct cell *cell, struct bytes text);
/* Gives columns of numbers of documents, births and nationalities their names if they are such ones by their
 * values; at a row's end. */
void traveller_name(struct row_judge *j, struct row_table *t);
/* Is it worth a look, at so many rows? */
static inline bool traveller_is_due(uint32_t rows) {
    return rows % 6 == 0 && ((rows / 6) & (rows / 6 - 1)) == 0;
}

/* --- verdict.c --- */

bool row_name_is_plate(uint8_t name);
/* `last`: no more cells come, so that few are enough. */
void suspect_judge(struct row_judge *j, struct suspect *s, bool last);
void suspect_hand_on(struct row_judge *j, const struct suspect *s, const uint8_t *sign, size_t n);

/* --- table.c --- */

/* Forgets all of a table, whose columns are judged as they stand. */
void table_begin(struct row_judge *j, struct row_table *t);
/* Other names come for the same columns. Values of columns whose names say nothing are kept: else a header
 * between two rows, again and again, would hide them. */
void table_rename(struct row_judge *j, struct row_table *t);
/* Does a name say that a column holds plates or documents? */
bool table_is_wanted(const struct row_table *t);
void table_name(struct row_judge *j, struct row_table *t, unsigned column, enum row_name name);
/* The column that keeps what is known of a place; of places far behind those alone that have a name, or look
 * like plates. -1: none. */
int table_place_far(struct row_table *t, unsigned place, enum row_name name, struct bytes text);
static inline int table_place(struct row_table *t, unsigned place, enum row_name name, struct bytes text) {
    return place < TABLE_NEAR ? (int)place : table_place_far(t, place, name, text);
}
/* The column of this key, whose name is `name`; -1: there is no room. */
int table_find(struct row_table *t, uint32_t key, struct bytes name);
void table_cell(struct row_judge *j, struct row_table *t, unsigned column, struct bytes text);
void table_row_end(struct row_judge *j, struct row_table *t);
/* Would a row of these cells be the names of columns? */
bool table_is_header(const struct bytes *cell, size_t n);

#endif
