/* SPDX-License-Identifier: Apache-2.0 */
#include "report/ledger/ledger_entry.h"

#include <stdlib.h>

static const struct {
    time_ns width;
    unsigned count, first; /* buckets, and where they begin */
} spans[SPAN_COUNT] = {
    [SPAN_MINUTES] = {300 * NS_PER_S, 12, 0},
    [SPAN_HOURS] = {3600 * NS_PER_S, 24, 12},
    [SPAN_DAYS] = {86400 * NS_PER_S, LEDGER_PERIOD_DAYS, 36},
};

static const struct {
    enum ledger_span span;
    unsigned count;
} windows[LEDGER_WINDOWS] = {
    [LEDGER_HOUR] = {SPAN_MINUTES, 12},
    [LEDGER_DAY] = {SPAN_HOURS, 24},
    [LEDGER_WEEK] = {SPAN_DAYS, 7},
    [LEDGER_PERIOD] = {SPAN_DAYS, LEDGER_PERIOD_DAYS},
};

static int64_t index_of(enum ledger_span span, time_ns t) {
    return t < 0 ? 0 : t / spans[span].width;
}

void bucket_init(struct entry *e) {
    for (unsigned i = 0; i < BUCKETS; i++)
        e->buckets[i].index = -1;
}

size_t bucket_octets(const struct bucket *b) {
    return distinct_octets(&b->plates) + distinct_octets(&b->images);
}

size_t bucket_set_octets(const struct entry *e) {
    size_t all = 0;
    for (unsigned i = 0; i < BUCKETS; i++)
        all += distinct_set_octets(&e->buckets[i].plates) + distinct_set_octets(&e->buckets[i].images);
    return all;
}

size_t bucket_estimate(struct entry *e) {
    size_t freed = 0;
    for (unsigned i = 0; i < BUCKETS; i++) {
        struct bucket *b = &e->buckets[i];
        size_t before = bucket_octets(b);
        b->changed |= distinct_set_octets(&b->plates) + distinct_set_octets(&b->images) > 0;
        distinct_estimate(&b->plates);
        distinct_estimate(&b->images);
        freed += before - bucket_octets(b);
    }
    return freed;
}

static size_t drop_counts(struct bucket *b) {
    size_t freed = bucket_octets(b);
    distinct_finish(&b->plates);
    distinct_finish(&b->images);
    return freed;
}

void bucket_finish(struct entry *e) {
    for (unsigned i = 0; i < BUCKETS; i++)
        drop_counts(&e->buckets[i]);
}

/* NULL: a newer time has taken the place, the record is older than the span. One from a future that is no
 * longer believed in gives way. */
static struct bucket *bucket_at(struct entry *e, enum ledger_span span, time_ns t, time_ns now,
                                int64_t *octets) {
    int64_t index = index_of(span, t);
    struct bucket *b = &e->buckets[spans[span].first + (unsigned)(index % spans[span].count)];
    if (b->index == index)
        return b;
    if (b->index > index && b->index <= index_of(span, now))
        return NULL;
    *octets -= (int64_t)drop_counts(b);
    *b = (struct bucket){.index = index};
    return b;
}

static void add_distinct(struct bucket *b, const struct addition *a) {
    bool all = true;
    if (b->plates_least < a->plates_least)
        b->plates_least = a->plates_least;
    for (size_t i = 0; i < a->digest_count; i++)
        all &= distinct_add(&b->plates, a->digests[i]);
    if (a->pictured)
        all &= distinct_add(&b->images, a->image);
    if (!all)
        counter_one(COUNTER_LEDGER_REFUSED);
}

int64_t bucket_add(struct entry *e, time_ns t, time_ns now, const struct addition *a) {
    int64_t octets = 0;
    for (enum ledger_span span = 0; span < SPAN_COUNT; span++) {
        struct bucket *b = bucket_at(e, span, t, now, &octets);
        if (!b)
            continue;
        b->changed = b->unshared = true;
        b->objects += a->objects;
        b->bytes += a->bytes;
        b->denied_objects += a->denied ? a->objects : 0;
        b->denied_bytes += a->denied ? a->bytes : 0;
        octets -= (int64_t)bucket_octets(b);
        add_distinct(b, a);
        octets += (int64_t)bucket_octets(b);
    }
    return octets;
}

static bool is_within(const struct bucket *b, int64_t newest, unsigned count) {
    return b->index >= 0 && b->index <= newest && b->index > newest - (int64_t)count;
}

/* Calls `visit` for each bucket of the window. */
static void each_within(const struct entry *e, time_ns now, enum ledger_window window,
                        void (*visit)(const struct bucket *b, void *context), void *context) {
    enum ledger_span span = windows[window].span;
    int64_t newest = index_of(span, now);
    for (unsigned i = 0; i < spans[span].count; i++) {
        const struct bucket *b = &e->buckets[spans[span].first + i];
        if (is_within(b, newest, windows[window].count))
            visit(b, context);
    }
}

static void add_up(const struct bucket *b, void *context) {
    struct ledger_totals *out = context;
    out->objects += b->objects;
    out->bytes += b->bytes;
    out->denied_objects += b->denied_objects;
    out->denied_bytes += b->denied_bytes;
    out->denied_days += b->denied_objects > 0;
}

void bucket_sum(const struct entry *e, time_ns now, enum ledger_window window, struct ledger_totals *out) {
    *out = (struct ledger_totals){.objects = 0};
    each_within(e, now, window, add_up, out);
}

struct joined {
    struct distinct_union all;
    uint64_t least;
};

static void join_plates(const struct bucket *b, void *context) {
    struct joined *j = context;
    j->least = b->plates_least > j->least ? b->plates_least : j->least;
    distinct_union_add(&j->all, &b->plates);
}

static void join_images(const struct bucket *b, void *context) {
    struct joined *j = context;
    distinct_union_add(&j->all, &b->images);
}

static uint64_t count_joined(const struct entry *e, time_ns now, enum ledger_window window,
                             void (*join)(const struct bucket *b, void *context)) {
    struct joined j = {.least = 0};
    each_within(e, now, window, join, &j);
    uint64_t n = distinct_union_count(&j.all);
    return n > j.least ? n : j.least;
}

uint64_t bucket_plates(const struct entry *e, time_ns now, enum ledger_window window) {
    return count_joined(e, now, window, join_plates);
}

uint64_t bucket_images(const struct entry *e, time_ns now, enum ledger_window window) {
    return count_joined(e, now, window, join_images);
}

static int compare_counts(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* One earlier day out of the usual changes the middle one little, the mean by much. */
unsigned bucket_usual(const struct entry *e, time_ns now, uint64_t *objects, uint64_t *bytes) {
    uint64_t o[LEDGER_PERIOD_DAYS], s[LEDGER_PERIOD_DAYS];
    unsigned n = share_days(e, now, o, s);
    *objects = *bytes = 0;
    if (n == 0)
        return 0;
    qsort(o, n, sizeof o[0], compare_counts);
    qsort(s, n, sizeof s[0], compare_counts);
    *objects = o[n / 2];
    *bytes = s[n / 2];
    return n;
}
