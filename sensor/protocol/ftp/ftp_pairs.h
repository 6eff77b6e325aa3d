/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_FTP_PAIRS_H
#define GANTRY_PROTOCOL_FTP_PAIRS_H

#include "base/address.h"

#include <stdbool.h>

/* Things by the pair of hosts that they lie between, of this process: control connections, and data flows
 * that nobody announced. An entry lies in the state of its owner, which takes it out before it goes. */
enum { FTP_PAIR_BUCKETS = 1024 };

struct ftp_pair {
    struct address client, server;
    void *owner;
    struct ftp_pair *next, **at; /* `at` NULL: in no table */
};

struct ftp_pairs {
    struct ftp_pair *bucket[FTP_PAIR_BUCKETS];
};

void ftp_pair_add(struct ftp_pairs *t, struct ftp_pair *p, const struct address *client,
                  const struct address *server, void *owner);
void ftp_pair_remove(struct ftp_pair *p); /* again does nothing */
/* The next one of this client and server behind `p`, the first for NULL; NULL: no more. */
struct ftp_pair *ftp_pair_next(const struct ftp_pairs *t, const struct ftp_pair *p,
                               const struct address *client, const struct address *server);

#endif
