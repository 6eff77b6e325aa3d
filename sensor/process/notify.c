/* SPDX-License-Identifier: Apache-2.0 */
#include "process/notify.h"

#include "base/bytes.h"
#include "base/log.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A path, or an abstract name with '@' for its first, zero octet. The length of the address, 0: none. */
static socklen_t address_of(const char *name, struct sockaddr_un *out) {
    size_t n = strlen(name);
    if ((name[0] != '/' && name[0] != '@') || n < 2 || n >= sizeof out->sun_path)
        return 0;
    *out = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(out->sun_path, name, n);
    if (name[0] == '@')
        out->sun_path[0] = 0;
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
}

static int connect_to(const char *name) {
    struct sockaddr_un address;
    socklen_t length = address_of(name, &address);
    int fd = length ? socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0) : -1;
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, length) == 0)
        return fd;
    log_warning("the service manager cannot be told anything: NOTIFY_SOCKET %s: %s", name,
                length ? strerror(errno) : "neither a path nor an abstract name");
    if (fd >= 0)
        close(fd);
    return -1;
}

/* WATCHDOG_PID, if it is there, says whose signs of life are waited for. */
static bool is_watched(void) {
    const char *pid = getenv("WATCHDOG_PID");
    uint64_t number;
    return !pid || (bytes_number(bytes_text(pid), &number) && number == (uint64_t)getpid());
}

void notify_open(struct notify *n) {
    const char *name = getenv("NOTIFY_SOCKET"), *watchdog = getenv("WATCHDOG_USEC");
    uint64_t microseconds;
    *n = (struct notify){.fd = name ? connect_to(name) : -1};
    if (n->fd >= 0 && watchdog && is_watched() && bytes_number(bytes_text(watchdog), &microseconds) &&
        microseconds < INT64_MAX / 1000)
        n->every = (time_ns)(microseconds * 1000 / 2);
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
}

void notify_close(struct notify *n) {
    if (n->fd >= 0)
        close(n->fd);
    n->fd = -1;
}

void notify_tell(const struct notify *n, const char *state) {
    if (n->fd >= 0 && send(n->fd, state, strlen(state), MSG_NOSIGNAL) < 0)
        log_debug("the service manager was not told %s: %s", state, strerror(errno));
}

void notify_reloading(const struct notify *n) {
    char state[64];
    snprintf(state, sizeof state, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)(clock_monotonic() / 1000));
    notify_tell(n, state);
}

void notify_extend(struct notify *n) {
    time_ns now = clock_monotonic();
    if (now < n->again)
        return;
    n->again = now + NS_PER_S;
    notify_tell(n, "EXTEND_TIMEOUT_USEC=30000000");
}

void notify_beat(struct notify *n) {
    time_ns now = clock_monotonic();
    if (n->every == 0 || now < n->next)
        return;
    n->next = now + n->every;
    notify_tell(n, "WATCHDOG=1");
}
