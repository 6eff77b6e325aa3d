/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROCESS_READINESS_H
#define GANTRY_PROCESS_READINESS_H

#include "base/clock.h"
#include "base/log.h"

#include <stdbool.h>
#include <stddef.h>

/* What a child says of its start, over a pipe: a newline once it is ready, else why it is not. Its parent
 * looks now and then and waits for nothing. All zero: nobody starts. */
struct readiness {
    enum readiness_state { READINESS_NONE, READINESS_WAITS, READINESS_READY, READINESS_FAILED } state;
    int fd;           /* while it waits */
    time_ns since;    /* monotonic */
    bool late;        /* it takes longer than READINESS_LATE_S, and that was said */
    struct error why; /* it failed */
    size_t n;         /* bytes heard */
};

enum { READINESS_LATE_S = 5 };

/* What was heard before is forgotten. *tell: for the child alone, which inherits it. False: errno says why.
 */
bool readiness_begin(struct readiness *r, int *tell);
/* Nobody was started after all. */
void readiness_cancel(struct readiness *r);
/* Never blocks. A child that ended without a word has failed. */
void readiness_look(struct readiness *r);
/* True once: it has become late. */
bool readiness_grew_late(struct readiness *r, time_ns now);

/* In the child: "\n", or a reason; closes. */
void readiness_tell(int fd, const char *text);

#endif
