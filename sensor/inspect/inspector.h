/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_INSPECT_INSPECTOR_H
#define GANTRY_INSPECT_INSPECTOR_H

#include "inspect/rows/rows.h"
#include "inspect/rules.h"

/* What the inspector saw in an object, for tools that explain a finding or its absence. Call between
 * inspector_closed() and inspector_forget(). */

/* Scopes (bits 1 << enum scope) in which the identifier was found. */
unsigned inspector_hits(const struct object *o, size_t identifier);
/* Distinct values and their spread so far. */
uint32_t inspector_tally(const struct object *o, size_t tally, uint32_t *spread);
/* Names that the object lists, as far as they were matched, and those in which a value of the tally stands.
 */
uint32_t inspector_names(const struct object *o, size_t tally, uint32_t *with);
/* What the row reader says of the tables in it. */
const struct row_facts *inspector_row_facts(const struct object *o);
/* False: the object's type, kind or size is not what the rule asks for. */
bool inspector_facts_hold(const struct object *o, const struct rule *rule);

#endif
