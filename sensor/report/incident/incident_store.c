/* SPDX-License-Identifier: Apache-2.0 */
#include "report/incident/incident_entry.h"
#include "report/store/facts.h"

#include <stdlib.h>

/* Incidents in the store: open ones as they are, closed ones for those who ask. */

static bool save_one(const struct incident *i, struct store *store) {
    uint8_t registers[DISTINCT_REGISTERS] = {0}, packed[DISTINCT_REGISTERS];
    const struct incident_facts *f = &i->facts;
    for (uint32_t k = 0; k < i->plates.count && !i->plates.registers; k++)
        distinct_registers_add(registers, i->plates.exact[k]);
    size_t n = distinct_registers_pack(i->plates.registers ? i->plates.registers : registers, packed);
    const struct store_value v[] = {STORE_N(i->serial),
                                    STORE_T(bytes_text(f->id)),
                                    STORE_N(i->closed),
                                    STORE_B(bytes_of(i->key, i->key_size)),
                                    FACTS_VALUES(f),
                                    STORE_N(i->told),
                                    STORE_N(i->grown),
                                    STORE_N(i->next_tenfold),
                                    STORE_B(bytes_of(packed, n)),
                                    STORE_B(bytes_of(i->record, i->record->size)),
                                    STORE_N(f->held),
                                    STORE_N(i->rule_severity),
                                    STORE_N(i->whole),
                                    STORE_N(i->holes),
                                    STORE_T(bytes_text(i->settled)),
                                    STORE_N(i->settled_by),
                                    STORE_N(incident_standing(i))};
    return store_run(store, STORE_INCIDENT_PUT, v, sizeof v / sizeof v[0]);
}

bool incidents_save(struct incidents *t, struct store *store) {
    bool ok = true;
    for (const struct change *c = t->changes.first; c && ok; c = c->next)
        ok = save_one((const struct incident *)c, store);
    return ok && seen_save(t->seen, store);
}

void incidents_saved(struct incidents *t) {
    for (struct incident *i; (i = (struct incident *)change_take(&t->changes));)
        if (i->closed)
            incident_free(i);
    seen_saved(t->seen);
}

void incidents_spoil(struct incidents *t) {
    for (struct incident *i = incident_oldest(t); i; i = incident_younger(i))
        change_mark(&t->changes, &i->change);
    seen_spoil(t->seen);
}

/* In the order of their last records, so that the least recent is the oldest. */
static void load_row(void *context, const struct store_value *v) {
    struct incidents *t = context;
    uint8_t registers[DISTINCT_REGISTERS];
    struct incident *i = v[2].bytes.n <= SHOWN_KEY_MAX ? calloc(1, sizeof *i + v[2].bytes.n) : NULL;
    bool read = i && facts_read(&i->facts, v[1].bytes, v + 3);
    struct record *record = read ? shown_read(v[13].bytes) : NULL;
    if (!record) {
        free(i);
        counter_one(COUNTER_STORE_UNREAD);
        return;
    }
    i->record = record;
    i->serial = (uint64_t)v[0].number;
    i->key_size = v[2].bytes.n;
    memcpy(i->key, v[2].bytes.p, i->key_size);
    i->told = v[9].number;
    i->grown = v[10].number != 0;
    i->next_tenfold = v[11].number < 10 ? 10 : (uint64_t)v[11].number;
    i->facts.held = (uint64_t)v[14].number;
    i->rule_severity =
        v[15].number ? (uint8_t)v[15].number : record->severity; /* before version 5 the same */
    i->whole = v[16].number != 0;
    i->holes = v[17].number != 0;
    distinct_init(&i->plates);
    if (v[12].bytes.n && distinct_registers_unpack(v[12].bytes.p, v[12].bytes.n, registers) &&
        (i->plates.registers = malloc(DISTINCT_REGISTERS)))
        memcpy(i->plates.registers, registers, DISTINCT_REGISTERS);
    incident_link(t, i);
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
