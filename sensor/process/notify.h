/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROCESS_NOTIFY_H
#define GANTRY_PROCESS_NOTIFY_H

#include "base/clock.h"

/* What the supervisor tells the service manager that started it: datagrams to $NOTIFY_SOCKET, as sd_notify(3)
 * describes. Nothing happens where there is no service manager. */
struct notify {
    int fd;        /* -1: nobody listens */
    time_ns every; /* half of the watchdog's time; 0: it does not watch */
    time_ns next;  /* monotonic time of the next sign of life */
    time_ns again; /* monotonic time at which more time may be asked for again */
};

/* Reads the environment, and connects: before the sandbox closes. The variables are removed. */
void notify_open(struct notify *n);
void notify_close(struct notify *n);

/* "READY=1", "STOPPING=1", "RELOADING=1", "STATUS=..."; lines. Loses it rather than wait. */
void notify_tell(const struct notify *n, const char *state);
/* A reload begins (with the time that the manager asks for), and "READY=1" ends it. */
void notify_reloading(const struct notify *n);
/* A start that takes long is waited for: asks once a second for 30 more. */
void notify_extend(struct notify *n);
/* A sign of life, when it is due. */
void notify_beat(struct notify *n);

#endif
