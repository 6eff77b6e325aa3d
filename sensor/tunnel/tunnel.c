/* SPDX-License-Identifier: Apache-2.0 */
#include "tunnel/tunnel.h"

#include "base/counter.h"

enum { ONE = 256 /* new thing, in the unit of `fresh` */, PERCENT = 100 };

const char *tunnel_way_name(enum tunnel_way way) {
    static const char *const names[TUNNEL_WAYS] = {
        [TUNNEL_NAMES] = "dns", [TUNNEL_ECHOES] = "icmp", [TUNNEL_HEADS] = "http"};
    return names[way];
}

bool tunnels_init(struct tunnels *t, size_t lines, unsigned workers) {
    size_t most = lines ? lines : 1;
    *t = (struct tunnels){.share = workers ? workers : 1, .key = hash_key_random()};
    return pool_init(&t->lines, sizeof(struct tunnel_line), most) && table_init(&t->table, most);
}

void tunnels_finish(struct tunnels *t) {
    table_finish(&t->table);
    pool_finish(&t->lines);
}

/* --- lines --- */

static struct bytes domain_of(struct bytes name, size_t at) {
    return at < name.n ? bytes_of(name.p + at, name.n - at) : bytes_of(NULL, 0);
}

static bool is_key(const struct table_node *node, const void *key) {
    const struct tunnel_line *l = TABLE_ENTRY(node, struct tunnel_line, node);
    const struct tunnel_key *k = key;
    return l->way == k->way && l->network == k->network && address_equal(&l->host, &k->host) &&
           bytes_equal(domain_of(bytes_of(l->name, l->name_n), l->domain), domain_of(k->name, k->domain));
}

static uint64_t moved(const struct tunnel_line *l) {
    uint64_t sum = 0;
    for (int i = 0; i < TUNNEL_SLICES; i++)
        sum += l->slice[i].octets[0] + l->slice[i].octets[1];
    return sum;
}

/* What has something to tell stays until it was told. */
static void make_room(struct tunnels *t) {
    enum { LOOKED_AT = 16 };
    struct tunnel_line *least = NULL;
    struct table_node *node = table_oldest(&t->table);
    for (unsigned i = 0; node && i < LOOKED_AT; i++, node = table_younger(node)) {
        struct tunnel_line *l = TABLE_ENTRY(node, struct tunnel_line, node);
        if (!l->is_untold && (!least || moved(l) < moved(least)))
            least = l;
    }
    counter_one(COUNTER_TUNNELS_FORGOTTEN);
    if (!least)
        return;
    table_remove(&t->table, &least->node);
    pool_give(&t->lines, least);
}

static struct tunnel_line *take_name(struct tunnel_line *l, const struct tunnel_key *key) {
    l->name_n = (uint8_t)key->name.n;
    l->domain = (uint8_t)key->domain;
    if (key->name.n)
        memcpy(l->name, key->name.p, key->name.n);
    return l;
}

struct tunnel_line *tunnels_line(struct tunnels *t, const struct tunnel_key *key, time_ns now) {
    struct bytes domain = domain_of(key->name, key->domain);
    uint64_t hash = (domain.n ? hash_bytes(&t->key, domain.p, domain.n)
                              : hash_bytes(&t->key, key->host.bytes, sizeof key->host.bytes)) ^
                    ((uint64_t)key->way << 32 | key->network);
    struct table_node *node = table_find(&t->table, hash, is_key, key, TABLE_STEPS_ALL);
    if (node) {
        table_touch(&t->table, node);
        return take_name(TABLE_ENTRY(node, struct tunnel_line, node), key);
    }
    struct tunnel_line *l = pool_take(&t->lines);
    if (!l) {
        make_room(t);
        l = pool_take(&t->lines);
    }
    if (!l)
        return NULL;
    *l = (struct tunnel_line){
        .way = (uint8_t)key->way, .network = key->network, .host = key->host, .time = now};
    for (int i = 0; i < TUNNEL_SLICES; i++)
        l->slice[i].index = INT64_MIN / 2;
    table_add(&t->table, &l->node, hash);
    return take_name(l, key);
}

/* --- what is new --- */

static bool has_bit(const uint64_t *bits, unsigned bit) {
    return bits[bit / 64] >> bit % 64 & 1;
}

static void set_bit(struct tunnel_seen *s, unsigned bit) {
    uint64_t *bits = s->bits[s->newer];
    s->set[s->newer] = (uint16_t)(s->set[s->newer] + !has_bit(bits, bit));
    bits[bit / 64] |= UINT64_C(1) << bit % 64;
    if (s->set[s->newer] < TUNNEL_BITS / 2)
        return;
    s->newer ^= 1;
    s->set[s->newer] = 0;
    memset(s->bits[s->newer], 0, sizeof s->bits[0]);
}

