/* SPDX-License-Identifier: Apache-2.0 */
#include "process/children/children.h"

static const time_ns hand_over_time = 10 * NS_PER_S;

/* A reporter that is down at the moment has its successor at once. */
void children_hand_over(struct children *c) {
    c->handing = true;
    c->handed = c->reporter->pid == 0 && !c->reporter->finished;
    c->hand_over_by = clock_monotonic() + hand_over_time;
    c->sensor->upper->hand_over = true;
    doorbell_wake(c->sensor->doorbell);
}

void children_press_handover(const struct children *c, time_ns now) {
    bool told = c->handing && !c->handed && c->readiness.state != READINESS_WAITS;
    if (told && c->reporter->pid && now > c->hand_over_by)
        kill(c->reporter->pid, SIGKILL);
}

bool children_succeed(struct children *c, struct error *e) {
    c->sensor->upper->hand_over = false;
    c->handing = c->handed = true;
    return child_start(c, c->reporter, e);
}

void children_succeeded(struct children *c) {
    c->handing = c->handed = false;
}

void children_give_up(struct children *c) {
    c->handing = c->handed = false;
    children_end(c, c->reporter, true);
    children_stop(c);
}
