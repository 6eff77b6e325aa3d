/* SPDX-License-Identifier: Apache-2.0 */
#include "process/readiness.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

bool readiness_begin(struct readiness *r, int *tell) {
    int ends[2];
    readiness_cancel(r);
    if (pipe(ends) != 0)
        return false;
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    *r = (struct readiness){.state = READINESS_WAITS, .fd = ends[0], .since = clock_monotonic()};
    *tell = ends[1];
    return true;
}

void readiness_cancel(struct readiness *r) {
    if (r->state == READINESS_WAITS)
        close(r->fd);
    *r = (struct readiness){.state = READINESS_NONE};
}

/* All was said. */
static void judge_start(struct readiness *r) {
    close(r->fd);
    r->why.text[r->n] = '\0';
    r->state = strcmp(r->why.text, "\n") == 0 ? READINESS_READY : READINESS_FAILED;
    if (r->n == 0)
        error_set(&r->why, "the reporter ended before it was ready");
}

void readiness_look(struct readiness *r) {
    size_t room = sizeof r->why.text - 1;
    ssize_t got = 1;
    if (r->state != READINESS_WAITS)
        return;
    while (got > 0 && r->n < room) {
        got = read(r->fd, r->why.text + r->n, room - r->n);
        r->n += got > 0 ? (size_t)got : 0;
    }
    if (got >= 0 || (errno != EAGAIN && errno != EINTR))
        judge_start(r);
}

bool readiness_grew_late(struct readiness *r, time_ns now) {
    if (r->state != READINESS_WAITS || r->late || now - r->since <= READINESS_LATE_S * NS_PER_S)
        return false;
    r->late = true;
    return true;
}

void readiness_tell(int fd, const char *text) {
    if (write(fd, text, strlen(text)) < 0)
        log_warning("the supervisor does not listen");
    close(fd);
}
