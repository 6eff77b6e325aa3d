/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROCESS_PROGRESS_H
#define GANTRY_PROCESS_PROGRESS_H

#include "process/status.h"

/* A bar with the time left on standard error, for captures that take over two seconds; on a terminal only. */
struct progress {
    bool wanted, shown;
    time_ns start, last; /* monotonic */
};

void progress_init(struct progress *p, bool wanted);
void progress_show(struct progress *p, struct worker_status *const *status, unsigned workers);
void progress_clear(struct progress *p);

#endif
