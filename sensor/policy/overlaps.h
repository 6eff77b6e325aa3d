/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_POLICY_OVERLAPS_H
#define GANTRY_POLICY_OVERLAPS_H

#include "policy/networks.h"

/* A place as the trie's value: the kind in the upper bits, the index in the lower, 0 for unknown. */
enum { PLACE_KIND_SHIFT = 29 };

/* Tells which of the sorted entries contradict one another:
 * - one prefix given to two owners: error; twice to one: warning;
 * - a partner's prefix inside another partner's ("overlapping partners"): error;
 * - a partner's prefix inside an image network: warning.
 * Any other nesting is what longest-prefix match is for. Returns how many entries are left after exact
 * duplicates went. */
size_t overlaps_check(struct network_entry *entries, size_t n, struct problems *problems);

#endif
