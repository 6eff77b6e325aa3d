/* SPDX-License-Identifier: Apache-2.0 */
#include "report/recent.h"

#include "base/hash.h"
#include "base/utf8.h"
#include "policy/policy.h"
#include "report/ledger/ledger.h"

#include <stdlib.h>

enum { MINUTE_SLOTS = 60 / RECENT_SLOT_S };

struct destination {
    int64_t newest; /* slot since 1970 */
    uint8_t verdict;
    char name[RECENT_NAME_MAX];
    struct recent_sums slot[RECENT_SLOTS];
};

struct recent {
    struct hash_key key;
    size_t count;                       /* the first so many are in use */
    uint64_t hash[RECENT_DESTINATIONS]; /* of the names, looked through one after the other */
    struct destination destination[RECENT_DESTINATIONS];
};

struct recent *recent_create(void) {
    struct recent *r = calloc(1, sizeof *r);
    if (r)
        r->key = hash_key_random();
    return r;
}

void recent_destroy(struct recent *r) {
    free(r);
}

static int64_t slot_of(time_ns t) {
    return t / (RECENT_SLOT_S * NS_PER_S);
}

/* The least recent stranger; the least recent of all where partners have all but a few lines. */
static size_t find_first_out(const struct recent *r) {
    enum { STRANGERS_LEAST = RECENT_DESTINATIONS / 8 };
    size_t strangers = 0, out[2] = {SIZE_MAX, SIZE_MAX};
    for (size_t i = 0; i < r->count; i++) {
        bool partner = !verdict_is_of_many(r->destination[i].verdict);
        strangers += !partner;
        if (out[partner] == SIZE_MAX || r->destination[i].newest < r->destination[out[partner]].newest)
            out[partner] = i;
    }
    return strangers > STRANGERS_LEAST || out[1] == SIZE_MAX ? out[0] : out[1];
}

/* The line of a name, or a new one. */
static struct destination *find_destination(struct recent *r, struct bytes name) {
    uint64_t hash = hash_bytes(&r->key, name.p, name.n);
    for (size_t i = 0; i < r->count; i++)
        if (r->hash[i] == hash)
            return &r->destination[i];
    size_t i = r->count < RECENT_DESTINATIONS ? r->count++ : find_first_out(r);
    size_t n = utf8_fit(name, RECENT_NAME_MAX - 1);
    r->hash[i] = hash;
    r->destination[i] = (struct destination){.newest = 0};
    memcpy(r->destination[i].name, name.p, n);
    return &r->destination[i];
}

/* Where a record of `t` counts: slots that have passed since the line's newest are emptied. NULL: too late.
 */
static struct recent_sums *enter_slot(struct destination *d, time_ns t) {
    int64_t now = slot_of(t);
    if (now <= d->newest - RECENT_SLOTS || now < 0)
        return NULL;
    int64_t first = d->newest + 1 > now - RECENT_SLOTS + 1 ? d->newest + 1 : now - RECENT_SLOTS + 1;
    for (int64_t s = first; s <= now; s++)
        d->slot[(s + RECENT_SLOTS) % RECENT_SLOTS] = (struct recent_sums){0};
    d->newest = now > d->newest ? now : d->newest;
    return &d->slot[now % RECENT_SLOTS];
}

static struct destination *line_of(struct recent *r, const struct record *record) {
    char room[DESTINATION_ROOM];
    return find_destination(r, ledger_destination(record, room));
}

void recent_record(struct recent *r, const struct record *record) {
    if (record->kind != RECORD_TRANSFER || !record->matters || record->parent)
        return;
    struct destination *d = line_of(r, record);
    struct recent_sums *s = enter_slot(d, record->time);
    d->verdict = record->verdict;
    if (!s)
        return;
    s->transfers++;
    s->bytes += record->bytes;
}

void recent_alert(struct recent *r, const struct record *record) {
    struct destination *d = line_of(r, record);
    struct recent_sums *s = enter_slot(d, record->time);
    d->verdict = record->verdict;
    if (s)
        s->alerts++;
}

static void add_sums(struct recent_sums *to, const struct recent_sums *s) {
    to->transfers += s->transfers;
    to->bytes += s->bytes;
    to->alerts += s->alerts;
}

/* False: nothing in the window. */
static bool sum_up(const struct destination *d, int64_t now, struct recent_line *out) {
    *out = (struct recent_line){.verdict = d->verdict};
    memcpy(out->name, d->name, sizeof out->name);
    for (int64_t s = d->newest; s > d->newest - RECENT_SLOTS && s >= 0; s--) {
        if (s > now - RECENT_SLOTS)
            add_sums(&out->window, &d->slot[s % RECENT_SLOTS]);
        if (s > now - MINUTE_SLOTS)
            add_sums(&out->minute, &d->slot[s % RECENT_SLOTS]);
    }
    return out->window.transfers || out->window.alerts;
}

static int busiest_first(const void *a, const void *b) {
    const struct recent_line *x = a, *y = b;
    if (x->window.bytes != y->window.bytes)
        return x->window.bytes > y->window.bytes ? -1 : 1;
    if (x->window.alerts != y->window.alerts)
        return x->window.alerts > y->window.alerts ? -1 : 1;
    return strcmp(x->name, y->name);
}

size_t recent_top(const struct recent *r, time_ns now, struct recent_line *out, size_t most) {
    static struct recent_line all[RECENT_DESTINATIONS]; /* one reporter a process */
    size_t n = 0;
    for (size_t i = 0; i < r->count; i++)
        if (sum_up(&r->destination[i], slot_of(now), &all[n]))
            n++;
    qsort(all, n, sizeof *all, busiest_first);
    n = n < most ? n : most;
    memcpy(out, all, n * sizeof *out);
    return n;
}
