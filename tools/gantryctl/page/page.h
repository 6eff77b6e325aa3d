/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRYCTL_PAGE_PAGE_H
#define GANTRYCTL_PAGE_PAGE_H

#include <stdio.h>

/* The frame of a self-contained HTML page: it holds its style, runs no script, and its own policy (CSP)
 * forbids the browser to fetch anything. */
void page_begin(FILE *out, const char *title, const char *subtitle);
void page_end(FILE *out, const char *footer);

void page_section(FILE *out, const char *title,
                  const char *explanation); /* NULL: none; ends the one before */
/* One of the numbers at the top: between page_tiles_begin() and page_tiles_end(). */
void page_tiles_begin(FILE *out);
void page_tile(FILE *out, const char *value, const char *label, const char *style); /* NULL: plain */
void page_tiles_end(FILE *out);

/* A table: heads (NULL-terminated), then rows of cells. */
void page_table_begin(FILE *out, const char *const *heads);
void page_row_begin(FILE *out);
void page_cell(FILE *out, const char *text);
void page_cell_number(FILE *out, const char *text);
/* A cell whose text is a verdict or state, with its colour. */
void page_cell_mark(FILE *out, const char *text, const char *style);
void page_row_end(FILE *out);
void page_table_end(FILE *out);

#endif
