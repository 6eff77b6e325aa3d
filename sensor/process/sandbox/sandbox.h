/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROCESS_SANDBOX_SANDBOX_H
#define GANTRY_PROCESS_SANDBOX_SANDBOX_H

#include "config/config.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What each process gives up before it sees traffic: its user, its capabilities, nearly all system calls
 * (seccomp, the list is in calls.c), nearly all files (Landlock, files.c), core dumps, and memory beyond its
 * share.
 *
 *     s = sandbox_create(&options, folders, n, &e)       as root, when all settings are known
 *     ... open captures and output files ...
 *     sandbox_enter(s, SANDBOX_SUPERVISOR, 0, &e)        in the supervisor; every child inherits it
 *     sandbox_enter(s, SANDBOX_WORKER, bytes, &e)        in a child, on top of the supervisor's */
enum sandbox_role { SANDBOX_SUPERVISOR, SANDBOX_WORKER, SANDBOX_REPORTER, SANDBOX_ROLES };

struct sandbox; /* opaque */

/* Finds the account, asks the kernel what it can do, opens the folders below which the reporter may write.
 * Warns of everything that is weaker than it could be. Changes nothing of this process. NULL: no such
 * account. */
struct sandbox *sandbox_create(const struct sandbox_options *options, const char *const *folders,
                               size_t count, struct error *e);
void sandbox_destroy(struct sandbox *s); /* accepts NULL */

/* For good. `headroom`: bytes of memory that this process may take beyond what it has now, 0: no limit. On
 * false the process must end. */
bool sandbox_enter(const struct sandbox *s, enum sandbox_role role, uint64_t headroom, struct error *e);

/* Who will own files that are made for the reporter; false: this process keeps its user. */
bool sandbox_account(const struct sandbox *s, uid_t *user, gid_t *group);

/* Whose members may tell the sensor what to do; false: it runs as nobody, whose group is everybody's. */
bool sandbox_group(const struct sandbox *s, gid_t *group);

/* One line about what holds for a role, NUL-terminated; returns out. */
enum { SANDBOX_TEXT_MAX = 256 };
const char *sandbox_text(const struct sandbox *s, enum sandbox_role role, char out[SANDBOX_TEXT_MAX]);

#endif
