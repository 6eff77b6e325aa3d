/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "report/event/text.h"
#include "report/hosts/host_line.h"

#include <inttypes.h>
#include <stdlib.h>

enum { TEXT_ROOM = 400 };
static const time_ns day_ns = 86400 * NS_PER_S, wait_ns = 60 * NS_PER_S, sweep_ns = 3600 * NS_PER_S;

struct hosts *hosts_create(const struct host_options *options, const struct policy *policy,
                           const struct hosts_sink *sink, bool kept, bool offline) {
    struct hosts *h = calloc(1, sizeof *h);
    if (!h)
        return NULL;
    h->options = *options;
    h->policy = policy;
    h->sink = *sink;
    h->offline = offline;
    h->kept = h->changes.kept = kept;
    h->secret = hash_key_random();
    if (table_init(&h->lines, options->memory / sizeof(struct host_line)))
        return h;
    free(h);
    return NULL;
}

void hosts_destroy(struct hosts *h) {
    if (!h)
        return;
    for (struct table_node *node; (node = table_oldest(&h->lines));)
        host_free(h, TABLE_ENTRY(node, struct host_line, node));
    for (size_t i = 0; i < h->network_count; i++)
        free(h->networks[i]);
    gone_finish(&h->gone);
    host_queue_finish(&h->queue);
    table_finish(&h->lines);
    free(h);
}

size_t hosts_count(const struct hosts *h) {
    return h->addresses;
}

const char *host_card_text(uint64_t card, char out[HOST_CARD_TEXT]) {
    static const char digits[] = "0123456789abcdef";
    char *at = out;
    for (int shift = 40; shift >= 0; shift -= 8) {
        *at++ = digits[card >> (shift + 4) & 15];
        *at++ = digits[card >> shift & 15];
        *at++ = shift ? ':' : '\0';
    }
    return out;
}

/* --- time --- */

static bool is_future(time_ns t, time_ns now) {
    return t - now > day_ns;
}

/* A network that was there before its first host spoke was learnt meanwhile. */
static void begin_network(struct hosts *h, struct host_network *n, time_ns now) {
    if (n->since && !is_future(n->since, now))
        return;
    n->since = now;
    h->networks_changed = true;
}

static void begin_networks(struct hosts *h, time_ns now) {
    if (h->begun)
        return;
    h->begun = true;
    for (uint32_t i = 0; h->policy && i < policy_image_networks(h->policy); i++) {
        struct host_network *n = host_network_take(h, bytes_text(policy_image_network(h->policy, i)->name));
        if (n)
            begin_network(h, n, now);
    }
}

/* Time that passes in steps of days at most; a jump is none of it. */
static void pass_time(struct hosts *h, time_ns now) {
    time_ns step = now - h->now;
    begin_networks(h, now);
    if (h->now && step > 0 && step <= day_ns)
        h->age += (uint64_t)step;
    if (step > 0 || step < -day_ns)
        h->now = now;
}

static bool is_learning(const struct hosts *h, const struct host_network *n, time_ns now) {
    return now - n->since < (time_ns)h->options.learning;
}

/* --- what is told --- */

static void tell_sum(struct hosts *h) {
    char room[TEXT_ROOM], day[CLOCK_TEXT_MAX];
    struct text t;
    if (h->more == 0)
        return;
    text_init(&t, room, sizeof room - 1);
    text_print(&t,
               "%" PRIu64
               " %shosts spoke in image networks for the first time on %.10s; gantryctl hosts shows them",
               h->more, h->told ? "more " : "", clock_format(h->day * day_ns, day));
    room[text_size(&t)] = '\0';
    h->sink.tell(h->sink.context, "new-hosts", room, NULL);
}

/* Yesterday ends; also a day that a wrong clock began. */
static void turn_day(struct hosts *h, time_ns now) {
    int64_t day = now / day_ns;
    if (h->day && day <= h->day && h->day <= day + 1)
        return;
    tell_sum(h);
    h->sums_changed |= h->told || h->more;
    h->day = day;
    h->told = h->more = 0;
}

static bool may_tell(struct hosts *h, time_ns now) {
    turn_day(h, now);
    h->sums_changed = true;
    counter_one(COUNTER_HOSTS_NEW);
    if (h->told < h->options.per_day) {
        h->told++;
        return true;
    }
    h->more++;
    return false;
}

static const char *place_name(const struct address *a) {
    return address_is_v4(a) ? "the address" : "its /64";
}

static void put_host(struct text *t, const struct host_network *n, const struct address *a, uint64_t card) {
    char address[ADDRESS_TEXT_MAX], mac[HOST_CARD_TEXT];
    text_put(t, "A host speaks in image network ");
    text_safe(t, bytes_text(n->name), sizeof n->name, "");
    text_print(t, ": %s", address_format(a, address));
    if (card)
        text_print(t, ", network card %s", host_card_text(card, mac));
}

