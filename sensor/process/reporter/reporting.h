/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROCESS_REPORTER_REPORTING_H
#define GANTRY_PROCESS_REPORTER_REPORTING_H

#include "process/children/children.h"

/* The role of the reporter: records in, alerts out, until all that inspect have finished, or until it is to
 * hand over (upper_status): then all that it took is in the store, and its successor goes on. It answers
 * requests and serves metrics meanwhile. */

enum { REPORTER_HANDED_OVER = 3 }; /* exit status: it has ended for a successor */

/* As role.h has them. It says that it is ready once its outputs are open, or why it is not. */
void *reporting_begin(struct sensor *s, const struct child *self, struct error *e);
int reporting_run(void *reporting);
/* One that was told to hand over, or died meanwhile, has a successor by the reload. One that ends by itself
 * ends the sensor; one that died is started again while others are left or the channels hold something: live
 * for ever, offline and while all stop until it is seen that it comes to nothing. */
void reporting_ended(struct children *c, struct child *child, int status);

#endif
