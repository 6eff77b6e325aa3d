/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/shared.h"

#include "base/counter.h"
#include "base/hash.h"
#include "base/table.h"
#include "protocol/memory.h"

enum {
    STATES = 1 << 14,     /* buckets; more states only make it slower */
    UNUSED_MAX = 1 << 12, /* that linger */
    LOOK_MAX = 64,        /* entries of one hash, or states in use before the first unused one */
};

/* Before each state. */
struct shared {
    struct table_node node; /* by age: since when nobody uses it, or when it was made */
    const struct protocol *protocol;
    void (*finish)(void *state);
    unsigned users;
    time_ns unused_since;
    uint8_t key_n;
    uint8_t key[SHARED_KEY_MAX];
    _Alignas(16) uint8_t state[];
};

struct shared_key {
    const struct protocol *protocol;
    struct bytes key;
};

static struct table states;
static struct hash_key secret;
static size_t unused;
static time_ns newest;

static struct shared *shared_of(void *state) {
    return (struct shared *)((uint8_t *)state - offsetof(struct shared, state));
}

static bool is_of_key(const struct table_node *node, const void *key) {
    const struct shared *s = TABLE_ENTRY(node, const struct shared, node);
    const struct shared_key *k = key;
    return s->protocol == k->protocol && bytes_equal(bytes_of(s->key, s->key_n), k->key);
}

static struct shared *find_shared(const struct shared_key *k, uint64_t *hash) {
    if (!states.buckets) {
        secret = hash_key_random();
        if (!table_init(&states, STATES))
            return NULL;
    }
    *hash = hash_bytes(&secret, k->key.p, k->key.n) + (uintptr_t)k->protocol;
    return TABLE_ENTRY(table_find(&states, *hash, is_of_key, k, LOOK_MAX), struct shared, node);
}

static void free_shared(struct shared *s) {
    table_remove(&states, &s->node);
    if (s->finish)
        s->finish(s->state);
    protocol_free(s);
}

/* The one that nobody has used for longest. Those in use that are older go to the young end: they are not met
 * again soon. */
static struct shared *find_unused(void) {
    for (int look = 0; unused > 0 && look < LOOK_MAX; look++) {
        struct shared *s = TABLE_ENTRY(table_oldest(&states), struct shared, node);
        if (s->users == 0)
            return s;
        table_touch(&states, &s->node);
    }
    return NULL;
}

bool shared_state_give_way(void) {
    struct shared *s = find_unused();
    if (!s)
        return false;
    counter_one(COUNTER_SHARED_EVICTED);
    unused--;
    free_shared(s);
    return true;
}

static void *use_again(struct shared *s) {
    if (s->users++ == 0)
        unused--;
    return s->state;
}

void *shared_state_find(const struct protocol *p, struct bytes key) {
    uint64_t hash;
    struct shared *s = find_shared(&(struct shared_key){p, key}, &hash);
    return s ? use_again(s) : NULL;
}

void *shared_state_join(const struct protocol *p, struct bytes key, size_t n, void (*finish)(void *state),
                        bool *made) {
    uint64_t hash = 0;
    *made = false;
    if (key.n > SHARED_KEY_MAX)
        return NULL;
    struct shared *s = find_shared(&(struct shared_key){p, key}, &hash);
    if (s)
        return use_again(s);
    if (!states.buckets)
        return NULL;
    do
        s = protocol_alloc(PROTOCOL_STATE, sizeof *s + n);
    while (!s && shared_state_give_way());
    if (!s) {
        counter_one(COUNTER_PROTOCOL_NO_MEMORY);
        return NULL;
    }
    s->protocol = p;
    s->finish = finish;
    s->users = 1;
    s->key_n = (uint8_t)key.n;
    memcpy(s->key, key.p, key.n);
    table_add(&states, &s->node, hash);
    *made = true;
    return s->state;
}

void shared_state_retain(void *state) {
    use_again(shared_of(state));
}

void shared_state_leave(void *state, bool linger) {
    struct shared *s = state ? shared_of(state) : NULL;
    if (!s || --s->users > 0)
        return;
    if (!linger) {
        free_shared(s);
        return;
    }
    s->unused_since = newest;
    table_touch(&states, &s->node);
    if (++unused > UNUSED_MAX)
        shared_state_give_way();
}

/* A time stamp far ahead was damaged: it would keep all behind it. */
static bool is_over(const struct shared *s, time_ns now) {
    return now - s->unused_since >= SHARED_LINGER || s->unused_since - now >= SHARED_LINGER;
}

void shared_state_tick(time_ns now) {
    struct shared *s;
    newest = now;
    while ((s = find_unused()) && is_over(s, now)) {
        unused--;
        free_shared(s);
    }
}

void shared_state_clear(void) {
    struct table_node *node = states.buckets ? table_oldest(&states) : NULL;
    while (node) {
        struct shared *s = TABLE_ENTRY(node, struct shared, node);
        node = table_younger(node);
        if (s->users > 0)
            continue;
        unused--;
        free_shared(s);
    }
    if (states.count == 0) {
        table_finish(&states);
        states = (struct table){.buckets = NULL};
    }
}

size_t shared_state_count(void) {
    return states.count;
}
