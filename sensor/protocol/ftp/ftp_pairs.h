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
/* One look over those of a client and server. What hosts make others walk past is bounded: when `left` is 0
 * there may be more. */
enum { FTP_PAIR_STEPS = 256 };
struct ftp_pair_walk {
    const struct address *client, *server;
    const struct ftp_pair *next;
    unsigned left;
};

struct ftp_pair_walk ftp_pair_walk(const struct ftp_pairs *t, const struct address *client,
                                   const struct address *server);
void *ftp_pair_step(struct ftp_pair_walk *w); /* the next one's owner; NULL: no more */

#endif