/* A notice about it; the text ends here. */
static void tell_host(struct hosts *h, const struct host_sighting *s, uint64_t card, struct text *t) {
    struct record *r = &h->builder.head;
    record_begin(&h->builder, RECORD_HOST);
    r->time = s->time;
    r->source = s->address;
    r->object = card;
    record_text(&h->builder, TEXT_NETWORK, bytes_text(s->network->name));
    record_pack(&h->builder, 0, h->note);
    t->start[text_size(t)] = '\0';
    h->sink.tell(h->sink.context, "new-host", t->start, (const struct record *)(const void *)h->note);
}

static void tell_address(struct hosts *h, const struct host_sighting *s, bool card_known, uint64_t card) {
    char room[TEXT_ROOM], peer[ADDRESS_TEXT_MAX];
    struct text t;
    if (!may_tell(h, s->time))
        return;
    text_init(&t, room, sizeof room - 1);
    put_host(&t, s->network, &s->address, card);
    address_format(&s->peer, peer);
    if (s->serves)
        text_print(&t, ", a server at port %u for %s; ", s->port, peer);
    else
        text_print(&t, ", a client of %s at port %u; ", peer, s->port);
    text_print(&t, "%s%s never did%s", card_known && card ? "the card spoke before, " : "",
               place_name(&s->address), card_known && card ? "" : " before");
    tell_host(h, s, card, &t);
}

static uint64_t card_of(const struct host_line *l) {
    uint64_t card = 0;
    for (unsigned i = 0; i < 6; i++)
        card = card << 8 | l->key.octets[i];
    return card;
}

/* One that waited. */
static void tell_card(struct hosts *h, struct host_line *l, time_ns now) {
    char room[TEXT_ROOM];
    struct text t;
    host_wait(h, l, 0);
    change_mark(&h->changes, &l->change);
    if (l->router || !may_tell(h, now))
        return;
    const struct host_sighting s = {.time = now, .network = l->key.network, .address = l->place};
    text_init(&t, room, sizeof room - 1);
    put_host(&t, s.network, &s.address, card_of(l));
    text_print(&t, "; %s spoke before, the card never did", place_name(&s.address));
    tell_host(h, &s, card_of(l), &t);
}

/* --- records --- */

/* Is it in more places than one machine has addresses? */
static void place_card(struct hosts *h, struct host_line *l, const struct host_key *address, time_ns now) {
    uint64_t digest = hash_bytes(&h->secret, address->octets, sizeof address->octets);
    unsigned oldest = 0;
    for (unsigned i = 0; i < HOST_CARD_PLACES; i++) {
        if (l->place_time[i] && l->places[i] == digest) {
            l->place_time[i] = now;
            return;
        }
        if (l->place_time[i] < l->place_time[oldest])
            oldest = i;
    }
    if (!l->router && l->place_time[oldest] && now - l->place_time[oldest] < day_ns) {
        l->router = true;
        change_mark(&h->changes, &l->change);
    }
    l->places[oldest] = digest;
    l->place_time[oldest] = now;
}

static struct host_key key_of_address(struct host_network *n, const struct address *a) {
    struct host_key key = {.network = n};
    struct address place = address_is_v4(a) ? *a : prefix_of(a, 64).base;
    memcpy(key.octets, place.bytes, sizeof key.octets);
    return key;
}

static struct host_key key_of_card(struct host_network *n, uint64_t card) {
    struct host_key key = {.network = n, .is_card = true};
    for (int i = 5; i >= 0; i--, card >>= 8)
        key.octets[i] = (uint8_t)card;
    return key;
}

/* Seen now; *fresh: for the first time. NULL: no memory. */
static struct host_line *see_host(struct hosts *h, const struct host_key *key, time_ns now, bool *fresh) {
    struct host_line *l = host_find(h, key);
    *fresh = !l;
    if (!l)
        l = host_begin(h, key);
    if (l)
        host_touch(h, l, now);
    return l;
}

static void take_sighting(struct hosts *h, const struct host_sighting *s) {
    bool new_address, new_card = false;
    pass_time(h, s->time);
    begin_network(h, s->network, s->time);
    const struct host_key address = key_of_address(s->network, &s->address),
                          card = key_of_card(s->network, s->card);
    struct host_line *c = s->card ? see_host(h, &card, s->time, &new_card) : NULL;
    if (c) {
        place_card(h, c, &address, s->time);
        c->place = s->address;
    }
    bool own = c && !c->router, learning = is_learning(h, s->network, s->time);
    struct host_line *a = see_host(h, &address, s->time, &new_address); /* `c` may have given way for it */
    bool other_card = a && a->other;
    if (a && own && a->other != s->card) {
        a->other = s->card;
        change_mark(&h->changes, &a->change);
    }
    if (a && new_address)
        a->learnt = learning;
    if (learning)
        return;
    if (new_address)
        tell_address(h, s, !new_card, own ? s->card : 0);
    else if (new_card && other_card && (c = host_find(h, &card)))
        host_wait(h, c, s->time);
}

