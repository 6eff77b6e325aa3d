/* SPDX-License-Identifier: Apache-2.0 */
#include "report/incident/seen.h"

#include "report/store/change.h"

#include <stdlib.h>
#include <string.h>

enum { NONE = UINT32_MAX };

/* Entries are linked by index: in a chain of their bucket, and by age. */
struct entry {
    struct seen_key key;
    uint64_t bytes;
    uint32_t next;         /* in the bucket, or in the free list */
    uint32_t older, newer; /* by age */
    uint32_t next_changed;
    bool live, changed, saved; /* changed: in the list of them */
};

struct seen {
    const struct seen_table *table;
    struct hash_key secret;
    struct entry *entries;
    uint32_t *buckets;
    uint32_t mask, free, oldest, newest, changed;
    uint32_t used, most; /* entries behind `used` were never touched, so that a start costs no memory */
    struct gone gone;    /* struct seen_key: dropped, and still in the store */
};

static uint32_t bucket_count(uint32_t most) {
    uint32_t buckets = 16;
    while (buckets < most)
        buckets *= 2;
    return buckets;
}

/* With each in the list of those that are gone too, until the store has dropped it. */
size_t seen_bytes(uint32_t most) {
    return most * (sizeof(struct entry) + sizeof(struct seen_key)) + bucket_count(most) * sizeof(uint32_t);
}

struct seen *seen_create(uint32_t most, const struct seen_table *table) {
    struct seen *s = calloc(1, sizeof *s);
    uint32_t buckets = bucket_count(most);
    if (!s)
        return NULL;
    s->entries = calloc(most, sizeof *s->entries);
    s->buckets = malloc(buckets * sizeof *s->buckets);
    if (!s->entries || !s->buckets) {
        seen_destroy(s);
        return NULL;
    }
    memset(s->buckets, 0xff, buckets * sizeof *s->buckets);
    s->table = table;
    s->mask = buckets - 1;
    s->most = most;
    s->free = s->oldest = s->newest = s->changed = NONE;
    s->secret = hash_key_random();
    return s;
}

void seen_destroy(struct seen *s) {
    if (!s)
        return;
    free(s->entries);
    free(s->buckets);
    gone_finish(&s->gone);
    free(s);
}

/* Where the index of the entry stands, or where its chain ends. */
static uint32_t *find(struct seen *s, const struct seen_key *key) {
    uint32_t *at = &s->buckets[hash_bytes(&s->secret, key, sizeof *key) & s->mask];
    while (*at != NONE && memcmp(&s->entries[*at].key, key, sizeof *key) != 0)
        at = &s->entries[*at].next;
    return at;
}

static void unlink_age(struct seen *s, uint32_t i) {
    struct entry *e = &s->entries[i];
    *(e->older == NONE ? &s->oldest : &s->entries[e->older].newer) = e->newer;
    *(e->newer == NONE ? &s->newest : &s->entries[e->newer].older) = e->older;
}

static void link_newest(struct seen *s, uint32_t i) {
    s->entries[i].older = s->newest;
    s->entries[i].newer = NONE;
    *(s->newest == NONE ? &s->oldest : &s->entries[s->newest].newer) = i;
    s->newest = i;
}

static void note_change(struct seen *s, uint32_t i) {
    struct entry *e = &s->entries[i];
    if (e->changed)
        return;
    e->changed = true;
    e->next_changed = s->changed;
    s->changed = i;
}

void seen_drop(struct seen *s, const struct seen_key *key) {
    uint32_t *at = find(s, key), i = *at;
    if (i == NONE)
        return;
    if (s->entries[i]
            .saved) /* a row that stays can only be taken for an object of this run that is no more */
        gone_note(&s->gone, key, sizeof *key);
    s->entries[i].live = s->entries[i].saved = false;
    *at = s->entries[i].next;
    unlink_age(s, i);
    s->entries[i].next = s->free;
    s->free = i;
}

const uint64_t *seen_find(struct seen *s, const struct seen_key *key) {
    uint32_t i = *find(s, key);
    return i == NONE ? NULL : &s->entries[i].bytes;
}

uint64_t *seen_note(struct seen *s, const struct seen_key *key, bool *is_new, bool *forgot) {
    uint32_t i = *find(s, key);
    *forgot = false;
    *is_new = i == NONE;
    if (i != NONE) {
        note_change(s, i);
        unlink_age(s, i);
        link_newest(s, i);
        return &s->entries[i].bytes;
    }
    if (s->free == NONE && s->used < s->most) {
        s->entries[s->used].next = NONE;
        s->free = s->used++;
    }
    if (s->free == NONE) {
        struct seen_key old = s->entries[s->oldest].key;
        seen_drop(s, &old);
        *forgot = true;
    }
    uint32_t *at = find(s, key); /* after the drop, which may have changed the chain */
    i = s->free;
    s->free = s->entries[i].next;
    s->entries[i].key = *key;
    s->entries[i].bytes = 0;
    s->entries[i].next = NONE;
    s->entries[i].live = true;
    note_change(s, i);
    *at = i;
    link_newest(s, i);
    return &s->entries[i].bytes;
}

/* --- the store --- */

bool seen_save(struct seen *s, struct store *store) {
    bool ok = true;
    for (size_t i = 0; i < s->gone.count && ok; i++) {
        const struct seen_key *key = (const struct seen_key *)s->gone.keys + i;
        const struct store_value v[] = {STORE_N(key->incident), STORE_N(key->worker), STORE_N(key->object)};
        ok = store_run(store, s->table->drop, v, 3);
    }
    for (uint32_t i = s->changed; i != NONE && ok; i = s->entries[i].next_changed) {
        const struct entry *e = &s->entries[i];
        const struct store_value v[] = {STORE_N(e->key.incident), STORE_N(e->key.worker),
                                        STORE_N(e->key.object), STORE_N(e->bytes)};
        if (e->live)
            ok = store_run(store, s->table->put, v, 4);
    }
    return ok;
}

void seen_saved(struct seen *s) {
    for (uint32_t i = s->changed; i != NONE; i = s->entries[i].next_changed) {
        s->entries[i].saved = s->entries[i].live;
        s->entries[i].changed = false;
    }
    s->changed = NONE;
    s->gone.count = 0;
}

void seen_spoil(struct seen *s) {
    s->gone.count = 0;
    for (uint32_t i = s->oldest; i != NONE; i = s->entries[i].newer) {
        s->entries[i].saved = false;
        note_change(s, i);
    }
}

static void load_row(void *context, const struct store_value *v) {
    struct seen *s = context;
    struct seen_key key = {(uint64_t)v[0].number, (uint64_t)v[2].number, (uint64_t)v[1].number};
    bool is_new, forgot;
    *seen_note(s, &key, &is_new, &forgot) = (uint64_t)v[3].number;
    s->entries[s->newest].saved = true;
}

bool seen_load(struct seen *s, struct store *store) {
    return store_each(store, s->table->each, load_row, s);
}
