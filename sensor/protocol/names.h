/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_NAMES_H
#define GANTRY_PROTOCOL_NAMES_H

#include "transfer/transfer.h"

/* A text of the names that one side lists in messages of its own: a line each, as MLSD writes them (RFC 3659
 * section 7.2). It is one object as long as its owner goes on, has no digest, since it is ours, and is told
 * only where something is found in it. */

enum { NAMES_GATHERED = 1024 };

struct names {
    struct transfer *transfer;
    bool open;
    uint32_t count; /* of names in it */
    uint16_t n;
    uint8_t text[NAMES_GATHERED];
};

/* Begins one, unless it is open. `what` is that of the folder: its side, protocol and facts. */
void names_begin(struct names *l, struct conversation *c, const struct transfer_seed *what);
/* To one that is open. "." and ".." are left out. */
void names_add(struct names *l, struct conversation *c, bool folder, struct bytes name);
/* What was gathered is looked at. */
void names_flush(struct names *l, struct conversation *c);
void names_end(struct names *l, struct conversation *c, enum transfer_end how);

#endif
