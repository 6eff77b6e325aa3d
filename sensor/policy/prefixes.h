/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_POLICY_PREFIXES_H
#define GANTRY_POLICY_PREFIXES_H

#include "settings/setting.h"

/* Prefixes of one owner, added to the loading (r->context) with their file and line. `owner`: its name, kept;
 * NULL for the internal networks or when the name is missing. */
bool prefixes_read(struct setting_reader *r, const struct doc_node *node, uint32_t value, const char *owner);

/* The same from the file that the node names: one prefix a line, "#" begins a comment, empty lines are
 * skipped. A relative path begins in the folder of the file that names it. */
bool prefixes_read_file(struct setting_reader *r, const struct doc_node *node, uint32_t value,
                        const char *owner);

#endif
