/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/channel.h"

#include "base/shared.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* The reader alone writes it. Those who ring only look whether it sleeps, so that one of them who was taken
 * over can wake the reader and do nothing to the others. */
struct bell {
    uint32_t armed; /* odd: the reader sleeps, or is about to; no sleep has another's number */
};

struct doorbell {
    struct shared_memory memory;
    int fd;            /* the same number in every process, by fork */
    uint32_t answered; /* the sleep that this process ended last */
};

struct doorbell *doorbell_create(void) {
    struct doorbell *d = calloc(1, sizeof *d);
    if (!d)
        return NULL;
    d->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (d->fd >= 0 && shared_create(&d->memory, "gantry-bell", sizeof(struct bell)))
        return d;
    doorbell_destroy(d);
    return NULL;
}

void doorbell_destroy(struct doorbell *d) {
    if (!d)
        return;
    if (d->fd >= 0)
        close(d->fd);
    shared_release(&d->memory);
    free(d);
}

void doorbell_only_ring(struct doorbell *d) {
    shared_only_read(&d->memory);
}

int doorbell_fd(const struct doorbell *d) {
    return d->fd;
}

void doorbell_wake(struct doorbell *d) {
    const uint64_t one = 1;
    if (write(d->fd, &one, sizeof one) < 0)
        return; /* the counter stands at its limit: readable already */
}

/* The fence orders what was written for the reader before the look at its sleep; doorbell_arm() has its twin.
 */
void doorbell_ring(struct doorbell *d) {
    const struct bell *bell = d->memory.seen;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    uint32_t armed = __atomic_load_n(&bell->armed, __ATOMIC_SEQ_CST);
    if (armed % 2 == 0 || armed == d->answered)
        return;
    d->answered = armed;
    doorbell_wake(d);
}

/* A reader that died while it slept left an odd number. */
void doorbell_arm(struct doorbell *d) {
    struct bell *bell = d->memory.own;
    __atomic_store_n(&bell->armed, (bell->armed | 1) + 2, __ATOMIC_SEQ_CST);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void doorbell_disarm(struct doorbell *d) {
    struct bell *bell = d->memory.own;
    uint64_t rung;
    __atomic_store_n(&bell->armed, bell->armed + 1, __ATOMIC_SEQ_CST);
    if (read(d->fd, &rung, sizeof rung) < 0)
        return; /* nobody rang */
}
