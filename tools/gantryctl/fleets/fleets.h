/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRYCTL_FLEETS_H
#define GANTRYCTL_FLEETS_H

#include "report/fleet/fleet_options.h"

#include <jansson.h>

/* What all sensors have said in the fleet's engine, asked of nobody else. */
struct fleet_question {
    const struct fleet_options *options;
    const char *word[3]; /* network, destination, class; NULL: any */
};
/* {"sensors": [...], "lines": [...], "cut": ...}, to be given up with json_decref(). NULL after saying on
 * standard error what is wrong. */
json_t *fleet_gather(const struct fleet_question *q);
/* The engine forgets what this sensor said of itself; false after saying what is wrong. */
bool fleet_forget(const struct fleet_options *o, const char *sensor);

#endif
