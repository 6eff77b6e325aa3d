/* SPDX-License-Identifier: Apache-2.0 */
#include "process/children/children.h"

#include <sys/wait.h>

static const time_ns long_life = 60 * NS_PER_S;
enum { DOUBLED_MOST = 10 };

static void schedule_restart(struct child *child) {
    const struct role *role = child->role;
    time_ns now = clock_monotonic();
    child->quick_deaths = now - child->started > long_life ? 0 : child->quick_deaths + 1;
    unsigned doubled = child->quick_deaths < DOUBLED_MOST ? child->quick_deaths : DOUBLED_MOST;
    time_ns wait = doubled <= 1 ? 0 : role->first_wait << doubled;
    child->again = now + (wait < role->longest_wait ? wait : role->longest_wait);
}

/* Then, as when the watchdog ended it, the packet or record that it worked on may be the reason. */
bool child_is_own_fault(int signal_number) {
    static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        if (signals[i] == signal_number)
            return true;
    return false;
}

/* For the successor to tell, and for all workers to know which flow to leave out. */
static void note_death(struct children *c, const struct child *child, int status) {
    struct worker_status *s = c->sensor->status[child->place];
    int signal_number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    bool blame = s->at_packet && (child->stuck || child_is_own_fault(signal_number));
    s->death = (struct worker_death){.signal = signal_number,
                                     .status = WIFEXITED(status) ? WEXITSTATUS(status) : 0,
                                     .stuck = child->stuck,
                                     .at_packet = blame,
                                     .at = s->at,
                                     .stage = s->stage < STAGE_COUNT ? s->stage : STAGE_PACKET,
                                     .flows = s->flows};
    if (blame)
        s->death.verdict = blame_death(c->sensor->blame, &s->death.at, s->death.stage, clock_monotonic());
    s->at_packet = false;
    s->flows = 0;
}

void children_end(struct children *c, struct child *child, bool failed) {
    child->finished = true;
    c->failed |= failed;
    if (!child->role->inspects)
        return;
    ring_finish(c->sensor->ring[child->place]);
    doorbell_wake(c->sensor->doorbell);
}

void children_restart(struct children *c, struct child *child, int status) {
    if (child->role->inspects)
        note_death(c, child, status);
    schedule_restart(child);
}

bool child_is_to_end(const struct children *c, const struct child *child) {
    return c->killing || (child->role->serves ? c->served : c->stopping);
}

void child_ended(struct children *c, struct child *child, int status) {
    bool clean = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (child_is_to_end(c, child) || (c->sensor->offline && clean))
        children_end(c, child, WIFEXITED(status) && !clean);
    else
        children_restart(c, child, status);
}
