/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_EXAMINE_SHEET_H
#define GANTRY_EXAMINE_SHEET_H

#include "examine/examine.h"

/* What a format has as rows becomes a text, a child of its own: RFC 4180, cells in UTF-8. Its octets are
 * ours, so no digest tells of them. */
struct sheet {
    struct examined *examined;
    struct filter *child; /* NULL: none was to be had */
    bool within;          /* a cell of this row has been */
    uint64_t blobs;
    size_t n;
    uint8_t room[4096];
};

void sheet_begin(struct sheet *r, struct examined *x, const char *name);
void sheet_cell(struct sheet *r, struct bytes text);
/* A value that is no text by its type: one of some size is a child of its own, named by its table and column;
 * a short one that is text is a cell. */
void sheet_blob(struct sheet *r, struct bytes value, const char *table, const char *column);
void sheet_end_row(struct sheet *r);
void sheet_end(struct sheet *r, bool whole);

#endif
