/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROCESS_OPTIONS_H
#define GANTRY_PROCESS_OPTIONS_H

#include "report/report.h"
#include "settings/arena.h"

#include <stdbool.h>
#include <stddef.h>

enum { OPTIONS_FILES_MAX = 1024, OPTIONS_OUTPUTS_MAX = 16 };

/* The command line, as given. */
struct options {
    const char *config;                   /* -c */
    const char *interface;                /* -i */
    const char *files[OPTIONS_FILES_MAX]; /* -r, in order */
    size_t file_count;
    const char *filter;                       /* -f */
    const char *outputs[OPTIONS_OUTPUTS_MAX]; /* -o, FORMAT:TARGET */
    size_t output_count;
    const char *events; /* --events, NULL: alert */
    const char *cache;  /* --cache, as set_cache_open() takes it */
    unsigned workers;   /* -w, 0: as configured */
    bool inspect_all, check, verbose, quiet;
};

/* True: go on. False: *status is what the process exits with (0 after --help, 2 after a mistake that was
 * told). */
bool options_parse(struct options *o, int argc, char **argv, int *status);

#endif
