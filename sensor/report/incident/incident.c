/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/flow_class.h"
#include "policy/policy.h"
#include "report/event/technique.h"
#include "report/event/text.h"
#include "report/incident/incident_entry.h"
#include "report/incident/severity.h"
#include "report/ledger/ledger.h"

#include <stdlib.h>

enum { SEEN_MAX = 1 << 16, BUCKETS_MAX = 1 << 20 };

static const struct seen_table moving_table = {STORE_OBJECT_PUT, STORE_OBJECT_DROP, STORE_OBJECT_EACH};

struct incidents *incidents_create(const struct incident_options *options, const struct incident_sink *sink) {
    struct incidents *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->options = *options;
    t->sink = *sink;
    t->secret = hash_key_random();
    t->changes.kept = options->kept;
    t->seen = seen_create(SEEN_MAX, &moving_table);
    if (table_init(&t->open, options->most < BUCKETS_MAX ? options->most : BUCKETS_MAX) && t->seen)
        return t;
    incidents_destroy(t);
    return NULL;
}

void incident_free(struct incident *i) {
    distinct_finish(&i->plates);
    free(i->settled);
    free(i->record);
    free(i);
}

void incidents_destroy(struct incidents *t) {
    if (!t)
        return;
    /* Closed ones are in this list alone, and it leads through open ones too. */
    if (t->seen)
        incidents_saved(t);
    for (struct incident *i = incident_oldest(t), *next; i; i = next) {
        next = incident_younger(i);
        incident_free(i);
    }
    seen_destroy(t->seen);
    table_finish(&t->open);
    free(t);
}

/* --- one incident --- */

static uint8_t severity_now(const struct incident *i) {
    if (i->record->kind == RECORD_VOLUME) /* traffic/ has weighed it */
        return i->rule_severity;
    const struct severity_facts f = {.rule = i->rule_severity,
                                     .verdict = i->record->verdict,
                                     .terms = record_text_of(i->record, TEXT_TERM),
                                     .objects = i->facts.objects,
                                     .bytes = i->facts.bytes,
                                     .plates = i->facts.plates,
                                     .parts_only = i->holes && !i->whole};
    return (uint8_t)severity_of(&f);
}

/* What is held back takes no number, so that numbers without a hole mean that nothing was lost on the way;
 * the first alert that goes out says that the incident opened, whenever that is. */
static void tell_incident(struct incidents *t, struct incident *i, enum incident_state state, bool worse,
                          time_ns time) {
    struct incident_facts *f = &i->facts;
    uint64_t plates = distinct_count(&i->plates);
    if (f->plates < plates) /* an estimate may shrink when it goes on from the store */
        f->plates = plates;
    if (f->plates < i->record->distinct) /* a record carries only so many digests */
        f->plates = i->record->distinct;
    uint8_t severity = severity_now(i);
    if (severity > i->record->severity) /* what was said once is not taken back */
        i->record->severity = severity;
    f->state = state == INCIDENT_GROWN && f->sequence == 0 ? INCIDENT_OPENED : state;
    f->settled = i->settled;
    f->worse = worse;
    f->standing = (uint8_t)incident_standing(i);
    f->techniques = technique_of_record(i->record) | technique_of_pace(f->objects, f->first, f->last);
    f->sequence++;
    i->told = time;
    i->grown = false;
    if (t->sink.alert(t->sink.context, time, f, i->record)) {
        f->held = 0;
    } else {
        f->sequence--;
        f->held++;
    }
}

/* NULL: no memory. */
static struct record *keep_record(struct incidents *t, const struct record *r, struct bytes class) {
    shown_fill(&t->builder, r, class);
    t->builder.head.severity = 0; /* until it is told */
    t->builder.head.tries = 0;    /* until they are counted */
    return shown_pack(&t->builder, r->id);
}

enum standing incident_standing(const struct incident *i) {
    unsigned severity = severity_now(i);
    const struct standing_facts f = {.partner = ledger_owner(i->record).n > 0,
                                     .denied = true, /* or it were none */
                                     .severity =
                                         severity > i->record->severity ? severity : i->record->severity,
                                     .objects = i->facts.objects,
                                     .bytes = i->facts.bytes};
    return standing_of(&f);
}

void incident_link(struct incidents *t, struct incident *i) {
    table_add(&t->open, &i->node, hash_bytes(&t->secret, i->key, i->key_size));
    ranking_put(&t->ranking, &i->ranked, incident_standing(i), 1);
}

static void close_incident(struct incidents *t, struct incident *i, time_ns time) {
    tell_incident(t, i, INCIDENT_CLOSED, false, time);
    table_remove(&t->open, &i->node);
    ranking_remove(&t->ranking, &i->ranked);
    counter_one(COUNTER_INCIDENTS_CLOSED);
    i->closed = true;
    change_mark(&t->changes, &i->change);
    if (!i->change.marked)
        incident_free(i);
}

static time_ns quiet_end(const struct incidents *t, const struct incident *i) {
    return i->facts.last + (time_ns)t->options.quiet;
}

