/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/resolved.h"

#include "base/counter.h"

bool resolved_init(struct resolved *r, size_t names) {
    size_t most = names ? names : 1;
    *r = (struct resolved){.key = hash_key_random()};
    return pool_init(&r->names, sizeof(struct resolved_name), most) &&
           pool_init(&r->clients, sizeof(struct resolved_client), most) && table_init(&r->by_pair, most) &&
           table_init(&r->by_client, most);
}

void resolved_finish(struct resolved *r) {
    table_finish(&r->by_pair);
    table_finish(&r->by_client);
    pool_finish(&r->names);
    pool_finish(&r->clients);
}

/* --- by client --- */

static bool is_client(const struct table_node *node, const void *key) {
    return address_equal(&TABLE_ENTRY(node, const struct resolved_client, node)->address, key);
}

/* There are as many of them as names, each of which has one. */
static struct resolved_client *open_client(struct resolved *r, const struct address *a) {
    uint64_t hash = hash_bytes(&r->key, a->bytes, sizeof a->bytes);
    struct table_node *node = table_find(&r->by_client, hash, is_client, a, TABLE_STEPS_ALL);
    if (node)
        return TABLE_ENTRY(node, struct resolved_client, node);
    struct resolved_client *c = pool_take(&r->clients);
    if (!c)
        return NULL;
    *c = (struct resolved_client){.address = *a};
    table_add(&r->by_client, &c->node, hash);
    return c;
}

static void close_client(struct resolved *r, struct resolved_client *c) {
    if (c->count > 0)
        return;
    table_remove(&r->by_client, &c->node);
    pool_give(&r->clients, c);
}

/* --- names --- */

struct resolved_pair {
    struct address client, server;
};

static bool is_pair(const struct table_node *node, const void *key) {
    const struct resolution *is = &TABLE_ENTRY(node, const struct resolved_name, node)->is;
    const struct resolved_pair *pair = key;
    return address_equal(&is->client, &pair->client) && address_equal(&is->server, &pair->server);
}

static uint64_t hash_pair(const struct resolved *r, const struct resolved_pair *pair) {
    return hash_bytes(&r->key, pair, sizeof *pair);
}

static struct resolved_name *find_pair(const struct resolved *r, const struct resolved_pair *pair) {
    struct table_node *node = table_find(&r->by_pair, hash_pair(r, pair), is_pair, pair, TABLE_STEPS_ALL);
    return TABLE_ENTRY(node, struct resolved_name, node);
}

static void touch_name(struct resolved *r, struct resolved_name *name) {
    table_touch(&r->by_pair, &name->node);
    age_touch(&name->client->names, &name->of_host);
}

static void forget_name(struct resolved *r, struct resolved_name *name) {
    struct resolved_client *c = name->client;
    age_remove(&c->names, &name->of_host);
    c->count--;
    table_remove(&r->by_pair, &name->node);
    pool_give(&r->names, name);
    close_client(r, c);
}

/* Of those that were used longest ago one of the host that holds most. */
static void make_room(struct resolved *r) {
    enum { LOOKED_AT = 16 };
    struct resolved_name *most = NULL;
    struct table_node *node = table_oldest(&r->by_pair);
    for (unsigned i = 0; node && i < LOOKED_AT; i++, node = table_younger(node)) {
        struct resolved_name *name = TABLE_ENTRY(node, struct resolved_name, node);
        if (!most || name->client->count > most->client->count)
            most = name;
    }
    counter_one(COUNTER_NAMES_FORGOTTEN);
    if (most)
        forget_name(r, most);
}

/* The bounds are held before the new one is there, so that its client keeps its place. */
static void hold_bounds(struct resolved *r, const struct address *client) {
    uint64_t hash = hash_bytes(&r->key, client->bytes, sizeof client->bytes);
    struct table_node *node = table_find(&r->by_client, hash, is_client, client, TABLE_STEPS_ALL);
    struct resolved_client *c = TABLE_ENTRY(node, struct resolved_client, node);
    if (c && c->count >= RESOLVED_OF_CLIENT) {
        counter_one(COUNTER_NAMES_FORGOTTEN);
        forget_name(r, AGE_ENTRY(c->names.oldest, struct resolved_name, of_host));
    } else if (r->names.in_use >= r->names.limit) {
        make_room(r);
    }
}

static struct resolved_name *open_name(struct resolved *r, const struct resolved_pair *pair) {
    hold_bounds(r, &pair->client);
    struct resolved_client *c = open_client(r, &pair->client);
    struct resolved_name *name = c ? pool_take(&r->names) : NULL;
    if (!name) {
        if (c)
            close_client(r, c);
        return NULL;
    }
    name->client = c;
    name->is = (struct resolution){.client = pair->client, .server = pair->server};
    table_add(&r->by_pair, &name->node, hash_pair(r, pair));
    age_add(&c->names, &name->of_host);
    c->count++;
    return name;
}

/* Asked for again in time, a name goes on: flows that began before keep it. */
static bool goes_on(const struct resolution *had, const struct resolution *is) {
    return bytes_equal(bytes_of(had->name, had->n), bytes_of(is->name, is->n)) && is->since >= had->since &&
           is->since <= had->until;
}

void resolved_add(struct resolved *r, const struct resolution *is) {
    const struct resolved_pair pair = {is->client, is->server};
    if (is->n == 0 || is->n > RESOLVED_NAME_MAX)
        return;
    struct resolved_name *name = find_pair(r, &pair);
    if (!name && !(name = open_name(r, &pair)))
        return;
    time_ns since = goes_on(&name->is, is) ? name->is.since : is->since;
    name->is = *is;
    name->is.since = since;
    touch_name(r, name);
}

struct bytes resolved_find(struct resolved *r, const struct address *client, const struct address *server,
                           time_ns at) {
    const struct resolved_pair pair = {*client, *server};
    struct resolved_name *name = find_pair(r, &pair);
    if (!name || at < name->is.since || at > name->is.until)
        return bytes_of(NULL, 0);
    touch_name(r, name);
    return bytes_of(name->is.name, name->is.n);
}
