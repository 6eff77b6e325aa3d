/* SPDX-License-Identifier: Apache-2.0 */
#include "report/digest/digest_entry.h"

#include "report/event/shown.h"
#include "report/event/standing.h"
#include "report/ledger/ledger.h"

#include <stdlib.h>

static const time_ns day_ns = 86400 * NS_PER_S;

/* clang-format off */
const struct digest_tally digest_tallies[DIGEST_TALLIES] = {
    {DIGEST_INCIDENTS, COUNTER_INCIDENTS_OPENED,   "opened"},
    {DIGEST_INCIDENTS, COUNTER_INCIDENTS_GROWN,    "grown"},
    {DIGEST_INCIDENTS, COUNTER_INCIDENTS_CHANGED,  "changed"},
    {DIGEST_INCIDENTS, COUNTER_INCIDENTS_CLOSED,   "closed"},
    {DIGEST_INCIDENTS, COUNTER_LEDGER_ALARMS,      "of_the_ledger"},
    {DIGEST_ALERTS,    COUNTER_MESSAGES_DELIVERED, "sent"},
    {DIGEST_ALERTS,    COUNTER_MESSAGES_REPEATED,  "repeated"},
    {DIGEST_ALERTS,    COUNTER_MESSAGES_LOST,      "lost"},
    {DIGEST_ALERTS,    COUNTER_MESSAGES_REFUSED,   "refused"},
    {DIGEST_ALERTS,    COUNTER_ALERTS_HELD,        "held_back"},
    {DIGEST_ALERTS,    COUNTER_ALERTS_MUTED,       "muted"},
    {DIGEST_UNSEEN,    COUNTER_KERNEL_DROPS,       NULL},
    {DIGEST_UNSEEN,    COUNTER_INTERFACE_DROPS,    NULL},
    {DIGEST_UNSEEN,    COUNTER_PACKETS_CUT,        NULL},
    {DIGEST_UNSEEN,    COUNTER_LOST_TO_RESTART,    NULL},
    {DIGEST_UNSEEN,    COUNTER_FLOWS_SHED,         NULL},
    {DIGEST_UNSEEN,    COUNTER_CONTEXTS_SHED,      NULL},
    {DIGEST_UNSEEN,    COUNTER_FLOWS_ONE_SIDED,    NULL},
    {DIGEST_UNSEEN,    COUNTER_STREAM_GAPS,        NULL},
    {DIGEST_UNSEEN,    COUNTER_STREAM_GAP_BYTES,   NULL},
    {DIGEST_UNSEEN,    COUNTER_STREAM_PAIRS_SHED,  NULL},
    {DIGEST_UNSEEN,    COUNTER_FLOWS_ENCRYPTED,    NULL},
    {DIGEST_UNSEEN,    COUNTER_BYTES_ENCRYPTED,    NULL},
    {DIGEST_UNSEEN,    COUNTER_FLOWS_UNIDENTIFIED, NULL},
    {DIGEST_UNSEEN,    COUNTER_FLOWS_NOT_PARSED,   NULL},
    {DIGEST_UNSEEN,    COUNTER_PROTOCOL_LOST,      NULL},
    {DIGEST_UNSEEN,    COUNTER_OBJECTS_INCOMPLETE, NULL},
    {DIGEST_UNSEEN,    COUNTER_OBJECTS_SHED,       NULL},
    {DIGEST_UNSEEN,    COUNTER_INSPECT_OBJECTS_SHED, NULL},
    {DIGEST_UNSEEN,    COUNTER_WORKER_RESTARTS,    NULL},
    {DIGEST_UNSEEN,    COUNTER_PACKETS_SKIPPED,    NULL},
    {DIGEST_UNSEEN,    COUNTER_RECORDS_LOST,       NULL},
    {DIGEST_UNSEEN,    COUNTER_RECORDS_GIVEN_UP,   NULL},
};
/* clang-format on */

struct digest *digest_create(const struct digest_options *options) {
    struct digest *d = calloc(1, sizeof *d);
    if (!d || !table_init(&d->rows, DIGEST_VOLUMES_MAX)) {
        free(d);
        return NULL;
    }
    d->options = *options;
    d->secret = hash_key_random();
    return d;
}

void digest_drop_rows(struct digest *d) {
    for (struct volume_row *row; (row = digest_first_row(d));) {
        table_remove(&d->rows, &row->node);
        ranking_remove(&d->ranking, &row->ranked);
        free(row);
    }
    d->count = 0;
}

void digest_destroy(struct digest *d) {
    if (!d)
        return;
    digest_drop_rows(d);
    table_finish(&d->rows);
    digest_destroy(d->asked);
    free(d);
}

/* --- volumes --- */

