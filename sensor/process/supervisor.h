/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROCESS_SUPERVISOR_H
#define GANTRY_PROCESS_SUPERVISOR_H

#include "process/options.h"

/* The whole sensor: loads configuration and rules, opens captures and channels, starts the reporter and the
 * workers, keeps them running, ends when they have. Parses no traffic. Returns the exit status of DESIGN.md. */
int supervisor_run(const struct options *options);

#endif
