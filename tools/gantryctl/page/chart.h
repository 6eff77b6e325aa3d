/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRYCTL_PAGE_CHART_H
#define GANTRYCTL_PAGE_CHART_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Charts as inline SVG and HTML: no scripts, no fonts, nothing fetched. Colours are classes ("c-unapproved")
 * whose values stand in the page's style sheet, for light and dark. Each chart has a title and a description
 * for those who do not see it, and each mark a title with its value. All texts are escaped here. */

/* Text as it may stand between tags and in a quoted attribute; control characters and those that turn the
 * direction of writing become visible. */
void html_text(FILE *out, const char *text);

/* What a bar or column is stacked from, in this order. */
struct chart_series {
    const char *name;  /* of the legend */
    const char *style; /* class; our own, not escaped */
};

enum { CHART_SERIES_MAX = 8 };

struct chart_item {
    const char *label;
    const char *note; /* behind a bar; NULL: none */
    double value[CHART_SERIES_MAX];
};

struct chart {
    const char *title, *description;
    const struct chart_series *series;
    size_t series_count;
    const struct chart_item *items;
    size_t item_count;
    /* A value for people, NUL-terminated: "1.2 MB". */
    void (*format)(double value, char *out, size_t size);
};

/* Columns over time: as many items as there are days; labels thin out when there are many. */
void chart_columns(FILE *out, const struct chart *c);
/* Horizontal bars, an item a line. */
void chart_rows(FILE *out, const struct chart *c);
void chart_legend(FILE *out, const struct chart *c);
/* How much of a limit is used: a bar that changes its colour from 80 % and from 100 %, and the numbers. */
void chart_meter(FILE *out, double used, double limit, void (*format)(double value, char *out, size_t size));

/* Formats for the charts. */
void chart_count(double value, char *out, size_t size); /* "12,345" */
void chart_bytes(double value, char *out, size_t size); /* "1.2 MB" */

#endif