static void take_queued(struct hosts *h, time_ns before) {
    struct host_sighting s;
    while (host_queue_take(&h->queue, before, &s))
        take_sighting(h, &s);
}

void hosts_record(struct hosts *h, const struct record *r) {
    bool serves = address_equal(&r->server, &r->source);
    struct host_sighting first;
    if (!h->kept)
        return;
    const struct host_sighting s = {.time = r->time,
                                    .network = host_network_take(h, record_text_of(r, TEXT_NETWORK)),
                                    .address = r->source,
                                    .peer = r->destination,
                                    .port = serves ? r->source_port : r->destination_port,
                                    .serves = serves,
                                    .card = r->object & UINT64_C(0xffffffffffff)};
    if (!s.network)
        counter_one(COUNTER_HOSTS_LEFT);
    else if (!h->offline)
        take_sighting(h, &s);
    else if (!host_queue_put(&h->queue, &s) && host_queue_take(&h->queue, INT64_MAX, &first)) {
        take_sighting(h, &first);
        host_queue_put(&h->queue, &s);
    }
}

static void tell_waiting(struct hosts *h, time_ns now, bool all) {
    for (struct host_line *l; (l = AGE_ENTRY(h->waiting.oldest, struct host_line, wait)) &&
                              (all || now - l->waits >= wait_ns || l->waits - now >= wait_ns);)
        tell_card(h, l, now);
}

/* What has not been seen for long. */
static void forget_silent(struct hosts *h) {
    for (size_t i = 0; i < h->network_count; i++)
        for (int tier = 0; tier < HOST_TIERS; tier++)
            for (struct host_line *l;
                 (l = AGE_ENTRY(h->networks[i]->tier[tier].oldest, struct host_line, age)) &&
                 h->age - l->last_age > h->options.forget;
                 counter_one(COUNTER_HOSTS_AGED))
                host_free(h, l);
}

void hosts_tick(struct hosts *h, time_ns now) {
    if (!h->kept)
        return;
    take_queued(h, now);
    pass_time(h, now);
    tell_waiting(h, now, false);
    if (h->told || h->more)
        turn_day(h, now);
    if (now >= h->swept && now - h->swept < sweep_ns)
        return;
    h->swept = now;
    h->sums_changed = true;
    forget_silent(h);
}

void hosts_end(struct hosts *h) {
    take_queued(h, INT64_MAX);
    tell_waiting(h, h->now, true);
    h->sums_changed |= h->more != 0;
    tell_sum(h);
    h->more = 0;
}

/* --- asking --- */

static int compare_last(const void *a, const void *b) {
    const struct host_line *x = *(const struct host_line *const *)a, *y = *(const struct host_line *const *)b;
    return x->last < y->last ? 1 : x->last > y->last ? -1 : x->id < y->id ? 1 : -1;
}

static struct host_shown show_line(const struct hosts *h, const struct host_line *l) {
    struct host_shown s = {.network = bytes_text(l->key.network->name),
                           .card = l->other,
                           .first = l->first,
                           .last = l->last,
                           .learnt = l->learnt};
    memcpy(s.address.bytes, l->key.octets, sizeof s.address.bytes);
    s.prefix = !address_is_v4(&s.address);
    const struct host_key key = key_of_card(l->key.network, l->other);
    const struct host_line *c = l->other ? host_find(h, &key) : NULL;
    if (c && c->router)
        s.card = 0;
    return s;
}

size_t hosts_each(const struct hosts *h, const char *network, size_t most,
                  void (*visit)(void *context, const struct host_shown *host), void *context) {
    const struct host_line **list = calloc(h->addresses + 1, sizeof(struct host_line *));
    size_t n = 0;
    if (!list)
        return 0;
    for (const struct table_node *node = table_oldest(&h->lines); node; node = table_younger(node)) {
        const struct host_line *l = TABLE_ENTRY(node, struct host_line, node);
        if (!l->key.is_card && (!network || strcmp(network, l->key.network->name) == 0))
            list[n++] = l;
    }
    qsort(list, n, sizeof(struct host_line *), compare_last);
    for (size_t i = 0; i < n && i < most; i++) {
        const struct host_shown s = show_line(h, list[i]);
        visit(context, &s);
    }
    free(list);
    return n;
}
