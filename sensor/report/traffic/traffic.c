/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/flow_class.h"
#include "policy/policy.h"
#include "report/event/shown.h"
#include "report/event/text.h"
#include "report/ledger/ledger.h"
#include "report/traffic/traffic_line.h"

#include <stdlib.h>

enum { LINES_OF_HASH = 1 << 14, LEDGER_LEAST = 64000 };
static const time_ns day_ns = 86400 * NS_PER_S;

struct traffic *traffic_create(const struct traffic_options *options, const struct tunnel_options *tunnels,
                               bool kept) {
    struct traffic *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->options = *options;
    t->tunnels.options = *tunnels;
    t->kept = t->changes.kept = kept;
    t->secret = hash_key_random();
    t->told_room = malloc(ring_record_max());
    t->ledger_room = malloc(ring_record_max());
    if (t->told_room && t->ledger_room && table_init(&t->lines, LINES_OF_HASH) &&
        tunnel_parts_init(&t->tunnels))
        return t;
    traffic_destroy(t);
    return NULL;
}

static void free_line(struct traffic *t, struct traffic_line *l) {
    table_remove(&t->lines, &l->node);
    ranking_remove(&t->ranking, &l->ranked);
    change_unmark(&t->changes, &l->change);
    if (l->saved)
        gone_note(&t->gone, &l->id, sizeof l->id);
    t->memory -= sizeof *l + l->key_size;
    free(l);
}

void traffic_destroy(struct traffic *t) {
    if (!t)
        return;
    for (struct table_node *node; (node = table_oldest(&t->lines));)
        free_line(t, TABLE_ENTRY(node, struct traffic_line, node));
    gone_finish(&t->gone);
    table_finish(&t->lines);
    tunnel_parts_finish(&t->tunnels);
    free(t->told_room);
    free(t->ledger_room);
    free(t);
}

size_t traffic_lines(const struct traffic *t) {
    return t->lines.count;
}

/* --- lines --- */

static bool is_key(const struct table_node *node, const void *key) {
    const struct traffic_line *l = TABLE_ENTRY(node, struct traffic_line, node);
    return bytes_equal(bytes_of(l->key, l->key_size), *(const struct bytes *)key);
}

void traffic_make_room(struct traffic *t, const struct traffic_line *spared) {
    while (t->memory > t->options.memory) {
        struct ranked *out = ranking_first_out(&t->ranking, spared ? &spared->ranked : NULL);
        if (!out)
            return;
        free_line(t, RANKED_ENTRY(out, struct traffic_line, ranked));
        counter_one(COUNTER_TRAFFIC_FORGOTTEN);
    }
}

static const char approved[] = "approved";

static bool ends_with(const struct traffic_line *l, const char *part) {
    size_t n = strlen(part);
    return l->key_size > n && memcmp(l->key + l->key_size - n - 1, part, n) == 0;
}

/* Those of hosts are to strangers, all together. */
void traffic_rank(struct traffic *t, struct traffic_line *l) {
    const struct standing_facts f = {
        .partner = !l->stranger, .denied = !ends_with(l, approved), .bytes = l->today.out};
    ranking_put(&t->ranking, &l->ranked, standing_of(&f), sizeof *l + l->key_size);
}

struct traffic_line *traffic_begin(struct traffic *t, struct bytes key) {
    struct traffic_line *l = calloc(1, sizeof *l + key.n);
    if (!l)
        return NULL;
    l->id = ++t->serial;
    l->key_size = key.n;
    memcpy(l->key, key.p, key.n);
    t->memory += sizeof *l + key.n;
    table_add(&t->lines, &l->node, hash_bytes(&t->secret, key.p, key.n));
    return l;
}

static struct traffic_line *find_line(const struct traffic *t, struct bytes key) {
    uint64_t hash = hash_bytes(&t->secret, key.p, key.n);
    return TABLE_ENTRY(table_find(&t->lines, hash, is_key, &key, TABLE_STEPS_ALL), struct traffic_line, node);
}

/* Behind a clock that jumped ahead and came back: what it said of that time holds no longer. */
static bool is_future(time_ns t, time_ns now) {
    return t - now > day_ns;
}

/* Yesterday's sum ends; one that a wrong clock began, too. */
static bool is_over(const struct traffic_line *l, int64_t day) {
    return day > l->day || l->day > day + 1;
}

