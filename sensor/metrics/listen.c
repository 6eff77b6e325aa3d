/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/metrics.h"

#include "base/bytes.h"
#include "control/control.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

enum { QUEUE = 64, PORT_MAX = 65535 };

static const char local[] = "unix:";

const char *metrics_path(const char *to) {
    return strncmp(to, local, sizeof local - 1) == 0 ? to + sizeof local - 1 : NULL;
}

/* A numeric address, so that it is plain who can reach it. */
struct at {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    };
    socklen_t size;
};

static bool set_address(struct at *p, const char *address, uint16_t port) {
    *p = (struct at){.v4 = {.sin_family = AF_INET, .sin_port = htons(port)}, .size = sizeof p->v4};
    if (inet_pton(AF_INET, address, &p->v4.sin_addr) == 1)
        return true;
    *p = (struct at){.v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)}, .size = sizeof p->v6};
    return inet_pton(AF_INET6, address, &p->v6.sin6_addr) == 1;
}

static bool parse_place(const char *to, struct at *p, struct error *e) {
    char address[INET6_ADDRSTRLEN + 2];
    const char *colon = strrchr(to, ':');
    size_t n = colon ? (size_t)(colon - to) : 0;
    uint64_t port = 0;
    bool v6 = n > 2 && to[0] == '[' && to[n - 1] == ']';
    if (v6) {
        to++;
        n -= 2;
    }
    if (n > 0 && n < sizeof address && bytes_number(bytes_text(colon + 1), &port) && port > 0 &&
        port <= PORT_MAX) {
        memcpy(address, to, n);
        address[n] = '\0';
        if (set_address(p, address, (uint16_t)port) && v6 == (p->any.sa_family == AF_INET6))
            return true;
    }
    return error_set(
        e, "is no place to listen at; write unix:/run/gantry/metrics, 127.0.0.1:9464 or [::1]:9464");
}

bool metrics_check(const char *to, struct error *e) {
    struct at at;
    const char *path = metrics_path(to);
    if (!path)
        return parse_place(to, &at, e);
    return path[0] == '/' ||
           error_set(e, "must be a whole path behind unix:, such as unix:/run/gantry/metrics");
}

int metrics_listen(const char *to, bool *made, struct error *e) {
    struct at at;
    int on = 1;
    *made = false;
    if (metrics_path(to))
        return control_listen(metrics_path(to), made, e);
    if (!parse_place(to, &at, e))
        return -1;
    int fd = socket(at.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        bind(fd, &at.any, at.size) == 0 && listen(fd, QUEUE) == 0)
        return fd;
    error_set(e, "metrics: cannot listen at %s: %s; name an address of this machine and a free port", to,
              strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

bool metrics_give(const char *to, bool made, uid_t user, gid_t group, struct error *e) {
    return !metrics_path(to) || control_give(metrics_path(to), made, user, group, e);
}
