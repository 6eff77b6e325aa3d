/* SPDX-License-Identifier: Apache-2.0 */
#include "config/snapshot.h"

#include "base/ground.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Address space only: a slot takes the memory that its snapshot needs. */
static const size_t slot_size = (size_t)1 << 30;

/* The beginning of a block, which is all of most, is written in memory that has huge pages, where that of a
 * descriptor has small ones. */
static const size_t draft_size = (size_t)2 * GROUND_PAGE;

/* What the block begins with. */
struct head {
    const struct config *config;
    size_t used; /* bytes */
};

static uint8_t *reserved;
static struct snapshot *living[SNAPSHOT_SLOTS]; /* of this process, by slot */
static uint64_t loads;

bool snapshot_reserve(void) {
    reserved = ground_reserve(slot_size * SNAPSHOT_SLOTS);
    return reserved != NULL;
}

static uint8_t *region_of(unsigned slot) {
    return reserved + slot_size * slot;
}

/* Reserved again, so that nothing else is ever mapped between two snapshots. */
static bool reserve_slot(unsigned slot) {
    uint8_t *region = region_of(slot);
    return mmap(region, slot_size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1,
                0) == region;
}

static bool map_block(int fd, unsigned slot, size_t size, int rights, int how) {
    uint8_t *region = region_of(slot);
    return mmap(region, size, rights, how | MAP_FIXED, fd, 0) == region;
}

const struct config *snapshot_map(int fd, unsigned slot, size_t size) {
    if (!map_block(fd, slot, size, PROT_READ, MAP_PRIVATE))
        return NULL;
    return ((const struct head *)(const void *)region_of(slot))->config;
}

void snapshot_unmap(unsigned slot) {
    reserve_slot(slot);
}

/* Not mapped here: the block may be filled by a child, and a sibling of that must not inherit a mapping that
 * can be written. */
struct snapshot *snapshot_begin(unsigned taken, struct problems *problems) {
    unsigned slot = 0;
    while (slot < SNAPSHOT_SLOTS && (taken & 1U << slot || living[slot]))
        slot++;
    struct snapshot *s = slot < SNAPSHOT_SLOTS ? calloc(1, sizeof *s) : NULL;
    if (!s)
        return NULL;
    *s = (struct snapshot){.slot = slot,
                           .fd = memfd_create("gantry-snapshot", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
    living[slot] = s;
    if (s->fd >= 0 && ftruncate(s->fd, (off_t)slot_size) == 0)
        return s;
    problem_error(problems, NULL, 0, "no memory for a snapshot of the configuration: %s", strerror(errno));
    snapshot_free(s);
    return NULL;
}

/* Into the block. */
static bool keep_draft(const struct snapshot *s, size_t used) {
    size_t n = used < draft_size ? used : draft_size;
    for (size_t at = 0; at < n;) {
        ssize_t put = pwrite(s->fd, region_of(s->slot) + at, n - at, (off_t)at);
        if (put <= 0)
            return false;
        at += (size_t)put;
    }
    return true;
}

bool snapshot_fill(struct snapshot *s, const char *path, const struct config *running,
                   struct set_cache *cache, struct problems *problems) {
    struct arena arena;
    if (!map_block(s->fd, s->slot, slot_size, PROT_READ | PROT_WRITE, MAP_SHARED) ||
        !ground_open(region_of(s->slot), draft_size))
        return problem_error(problems, path, 0, "no memory for the configuration: %s", strerror(errno));
    arena_init_fresh(&arena, region_of(s->slot), slot_size);
    struct head *head = arena_alloc(&arena, sizeof *head);
    const struct config *config = config_load(path, running, cache, &arena, problems);
    if (!config)
        return false;
    if (arena.failed)
        return problem_error(problems, path, 0,
                             "configuration, rules and networks together take more than 1 GiB; use fewer");
    *head = (struct head){config, arena.used};
    return keep_draft(s, arena.used) ||
           problem_error(problems, path, 0, "no memory for the configuration: %s", strerror(errno));
}

/* Cut to what is used, and mapped only now: a seal against writing wants that nobody could. */
static bool seal_block(struct snapshot *s) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    struct head head;
    if (!reserve_slot(s->slot) || pread(s->fd, &head, sizeof head, 0) != (ssize_t)sizeof head)
        return false;
    s->size = (head.used + page - 1) & ~(page - 1);
    s->config = head.config;
    return ftruncate(s->fd, (off_t)s->size) == 0 &&
           fcntl(s->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0 &&
           map_block(s->fd, s->slot, s->size, PROT_READ, MAP_PRIVATE);
}

bool snapshot_seal(struct snapshot *s, struct problems *problems) {
    if (!seal_block(s))
        return problem_error(problems, NULL, 0, "the snapshot of the configuration cannot be sealed: %s",
                             strerror(errno));
    s->version = ++loads;
    return true;
}

struct snapshot *snapshot_load(const char *path, struct set_cache *cache, struct problems *problems) {
    struct snapshot *s = snapshot_begin(0, problems);
    if (s && snapshot_fill(s, path, NULL, cache, problems) && snapshot_seal(s, problems))
        return s;
    snapshot_free(s);
    return NULL;
}

void snapshot_free(struct snapshot *s) {
    if (!s)
        return;
    snapshot_unmap(s->slot);
    living[s->slot] = NULL;
    if (s->version && s->version == loads)
        loads--;
    if (s->fd >= 0)
        close(s->fd);
    free(s);
}

void snapshot_keep(const struct snapshot *kept) {
    for (unsigned i = 0; i < SNAPSHOT_SLOTS; i++) {
        if (!living[i])
            continue;
        close(living[i]->fd);
        living[i]->fd = -1;
        if (living[i] != kept)
            snapshot_free(living[i]);
    }
}
