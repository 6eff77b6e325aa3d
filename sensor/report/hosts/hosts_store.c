/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "report/hosts/host_line.h"

static const char age_name[] = "hosts.age", day_name[] = "hosts.day", told_name[] = "hosts.told",
                  more_name[] = "hosts.more";

static bool save_figure(struct store *store, const char *name, uint64_t value) {
    const struct store_value v[] = {STORE_T(bytes_text(name)), STORE_N(value)};
    return store_run(store, STORE_META_PUT, v, 2);
}

static bool save_sums(const struct hosts *h, struct store *store) {
    return save_figure(store, age_name, h->age) && save_figure(store, day_name, (uint64_t)h->day) &&
           save_figure(store, told_name, h->told) && save_figure(store, more_name, h->more);
}

static bool save_networks(const struct hosts *h, struct store *store) {
    bool ok = store_run(store, STORE_HOST_NETWORK_CLEAR, NULL, 0);
    for (size_t i = 0; i < h->network_count && ok; i++) {
        const struct store_value v[] = {STORE_T(bytes_text(h->networks[i]->name)),
                                        STORE_N(h->networks[i]->since)};
        ok = store_run(store, STORE_HOST_NETWORK_PUT, v, 2);
    }
    return ok;
}

static bool save_line(const struct host_line *l, struct store *store) {
    const struct store_value v[] = {
        STORE_N(l->id),          STORE_T(bytes_text(l->key.network->name)),
        STORE_N(l->key.is_card), STORE_B(bytes_of(l->key.octets, sizeof l->key.octets)),
        STORE_N(l->other),       STORE_B(bytes_of(l->place.bytes, sizeof l->place.bytes)),
        STORE_N(l->router),      STORE_N(l->learnt),
        STORE_N(l->first),       STORE_N(l->last),
        STORE_N(l->first_age),   STORE_N(l->last_age),
        STORE_N(l->waits)};
    return store_run(store, STORE_HOST_PUT, v, sizeof v / sizeof v[0]);
}

bool hosts_save(struct hosts *h, struct store *store) {
    const uint64_t *gone = h->gone.keys;
    bool ok = (!h->sums_changed || save_sums(h, store)) && (!h->networks_changed || save_networks(h, store));
    for (size_t i = 0; i < h->gone.count && ok; i++)
        ok = store_run(store, STORE_HOST_DROP,
                       &(struct store_value){.kind = STORE_NUMBER, .number = (int64_t)gone[i]}, 1);
    for (const struct change *c = h->changes.first; c && ok; c = c->next)
        ok = save_line((const struct host_line *)c, store);
    return ok;
}

void hosts_saved(struct hosts *h) {
    h->sums_changed = h->networks_changed = false;
    h->gone.count = 0;
    for (struct change *c; (c = change_take(&h->changes));) {
        struct host_line *l = (struct host_line *)c;
        l->saved = true;
        l->saved_age = l->last_age;
    }
}

void hosts_spoil(struct hosts *h) {
    h->sums_changed = h->networks_changed = true;
    h->gone.count = 0;
    for (struct table_node *node = table_oldest(&h->lines); node; node = table_younger(node)) {
        struct host_line *l = TABLE_ENTRY(node, struct host_line, node);
        l->saved = false;
        change_mark(&h->changes, &l->change);
    }
}

/* --- at the start --- */

static void load_figure(void *context, const struct store_value *v) {
    struct hosts *h = context;
    const uint64_t n = (uint64_t)v[1].number;
    if (bytes_equal(v[0].bytes, bytes_text(age_name)))
        h->age = n;
    else if (bytes_equal(v[0].bytes, bytes_text(day_name)))
        h->day = v[1].number;
    else if (bytes_equal(v[0].bytes, bytes_text(told_name)))
        h->told = n;
    else if (bytes_equal(v[0].bytes, bytes_text(more_name)))
        h->more = n;
}

static void load_network(void *context, const struct store_value *v) {
    struct host_network *n = host_network_take(context, v[0].bytes);
    if (n)
        n->since = v[1].number;
    else
        counter_one(COUNTER_STORE_UNREAD);
}

static void load_line(void *context, const struct store_value *v) {
    struct hosts *h = context;
    struct host_key key = {.network = host_network_take(h, v[1].bytes), .is_card = v[2].number != 0};
    bool good = key.network && v[3].bytes.n == sizeof key.octets && v[5].bytes.n == sizeof(struct address);
    if (good)
        memcpy(key.octets, v[3].bytes.p, sizeof key.octets);
    struct host_line *l = good ? host_begin(h, &key) : NULL;
    if (!l) {
        counter_one(COUNTER_STORE_UNREAD);
        return;
    }
    l->id = (uint64_t)v[0].number;
    if (l->id > h->serial)
        h->serial = l->id;
    l->saved = true;
    l->other = (uint64_t)v[4].number & UINT64_C(0xffffffffffff);
    memcpy(l->place.bytes, v[5].bytes.p, sizeof l->place.bytes);
    l->router = v[6].number != 0;
    l->learnt = v[7].number != 0;
    l->first = v[8].number;
    l->last = v[9].number;
    l->first_age = (uint64_t)v[10].number;
    l->last_age = l->saved_age = (uint64_t)v[11].number;
    if (l->last_age > h->age)
        h->age = l->last_age;
    host_rank(l);
    if (l->key.is_card)
        host_wait(h, l, v[12].number);
}

bool hosts_load(struct hosts *h, struct store *store) {
    bool ok = store_each(store, STORE_META_EACH, load_figure, h) &&
              store_each(store, STORE_HOST_NETWORK_EACH, load_network, h) &&
              store_each(store, STORE_HOST_EACH, load_line, h);
    host_networks_prune(h);
    return ok;
}
