/* SPDX-License-Identifier: Apache-2.0 */
#include "control/control.h"

#include "base/clock.h"
#include "base/counter.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { GROUPS_MAX = 256, LOG_EVERY_S = 10 };

struct client {
    unsigned uid;
    int fd;        /* -1: free */
    time_ns until; /* clock_monotonic() */
    size_t got;    /* of the request */
    char *answer;  /* NULL: still asking */
    size_t size, sent;
    char request[CONTROL_REQUEST_MAX + 1];
};

struct control {
    int listening;
    gid_t group;
    const struct control_request *table;
    struct control_sensor *sensor;
    time_ns quiet_until; /* refusals are logged again from then on */
    struct client clients[CONTROL_CONNECTIONS];
};

struct control *control_create(int listening, gid_t group, const struct control_request *table,
                               struct control_sensor *sensor) {
    struct control *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->listening = listening;
    c->group = group;
    c->table = table;
    c->sensor = sensor;
    for (int i = 0; i < CONTROL_CONNECTIONS; i++)
        c->clients[i].fd = -1;
    return c;
}

static void drop_client(struct client *k) {
    if (k->fd >= 0)
        close(k->fd);
    free(k->answer);
    k->answer = NULL;
    k->fd = -1;
}

void control_destroy(struct control *c) {
    for (int i = 0; c && i < CONTROL_CONNECTIONS; i++)
        drop_client(&c->clients[i]);
    free(c);
}

/* The socket's permissions let nobody else in; this holds when somebody has widened them. */
static bool may_ask(int fd, gid_t group, struct ucred *peer) {
    gid_t groups[GROUPS_MAX];
    socklen_t size = sizeof *peer, groups_size = sizeof groups;
    *peer = (struct ucred){0, (uid_t)-1, (gid_t)-1};
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, peer, &size) != 0)
        return false;
    if (peer->uid == 0 || peer->uid == geteuid() || peer->gid == group)
        return true;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &groups_size) != 0)
        return false;
    for (size_t i = 0; i < groups_size / sizeof *groups; i++)
        if (groups[i] == group)
            return true;
    return false;
}

static void refuse_caller(struct control *c, int fd, const struct ucred *peer) {
    time_ns now = clock_monotonic();
    static const char answer[] =
        "{\"error\":\"only root and members of the sensor's group may ask; run this as one of "
        "them\"}";
    counter_one(COUNTER_CONTROL_REFUSED);
    if (send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL) < 0)
        log_debug("control socket: who is refused has gone already");
    close(fd);
    if (now < c->quiet_until)
        return;
    c->quiet_until = now + LOG_EVERY_S * NS_PER_S;
    log_warning("control socket: process %d of user %u was refused: it is neither root's nor of group %u",
                (int)peer->pid, (unsigned)peer->uid, (unsigned)c->group);
}

/* True: there may be more. */
static bool take_in(struct control *c, struct client *k) {
    struct ucred peer;
    int fd = accept4(c->listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return false;
    if (!may_ask(fd, c->group, &peer)) {
        refuse_caller(c, fd, &peer);
        return true;
    }
    k->fd = fd;
    k->uid = peer.uid;
    k->until = clock_monotonic() + CONTROL_SECONDS * NS_PER_S;
    k->got = k->size = k->sent = 0;
    return true;
}

static void answer_client(struct control *c, struct client *k, char *line, size_t n) {
    struct json_writer j;
    control_answer(c->table, c->sensor, k->uid, line, n, &j);
    k->answer = json_writer_take(&j, &k->size);
    if (!k->answer)
        drop_client(k); /* no memory */
}

/* A line that is too long is answered like any other that is wrong. */
static void hear_client(struct control *c, struct client *k) {
    ssize_t n = recv(k->fd, k->request + k->got, CONTROL_REQUEST_MAX - k->got, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        drop_client(k);
        return;
    }
    k->got += (size_t)n;
    char *end = memchr(k->request, '\n', k->got);
    if (end)
        answer_client(c, k, k->request, (size_t)(end - k->request));
    else if (k->got == CONTROL_REQUEST_MAX)
        answer_client(c, k, k->request, k->got);
}

static void speak_to_client(struct client *k) {
    while (k->sent < k->size) {
        ssize_t n = send(k->fd, k->answer + k->sent, k->size - k->sent, MSG_NOSIGNAL);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (n < 0)
            break;
        k->sent += (size_t)n;
    }
    drop_client(k);
}

static void serve_client(struct control *c, struct client *k) {
    if (!k->answer)
        hear_client(c, k);
    if (k->answer)
        speak_to_client(k);
    if (k->fd < 0 || clock_monotonic() < k->until)
        return;
    counter_one(COUNTER_CONTROL_SLOW);
    drop_client(k);
}

void control_serve(struct control *c) {
    bool more = c != NULL;
    for (int i = 0; c && i < CONTROL_CONNECTIONS; i++) {
        struct client *k = &c->clients[i];
        while (more && k->fd < 0)
            more = take_in(c, k);
        if (k->fd >= 0)
            serve_client(c, k);
    }
}

size_t control_poll(const struct control *c, struct pollfd *fds, size_t most) {
    size_t n = 0;
    bool room = false;
    for (int i = 0; c && i < CONTROL_CONNECTIONS; i++) {
        const struct client *k = &c->clients[i];
        room |= k->fd < 0;
        if (k->fd >= 0 && n < most)
            fds[n++] = (struct pollfd){.fd = k->fd, .events = k->answer ? POLLOUT : POLLIN};
    }
    if (room && n < most)
        fds[n++] = (struct pollfd){.fd = c->listening, .events = POLLIN};
    return n;
}
