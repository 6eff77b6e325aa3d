/* SPDX-License-Identifier: Apache-2.0 */
#include "report/incident/incident.h"

#include "base/hash.h"
#include "policy/policy.h"
#include "report/format/shown.h"
#include "report/incident/seen.h"
#include "report/ledger/distinct.h"

#include <stdlib.h>

enum { SEEN_MAX = 1 << 16 };

static const struct seen_table moving_table = {STORE_OBJECT_PUT, STORE_OBJECT_DROP, STORE_OBJECT_EACH};

struct incident {
    struct incident *chain;         /* of the bucket */
    struct incident *older, *newer; /* by last record */
    uint64_t hash, serial;
    struct incident_facts facts;
    struct record *record; /* what opened it or made it worse */
    struct distinct plates;
    uint64_t next_tenfold;
    time_ns told;
    bool grown; /* since `told` */
    bool closed, changed;
    struct incident *next_changed;
    size_t key_size;
    uint8_t key[];
};

struct incidents {
    struct incident_options options;
    struct incident_sink sink;
    struct hash_key secret;
    struct incident **buckets;
    size_t mask;
    uint64_t count, serial;
    struct incident *oldest, *newest, *changed;
    struct seen *seen;
    time_ns scanned;
    struct record_builder builder;
};

struct incidents *incidents_create(const struct incident_options *options, const struct incident_sink *sink) {
    struct incidents *t = calloc(1, sizeof *t);
    size_t buckets = 64;
    if (!t)
        return NULL;
    while (buckets < options->most && buckets < 1 << 20)
        buckets *= 2;
    t->options = *options;
    t->sink = *sink;
    t->secret = hash_key_random();
    t->mask = buckets - 1;
    t->buckets = calloc(buckets, sizeof(struct incident *));
    t->seen = seen_create(SEEN_MAX, &moving_table);
    if (t->buckets && t->seen)
        return t;
    incidents_destroy(t);
    return NULL;
}

static void free_incident(struct incident *i) {
    distinct_finish(&i->plates);
    free(i->record);
    free(i);
}

void incidents_destroy(struct incidents *t) {
    if (!t)
        return;
    for (struct incident *i = t->oldest, *next; i; i = next) {
        next = i->newer;
        free_incident(i);
    }
    for (struct incident *i = t->changed, *next; i; i = next) {
        next = i->next_changed;
        if (i->closed)
            free_incident(i);
    }
    seen_destroy(t->seen);
    free(t->buckets);
    free(t);
}

/* --- one incident --- */

static void note_change(struct incidents *t, struct incident *i) {
    if (i->changed || !t->options.kept)
        return;
    i->changed = true;
    i->next_changed = t->changed;
    t->changed = i;
}

static void tell(struct incidents *t, struct incident *i, enum incident_state state, time_ns time) {
    i->facts.state = state;
    i->facts.sequence++;
    uint64_t plates = distinct_count(&i->plates);
    if (i->facts.plates < plates) /* an estimate may shrink when it goes on from the store */
        i->facts.plates = plates;
    if (i->facts.plates < i->record->distinct) /* a record carries only so many digests */
        i->facts.plates = i->record->distinct;
    i->told = time;
    i->grown = false;
    t->sink.alert(t->sink.context, time, &i->facts, i->record);
}

static uint8_t severity_of(const struct record *r) {
    unsigned s = r->severity + (r->verdict >= VERDICT_UNAPPROVED ? 1 : 0);
    return (uint8_t)(s < 1 ? 1 : s > 10 ? 10 : s);
}

/* NULL: no memory. */
static struct record *keep(struct incidents *t, const struct record *r, struct bytes class) {
    shown_fill(&t->builder, r, class);
    t->builder.head.severity = severity_of(r);
    return shown_pack(&t->builder, r->id);
}

static void unlink_age(struct incidents *t, struct incident *i) {
    *(i->older ? &i->older->newer : &t->oldest) = i->newer;
    *(i->newer ? &i->newer->older : &t->newest) = i->older;
}

