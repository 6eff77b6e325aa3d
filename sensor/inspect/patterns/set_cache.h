/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_INSPECT_PATTERNS_SET_CACHE_H
#define GANTRY_INSPECT_PATTERNS_SET_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Compiled pattern sets, and that the examples of their rules were proven, kept in a folder from one start to
 * the next. An entry is found by the digest of all
 * that decides what it holds, and is used only if its own digest is right. Folder and files must belong to
 * this process' user and be writable by nobody else: whoever writes there decides what a sensor started as
 * root finds. All that goes wrong here costs a compilation and nothing else. */
struct set_cache;

enum { SET_CACHE_KEY = 32, SET_CACHE_ENTRIES_MAX = 512, SET_CACHE_ENTRY_MAX = 64 << 20 /* bytes */ };

struct set_cache_counts {
    unsigned used, missed; /* entries looked for */
    unsigned refused;      /* of the missed: damaged, of another version, or somebody else's */
};

/* `folder` NULL: $CACHE_DIRECTORY (systemd's), else gantry below $XDG_CACHE_HOME or ~/.cache, else for root
 * /var/cache/gantry. Made if missing. NULL, which all calls accept, for "none" and if there is no folder that
 * may be trusted. */
struct set_cache *set_cache_open(const char *folder);
/* Removes the least recently used beyond SET_CACHE_ENTRIES_MAX; tells the log what the cache was good for. */
void set_cache_close(struct set_cache *c);

/* The bytes kept under `key`, aligned for any type, or NULL; the caller frees `*block`, the whole of it. */
const char *set_cache_read(struct set_cache *c, const uint8_t key[SET_CACHE_KEY], void **block, size_t *n);
void set_cache_write(struct set_cache *c, const uint8_t key[SET_CACHE_KEY], const char *bytes, size_t n);
struct set_cache_counts set_cache_counts(const struct set_cache *c);

#endif
