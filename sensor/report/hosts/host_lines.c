/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "report/hosts/host_line.h"

#include <stdlib.h>

/* Of the store less often than of memory, or each host would be written each hour. */
static const uint64_t day_ns = 86400 * UINT64_C(1000000000), write_ns = day_ns / 4;

struct host_network *host_network_take(struct hosts *h, struct bytes name) {
    for (size_t i = 0; i < h->network_count; i++)
        if (bytes_equal(bytes_text(h->networks[i]->name), name))
            return h->networks[i];
    bool fits = name.n > 0 && name.n < sizeof h->networks[0]->name && h->network_count < HOST_NETWORKS_MAX;
    struct host_network *n = fits ? calloc(1, sizeof *n) : NULL;
    if (!n)
        return NULL;
    memcpy(n->name, name.p, name.n);
    return h->networks[h->network_count++] = n;
}

static bool is_configured(const struct policy *policy, const char *name) {
    for (uint32_t i = 0; i < policy_image_networks(policy); i++)
        if (strcmp(policy_image_network(policy, i)->name, name) == 0)
            return true;
    return false;
}

void host_networks_prune(struct hosts *h) {
    size_t kept = 0;
    if (!h->policy)
        return;
    for (size_t i = 0; i < h->network_count; i++) {
        struct host_network *n = h->networks[i];
        if (n->lines || is_configured(h->policy, n->name)) {
            h->networks[kept++] = n;
            continue;
        }
        free(n);
        h->networks_changed = true;
    }
    h->network_count = kept;
}

/* --- lines --- */

static bool is_key(const struct table_node *node, const void *key) {
    const struct host_key *a = &TABLE_ENTRY(node, struct host_line, node)->key, *b = key;
    return a->network == b->network && a->is_card == b->is_card &&
           memcmp(a->octets, b->octets, sizeof a->octets) == 0;
}

static uint64_t hash_key(const struct hosts *h, const struct host_key *key) {
    uint8_t text[1 + sizeof key->octets + sizeof key->network];
    text[0] = key->is_card;
    memcpy(text + 1, key->octets, sizeof key->octets);
    memcpy(text + 1 + sizeof key->octets, &key->network, sizeof key->network);
    return hash_bytes(&h->secret, text, sizeof text);
}

struct host_line *host_find(const struct hosts *h, const struct host_key *key) {
    return TABLE_ENTRY(table_find(&h->lines, hash_key(h, key), is_key, key, TABLE_STEPS_ALL),
                       struct host_line, node);
}

void host_free(struct hosts *h, struct host_line *l) {
    table_remove(&h->lines, &l->node);
    age_remove(&l->key.network->tier[l->settled], &l->age);
    change_unmark(&h->changes, &l->change);
    if (l->saved)
        gone_note(&h->gone, &l->id, sizeof l->id);
    l->key.network->lines--;
    h->addresses -= !l->key.is_card;
    host_wait(h, l, 0);
    free(l);
}

void host_wait(struct hosts *h, struct host_line *l, time_ns time) {
    if (l->waits)
        age_remove(&h->waiting, &l->wait);
    l->waits = time;
    if (time)
        age_add(&h->waiting, &l->wait);
}

/* Of the network that has most. */
static void forget_one(struct hosts *h) {
    struct host_network *most = h->networks[0];
    for (size_t i = 1; i < h->network_count; i++)
        if (h->networks[i]->lines > most->lines)
            most = h->networks[i];
    struct age_node *oldest =
        most->tier[HOST_PASSING].oldest ? most->tier[HOST_PASSING].oldest : most->tier[HOST_SETTLED].oldest;
    host_free(h, AGE_ENTRY(oldest, struct host_line, age));
    counter_one(COUNTER_HOSTS_FORGOTTEN);
}

struct host_line *host_begin(struct hosts *h, const struct host_key *key) {
    while (h->lines.count && (h->lines.count + 1) * sizeof(struct host_line) > h->options.memory)
        forget_one(h);
    struct host_line *l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    l->id = ++h->serial;
    l->key = *key;
    l->first_age = l->last_age = h->age;
    table_add(&h->lines, &l->node, hash_key(h, key));
    age_add(&key->network->tier[HOST_PASSING], &l->age);
    key->network->lines++;
    h->addresses += !key->is_card;
    return l;
}

void host_rank(struct host_line *l) {
    struct age_list *tier = l->key.network->tier;
    age_remove(&tier[l->settled], &l->age);
    l->settled = l->last_age - l->first_age >= day_ns;
    age_add(&tier[l->settled], &l->age);
}

void host_touch(struct hosts *h, struct host_line *l, time_ns time) {
    bool ahead = l->last - time > (time_ns)day_ns; /* by a clock that came back */
    if (!l->first || l->first > time)
        l->first = time;
    if (!l->saved || ahead || h->age - l->saved_age >= write_ns)
        change_mark(&h->changes, &l->change);
    if (time > l->last || ahead)
        l->last = time;
    l->last_age = h->age;
    host_rank(l);
}
