/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_CONTENT_ASSEMBLY_H
#define GANTRY_CONTENT_ASSEMBLY_H

#include "content/chain.h"

/* Internal to content/. Parts of one thing are put together into a whole, which is one object: ranges of a
 * download (RFC 9110 section 14) on one or several connections, and transfers that were cut and taken up
 * again. */

/* Where the bytes that follow belong. Offsets count in the thing as it is sent, before decoding. */
struct part_place {
    uint64_t offset; /* of the first byte */
    uint64_t total;  /* LENGTH_UNKNOWN */
    bool to_end;     /* goes on to the end of the thing, as FTP does: if it ends well, that was the end */
    bool again;      /* no part but the beginning of a new transfer (offset 0) */
    bool append;     /* offset unknown: behind what is there */
};

bool assembly_init(struct content *c);
void assembly_finish(struct content *c); /* closes all wholes */

/* A filter that puts its bytes in their place. Its whole may be one that waits for them. NULL at the cap. */
struct filter *assembly_part(struct content *c, const struct object_seed *seed, struct bytes codings,
                             const struct part_place *place);

/* A transfer from offset 0 was cut after `seen` bytes: keeps its chain for the rest. False if there is no
 * room: the chain stays the caller's. */
bool assembly_keep(struct content *c, struct filter *head, uint64_t etag, uint64_t seen, uint64_t total);

/* The object of this part has a new name: its other parts will ask for it by that. */
void assembly_renamed(struct filter *part);
bool assembly_is_part(const struct filter *f);

/* Closes wholes that made no progress for options.assembly_time. */
void assembly_expire(struct content *c, time_ns now);
/* Closes those whose object's owner is such a one. */
void assembly_give_up(struct content *c, bool (*which)(void *context, const void *owner), void *context);
/* Closes the one that has waited longest, to make room; false if none is idle. */
bool assembly_evict(struct content *c);

/* Digest of an entity tag, never 0 unless it is empty. */
uint64_t assembly_etag(struct content *c, struct bytes etag);

#endif
