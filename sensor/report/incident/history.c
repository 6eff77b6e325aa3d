/* SPDX-License-Identifier: Apache-2.0 */
#include "report/incident/history.h"

#include <stdlib.h>

struct row {
    time_ns time;
    char id[37];
    enum incident_state state;
    uint64_t sequence, objects, bytes, plates;
    uint8_t severity, verdict, standing;
};

struct history {
    size_t count, room;
    struct row *rows;
};

struct history *history_create(void) {
    return calloc(1, sizeof(struct history));
}

void history_destroy(struct history *h) {
    if (!h)
        return;
    free(h->rows);
    free(h);
}

static bool has_room(struct history *h) {
    if (h->count < h->room)
        return true;
    size_t more = h->room ? h->room * 2 : HISTORY_CROWD;
    struct row *wider = more > HISTORY_MAX ? NULL : reallocarray(h->rows, more, sizeof *wider);
    if (!wider)
        return false;
    h->rows = wider;
    h->room = more;
    return true;
}

void history_note(struct history *h, time_ns time, const struct incident_facts *f, const struct record *r) {
    if (!has_room(h)) {
        counter_one(COUNTER_HISTORY_LOST);
        return;
    }
    struct row *row = &h->rows[h->count++];
    *row = (struct row){.time = time,
                        .state = f->state,
                        .sequence = f->sequence,
                        .objects = f->objects,
                        .bytes = f->bytes,
                        .plates = f->plates,
                        .severity = r->severity,
                        .verdict = r->verdict,
                        .standing = f->standing};
    memcpy(row->id, f->id, sizeof row->id);
}

size_t history_forget(struct history *h, enum standing most) {
    uint64_t used[STANDING_COUNT] = {0};
    for (size_t i = 0; i < h->count; i++)
        used[h->rows[i].standing]++;
    enum standing first = standing_gives_way(used);
    size_t half = first <= most ? (used[first] + 1) / 2 : 0, gone = 0, kept = 0;
    for (size_t i = 0; i < h->count; i++)
        if (gone < half && h->rows[i].standing == first)
            gone++;
        else
            h->rows[kept++] = h->rows[i];
    h->count = kept;
    counter_add(COUNTER_HISTORY_LOST, gone);
    return gone;
}

bool history_crowded(const struct history *h) {
    return h->count >= HISTORY_CROWD;
}

bool history_save(struct history *h, struct store *store) {
    bool ok = true;
    for (size_t i = 0; i < h->count && ok; i++) {
        const struct row *r = &h->rows[i];
        const struct store_value v[] = {STORE_T(bytes_text(r->id)), STORE_N(r->sequence), STORE_N(r->time),
                                        STORE_N(r->state),          STORE_N(r->objects),  STORE_N(r->bytes),
                                        STORE_N(r->plates),         STORE_N(r->severity), STORE_N(r->verdict),
                                        STORE_N(r->standing)};
        ok = store_run(store, STORE_ALERT_PUT, v, sizeof v / sizeof v[0]);
    }
    return ok;
}

/* Room for a crowd is kept. */
void history_saved(struct history *h) {
    h->count = 0;
    if (h->room <= HISTORY_CROWD)
        return;
    free(h->rows);
    h->rows = NULL;
    h->room = 0;
}
