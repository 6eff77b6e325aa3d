/* SPDX-License-Identifier: Apache-2.0 */
#include "report/ledger/ledger_share.h"

#include "report/event/text.h"
#include "report/ledger/ledger_entry.h"

#include <stdlib.h>

/* Hours and days lie behind one another in an entry, those of 5 minutes before them. */
enum { FIRST = BUCKETS - SHARE_BUCKETS };
static const time_ns day_ns = 86400 * NS_PER_S;

static unsigned place_of(bool day, int64_t index) {
    return day ? SHARE_HOURS + (unsigned)(index % LEDGER_PERIOD_DAYS) : (unsigned)(index % SHARE_HOURS);
}

/* NULL: no memory; the line is not shared until its next record. */
static struct share *make_share(struct ledger *l, struct entry *e) {
    struct share *s = calloc(1, sizeof *s);
    if (!s) {
        counter_one(COUNTER_LEDGER_REFUSED);
        return NULL;
    }
    s->entry = e;
    for (unsigned i = 0; i < SHARE_BUCKETS; i++)
        s->others[i] = (struct share_amount){.day = i >= SHARE_HOURS, .index = -1};
    e->share = s;
    l->memory += sizeof *s;
    e->octets += sizeof *s;
    return s;
}

void share_free(struct share *s) {
    free(s->digests);
    free(s->witness);
    free(s);
}

void share_forget(struct ledger *l, struct entry *e) {
    struct share *s = e->share;
    if (!s)
        return;
    if (s->change.marked)
        counter_one(COUNTER_FLEET_LINES_LEFT);
    change_unmark(&l->shared, &s->change);
    s->entry = NULL;
    if (l->share.context)
        l->share.gone(l->share.context, s);
    else
        share_free(s);
}

void ledger_share_again(struct ledger *l) {
    for (struct entry *e = ledger_oldest(l); e; e = ledger_younger(e)) {
        struct share *s = e->share ? e->share : make_share(l, e);
        if (!s)
            continue;
        share_take_back(s);
        change_mark(&l->shared, &s->change);
    }
}

void ledger_share_begin(struct ledger *l, const struct share_sink *sink) {
    l->share = *sink;
    l->shared.kept = true;
    /* No number of a line that was forgotten, here or in a database that is gone, comes again. */
    uint64_t since = (uint64_t)clock_wall() / 1000;
    l->serial = l->serial > since ? l->serial : since;
    ledger_share_again(l);
}

void ledger_share_end(struct ledger *l) {
    l->share = (struct share_sink){.context = NULL};
}

time_ns ledger_now(const struct ledger *l) {
    return l->now;
}

/* --- what a record adds --- */

static bool add_digest(struct share *s, struct share_digest d) {
    if (s->count == SHARE_DIGESTS_MAX)
        return false;
    if (s->count == s->room) {
        size_t room = s->room ? s->room * 2 : 8;
        struct share_digest *wider = reallocarray(s->digests, room, sizeof *wider);
        if (!wider)
            return false;
        s->digests = wider;
        s->room = room;
    }
    s->digests[s->count++] = d;
    return true;
}

static struct record *copy_of(const struct record *r) {
    struct record *copy = malloc(r->size);
    return copy ? memcpy(copy, r, r->size) : NULL;
}

void share_note(struct ledger *l, struct entry *e, const struct record *r, time_ns t,
                const struct addition *a) {
    struct share *s = e->share ? e->share : make_share(l, e);
    bool all = true;
    if (!s)
        return;
    for (size_t i = 0; i < a->digest_count; i++)
        all &= add_digest(s, (struct share_digest){t / day_ns, a->digests[i], false});
    if (a->pictured)
        all &= add_digest(s, (struct share_digest){t / day_ns, a->image, true});
    s->whole |= !all;
    s->moved = true;
    if (l->share.ends) {
        free(s->witness);
        s->witness = NULL;
    }
    if (!s->witness)
        s->witness = copy_of(r);
    change_mark(&l->shared, &s->change);
}

/* --- what is taken --- */

struct share *ledger_share_next(struct ledger *l) {
    struct change *c = change_take(&l->shared);
    return c ? (struct share *)((char *)c - offsetof(struct share, change)) : NULL;
}

void ledger_share_mark(struct ledger *l, struct share *s) {
    if (s->entry)
        change_mark(&l->shared, &s->change);
}

bool ledger_share_waits(const struct ledger *l) {
    return l->shared.first != NULL;
}

struct bytes share_key(const struct share *s) {
    return bytes_of(s->entry->key, s->entry->key_size);
}

uint64_t share_number(const struct share *s) {
    return s->entry->id;
}

size_t share_take(struct share *s, struct share_amount out[SHARE_BUCKETS]) {
    size_t n = 0;
    for (unsigned i = FIRST; i < BUCKETS; i++) {
        struct bucket *b = &s->entry->buckets[i];
        if (b->unshared && b->index >= 0)
            out[n++] = (struct share_amount){.day = i >= FIRST + SHARE_HOURS,
                                             .index = b->index,
                                             .objects = b->objects,
                                             .bytes = b->bytes,
                                             .denied_objects = b->denied_objects,
                                             .denied_bytes = b->denied_bytes};
        b->unshared = false;
    }
    return n;
}

