/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROCESS_EXAMINER_EXAMINER_H
#define GANTRY_PROCESS_EXAMINER_EXAMINER_H

#include "pipeline/pipeline.h"
#include "process/children/children.h"

/* The role of the examiners: each takes files that workers have gathered (pipeline/shared/examine_area.h)
 * apart, one after the other. One that dies is started again and tries the file that it died of once more;
 * then it is given up, and so is the same file whenever it comes again. */

/* As role.h has them. */
unsigned examiner_count(const struct sensor *s);
uint64_t examiner_headroom(const struct sensor *s);
time_ns examiner_stuck_after(const struct sensor *s);
bool examiner_share(struct sensor *s, struct error *e);
void *examiner_begin(struct sensor *s, const struct child *self, struct error *e);
int examiner_run(void *examiner);

/* --- client.c: in a worker --- */

/* What the worker is to gather in, and ask whom; what a predecessor left is cleared. NULL: nothing is
 * examined elsewhere. Before its pipeline is created. */
const struct examination *examiner_ask(const struct sensor *s, unsigned worker);

#endif