static struct volume_row *make_row(struct bytes network, struct bytes destination, uint8_t verdict) {
    struct volume_row *row = calloc(1, sizeof *row + network.n + destination.n + 2);
    if (!row)
        return NULL;
    char *text = (char *)(row + 1);
    if (network.n)
        memcpy(text, network.p, network.n);
    if (destination.n)
        memcpy(text + network.n + 1, destination.p, destination.n);
    row->volume =
        (struct digest_volume){.network = text, .destination = text + network.n + 1, .verdict = verdict};
    return row;
}

static bool is_others(const struct digest_volume *v) {
    return strcmp(v->destination, DIGEST_OTHERS) == 0;
}

/* 64 bits that a secret made are the key; two rows that share them by chance would be one. */
static bool is_row(const struct table_node *node, const void *key) {
    return true;
}

static enum standing standing_of_volume(unsigned verdict, uint64_t objects, uint64_t bytes) {
    const struct standing_facts f = {.partner = !verdict_is_of_many(verdict),
                                     .denied = verdict >= VERDICT_BREACH,
                                     .objects = objects,
                                     .bytes = bytes};
    return standing_of(&f);
}

static struct volume_row *find_lower(const struct digest *d, enum standing standing) {
    for (int s = 0; s < (int)standing; s++)
        if (d->ranking.lists[s].oldest)
            return RANKED_ENTRY(AGE_ENTRY(d->ranking.lists[s].oldest, struct ranked, age), struct volume_row,
                                ranked);
    return NULL;
}

/* Makes room for a row of this standing: the least recent of the lowest one goes to the others. False: there
 * is none of a lower standing. */
static bool fold_row(struct digest *d, enum standing standing) {
    struct volume_row *out = find_lower(d, standing), *others;
    others = out ? digest_row(d, bytes_of(NULL, 0), bytes_text(DIGEST_OTHERS), VERDICT_UNKNOWN, 0) : NULL;
    if (!others)
        return false;
    digest_row_add(d, others, out->volume.objects, out->volume.bytes);
    others->changed = d->folded = true;
    table_remove(&d->rows, &out->node);
    ranking_remove(&d->ranking, &out->ranked);
    free(out);
    d->count--;
    return true;
}

void digest_row_add(struct digest *d, struct volume_row *row, uint64_t objects, uint64_t bytes) {
    struct digest_volume *v = &row->volume;
    v->objects += objects;
    v->bytes += bytes;
    if (!is_others(v))
        ranking_put(&d->ranking, &row->ranked, standing_of_volume(v->verdict, v->objects, v->bytes), 1);
}

struct volume_row *digest_row(struct digest *d, struct bytes network, struct bytes destination,
                              uint8_t verdict, uint64_t bytes) {
    uint8_t key[SHOWN_KEY_MAX];
    size_t n = shown_key_add(key, 0, network);
    n = shown_key_add(key, n, destination);
    n = shown_key_add(key, n, bytes_of(&verdict, 1));
    uint64_t hash = hash_bytes(&d->secret, key, n);
    struct table_node *known = table_find(&d->rows, hash, is_row, NULL, TABLE_STEPS_ALL);
    if (known)
        return TABLE_ENTRY(known, struct volume_row, node);
    bool others = bytes_equal(destination, bytes_text(DIGEST_OTHERS));
    if (d->count >= DIGEST_VOLUMES_MAX && !others && !fold_row(d, standing_of_volume(verdict, 1, bytes)))
        return digest_row(d, bytes_of(NULL, 0), bytes_text(DIGEST_OTHERS), VERDICT_UNKNOWN, 0);
    struct volume_row *row = make_row(shown_cut(network), shown_cut(destination), verdict);
    if (!row)
        return NULL;
    table_add(&d->rows, &row->node, hash);
    if (!others)
        ranking_put(&d->ranking, &row->ranked, standing_of_volume(verdict, 1, bytes), 1);
    d->count += !others; /* which has room of its own, also when it is the first that the store has */
    return row;
}

void digest_record(struct digest *d, const struct record *r) {
    char room[DESTINATION_ROOM];
    if ((r->kind != RECORD_TRANSFER && r->kind != RECORD_VOLUME) || !r->matters ||
        record_text_of(r, TEXT_CLASSES).n == 0 || r->verdict == VERDICT_INTERNAL ||
        r->verdict >= VERDICT_COUNT)
        return;
    struct volume_row *row =
        digest_row(d, record_text_of(r, TEXT_NETWORK), ledger_destination(r, room), r->verdict, r->bytes);
    if (!row) {
        counter_one(COUNTER_LEDGER_REFUSED);
        return;
    }
    digest_row_add(d, row, r->kind == RECORD_VOLUME ? r->flows : 1, r->bytes);
    row->changed = d->changed = true;
}

/* --- time --- */

static time_ns offset_at(const struct digest_options *o, time_ns t) {
    return zone_offset(o->zone, t / NS_PER_S) * NS_PER_S;
}

/* The last moment up to `now` at which the zone's clocks show the digest's time of day; where they show it
 * twice, the first of these, and where they leave it out, the moment at which they would have shown it. */
