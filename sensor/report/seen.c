/* SPDX-License-Identifier: Apache-2.0 */
#include "report/seen.h"

#include <stdlib.h>
#include <string.h>

enum { NONE = UINT32_MAX };

/* Entries are linked by index: in a chain of their bucket, and by age. */
struct entry {
    struct seen_key key;
    uint64_t bytes;
    uint32_t next;         /* in the bucket, or in the free list */
    uint32_t older, newer; /* by age */
};

struct seen {
    struct hash_key secret;
    struct entry *entries;
    uint32_t *buckets;
    uint32_t mask, free, oldest, newest;
};

struct seen *seen_create(uint32_t most) {
    struct seen *s = calloc(1, sizeof *s);
    uint32_t buckets = 16;
    while (buckets < most)
        buckets *= 2;
    if (!s)
        return NULL;
    s->entries = calloc(most, sizeof *s->entries);
    s->buckets = malloc(buckets * sizeof *s->buckets);
    if (!s->entries || !s->buckets) {
        seen_destroy(s);
        return NULL;
    }
    memset(s->buckets, 0xff, buckets * sizeof *s->buckets);
    for (uint32_t i = 0; i < most; i++)
        s->entries[i].next = i + 1 < most ? i + 1 : NONE;
    s->mask = buckets - 1;
    s->oldest = s->newest = NONE;
    s->secret = hash_key_random();
    return s;
}

void seen_destroy(struct seen *s) {
    if (!s)
        return;
    free(s->entries);
    free(s->buckets);
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

void seen_drop(struct seen *s, const struct seen_key *key) {
    uint32_t *at = find(s, key), i = *at;
    if (i == NONE)
        return;
    *at = s->entries[i].next;
    unlink_age(s, i);
    s->entries[i].next = s->free;
    s->free = i;
}

uint64_t *seen_note(struct seen *s, const struct seen_key *key, bool *is_new, bool *forgot) {
    uint32_t i = *find(s, key);
    *forgot = false;
    *is_new = i == NONE;
    if (i != NONE) {
        unlink_age(s, i);
        link_newest(s, i);
        return &s->entries[i].bytes;
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
    *at = i;
    link_newest(s, i);
    return &s->entries[i].bytes;
}
