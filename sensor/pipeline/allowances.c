/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/allowances.h"

#include <string.h>

/* The chest holds what so many new pairs have at first, and earns that of one with so many bytes. */
static const uint64_t chest_pairs = 256, pair_bytes = 1 << 20;
/* A new pair each for an object of few bytes is a new incident each. */
static const int64_t telling_most = 1 << 20, telling_price = 4096;
enum { LOOK = 64 }; /* pairs that are looked at for one that is in no use */

bool allowances_init(struct allowances *s, size_t pairs) {
    s->key = hash_key_random();
    s->chest = chest_pairs * pair_bytes;
    s->common = ALLOWANCE_COMMON;
    s->telling = telling_most;
    if (!table_init(&s->table, pairs) || !pool_init(&s->pool, sizeof(struct pair_allowance), pairs + 1) ||
        !(s->rest = pool_take(&s->pool)))
        return false;
    *s->rest = (struct pair_allowance){.references = 1};
    allowance_init(&s->rest->allowance, 1000);
    s->rest->allowance.common = &s->common;
    return true;
}

void allowances_finish(struct allowances *s) {
    table_finish(&s->table);
    pool_finish(&s->pool);
}

static struct pair_allowance *pair_of(const struct table_node *node) {
    return TABLE_ENTRY(node, struct pair_allowance, node);
}

static bool is_pair(const struct table_node *node, const void *key) {
    const struct address *const *ends = key;
    const struct pair_allowance *p = pair_of(node);
    return address_equal(&p->low, ends[0]) && address_equal(&p->high, ends[1]);
}

/* Who has been quiet longest begins anew when he comes again. */
static struct pair_allowance *take_place(struct allowances *s) {
    struct pair_allowance *p = pool_take(&s->pool);
    struct table_node *node = table_oldest(&s->table);
    for (unsigned i = 0; !p && node && i < LOOK; i++, node = table_younger(node))
        if (pair_of(node)->references == 0) {
            p = pair_of(node);
            table_remove(&s->table, node);
        }
    return p;
}

struct pair_allowance *allowances_open(struct allowances *s, const struct address *a,
                                       const struct address *b) {
    bool straight = memcmp(a, b, sizeof *a) <= 0;
    const struct address *ends[2] = {straight ? a : b, straight ? b : a};
    struct address both[2] = {*ends[0], *ends[1]};
    uint64_t hash = hash_bytes(&s->key, both, sizeof both);
    struct pair_allowance *p = pair_of(table_find(&s->table, hash, is_pair, ends, TABLE_STEPS_ALL));
    if (p) {
        table_touch(&s->table, &p->node);
    } else if ((p = take_place(s))) {
        uint64_t share = s->chest < pair_bytes ? s->chest : pair_bytes;
        *p = (struct pair_allowance){.low = both[0], .high = both[1]};
        allowance_init(&p->allowance, (unsigned)(share * 1000 / pair_bytes));
        p->allowance.common = &s->common;
        if (share * 1000 < pair_bytes) /* one look for each new pair would be a look for each flow */
            p->allowance.left[ACCOUNT_OBJECTS] = -(int64_t)ALLOWANCE_SMALL;
        s->chest -= share;
        table_add(&s->table, &p->node, hash);
    } else {
        p = s->rest;
    }
    p->references++;
    return p;
}

void allowances_release(struct pair_allowance *p) {
    if (p)
        p->references--;
}

bool allowances_tell(struct allowances *s) {
    bool paid = s->telling >= telling_price;
    s->telling -= paid ? telling_price : 0;
    return paid;
}

void allowances_earn(struct allowances *s, struct pair_allowance *p, uint64_t n) {
    uint64_t room = chest_pairs * pair_bytes - s->chest;
    s->chest += n < room ? n : room;
    s->telling = (int64_t)n < telling_most - s->telling ? s->telling + (int64_t)n : telling_most;
    allowance_earn_common(&s->common, n);
    allowance_earn(&p->allowance, n);
}