/* --- finding one --- */

static size_t make_key(const struct record *r, struct bytes class, uint8_t key[SHOWN_KEY_MAX]) {
    struct bytes owner = ledger_owner(r);
    size_t n = shown_key_add(key, 0, shown_cut(class));
    n = shown_key_add(key, n, shown_cut(record_text_of(r, TEXT_NETWORK)));
    n = shown_key_add(key, n, shown_cut(owner));
    if (owner.n)
        return n;
    char room[DESTINATION_ROOM];
    if (record_text_of(r, TEXT_TARGET).n)
        return shown_key_add(key, n, ledger_destination(r, room));
    return shown_key_add(key, n, bytes_of(r->destination.bytes, sizeof r->destination.bytes));
}

static bool is_key(const struct table_node *node, const void *key) {
    const struct incident *i = TABLE_ENTRY(node, struct incident, node);
    return bytes_equal(bytes_of(i->key, i->key_size), *(const struct bytes *)key);
}

static struct incident *find_incident(const struct incidents *t, struct bytes key) {
    uint64_t hash = hash_bytes(&t->secret, key.p, key.n);
    return TABLE_ENTRY(table_find(&t->open, hash, is_key, &key, TABLE_STEPS_ALL), struct incident, node);
}

static struct incident *open_incident(struct incidents *t, const struct record *r, struct bytes class,
                                      struct bytes key) {
    struct incident *out = RANKED_ENTRY(ranking_first_out(&t->ranking, NULL), struct incident, ranked);
    if (t->open.count >= t->options.most && out) {
        counter_one(COUNTER_INCIDENTS_SHED);
        close_incident(t, out, r->time);
    }
    struct incident *i = calloc(1, sizeof *i + key.n);
    if (!i)
        return NULL;
    i->record = keep_record(t, r, class);
    if (!i->record) {
        free(i);
        return NULL;
    }
    distinct_init(&i->plates);
    i->serial = ++t->serial;
    i->key_size = key.n;
    memcpy(i->key, key.p, key.n);
    i->facts.first = i->facts.last = r->time;
    i->rule_severity = r->severity;
    i->next_tenfold = 10;
    shown_name(i->facts.id, t->options.observer, key, r->time);
    incident_link(t, i);
    counter_one(COUNTER_INCIDENTS_OPENED);
    return i;
}

/* --- what a record adds --- */

static void add_tries(struct incident *i, const struct record *r) {
    uint32_t *tries = &i->record->tries;
    *tries = r->tries < UINT32_MAX - *tries ? *tries + r->tries : UINT32_MAX;
}

/* Sums of flows: what each brought since the last one. */
static void count_flows(struct incident *i, const struct record *r) {
    i->facts.objects += i->facts.objects || r->flows || r->bytes == 0 ? r->flows : 1;
    i->facts.bytes += r->bytes;
    add_tries(i, r);
    i->grown |= r->bytes > 0;
}

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
    i->holes |= r->missing > 0;
    i->whole |= r->kind == RECORD_TRANSFER && r->complete;
    for (uint32_t k = 0; k < r->digests; k++)
        distinct_add(&i->plates, digests[k]);
    if (i->record->distinct < r->distinct)
        i->record->distinct = r->distinct;
    if (r->kind == RECORD_TRANSFER)
        seen_drop(t->seen, &key);
}

/* A worse verdict or a rule of a higher severity makes this record the one that alerts show. */
static bool worsen_incident(struct incidents *t, struct incident *i, const struct record *r,
                            struct bytes class) {
    if (r->verdict <= i->record->verdict && r->severity <= i->rule_severity)
        return false;
    struct record *worse = keep_record(t, r, class);
    if (!worse)
        return false;
    if (worse->verdict < i->record->verdict)
        worse->verdict = i->record->verdict;
    if (worse->distinct < i->record->distinct)
        worse->distinct = i->record->distinct;
    if (r->severity > i->rule_severity)
        i->rule_severity = r->severity;
    worse->severity = i->record->severity;
    worse->tries = i->record->tries;
    free(i->record);
    i->record = worse;
    return true;
}

static bool has_all_terms(struct bytes terms, struct bytes wanted) {
    struct bytes term;
    while (list_next(&wanted, &term))
        if (!memmem(terms.p, terms.n, term.p, term.n))
            return false;
    return true;
}

/* Under the same verdict the newest reason is what alerts say, with its amounts. True: a term is broken that
 * was not before. */
