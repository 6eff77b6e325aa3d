/* SPDX-License-Identifier: Apache-2.0 */
#include "process/reporter/reporting.h"

#include <sys/wait.h>

/* Offline and while all stop somebody waits for the end. */
static bool is_awaited(const struct children *c) {
    return c->sensor->offline || c->stopping;
}

static uint64_t count_waiting(const struct children *c) {
    uint64_t n = 0;
    for (unsigned i = 0; i < c->sensor->places; i++)
        n += ring_uncommitted(c->sensor->ring[i]);
    return n;
}

static void note_death(struct children *c, struct child *child, int signal_number) {
    struct suspects *s = &c->sensor->upper->suspects;
    bool own_fault = child_is_own_fault(signal_number);
    if (suspects_died(s, signal_number, own_fault, clock_monotonic()) && is_awaited(c))
        child->quick_deaths = 0;
    counter_one(COUNTER_REPORTER_RESTARTS);
}

/* Tells why it is not tried again. */
static bool is_hopeless(const struct children *c, const struct child *child) {
    const struct suspects *s = &c->sensor->upper->suspects;
    unsigned long long waiting = count_waiting(c);
    if (!is_awaited(c))
        return false;
    if (s->row >= SUSPECT_ROW)
        log_error(
            "the reporter died of %u records one behind another: it is not started again, and %llu records "
            "that wait are told nowhere",
            s->row, waiting);
    else if (child->quick_deaths >= SUSPECT_TRIES)
        log_error(
            "the reporter died %u times in a row without working off a record: it is not started again, and "
            "%llu records that wait are told nowhere",
            child->quick_deaths, waiting);
    return s->row >= SUSPECT_ROW || child->quick_deaths >= SUSPECT_TRIES;
}

/* Nobody hears of it meanwhile. */
static void tell_wait(const struct child *child) {
    enum { TOLD_FROM = 3 };
    time_ns wait = child->again - clock_monotonic();
    if (child->quick_deaths >= TOLD_FROM)
        log_error(
            "the reporter died %u times, each time soon after its start: it is started again in %.1f s, and "
            "until it goes on nothing is told to anybody",
            child->quick_deaths, wait > 0 ? (double)wait / (double)NS_PER_S : 0.0);
}

static void try_again(struct children *c, struct child *child, int status) {
    children_restart(c, child, status);
    if (is_hopeless(c, child))
        children_end(c, child, true);
    else
        tell_wait(child);
}

/* Who reads a file waits for room in a channel that nobody takes from any more. */
static void end_others(struct children *c) {
    if (!c->stopping)
        children_stop(c);
    if (c->sensor->offline && !c->killing)
        children_stop(c);
}

void reporting_ended(struct children *c, struct child *child, int status) {
    bool exited = WIFEXITED(status), handed_over = exited && WEXITSTATUS(status) == REPORTER_HANDED_OVER;
    children_hear(c); /* its last words */
    c->sensor->store_checked = handed_over;
    if (!exited)
        note_death(c, child, WTERMSIG(status));
    if (c->handing && !c->killing && (c->handed || !exited || handed_over)) {
        c->handed = true; /* the reload has the word */
        return;
    }
    bool others = children_others_left(c);
    if (!exited && !c->killing && (others || count_waiting(c)))
        try_again(c, child, status);
    else
        children_end(c, child, !exited || WEXITSTATUS(status) != 0);
    if (child->finished && others)
        end_others(c);
}
