/* SPDX-License-Identifier: Apache-2.0 */
#include "report/ledger/ledger.h"

#include "base/address.h"
#include "base/hash.h"
#include "policy/policy.h"
#include "policy/target.h"
#include "report/event/redact.h"
#include "report/event/shown.h"
#include "report/event/text.h"
#include "report/ledger/ledger_entry.h"

#include <stdlib.h>

enum { BUCKETS_OF_HASH = 1 << 14, JUMP_WITNESSES = 3, SETS_PART = 4 };
static const time_ns hour_ns = 3600 * NS_PER_S, jump_ns = 2 * 86400 * NS_PER_S;

struct distinct_pool *ledger_pool(struct ledger *l) {
    return &l->pool;
}

/* A distinct_pool's give_way. */
static void estimate_line(void *context, struct distinct_owner *owner) {
    struct ledger *l = context;
    struct entry *e = (struct entry *)((char *)owner - offsetof(struct entry, owner));
    uint64_t freed = bucket_estimate(e);
    l->memory -= freed;
    e->octets -= freed;
    ranking_weigh(&l->ranking, &e->ranked, e->octets);
    change_mark(&l->changes, &e->change);
}

void ledger_weigh_sets(struct ledger *l, struct entry *e) {
    distinct_pool_weigh(&l->pool, &e->owner, (enum standing)e->ranked.standing, bucket_set_octets(e));
}

struct ledger *ledger_create(const char *observer, const struct ledger_options *options,
                             const struct ledger_sink *sink, const struct hash_key *digest_key, bool kept) {
    struct ledger *l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    l->digest_key = *digest_key;
    l->watch.observer = observer;
    l->watch.options = *options;
    l->watch.sink = *sink;
    l->watch.share = &l->share;
    l->changes.kept = l->watch.past.kept = kept;
    l->secret = hash_key_random();
    l->pool.limit = options->memory / SETS_PART;
    l->pool.kinds[DISTINCT_OF_LINE].give_way = estimate_line;
    l->pool.kinds[DISTINCT_OF_LINE].context = l;
    if (table_init(&l->lines, BUCKETS_OF_HASH))
        return l;
    free(l);
    return NULL;
}

/* --- entries --- */

static void forget_entry(struct ledger *l, struct entry *e) {
    table_remove(&l->lines, &e->node);
    ranking_remove(&l->ranking, &e->ranked);
    distinct_pool_leave(&l->pool, &e->owner);
    change_unmark(&l->changes, &e->change);
    share_forget(l, e);
    if (e->saved) /* rows that stay in the store grow older than the period */
        gone_note(&l->gone, &e->id, sizeof e->id);
    l->memory -= e->octets;
    bucket_finish(e);
    alarm_finish(e);
    free(e);
}

void ledger_destroy(struct ledger *l) {
    if (!l)
        return;
    while (ledger_oldest(l))
        forget_entry(l, ledger_oldest(l));
    alarm_drop_past(&l->watch);
    gone_finish(&l->gone);
    table_finish(&l->lines);
    free(l);
}

static bool is_key(const struct table_node *node, const void *key) {
    const struct entry *e = TABLE_ENTRY(node, struct entry, node);
    return bytes_equal(bytes_of(e->key, e->key_size), *(const struct bytes *)key);
}

static struct entry *find_line(const struct ledger *l, struct bytes key) {
    uint64_t hash = hash_bytes(&l->secret, key.p, key.n);
    return TABLE_ENTRY(table_find(&l->lines, hash, is_key, &key, TABLE_STEPS_ALL), struct entry, node);
}

/* No partner is named like one (policy.h, target.h). */
static bool is_stranger(struct bytes destination) {
    char text[ADDRESS_TEXT_MAX + 4];
    struct prefix p;
    const char *why;
    if (target_is_group(destination))
        return true;
    if (destination.n >= sizeof text)
        return false;
    memcpy(text, destination.p, destination.n);
    text[destination.n] = '\0';
    return prefix_parse(text, &p, &why);
}

struct entry *ledger_begin(struct ledger *l, const uint8_t *key, size_t n) {
    struct entry *e = calloc(1, sizeof *e + n);
    if (!e)
        return NULL;
    bucket_init(e);
    e->owner.kind = DISTINCT_OF_LINE;
    e->id = ++l->serial;
    e->key_size = n;
    memcpy(e->key, key, n);
    table_add(&l->lines, &e->node, hash_bytes(&l->secret, key, n));
    e->partner = !is_stranger(ledger_part(e, 1));
    ledger_rank(l, e, (int64_t)(sizeof *e + n));
    return e;
}

void ledger_rank(struct ledger *l, struct entry *e, int64_t octets) {
    struct ledger_totals all;
    bucket_sum(e, l->now, LEDGER_PERIOD, &all);
    const struct standing_facts f = {.partner = e->partner,
                                     .denied = all.denied_objects > 0 || all.denied_bytes > 0,
                                     .days = all.denied_days,
                                     .objects = all.objects,
                                     .bytes = all.bytes};
    l->memory += (uint64_t)octets;
    e->octets += (uint64_t)octets;
    ranking_put(&l->ranking, &e->ranked, standing_of(&f), e->octets);
}

