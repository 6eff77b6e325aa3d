/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/ftp/ftp_pairs.h"

#include "base/hash.h"

static size_t bucket_of(const struct address *client, const struct address *server) {
    static struct hash_key key;
    static bool keyed;
    if (!keyed)
        key = hash_key_random();
    keyed = true;
    return (hash_bytes(&key, client->bytes, sizeof client->bytes) +
            31 * hash_bytes(&key, server->bytes, sizeof server->bytes)) %
           FTP_PAIR_BUCKETS;
}

void ftp_pair_add(struct ftp_pairs *t, struct ftp_pair *p, const struct address *client,
                  const struct address *server, void *owner) {
    struct ftp_pair **at = &t->bucket[bucket_of(client, server)];
    *p = (struct ftp_pair){.client = *client, .server = *server, .owner = owner, .next = *at, .at = at};
    if (p->next)
        p->next->at = &p->next;
    *at = p;
}

void ftp_pair_remove(struct ftp_pair *p) {
    if (!p->at)
        return;
    *p->at = p->next;
    if (p->next)
        p->next->at = p->at;
    p->at = NULL;
}

struct ftp_pair_walk ftp_pair_walk(const struct ftp_pairs *t, const struct address *client,
                                   const struct address *server) {
    return (struct ftp_pair_walk){client, server, t->bucket[bucket_of(client, server)], FTP_PAIR_STEPS};
}

void *ftp_pair_step(struct ftp_pair_walk *w) {
    while (w->next && w->left > 0) {
        const struct ftp_pair *p = w->next;
        w->next = p->next;
        w->left--;
        if (address_equal(&p->client, w->client) && address_equal(&p->server, w->server))
            return p->owner;
    }
    return NULL;
}
