/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "base/shares.h"
#include "base/table.h"
#include "flow/flow.h"

#include <stdlib.h>

struct entry {
    struct table_node node; /* all live equally long: the order of age is the order of expiry */
    time_ns added;
    uint32_t *share[2]; /* of both ends' sources */
    struct expectation e;
};

struct expect_table {
    struct pool entries;
    struct table table;
    struct hash_key hash;
    struct shares shares;
    time_ns lifetime;
};

static struct entry *entry_of(struct table_node *node) {
    return TABLE_ENTRY(node, struct entry, node);
}

struct expect_table *expect_create(size_t limit, time_ns lifetime) {
    struct expect_table *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->hash = hash_key_random();
    t->lifetime = lifetime;
    shares_init(&t->shares);
    if (table_init(&t->table, limit) && pool_init(&t->entries, sizeof(struct entry), limit))
        return t;
    expect_destroy(t);
    return NULL;
}

void expect_destroy(struct expect_table *t) {
    if (!t)
        return;
    table_finish(&t->table);
    pool_finish(&t->entries);
    free(t);
}

/* As an address: it is not known who that is. */
static const struct address anybody;

/* By what is known for certain: one end with its port, and the other's address. */
static uint64_t hash_ends(const struct expect_table *t, uint8_t transport, const struct endpoint *known,
                          const struct address *other) {
    uint8_t key[sizeof known->address.bytes + sizeof other->bytes + sizeof known->port + 1];
    memcpy(key, known->address.bytes, 16);
    memcpy(key + 16, other->bytes, 16);
    memcpy(key + 32, &known->port, 2);
    key[34] = transport;
    return hash_bytes(&t->hash, key, sizeof key);
}

static uint64_t hash_expectation(const struct expect_table *t, const struct expectation *e) {
    enum side known = e->end[SIDE_SERVER].port ? SIDE_SERVER : SIDE_CLIENT;
    return hash_ends(t, e->transport, &e->end[known], &e->end[side_other(known)].address);
}

/* A flow, and which of its sides is the expectation's client: where the opening was not seen they may be the
 * wrong way round. */
struct candidate {
    uint8_t transport;
    const struct endpoint *end[2];
};

static bool is_announced(const struct table_node *node, const void *key) {
    const struct expectation *e = &TABLE_ENTRY(node, const struct entry, node)->e;
    const struct candidate *c = key;
    if (e->transport != c->transport)
        return false;
    for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++) {
        const struct endpoint *end = &e->end[side];
        if ((!address_equal(&end->address, &anybody) &&
             !address_equal(&end->address, &c->end[side]->address)) ||
            (end->port && end->port != c->end[side]->port))
            return false;
    }
    return true;
}

/* Of each expectation one port is known; of a flow both are, and either may be that one. */
static struct entry *find_flow(const struct expect_table *t, const struct flow *flow) {
    enum { STEPS = 64 };
    for (enum side client = SIDE_CLIENT; t->table.count > 0 && client <= SIDE_SERVER; client++) {
        const struct candidate c = {flow->transport, {&flow->end[client], &flow->end[side_other(client)]}};
        for (int known = SIDE_SERVER; known >= SIDE_CLIENT; known--) {
            const struct address *const others[] = {&c.end[!known]->address, &anybody};
            for (unsigned i = 0; i < 2; i++) {
                uint64_t hash = hash_ends(t, flow->transport, c.end[known], others[i]);
                struct table_node *node = table_find(&t->table, hash, is_announced, &c, STEPS);
                if (node)
                    return entry_of(node);
            }
        }
    }
    return NULL;
}

static void drop(struct expect_table *t, struct entry *entry) {
    for (int i = 0; i < 2; i++)
        --*entry->share[i];
    table_remove(&t->table, &entry->node);
    pool_give(&t->entries, entry);
}

/* What was announced long after now was so by a damaged time stamp: it would keep all behind it. */
static bool is_over(const struct expect_table *t, const struct entry *entry, time_ns now) {
    return now - entry->added >= t->lifetime || entry->added - now >= t->lifetime;
}

void expect_tick(struct expect_table *t, time_ns now) {
    struct entry *oldest;
    while ((oldest = entry_of(table_oldest(&t->table))) && is_over(t, oldest, now)) {
        counter_one(COUNTER_EXPECTATIONS_EXPIRED);
        drop(t, oldest);
    }
}

size_t expect_count(const struct expect_table *t) {
    return t->table.count;
}

unsigned expect_fill(const struct expect_table *t) {
    return pool_fill(&t->entries);
}

static bool is_same(const struct table_node *node, const void *key) {
    const struct expectation *had = &TABLE_ENTRY(node, const struct entry, node)->e, *e = key;
    bool same = had->transport == e->transport;
    for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++)
        same = same && had->end[side].port == e->end[side].port &&
               address_equal(&had->end[side].address, &e->end[side].address);
    return same;
}

static uint32_t weigh_entry(const struct entry *entry) {
    uint32_t a = *entry->share[SIDE_CLIENT], b = *entry->share[SIDE_SERVER];
    return a > b ? a : b;
}

/* Of the oldest the one whose source has announced most. */
static struct entry *choose_victim(const struct expect_table *t) {
    enum { LOOK = 16 };
    struct entry *victim = NULL;
    struct table_node *node = table_oldest(&t->table);
    for (unsigned i = 0; node && i < LOOK; i++, node = table_younger(node))
        if (!victim || weigh_entry(entry_of(node)) > weigh_entry(victim))
            victim = entry_of(node);
    return victim;
}

void expect_add(struct expect_table *t, const struct expectation *e, time_ns now) {
    uint64_t hash = hash_expectation(t, e);
    struct table_node *same = table_find(&t->table, hash, is_same, e, TABLE_STEPS_ALL);
    if (same)
        drop(t, entry_of(same));
    expect_tick(t, now);
    struct entry *entry = pool_take(&t->entries), *victim = entry ? NULL : choose_victim(t);
    if (victim) {
        counter_one(COUNTER_EXPECTATIONS_SHED);
        drop(t, victim);
        entry = pool_take(&t->entries);
    }
    if (!entry)
        return;
    entry->added = now;
    entry->e = *e;
    for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++) {
        entry->share[side] = shares_of(&t->shares, &e->end[side].address);
        ++*entry->share[side];
    }
    table_add(&t->table, &entry->node, hash);
}

bool expect_knows(struct expect_table *t, const struct flow *flow) {
    return find_flow(t, flow) != NULL;
}

bool expect_take(struct expect_table *t, const struct flow *flow, time_ns now, struct expectation *out) {
    struct entry *entry = find_flow(t, flow);
    if (!entry)
        return false;
    bool over = is_over(t, entry, now);
    if (over)
        counter_one(COUNTER_EXPECTATIONS_EXPIRED);
    else
        *out = entry->e;
    drop(t, entry);
    return !over;
}