static struct traffic_line *take_line(struct traffic *t, struct bytes key, time_ns time, bool stranger,
                                      const struct traffic_line *spared) {
    struct traffic_line *l = find_line(t, key);
    if (!l) {
        traffic_make_room(t, spared);
        l = traffic_begin(t, key);
    }
    if (!l)
        return NULL;
    table_touch(&t->lines, &l->node);
    change_mark(&t->changes, &l->change);
    l->stranger = stranger;
    if (time > l->last || is_future(l->last, time))
        l->last = time;
    if (is_over(l, time / day_ns)) {
        l->day = time / day_ns;
        l->today = l->unledgered = (struct traffic_sum){0};
        l->shaken = 0;
    }
    traffic_rank(t, l);
    return l;
}

static void add_sum(struct traffic_sum *to, const struct record *r) {
    to->out = add_sizes(to->out, r->bytes);
    to->back = add_sizes(to->back, r->bytes_back);
    to->flows = add_sizes(to->flows, r->flows);
    to->uploads = add_sizes(to->uploads, r->uploads);
}

static void count_record(struct traffic *t, struct traffic_line *l, const struct record *r) {
    add_sum(&l->today, r);
    add_sum(&l->untold, r);
    add_sum(&l->unledgered, r);
    l->shaken = add_sizes(l->shaken, r->shaking ? r->bytes : 0);
    traffic_rank(t, l);
}

/* Of a stranger all classes are one sum, since its bounds are about all that leaves. */
static struct traffic_line *destination_line(struct traffic *t, const struct record *r, time_ns now) {
    uint8_t key[SHOWN_KEY_MAX];
    char room[DESTINATION_ROOM];
    size_t n = shown_key_add(key, 0, record_text_of(r, TEXT_NETWORK));
    n = shown_key_add(key, n, ledger_destination(r, room));
    if (r->verdict != VERDICT_UNKNOWN)
        n = shown_key_add(key, n, record_text_of(r, TEXT_CLASS));
    if (r->verdict < VERDICT_BREACH)
        n = shown_key_add(key, n, bytes_text(approved));
    else if (r->quiet)
        n = shown_key_add(key, n, bytes_text("quiet"));
    return take_line(t, bytes_of(key, n), now, verdict_is_of_many(r->verdict), NULL);
}

static struct traffic_line *host_line(struct traffic *t, const struct record *r, time_ns now,
                                      const struct traffic_line *destination) {
    uint8_t key[SHOWN_KEY_MAX];
    size_t n = shown_key_add(key, 0, bytes_text("host"));
    n = shown_key_add(key, n, bytes_of(r->source.bytes, sizeof r->source.bytes));
    return take_line(t, bytes_of(key, n), now, true, destination);
}

/* --- what is told of strangers --- */

static bool is_learning(const struct traffic *t, time_ns now) {
    return t->kept && now - t->since < (time_ns)t->options.learning;
}

/* Told once, again at ten times as much or after a while. */
static bool may_repeat(const struct traffic *t, const struct traffic_line *l, time_ns now) {
    return !l->told || is_future(l->told, now) || now - l->told >= (time_ns)t->options.repeat ||
           l->untold.out >= 9 * l->told_out;
}

static bool leaves_mostly(const struct traffic *t, const struct traffic_sum *s) {
    return s->out / t->options.ratio >= s->back;
}

static bool is_much(const struct traffic *t, const struct traffic_line *l, bool quiet) {
    const struct traffic_options *o = &t->options;
    const struct traffic_sum *s = &l->today;
    if (quiet)
        return s->out >= o->quiet_per_day;
    return s->out >= o->any_share || (s->out >= o->per_day && leaves_mostly(t, s));
}

static void mark_told(struct traffic_line *l, time_ns now) {
    l->told = now;
    l->told_out = l->today.out;
    l->untold = (struct traffic_sum){0};
}

enum { WHY_MAX = 256 };

static void say_destination(const struct traffic_line *l, char why[WHY_MAX]) {
    struct text t;
    text_init(&t, why, WHY_MAX - 1);
    text_put(&t, "the address belongs to no partner; ");
    text_bytes(&t, l->today.out);
    text_put(&t, " left for its network today, ");
    text_bytes(&t, l->today.back);
    text_put(&t, " came back");
    why[text_size(&t)] = '\0';
}

