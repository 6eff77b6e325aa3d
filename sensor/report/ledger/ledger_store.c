/* SPDX-License-Identifier: Apache-2.0 */
#include "report/ledger/ledger_entry.h"

#include "report/event/shown.h"
#include "report/store/facts.h"

#include <stdlib.h>

/* --- out --- */

static bool save_bucket(const struct entry *e, unsigned slot, struct store *store) {
    const struct bucket *b = &e->buckets[slot];
    static struct {
        uint8_t set[DISTINCT_SET_OCTETS], registers[DISTINCT_REGISTERS];
    } plates, images; /* one store a process */
    uint64_t least = b->plates.estimated ? b->plates.least : 0;
    const struct store_value v[] = {
        STORE_N(e->id),
        STORE_N(slot),
        STORE_N(b->index),
        STORE_N(b->objects),
        STORE_N(b->bytes),
        STORE_N(b->denied_objects),
        STORE_N(b->denied_bytes),
        STORE_N(b->plates_least > least ? b->plates_least : least),
        STORE_B(bytes_of(plates.registers, distinct_pack_registers(&b->plates, plates.registers))),
        STORE_B(bytes_of(images.registers, distinct_pack_registers(&b->images, images.registers))),
        STORE_B(bytes_of(plates.set, distinct_pack_set(&b->plates, plates.set))),
        STORE_B(bytes_of(images.set, distinct_pack_set(&b->images, images.set))),
        STORE_N(b->images.estimated ? b->images.least : 0)};
    return store_run(store, STORE_BUCKET_PUT, v, sizeof v / sizeof v[0]);
}

static bool save_alarm(const struct entry *e, unsigned rule, struct store *store) {
    const struct alarm *a = &e->alarms[rule];
    const struct incident_facts *f = &a->facts;
    if (!a->record) {
        const struct store_value v[] = {STORE_N(e->id), STORE_N(rule)};
        return store_run(store, STORE_ALARM_DROP, v, 2);
    }
    const struct store_value v[] = {
        STORE_N(e->id),  STORE_N(rule),    STORE_T(bytes_text(f->id)),
        FACTS_VALUES(f), STORE_N(a->told), STORE_B(bytes_of(a->record, a->record->size))};
    return store_run(store, STORE_ALARM_PUT, v, sizeof v / sizeof v[0]);
}

/* Nobody asks for its key, and nothing is added to it any more. */
static bool save_past(const struct alarm_past *a, struct store *store) {
    const struct incident_facts *f = &a->facts;
    const struct store_value v[] = {STORE_T(bytes_text(f->id)), FACTS_VALUES(f),
                                    STORE_B(bytes_of(a->record, a->record->size)), STORE_N(f->held),
                                    STORE_N(f->standing)};
    return store_run(store, STORE_INCIDENT_PUT_PAST, v, sizeof v / sizeof v[0]);
}

static bool save_entry(const struct entry *e, struct store *store) {
    const struct store_value v[] = {STORE_N(e->id),
                                    STORE_T(ledger_part(e, 0)),
                                    STORE_T(ledger_part(e, 1)),
                                    STORE_T(ledger_part(e, 2)),
                                    STORE_N(e->last),
                                    STORE_B(bytes_of(&e->shape, sizeof e->shape))};
    bool ok = store_run(store, STORE_LINE_PUT, v, sizeof v / sizeof v[0]);
    for (unsigned i = 0; i < BUCKETS && ok; i++)
        if (e->buckets[i].changed)
            ok = save_bucket(e, i, store);
    for (unsigned i = 0; i < ALARM_COUNT && ok; i++)
        if (e->alarms[i].changed)
            ok = save_alarm(e, i, store);
    return ok;
}

bool ledger_save(struct ledger *l, struct store *store) {
    static const char now[] = "ledger.now";
    const struct store_value clock[] = {STORE_T(bytes_text(now)), STORE_N(l->now)};
    bool ok = true;
    const uint64_t *gone = l->gone.keys;
    if (!l->changes.first && !l->watch.past.first && l->gone.count == 0)
        return true;
    for (size_t i = 0; i < l->gone.count && ok; i++) {
        const struct store_value v[] = {STORE_N(gone[i])};
        ok = store_run(store, STORE_LINE_DROP, v, 1) && store_run(store, STORE_LINE_BUCKETS_DROP, v, 1) &&
             store_run(store, STORE_LINE_ALARMS_DROP, v, 1);
    }
    for (const struct change *c = l->changes.first; c && ok; c = c->next)
        ok = save_entry((const struct entry *)c, store);
    for (const struct change *c = l->watch.past.first; c && ok; c = c->next)
        ok = save_past((const struct alarm_past *)c, store);
    return ok && store_run(store, STORE_META_PUT, clock, 2);
}

