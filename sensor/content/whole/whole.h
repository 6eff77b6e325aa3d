/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_CONTENT_WHOLE_H
#define GANTRY_CONTENT_WHOLE_H

#include "content/chain.h"

/* Internal to content/. Parts of one thing meet in a whole, which is one object: ranges of a download (RFC
 * 9110 section 14) on one or several connections, transfers that were cut and taken up again, pieces of a
 * file that is written in place over several connections. */

/* Where the bytes that follow belong. Offsets count in the thing as it is sent, before decoding. */
struct part_place {
    enum resume resume; /* any but RESUME_NONE */
    bool
        anew; /* the beginning of a new transfer, at offset 0; what came before is not what it goes on with */
    bool stable;     /* RESUME_WRITE: the seed's */
    bool numbered;   /* RESUME_RANGE: pieces of unknown sizes; offset and total are those of
                        whole_piece_offset() */
    bool patient;    /* the other pieces may be long in coming: mails */
    uint64_t offset; /* of the first byte; RESUME_APPEND, RESUME_WRITE: not yet known */
    uint64_t total;  /* LENGTH_UNKNOWN */
    uint64_t length; /* of the part, LENGTH_UNKNOWN */
};

/* Pieces that have a number, from 1, and no known size: each has room for more than any is long, and where
 * one ends the next begins. */
enum { WHOLE_PIECES_MAX = 10000, WHOLE_PIECE_BITS = 40 };

static inline uint64_t whole_piece_offset(uint64_t number) {
    return (number - 1) << WHOLE_PIECE_BITS;
}

bool wholes_init(struct content *c);
void wholes_finish(struct content *c); /* closes all of them */

/* What names the whole of a transfer: source and destination, protocol, and what the protocol says. Zeros if
 * it says nothing: then nobody joins it. */
struct whole_key whole_key_of(const struct content *c, const struct endpoint end[2],
                              const struct transfer_seed *s);
/* Digest of an entity tag, never 0 unless it is empty. */
uint64_t whole_etag_of(const struct content *c, struct bytes etag);

/* A filter that puts its bytes in their place in the whole of the seed's key, which may wait for them; facts
 * that the whole has not are filled from the seed. An object is made for a new whole only. NULL at the cap.
 */
struct filter *part_create(struct content *c, const struct object_seed *seed, struct bytes codings,
                           const struct part_place *place);
/* The same for the piece of this number, up to WHOLE_PIECES_MAX; a number behind the last one brings nothing
 * but `pieces`, how many there are; 0: not known. */
struct filter *part_create_piece(struct content *c, const struct object_seed *seed, uint64_t number,
                                 uint64_t pieces, bool patient);
bool filter_is_part(const struct filter *f);
bool part_in_whole(const struct filter *part); /* and not on its own */
/* RESUME_WRITE: these bytes belong there, or, if they are NULL, are missing there. */
void part_write(struct filter *part, uint64_t offset, const uint8_t *bytes, size_t n);
/* Other parts of its whole will ask for it by this key. */
void part_rekey(struct filter *part, const struct whole_key *k);

/* A transfer from offset 0 was cut after `seen` bytes: keeps its chain for the rest. False if there is no
 * room: the chain stays the caller's. */
bool whole_keep(struct content *c, struct filter *head, const struct whole_key *k, uint64_t etag,
                uint64_t seen, uint64_t total);

/* Closes wholes that made no progress for options.assembly_time, and those whose end was said as soon as
 * their parts are quiet. */
void wholes_expire(struct content *c, time_ns now);
/* Closes those whose object's owner is such a one. */
void wholes_give_up(struct content *c, bool (*which)(void *context, const void *owner), void *context);
/* Closes one that has waited long, to make room; false if none is idle. */
bool wholes_evict(struct content *c);

#endif
