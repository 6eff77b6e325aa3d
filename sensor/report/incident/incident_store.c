/* SPDX-License-Identifier: Apache-2.0 */
#include "report/incident/incident_entry.h"
#include "report/store/facts.h"

#include <stdlib.h>

/* Incidents in the store: open ones as they are, closed ones for those who ask. */

static bool save_one(const struct incident *i, struct store *store) {
    uint8_t registers[DISTINCT_REGISTERS], set[DISTINCT_SET_OCTETS];
    const struct incident_facts *f = &i->facts;
    size_t n = distinct_pack_registers(&i->plates, registers);
    const struct store_value v[] = {STORE_N(i->serial),
                                    STORE_T(bytes_text(f->id)),
                                    STORE_N(i->closed),
                                    STORE_B(bytes_of(i->key, i->key_size)),
                                    FACTS_VALUES(f),
                                    STORE_N(i->told),
                                    STORE_N(i->grown),
                                    STORE_N(i->next_tenfold),
                                    STORE_B(bytes_of(registers, n)),
                                    STORE_B(bytes_of(i->record, i->record->size)),
                                    STORE_N(f->held),
                                    STORE_N(i->rule_severity),
                                    STORE_N(i->whole),
                                    STORE_N(i->holes),
                                    STORE_T(bytes_text(i->settled)),
                                    STORE_N(i->settled_by),
                                    STORE_N(incident_standing(i)),
                                    STORE_B(bytes_of(set, distinct_pack_set(&i->plates, set))),
                                    STORE_N(i->plates.estimated ? i->plates.least : 0),
                                    STORE_T(bytes_text(i->before)),
                                    STORE_T(bytes_text(i->joined)),
                                    STORE_B(incident_files_packed(&i->files))};
    return store_run(store, STORE_INCIDENT_PUT, v, sizeof v / sizeof v[0]);
}

/* --- those that wait --- */

/* A row that it has as an open one goes too. */
static void forget_waiting(struct incidents *t, struct incident *i) {
    counter_one(COUNTER_HISTORY_LOST);
    if (i->saved)
        gone_note(&t->gone, &i->serial, sizeof i->serial);
    ranking_remove(&t->waiting, &i->ranked);
    change_unmark(&t->changes, &i->change);
    incident_free(i);
}

static struct incident *first_waiting(const struct incidents *t) {
    return RANKED_ENTRY(ranking_first_out(&t->waiting, NULL), struct incident, ranked);
}

static uint64_t count_waiting(const struct incidents *t) {
    uint64_t n = 0;
    for (int s = 0; s < STANDING_COUNT; s++)
        n += t->waiting.used[s];
    return n;
}

void incident_wait_for_store(struct incidents *t, struct incident *i) {
    change_mark(&t->changes, &i->change);
    if (!i->change.marked) {
        incident_free(i);
        return;
    }
    ranking_put(&t->waiting, &i->ranked, incident_standing(i), 1);
    if (count_waiting(t) > INCIDENTS_WAITING)
        forget_waiting(t, first_waiting(t));
}

size_t incidents_forget(struct incidents *t, enum standing most) {
    uint64_t half = (count_waiting(t) + 1) / 2, n = 0;
    for (struct incident *i; n < half && (i = first_waiting(t)) && i->ranked.standing <= most; n++)
        forget_waiting(t, i);
    return n;
}

/* --- a transaction --- */

static bool drop_gone(const struct incidents *t, struct store *store) {
    const uint64_t *gone = t->gone.keys;
    bool ok = true;
    for (size_t i = 0; i < t->gone.count && ok; i++) {
        const struct store_value v[] = {STORE_N(gone[i])};
        ok = store_run(store, STORE_INCIDENT_DROP, v, 1);
    }
    return ok;
}

bool incidents_save(struct incidents *t, struct store *store) {
    bool ok = drop_gone(t, store);
    for (const struct change *c = t->changes.first; c && ok; c = c->next)
        ok = save_one((const struct incident *)c, store);
    return ok && seen_save(t->seen, store);
}

void incidents_saved(struct incidents *t) {
    for (struct incident *i; (i = (struct incident *)change_take(&t->changes));) {
        i->saved = true;
        if (!i->closed)
            continue;
        ranking_remove(&t->waiting, &i->ranked);
        incident_free(i);
    }
    t->gone.count = 0;
    seen_saved(t->seen);
}

void incidents_spoil(struct incidents *t) {
    t->gone.count = 0; /* there is no row of them */
    for (struct incident *i = incident_oldest(t); i; i = incident_younger(i))
        change_mark(&t->changes, &i->change);
    seen_spoil(t->seen);
}

/* In the order of their last records, so that the least recent is the oldest. */
static void load_row(void *context, const struct store_value *v) {
    struct incidents *t = context;
    struct bytes key = v[2].bytes;
    struct incident *i = key.n && key.n <= SHOWN_KEY_MAX ? calloc(1, sizeof *i) : NULL;
    bool read = i && facts_read(&i->facts, v[1].bytes, v + 3) && (i->key = malloc(key.n)) &&
                (i->record = shown_read(v[13].bytes));
    if (!read) {
        if (i)
            incident_free(i);
        counter_one(COUNTER_STORE_UNREAD);
        return;
    }
    i->serial = (uint64_t)v[0].number;
    i->saved = true;
    i->key_size = key.n;
    memcpy(i->key, key.p, key.n);
    i->told = v[9].number;
    i->grown = v[10].number != 0;
    i->next_tenfold = v[11].number < 10 ? 10 : (uint64_t)v[11].number;
    i->facts.held = (uint64_t)v[14].number;
    i->rule_severity =
        v[15].number ? (uint8_t)v[15].number : i->record->severity; /* before version 5 the same */
    i->whole = v[16].number != 0;
    i->holes = v[17].number != 0;
    const struct distinct_stored plates = {.registers = v[12].bytes.p,
                                           .register_octets = v[12].bytes.n,
                                           .set = v[18].bytes.p,
                                           .set_octets = v[18].bytes.n,
                                           .least = (uint64_t)v[19].number};
    if (!distinct_load(&i->plates, &plates))
        counter_one(COUNTER_STORE_UNREAD);
    if (v[20].bytes.n)
        i->before = strndup((const char *)v[20].bytes.p, v[20].bytes.n);
    incident_files_load(&i->files, v[21].bytes);
    incident_link(t, i);
    incident_weigh_plates(t, i);
}

static void load_last(void *context, const struct store_value *v) {
    struct incidents *t = context;
    if (v[0].kind == STORE_NUMBER)
        t->serial = (uint64_t)v[0].number;
}

bool incidents_load(struct incidents *t, struct store *store, bool same_run) {
    bool ok = store_each(store, STORE_INCIDENT_EACH_OPEN, load_row, t) &&
              store_each(store, STORE_INCIDENT_LAST, load_last, t);
    if (ok && same_run)
        ok = seen_load(t->seen, store);
    seen_saved(t->seen);
    return ok;
}
