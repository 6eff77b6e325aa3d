/* SPDX-License-Identifier: Apache-2.0 */
#include "process/reload/handout.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* One message, with one descriptor. */
struct offer {
    uint64_t version;
    size_t size;
    unsigned slot, wants;
};

union control {
    struct cmsghdr head; /* for its alignment */
    char room[CMSG_SPACE(sizeof(int))];
};

bool handout_open(struct handout *h) {
    int ends[2];
    *h = (struct handout){-1, -1};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0)
        return false;
    *h = (struct handout){ends[0], ends[1]};
    return true;
}

void handout_close(struct handout *h) {
    if (h->give >= 0)
        close(h->give);
    if (h->take >= 0)
        close(h->take);
    *h = (struct handout){-1, -1};
}

void handout_only_take(struct handout *h) {
    if (h->give >= 0)
        close(h->give);
    h->give = -1;
}

bool handout_give(const struct handout *h, const struct snapshot *s, unsigned wants) {
    struct offer offer = {.version = s->version, .size = s->size, .slot = s->slot, .wants = wants};
    union control control = {.room = {0}};
    struct iovec part = {&offer, sizeof offer};
    struct msghdr m = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control.room};
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(c), &s->fd, sizeof(int));
    return sendmsg(h->give, &m, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)sizeof offer;
}

/* The descriptor, -1: it could not be had. False: nothing is there. */
static bool receive_offer(const struct handout *h, struct offer *offer, int *fd) {
    union control control;
    struct iovec part = {offer, sizeof *offer};
    struct msghdr m = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control.room};
    if (recvmsg(h->take, &m, MSG_DONTWAIT) != (ssize_t)sizeof *offer)
        return false;
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    *fd = -1;
    if (c && c->cmsg_type == SCM_RIGHTS)
        memcpy(fd, CMSG_DATA(c), sizeof *fd);
    return true;
}

bool handout_take(const struct handout *h, uint64_t version, unsigned taken, struct snapshot_view *out) {
    struct offer offer, newest = {.version = version};
    int fd, newest_fd = -1;
    while (receive_offer(h, &offer, &fd)) {
        int other = fd;
        if (offer.version > newest.version) {
            other = newest_fd;
            newest_fd = fd;
            newest = offer;
        }
        if (other >= 0)
            close(other);
    }
    if (newest.version == version)
        return false;
    *out = (struct snapshot_view){.version = newest.version, .slot = newest.slot, .wants = newest.wants};
    if (newest_fd >= 0 && newest.slot < SNAPSHOT_SLOTS && !(taken & 1U << newest.slot))
        out->config = snapshot_map(newest_fd, newest.slot, newest.size);
    if (newest_fd >= 0)
        close(newest_fd);
    return true;
}