static void link_newest(struct incidents *t, struct incident *i) {
    i->older = t->newest;
    i->newer = NULL;
    *(t->newest ? &t->newest->newer : &t->oldest) = i;
    t->newest = i;
}

static void close_incident(struct incidents *t, struct incident *i, time_ns time) {
    struct incident **at = &t->buckets[i->hash & t->mask];
    tell(t, i, INCIDENT_CLOSED, time);
    while (*at != i)
        at = &(*at)->chain;
    *at = i->chain;
    unlink_age(t, i);
    t->count--;
    counter_one(COUNTER_INCIDENTS_CLOSED);
    i->closed = true;
    note_change(t, i);
    if (!i->changed)
        free_incident(i);
}

static time_ns quiet_end(const struct incidents *t, const struct incident *i) {
    return i->facts.last + (time_ns)t->options.quiet;
}

/* --- finding one --- */

static size_t make_key(const struct record *r, struct bytes class, uint8_t key[SHOWN_KEY_MAX]) {
    struct bytes partner = record_text_of(r, TEXT_PARTNER);
    size_t n = shown_key_add(key, 0, shown_cut(class));
    n = shown_key_add(key, n, shown_cut(record_text_of(r, TEXT_NETWORK)));
    if (partner.n)
        return shown_key_add(key, n, shown_cut(partner));
    return shown_key_add(key, n, bytes_of(r->destination.bytes, sizeof r->destination.bytes));
}

static struct incident *find(const struct incidents *t, uint64_t hash, const uint8_t *key, size_t n) {
    struct incident *i = t->buckets[hash & t->mask];
    while (i && !(i->hash == hash && i->key_size == n && memcmp(i->key, key, n) == 0))
        i = i->chain;
    return i;
}

static struct incident *open_incident(struct incidents *t, const struct record *r, struct bytes class,
                                      uint64_t hash, const uint8_t *key, size_t n) {
    if (t->count >= t->options.most) {
        counter_one(COUNTER_INCIDENTS_SHED);
        close_incident(t, t->oldest, r->time);
    }
    struct incident *i = calloc(1, sizeof *i + n);
    if (!i)
        return NULL;
    i->record = keep(t, r, class);
    if (!i->record) {
        free(i);
        return NULL;
    }
    distinct_init(&i->plates);
    i->hash = hash;
    i->serial = ++t->serial;
    i->key_size = n;
    memcpy(i->key, key, n);
    i->facts.first = i->facts.last = r->time;
    i->next_tenfold = 10;
    shown_name(i->facts.id, t->options.observer, bytes_of(key, n), r->time);
    i->chain = t->buckets[hash & t->mask];
    t->buckets[hash & t->mask] = i;
    link_newest(t, i);
    t->count++;
    counter_one(COUNTER_INCIDENTS_OPENED);
    return i;
}

/* --- what a record adds --- */

static void count_object(struct incidents *t, struct incident *i, const struct record *r) {
    struct seen_key key = {i->serial, r->object, r->worker};
    bool is_new, forgot;
    uint64_t *bytes = seen_note(t->seen, &key, &is_new, &forgot);
    const uint64_t *digests = record_digests_of(r);
    if (forgot)
        counter_one(COUNTER_OBJECTS_FORGOTTEN);
    i->facts.objects += is_new;
    if (r->bytes > *bytes) {
        i->facts.bytes += r->bytes - *bytes;
        *bytes = r->bytes;
        i->grown = true;
    }
    i->grown |= is_new;
    for (uint32_t k = 0; k < r->digests; k++)
        distinct_add(&i->plates, digests[k]);
    if (i->record->distinct < r->distinct)
        i->record->distinct = r->distinct;
    if (r->kind == RECORD_TRANSFER || (r->kind == RECORD_VOLUME && r->complete))
        seen_drop(t->seen, &key);
}

