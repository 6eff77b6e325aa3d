/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_FTP_PAIRS_H
#define GANTRY_PROTOCOL_FTP_PAIRS_H

#include "base/address.h"

/* Pairs of hosts between which a control connection lives: what nothing names between them is likely its
 * data. Of this process; an entry lies in the control connection's state. */
struct ftp_pair {
    struct address end[2];
    struct ftp_pair *next, **at; /* `at` NULL: not in the table */
};

void ftp_pair_add(struct ftp_pair *p, const struct address *a, const struct address *b);
void ftp_pair_remove(struct ftp_pair *p);                              /* again does nothing */
bool ftp_pair_lives(const struct address *a, const struct address *b); /* in either order */

#endif
