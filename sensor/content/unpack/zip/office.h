/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_CONTENT_ZIP_OFFICE_H
#define GANTRY_CONTENT_ZIP_OFFICE_H

#include "content/unpack/unpack.h"
#include "content/unpack/zip/store.h"
#include "content/unpack/zip/xml.h"

/* What people see in a document: the rows of its tables, a cell behind a tab, and its paragraphs, as a text
 * beside the XML that holds them: of Office Open XML (ISO/IEC 29500-1) and OpenDocument (ISO/IEC 26300). A
 * sheet's cells name texts by number, and how a number is shown, which stand in other members, behind it most
 * often: rows wait for them, as far as there is room. */

enum office_part {
    OFFICE_NONE,
    OFFICE_SHEET,   /* xl/worksheets/sheet1.xml */
    OFFICE_STRINGS, /* xl/sharedStrings.xml */
    OFFICE_STYLES,  /* xl/styles.xml */
    OFFICE_TEXT,    /* word/document.xml, ppt/slides/slide1.xml */
    OFFICE_CONTENT, /* content.xml of OpenDocument */
};

enum { OFFICE_OUT = 1024, OFFICE_VALUE = 32, OFFICE_STYLES_MAX = 4096, OFFICE_FORMATS = 64 };

struct office {
    struct unpack *unpack;
    struct unpack_made made;
    struct filter *child; /* the text that is being written; NULL: none */
    bool refused;         /* it may be none */
    struct xml xml;
    enum office_part part;
    bool collects;      /* text belongs to a cell, or a paragraph */
    bool numbered;      /* the cell names a text by its number, */
    bool worded;        /* or holds one */
    bool phonetic;      /* a reading beside the text */
    bool filled;        /* something was written into the cell, or row */
    bool in_cell;       /* of a table */
    bool knows_strings; /* all of them were seen, */
    bool knows_styles;  /* and these */
    bool rows_full;     /* no more rows are kept, */
    bool strings_full;  /* and no more texts */
    bool cut;           /* no more of the text is written: a bound is met */
    uint8_t value_n;
    char value[OFFICE_VALUE]; /* of the cell: a number */
    uint16_t style;           /* how it is shown */
    uint16_t column;          /* of the cell that is being read, */
    uint16_t columns;         /* those of the row that were written, */
    uint16_t repeated;        /* how often it stands there */
    uint16_t out_n;
    struct store strings, starts; /* texts, and where each begins */
    struct store rows;            /* those that wait */
    bool in_styles;               /* those that cells name */
    uint16_t format, style_n, format_n;
    uint16_t formats[OFFICE_FORMATS];     /* numbers of those that show dates */
    uint8_t dates[OFFICE_STYLES_MAX / 8]; /* bits: styles that do */
    char out[OFFICE_OUT];
};

/* --- date.c --- */
/* Does a number's format (18.8.30, 18.8.31) show it as a date or a time? */
bool date_is_format(uint64_t id);
bool date_is_code(struct bytes code);
/* Days since 1899-12-30 (18.17.4.1) as "2026-05-31 04:12:09", "2026-05-31" or "04:12:09"; 0: it is none. */
enum { DATE_TEXT = 24 };
size_t date_show(struct bytes number, char out[DATE_TEXT]);

/* --- office.c --- */
/* By its path in the archive. */
enum office_part office_part_of(struct bytes path);
void office_init(struct office *o, struct unpack *u);
void office_begin(struct office *o, enum office_part part);
void office_data(struct office *o, struct bytes in);
void office_end(struct office *o, bool whole);
/* What waits is written as far as it is known; gives the memory back. */
void office_finish(struct office *o);

#endif
