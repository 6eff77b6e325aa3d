/* SPDX-License-Identifier: Apache-2.0 */
#include "control/control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { QUEUE = 64, FOLDER_MODE = 0750, SOCKET_MODE = 0660 };

static int fail_socket(int fd, struct error *e, const char *path, const char *what, const char *mend) {
    error_set(e, "socket %s: %s%s%s; %s, or name another path in the configuration", path, what,
              errno ? ": " : "", errno ? strerror(errno) : "", mend);
    if (fd >= 0)
        close(fd);
    return -1;
}

static bool folder_of(const char *path, char *folder, size_t size) {
    const char *slash = strrchr(path, '/');
    return slash && slash != path && snprintf(folder, size, "%.*s", (int)(slash - path), path) < (int)size;
}

/* Nobody answers at a socket whose sensor has died. False: somebody does, or it is none. */
static bool replace_stale(int fd, const struct sockaddr_un *address, const char **what, const char **mend) {
    struct stat st;
    *mend = "move it away";
    *what = "there is something else";
    if (lstat(address->sun_path, &st) != 0)
        return errno == ENOENT;
    errno = 0;
    if (!S_ISSOCK(st.st_mode))
        return false;
    *mend = "stop it";
    *what = "another sensor listens there";
    if (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 || errno == EAGAIN) {
        errno = 0;
        return false;
    }
    *mend = "remove it";
    *what = "what is left there cannot be replaced";
    return errno == ECONNREFUSED && unlink(address->sun_path) == 0;
}

int control_listen(const char *path, bool *made, struct error *e) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char folder[sizeof address.sun_path];
    const char *what, *mend;
    errno = 0;
    if (strlen(path) >= sizeof address.sun_path)
        return fail_socket(-1, e, path, "the path is longer than 107 bytes", "shorten it");
    memcpy(address.sun_path, path, strlen(path));
    *made = folder_of(path, folder, sizeof folder) && mkdir(folder, FOLDER_MODE) == 0;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return fail_socket(fd, e, path, "no socket", "free some memory");
    if (!replace_stale(fd, &address, &what, &mend))
        return fail_socket(fd, e, path, what, mend);
    mode_t mask = umask(0177); /* the owner's alone until it is given */
    bool bound = bind(fd, (const struct sockaddr *)&address, sizeof address) == 0;
    umask(mask);
    if (bound && listen(fd, QUEUE) == 0)
        return fd;
    return fail_socket(fd, e, path, "cannot be made", "make its folder, or start the sensor as root");
}

/* Whoever owns the folder may have put something else in place meanwhile: no link is followed. */
static bool give_path(const char *path, uid_t user, gid_t group, mode_t mode) {
    return lchown(path, user, group) == 0 && fchmodat(AT_FDCWD, path, mode, AT_SYMLINK_NOFOLLOW) == 0;
}

bool control_give(const char *path, bool made, uid_t user, gid_t group, struct error *e) {
    char folder[sizeof((struct sockaddr_un *)0)->sun_path];
    bool shared = group != CONTROL_NO_GROUP;
    errno = 0;
    if (made && folder_of(path, folder, sizeof folder) && !give_path(folder, user, group, FOLDER_MODE)) {
        fail_socket(-1, e, folder, "cannot be given to the sensor's user", "make it yourself");
        return false;
    }
    if (!shared || give_path(path, (uid_t)-1, group, SOCKET_MODE))
        return true;
    fail_socket(-1, e, path, "cannot be opened to its group", "start the sensor as root");
    return false;
}
