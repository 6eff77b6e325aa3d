/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROCESS_EXAMINER_JOBS_H
#define GANTRY_PROCESS_EXAMINER_JOBS_H

#include "pipeline/shared/examine_area.h"

/* Which file is next. Those of the worker whose files took the least time lately go first, and of these those
 * of the source whose did: who sends many slow ones waits behind all others, and a worker that was taken over
 * behind the other workers, whatever it says of its files. */

struct examine_jobs {
    const struct examine_area *const *area; /* by worker */
    unsigned workers;
    unsigned examiner; /* for whom */
    struct examine_answers *answers;
};

/* Of several the one that has waited longest. NULL: none. */
const struct examine_job *jobs_find(const struct examine_jobs *q, unsigned *worker, unsigned *slot,
                                    uint64_t *ticket);

void jobs_begin(struct examine_spent *s);
void jobs_spend(struct examine_spent *s, unsigned worker, const struct address *source, uint32_t ms);
/* It took so much less. */
void jobs_return(struct examine_spent *s, unsigned worker, const struct address *source, uint32_t ms);
/* `now`: by the monotonic clock; at any time. */
void jobs_forget(struct examine_spent *s, time_ns now);

#endif
