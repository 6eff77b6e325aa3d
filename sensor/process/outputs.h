/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROCESS_OUTPUTS_H
#define GANTRY_PROCESS_OUTPUTS_H

#include "config/config.h"
#include "process/options.h"
#include "process/sandbox/sandbox.h"

/* Where the sensor writes: what the command line names, and what is configured. */
struct outputs {
    struct output_config list[OUTPUTS_MAX + 1]; /* the one behind the last: files of the fleet's TLS */
    size_t given;                               /* of -o: these come first, and stay at a reload */
    size_t count;
};

/* Those of -o; their texts are kept by reference or in the arena. False after logging what is wrong. */
bool outputs_parse(struct outputs *o, const struct options *options, struct arena *arena);
/* Adds the configured ones in the place of those that were configured before; without any, alerts are printed
 * for people. */
bool outputs_configure(struct outputs *o, const struct config *c, struct problems *problems);
/* Files are opened while that is possible (report.h); at a reload those that are not wanted any more are
 * closed with outputs_close_others(). False after telling the problem. */
bool outputs_open(const struct outputs *o, const struct sandbox *sandbox, bool offline,
                  struct problems *problems);
void outputs_close_others(const struct outputs *o);
unsigned outputs_records(const struct outputs *o); /* enum report_records that any of them writes */

#endif