static void add_set(struct share *s, const struct distinct *d, int64_t day, bool image,
                    struct share_digest *out, size_t *n) {
    const uint64_t *digests;
    size_t count = distinct_digests(d, &digests);
    if (count == 0 && distinct_count(d) > 0)
        counter_one(COUNTER_FLEET_DIGESTS_LEFT);
    for (size_t i = 0; i < count; i++)
        out[(*n)++] = (struct share_digest){day, digests[i], image};
}

/* The exact sets of all days, behind what was gathered. */
static struct share_digest *gather_sets(struct share *s, size_t *count) {
    const struct bucket *days = &s->entry->buckets[FIRST + SHARE_HOURS];
    const uint64_t *unused;
    size_t all = s->count, n = s->count;
    for (unsigned i = 0; i < LEDGER_PERIOD_DAYS; i++)
        all += distinct_digests(&days[i].plates, &unused) + distinct_digests(&days[i].images, &unused);
    struct share_digest *out = all ? reallocarray(s->digests, all, sizeof *out) : s->digests;
    if (all && !out)
        return NULL;
    for (unsigned i = 0; i < LEDGER_PERIOD_DAYS; i++) {
        add_set(s, &days[i].plates, days[i].index, false, out, &n);
        add_set(s, &days[i].images, days[i].index, true, out, &n);
    }
    *count = n;
    return out;
}

struct share_digest *share_take_digests(struct share *s, size_t *count) {
    struct share_digest *out = s->digests;
    *count = s->count;
    if (s->whole) {
        out = gather_sets(s, count);
        if (!out && s->count)
            out = s->digests; /* no memory for the sets: the next time */
        else
            s->whole = false;
    }
    s->digests = NULL;
    s->count = s->room = 0;
    if (*count == 0) {
        free(out);
        out = NULL;
    }
    return out;
}

void share_take_back(struct share *s) {
    for (unsigned i = FIRST; i < BUCKETS; i++)
        s->entry->buckets[i].unshared = s->entry->buckets[i].index >= 0;
    s->whole = true;
}

/* --- what the others have --- */

void share_put(struct share *s, const struct share_amount *others) {
    if (others->index >= 0)
        s->others[place_of(others->day, others->index)] = *others;
}

/* Own and others' of one hour or day that lies within the window; false: neither has any. */
static bool join_place(const struct entry *e, unsigned place, int64_t newest, unsigned width,
                       struct share_amount *out) {
    const struct bucket *b = &e->buckets[FIRST + place];
    const struct share_amount *o = e->share ? &e->share->others[place] : NULL;
    *out = (struct share_amount){.day = place >= SHARE_HOURS, .index = -1};
    if (b->index <= newest && b->index > newest - (int64_t)width && b->index >= 0)
        *out = (struct share_amount){.day = place >= SHARE_HOURS,
                                     .index = b->index,
                                     .objects = b->objects,
                                     .bytes = b->bytes,
                                     .denied_objects = b->denied_objects,
                                     .denied_bytes = b->denied_bytes};
    if (o && o->index >= 0 && o->index <= newest && o->index > newest - (int64_t)width) {
        out->index = o->index;
        out->objects = add_sizes(out->objects, o->objects);
        out->bytes = add_sizes(out->bytes, o->bytes);
        out->denied_objects = add_sizes(out->denied_objects, o->denied_objects);
        out->denied_bytes = add_sizes(out->denied_bytes, o->denied_bytes);
    }
    return out->index >= 0;
}

void share_sum(const struct entry *e, time_ns now, bool days, struct ledger_totals *out) {
    unsigned width = days ? LEDGER_PERIOD_DAYS : SHARE_HOURS, first = days ? SHARE_HOURS : 0;
    int64_t newest = now / (days ? day_ns : day_ns / 24);
    struct share_amount a;
    *out = (struct ledger_totals){.objects = 0};
    for (unsigned i = first; i < first + width; i++) {
        if (!join_place(e, i, newest, width, &a))
            continue;
        out->objects = add_sizes(out->objects, a.objects);
        out->bytes = add_sizes(out->bytes, a.bytes);
        out->denied_objects = add_sizes(out->denied_objects, a.denied_objects);
        out->denied_bytes = add_sizes(out->denied_bytes, a.denied_bytes);
        out->denied_days += a.denied_objects > 0;
    }
}

unsigned share_days(const struct entry *e, time_ns now, uint64_t *objects, uint64_t *bytes) {
    int64_t newest = now / day_ns, end = (now - day_ns) / day_ns;
    struct share_amount a;
    unsigned n = 0;
    for (unsigned i = SHARE_HOURS; i < SHARE_BUCKETS; i++) {
        if (!join_place(e, i, newest, LEDGER_PERIOD_DAYS, &a) || a.index >= end || (!a.objects && !a.bytes))
            continue;
        objects[n] = a.objects;
        bytes[n++] = a.bytes;
    }
    return n;
}

uint64_t share_plates(const struct entry *e, time_ns now, enum ledger_window window) {
    uint64_t own = bucket_plates(e, now, window);
    return window == LEDGER_PERIOD && e->share && e->share->plates > own ? e->share->plates : own;
}

void ledger_share_judge(struct ledger *l, struct share *s) {
    struct record *witness = s->witness;
    struct bytes classes, class;
    if (!witness || !s->entry)
        return;
    classes = record_text_of(witness, TEXT_CLASSES);
    if (list_next(&classes, &class) && alarm_check(&l->watch, s->entry, witness, class, l->now))
        change_mark(&l->changes, &s->entry->change);
    if (s->entry->waiting || s->moved || l->share.ends) /* another judgement comes */
        return;
    s->witness = NULL;
    free(witness);
}
