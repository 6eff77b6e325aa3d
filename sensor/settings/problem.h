/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_SETTINGS_PROBLEM_H
#define GANTRY_SETTINGS_PROBLEM_H

#include <stdbool.h>
#include <stddef.h>

/* What is wrong in files that a user wrote, gathered so that one run of --check names them all.
 * Errors stop the load, warnings do not. Each prints as one line
 *     FILE:LINE: error: KEY: what is wrong; how to mend it
 * Bounded: after PROBLEMS_MAX the rest is counted. */
enum { PROBLEMS_MAX = 50 };

struct problem {
    char *text;
    bool warning;
};

struct problems {
    struct problem list[PROBLEMS_MAX];
    size_t count;  /* kept */
    size_t errors; /* all, kept or not */
    size_t warnings;
};

void problems_finish(struct problems *p);

/* `line` is 1-based, 0 when there is none. Always returns false. */
__attribute__((format(printf, 4, 5))) bool problem_error(struct problems *p, const char *file, int line,
                                                         const char *format, ...);
__attribute__((format(printf, 4, 5))) void problem_warning(struct problems *p, const char *file, int line,
                                                           const char *format, ...);

/* All of them to standard error, errors first as found. */
void problems_print(const struct problems *p);
/* The same as lines into `out`, as many whole ones as fit; NUL-terminated. */
void problems_write(const struct problems *p, char *out, size_t size);

#endif