static void say_host(const struct traffic_line *host, char why[WHY_MAX]) {
    struct text t;
    text_init(&t, why, WHY_MAX - 1);
    text_put(&t, "the address belongs to no partner; this host has sent ");
    text_bytes(&t, host->today.out);
    text_put(&t, " to strangers today");
    why[text_size(&t)] = '\0';
}

/* False: it is counted only. */
static bool tells_stranger(struct traffic *t, const struct record *r, struct traffic_line *l, time_ns now,
                           char why[WHY_MAX]) {
    struct traffic_line *host = r->quiet ? NULL : host_line(t, r, now, l);
    if (host)
        count_record(t, host, r);
    if (is_learning(t, now))
        return false;
    if (is_much(t, l, r->quiet) && may_repeat(t, l, now)) {
        say_destination(l, why);
        return true;
    }
    if (!host || host->today.out < t->options.per_host || !leaves_mostly(t, &host->today) ||
        !may_repeat(t, host, now))
        return false;
    say_host(host, why);
    mark_told(host, now);
    return true;
}

/* --- records --- */

/* Handshakes that nothing followed are no traffic, as long as they are no way to move some. */
static bool is_no_traffic(const struct traffic *t, const struct record *r, const struct traffic_line *l) {
    return r->shaking && l->shaken < t->options.per_day;
}

/* How bad it is by itself grows with what left within a day. */
static uint8_t severity_of_traffic(const struct record *r, uint64_t out) {
    enum { TO_STRANGER = 3, STRANGER_MOST = 5, BREACH = 5, UNAPPROVED = 6, MOST = 9 };
    static const uint64_t steps[] = {UINT64_C(10000000), UINT64_C(1000000000), UINT64_C(100000000000)};
    bool stranger = r->verdict == VERDICT_UNKNOWN || verdict_is_inside(r->verdict);
    unsigned severity = stranger ? TO_STRANGER : r->verdict == VERDICT_BREACH ? BREACH : UNAPPROVED;
    unsigned most = stranger ? STRANGER_MOST : MOST;
    for (unsigned i = 0; i < sizeof steps / sizeof *steps; i++)
        severity += out >= steps[i];
    return (uint8_t)(severity < most ? severity : most);
}

/* Those that came to nothing, of one network and partner; `make`: the line too. NULL: there is none. */
static struct traffic_line *tries_line(struct traffic *t, const struct record *r, bool make) {
    uint8_t key[SHOWN_KEY_MAX];
    char room[DESTINATION_ROOM];
    size_t n = shown_key_add(key, 0, bytes_text("tries"));
    n = shown_key_add(key, n, record_text_of(r, TEXT_NETWORK));
    n = shown_key_add(key, n, ledger_destination(r, room));
    return make ? take_line(t, bytes_of(key, n), r->time, false, NULL) : find_line(t, bytes_of(key, n));
}

/* Each is told once. */
static uint32_t take_tries(struct traffic *t, const struct record *r) {
    struct traffic_line *l = r->verdict == VERDICT_UNKNOWN ? NULL : tries_line(t, r, false);
    if (!l || l->untold.flows == 0)
        return 0;
    uint64_t n = l->untold.flows;
    l->untold.flows = 0;
    change_mark(&t->changes, &l->change);
    return n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
}

static void put_sum(struct record_builder *b, const struct traffic_sum *s) {
    b->head.bytes = s->out;
    b->head.bytes_back = s->back;
    b->head.flows = s->flows < UINT32_MAX ? (uint32_t)s->flows : UINT32_MAX;
    b->head.uploads = s->uploads < UINT32_MAX ? (uint32_t)s->uploads : UINT32_MAX;
}

static const struct record *make_told(struct traffic *t, const struct record *r, struct traffic_line *l,
                                      time_ns now, const char *why) {
    record_copy(&t->told, r);
    put_sum(&t->told, &l->untold);
    t->told.head.tries = take_tries(t, r);
    t->told.head.severity = severity_of_traffic(r, l->today.out);
    t->told.head.like_images = traffic_like_images(t, r);
    if (why)
        record_text(&t->told, TEXT_REASON, bytes_text(why));
    mark_told(l, now);
    record_pack(&t->told, r->id, t->told_room);
    return (const struct record *)(const void *)t->told_room;
}

