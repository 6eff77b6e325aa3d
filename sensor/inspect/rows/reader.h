/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_INSPECT_ROWS_READER_H
#define GANTRY_INSPECT_ROWS_READER_H

#include "base/octets.h"
#include "inspect/rows/skim.h"
#include "inspect/rows/table.h"

/* What the readers of the formats share. lines.c cuts text into lines, or pieces of long lines, and says
 * which reader gets them; each of these turns its piece into cells of a table: placed.c has those whose
 * columns have places. */
enum {
    LINE_MAX_BYTES = 2048,
    JSON_DEPTH = 16,
    HEAD_MAX = 1024,
    OPEN_LINES =
        64, /* after which what was opened and not closed is not open any more: it would hide a table */
};

/* Names of columns that were told apart from their rows ("columns": [...], INSERT INTO t (...)). */
struct json_reader {
    bool in_string;  /* a string is open */
    bool valued;     /* a value came, and no sign behind it */
    bool is_odd;     /* the line is no JSON */
    uint8_t odd;     /* lines of that kind */
    uint8_t depth;   /* of what is open; deeper ones are counted and look like JSON_DEPTH */
    uint32_t arrays; /* by depth: 1 for an array */
    uint8_t ordinal[JSON_DEPTH + 1];
    int16_t parent[JSON_DEPTH + 1];   /* by depth: the key that an object stands behind, -1 */
    uint8_t name_n, name[CELL_SIGNS]; /* of the key, if it is short */
    uint8_t arrays_before;            /* arrays at the top that ended; 2: they are rows */
    bool rows;                        /* the array that is open is a row by that */
    int16_t key;                      /* a column of `keyed` whose value comes next, -1: none */
    bool key_asks;                    /* the key is "name" or the like: its value names the next "value" */
    int16_t named;                    /* column that the next "value" belongs to, -1 */
    bool is_value_key;                /* the key is "value" or the like */
    int16_t list_key;                 /* of the array that is open, -1 */
};

/* A key that was met, and what it says whatever stands around it. */
struct json_key {
    uint8_t n, text[22]; /* 1 + its octets; 0: none */
    bool asks, answers;  /* as json_reader's key_asks and is_value_key */
    uint32_t digest;     /* reader_key_digest() */
};
enum { JSON_KNOWN = 32 };

struct markup_reader {
    bool in_tag, in_cell, closed; /* inside <...>; inside <td>; the last tag closed an element */
    uint8_t waited;               /* lines since what is open was opened */
    bool in_list;                 /* a row of <td> is open */
    uint8_t ordinal;
    int16_t named;   /* column of the element that follows, by the text of one such as <key>, -1 */
    bool asks;       /* such an element is open */
    bool is_th;      /* the cell is <th> */
    int16_t element; /* column of the text that follows, -1 */
    bool has_cell;   /* the cell's text has come */
    uint8_t head;    /* cells of this row that were in <th> */
    uint8_t heads[TABLE_COLUMNS];
};

struct tuple_reader {
    bool creating;     /* the columns of a table that is created are named, */
    bool expects;      /* a name comes next */
    uint8_t waited;    /* lines since what is open was opened */
    uint8_t nested;    /* parentheses that are open */
    uint32_t created;  /* tables */
    bool open, into;   /* inside of parentheses; the word before was INTO */
    bool reads;        /* the table's name says that it holds plate reads */
    uint32_t names;    /* digest of the names of its columns */
    uint8_t statement; /* 0: none, 1: names of columns may come, 2: values */
    uint8_t ordinal;
};

/* A table whose columns have places. Several are open at a time, so that rows of other kinds between its rows
 * do not end it; what is not seen for long gives its place to others. */
struct open_table {
    struct row_table table;
    uint8_t delimiter; /* of text, or OPEN_TUPLE; 0: none */
    uint8_t ragged;    /* rows one behind another of another width, and */
    uint16_t ragged_width;
    uint16_t width;
    uint32_t names; /* digest of the names of its columns, 0: none */
    uint32_t used;  /* when it was taken last */
};

enum { OPEN_TABLES = 4, OPEN_TUPLE = 255, OPEN_LIST = 254 };

struct row_reader {
    struct row_judge judge;
    struct row_table keyed;
    struct open_table open[OPEN_TABLES];
    uint8_t current; /* of these */
    uint32_t turns;  /* of tables */
    struct json_reader json;
    struct markup_reader markup;
    struct tuple_reader tuple;
    uint16_t awake;  /* lines that are read as a whole, whatever stands in them */
    uint32_t passed; /* octets of lines that were not read since some were in turn */
    uint32_t turn;
    bool skims;      /* `skim` is in use */
    bool hit;        /* the line is known to hold something */
    bool heading;    /* a line is read that may be names alone */
    uint16_t head_n; /* the last line without digits: it may name the columns of those that follow */
    uint8_t head[HEAD_MAX];
    struct json_key json_known[JSON_KNOWN];
    bool midst;                                        /* the line began in a piece before */
    enum { SKIP_NOTHING, SKIP_VALUE, SKIP_LINE } skip; /* behind a gap: up to the end of what it cut */
    uint16_t line_n;
    uint8_t line[LINE_MAX_BYTES]; /* from here on nothing is cleared at the start */
    struct row_skim skim;
};

/* `midst`: it goes on with a line whose piece was read before. */
void json_read(struct row_reader *r, struct bytes piece);
void markup_read(struct row_reader *r, struct bytes piece);
void tuple_read(struct row_reader *r, struct bytes piece);
/* `classes`: what stands in the line, at least. */
void text_read(struct row_reader *r, struct bytes line, unsigned classes);
/* A line that is drawn, of hyphens and the like or in box characters. */
bool text_is_ruler(struct bytes line);
void json_reset(struct json_reader *j);
void markup_reset(struct markup_reader *m);

/* What stands in a line, at least; some bits may be set for others of its octets. */
enum {
    LINE_DIGIT = 1,
    LINE_SIGN = 2,    /* : < = */
    LINE_SPECIAL = 4, /* % & */
    LINE_BACK = 8,    /* \ */
    LINE_BRACE = 16,  /* [ ] { } */
    LINE_END = 32,    /* other ends of lines */
    LINE_QUOTE = 128, /* " ( */
    LINE_RARE = 64,   /* the rest of them */
    LINE_PAIR = 256,  /* = : */
    LINE_BLANK = 512,
    LINE_ROWS = 1024, /* ; | */
};
unsigned line_classes(struct bytes line);

/* The table that is read. */
static inline struct row_table *reader_placed(struct row_reader *r) {
    return &r->open[r->current].table;
}

/* Makes the table of this kind the current one; false: there was none, and it is begun. */
bool reader_open(struct row_reader *r, uint8_t delimiter, size_t width, uint32_t names);

/* The column of `keyed` for this name, -1: none. */
int reader_key(struct row_reader *r, struct bytes name);
/* The same in two steps: the first one says the same of a name again and again. */
uint32_t reader_key_digest(struct bytes name);
int reader_key_of(struct row_reader *r, struct bytes name, uint32_t digest);
/* A row of the placed table. The first ones may be the names of its columns. */
void reader_row(struct row_reader *r, const struct bytes *cell, size_t n);

/* Undoes escapes of JSON in strings, of HTML and of URLs, if there is one before a sign that matters. False:
 * there is none. `out` has room for piece.n octets. */
bool unescape_piece(struct bytes piece, uint8_t *out, size_t *n);

#endif
