/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_OUTBOX_H
#define GANTRY_REPORT_OUTBOX_H

#include "report/event/standing.h"
#include "report/store/store.h"

#include <sys/uio.h>

/* Messages of one output, oldest first, from when they were made until the receiver has them. Bounded in
 * bytes. A message is waiting, then sent (handed to the transport), then confirmed and gone. The sent ones
 * are confirmed by octets or by their numbers, as the transport can tell. */
struct outbox; /* opaque */

struct outbox *outbox_create(uint64_t most_bytes);
void outbox_destroy(struct outbox *o);
/* What must give way first when there is no room: the oldest of the least rank. Alerts have three for each
 * standing (event/standing.h), so that what is to strangers goes before what is to partners. */
enum outbox_rank {
    OUTBOX_RECORD,
    OUTBOX_UPDATE,
    OUTBOX_END,
    OUTBOX_OPENING,
    OUTBOX_STANDING = OUTBOX_OPENING, /* from a rank of one standing to that of the next */
    OUTBOX_HIGHEST = OUTBOX_STANDING * STANDING_COUNT,
    OUTBOX_RANKS
};
/* Makes room by dropping others, but for the one that is partly sent (`busy`) and those of a higher rank;
 * returns how many were dropped. A message that cannot be held at all counts as dropped. */
uint64_t outbox_put(struct outbox *o, uint64_t serial, enum outbox_rank rank, struct bytes message,
                    bool busy);
/* What the store has of the message that was just put, with this serial, and what goes out after a restart:
 * its plates covered. Without memory it keeps nothing of it. */
void outbox_put_covered(struct outbox *o, uint64_t serial, struct bytes covered);
bool outbox_full(const struct outbox *o, size_t more); /* the next put of `more` bytes would drop one */
/* The first message that is not sent; false if there is none. Valid until the next call that changes the
 * outbox. */
bool outbox_next(const struct outbox *o, struct bytes *message);
/* The first `most` of them at most; returns how many. */
size_t outbox_several(const struct outbox *o, struct iovec *messages, size_t most);
void outbox_sent(struct outbox *o);
/* The next message is not sent at all. */
void outbox_skip(struct outbox *o);
/* The receiver has the first `octets` of all that was sent since the last rewind; returns messages gone. */
uint64_t outbox_confirm(struct outbox *o, uint64_t octets);
/* The receiver answered for the `number`th message that was sent since the last rewind; true if it was there
 * and is gone. */
bool outbox_answered(struct outbox *o, uint64_t number);
/* The receiver refused it: it stays, unless that was the last of OUTBOX_TRIES; true if it is gone. */
enum { OUTBOX_TRIES = 3 };
bool outbox_refused(struct outbox *o, uint64_t number);
/* A new connection: what was sent and not confirmed is to be sent again; returns how many. */
uint64_t outbox_rewind(struct outbox *o);
uint64_t outbox_count(const struct outbox *o); /* not confirmed */
uint64_t outbox_bytes(const struct outbox *o);
uint64_t outbox_in_doubt(const struct outbox *o); /* sent and not confirmed */
/* Is the message of this serial here? *end: octets that had been sent with its last one, 0 while it waits. */
bool outbox_holds(const struct outbox *o, uint64_t serial, uint64_t *end);

/* In a store: a message goes out only after outbox_saved(). Serials count up, one for each message. */
void outbox_keep(struct outbox *o, bool kept);
/* What changed, into the store's transaction, under this output's name. */
bool outbox_save(const struct outbox *o, const char *name, struct store *store);
void outbox_saved(struct outbox *o);
void outbox_spoil(struct outbox *o);
/* A message as it was saved. */
bool outbox_load(struct outbox *o, uint64_t serial, enum outbox_rank rank, struct bytes message);

#endif
