/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/smb/smb_session.h"

#include "base/hash.h"
#include "protocol/memory.h"
#include "protocol/shared.h"

enum {
    BUCKETS = 128,
    KNOWN_MAX = 4096, /* of two hosts */
    STEPS = 64,       /* of one hash that are looked at */
    TABLES = 2,
};

static struct hash_key secret;

static struct smb_known *known_of(const struct table_node *node) {
    return TABLE_ENTRY(node, struct smb_known, node);
}

static uint64_t hash_of(const struct smb_key *k) {
    const uint64_t all[4] = {k->kind, k->session, k->id[0], k->id[1]};
    return hash_bytes(&secret, all, sizeof all);
}

static bool is_of_key(const struct table_node *node, const void *key) {
    const struct smb_key *a = &known_of(node)->key, *b = key;
    return a->kind == b->kind && a->session == b->session && a->id[0] == b->id[0] && a->id[1] == b->id[1];
}

static struct smb_open *open_of(const struct table_node *node) {
    return TABLE_ENTRY(node, struct smb_open, persistent);
}

static uint64_t hash_persistent(uint64_t persistent) {
    return hash_bytes(&secret, &persistent, sizeof persistent);
}

static bool is_persistent(const struct table_node *node, const void *persistent) {
    return open_of(node)->known.key.id[0] == *(const uint64_t *)persistent;
}

/* --- the hosts --- */

static void forget_hosts(void *state) {
    struct smb_hosts *h = state;
    struct table_node *node;
    if (!h->table.buckets)
        return;
    while ((node = table_oldest(&h->table)))
        smb_known_unlist(known_of(node));
    table_finish(&h->table);
    table_finish(&h->persistent);
    protocol_discharge(PROTOCOL_STATE, TABLES * table_bytes(BUCKETS));
}

static bool start_tables(struct smb_hosts *h) {
    if (!secret.k0 && !secret.k1)
        secret = hash_key_random();
    if (!protocol_charge(PROTOCOL_STATE, TABLES * table_bytes(BUCKETS)))
        return false;
    if (table_init(&h->table, BUCKETS) && table_init(&h->persistent, BUCKETS))
        return true;
    table_finish(&h->table);
    protocol_discharge(PROTOCOL_STATE, TABLES * table_bytes(BUCKETS));
    return false;
}

/* Servers behind one address have ports of their own. */
struct smb_hosts *smb_hosts_join(struct conversation *c) {
    uint8_t key[2 * sizeof(struct address) + sizeof(uint16_t)];
    bool made;
    memcpy(key, &c->end[SIDE_CLIENT].address, sizeof(struct address));
    memcpy(key + sizeof(struct address), &c->end[SIDE_SERVER].address, sizeof(struct address));
    memcpy(key + 2 * sizeof(struct address), &c->end[SIDE_SERVER].port, sizeof(uint16_t));
    struct smb_hosts *h =
        shared_state_join(&protocol_smb, bytes_of(key, sizeof key), sizeof *h, forget_hosts, &made);
    if (!h)
        return NULL;
    if (made && !start_tables(h)) {
        counter_one(COUNTER_PROTOCOL_NO_MEMORY);
        shared_state_leave(h, false);
        return NULL;
    }
    h->flows++;
    return h;
}

void smb_hosts_leave(struct smb_hosts *h) {
    shared_state_leave(h, h->count > 0);
}

/* --- what is known of them --- */

struct smb_known *smb_known_find(struct smb_hosts *h, const struct smb_key *key) {
    struct table_node *node = table_find(&h->table, hash_of(key), is_of_key, key, STEPS);
    if (node)
        table_touch(&h->table, node);
    return known_of(node);
}

void *smb_known_create(struct smb_hosts *h, size_t size, struct bytes text) {
    struct smb_known *k = protocol_alloc(PROTOCOL_STATE, size + text.n);
    if (!k) {
        counter_one(COUNTER_SMB_NO_MEMORY);
        return NULL;
    }
    k->hosts = h;
    k->pins = 1;
    k->text_n = (uint16_t)text.n;
    if (text.n)
        memcpy((uint8_t *)k + size, text.p, text.n);
    return k;
}

/* What is pinned besides is in use, and goes to the young end. */
static void forget_oldest(struct smb_hosts *h) {
    enum { LOOK = 32 };
    for (int i = 0; i < LOOK && h->count >= KNOWN_MAX; i++) {
        struct table_node *node = table_oldest(&h->table);
        if (known_of(node)->pins == 1 || i + 1 == LOOK) {
            counter_one(COUNTER_SMB_FORGOTTEN);
            smb_known_unlist(known_of(node));
        } else {
            table_touch(&h->table, node);
        }
    }
}

void smb_known_list(struct smb_known *k, const struct smb_key *key) {
    struct smb_hosts *h = k->hosts;
    struct smb_known *before = smb_known_find(h, key);
    if (before == k)
        return;
    if (before)
        smb_known_unlist(before);
    k->key = *key;
    struct smb_open *o = key->kind == SMB_OPEN ? (struct smb_open *)k : NULL;
    if (k->listed) {
        table_rehash(&h->table, &k->node, hash_of(key));
        if (o)
            table_rehash(&h->persistent, &o->persistent, hash_persistent(key->id[0]));
        return;
    }
    forget_oldest(h);
    table_add(&h->table, &k->node, hash_of(key));
    if (o)
        table_add(&h->persistent, &o->persistent, hash_persistent(key->id[0]));
    k->listed = true;
    h->count++;
    k->pins++;
}

void smb_known_unlist(struct smb_known *k) {
    if (!k->listed)
        return;
    table_remove(&k->hosts->table, &k->node);
    if (k->key.kind == SMB_OPEN)
        table_remove(&k->hosts->persistent, &((struct smb_open *)k)->persistent);
    k->listed = false;
    k->hosts->count--;
    smb_known_unpin(k);
}

void smb_known_pin(struct smb_known *k) {
    if (k)
        k->pins++;
}

void smb_known_unpin(struct smb_known *k) {
    if (k && --k->pins == 0)
        protocol_free(k);
}

struct bytes smb_known_text(const struct smb_known *k, size_t size) {
    return k ? bytes_of((const uint8_t *)k + size, k->text_n) : bytes_of(NULL, 0);
}

struct smb_open *smb_find_persistent(struct smb_hosts *h, uint64_t persistent) {
    return open_of(
        table_find(&h->persistent, hash_persistent(persistent), is_persistent, &persistent, STEPS));
}