void ledger_saved(struct ledger *l) {
    for (struct entry *e; (e = (struct entry *)change_take(&l->changes));) {
        e->saved = true;
        for (unsigned i = 0; i < BUCKETS; i++)
            e->buckets[i].changed = false;
        for (unsigned i = 0; i < ALARM_COUNT; i++)
            e->alarms[i].changed = false;
    }
    alarm_drop_past(&l->watch);
    l->gone.count = 0;
}

void ledger_spoil(struct ledger *l) {
    l->gone.count = 0;
    for (struct entry *e = ledger_oldest(l); e; e = ledger_younger(e)) {
        for (unsigned i = 0; i < BUCKETS; i++)
            e->buckets[i].changed = e->buckets[i].index >= 0;
        for (unsigned i = 0; i < ALARM_COUNT; i++)
            e->alarms[i].changed = e->alarms[i].record != NULL;
        change_mark(&l->changes, &e->change);
    }
}

/* --- in --- */

static struct entry *by_id(struct ledger *l, uint64_t id) {
    struct entry *e = l->found; /* rows come in the order of the lines */
    while (e && e->id != id)
        e = ledger_younger(e);
    for (e = e ? e : ledger_oldest(l); e && e->id != id;)
        e = ledger_younger(e);
    l->found = e;
    return e;
}

static void load_line(void *context, const struct store_value *v) {
    struct ledger *l = context;
    uint8_t key[SHOWN_KEY_MAX];
    size_t n = 0;
    for (int i = 1; i <= 3; i++)
        n = shown_key_add(key, n, v[i].bytes);
    struct entry *e = ledger_begin(l, key, n);
    if (!e) {
        counter_one(COUNTER_STORE_UNREAD);
        return;
    }
    e->id = (uint64_t)v[0].number;
    e->last = v[4].number;
    e->saved = true;
    if (v[5].bytes.n == sizeof e->shape) /* another version's begins anew */
        memcpy(&e->shape, v[5].bytes.p, sizeof e->shape);
    if (l->highest < e->id)
        l->highest = e->id;
}

static bool load_count(struct distinct *d, const struct store_value *registers, const struct store_value *set,
                       uint64_t least) {
    const struct distinct_stored from = {.set = set->bytes.p,
                                         .set_octets = set->bytes.n,
                                         .registers = registers->bytes.p,
                                         .register_octets = registers->bytes.n,
                                         .least = least};
    distinct_finish(d);
    return distinct_load(d, &from);
}

static void load_bucket(void *context, const struct store_value *v) {
    struct ledger *l = context;
    struct entry *e = by_id(l, (uint64_t)v[0].number);
    if (!e || v[1].number < 0 || v[1].number >= BUCKETS || v[2].number < 0)
        return;
    struct bucket *b = &e->buckets[v[1].number];
    b->index = v[2].number;
    b->objects = (uint64_t)v[3].number;
    b->bytes = (uint64_t)v[4].number;
    b->denied_objects = (uint64_t)v[5].number;
    b->denied_bytes = (uint64_t)v[6].number;
    b->plates_least = (uint64_t)v[7].number;
    bool read = load_count(&b->plates, &v[8], &v[10], b->plates_least);
    if (!load_count(&b->images, &v[9], &v[11], (uint64_t)v[12].number) || !read)
        counter_one(COUNTER_STORE_UNREAD);
    e->octets += bucket_octets(b);
    l->memory += bucket_octets(b);
}

static void load_alarm(void *context, const struct store_value *v) {
    struct ledger *l = context;
    struct entry *e = by_id(l, (uint64_t)v[0].number);
    struct alarm *a = e && v[1].number >= 0 && v[1].number < ALARM_COUNT ? &e->alarms[v[1].number] : NULL;
    if (!a || a->record || !facts_read(&a->facts, v[2].bytes, v + 3) ||
        !(a->record = shown_read(v[10].bytes))) {
        counter_one(COUNTER_STORE_UNREAD);
        return;
    }
    a->told = v[9].number;
}

static void load_clock(void *context, const struct store_value *v) {
    struct ledger *l = context;
    if (bytes_equal(v[0].bytes, bytes_text("ledger.now")))
        l->now = v[1].number;
}

bool ledger_load(struct ledger *l, struct store *store) {
    bool ok = store_each(store, STORE_LINE_EACH, load_line, l) &&
              store_each(store, STORE_BUCKET_EACH, load_bucket, l) &&
              store_each(store, STORE_ALARM_EACH, load_alarm, l) &&
              store_each(store, STORE_META_EACH, load_clock, l);
    for (struct entry *e = ledger_oldest(l); e; e = ledger_younger(e)) {
        ledger_rank(l, e, 0);
        ledger_weigh_sets(l, e);
    }
    l->serial = l->highest;
    l->found = NULL;
    return ok;
}
