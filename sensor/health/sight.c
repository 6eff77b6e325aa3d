/* SPDX-License-Identifier: Apache-2.0 */
#include "health/sight.h"

#include "base/hash.h"

void sight_vlan(struct sight *s, uint16_t id, time_ns now) {
    struct sight_vlan *v = &s->vlan[id % SIGHT_VLANS];
    if (id == 0)
        return;
    if (v->first == 0)
        v->first = now;
    else if (now - v->last > v->pause)
        v->pause = now - v->last;
    if (now > v->last)
        v->last = now;
}

static uint64_t digest_of(const char *name) {
    static const struct hash_key fixed = {0x6e6574776f726b73, 1};
    uint64_t digest = hash_bytes(&fixed, name, strlen(name));
    return digest ? digest : 1;
}

/* The place of this network or a free one; NULL: neither. */
static uint64_t *place_of(struct sight *s, uint64_t digest) {
    for (size_t i = 0; i < SIGHT_NETWORKS; i++) {
        uint64_t *at = &s->network[(digest + i) % SIGHT_NETWORKS];
        if (*at == digest || *at == 0)
            return at;
    }
    return NULL;
}

void sight_network(struct sight *s, const char *name) {
    uint64_t digest = digest_of(name), *at = place_of(s, digest);
    if (at)
        *at = digest;
    else
        s->networks_full = true;
}

bool sight_has_network(const struct sight *s, const char *name) {
    uint64_t digest = digest_of(name), *at = place_of((struct sight *)s, digest);
    return s->networks_full || (at && *at == digest);
}
