/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROCESS_OPEN_H
#define GANTRY_PROCESS_OPEN_H

#include "process/options.h"
#include "process/sensor.h"

/* All that the sensor needs from the system, opened by the supervisor before it gives up root. */

/* Sockets, the sandbox's folders, captures, and memory that processes share. `workers`: captures; there may
 * be fewer then. Folders' names are kept in the arena. False after saying why: sensor_close() what there is.
 */
bool sensor_open(struct sensor *s, const struct options *options, unsigned workers, struct arena *arena);
/* Then, once its places are counted: what each has, and what roles share. False with a reason. */
bool sensor_open_places(struct sensor *s, struct error *e);
void sensor_close(struct sensor *s);

#endif