static bool renew_reason(struct incidents *t, struct incident *i, const struct record *r) {
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

static void add_finding(struct incidents *t, const struct record *r, struct bytes class) {
    uint8_t room[SHOWN_KEY_MAX];
    struct bytes key = bytes_of(room, make_key(r, class, room));
    struct incident *i = find_incident(t, key);
    bool opened = false, worse = false;
    if (i && quiet_end(t, i) <= r->time) {
        close_incident(t, i, quiet_end(t, i));
        i = NULL;
    }
    if (i) {
        worse = worsen_incident(t, i, r, class) || renew_reason(t, i, r);
    } else {
        i = open_incident(t, r, class, key);
        opened = true;
    }
    if (!i) {
        counter_one(COUNTER_INCIDENTS_REFUSED);
        return;
    }
    if (r->time > i->facts.last)
        i->facts.last = r->time;
    table_touch(&t->open, &i->node);
    if (r->kind == RECORD_VOLUME)
        count_flows(i, r);
    else
        count_object(t, i, r);
    ranking_put(&t->ranking, &i->ranked, incident_standing(i), 1);
    change_mark(&t->changes, &i->change);
    bool tenfold = i->facts.objects >= i->next_tenfold;
    while (i->facts.objects >= i->next_tenfold)
        i->next_tenfold *= 10;
    bool due = i->grown && r->time - i->told >= (time_ns)t->options.growth_interval;
    if (opened) {
        tell_incident(t, i, INCIDENT_OPENED, true, r->time);
    } else if (tenfold || worse || due) {
        tell_incident(t, i, INCIDENT_GROWN, worse, r->time);
        counter_one(COUNTER_INCIDENTS_GROWN);
    }
}

void incidents_record(struct incidents *t, const struct record *r) {
    struct bytes classes = record_text_of(r, r->kind == RECORD_FINDING ? TEXT_CLASS : TEXT_OFFENDING), class;
    if (classes.n == 0)
        return;
    if (!r->matters || r->verdict < VERDICT_BREACH || r->verdict >= VERDICT_COUNT) {
        if (r->kind == RECORD_FINDING)
            counter_one(r->matters ? COUNTER_FINDINGS_APPROVED : COUNTER_FINDINGS_ELSEWHERE);
        return;
    }
    while (list_next(&classes, &class))
        if (class.n)
            add_finding(t, r, class);
}

bool incidents_tries(struct incidents *t, const struct record *r) {
    static const char *const classes[] = {CLASS_UNREAD_FLOW, CLASS_ENCRYPTED_FLOW};
    uint8_t room[SHOWN_KEY_MAX];
    for (size_t k = 0; k < sizeof classes / sizeof *classes; k++) {
        size_t n = make_key(r, bytes_text(classes[k]), room);
        struct incident *i = find_incident(t, bytes_of(room, n));
        if (!i || quiet_end(t, i) <= r->time)
            continue;
        add_tries(i, r);
        change_mark(&t->changes, &i->change);
        return true;
    }
    return false;
}

/* False: no memory, or it stands there. */
static bool note_same_flow(struct incidents *t, struct incident *i, const struct record *r) {
    struct bytes class = record_text_of(r, TEXT_CLASS);
    char text[64];
    if (class.n == 0 || class.n >= sizeof text || list_has(record_text_of(i->record, TEXT_SAME_FLOW), class))
        return false;
    memcpy(text, class.p, class.n);
    text[class.n] = '\0';
    record_copy(&t->builder, i->record);
    record_text_add(&t->builder, TEXT_SAME_FLOW, text);
    struct record *newer = shown_pack(&t->builder, i->record->id);
    if (!newer)
        return false;
    free(i->record);
    i->record = newer;
    return true;
}

bool incidents_same_flow(struct incidents *t, const struct record *r) {
    struct bytes content = record_text_of(r, TEXT_SAME_FLOW);
    uint8_t room[SHOWN_KEY_MAX];
    size_t n = content.n ? make_key(r, content, room) : 0;
    struct incident *i = n ? find_incident(t, bytes_of(room, n)) : NULL;
    if (!i || quiet_end(t, i) <= r->time)
        return false;
    note_same_flow(t, i, r);
    i->facts.bytes += r->bytes;
    i->facts.last = r->time > i->facts.last ? r->time : i->facts.last;
    i->grown = true;
    change_mark(&t->changes, &i->change);
    return true;
}

/* Only closes: growth is told with the record that brings it, or by the summary. */
void incidents_tick(struct incidents *t, time_ns now) {
    if (now >= t->scanned && now - t->scanned < NS_PER_S)
        return;
    t->scanned = now;
    for (struct incident *i = incident_oldest(t), *next; i; i = next) {
        next = incident_younger(i);
        if (quiet_end(t, i) <= now)
            close_incident(t, i, quiet_end(t, i));
    }
}

uint64_t incidents_open(const struct incidents *t) {
    return t->open.count;
}

void incidents_close(struct incidents *t) {
    for (struct incident *i; (i = incident_oldest(t));)
        close_incident(t, i, i->facts.last);
}

bool incidents_settle(struct incidents *t, const char *id, const char *reason, uint32_t uid, time_ns now) {
    for (struct incident *i = incident_oldest(t); i; i = incident_younger(i)) {
        if (strcmp(i->facts.id, id) != 0)
            continue;
        i->settled = strdup(reason);
        i->settled_by = uid;
        close_incident(t, i, now > i->facts.last ? now : i->facts.last);
        return true;
    }
    return false;
}
