/* SPDX-License-Identifier: Apache-2.0 */
#include "config/snapshot.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Address space only: a slot takes the memory that its snapshot needs. */
enum { SLOTS = 8 };
static const size_t slot_size = (size_t)1 << 30;

static uint8_t *reserved;
static bool taken[SLOTS];
static uint64_t loads;

bool snapshot_reserve(void) {
    void *p = mmap(NULL, slot_size * SLOTS, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    reserved = p == MAP_FAILED ? NULL : p;
    return reserved != NULL;
}

static uint8_t *slot_take(void) {
    for (int i = 0; i < SLOTS; i++)
        if (!taken[i]) {
            taken[i] = true;
            return reserved + slot_size * (size_t)i;
        }
    return NULL;
}

/* Reserved again, so that nothing else is ever mapped between two snapshots. */
static bool reserve_again(void *region) {
    return mmap(region, slot_size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1,
                0) == region;
}

static void slot_give(void *region) {
    reserve_again(region);
    taken[((uint8_t *)region - reserved) / (ptrdiff_t)slot_size] = false;
}

/* Cuts the file to what is used, maps it read-only at the same place, and seals it. */
static bool seal(struct snapshot *s, size_t used) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    s->size = (used + page - 1) & ~(page - 1);
    if (!reserve_again(s->region))
        return false;
    if (ftruncate(s->fd, (off_t)s->size) != 0)
        return false;
    if (fcntl(s->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0)
        return false;
    return mmap(s->region, s->size, PROT_READ, MAP_PRIVATE | MAP_FIXED, s->fd, 0) == s->region;
}

static bool open_block(struct snapshot *s) {
    s->region = slot_take();
    s->fd = memfd_create("gantry-snapshot", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    return s->region && s->fd >= 0 && ftruncate(s->fd, (off_t)slot_size) == 0 &&
           mmap(s->region, slot_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, s->fd, 0) == s->region;
}

struct snapshot *snapshot_load(const char *path, struct set_cache *cache, struct problems *problems) {
    struct snapshot *s = calloc(1, sizeof *s);
    struct arena arena;
    if (!s)
        return NULL;
    s->fd = -1;
    if (!open_block(s)) {
        problem_error(problems, path ? path : "gantry", 0,
                      "no memory for a snapshot of the configuration: %s", strerror(errno));
        goto fail;
    }
    arena_init(&arena, s->region, slot_size);
    s->config = config_load(path, cache, &arena, problems);
    if (!s->config)
        goto fail;
    if (arena.failed || !seal(s, arena.used)) {
        problem_error(problems, path ? path : "gantry", 0,
                      "configuration, rules and networks together take more than 1 GiB; use fewer");
        goto fail;
    }
    s->version = ++loads;
    return s;
fail:
    snapshot_free(s);
    return NULL;
}

void snapshot_free(struct snapshot *s) {
    if (!s)
        return;
    if (s->region)
        slot_give(s->region);
    if (s->fd >= 0)
        close(s->fd);
    free(s);
}