/* A worse verdict or a higher severity makes this record the one that alerts show. */
static bool worsen(struct incidents *t, struct incident *i, const struct record *r, struct bytes class) {
    uint8_t severity = severity_of(r);
    if (r->verdict <= i->record->verdict && severity <= i->record->severity)
        return false;
    struct record *worse = keep(t, r, class);
    if (!worse)
        return false;
    if (worse->verdict < i->record->verdict)
        worse->verdict = i->record->verdict;
    if (worse->severity < i->record->severity)
        worse->severity = i->record->severity;
    if (worse->distinct < i->record->distinct)
        worse->distinct = i->record->distinct;
    free(i->record);
    i->record = worse;
    return true;
}

static bool has_all_terms(struct bytes terms, struct bytes wanted) {
    while (wanted.n) {
        const uint8_t *line = memchr(wanted.p, '\n', wanted.n);
        size_t n = line ? (size_t)(line - wanted.p) : wanted.n, step = line ? n + 1 : n;
        if (!memmem(terms.p, terms.n, wanted.p, n))
            return false;
        wanted = bytes_of(wanted.p + step, wanted.n - step);
    }
    return true;
}

/* Under the same verdict the newest reason is what alerts say, with its amounts. True: a term is broken that
 * was not before. */
static bool renew(struct incidents *t, struct incident *i, const struct record *r) {
    struct bytes reason = record_text_of(r, TEXT_REASON), terms = record_text_of(r, TEXT_TERM);
    struct bytes known = record_text_of(i->record, TEXT_TERM);
    if (r->verdict != i->record->verdict || bytes_equal(reason, record_text_of(i->record, TEXT_REASON)) ||
        !has_all_terms(terms, known))
        return false;
    bool more = !has_all_terms(known, terms);
    record_copy(&t->builder, i->record);
    record_text(&t->builder, TEXT_REASON, reason);
    record_text(&t->builder, TEXT_TERM, terms);
    struct record *newer = shown_pack(&t->builder, i->record->id);
    if (!newer)
        return false;
    free(i->record);
    i->record = newer;
    return more;
}

static void add(struct incidents *t, const struct record *r, struct bytes class) {
    uint8_t key[SHOWN_KEY_MAX];
    size_t n = make_key(r, class, key);
    uint64_t hash = hash_bytes(&t->secret, key, n);
    struct incident *i = find(t, hash, key, n);
    bool opened = false, worse = false;
    if (i && quiet_end(t, i) <= r->time) {
        close_incident(t, i, quiet_end(t, i));
        i = NULL;
    }
    if (i) {
        worse = worsen(t, i, r, class) || renew(t, i, r);
    } else {
        i = open_incident(t, r, class, hash, key, n);
        opened = true;
    }
    if (!i) {
        counter_one(COUNTER_INCIDENTS_REFUSED);
        return;
    }
    if (r->time > i->facts.last)
        i->facts.last = r->time;
    unlink_age(t, i);
    link_newest(t, i);
    count_object(t, i, r);
    note_change(t, i);
    bool tenfold = i->facts.objects >= i->next_tenfold;
    while (i->facts.objects >= i->next_tenfold)
        i->next_tenfold *= 10;
    bool due = i->grown && r->time - i->told >= (time_ns)t->options.growth_interval;
    if (opened)
        tell(t, i, INCIDENT_OPENED, r->time);
    else if (tenfold || worse || due)
        tell(t, i, INCIDENT_GROWN, r->time);
}

void incidents_record(struct incidents *t, const struct record *r) {
    struct bytes classes = record_text_of(r, r->kind == RECORD_FINDING ? TEXT_CLASS : TEXT_OFFENDING);
    if (classes.n == 0)
        return;
    if (!r->matters || r->verdict < VERDICT_BREACH || r->verdict > VERDICT_UNKNOWN) {
        if (r->kind == RECORD_FINDING)
            counter_one(r->matters ? COUNTER_FINDINGS_APPROVED : COUNTER_FINDINGS_ELSEWHERE);
        return;
    }
    while (classes.n) {
        const uint8_t *line = memchr(classes.p, '\n', classes.n);
        size_t n = line ? (size_t)(line - classes.p) : classes.n, step = line ? n + 1 : n;
        if (n)
            add(t, r, bytes_of(classes.p, n));
        classes = bytes_of(classes.p + step, classes.n - step);
    }
}

