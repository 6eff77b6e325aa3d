/* SPDX-License-Identifier: Apache-2.0 */
#include "report/incident/seen.h"

#include "base/pool.h"
#include "base/table.h"
#include "report/store/change.h"

#include <stdlib.h>
#include <string.h>

/* What a search reads stands first. */
struct entry {
    struct table_node node; /* the first word is the pool's while the entry is free */
    struct seen_key key;
    struct seen_value value;
    struct age_node change; /* while `changed` */
    bool changed, saved;
};

struct seen {
    const struct seen_table *table;
    struct hash_key secret;
    struct pool pool;
    struct table entries;
    struct age_list changes;
    struct gone gone; /* struct seen_key: dropped, and still in the store */
};

/* With each in the list of those that are gone too, until the store has dropped it. */
size_t seen_bytes(uint32_t most) {
    return most * (sizeof(struct entry) + sizeof(struct seen_key)) + table_bytes(most);
}

struct seen *seen_create(uint32_t most, const struct seen_table *table) {
    struct seen *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->table = table;
    s->secret = hash_key_random();
    if (table_init(&s->entries, most) && pool_init(&s->pool, sizeof(struct entry), most))
        return s;
    seen_destroy(s);
    return NULL;
}

void seen_destroy(struct seen *s) {
    if (!s)
        return;
    pool_finish(&s->pool);
    table_finish(&s->entries);
    gone_finish(&s->gone);
    free(s);
}

static struct entry *entry_of(const struct table_node *node) {
    return TABLE_ENTRY(node, struct entry, node);
}

static uint64_t hash_key_of(const struct seen *s, const struct seen_key *key) {
    return hash_bytes(&s->secret, key, sizeof *key);
}

static bool is_key(const struct table_node *node, const void *key) {
    return memcmp(&entry_of(node)->key, key, sizeof(struct seen_key)) == 0;
}

static struct entry *find_entry(const struct seen *s, uint64_t hash, const struct seen_key *key) {
    return entry_of(table_find(&s->entries, hash, is_key, key, TABLE_STEPS_ALL));
}

static void note_change(struct seen *s, struct entry *e) {
    if (e->changed)
        return;
    e->changed = true;
    age_add(&s->changes, &e->change);
}

static void drop_entry(struct seen *s, struct entry *e) {
    if (e->saved) /* a row that stays can only be taken for an object of this run that is no more */
        gone_note(&s->gone, &e->key, sizeof e->key);
    if (e->changed)
        age_remove(&s->changes, &e->change);
    table_remove(&s->entries, &e->node);
    pool_give(&s->pool, e);
}

void seen_drop(struct seen *s, const struct seen_key *key) {
    struct entry *e = find_entry(s, hash_key_of(s, key), key);
    if (e)
        drop_entry(s, e);
}

const struct seen_value *seen_find(struct seen *s, const struct seen_key *key) {
    const struct entry *e = find_entry(s, hash_key_of(s, key), key);
    return e ? &e->value : NULL;
}

struct seen_value *seen_note(struct seen *s, const struct seen_key *key, bool *is_new, bool *forgot) {
    uint64_t hash = hash_key_of(s, key);
    struct entry *e = find_entry(s, hash, key);
    *forgot = false;
    *is_new = !e;
    if (e) {
        table_touch(&s->entries, &e->node);
    } else {
        *forgot = s->entries.count == s->pool.limit;
        if (*forgot)
            drop_entry(s, entry_of(table_oldest(&s->entries)));
        e = pool_take(&s->pool);
        *e = (struct entry){.key = *key};
        table_add(&s->entries, &e->node, hash);
    }
    note_change(s, e);
    return &e->value;
}

/* --- the store --- */

bool seen_save(struct seen *s, struct store *store) {
    bool ok = true;
    for (size_t i = 0; i < s->gone.count && ok; i++) {
        const struct seen_key *key = (const struct seen_key *)s->gone.keys + i;
        const struct store_value v[] = {STORE_N(key->account), STORE_N(key->worker), STORE_N(key->object)};
        ok = store_run(store, s->table->drop, v, 3);
    }
    for (const struct age_node *c = s->changes.oldest; c && ok; c = c->newer) {
        const struct entry *e = AGE_ENTRY(c, struct entry, change);
        const struct store_value v[] = {STORE_N(e->key.account),  STORE_N(e->key.worker),
                                        STORE_N(e->key.object),   STORE_N(e->value.bytes),
                                        STORE_N(e->value.holder), STORE_N(e->value.telling)};
        ok = store_run(store, s->table->put, v, s->table->held ? 6 : 4);
    }
    return ok;
}

void seen_saved(struct seen *s) {
    for (struct entry *e; (e = AGE_ENTRY(s->changes.oldest, struct entry, change));) {
        age_remove(&s->changes, &e->change);
        e->saved = true;
        e->changed = false;
    }
    s->gone.count = 0;
}

void seen_spoil(struct seen *s) {
    s->gone.count = 0;
    for (struct table_node *i = table_oldest(&s->entries); i; i = table_younger(i)) {
        entry_of(i)->saved = false;
        note_change(s, entry_of(i));
    }
}

static void load_row(void *context, const struct store_value *v) {
    struct seen *s = context;
    struct seen_key key = {(uint64_t)v[0].number, (uint64_t)v[2].number, (uint64_t)v[1].number};
    bool is_new, forgot;
    struct seen_value *value = seen_note(s, &key, &is_new, &forgot);
    value->bytes = (uint64_t)v[3].number;
    if (s->table->held) {
        value->holder = (uint64_t)v[4].number;
        value->telling = (uint64_t)v[5].number;
    }
    entry_of(table_youngest(&s->entries))->saved = true;
}

bool seen_load(struct seen *s, struct store *store) {
    return store_each(store, s->table->each, load_row, s);
}
