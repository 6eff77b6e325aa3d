/* SPDX-License-Identifier: Apache-2.0 */
#include "report/transport/early.h"

#include "report/transport/transport.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    APPEND = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW,
    READ = O_RDONLY | O_CLOEXEC
};
enum { FILES_MAX = 512 };

static struct {
    char *path;
    int flags, fd;
} files[FILES_MAX];
static size_t count;

/* What can be appended to: a file, or a pipe or device that somebody put there. */
static int open_append(const char *path, int more) {
    struct stat s;
    int fd = open(path, APPEND | more, 0640);
    if (fd < 0 || (fstat(fd, &s) == 0 && (S_ISREG(s.st_mode) || S_ISFIFO(s.st_mode) || S_ISCHR(s.st_mode))))
        return fd;
    close(fd);
    errno = EINVAL;
    return -1;
}

int early_append(const char *path) {
    return open_append(path, 0);
}

const char *early_reason(int error) {
    return error == ELOOP    ? "it is a symbolic link, which could lead anywhere; name the file itself"
           : error == EINVAL ? "it is neither a file nor a pipe"
                             : strerror(error);
}

static bool is_open(const char *path) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(files[i].path, path) == 0)
            return true;
    return false;
}

static bool keep_file(const char *path, int flags, int fd) {
    char *copy = fd >= 0 && count < FILES_MAX ? strdup(path) : NULL;
    if (!copy) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    files[count].path = copy;
    files[count].flags = flags;
    files[count++].fd = fd;
    return true;
}

static void forget_file(size_t i) {
    free(files[i].path);
    close(files[i].fd);
    files[i] = files[--count];
}

/* A file of ours can be opened again after SIGHUP by whom it is given to. */
static int make_file(const char *path, uid_t owner, gid_t group) {
    int fd = open_append(path, O_EXCL);
    if (fd < 0)
        return early_append(path);
    if (geteuid() == 0 && fchown(fd, owner, group) != 0)
        log_warning("output to %s: cannot be given to its user: %s; SIGHUP will not reopen it", path,
                    strerror(errno));
    return fd;
}

bool output_open_early(const struct output_config *o, uid_t owner, gid_t group, struct error *e) {
    const char *path = output_path(o), *const read_too[] = {o->ca, o->certificate, o->key};
    for (size_t i = 0; i < sizeof read_too / sizeof *read_too; i++)
        if (read_too[i] && !is_open(read_too[i]))
            keep_file(read_too[i], READ,
                      open(read_too[i], READ)); /* what is wrong with it is told where it is used */
    if (!path || is_open(path) || keep_file(path, APPEND, make_file(path, owner, group)))
        return true;
    return error_set(
        e,
        "output %s:%s: cannot open %s: %s; make its folder, let the sensor's user write there, and, where "
        "the "
        "sensor runs already, start it again: folders that were not written to at its start are closed to it",
        o->format, o->to, path, early_reason(errno));
}

void output_reopen_early(void) {
    for (size_t i = 0; i < count; i++) {
        int fd = files[i].flags == APPEND ? early_append(files[i].path) : open(files[i].path, files[i].flags);
        if (fd < 0)
            continue;
        close(files[i].fd);
        files[i].fd = fd;
    }
}

void output_close_early(void) {
    while (count)
        forget_file(count - 1);
}

static bool is_path(const char *a, const char *b) {
    return a && strcmp(a, b) == 0;
}

void output_close_unused(const struct output_config *outputs, size_t n) {
    for (size_t i = count; i-- > 0;) {
        bool used = false;
        for (size_t k = 0; k < n && !used; k++) {
            const struct output_config *o = &outputs[k];
            used = is_path(output_path(o), files[i].path) || is_path(o->ca, files[i].path) ||
                   is_path(o->certificate, files[i].path) || is_path(o->key, files[i].path);
        }
        if (!used)
            forget_file(i);
    }
}

int early_take(const char *path) {
    int reason = errno, fd = -1;
    for (size_t i = 0; i < count && fd < 0; i++)
        if (strcmp(files[i].path, path) == 0)
            fd = fcntl(files[i].fd, F_DUPFD_CLOEXEC, 0);
    errno = reason;
    return fd;
}

FILE *early_read(const char *path) {
    int fd = open(path, READ);
    if (fd < 0 && (fd = early_take(path)) >= 0)
        lseek(fd, 0, SEEK_SET);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
    if (fd >= 0 && !f)
        close(fd);
    return f;
}
