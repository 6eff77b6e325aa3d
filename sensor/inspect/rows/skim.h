/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_INSPECT_ROWS_SKIM_H
#define GANTRY_INSPECT_ROWS_SKIM_H

#include "inspect/rows/table.h"

/* Text in which nothing was worth a look for long is skimmed: lines alone are read in which something may be
 * a plate that is new, or a word may name plates or documents. */
enum { SKIM_KNOWN = 512, SKIM_NAMES = 64 };

/* What was met: values without their numbers, and how often names were behind which no value came. */
struct row_skim {
    uint16_t known[SKIM_KNOWN];
    uint8_t met[SKIM_NAMES];
};

struct skim_hit {
    size_t at;    /* where it stands; the text's end: nothing was found */
    size_t lines; /* ends of lines before it, */
    size_t line;  /* and what stands behind the last of them */
    enum { SKIM_NOTHING, SKIM_PLATE, SKIM_NAME, SKIM_ESCAPE /* octets by their numbers */ } is;
};

/* The first thing in the text that asks for a look at its line. */
struct skim_hit skim_find(struct row_skim *k, const struct row_judge *j, struct bytes text);
/* The same without what some processors cannot do. */
struct skim_hit skim_find_plain(struct row_skim *k, const struct row_judge *j, struct bytes text);

#endif
