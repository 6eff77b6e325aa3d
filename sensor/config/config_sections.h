/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_CONFIG_CONFIG_SECTIONS_H
#define GANTRY_CONFIG_CONFIG_SECTIONS_H

#include "config/config.h"

/* Everything of the configuration that stands in it alone: no rules, networks or key files are read. A NULL
 * `root` gives the defaults. False after telling the problems. */
bool config_read(const struct doc_node *root, struct arena *arena, struct problems *problems,
                 struct config *out);

/* All that gantry.yaml may hold. A section is one row here, and its keys a table of the stage that they are
 * for, which stands in that stage's folder; those of process/, which comes behind config/, stand in this. */
extern const struct setting config_sections[];
extern const struct setting sensor_settings[], sandbox_settings[];
bool sensor_check(struct setting_reader *r, const struct doc_node *map, void *options);

#endif
