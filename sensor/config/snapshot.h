/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROCESS_SNAPSHOT_H
#define GANTRY_PROCESS_SNAPSHOT_H

#include "config/config.h"
#include "settings/problem.h"

/* One immutable block with everything that was configured: settings, rules with their compiled databases,
 * policy. It is built in a memfd mapped at an address that was reserved before the first fork, and sealed:
 * plain pointers in it are valid in every process that maps it. */
struct snapshot {
    uint64_t version; /* counts up from 1 with each successful load */
    const struct config *config;
    int fd;
    void *region;
    size_t size; /* bytes */
};

/* Reserves the addresses; once, in the supervisor, before any fork. */
bool snapshot_reserve(void);

/* Loads `path` (NULL: the built-in defaults) into a free slot, rules from `cache` (NULL: none) where it has
 * them compiled. NULL after telling the problems. */
struct snapshot *snapshot_load(const char *path, struct set_cache *cache, struct problems *problems);
void snapshot_free(struct snapshot *s); /* accepts NULL */

#endif
