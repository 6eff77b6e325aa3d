/* SPDX-License-Identifier: Apache-2.0 */
#include "report/event/shown.h"
#include "report/ledger/ledger.h"
#include "report/traffic/traffic_line.h"

#include <stdlib.h>

/* Each worker tells of its part of a tunnel: here they are added up, within the same sliding window. */
enum { SUMS_MAX = 1024 };

struct tunnel_part {
    struct table_node node;
    int64_t index[TUNNEL_SLICES]; /* tunnel_slice_index() */
    uint64_t moved[TUNNEL_SLICES];
    struct traffic_sum untold;
    bool told;
    size_t key_size;
    uint8_t key[SHOWN_KEY_MAX];
};

bool tunnel_parts_init(struct tunnel_parts *t) {
    return table_init(&t->table, SUMS_MAX);
}

static void drop_oldest(struct tunnel_parts *t) {
    struct tunnel_part *s = TABLE_ENTRY(table_oldest(&t->table), struct tunnel_part, node);
    table_remove(&t->table, &s->node);
    free(s);
}

void tunnel_parts_finish(struct tunnel_parts *t) {
    while (t->table.count > 0)
        drop_oldest(t);
    table_finish(&t->table);
}

static bool is_key(const struct table_node *node, const void *key) {
    const struct tunnel_part *s = TABLE_ENTRY(node, struct tunnel_part, node);
    return bytes_equal(bytes_of(s->key, s->key_size), *(const struct bytes *)key);
}

/* As workers name it: by the domain, else by who it goes to. */
static struct tunnel_part *find_part(struct traffic *t, const struct record *r) {
    struct tunnel_parts *p = &t->tunnels;
    uint8_t key[SHOWN_KEY_MAX];
    struct bytes name = record_text_of(r, TEXT_TUNNEL_NAME);
    size_t n = shown_key_add(key, 0, record_text_of(r, TEXT_NETWORK));
    n = shown_key_add(key, n, record_text_of(r, TEXT_TUNNEL_WAY));
    n = shown_key_add(key, n, name.n ? name : bytes_of(r->destination.bytes, sizeof r->destination.bytes));
    struct bytes whole = bytes_of(key, n);
    uint64_t hash = hash_bytes(&t->secret, key, n);
    struct table_node *node = table_find(&p->table, hash, is_key, &whole, TABLE_STEPS_ALL);
    if (node) {
        table_touch(&p->table, node);
        return TABLE_ENTRY(node, struct tunnel_part, node);
    }
    if (p->table.count == SUMS_MAX) {
        drop_oldest(p);
        counter_one(COUNTER_TUNNEL_SUMS_FORGOTTEN);
    }
    struct tunnel_part *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->key_size = n;
    memcpy(s->key, key, n);
    table_add(&p->table, &s->node, hash);
    return s;
}

static enum tunnel_way way_of(const struct record *r) {
    for (enum tunnel_way w = 0; w < TUNNEL_WAYS; w++)
        if (bytes_equal(record_text_of(r, TEXT_TUNNEL_WAY), bytes_text(tunnel_way_name(w))))
            return w;
    return TUNNEL_NAMES;
}

/* What moved within the window, with this record. */
static uint64_t add_moved(struct traffic *t, struct tunnel_part *s, const struct record *r) {
    int64_t index = tunnel_slice_index(&t->tunnels.options, r->time);
    unsigned now = (unsigned)(index % TUNNEL_SLICES);
    uint64_t sum = 0;
    if (s->index[now] != index)
        s->moved[now] = 0;
    s->index[now] = index;
    s->moved[now] = add_sizes(s->moved[now], add_sizes(r->bytes, r->bytes_back));
    for (int i = 0; i < TUNNEL_SLICES; i++)
        if (tunnel_slice_counts(s->index[i], index))
            sum = add_sizes(sum, s->moved[i]);
    return sum;
}

bool traffic_join_tunnel(struct traffic *t, const struct record *r, struct traffic_sum *out) {
    struct tunnel_part *s = find_part(t, r);
    if (!s)
        return false;
    s->untold.out = add_sizes(s->untold.out, r->bytes);
    s->untold.back = add_sizes(s->untold.back, r->bytes_back);
    if (add_moved(t, s, r) < t->tunnels.options.octets[way_of(r)]) {
        s->told = false;
        return false;
    }
    *out = s->untold;
    out->flows = !s->told;
    s->told = true;
    s->untold = (struct traffic_sum){.out = 0};
    return true;
}
