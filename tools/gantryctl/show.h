/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRYCTL_SHOW_H
#define GANTRYCTL_SHOW_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Parts of an answer for people, from tables of what stands where. Bold headings on a terminal only, unless
 * NO_COLOR is set; text from the sensor has no characters that act on a terminal. */
enum show_as {
    SHOW_TEXT,
    SHOW_PLAIN,    /* a number without separators */
    SHOW_COUNT,    /* 1 234 567 */
    SHOW_BYTES,    /* 1.2 MB */
    SHOW_PPM,      /* of parts per million: 0.013 % */
    SHOW_DURATION, /* of seconds: 3 d 4 h */
    SHOW_TIME,     /* RFC 3339: 2026-05-31 04:12:09 UTC */
};

struct shown {
    const char *label;
    const char *path; /* keys with dots between */
    enum show_as as;
};

enum { SHOW_ROOM = 256 };

/* What stands at `path`; NULL: nothing. */
const json_t *show_find(const json_t *from, const char *path);
/* As one line without a newline; "-" for what is not there. Returns out. */
const char *show_value(const json_t *value, enum show_as as, char out[SHOW_ROOM]);
/* A text as one line: what acts on a terminal instead of showing stands as <U+202E>. */
const char *show_text(const char *text, char out[SHOW_ROOM]);
/* The same of a number. */
const char *show_number(double value, enum show_as as, char out[SHOW_ROOM]);
/* "Heading", then "  label  value" for each line of the table. */
void show_fields(const char *heading, const json_t *from, const struct shown *fields);
/* "Heading", a line of labels, a line for each member of the array; numbers stand to the right. */
void show_table(const char *heading, const json_t *array, const struct shown *columns);
/* "Heading", then a line for each text of the array. */
void show_lines(const char *heading, const json_t *array);
void show_heading(const char *heading);

#endif
