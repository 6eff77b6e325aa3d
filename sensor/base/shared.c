/* SPDX-License-Identifier: Apache-2.0 */
#include "base/shared.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

static void *map_whole(const struct shared_memory *m, int fd, int rights) {
    void *p = mmap(NULL, m->size, rights, MAP_SHARED, fd, 0);
    return p == MAP_FAILED ? NULL : p;
}

/* The seal stands between the two: mappings made before it can be written, those made behind it never. */
static bool map_views(struct shared_memory *m, int fd) {
    const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL;
    return ftruncate(fd, (off_t)m->size) == 0 && (m->own = map_whole(m, fd, PROT_READ | PROT_WRITE)) &&
           fcntl(fd, F_ADD_SEALS, seals) == 0 && (m->seen = map_whole(m, fd, PROT_READ));
}

bool shared_create(struct shared_memory *m, const char *name, size_t size) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    *m = (struct shared_memory){.size = (size + page - 1) / page * page};
    int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    bool made = fd >= 0 && map_views(m, fd);
    int reason = errno;
    if (fd >= 0)
        close(fd);
    if (!made)
        shared_release(m);
    errno = reason;
    return made;
}

void shared_only_read(struct shared_memory *m) {
    if (m->own)
        munmap(m->own, m->size);
    m->own = NULL;
}

void shared_release(struct shared_memory *m) {
    shared_only_read(m);
    if (m->seen)
        munmap(m->seen, m->size);
    m->seen = NULL;
}
