/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_CONFIG_SNAPSHOT_H
#define GANTRY_CONFIG_SNAPSHOT_H

#include "config/config.h"
#include "settings/problem.h"

/* One immutable block with everything that was configured: settings, rules with their compiled databases,
 * policy. It is built in a memfd mapped at an address that was reserved before the first fork, and sealed:
 * plain pointers in it are valid in every process that maps it, and none can write it.
 *
 *     s = snapshot_begin(taken, &problems)          an empty block in a slot that nobody uses
 *     snapshot_fill(s, ...)                         here, or in a child of this process
 *     snapshot_seal(s, ...)                         read-only from now on
 *
 * A process that did not inherit it maps its descriptor with snapshot_map(). */
enum { SNAPSHOT_SLOTS = 4 }; /* alive at once: the newest, and those that flows have not left yet */

struct snapshot {
    uint64_t version; /* counts up from 1 with each that was sealed; the newest's, freed, is given again */
    const struct config *config;
    int fd;
    unsigned slot;
    size_t size; /* bytes */
};

/* Reserves the addresses; once, in the supervisor, before any fork. */
bool snapshot_reserve(void);

/* `taken`: slots (bit 1 << slot) that other processes still use. NULL: none is free, or after telling a
 * problem. */
struct snapshot *snapshot_begin(unsigned taken, struct problems *problems);
/* Loads `path` (NULL: the built-in defaults; `running` and `cache` as of config_load()) into the block. False
 * after telling the problems. */
bool snapshot_fill(struct snapshot *s, const char *path, const struct config *running,
                   struct set_cache *cache, struct problems *problems);
/* What this process or a child that has ended filled becomes immutable, and is mapped here. */
bool snapshot_seal(struct snapshot *s, struct problems *problems);
/* All three, at the start. */
struct snapshot *snapshot_load(const char *path, struct set_cache *cache, struct problems *problems);
void snapshot_free(struct snapshot *s); /* accepts NULL */

/* In a child: all others that it inherited are let go, and all descriptors; `kept` stays as long as it runs,
 * or until snapshot_unmap(). */
void snapshot_keep(const struct snapshot *kept);
/* In a child: maps a sealed block of the supervisor's into its slot; the descriptor stays the caller's. NULL:
 * the kernel does not give the memory. */
const struct config *snapshot_map(int fd, unsigned slot, size_t size);
/* In a child: nothing of this slot is used any more. */
void snapshot_unmap(unsigned slot);

#endif
