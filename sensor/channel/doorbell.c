/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/channel.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

/* Shared by all processes. `rung` closes the gap between "the rings are empty" and "I sleep": a reader that
 * finds it changed does not sleep. */
struct bell {
    uint32_t rung;
    uint32_t armed;
};

struct doorbell {
    struct bell *bell;
    int fd;        /* the same number in every process, by fork */
    uint32_t seen; /* the reader's */
};

struct doorbell *doorbell_create(void) {
    struct doorbell *d = calloc(1, sizeof *d);
    if (!d)
        return NULL;
    d->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    d->bell = mmap(NULL, sizeof *d->bell, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (d->bell == MAP_FAILED)
        d->bell = NULL;
    if (d->fd >= 0 && d->bell)
        return d;
    doorbell_destroy(d);
    return NULL;
}

void doorbell_destroy(struct doorbell *d) {
    if (!d)
        return;
    if (d->fd >= 0)
        close(d->fd);
    if (d->bell)
        munmap(d->bell, sizeof *d->bell);
    free(d);
}

int doorbell_fd(const struct doorbell *d) {
    return d->fd;
}

void doorbell_ring(struct doorbell *d) {
    const uint64_t one = 1;
    __atomic_fetch_add(&d->bell->rung, 1, __ATOMIC_SEQ_CST);
    /* One of those who ring wakes the reader, the others see that it was done. */
    if (__atomic_load_n(&d->bell->armed, __ATOMIC_SEQ_CST) &&
        __atomic_exchange_n(&d->bell->armed, 0, __ATOMIC_SEQ_CST) && write(d->fd, &one, sizeof one) < 0)
        return; /* the counter stands at its limit: readable already */
}

bool doorbell_arm(struct doorbell *d) {
    __atomic_store_n(&d->bell->armed, 1, __ATOMIC_SEQ_CST);
    return __atomic_load_n(&d->bell->rung, __ATOMIC_SEQ_CST) == d->seen;
}

void doorbell_disarm(struct doorbell *d) {
    uint64_t rung;
    __atomic_store_n(&d->bell->armed, 0, __ATOMIC_SEQ_CST);
    d->seen = __atomic_load_n(&d->bell->rung, __ATOMIC_SEQ_CST);
    if (read(d->fd, &rung, sizeof rung) < 0)
        return; /* nobody rang */
}
