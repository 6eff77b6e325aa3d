/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/flow_class.h"
#include "policy/policy.h"
#include "report/event/technique.h"
#include "report/event/telling.h"
#include "report/event/text.h"
#include "report/incident/incident_entry.h"
#include "report/incident/severity.h"
#include "report/ledger/ledger.h"

#include <stdlib.h>

enum { SEEN_MAX = 1 << 16, BUCKETS_MAX = 1 << 20, NAMES_TRIED = 16 };

static const struct seen_table moving_table = {
    .put = STORE_OBJECT_PUT, .drop = STORE_OBJECT_DROP, .each = STORE_OBJECT_EACH, .held = true};

/* A distinct_pool's give_way. */
static void estimate_plates(void *context, struct distinct_owner *owner) {
    struct incidents *t = context;
    struct incident *i = (struct incident *)((char *)owner - offsetof(struct incident, owner));
    distinct_estimate(&i->plates);
    change_mark(&t->changes, &i->change);
}

void incident_weigh_plates(struct incidents *t, struct incident *i) {
    distinct_pool_weigh(t->options.pool, &i->owner, (enum standing)i->ranked.standing,
                        distinct_set_octets(&i->plates));
}

struct incidents *incidents_create(const struct incident_options *options, const struct incident_sink *sink) {
    struct incidents *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->options = *options;
    t->sink = *sink;
    t->secret = hash_key_random();
    t->changes.kept = options->kept;
    options->pool->kinds[DISTINCT_OF_INCIDENT].give_way = estimate_plates;
    options->pool->kinds[DISTINCT_OF_INCIDENT].context = t;
    t->seen = seen_create(SEEN_MAX, &moving_table);
    size_t buckets = options->most < BUCKETS_MAX ? options->most : BUCKETS_MAX;
    if (table_init(&t->open, buckets) && table_init(&t->kin, buckets) && t->seen)
        return t;
    incidents_destroy(t);
    return NULL;
}

void incident_free(struct incident *i) {
    distinct_finish(&i->plates);
    incident_files_finish(&i->files);
    free(i->settled);
    free(i->before);
    free(i->record);
    free(i->key);
    free(i);
}

