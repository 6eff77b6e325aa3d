/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_WORD_H
#define GANTRY_REPORT_WORD_H

#include <stdbool.h>

/* Words that names of files, hosts and commands are made of, and that are no plates. */
enum word_sense {
    WORD_PLAIN = 1,   /* a word, or a name of a format with digits in it */
    WORD_PLACE = 2,   /* has a number of its own: a lane, a camera, a page */
    WORD_ENDING = 4,  /* ends the name of a file, behind a dot */
    WORD_COUNTED = 8, /* a camera's or program's, before a number that counts up: IMG_0001 */
};

/* The senses of an ASCII word in lower case; 0: it is not known. */
unsigned word_senses(const char *word);
/* Is it what forms and records call a plate ("plate=", "lpn=")? */
bool word_names_plate(const char *word);
enum { WORD_LONGEST = 16 };

#endif
