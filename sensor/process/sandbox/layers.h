/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROCESS_SANDBOX_LAYERS_H
#define GANTRY_PROCESS_SANDBOX_LAYERS_H

#include "process/sandbox/sandbox.h"

/* The two layers of the sandbox that the kernel judges by: system calls and files. `may`: bits of enum
 * sandbox_may. */

/* calls.c: from now on any system call that is not in the list for `may` kills this process. `bell`: as
 * struct sandbox_share has it. */
bool calls_restrict(unsigned may, int bell, struct error *e);
unsigned calls_count(unsigned may); /* system calls that such a process may make */

/* files.c */
int files_version(void); /* of the kernel's Landlock; 0: none */
/* A ruleset's descriptor, to be made while the folders can still be opened; -1 with errno. */
int files_rules(unsigned may, const char *const *folders, size_t count);
bool files_restrict(int rules); /* for good; false with errno */

#endif