void incidents_destroy(struct incidents *t) {
    if (!t)
        return;
    /* Closed ones are in this list alone, and it leads through open ones too. */
    incident_wait_finish(t);
    if (t->seen)
        incidents_saved(t);
    for (struct incident *i = incident_oldest(t), *next; i; i = next) {
        next = incident_younger(i);
        distinct_pool_leave(t->options.pool, &i->owner);
        incident_free(i);
    }
    seen_destroy(t->seen);
    table_finish(&t->open);
    table_finish(&t->kin);
    gone_finish(&t->gone);
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

/* What goes out next. Nobody knows what was held back: of what is told first, that it opened; then, of
 * which class it was. */
static enum incident_state state_to_tell(const struct incident *i, enum incident_state state) {
    if (state == INCIDENT_CLOSED)
        return state;
    if (i->facts.sequence == 0)
        return INCIDENT_OPENED;
    return i->before ? INCIDENT_CHANGED : state;
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
    f->state = state_to_tell(i, state);
    f->settled = i->settled;
    f->before = f->sequence ? i->before : NULL;
    f->joined = i->joined[0] ? i->joined : NULL;
    f->worse = worse;
    f->standing = (uint8_t)incident_standing(i);
    f->techniques = technique_of_record(i->record) | technique_of_pace(f->objects, f->first, f->last);
    f->sequence++;
    i->told = time;
    i->grown = false;
    if (t->sink.alert(t->sink.context, time, f, i->record)) {
        f->held = 0;
        free(i->before);
        i->before = NULL;
    } else {
        f->sequence--;
        f->held++;
    }
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
    table_add(&t->kin, &i->kin, incident_family_hash(t, bytes_of(i->key, i->key_size)));
    ranking_put(&t->ranking, &i->ranked, incident_standing(i), 1);
}

void incident_close(struct incidents *t, struct incident *i, time_ns time) {
    if (i->facts.sequence || !i->joined[0]) /* nobody heard of what is in another one now */
        tell_incident(t, i, INCIDENT_CLOSED, false, time);
    table_remove(&t->open, &i->node);
    table_remove(&t->kin, &i->kin);
    ranking_remove(&t->ranking, &i->ranked);
    distinct_pool_leave(t->options.pool, &i->owner);
    counter_one(COUNTER_INCIDENTS_CLOSED);
    i->closed = true;
    incident_wait_for_store(t, i);
}

static time_ns quiet_end(const struct incidents *t, const struct incident *i) {
    return i->facts.last + (time_ns)t->options.quiet;
}

struct incident *incident_still_open(struct incidents *t, struct incident *i, time_ns now) {
    if (!i || quiet_end(t, i) > now)
        return i;
    incident_close(t, i, quiet_end(t, i));
    return NULL;
}

/* --- finding one --- */

static size_t make_key(const struct record *r, struct bytes class, uint8_t key[SHOWN_KEY_MAX]) {
    struct bytes owner = ledger_owner(r);
    size_t n = shown_key_add(key, 0, class);
    n = shown_key_add(key, n, record_text_of(r, TEXT_NETWORK));
    n = shown_key_add(key, n, owner);
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

struct incident *incident_find(const struct incidents *t, struct bytes key) {
    uint64_t hash = hash_bytes(&t->secret, key.p, key.n);
    return TABLE_ENTRY(table_find(&t->open, hash, is_key, &key, TABLE_STEPS_ALL), struct incident, node);
}

/* One that has another class now may have the name already; so do a few of the same time. */
static void name_incident(struct incidents *t, struct incident *i, time_ns first) {
    uint8_t all[SHOWN_KEY_MAX + NAMES_TRIED];
    memcpy(all, i->key, i->key_size);
    memset(all + i->key_size, '+', NAMES_TRIED);
    for (size_t more = 0; more < NAMES_TRIED; more++) {
        shown_name(i->facts.id, t->options.observer, bytes_of(all, i->key_size + more), first);
        if (!incident_of_name(t, i))
            return;
    }
}

struct incident *incident_open(struct incidents *t, const struct record *r, struct bytes class,
                               struct bytes key) {
    struct incident *out = RANKED_ENTRY(ranking_first_out(&t->ranking, NULL), struct incident, ranked);
    if (t->open.count >= t->options.most && out) {
        counter_one(COUNTER_INCIDENTS_SHED);
        incident_close(t, out, r->time);
    }
    struct incident *i = calloc(1, sizeof *i);
    if (!i)
        return NULL;
    i->owner.kind = DISTINCT_OF_INCIDENT;
    i->record = incident_show(t, r, class);
    i->key = malloc(key.n);
    if (!i->record || !i->key) {
        incident_free(i);
        return NULL;
    }
    i->serial = ++t->serial;
    i->key_size = key.n;
    memcpy(i->key, key.p, key.n);
    i->facts.first = i->facts.last = r->time;
    i->rule_severity = r->severity;
    i->next_tenfold = 10;
    name_incident(t, i, r->time);
    incident_link(t, i);
    counter_one(COUNTER_INCIDENTS_OPENED);
    return i;
}

/* --- what a record adds --- */

static void add_tries(struct incident *i, const struct record *r) {
    uint32_t *tries = &i->record->tries;
    *tries = r->tries < UINT32_MAX - *tries ? *tries + r->tries : UINT32_MAX;
}

static void add_uploads(struct incident *i, const struct record *r) {
    uint32_t *uploads = &i->record->uploads;
    *uploads = r->uploads < UINT32_MAX - *uploads ? *uploads + r->uploads : UINT32_MAX;
    upload_sizes_join(&i->record->sizes, &r->sizes);
    if (r->uploads)
        i->record->upload_interval_ms = r->upload_interval_ms;
    if (r->like_images)
        i->record->like_images = r->like_images;
}

/* Sums of flows: what each brought since the last one. */
static void count_flows(struct incident *i, const struct record *r) {
    i->facts.objects += i->facts.objects || r->flows || r->bytes == 0 ? r->flows : 1;
    i->facts.bytes += r->bytes;
    add_tries(i, r);
    add_uploads(i, r);
    i->grown |= r->bytes > 0;
}

static void count_object(struct incident *i, const struct record *r, const struct placed *p) {
    const uint64_t *digests = record_digests_of(r);
    i->facts.objects += p->is_new;
    if (r->bytes > p->object->bytes) {
        i->facts.bytes += r->bytes - p->object->bytes;
        p->object->bytes = r->bytes;
        i->grown = true;
    }
    i->grown |= p->is_new;
    i->holes |= r->missing > 0;
    i->whole |= r->kind == RECORD_TRANSFER && r->complete;
    if (r->kind == RECORD_TRANSFER)
        incident_files_add(&i->files, r);
    for (uint32_t k = 0; k < r->digests; k++)
        distinct_add(&i->plates, digests[k]);
    if (i->record->distinct < r->distinct)
        i->record->distinct = r->distinct;
}

/* After what was counted. */
static void tell_growth(struct incidents *t, struct incident *i, const struct placed *p, bool worse,
                        time_ns time) {
    ranking_put(&t->ranking, &i->ranked, incident_standing(i), 1);
    incident_weigh_plates(t, i);
    change_mark(&t->changes, &i->change);
    bool tenfold = i->facts.objects >= i->next_tenfold;
    while (i->facts.objects >= i->next_tenfold)
        i->next_tenfold *= 10;
    bool due = i->grown && time - i->told >= (time_ns)t->options.growth_interval;
    if (p->opened) {
        tell_incident(t, i, INCIDENT_OPENED, true, time);
    } else if (p->changed) {
        tell_incident(t, i, INCIDENT_CHANGED, true, time);
        counter_one(COUNTER_INCIDENTS_CHANGED);
    } else if (tenfold || worse || due) {
        tell_incident(t, i, INCIDENT_GROWN, worse, time);
        counter_one(COUNTER_INCIDENTS_GROWN);
    }
}

static void add_finding(struct incidents *t, const struct record *r, struct bytes class, bool now) {
    uint8_t room[SHOWN_KEY_MAX];
    struct bytes key = bytes_of(room, make_key(r, class, room));
    struct placed p = {.i = NULL};
    if (r->kind == RECORD_VOLUME)
        incident_place_flows(t, r, class, key, &p);
    else
        incident_place_object(t, r, class, key, now, &p);
    if (p.passed)
        return;
    if (!p.i) {
        counter_one(COUNTER_INCIDENTS_REFUSED);
        return;
    }
    bool shows = !p.opened && !p.changed && !p.aside;
    bool worse = shows && (incident_worsen(t, p.i, r, class) || incident_renew_reason(t, p.i, r));
    if (r->time > p.i->facts.last)
        p.i->facts.last = r->time;
    table_touch(&t->open, &p.i->node);
    if (p.object)
        count_object(p.i, r, &p);
    else
        count_flows(p.i, r);
    tell_growth(t, p.i, &p, worse, r->time);
    if (r->kind == RECORD_TRANSFER)
        incident_forget_object(t, r);
}

static struct bytes classes_of(const struct record *r) {
    return record_text_of(r, r->kind == RECORD_FINDING ? TEXT_CLASS : TEXT_OFFENDING);
}

void incident_add(struct incidents *t, const struct record *r, bool now) {
    struct bytes classes = classes_of(r), class;
    if (list_next(&classes, &class)) /* an object counts in the first alone */
        add_finding(t, r, class, now);
}

void incidents_record(struct incidents *t, const struct record *r) {
    if (classes_of(r).n == 0)
        return;
    if (!r->matters || r->verdict < VERDICT_BREACH || r->verdict >= VERDICT_COUNT) {
        if (r->kind == RECORD_FINDING)
            counter_one(r->matters ? COUNTER_FINDINGS_APPROVED : COUNTER_FINDINGS_ELSEWHERE);
        return;
    }
    incident_wait_of_worker(t, r);
    incident_add(t, r, false);
}

bool incidents_tries(struct incidents *t, const struct record *r) {
    static const char *const classes[] = {CLASS_UNREAD_FLOW, CLASS_ENCRYPTED_FLOW};
    uint8_t room[SHOWN_KEY_MAX];
    for (size_t k = 0; k < sizeof classes / sizeof *classes; k++) {
        size_t n = make_key(r, bytes_text(classes[k]), room);
        struct incident *i = incident_find(t, bytes_of(room, n));
        if (!i || quiet_end(t, i) <= r->time)
            continue;
        add_tries(i, r);
        change_mark(&t->changes, &i->change);
        return true;
    }
    return false;
}

static void note_same_flow(struct incidents *t, struct incident *i, const struct record *r) {
    struct bytes class = record_text_of(r, TEXT_CLASS);
    char text[64];
    if (class.n == 0 || class.n >= sizeof text || list_has(record_text_of(i->record, TEXT_SAME_FLOW), class))
        return;
    memcpy(text, class.p, class.n);
    text[class.n] = '\0';
    record_copy(&t->builder, i->record);
    record_text_add(&t->builder, TEXT_SAME_FLOW, text);
    incident_show_built(t, i);
}

bool incidents_same_flow(struct incidents *t, const struct record *r) {
    struct bytes content = record_text_of(r, TEXT_SAME_FLOW);
    uint8_t room[SHOWN_KEY_MAX];
    size_t n = content.n ? make_key(r, content, room) : 0;
    struct incident *i = n ? incident_find(t, bytes_of(room, n)) : NULL;
    if (n && !i) /* its class is another one by now */
        i = incident_of_content(t, bytes_of(room, n));
    if (!i || quiet_end(t, i) <= r->time)
        return false;
    note_same_flow(t, i, r);
    i->facts.bytes += r->bytes;
    i->facts.last = r->time > i->facts.last ? r->time : i->facts.last;
    i->grown = true;
    change_mark(&t->changes, &i->change);
    return true;
}

/* Growth is told with the record that brings it, or by the summary. */
void incidents_tick(struct incidents *t, time_ns now) {
    incident_wait_until(t, now);
    if (now >= t->scanned && now - t->scanned < NS_PER_S)
        return;
    t->scanned = now;
    for (struct incident *i = incident_oldest(t), *next; i; i = next) {
        next = incident_younger(i);
        incident_still_open(t, i, now);
    }
}

uint64_t incidents_open(const struct incidents *t) {
    return t->open.count;
}

void incidents_close(struct incidents *t) {
    incidents_hurry(t);
    for (struct incident *i; (i = incident_oldest(t));)
        incident_close(t, i, i->facts.last);
}

bool incidents_settle(struct incidents *t, const char *id, const char *reason, uint32_t uid, time_ns now) {
    for (struct incident *i = incident_oldest(t); i; i = incident_younger(i)) {
        if (strcmp(i->facts.id, id) != 0)
            continue;
        i->settled = strdup(reason);
        i->settled_by = uid;
        incident_close(t, i, now > i->facts.last ? now : i->facts.last);
        return true;
    }
    return false;
}
