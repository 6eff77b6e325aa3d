/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRYCTL_USE_H
#define GANTRYCTL_USE_H

#include <stdbool.h>
#include <stdint.h>

/* What a running sensor counted under each contract. */
struct policy_use {
    char *id;
    uint64_t day_objects, day_bytes, month_objects, month_bytes; /* today, this month */
    bool used;                                                   /* ever */
};

enum { POLICY_SINCE_MAX = 40 };

/* A list that ends with a NULL id. NULL: no sensor listens where the configuration or `socket` (may be NULL)
 * says, or it does not answer, and then the reason was said. `since`: since when it counts, "" if it counted
 * nothing yet. */
struct policy_use *policy_use_ask(const char *config, const char *socket, char since[POLICY_SINCE_MAX]);
void policy_use_free(struct policy_use *use);                                         /* accepts NULL */
const struct policy_use *policy_use_of(const struct policy_use *use, const char *id); /* accepts NULL */

#endif