unsigned tunnel_look(struct tunnel_seen *s, uint64_t hash) {
    unsigned bit = (unsigned)(hash % TUNNEL_BITS);
    bool seen = has_bit(s->bits[0], bit) || has_bit(s->bits[1], bit);
    /* By chance a new thing meets a clear bit in both with this likelihood: */
    unsigned clear = (TUNNEL_BITS - s->set[0]) * (unsigned)(TUNNEL_BITS - s->set[1]) / TUNNEL_BITS;
    set_bit(s, bit);
    return seen || clear == 0 ? 0 : ONE * TUNNEL_BITS / clear;
}

/* --- windows --- */

static struct tunnel_slice *slice_at(const struct tunnels *t, struct tunnel_line *l, time_ns now) {
    int64_t index = tunnel_slice_index(&t->options, now);
    struct tunnel_slice *s = &l->slice[index % TUNNEL_SLICES];
    if (s->index != index)
        *s = (struct tunnel_slice){.index = index, .first = now};
    s->last = now;
    return s;
}

/* Of a slice, in 256ths, what came since then. */
static uint64_t share_since(const struct tunnel_slice *s, time_ns since) {
    if (s->first > since)
        return ONE;
    return s->last <= since ? 0 : (uint64_t)((s->last - since) / ((s->last - s->first) / ONE + 1));
}

void tunnel_sum(const struct tunnels *t, const struct tunnel_line *l, struct tunnel_sum *out) {
    int64_t newest = tunnel_slice_index(&t->options, l->time);
    time_ns since = l->time - (time_ns)t->options.window;
    *out = (struct tunnel_sum){.left = 0};
    for (int i = 0; i < TUNNEL_SLICES; i++) {
        const struct tunnel_slice *s = &l->slice[i];
        if (!tunnel_slice_counts(s->index, newest))
            continue;
        uint64_t share = share_since(s, since);
        out->left += s->octets[0] * share / ONE;
        out->back += s->octets[1] * share / ONE;
        out->things += s->things * share / ONE;
        out->fresh += s->fresh * share / ONE;
    }
    out->fresh /= ONE;
}

/* Names that come again are ordinary; among many of them new ones are not hidden that are several times the
 * bound by themselves. Of the other ways only what is new was counted. */
static bool is_new(const struct tunnels *t, const struct tunnel_line *l, const struct tunnel_sum *sum) {
    enum { WHATEVER_ELSE = 4 };
    uint64_t bound = t->options.octets[l->way] / t->share;
    return l->way != TUNNEL_NAMES || sum->fresh * PERCENT >= sum->things * t->options.different ||
           sum->left / sum->things * sum->fresh >= WHATEVER_ELSE * bound;
}

static bool is_over(const struct tunnels *t, const struct tunnel_line *l, struct tunnel_sum *sum) {
    tunnel_sum(t, l, sum);
    return sum->left + sum->back >= t->options.octets[l->way] / t->share && is_new(t, l, sum);
}

bool tunnels_add(struct tunnels *t, struct tunnel_line *l, const struct tunnel_message *m, time_ns now) {
    struct tunnel_sum sum;
    if (now > l->time || !tunnel_slice_counts(tunnel_slice_index(&t->options, now),
                                              tunnel_slice_index(&t->options, l->time))) /* it jumped back */
        l->time = now;
    struct tunnel_slice *s = slice_at(t, l, l->time);
    s->octets[0] += m->left;
    s->octets[1] += m->back;
    s->things += m->things;
    s->fresh += m->fresh;
    bool was = l->over;
    l->over = is_over(t, l, &sum);
    l->left += m->left;
    l->back += m->back;
    if (!l->over)
        return false;
    if (!was) { /* what stands in the window, but for what was told already */
        l->left = l->left < sum.left ? l->left : sum.left;
        l->back = l->back < sum.back ? l->back : sum.back;
    }
    if (!l->is_untold)
        age_add(&t->untold, &l->untold);
    l->is_untold = true;
    return true;
}

struct tunnel_line *tunnels_take(struct tunnels *t) {
    struct tunnel_line *l = AGE_ENTRY(t->untold.oldest, struct tunnel_line, untold);
    if (!l)
        return NULL;
    age_remove(&t->untold, &l->untold);
    l->is_untold = false;
    return l;
}
