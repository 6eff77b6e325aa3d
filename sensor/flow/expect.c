/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "flow/flow.h"

#include <stdlib.h>

struct entry {
    struct entry *hash_next;
    struct entry *older, *newer; /* all live equally long: the order of age is the order of expiry */
    time_ns added;
    struct expectation e;
};

struct expect_table {
    struct pool entries;
    struct entry **buckets;
    size_t mask;
    struct hash_key hash;
    struct entry *oldest, *newest;
    time_ns lifetime;
};

struct expect_table *expect_create(size_t limit, time_ns lifetime) {
    struct expect_table *t = calloc(1, sizeof *t);
    size_t buckets = 1;
    if (!t)
        return NULL;
    while (buckets < limit)
        buckets *= 2;
    t->buckets = calloc(buckets, sizeof(struct entry *));
    t->mask = buckets - 1;
    if (!t->buckets || !pool_init(&t->entries, sizeof(struct entry), limit)) {
        free(t->buckets);
        free(t);
        return NULL;
    }
    t->hash = hash_key_random();
    t->lifetime = lifetime;
    return t;
}

static struct entry **bucket_of(struct expect_table *t, const struct address *client,
                                const struct address *server, uint16_t port) {
    uint8_t key[sizeof client->bytes + sizeof server->bytes + sizeof port];
    memcpy(key, client->bytes, 16);
    memcpy(key + 16, server->bytes, 16);
    memcpy(key + 32, &port, 2);
    return &t->buckets[hash_bytes(&t->hash, key, sizeof key) & t->mask];
}

static struct entry *find(struct expect_table *t, const struct address *client, const struct address *server,
                          uint16_t port) {
    struct entry *at = *bucket_of(t, client, server, port);
    while (at && !(at->e.server_port == port && address_equal(&at->e.client, client) &&
                   address_equal(&at->e.server, server)))
        at = at->hash_next;
    return at;
}

/* Out of the table; what it held goes to the caller. */
static struct expectation take_out(struct expect_table *t, struct entry *entry) {
    struct expectation e = entry->e;
    struct entry **at = bucket_of(t, &e.client, &e.server, e.server_port);
    while (*at != entry)
        at = &(*at)->hash_next;
    *at = entry->hash_next;
    *(entry->older ? &entry->older->newer : &t->oldest) = entry->newer;
    *(entry->newer ? &entry->newer->older : &t->newest) = entry->older;
    pool_give(&t->entries, entry);
    return e;
}

static void release(const struct expectation *e) {
    if (e->release)
        e->release(e->context);
}

static void drop(struct expect_table *t, struct entry *entry) {
    struct expectation e = take_out(t, entry);
    release(&e);
}

void expect_destroy(struct expect_table *t) {
    if (!t)
        return;
    while (t->oldest)
        drop(t, t->oldest);
    pool_finish(&t->entries);
    free(t->buckets);
    free(t);
}

/* What was announced long after now was so by a damaged time stamp: it would keep all behind it. */
static bool is_over(const struct expect_table *t, const struct entry *entry, time_ns now) {
    return now - entry->added >= t->lifetime || entry->added - now >= t->lifetime;
}

void expect_tick(struct expect_table *t, time_ns now) {
    while (t->oldest && is_over(t, t->oldest, now)) {
        counter_one(COUNTER_EXPECTATIONS_EXPIRED);
        drop(t, t->oldest);
    }
}

size_t expect_count(const struct expect_table *t) {
    return t->entries.in_use;
}

bool expect_add(struct expect_table *t, const struct expectation *e, time_ns now) {
    struct entry *same = find(t, &e->client, &e->server, e->server_port), *entry;
    if (same)
        drop(t, same);
    expect_tick(t, now);
    entry = pool_take(&t->entries);
    if (!entry) {
        counter_one(COUNTER_EXPECTATIONS_SHED);
        release(e);
        return false;
    }
    struct entry **bucket = bucket_of(t, &e->client, &e->server, e->server_port);
    *entry = (struct entry){.hash_next = *bucket, .older = t->newest, .added = now, .e = *e};
    *bucket = entry;
    *(t->newest ? &t->newest->newer : &t->oldest) = entry;
    t->newest = entry;
    return true;
}

static struct entry *find_for(struct expect_table *t, const struct flow *flow, enum side server) {
    const struct endpoint *to = &flow->end[server];
    return find(t, &flow->end[side_other(server)].address, &to->address, to->port);
}

/* The sides of a flow whose opening was not seen may be the wrong way round. */
static struct entry *find_either(struct expect_table *t, const struct flow *flow) {
    struct entry *entry = t->oldest ? find_for(t, flow, SIDE_SERVER) : NULL;
    return entry || !t->oldest ? entry : find_for(t, flow, SIDE_CLIENT);
}

bool expect_knows(struct expect_table *t, const struct flow *flow) {
    return find_either(t, flow) != NULL;
}

bool expect_take(struct expect_table *t, const struct flow *flow, time_ns now, struct expectation *out) {
    struct entry *entry = find_either(t, flow);
    if (!entry)
        return false;
    if (is_over(t, entry, now)) {
        counter_one(COUNTER_EXPECTATIONS_EXPIRED);
        drop(t, entry);
        return false;
    }
    *out = take_out(t, entry);
    return true;
}
