/* SPDX-License-Identifier: Apache-2.0 */
#include "process/children/children.h"

#include "base/heap.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Of one that makes its tables. */
static const time_ns start_time = 20 * NS_PER_S;

volatile sig_atomic_t child_stopping;

void child_die_with(pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
}

/* Of what the places share a process that inspects keeps its own, and the reporter all channels, with what
 * workers say of themselves to read alone. What is left out here cannot be had again: no descriptor leads to
 * it. */
static void give_up_places(struct sensor *s, const struct child *self) {
    bool receives = self->role->receives;
    for (unsigned i = 0; i < s->places; i++) {
        bool own = self->role->inspects && i == self->place;
        if (own) {
            handout_only_take(&s->handout[i]);
            continue;
        }
        handout_close(&s->handout[i]);
        if (receives) {
            shared_only_read(&s->status_memory[i]);
        } else {
            shared_release(&s->status_memory[i]);
            ring_destroy(s->ring[i]);
            s->ring[i] = NULL;
        }
        s->status[i] = s->status_memory[i].seen;
    }
    if (self->role->inspects)
        shared_only_read(&s->blame_memory);
    else
        shared_release(&s->blame_memory);
    s->blame = s->blame_memory.seen;
    if (!receives && s->doorbell)
        doorbell_only_ring(s->doorbell);
}

static void give_up_boards(struct sensor *s, const struct child *self) {
    bool worker = self->role->keeps & KEEPS_CAPTURE;
    for (unsigned i = 0; i < s->workers; i++)
        if (!worker)
            shared_release(&s->board_memory[i]);
        else if (i != self->number)
            shared_only_read(&s->board_memory[i]);
}

static void give_up_files(struct sensor *s, const struct child *self) {
    bool worker = self->role->keeps & KEEPS_CAPTURE, examiner = self->role->keeps & KEEPS_FILES;
    for (unsigned i = 0; i < s->workers; i++)
        if (examiner)
            shared_only_read(&s->examine_memory[i]);
        else if (!worker || i != self->number)
            shared_release(&s->examine_memory[i]);
    for (unsigned i = 0; i < EXAMINERS_MAX; i++)
        if (worker)
            shared_only_read(&s->answer_memory[i]);
        else if (!examiner || i != self->number)
            shared_release(&s->answer_memory[i]);
}

static void close_sockets(const struct sensor *s, unsigned keeps) {
    const int fds[] = {s->manager, keeps & KEEPS_SOCKETS ? -1 : s->control,
                       keeps & KEEPS_SOCKETS ? -1 : s->metrics};
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

/* Siblings' captures are closed, or a dead sibling's ring would stay in the fanout group. The rest is what it
 * is not to reach. */
static void close_others(struct sensor *s, const struct child *self) {
    unsigned keeps = self->role->keeps;
    for (unsigned i = 0; i < s->workers; i++)
        if (!(keeps & KEEPS_CAPTURE) || i != self->number)
            capture_close(s->capture[i]);
    give_up_places(s, self);
    give_up_boards(s, self);
    give_up_files(s, self);
    snapshot_keep(s->snapshot);
    if (!(keeps & KEEPS_OUTPUTS))
        output_close_early();
    if (!(keeps & KEEPS_UPPER))
        munmap(s->upper, sizeof *s->upper);
    close_sockets(s, keeps);
}

static void note_stop(int signal_number) {
    (void)signal_number;
    child_stopping = 1;
}

/* SIGINT is the terminal's, the supervisor passes it on as SIGTERM. Who receives ends when the others have;
 * for it SIGHUP, blocked so far, waits until it looks: it opens its files again. */
static void catch_signals(bool receives) {
    const struct sigaction stop = {.sa_handler = note_stop}, ignore = {.sa_handler = SIG_IGN};
    sigset_t blocked;
    sigaction(SIGTERM, receives ? &ignore : &stop, NULL);
    sigaction(SIGINT, &ignore, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
    sigemptyset(&blocked);
    if (receives)
        sigaddset(&blocked, SIGHUP);
    else
        sigaction(SIGHUP, &ignore, NULL);
    sigprocmask(SIG_SETMASK, &blocked, NULL);
}

/* The life of every child: it closes what is not its own, catches signals, makes its tables, gives up all
 * that it no longer needs, and only then does its work. Its exit status. */
static int live_as(struct children *c, const struct child *self) {
    struct sensor *s = c->sensor;
    const struct role *role = self->role;
    struct error e;
    readiness_cancel(&c->readiness);
    close_others(s, self);
    log_role(role->nameless_alone && role_count(role, s) == 1 ? NULL : self->name);
    catch_signals(role->receives);
    void *begun = role->begin(s, self, &e);
    const struct sandbox_share share = {.headroom = role->headroom ? role->headroom(s) : 0,
                                        .bell = s->doorbell ? doorbell_fd(s->doorbell) : -1};
    if (begun && sandbox_enter(s->sandbox, &role->sandbox, &share, &e)) {
        sandbox_close(s->sandbox);
        return role->run(begun);
    }
    if (role->receives)
        readiness_tell(self->ready, e.text);
    else
        log_error("%s", e.text);
    return 1;
}

static void note_start(struct children *c, struct child *child, pid_t pid) {
    child->pid = pid;
    child->started = clock_monotonic();
    child->beat_at = child->started + start_time;
    child->stuck = false;
    child->status->pid = pid;
    child->status->starts++;
    if (child->role->inspects)
        c->sensor->status[child->place]->pid = pid;
}

bool child_start(struct children *c, struct child *child, struct error *e) {
    bool receives = child->role->receives;
    if (receives && !readiness_begin(&c->readiness, &child->ready))
        return error_set(e, "cannot start the %s: %s", child->role->name, strerror(errno));
    if (child->role->inspects)
        child_inherit(c, child);
    pid_t parent = getpid(), pid = fork();
    if (pid == 0) {
        child_die_with(parent);
        heap_leave(live_as(c, child));
    }
    if (pid > 0)
        note_start(c, child, pid);
    else
        error_set(e, "cannot start %s %s: %s", receives ? "the" : "a", child->role->name, strerror(errno));
    if (receives && pid < 0)
        readiness_cancel(&c->readiness);
    if (receives)
        close(child->ready);
    return pid > 0;
}
