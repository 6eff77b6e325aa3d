/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_INSPECT_PLAN_H
#define GANTRY_INSPECT_PLAN_H

#include "content/content.h"
#include "inspect/rules.h"

/* What a type of object opens: made at the first object of it, and kept as long as the inspector. */
struct type_plan {
    const struct file_type *type;
    bool is_walked;        /* by the structure of an image */
    bool listed;           /* names that its text lists are asked for */
    bool reads_rows;       /* a rule asks for the cells of tables, and it is text */
    enum scope bulk;       /* where the object's bytes are matched */
    const uint16_t *rules; /* that may hold, in ruleset order: first those that give way to no class */
    size_t rule_count, firm_count;
    const uint16_t *scans; /* of the bulk's scope that those rules ask for */
    size_t scan_count;
    const uint8_t *wanted; /* by tally: do those rules ask for it? */
};

struct type_plans; /* opaque */

struct type_plans *type_plans_create(const struct ruleset *rules); /* NULL: no memory */
void type_plans_destroy(struct type_plans *p);                     /* accepts NULL */
/* NULL: no memory. */
const struct type_plan *type_plan_of(struct type_plans *p, const struct file_type *type);

#endif
