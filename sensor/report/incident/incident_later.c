/* SPDX-License-Identifier: Apache-2.0 */
#include "report/event/telling.h"
#include "report/incident/incident_entry.h"

#include <stdlib.h>

/* Findings that wait. Every picture of a series is an image before more is known of it, and would open an
 * incident that holds it for a moment. Where one of a more telling class is open for the destination, a
 * finding that would open another waits a second for what else is found. One that is lost with the process is
 * brought again by the object's transfer record. */

static const time_ns wait_ns = NS_PER_S;

static struct record *at(const struct later *l, size_t n) {
    return l->records[(l->first + n) % LATER_MAX];
}

static struct record *take_first(struct later *l) {
    struct record *r = at(l, 0);
    l->first = (l->first + 1) % LATER_MAX;
    l->count--;
    return r;
}

static void remove_nth(struct later *l, size_t n) {
    free(at(l, n));
    for (; n + 1 < l->count; n++)
        l->records[(l->first + n) % LATER_MAX] = at(l, n + 1);
    l->count--;
}

static void count_now(struct incidents *t, struct record *r) {
    incident_add(t, r, true);
    free(r);
}

bool incident_wait(struct incidents *t, const struct record *r) {
    struct record *copy = malloc(r->size);
    if (!copy)
        return false;
    memcpy(copy, r, r->size);
    if (t->later.count == LATER_MAX)
        count_now(t, take_first(&t->later));
    t->later.records[(t->later.first + t->later.count++) % LATER_MAX] = copy;
    return true;
}

static uint64_t telling_of_finding(const struct record *r) {
    return telling_of(r->severity, record_text_of(r, TEXT_CLASS));
}

bool incident_outweighed(struct incidents *t, const struct record *r) {
    for (size_t n = 0; n < t->later.count; n++) {
        const struct record *old = at(&t->later, n);
        if (old->object != r->object || old->worker != r->worker)
            continue;
        if (r->kind == RECORD_FINDING && telling_of_finding(r) < telling_of_finding(old))
            return true;
        remove_nth(&t->later, n);
        return false;
    }
    return false;
}

/* `of`: of its worker alone; NULL: of all. */
static void count_due(struct incidents *t, time_ns now, const struct record *of) {
    for (size_t n = 0; n < t->later.count;) {
        struct record *old = at(&t->later, n);
        if ((of && old->worker != of->worker) || now - old->time < wait_ns) {
            n++;
            continue;
        }
        t->later.records[(t->later.first + n) % LATER_MAX] = NULL;
        remove_nth(&t->later, n);
        count_now(t, old);
    }
}

/* The time of one worker says nothing of another's. */
void incident_wait_of_worker(struct incidents *t, const struct record *r) {
    count_due(t, r->time, r);
}

void incident_wait_until(struct incidents *t, time_ns now) {
    count_due(t, now, NULL);
}

void incidents_hurry(struct incidents *t) {
    while (t->later.count)
        count_now(t, take_first(&t->later));
}

void incident_wait_finish(struct incidents *t) {
    while (t->later.count)
        free(take_first(&t->later));
}
