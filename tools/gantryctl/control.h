/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRYCTL_CONTROL_H
#define GANTRYCTL_CONTROL_H

#include "command.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Asking a running sensor over its control socket (sensor/control/control.h says what goes over it), and what
 * all subcommands that do so have in common:
 *
 *     struct control_client c;
 *     int status = control_arguments(&status_command, flags, 0, argc, argv, &c);
 *     return status ? status : control_show(&c, (const char *const[]){"status", NULL}, show);
 */

/* An option of one subcommand; a table of them ends with a NULL name. */
struct control_flag {
    const char *name;   /* "--once" */
    bool *flag;         /* set when it is given; or */
    const char **value; /* the argument that must follow */
};

enum { CONTROL_WORDS_MAX = 8 };

struct control_client {
    const char *socket; /* --socket PATH */
    const char *config; /* -c FILE: where sensor.control is looked up; neither: /run/gantry/control */
    bool json;          /* --json */
    const char *word[CONTROL_WORDS_MAX + 1]; /* what is no option, in order; ends with NULL */
    size_t count;
};

/* For the help text of each of them. */
#define CONTROL_HELP                                                                                         \
    "  -c, --config FILE  configuration of the sensor, for where its control socket is\n"                    \
    "      --socket PATH  its control socket; /run/gantry/control if neither is given\n"                     \
    "      --json         print the sensor's answer as one JSON document\n"

/* Reads options and at most `words` words; `flags` may be NULL. 0, or the exit status after saying what is
 * wrong. */
int control_arguments(const struct command *command, const struct control_flag *flags, size_t words, int argc,
                      char **argv, struct control_client *out);
/* Something is where the sensor would listen; nothing is said if not. */
bool control_present(const struct control_client *c);
/* The sensor's answer to a request of these words (the end is NULL): an object, to be given up with
 * json_decref(). NULL after saying on standard error what is wrong and how to mend it. */
json_t *control_ask(const struct control_client *c, const char *const *words);
/* The document on standard output, indented, what acts on a terminal escaped; gives it up; EXIT_DONE, or
 * EXIT_FAILED without memory. */
int control_print(json_t *answer);
/* Asks, and draws the answer with `show`, or prints it for --json; the exit status. */
int control_show(const struct control_client *c, const char *const *words,
                 void (*show)(const json_t *answer));

/* Why there is no answer. */
struct control_failure {
    bool passing;   /* whoever was to answer ended, or is not there yet: a successor may */
    char text[512]; /* what is wrong and how to mend it; empty: that was said already */
};
/* The same as control_ask(), which says it. */
json_t *control_try(const struct control_client *c, const char *const *words, struct control_failure *f);
void control_complain(const struct control_failure *f);

#endif