/* What counts as objects. Of a stranger's as long as more leaves than comes back: else somebody uses a
 * service. */
static uint32_t counted_uploads(const struct traffic *t, const struct record *r,
                                const struct traffic_sum *s) {
    bool counts = r->verdict != VERDICT_UNKNOWN || (!r->quiet && leaves_mostly(t, s));
    uint64_t n = counts ? s->uploads : 0;
    return n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
}

static const struct record *make_ledgered(struct traffic *t, const struct record *r, struct traffic_line *l) {
    if (l->today.out < LEDGER_LEAST || l->unledgered.out == 0)
        return NULL;
    record_copy(&t->ledger, r);
    put_sum(&t->ledger, &l->unledgered);
    t->ledger.head.uploads = counted_uploads(t, r, &l->unledgered);
    t->ledger.head.like_images = traffic_like_images(t, r);
    l->unledgered = (struct traffic_sum){0};
    record_pack(&t->ledger, r->id, t->ledger_room);
    return (const struct record *)(const void *)t->ledger_room;
}

/* Nothing left with them: they wait, or are told. */
static void count_tries(struct traffic *t, const struct record *r, struct traffic_told *out) {
    if (r->verdict < VERDICT_BREACH || r->verdict >= VERDICT_UNKNOWN)
        return;
    struct traffic_line *l = tries_line(t, r, true);
    if (!l) {
        counter_one(COUNTER_TRAFFIC_FORGOTTEN);
        return;
    }
    l->untold.flows = add_sizes(l->untold.flows, r->tries);
    if (t->options.attempts != ATTEMPTS_ALERT)
        return;
    record_copy(&t->told, r);
    t->told.head.tries = take_tries(t, r);
    t->told.head.severity = severity_of_traffic(r, 0);
    record_pack(&t->told, r->id, t->told_room);
    out->incident = (const struct record *)(const void *)t->told_room;
}

static uint8_t severity_of_tunnel(const struct record *r) {
    enum { BREACH = 7, OTHER = 8 };
    return r->verdict == VERDICT_BREACH ? BREACH : OTHER;
}

/* It counts in the ledger from its first octet, and as approved where a contract names it. */
static void take_tunnel(struct traffic *t, const struct record *r, struct traffic_told *out) {
    struct traffic_sum sum;
    if (!traffic_join_tunnel(t, r, &sum))
        return;
    record_copy(&t->told, r);
    put_sum(&t->told, &sum);
    t->told.head.severity = severity_of_tunnel(r);
    record_pack(&t->told, r->id, t->told_room);
    out->ledger = (const struct record *)(const void *)t->told_room;
    if (r->verdict >= VERDICT_BREACH)
        out->incident = out->ledger;
}

void traffic_record(struct traffic *t, const struct record *r, struct traffic_told *out) {
    char why[WHY_MAX];
    *out = (struct traffic_told){0};
    if (!r->matters || r->verdict == VERDICT_INTERNAL || r->verdict >= VERDICT_COUNT)
        return;
    if (verdict_is_inside(r->verdict) && t->options.inside_per_day == 0)
        return;
    const time_ns now = r->time;
    if (bytes_equal(record_text_of(r, TEXT_CLASS), bytes_text(CLASS_TUNNEL))) {
        take_tunnel(t, r, out);
        return;
    }
    if (r->tries)
        count_tries(t, r, out);
    if (r->bytes == 0)
        return;
    if (!t->since || is_future(t->since, now)) {
        t->since = now;
        t->since_changed = true;
    }
    struct traffic_line *l = destination_line(t, r, now);
    if (!l) {
        counter_one(COUNTER_TRAFFIC_FORGOTTEN);
        return;
    }
    count_record(t, l, r);
    out->ledger = make_ledgered(t, r, l);
    if (r->verdict == VERDICT_UNKNOWN) {
        if (tells_stranger(t, r, l, now, why))
            out->incident = make_told(t, r, l, now, why);
    } else if (verdict_is_inside(r->verdict)) {
        if (l->today.out >= t->options.inside_per_day && may_repeat(t, l, r->time))
            out->incident = make_told(t, r, l, now, NULL);
    } else if (r->verdict >= VERDICT_BREACH && !is_no_traffic(t, r, l)) {
        out->incident = make_told(t, r, l, now, NULL);
    }
}
