/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_POLICY_DOMAINS_H
#define GANTRY_POLICY_DOMAINS_H

#include "base/bytes.h"
#include "settings/arena.h"
#include "settings/problem.h"

/* Partners' names: "example.org" is that name alone, "*.example.org" every name below it, at any depth. */
struct domain {
    const char *name; /* lower case, without "*." */
    bool below;       /* it was "*.name" */
    uint32_t partner;
    int line;
    const char *file;
};

enum { DOMAIN_MAX = 253 };

/* Lower case into `out` (DOMAIN_MAX + 1 bytes); false, with a reason (static), if `text` is no domain name.
 */
bool domain_parse(const char *text, char *out, bool *below, const char **why);

/* Sorts, and tells names that two partners claim. Returns how many are left without the duplicates. */
size_t domains_check(struct domain *domains, size_t n, struct problems *problems);

/* The entry that says the most of this host name (its own, then the longest "*.": more labels win); NULL if
 * none. ASCII case, a port and a dot at the end are ignored. `domains` are sorted. */
const struct domain *domains_find(const struct domain *domains, size_t n, struct bytes host);

#endif
