/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROCESS_WORKER_WORKER_H
#define GANTRY_PROCESS_WORKER_WORKER_H

#include "pipeline/pipeline.h"
#include "process/children/children.h"

/* The role of the workers: packets in, records out, until the capture ends or all are to stop. */

/* As role.h has them. A capture that is damaged or gone ends with status 1 after saying why. */
void *worker_begin(struct sensor *s, const struct child *self, struct error *e);
int worker_run(void *worker);
/* Live it is started again on the same ring, however it ended, until all are to stop. Offline its file cannot
 * be read again, and its end is that of the file. Where no successor would do better the sensor ends. */
void worker_ended(struct children *c, struct child *child, int status);

/* --- predecessor.c --- */

/* In the successor of a worker that died: goes on with its ring, and tells what happened to it and what is
 * lost by that. */
void worker_succeed(struct pipeline *p, struct capture *capture, const struct worker_death *death,
                    uint16_t worker);

#endif
