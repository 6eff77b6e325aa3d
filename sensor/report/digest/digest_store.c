/* SPDX-License-Identifier: Apache-2.0 */
#include "report/digest/digest_entry.h"

#include <stdio.h>

/* Sums in the store. Beside each tally stands, behind a '=', the sum that it was taken at, so that a reporter
 * that is started again goes on where the last one was. */
enum { KEY_MAX = 80 };

static bool mark_told(struct store *store, time_ns until) {
    const struct store_value v[] = {STORE_N(until)};
    return store_run(store, STORE_VOLUME_TURN, v, 1) && store_run(store, STORE_VOLUME_DROP, NULL, 0) &&
           store_run(store, STORE_TALLY_TURN, v, 1) && store_run(store, STORE_TALLY_DROP, NULL, 0);
}

static bool save_number(struct store *store, const char *before, const char *key, uint64_t value) {
    char room[KEY_MAX];
    snprintf(room, sizeof room, "%s%s", before, key);
    const struct store_value v[] = {STORE_T(bytes_text(room)), STORE_N(value)};
    return store_run(store, STORE_TALLY_PUT, v, 2);
}

static bool save_volume(struct store *store, const struct digest_volume *v) {
    const struct store_value values[] = {STORE_T(bytes_text(v->network)), STORE_T(bytes_text(v->destination)),
                                         STORE_N(v->verdict), STORE_N(v->objects), STORE_N(v->bytes)};
    return store_run(store, STORE_VOLUME_PUT, values, 5);
}

static bool save_rows(struct digest *d, struct store *store) {
    bool ok = true;
    for (size_t i = 0; i < DIGEST_TALLIES && ok; i++) {
        const char *key = counter_key(digest_tallies[i].counter);
        ok = save_number(store, "", key, d->tally[i]) && save_number(store, "=", key, d->base[i]);
    }
    ok = ok && (!d->folded || store_run(store, STORE_VOLUME_DROP, NULL, 0));
    for (const struct volume_row *row = digest_first_row(d); row && ok; row = digest_next_row(row))
        ok = !(row->changed || d->folded) || save_volume(store, &row->volume);
    return ok;
}

bool digest_save(struct digest *d, struct store *store) {
    static const char since[] = "digest.since";
    const struct store_value v[] = {STORE_T(bytes_text(since)), STORE_N(d->told ? d->told : d->since)};
    if (!d->changed)
        return true;
    bool ok = !d->unmarked || mark_told(store, d->unmarked);
    ok = ok && save_rows(d, store);
    ok = ok && (!d->told || mark_told(store, d->told));
    return ok && store_run(store, STORE_META_PUT, v, 2);
}

void digest_saved(struct digest *d) {
    for (struct volume_row *row = digest_first_row(d); row; row = digest_next_row(row))
        row->changed = false;
    d->unmarked = 0;
    d->changed = d->folded = false;
    if (d->told) {
        d->since = d->told;
        d->told = 0;
    }
}

void digest_spoil(struct digest *d) {
    for (struct volume_row *row = digest_first_row(d); row; row = digest_next_row(row))
        row->changed = true;
    d->unmarked = 0;
    d->changed = true;
}

/* --- in --- */

static void load_volume(void *context, const struct store_value *v) {
    struct volume_row *row = v[2].number < 0 ? NULL
                                             : digest_row(context, v[0].bytes, v[1].bytes,
                                                          (uint8_t)v[2].number, (uint64_t)v[4].number);
    if (row)
        digest_row_add(context, row, (uint64_t)v[3].number, (uint64_t)v[4].number);
}

static void load_tally(void *context, const struct store_value *v) {
    struct digest *d = context;
    bool is_base = v[0].bytes.n && v[0].bytes.p[0] == '=';
    struct bytes key = is_base ? bytes_of(v[0].bytes.p + 1, v[0].bytes.n - 1) : v[0].bytes;
    for (size_t i = 0; i < DIGEST_TALLIES; i++)
        if (bytes_equal(key, bytes_text(counter_key(digest_tallies[i].counter))))
            (is_base ? d->base : d->tally)[i] = (uint64_t)v[1].number;
}

static void load_since(void *context, const struct store_value *v) {
    struct digest *d = context;
    if (bytes_equal(v[0].bytes, bytes_text("digest.since")))
        d->since = v[1].number;
}

bool digest_load(struct digest *d, struct store *store, bool same_run) {
    bool ok = store_each(store, STORE_META_EACH, load_since, d) &&
              store_each(store, STORE_VOLUME_EACH, load_volume, d) &&
              store_each(store, STORE_TALLY_EACH, load_tally, d);
    if (!same_run) /* its counters began at nothing */
        memset(d->base, 0, sizeof d->base);
    return ok;
}
