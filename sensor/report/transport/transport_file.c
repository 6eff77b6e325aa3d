/* SPDX-License-Identifier: Apache-2.0 */
#include "report/transport/early.h"
#include "report/transport/transport.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file that is appended to, or standard output. */
struct file {
    char *path; /* NULL: standard output */
    int fd;
    bool pipe;    /* or a terminal: it may be full */
    bool failing; /* told already */
    uint8_t room[64 << 10];
};

static bool check_file(const char *rest, struct error *e) {
    if (*rest != '/' && *rest != '.')
        return error_set(e, "\"%s\" is no path: write file:/var/log/gantry/alerts.json", rest);
    return true;
}

static bool check_stdout(const char *rest, struct error *e) {
    return *rest == '\0' || error_set(e, "nothing may follow \"-\"");
}

static void *open_file(const struct transport *t, const char *rest, const struct output_config *config,
                       struct error *e) {
    struct file *f = calloc(1, sizeof *f);
    if (f)
        f->path = strdup(rest);
    if (!f || !f->path) {
        error_set(e, "out of memory");
        free(f);
        return NULL;
    }
    f->fd = early_append(f->path);
    int reason = errno;
    if (f->fd < 0)
        f->fd = early_take(f->path);
    errno = reason;
    if (f->fd >= 0)
        return f;
    error_set(e, "cannot open %s: %s; make its folder, or let the sensor's user write there", rest,
              early_reason(errno));
    free(f->path);
    free(f);
    return NULL;
}

static void *open_stdout(const struct transport *t, const char *rest, const struct output_config *config,
                         struct error *e) {
    struct file *f = calloc(1, sizeof *f);
    struct stat is;
    if (!f) {
        error_set(e, "out of memory");
        return NULL;
    }
    f->fd = STDOUT_FILENO;
    f->pipe = fstat(f->fd, &is) != 0 || !S_ISREG(is.st_mode);
    return f;
}

static void close_file(void *carrier) {
    struct file *f = carrier;
    if (f->path && f->fd >= 0)
        close(f->fd);
    free(f->path);
    free(f);
}

static enum carried judge_failure(struct file *f) {
    int error = errno;
    if (error == EAGAIN || error == EINTR)
        return CARRIED_WAIT;
    if (!f->failing)
        log_error("output to %s: %s", f->path ? f->path : "standard output", strerror(error));
    f->failing = true;
    /* A full disk may be cleared; a reader that has gone does not come back. */
    return error == ENOSPC || error == EDQUOT || error == EIO ? CARRIED_WAIT : CARRIED_REFUSED;
}

/* The frames' first octets behind one another: into a file whole frames, of as many as there is room for, so
 * that a process that dies between two writes leaves no line torn. */
static struct bytes gather_frames(struct file *f, const struct iovec *frames, size_t n) {
    size_t most = f->pipe ? PIPE_BUF : sizeof f->room, used = 0;
    for (size_t i = 0; i < n && used < most; i++) {
        size_t some = frames[i].iov_len < most - used ? frames[i].iov_len : most - used;
        if (!f->pipe && used > 0 && some < frames[i].iov_len)
            break;
        memcpy(f->room + used, frames[i].iov_base, some);
        used += some;
    }
    return bytes_of(f->room, used);
}

/* Standard output may be shared with others, so it is not made non-blocking: a pipe that polls writable takes
 * PIPE_BUF bytes at once (pipe(7)). writev(2) is a call that no process of the sensor needs else. */
static enum carried send_file(void *carrier, const struct iovec *frames, size_t n, size_t *done) {
    struct file *f = carrier;
    struct pollfd fd = {.fd = f->fd, .events = POLLOUT};
    if (f->pipe && poll(&fd, 1, 0) != 1)
        return CARRIED_WAIT;
    struct bytes all = gather_frames(f, frames, n);
    ssize_t written = write(f->fd, all.p, all.n);
    if (written < 0)
        return judge_failure(f);
    *done += (size_t)written;
    f->failing = false;
    return CARRIED;
}

static const char *tell_trouble(const void *carrier) {
    const struct file *f = carrier;
    return f->failing ? "writing fails; see the sensor's log" : NULL;
}

static bool poll_file(const void *carrier, struct pollfd *fd) {
    const struct file *f = carrier;
    *fd = (struct pollfd){.fd = f->fd, .events = POLLOUT};
    return !f->failing;
}

static void reopen_file(void *carrier) {
    struct file *f = carrier;
    int fd = early_append(f->path);
    if (fd < 0) {
        log_error("output to %s: cannot open it again: %s; going on with the old file", f->path,
                  early_reason(errno));
        return;
    }
    close(f->fd);
    f->fd = fd;
}

static bool is_terminal(const void *carrier) {
    const struct file *f = carrier;
    const char *no_color = getenv("NO_COLOR");
    return isatty(f->fd) && !(no_color && *no_color);
}

const struct transport transport_file = {
    .scheme = "file:",
    .usage = "file:/path",
    .framing = FRAMING_LINE,
    .message_max = 120 << 10,
    .people = true,
    .check = check_file,
    .open = open_file,
    .close = close_file,
    .send_several = send_file,
    .poll = poll_file,
    .trouble = tell_trouble,
    .proof = "written",
    .reopen = reopen_file,
};

const struct transport transport_stdout = {
    .scheme = "-",
    .usage = "-",
    .framing = FRAMING_LINE,
    .message_max = 120 << 10,
    .people = true,
    .check = check_stdout,
    .open = open_stdout,
    .close = close_file,
    .send_several = send_file,
    .poll = poll_file,
    .trouble = tell_trouble,
    .proof = "written",
    .terminal = is_terminal,
};
