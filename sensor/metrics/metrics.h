/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_METRICS_METRICS_H
#define GANTRY_METRICS_METRICS_H

#include "base/log.h"
#include "health/health.h"

#include <sys/types.h>

/* The figures of the stats record for Prometheus, by HTTP: GET or HEAD of /metrics, nothing else, without
 * encryption or password, so at a local socket or an address that the configuration names.
 *
 *     fd = metrics_listen(to, &made, &e)          as root, in the supervisor
 *     metrics_give(to, made, user, group, &e)     once the account is known
 *     m = metrics_create(fd, health)              in the reporter, and in its loop:
 *     n = metrics_poll(m, fds, most); poll(...); metrics_serve(m)
 *
 * Nothing blocks: libmicrohttpd runs in the caller's loop, without threads. Connections beyond
 * METRICS_CONNECTIONS wait in the system's queue; one that has not ended after METRICS_SECONDS is cut off,
 * however busy it is; a request may have METRICS_REQUEST_MAX bytes; the text is made at most five times a
 * second. */
enum { METRICS_CONNECTIONS = 16, METRICS_SECONDS = 5, METRICS_REQUEST_MAX = 8 << 10 };

/* Is `to` "unix:/PATH", "ADDRESS:PORT" or "[IPV6]:PORT"? No names are looked up. */
bool metrics_check(const char *to, struct error *e);
const char *metrics_path(const char *to);                        /* of the local socket; NULL: it is none */
int metrics_listen(const char *to, bool *made, struct error *e); /* -1 with a reason */
/* A local socket is opened to `group`, CONTROL_NO_GROUP (control.h): to nobody else. */
bool metrics_give(const char *to, bool made, uid_t user, gid_t group, struct error *e);

struct metrics; /* opaque */
struct pollfd;

/* `listening` is not closed by it: a successor listens on. `health` is kept by reference. NULL: no memory. */
struct metrics *metrics_create(int listening, const struct health_setup *health);
void metrics_destroy(struct metrics *m);                                       /* accepts NULL */
size_t metrics_poll(const struct metrics *m, struct pollfd *fds, size_t most); /* at most one; accepts NULL */
void metrics_serve(struct metrics *m);                                         /* accepts NULL */

/* --- exposition.c --- */

/* The text, version 0.0.4 of the format
 * (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format); free() it. NULL: no
 * memory. */
char *exposition_text(const struct health_setup *health, size_t *n);

#endif
