/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_CONFIG_CONFIG_SECTIONS_H
#define GANTRY_CONFIG_CONFIG_SECTIONS_H

#include "config/config.h"

/* Everything of the configuration that stands in it alone: no rules, networks or key files are read. A NULL
 * `root` gives the defaults. False after telling the problems. */
bool config_read(const struct doc_node *root, struct arena *arena, struct problems *problems,
                 struct config *out);

#endif