/* Only closes: growth is told with the record that brings it, or by the summary. */
void incidents_tick(struct incidents *t, time_ns now) {
    if (now >= t->scanned && now - t->scanned < NS_PER_S)
        return;
    t->scanned = now;
    for (struct incident *i = t->oldest, *next; i; i = next) {
        next = i->newer;
        if (quiet_end(t, i) <= now)
            close_incident(t, i, quiet_end(t, i));
    }
}

uint64_t incidents_open(const struct incidents *t) {
    return t->count;
}

void incidents_close(struct incidents *t) {
    while (t->oldest)
        close_incident(t, t->oldest, t->oldest->facts.last);
}

/* --- the store --- */

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
                                    STORE_N(f->sequence),
                                    STORE_N(f->objects),
                                    STORE_N(f->bytes),
                                    STORE_N(f->plates),
                                    STORE_N(f->first),
                                    STORE_N(f->last),
                                    STORE_N(i->told),
                                    STORE_N(i->grown),
                                    STORE_N(i->next_tenfold),
                                    STORE_B(bytes_of(packed, n)),
                                    STORE_B(bytes_of(i->record, i->record->size))};
    return store_run(store, STORE_INCIDENT_PUT, v, sizeof v / sizeof v[0]);
}

bool incidents_save(struct incidents *t, struct store *store) {
    bool ok = true;
    for (const struct incident *i = t->changed; i && ok; i = i->next_changed)
        ok = save_one(i, store);
    return ok && seen_save(t->seen, store);
}

void incidents_saved(struct incidents *t) {
    for (struct incident *i = t->changed, *next; i; i = next) {
        next = i->next_changed;
        i->changed = false;
        if (i->closed)
            free_incident(i);
    }
    t->changed = NULL;
    seen_saved(t->seen);
}

void incidents_spoil(struct incidents *t) {
    for (struct incident *i = t->oldest; i; i = i->newer)
        note_change(t, i);
    seen_spoil(t->seen);
}

static bool readable(const struct store_value *v) {
    return v[1].bytes.n < sizeof((struct incident_facts *)0)->id && v[2].bytes.n <= SHOWN_KEY_MAX;
}

/* In the order of their last records, so that the least recent is the oldest. */
static void load_row(void *context, const struct store_value *v) {
    struct incidents *t = context;
    uint8_t registers[DISTINCT_REGISTERS];
    struct incident *i = readable(v) ? calloc(1, sizeof *i + v[2].bytes.n) : NULL;
    struct record *record = i ? shown_read(v[13].bytes) : NULL;
    if (!record) {
        free(i);
        counter_one(COUNTER_STORE_UNREAD);
        return;
    }
    i->record = record;
    i->serial = (uint64_t)v[0].number;
    memcpy(i->facts.id, v[1].bytes.p, v[1].bytes.n);
    i->key_size = v[2].bytes.n;
    memcpy(i->key, v[2].bytes.p, i->key_size);
    i->facts.sequence = (uint64_t)v[3].number;
    i->facts.objects = (uint64_t)v[4].number;
    i->facts.bytes = (uint64_t)v[5].number;
    i->facts.plates = (uint64_t)v[6].number;
    i->facts.first = v[7].number;
    i->facts.last = v[8].number;
    i->told = v[9].number;
    i->grown = v[10].number != 0;
    i->next_tenfold = v[11].number < 10 ? 10 : (uint64_t)v[11].number;
    distinct_init(&i->plates);
    if (v[12].bytes.n && distinct_registers_unpack(v[12].bytes.p, v[12].bytes.n, registers) &&
        (i->plates.registers = malloc(DISTINCT_REGISTERS)))
        memcpy(i->plates.registers, registers, DISTINCT_REGISTERS);
    i->hash = hash_bytes(&t->secret, i->key, i->key_size);
    i->chain = t->buckets[i->hash & t->mask];
    t->buckets[i->hash & t->mask] = i;
    link_newest(t, i);
    t->count++;
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
