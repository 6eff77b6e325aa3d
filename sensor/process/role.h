/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROCESS_ROLE_H
#define GANTRY_PROCESS_ROLE_H

#include "base/clock.h"
#include "process/sandbox/sandbox.h"

#include <signal.h>

/* What the sensor consists of: one row a role (sensor_roles, in roles.c). Starting, closing, limiting,
 * watching, starting again and telling of processes is done for every role alike from its row; a role adds
 * its own code in `begin` and `run` alone. */

struct sensor;
struct child;
struct children;

/* What a child needs of what the supervisor has open. All else of this list is closed before it begins. */
enum keeps {
    KEEPS_CAPTURE = 1 << 0, /* packets: of its own number */
    KEEPS_OUTPUTS = 1 << 1, /* files of outputs that were opened before the sandbox closed */
    KEEPS_UPPER = 1 << 2,   /* memory that only the supervisor and the reporter see */
    KEEPS_SOCKETS = 1 << 3, /* where requests and metrics are taken */
    KEEPS_FILES = 1 << 4,   /* that workers gather: to read, and what is said of them: of its own number */
};

struct role {
    const char *name;                             /* "worker": log, status */
    unsigned (*count)(const struct sensor *s);    /* processes; it does not change; NULL: one */
    struct sandbox_profile sandbox;               /* what it may do once it has begun */
    uint64_t (*headroom)(const struct sensor *s); /* bytes that it may then take; NULL: no limit */
    unsigned keeps;                               /* bits of enum keeps */

    /* Begins before all others, tells when it is ready, which they wait for, and ends after them: no signal
     * tells it to. At most one process of all roles. */
    bool receives;
    /* Has a place (sensor.h): a ring for what it finds, a status with a beat, new snapshots. */
    bool inspects;
    /* Does work for those that do not, and is told to stop once they have ended: all when the sensor stops,
     * offline by themselves. */
    bool serves;
    bool nameless_alone; /* in the log, while there is one process of it */

    /* Deaths soon after the start wait longer each time, so that a restart storm backs off: the first not at
     * all, the n-th `first_wait` << n, at most `longest_wait`. */
    time_ns first_wait, longest_wait;
    /* How long one that inspects may go without a beat before it is killed; NULL: as long as it likes. */
    time_ns (*stuck_after)(const struct sensor *s);

    /* In the supervisor, once, before the first child: makes what its processes share with others. NULL:
     * nothing. */
    bool (*share)(struct sensor *s, struct error *e);
    /* In the child: makes its tables, before the sandbox is closed; NULL with a reason. The row of the
     * supervisor itself has neither this nor `run`. */
    void *(*begin)(struct sensor *s, const struct child *self, struct error *e);
    /* Then: its loop, until its work is done or child_stopping; the exit status. */
    int (*run)(void *begun);
    /* In the supervisor, of one that ended (status of waitpid(2)): it has ended for good (children_end), or
     * not (children_restart). NULL: child_ended(). */
    void (*ended)(struct children *c, struct child *child, int status);
};

/* In a child that does not receive: it was told to stop. */
extern volatile sig_atomic_t child_stopping;

/* Of gantry; the first is the supervisor's. */
extern const struct role sensor_roles[];
extern const size_t sensor_role_count;

unsigned role_count(const struct role *role, const struct sensor *s); /* processes; 0: the supervisor's */

#endif
