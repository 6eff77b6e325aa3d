/* SPDX-License-Identifier: Apache-2.0 */
#include "process/reporter/suspects.h"

#include "channel/channel.h"

#include <stdatomic.h>
#include <stdio.h>

static const time_ns rest_first = NS_PER_S, rest_longest = 600 * NS_PER_S, forget_after = 600 * NS_PER_S;
enum { DOUBLED_MOST = 10 };

/* --- in the reporter --- */

void suspects_read(struct suspects *s, unsigned channel, uint64_t position) {
    if (position > s->read[channel])
        s->read[channel] = position;
}

void suspects_enter(struct suspects *s, const struct suspect_record *r) {
    s->at = *r;
    atomic_store_explicit(&s->working, true, memory_order_release);
}

void suspects_leave(struct suspects *s) {
    atomic_store_explicit(&s->working, false, memory_order_release);
}

void suspects_taken(struct suspects *s, uint64_t records) {
    s->taken += records;
    s->row = records ? 0 : s->row;
}

void suspects_gave_up(struct suspects *s) {
    s->given_up++;
    s->row++;
}

bool suspects_condemned(const struct suspects *s, unsigned channel, uint64_t position) {
    const struct suspect *c = &s->channel[channel];
    return c->deaths >= SUSPECT_DEATHS && c->position == position;
}

/* A death at a record names it: then the others' need not be looked at one by one. */
uint64_t suspects_careful(const struct suspects *s, unsigned channel) {
    const struct reporter_death *d = &s->death;
    bool suspected = d->times && (!d->at_record || d->record.channel == channel);
    return suspected ? s->read[channel] : 0;
}

time_ns suspects_rest(const struct suspects *s, unsigned channel) {
    const struct suspect *c = &s->channel[channel];
    if (c->all <= SUSPECT_DEATHS)
        return 0;
    unsigned doubled = c->all - SUSPECT_DEATHS;
    time_ns rest = rest_first << (doubled < DOUBLED_MOST ? doubled : DOUBLED_MOST);
    return c->last + (rest < rest_longest ? rest : rest_longest);
}

/* --- in the supervisor --- */

static void blame_record(struct suspect *c, uint64_t position, time_ns now) {
    c->deaths = c->deaths && c->position == position ? c->deaths + 1 : 1;
    c->position = position;
    c->all = c->all && now - c->last <= forget_after ? c->all + 1 : 1;
    c->last = now;
}

bool suspects_died(struct suspects *s, int signal_number, bool own_fault, time_ns now) {
    bool working = atomic_exchange_explicit(&s->working, false, memory_order_acquire);
    uint64_t worked_off = s->taken + s->given_up;
    bool went_on = worked_off != s->worked_off;
    s->worked_off = worked_off;
    s->death = (struct reporter_death){
        .times = s->death.times + 1, .signal = signal_number, .at_record = working, .record = s->at};
    if (working && own_fault && s->at.channel < SUSPECT_CHANNELS)
        blame_record(&s->channel[s->at.channel], s->at.position, now);
    return went_on;
}

/* --- for people --- */

const char *suspect_write(const struct suspect_record *r, unsigned workers, char out[SUSPECT_TEXT_MAX]) {
    static const char *const kinds[RECORD_KINDS] = {
        [RECORD_TRANSFER] = "a transfer", [RECORD_FINDING] = "a finding", [RECORD_FLOW] = "a flow",
        [RECORD_NOTICE] = "a notice",     [RECORD_VOLUME] = "a volume",   [RECORD_HOST] = "a host"};
    bool worker = r->channel < workers, known = r->kind < RECORD_KINDS && kinds[r->kind];
    snprintf(out, SUSPECT_TEXT_MAX, "record %llu of %s %u, %s", (unsigned long long)r->id,
             worker ? "worker" : "examiner", (worker ? r->channel : r->channel - workers) + 1,
             known ? kinds[r->kind] : "of no known kind");
    return out;
}
