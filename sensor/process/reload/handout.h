/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROCESS_RELOAD_HANDOUT_H
#define GANTRY_PROCESS_RELOAD_HANDOUT_H

#include "pipeline/generation.h"

/* How sealed snapshots come from the supervisor to one worker: by their descriptors (SCM_RIGHTS, unix(7))
 * over a pair of sockets made before the first fork, so that a worker's successor has them too. */
struct handout {
    int give, take; /* the supervisor's end, the worker's; -1: closed */
};

bool handout_open(struct handout *h);
void handout_close(struct handout *h);
/* In the worker: it gives nothing. */
void handout_only_take(struct handout *h);

/* Never blocks; false: not now. `wants`: enum report_records that any output writes. */
bool handout_give(const struct handout *h, const struct snapshot *s, unsigned wants);
/* Maps the newest that was given and is later than `version`; those before it are let go. `taken`: slots in
 * use here, which a snapshot must not have. True: there was one; its configuration is NULL if it cannot be
 * mapped. */
bool handout_take(const struct handout *h, uint64_t version, unsigned taken, struct snapshot_view *out);

#endif
