/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/ftp/ftp_pairs.h"

#include "base/hash.h"

#include <string.h>

enum { BUCKETS = 1024 };

static struct ftp_pair *buckets[BUCKETS];

static struct ftp_pair **bucket_of(const struct address *a, const struct address *b) {
    static struct hash_key key;
    static bool keyed;
    if (!keyed)
        key = hash_key_random();
    keyed = true;
    return &buckets[(hash_bytes(&key, a->bytes, sizeof a->bytes) +
                     hash_bytes(&key, b->bytes, sizeof b->bytes)) %
                    BUCKETS];
}

static void put_between(struct ftp_pair *p, struct ftp_pair **at) {
    p->at = at;
    p->next = *at;
    if (p->next)
        p->next->at = &p->next;
    *at = p;
}

void ftp_pair_add(struct ftp_pair *p, const struct address *a, const struct address *b) {
    p->end[0] = *a;
    p->end[1] = *b;
    put_between(p, bucket_of(a, b));
}

void ftp_pair_remove(struct ftp_pair *p) {
    if (!p->at)
        return;
    *p->at = p->next;
    if (p->next)
        p->next->at = p->at;
    p->at = NULL;
}

bool ftp_pair_lives(const struct address *a, const struct address *b) {
    for (const struct ftp_pair *p = *bucket_of(a, b); p; p = p->next)
        if ((address_equal(&p->end[0], a) && address_equal(&p->end[1], b)) ||
            (address_equal(&p->end[0], b) && address_equal(&p->end[1], a)))
            return true;
    return false;
}
