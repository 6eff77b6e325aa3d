/* SPDX-License-Identifier: Apache-2.0 */
#include "report/transport.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* RFC 6587. TCP tells no sender what the receiver has read, so a message stays in the outbox until the
 * receiver's system has acknowledged its octets and a second more has passed without a reset. What is left
 * when a connection breaks is sent again on the next: a receiver may get a message twice (same sequence
 * number), not never. */
#define SETTLE (1 * NS_PER_S)

enum tcp_state { TCP_CLOSED, TCP_CONNECTING, TCP_OPEN };

struct tcp {
    struct remote remote;
    enum tcp_state state;
    int fd;
    uint64_t sent;              /* octets since the connection began */
    uint64_t settled, settling; /* of those: with the receiver; acknowledged at `settling_at` */
    time_ns settling_at;
};

static bool check(const char *rest, struct error *e) {
    struct remote r;
    return remote_parse(rest, &r, e);
}

static void begin(struct tcp *t) {
    t->fd = remote_connect(&t->remote, SOCK_STREAM);
    t->state = t->fd < 0 ? TCP_CLOSED : TCP_CONNECTING;
    t->sent = t->settled = t->settling = 0;
    t->settling_at = 0;
}

static void *open_tcp(const char *rest, struct error *e) {
    struct tcp *t = calloc(1, sizeof *t);
    if (!t) {
        error_set(e, "out of memory");
        return NULL;
    }
    t->fd = -1;
    if (!remote_parse(rest, &t->remote, e)) {
        free(t);
        return NULL;
    }
    if (!remote_resolve(&t->remote, SOCK_STREAM))
        log_warning("output to %s: the name is not known now; it is asked for again", t->remote.host);
    begin(t);
    return t;
}

static void close_tcp(void *carrier) {
    struct tcp *t = carrier;
    if (t->fd >= 0)
        close(t->fd);
    free(t);
}

static enum carried broken(struct tcp *t) {
    close(t->fd);
    t->fd = -1;
    t->state = TCP_CLOSED;
    remote_failed(&t->remote);
    return CARRIED_BROKEN;
}

/* True when the connection stands. */
static bool finish_connect(struct tcp *t) {
    struct pollfd fd = {.fd = t->fd, .events = POLLOUT};
    int error = 0, on = 1;
    socklen_t n = sizeof error;
    if (poll(&fd, 1, 0) != 1)
        return false;
    if (getsockopt(t->fd, SOL_SOCKET, SO_ERROR, &error, &n) != 0 || error) {
        broken(t);
        return false;
    }
    setsockopt(t->fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    t->state = TCP_OPEN;
    remote_worked(&t->remote);
    return true;
}

enum peer { PEER_THERE, PEER_DONE, PEER_GONE };

/* A receiver has nothing to say to us. Its orderly end means that it has read all that its system
 * acknowledged (Linux and others reset where data was left unread); a reset means that nobody knows. */
static enum peer look_at_peer(const struct tcp *t) {
    char nothing[512];
    ssize_t n;
    while ((n = recv(t->fd, nothing, sizeof nothing, MSG_DONTWAIT)) > 0)
        ;
    if (n == 0)
        return PEER_DONE;
    return errno == EAGAIN || errno == EINTR ? PEER_THERE : PEER_GONE;
}

static enum carried send_tcp(void *carrier, struct bytes frame, size_t *done) {
    struct tcp *t = carrier;
    if (t->state == TCP_CLOSED)
        begin(t);
    if (t->state == TCP_CONNECTING && !finish_connect(t))
        return CARRIED_WAIT;
    if (t->state != TCP_OPEN)
        return CARRIED_WAIT;
    while (*done < frame.n) {
        ssize_t n = send(t->fd, frame.p + *done, frame.n - *done, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN || errno == ENOBUFS ? CARRIED_WAIT : broken(t);
        *done += (size_t)n;
        t->sent += (uint64_t)n;
    }
    return CARRIED;
}

static uint64_t confirmed(void *carrier, bool patient, bool *lost) {
    struct tcp *t = carrier;
    int left = 0;
    *lost = false;
    if (t->state != TCP_OPEN || ioctl(t->fd, SIOCOUTQ, &left) != 0)
        return 0;
    uint64_t acknowledged = t->sent - (uint64_t)left;
    enum peer peer = look_at_peer(t);
    if (peer != PEER_THERE) {
        *lost = true;
        broken(t);
        return peer == PEER_DONE ? acknowledged : t->settled;
    }
    time_ns now = clock_monotonic();
    if (!patient)
        return acknowledged;
    if (now - t->settling_at >= SETTLE) {
        t->settled = t->settling;
        t->settling = acknowledged;
        t->settling_at = now;
    }
    return t->settled;
}

static bool poll_tcp(const void *carrier, struct pollfd *fd) {
    const struct tcp *t = carrier;
    *fd = (struct pollfd){.fd = t->fd, .events = POLLOUT};
    return t->fd >= 0;
}

const struct transport transport_tcp = {
    .scheme = "tcp://",
    .usage = "tcp://host:port",
    .framing = FRAMING_STREAM,
    .message_max = 8192,
    .check = check,
    .open = open_tcp,
    .close = close_tcp,
    .send = send_tcp,
    .confirmed = confirmed,
    .poll = poll_tcp,
};
