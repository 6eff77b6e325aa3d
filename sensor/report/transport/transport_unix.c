/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "report/transport/transport.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/un.h>
#include <unistd.h>

/* The local syslog socket: datagrams, or a stream of lines where the receiver listens so. */
struct local {
    struct sockaddr_un address;
    int fd;
    int type;         /* of fd */
    time_ns retry_at; /* clock_monotonic() */
    bool silent;      /* its absence was told */
};

#define RETRY (1 * NS_PER_S)

static bool check_path(const char *rest, struct error *e) {
    const struct sockaddr_un *address = NULL;
    if (*rest != '/')
        return error_set(e, "\"%s\" is no path: write unix:/dev/log", rest);
    if (strlen(rest) >= sizeof address->sun_path)
        return error_set(e, "the path is longer than %zu bytes", sizeof address->sun_path - 1);
    return true;
}

static void connect_local(struct local *l) {
    static const int types[] = {SOCK_DGRAM, SOCK_STREAM};
    if (clock_monotonic() < l->retry_at)
        return;
    for (int i = 0; i < 2 && l->fd < 0; i++) {
        l->type = types[i];
        l->fd = socket(AF_UNIX, l->type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (l->fd < 0 || connect(l->fd, (const struct sockaddr *)&l->address, sizeof l->address) == 0)
            continue;
        bool other_type = errno == EPROTOTYPE;
        close(l->fd);
        l->fd = -1;
        if (!other_type)
            break;
    }
    if (l->fd >= 0) {
        l->silent = false;
        return;
    }
    l->retry_at = clock_monotonic() + RETRY;
    counter_one(COUNTER_CONNECTS_FAILED);
    if (!l->silent)
        log_warning("output to %s: nobody listens there; messages are held and it is tried again",
                    l->address.sun_path);
    l->silent = true;
}

static void *open_local(const struct transport *t, const char *rest, const struct output_config *config,
                        struct error *e) {
    struct local *l = calloc(1, sizeof *l);
    if (!l) {
        error_set(e, "out of memory");
        return NULL;
    }
    l->fd = -1;
    l->address.sun_family = AF_UNIX;
    memcpy(l->address.sun_path, rest, strlen(rest)); /* check_path() has measured it */
    connect_local(l);
    return l;
}

static void close_local(void *carrier) {
    struct local *l = carrier;
    if (l->fd >= 0)
        close(l->fd);
    free(l);
}

static enum carried judge_failure(struct local *l) {
    if (errno == EAGAIN || errno == ENOBUFS || errno == EINTR)
        return CARRIED_WAIT;
    if (errno == EMSGSIZE)
        return CARRIED_REFUSED;
    close(l->fd);
    l->fd = -1;
    return CARRIED_BROKEN;
}

static enum carried send_local(void *carrier, struct bytes frame, size_t *done) {
    struct local *l = carrier;
    if (l->fd < 0)
        connect_local(l);
    if (l->fd < 0)
        return CARRIED_WAIT;
    if (l->type == SOCK_DGRAM) { /* a datagram needs no newline */
        if (send(l->fd, frame.p, frame.n - 1, MSG_NOSIGNAL) < 0)
            return judge_failure(l);
        *done = frame.n;
        return CARRIED;
    }
    while (*done < frame.n) {
        ssize_t n = send(l->fd, frame.p + *done, frame.n - *done, MSG_NOSIGNAL);
        if (n < 0)
            return judge_failure(l);
        *done += (size_t)n;
    }
    return CARRIED;
}

static const char *tell_trouble(const void *carrier) {
    const struct local *l = carrier;
    return l->fd >= 0 ? NULL : "nobody listens there";
}

static bool poll_local(const void *carrier, struct pollfd *fd) {
    const struct local *l = carrier;
    *fd = (struct pollfd){.fd = l->fd, .events = POLLOUT};
    return l->fd >= 0;
}

const struct transport transport_unix = {
    .scheme = "unix:",
    .usage = "unix:/dev/log",
    .framing = FRAMING_LINE,
    .message_max = 8192,
    .check = check_path,
    .open = open_local,
    .close = close_local,
    .send = send_local,
    .poll = poll_local,
    .trouble = tell_trouble,
    .proof = "the local socket took it",
};