static time_ns boundary_before(const struct digest_options *o, time_ns now) {
    time_ns offset = offset_at(o, now), of_day = (time_ns)o->minute * 60 * NS_PER_S;
    time_ns shown = (now + offset - of_day) / day_ns * day_ns + of_day;
    time_ns at = shown - offset_at(o, shown - offset); /* the clocks may have been changed in between */
    time_ns before = offset_at(o, at - day_ns), first = shown - before;
    if (first < at && offset_at(o, first) == before)
        at = first;
    return at > now ? at - day_ns : at;
}

time_ns digest_due(struct digest *d, time_ns now) {
    if (d->options.never || now <= 0)
        return 0;
    if (d->since == 0) {
        d->since = now;
        d->changed = true;
        return 0;
    }
    time_ns boundary = boundary_before(&d->options, now);
    return boundary > d->since ? boundary : 0;
}

bool digest_begun(const struct digest *d) {
    return d->since != 0 && !d->options.never;
}

static int more_bytes(const void *a, const void *b) {
    const struct digest_volume *x = a, *y = b;
    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? 1 : -1;
    int order = strcmp(x->destination, y->destination);
    order = order ? order : strcmp(x->network, y->network);
    return order ? order : (int)x->verdict - (int)y->verdict;
}

/* A sum shrinks when a reporter is killed between the store and the memory that keeps its counters: what it
 * lacks was added already. Another run of the sensor begins with the sums (digest_load()). */
void digest_count(struct digest *d, const uint64_t *sums) {
    for (size_t i = 0; i < DIGEST_TALLIES; i++) {
        uint64_t now = sums[digest_tallies[i].counter];
        d->tally[i] += now > d->base[i] ? now - d->base[i] : 0;
        d->changed |= now != d->base[i];
        d->base[i] = now;
    }
}

void digest_sum(struct digest *d, time_ns until, const uint64_t *sums, struct digest_facts *out) {
    digest_count(d, sums);
    out->since = d->since ? d->since : until;
    out->until = until;
    memcpy(out->tally, d->tally, sizeof out->tally);
    out->volumes = d->sorted;
    out->volume_count = 0;
    for (const struct volume_row *row = digest_first_row(d); row && out->volume_count <= DIGEST_VOLUMES_MAX;
         row = digest_next_row(row))
        d->sorted[out->volume_count++] = row->volume;
    qsort(d->sorted, out->volume_count, sizeof d->sorted[0], more_bytes);
}

void digest_told(struct digest *d, time_ns until) {
    d->told = until;
    d->changed = true;
}

void digest_next(struct digest *d) {
    if (d->told > d->since)
        d->since = d->told;
    d->unmarked = d->told; /* 0: the store has it */
    d->told = 0;
    memset(d->tally, 0, sizeof d->tally);
    digest_drop_rows(d);
    d->changed = true;
}

/* --- several --- */

static void add_volume(void *context, const struct store_value *v) {
    struct volume_row *row = v[2].number < 0 ? NULL
                                             : digest_row(context, v[0].bytes, v[1].bytes,
                                                          (uint8_t)v[2].number, (uint64_t)v[4].number);
    if (row)
        digest_row_add(context, row, (uint64_t)v[3].number, (uint64_t)v[4].number);
}

static void add_tally(void *context, const struct store_value *v) {
    struct digest *d = context;
    for (size_t i = 0; i < DIGEST_TALLIES; i++)
        if (bytes_equal(v[0].bytes, bytes_text(counter_key(digest_tallies[i].counter))))
            d->tally[i] += (uint64_t)v[1].number;
}

static void add_rows(struct digest *to, const struct digest *from) {
    for (const struct volume_row *row = digest_first_row(from); row; row = digest_next_row(row)) {
        const struct store_value v[] = {
            STORE_T(bytes_text(row->volume.network)), STORE_T(bytes_text(row->volume.destination)),
            STORE_N(row->volume.verdict), STORE_N(row->volume.objects), STORE_N(row->volume.bytes)};
        add_volume(to, v);
    }
}

bool digest_sum_since(struct digest *d, struct store *store, time_ns since, time_ns until,
                      const uint64_t *sums, struct digest_facts *out) {
    const struct store_value v[] = {STORE_N(since)};
    digest_count(d, sums);
    digest_destroy(d->asked);
    struct digest *all = d->asked = digest_create(&d->options);
    if (!all)
        return false;
    all->since = since;
    memcpy(all->tally, d->tally, sizeof all->tally);
    memcpy(all->base, d->base, sizeof all->base);
    add_rows(all, d);
    bool ok = store_find(store, STORE_VOLUME_SINCE, v, 1, add_volume, all) &&
              store_find(store, STORE_TALLY_SINCE, v, 1, add_tally, all);
    digest_sum(all, until, sums, out);
    return ok;
}