struct bytes ledger_owner(const struct record *r) {
    return r->verdict == VERDICT_UNKNOWN ? bytes_of(NULL, 0) : record_text_of(r, TEXT_PARTNER);
}

/* What looks like a plate in it is covered, as in alerts: the store keeps it. */
static struct bytes group_name(struct bytes name, char room[DESTINATION_ROOM]) {
    size_t n = target_group(name, room);
    return bytes_of(room, redact((uint8_t *)room, n));
}

struct bytes ledger_destination(const struct record *r, char room[DESTINATION_ROOM]) {
    struct bytes owner = ledger_owner(r);
    struct address a = r->destination;
    struct target t;
    if (owner.n)
        return owner;
    if (target_parse(record_text_of(r, TEXT_TARGET), &t)) {
        if (!t.addressed)
            return group_name(t.name, room);
        a = t.address;
    }
    unsigned usual = address_is_v4(&a) ? MAPPED_BITS + 24 : 56;
    struct prefix p = prefix_of(&a, r->destination_bits ? r->destination_bits : usual);
    return bytes_text(prefix_format(&p, room));
}

static size_t make_key(struct bytes network, struct bytes destination, struct bytes class, uint8_t *key) {
    size_t n = shown_key_add(key, 0, network);
    n = shown_key_add(key, n, destination);
    return shown_key_add(key, n, class);
}

/* --- time --- */

/* When a record of time `t` counts; moves the ledger's clock. */
static time_ns follow_clock(struct ledger *l, time_ns t) {
    time_ns distance = t > l->now ? t - l->now : l->now - t;
    if (l->now == 0 || distance <= jump_ns) {
        l->now = t > l->now ? t : l->now;
        l->agreed = 0;
        return t;
    }
    counter_one(COUNTER_LEDGER_JUMPS);
    time_ns apart = t > l->elsewhere ? t - l->elsewhere : l->elsewhere - t;
    l->agreed = l->agreed && apart <= jump_ns ? l->agreed + 1 : 1;
    l->elsewhere = t;
    if (l->agreed < JUMP_WITNESSES)
        return l->now;
    l->agreed = 0;
    l->now = t;
    return t;
}

time_ns ledger_clock(const struct ledger *l, time_ns t) {
    time_ns distance = t > l->now ? t - l->now : l->now - t;
    return l->now == 0 || distance <= jump_ns ? t : l->now;
}

/* False: nothing but `spared` is left. */
static bool make_room(struct ledger *l, const struct entry *spared) {
    struct ranked *out = ranking_first_out(&l->ranking, spared ? &spared->ranked : NULL);
    struct entry *e = RANKED_ENTRY(out, struct entry, ranked);
    if (!e)
        return false;
    counter_one(COUNTER_LEDGER_FORGOTTEN);
    alarm_end(&l->watch, e, l->now);
    forget_entry(l, e);
    return true;
}

static void add_record(struct ledger *l, const struct record *r, struct bytes class, time_ns t) {
    uint8_t key[SHOWN_KEY_MAX];
    char room[DESTINATION_ROOM];
    size_t n = make_key(record_text_of(r, TEXT_NETWORK), ledger_destination(r, room), class, key);
    struct entry *e = find_line(l, bytes_of(key, n));
    bool denied = r->verdict >= VERDICT_BREACH && list_has(record_text_of(r, TEXT_OFFENDING), class);
    const struct addition a = {
        .objects = r->kind == RECORD_VOLUME ? r->uploads : r->kind == RECORD_TRANSFER,
        .bytes = r->bytes,
        .denied = denied,
        .plates_least = r->distinct,
        .digests = record_digests_of(r),
        .digest_count = r->digests,
        .pictured = r->hashed && bytes_starts_nocase(record_text_of(r, TEXT_MIME), "image/"),
        .image = hash_bytes(&l->digest_key, r->sha256, sizeof r->sha256),
    };
    if (!e)
        e = ledger_begin(l, key, n);
    if (!e) {
        counter_one(COUNTER_LEDGER_REFUSED);
        return;
    }
    table_touch(&l->lines, &e->node);
    e->last = t > e->last ? t : e->last;
    change_mark(&l->changes, &e->change);
    ledger_rank(l, e, bucket_add(e, t, l->now, &a));
    ledger_weigh_sets(l, e);
    if (r->kind == RECORD_TRANSFER)
        shape_add(&e->shape, r);
    if (l->share.context)
        share_note(l, e, r, t, &a);
    alarm_check(&l->watch, e, r, class, l->now);
    while (l->memory > l->watch.options.memory && make_room(l, e))
        ;
}

