/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/channel.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Positions count bytes since the ring was made and never wrap. Each record is followed by eight bytes with
 * its id, so one store of `written` publishes record and id together: the id before the writer's position is
 * the last one given, whoever wrote it and whenever it died. The data is mapped twice, back to back, so no
 * record is ever in two parts. */
struct shared {
    _Alignas(64) uint64_t written; /* by the writer: all before it is whole */
    _Alignas(64) uint64_t taken;   /* by the reader: all before it is committed */
    uint32_t commits;              /* futex: counts commits */
    uint32_t waiting;              /* the writer sleeps on it */
    _Alignas(64) uint32_t finished;
    _Alignas(64) uint64_t counters[COUNTER_COUNT];
};

struct ring {
    struct shared *shared;
    uint8_t *data;
    size_t size;    /* power of two; private, since the shared part may lie */
    size_t head;    /* bytes of the mapping of `shared` */
    uint64_t ahead; /* the reader's look-ahead, in its own memory */
};

enum { ID_SIZE = sizeof(uint64_t), RING_LEAST = 1 << 16 };

size_t ring_record_max(void) {
    return sizeof(struct record) + RECORD_TEXT_MAX + RECORD_DIGESTS_MAX * sizeof(uint64_t);
}

/* Reserves twice the room and lays the same pages into both halves. */
static bool map_data(struct ring *r, int fd) {
    uint8_t *both = mmap(NULL, 2 * r->size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (both == MAP_FAILED)
        return false;
    for (int half = 0; half < 2; half++)
        if (mmap(both + (size_t)half * r->size, r->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd,
                 (off_t)r->head) == MAP_FAILED) {
            munmap(both, 2 * r->size);
            return false;
        }
    r->data = both;
    return true;
}

struct ring *ring_create(size_t size) {
    struct ring *r = calloc(1, sizeof *r);
    int fd = memfd_create("gantry-ring", MFD_CLOEXEC);
    if (!r || fd < 0)
        goto failed;
    for (r->size = RING_LEAST; r->size < size && r->size < (size_t)1 << 40; r->size *= 2)
        ;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    r->head = (sizeof(struct shared) + page - 1) / page * page;
    if (ftruncate(fd, (off_t)(r->head + r->size)) != 0)
        goto failed;
    r->shared = mmap(NULL, r->head, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (r->shared == MAP_FAILED) {
        r->shared = NULL;
        goto failed;
    }
    if (!map_data(r, fd))
        goto failed;
    close(fd);
    return r;
failed:
    if (fd >= 0)
        close(fd);
    ring_destroy(r);
    return NULL;
}

void ring_destroy(struct ring *r) {
    if (!r)
        return;
    if (r->shared)
        munmap(r->shared, r->head);
    if (r->data)
        munmap(r->data, 2 * r->size);
    free(r);
}

static uint8_t *place_of(const struct ring *r, uint64_t position) {
    return r->data + (position & (r->size - 1));
}

/* Does the longest record fit? The id before the writer's position must stay. A position that makes no sense
 * gives no room: the reader will mend it. */
static bool has_room(const struct ring *r, uint64_t written) {
    uint64_t used = written - __atomic_load_n(&r->shared->taken, __ATOMIC_ACQUIRE);
    return used <= r->size - ID_SIZE && r->size - ID_SIZE - used >= ring_record_max() + ID_SIZE;
}

bool ring_write(struct ring *r, struct record_builder *b) {
    uint64_t written = __atomic_load_n(&r->shared->written, __ATOMIC_RELAXED) & ~(uint64_t)7;
    uint64_t id = 1;
    if (!has_room(r, written))
        return false;
    if (written)
        memcpy(&id, place_of(r, written - ID_SIZE), ID_SIZE), id++;
    size_t n = record_pack(b, id, place_of(r, written));
    memcpy(place_of(r, written) + n, &id, ID_SIZE);
    __atomic_store_n(&r->shared->written, written + n + ID_SIZE, __ATOMIC_RELEASE);
    b->head.id = id;
    return true;
}

const struct record *ring_read(struct ring *r, void *copy, uint64_t *damaged) {
    uint64_t written = __atomic_load_n(&r->shared->written, __ATOMIC_ACQUIRE);
    uint64_t left = written - r->ahead;
    const struct record *record = copy;
    uint32_t n;
    if (left == 0)
        return NULL;
    if (left > r->size || left < sizeof *record + ID_SIZE)
        goto reset;
    /* The size is read once: what lies in the ring may change under us. */
    n = __atomic_load_n((const uint32_t *)(const void *)place_of(r, r->ahead), __ATOMIC_RELAXED);
    if (n < sizeof *record || n > ring_record_max() || n % 8 || n > left - ID_SIZE)
        goto reset;
    memcpy(copy, place_of(r, r->ahead), n);
    if (record->size != n || !record_valid(record, n))
        goto reset;
    r->ahead += n + ID_SIZE;
    return record;
reset:
    r->ahead = written & ~(uint64_t)7;
    if (r->ahead != written) /* else the writer's and our idea of the end would differ for ever */
        __atomic_compare_exchange_n(&r->shared->written, &written, r->ahead, false, __ATOMIC_RELAXED,
                                    __ATOMIC_RELAXED);
    ++*damaged;
    return NULL;
}

bool ring_has_news(const struct ring *r) {
    return __atomic_load_n(&r->shared->written, __ATOMIC_SEQ_CST) != r->ahead;
}

static void call_futex(uint32_t *word, int operation, uint32_t value, const struct timespec *timeout) {
    syscall(SYS_futex, word, operation, value, timeout, NULL, 0);
}

void ring_commit(struct ring *r) {
    if (__atomic_load_n(&r->shared->taken, __ATOMIC_RELAXED) == r->ahead)
        return;
    __atomic_store_n(&r->shared->taken, r->ahead, __ATOMIC_RELEASE);
    __atomic_fetch_add(&r->shared->commits, 1, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&r->shared->waiting, __ATOMIC_SEQ_CST))
        call_futex(&r->shared->commits, FUTEX_WAKE, INT_MAX, NULL);
}

void ring_rewind(struct ring *r) {
    r->ahead = __atomic_load_n(&r->shared->taken, __ATOMIC_ACQUIRE) & ~(uint64_t)7;
}

uint64_t ring_position(const struct ring *r) {
    return r->ahead;
}

void ring_wait_room(struct ring *r, int timeout_ms) {
    struct timespec wait = {timeout_ms / 1000, timeout_ms % 1000 * 1000000L};
    __atomic_store_n(&r->shared->waiting, 1, __ATOMIC_SEQ_CST);
    uint32_t seen = __atomic_load_n(&r->shared->commits, __ATOMIC_SEQ_CST);
    uint64_t written = __atomic_load_n(&r->shared->written, __ATOMIC_RELAXED) & ~(uint64_t)7;
    if (!has_room(r, written))
        call_futex(&r->shared->commits, FUTEX_WAIT, seen, &wait);
    __atomic_store_n(&r->shared->waiting, 0, __ATOMIC_RELAXED);
}

uint64_t *ring_counters(struct ring *r) {
    return r->shared->counters;
}

void ring_finish(struct ring *r) {
    __atomic_store_n(&r->shared->finished, 1, __ATOMIC_RELEASE);
}

bool ring_finished(const struct ring *r) {
    return __atomic_load_n(&r->shared->finished, __ATOMIC_ACQUIRE);
}

static uint64_t id_before(const struct ring *r, uint64_t position) {
    uint64_t id = 0;
    if (position)
        memcpy(&id, place_of(r, (position & ~(uint64_t)7) - ID_SIZE), ID_SIZE);
    return id;
}

uint64_t ring_uncommitted(const struct ring *r) {
    uint64_t taken = __atomic_load_n(&r->shared->taken, __ATOMIC_ACQUIRE);
    uint64_t written = __atomic_load_n(&r->shared->written, __ATOMIC_ACQUIRE);
    uint64_t n = id_before(r, written) - id_before(r, taken), most = r->size / sizeof(struct record);
    return n < most ? n : most;
}
