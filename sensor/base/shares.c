/* SPDX-License-Identifier: Apache-2.0 */
#include "base/shares.h"

void shares_init(struct shares *s) {
    *s = (struct shares){.key = hash_key_random()};
}

uint32_t *shares_of(struct shares *s, const struct address *a) {
    enum { PREFIX = 8 };
    size_t n = address_is_v4(a) ? sizeof a->bytes : PREFIX;
    return &s->held[hash_bytes(&s->key, a->bytes, n) % SHARES_COUNTS];
}
