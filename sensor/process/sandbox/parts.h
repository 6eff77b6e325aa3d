/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROCESS_SANDBOX_PARTS_H
#define GANTRY_PROCESS_SANDBOX_PARTS_H

#include "process/sandbox/sandbox.h"

/* Inside of sandbox/. */

/* calls.c: kills this process from now on at any system call that its role's list lacks. */
bool calls_restrict(enum sandbox_role role, struct error *e);
unsigned calls_count(enum sandbox_role role); /* system calls that a role may make */

/* files.c */
int files_version(void); /* of the kernel's Landlock; 0: none */
/* A ruleset's descriptor, to be made while the folders can still be opened; -1 with errno. */
int files_rules(enum sandbox_role role, const char *const *folders, size_t count);
bool files_restrict(int rules);

#endif
