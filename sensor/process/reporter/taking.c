/* SPDX-License-Identifier: Apache-2.0 */
#include "process/reporter/taking.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of a channel at once; of one that is taken record by record. */
enum { BATCH = 512, FEW = 32 };

bool taking_begin(struct taking *t, struct sensor *s, struct reporter *r) {
    *t = (struct taking){.sensor = s, .reporter = r, .copy = malloc(ring_record_max())};
    for (unsigned i = 0; i < s->places; i++) {
        ring_rewind(s->ring[i]);
        t->careful[i] = suspects_careful(&s->upper->suspects, i);
        t->left[i] = BATCH; /* the predecessor had read no more, whatever a worker says of its channel */
    }
    return t->copy != NULL;
}

void taking_end(struct taking *t) {
    free(t->copy);
}

void taking_keep_counters(const struct taking *t) {
    memcpy(t->sensor->upper->reporter, counter_values, sizeof t->sensor->upper->reporter);
}

/* Offline days may pass within a batch: what they end is ended before the next record counts, or alerts would
 * depend on how far the reporter is behind. */
static void pass_time(struct taking *t, unsigned channel, time_ns time) {
    static const time_ns step = 60 * NS_PER_S;
    time_ns least = time;
    if (time <= t->reached[channel])
        return;
    t->reached[channel] = time;
    for (size_t i = 0; i < t->sensor->places; i++)
        if (t->reached[i] < least && !ring_finished(t->sensor->ring[i]))
            least = t->reached[i];
    if (least - t->passed < step)
        return;
    t->passed = least;
    reporter_pass(t->reporter, least);
}

/* The channel's next record, and where it stands; NULL: there is none. */
static const struct record *read_record(struct taking *t, unsigned channel, struct suspect_record *at) {
    struct ring *ring = t->sensor->ring[channel];
    uint64_t damaged = 0;
    *at = (struct suspect_record){.channel = channel, .position = ring_position(ring)};
    const struct record *r = ring_read(ring, t->copy, &damaged);
    counter_add(COUNTER_CHANNEL_DAMAGED, damaged);
    suspects_read(&t->sensor->upper->suspects, channel, ring_position(ring));
    if (!r)
        return NULL;
    at->id = r->id;
    at->kind = r->kind;
    return r;
}

static void take_record(struct taking *t, unsigned channel, const struct record *r) {
    if (r->time > t->newest)
        t->newest = r->time;
    if (t->sensor->offline)
        pass_time(t, channel, r->time);
    reporter_take(t->reporter, channel, r);
}

/* At most BATCH of a channel; how many. */
static size_t take_batch(struct taking *t, unsigned channel) {
    struct suspects *s = &t->sensor->upper->suspects;
    struct suspect_record at;
    const struct record *r;
    size_t n = 0;
    while (n < BATCH && (r = read_record(t, channel, &at))) {
        suspects_enter(s, &at);
        take_record(t, channel, r);
        suspects_leave(s);
        n++;
    }
    return n;
}

/* In the store, or in memory where there is none, and on its way; what has gone out then does not go out
 * again, whatever this process dies of next. */
static void settle_records(struct taking *t) {
    reporter_commit(t->reporter);
    reporter_deliver(t->reporter);
    reporter_commit(t->reporter);
}

/* Nothing of the record is looked at. */
static void give_up_record(struct taking *t, const struct suspect_record *at) {
    char name[SUSPECT_TEXT_MAX], text[SUSPECT_TEXT_MAX + 120];
    snprintf(text, sizeof text,
             "the reporter died twice of %s: it is stepped over, and what it would have told is told nowhere",
             suspect_write(at, t->sensor->workers, name));
    log_error("%s", text);
    counter_one(COUNTER_RECORDS_GIVEN_UP);
    reporter_notice(t->reporter, "record-given-up", text);
}

static bool is_careful(const struct taking *t, unsigned channel) {
    return t->left[channel] > 0 && ring_position(t->sensor->ring[channel]) < t->careful[channel];
}

/* One by one: what has been settled does not come again, however the next one ends. */
static size_t take_carefully(struct taking *t, unsigned channel) {
    struct suspects *s = &t->sensor->upper->suspects;
    struct ring *ring = t->sensor->ring[channel];
    struct suspect_record at;
    const struct record *r;
    size_t n = 0;
    while (n < FEW && is_careful(t, channel) && (r = read_record(t, channel, &at))) {
        bool condemned = suspects_condemned(s, channel, at.position);
        if (condemned) {
            give_up_record(t, &at);
        } else {
            suspects_enter(s, &at);
            take_record(t, channel, r);
        }
        settle_records(t);
        ring_commit(ring);
        suspects_leave(s);
        if (condemned)
            suspects_gave_up(s);
        else
            suspects_taken(s, 1);
        taking_keep_counters(t);
        t->left[channel]--;
        n++;
    }
    return n;
}

/* Once all have finished there is nothing to wait for. */
static bool is_resting(const struct taking *t, unsigned channel) {
    time_ns rest = suspects_rest(&t->sensor->upper->suspects, channel);
    return rest && !t->sensor->offline && !t->finished && clock_monotonic() < rest;
}

static size_t take_usual(struct taking *t, bool *empty) {
    size_t all = 0;
    for (unsigned i = 0; i < t->sensor->places; i++) {
        size_t n = is_careful(t, i) || is_resting(t, i) ? 0 : take_batch(t, i);
        *empty &= n < BATCH;
        all += n;
    }
    if (!all)
        return 0;
    settle_records(t); /* before they are let go of */
    for (unsigned i = 0; i < t->sensor->places; i++)
        ring_commit(t->sensor->ring[i]);
    suspects_taken(&t->sensor->upper->suspects, all);
    return all;
}

/* Behind the others, whose records are settled whatever comes of these. */
static size_t take_suspected(struct taking *t, bool *empty) {
    size_t all = 0;
    for (unsigned i = 0; i < t->sensor->places; i++) {
        size_t n = is_resting(t, i) || !is_careful(t, i) ? 0 : take_carefully(t, i);
        *empty &= n == 0;
        all += n;
    }
    return all;
}

static bool have_finished(const struct taking *t) {
    for (unsigned i = 0; i < t->sensor->places; i++)
        if (!ring_finished(t->sensor->ring[i]))
            return false;
    return true;
}

size_t taking_round(struct taking *t, bool *empty) {
    t->finished = have_finished(t); /* before the last look, so that nothing slips in between */
    *empty = true;
    size_t n = take_usual(t, empty) + take_suspected(t, empty);
    taking_keep_counters(t);
    return n;
}

bool taking_has_news(const struct taking *t) {
    for (unsigned i = 0; i < t->sensor->places; i++)
        if (ring_has_news(t->sensor->ring[i]) && !is_resting(t, i))
            return true;
    return false;
}
