/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_WORDS_H
#define GANTRY_REPORT_WORDS_H

#include "report/event/letter.h"
#include "report/event/redact.h"

#include <stdbool.h>

/* A text as words, and what each of them is; for redact.c. */

enum word_role {
    ROLE_NONE,    /* may be a plate, or a group of one */
    ROLE_PLAIN,   /* small letters: an ordinary word by its looks */
    ROLE_KNOWN,   /* stays: a word of word.h, an address, a digest, a dimension, the end of a file's name */
    ROLE_DATE,    /* a date, or a time beside one */
    ROLE_PLACE,   /* a lane, a camera, a page, with its number */
    ROLE_COVERED, /* was covered before */
};

struct word {
    uint16_t first, end;      /* places of its letters in the view */
    uint16_t letters, digits; /* how many */
    uint16_t capitals;        /* letters that are not small: capitals, and those of scripts without case */
    uint16_t small;           /* the others */
    uint16_t runs;            /* of letters alone or digits alone */
    uint16_t stars;
    uint16_t joint; /* characters between it and the next; none where it is one run with it */
    uint8_t role;
    bool dot, underscore; /* the joint is just that */
    bool last;            /* a name ends behind it */
    bool year;            /* four digits from 1900 to 2099 */
    bool plate_named;     /* "plate=" stands before it */
};

struct view {
    struct letter letters[REDACT_LETTERS];
    bool covered[REDACT_LETTERS];
    size_t count;
    struct word words[REDACT_LETTERS];
    size_t word_count;
};

/* As many characters of `text`, which is not empty, as fit, and their words with their roles; returns the
 * octets read. Where not all fit it stops where a word ends, if there is one. */
size_t words_read(struct view *v, struct bytes text);

#endif
