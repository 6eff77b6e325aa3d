/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "report/transport/transport.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* RFC 5426: one datagram a message, to a connected socket, so that "port unreachable" is seen. */
struct udp {
    struct remote remote;
    int fd;
};

static void *open_udp(const struct transport *t, const char *rest, const struct output_config *config,
                      struct error *e) {
    struct udp *u = calloc(1, sizeof *u);
    if (!u) {
        error_set(e, "out of memory");
        return NULL;
    }
    u->fd = -1;
    if (!remote_parse(rest, t->port, &u->remote, e)) {
        free(u);
        return NULL;
    }
    u->fd = remote_connect(&u->remote, SOCK_DGRAM);
    return u;
}

static void close_udp(void *carrier) {
    struct udp *u = carrier;
    remote_finish(&u->remote);
    if (u->fd >= 0)
        close(u->fd);
    free(u);
}

static enum carried end_broken(struct udp *u) {
    int reason = errno;
    close(u->fd);
    u->fd = -1;
    remote_failed(&u->remote, strerror(reason));
    return CARRIED_BROKEN;
}

static enum carried send_udp(void *carrier, struct bytes frame, size_t *done) {
    struct udp *u = carrier;
    if (u->fd < 0 && (u->fd = remote_connect(&u->remote, SOCK_DGRAM)) < 0)
        return CARRIED_WAIT;
    for (int attempt = 0; attempt < 3; attempt++) {
        if (send(u->fd, frame.p, frame.n, MSG_NOSIGNAL) >= 0) {
            if (u->remote.failures)
                remote_worked(&u->remote);
            *done = frame.n;
            return CARRIED;
        }
        if (errno == EAGAIN || errno == ENOBUFS)
            return CARRIED_WAIT;
        if (errno == EMSGSIZE)
            return CARRIED_REFUSED;
        if (errno != EINTR && errno != ECONNREFUSED)
            return end_broken(u);
        /* ECONNREFUSED is about an earlier datagram: this one has not been tried yet. */
        if (errno == ECONNREFUSED)
            counter_one(COUNTER_MESSAGES_REFUSED);
    }
    return CARRIED_REFUSED;
}

static const char *tell_trouble(const void *carrier) {
    const struct udp *u = carrier;
    return remote_trouble(&u->remote);
}

static bool poll_udp(const void *carrier, struct pollfd *fd) {
    const struct udp *u = carrier;
    *fd = (struct pollfd){.fd = u->fd, .events = POLLOUT};
    return u->fd >= 0;
}

const struct transport transport_udp = {
    .scheme = "udp://",
    .usage = "udp://host:port",
    .framing = FRAMING_NONE,
    .port = "514",
    .open = open_udp,
    .close = close_udp,
    .send = send_udp,
    .poll = poll_udp,
    .trouble = tell_trouble,
    .proof = "sent; over UDP nobody can say whether it arrived",
};