void ledger_record(struct ledger *l, const struct record *r) {
    struct bytes classes = record_text_of(r, TEXT_CLASSES), class;
    if ((r->kind != RECORD_TRANSFER && r->kind != RECORD_VOLUME) || !r->matters ||
        r->verdict == VERDICT_INTERNAL || r->verdict >= VERDICT_COUNT || !list_next(&classes, &class))
        return;
    add_record(l, r, class, follow_clock(l, r->time));
}

/* Ticks are no witnesses of a jump: offline they come from the same packets, live from a clock that may be
 * set wrong. */
void ledger_tick(struct ledger *l, time_ns now) {
    if (now > l->now && l->now && now - l->now <= jump_ns)
        l->now = now;
    if (l->now >= l->scanned && l->now - l->scanned < hour_ns)
        return;
    l->scanned = l->now;
    for (struct entry *e = ledger_oldest(l), *next; e; e = next) {
        next = ledger_younger(e);
        if (alarm_check(&l->watch, e, NULL, bytes_of(NULL, 0), l->now))
            change_mark(&l->changes, &e->change);
        if (l->now - e->last > (LEDGER_PERIOD_DAYS + 1) * 24 * hour_ns)
            forget_entry(l, e);
    }
}

bool ledger_totals(const struct ledger *l, const char *network, const char *destination, const char *class,
                   enum ledger_window window, struct ledger_totals *out) {
    uint8_t key[SHOWN_KEY_MAX];
    size_t n = make_key(bytes_text(network), bytes_text(destination), bytes_text(class), key);
    const struct entry *e = find_line(l, bytes_of(key, n));
    if (e) {
        bucket_sum(e, l->now, window, out);
        out->plates = bucket_plates(e, l->now, window);
        out->images = bucket_images(e, l->now, window);
    }
    return e != NULL;
}

unsigned ledger_techniques(const struct ledger *l, const struct record *r) {
    uint8_t key[SHOWN_KEY_MAX];
    char room[DESTINATION_ROOM];
    size_t n = make_key(record_text_of(r, TEXT_NETWORK), ledger_destination(r, room),
                        record_text_of(r, TEXT_CLASS), key);
    const struct entry *e = find_line(l, bytes_of(key, n));
    return e ? shape_techniques(&e->shape) : 0;
}

struct bytes ledger_part(const struct entry *e, unsigned n) {
    const uint8_t *from = e->key;
    for (;; n--) {
        const uint8_t *to = memchr(from, '\n', e->key_size - (size_t)(from - e->key));
        if (n == 0)
            return bytes_of(from, (size_t)(to - from));
        from = to + 1;
    }
}

static void fill_line(const struct ledger *l, const struct entry *e, struct ledger_line *out) {
    *out = (struct ledger_line){.network = ledger_part(e, 0),
                                .destination = ledger_part(e, 1),
                                .class = ledger_part(e, 2),
                                .last = e->last};
    for (enum ledger_window w = 0; w < LEDGER_WINDOWS; w++) {
        bucket_sum(e, l->now, w, &out->totals[w]);
        out->totals[w].plates = bucket_plates(e, l->now, w);
        out->totals[w].images = bucket_images(e, l->now, w);
    }
}

static bool is_wanted(const struct entry *e, const char *const wanted[3]) {
    bool fits = true;
    for (unsigned i = 0; i < 3 && fits; i++)
        fits = !wanted[i] || bytes_equal(ledger_part(e, i), bytes_text(wanted[i]));
    return fits;
}

size_t ledger_each(const struct ledger *l, const char *const wanted[3], size_t most,
                   void (*visit)(void *context, const struct ledger_line *line), void *context) {
    struct ledger_line line;
    size_t room[STANDING_COUNT], n = 0, left = most;
    uint64_t there[STANDING_COUNT] = {0};
    for (const struct table_node *node = table_youngest(&l->lines); node; node = table_older(node)) {
        const struct entry *e = TABLE_ENTRY(node, struct entry, node);
        there[e->ranked.standing] += is_wanted(e, wanted);
    }
    for (int s = STANDING_COUNT; s-- > 0;) {
        room[s] = there[s] < left ? (size_t)there[s] : left;
        left -= room[s];
        n += (size_t)there[s];
    }
    for (const struct table_node *node = table_youngest(&l->lines); node; node = table_older(node)) {
        const struct entry *e = TABLE_ENTRY(node, struct entry, node);
        if (room[e->ranked.standing] == 0 || !is_wanted(e, wanted))
            continue;
        room[e->ranked.standing]--;
        fill_line(l, e, &line);
        visit(context, &line);
    }
    return n;
}

size_t ledger_forget(struct ledger *l, size_t lines) {
    size_t n = 0;
    while (n < lines && make_room(l, NULL))
        n++;
    return n;
}

enum standing ledger_first_out(const struct ledger *l) {
    const struct ranked *out = ranking_first_out(&l->ranking, NULL);
    return out ? (enum standing)out->standing : STANDING_COUNT;
}

size_t ledger_count(const struct ledger *l) {
    return l->lines.count;
}
