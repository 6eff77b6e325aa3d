/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_TRANSFER_TRANSFER_H
#define GANTRY_TRANSFER_TRANSFER_H

#include "base/clock.h"
#include "flow/side.h"
#include "transfer/facts.h"
#include "transfer/transfer_end.h"

/* What a protocol says of one thing that moves: the waist between protocols, of which content/ knows nothing,
 * and what becomes of their bytes, of which protocols know nothing. */

#define LENGTH_UNKNOWN UINT64_MAX

/* How the bytes of a transfer join those of other transfers with the same key. */
enum resume {
    RESUME_NONE,   /* not at all, unless `resumable` */
    RESUME_RANGE,  /* a range: `offset` and `total` of the whole (HTTP) */
    RESUME_TO_END, /* from `offset` to the end of the whole, wherever that is (FTP) */
    RESUME_APPEND, /* behind what is there already, however much that is (FTP's APPE) */
    RESUME_WRITE,  /* pieces at offsets of their own, by write(), in any order, over any number of transfers
                      and flows  (SMB, NFS); the whole ends when one of its transfers has ended well and all
                      are  over or quiet */
    RESUME_PIECE,  /* a piece with a number, from 1, whose size nobody announces: `offset` is that number,
                      `total`  how many there are; each has its own `codings`. Over once all are there (S3) */
};

enum { TRANSFER_KEY_PARTS = 4 };

/* All of it is borrowed for the call, comes from the wire, and may hold any octet. */
struct transfer_seed {
    enum side from;                /* the side that the bytes come from */
    const char *protocol;          /* ECS network.protocol, static: "http", "ftp" */
    struct bytes fact[FACT_COUNT]; /* by enum fact; n == 0: not known */
    struct bytes codings;          /* what the bytes are coded in, outermost last: "gzip", "gzip, br" */
    uint64_t length;               /* octets to come on the wire, LENGTH_UNKNOWN if not announced */
    enum resume resume;
    /* What names the whole between two hosts, besides their addresses and the protocol: a path and a user, a
     * file handle. All parts empty: nothing joins it. */
    struct bytes key[TRANSFER_KEY_PARTS];
    struct bytes etag; /* opaque version of the whole: transfers with different ones never join */
    bool resumable;    /* RESUME_NONE: if it is cut, a range may bring the rest */
    bool made_up;      /* its octets are ours, not the wire's: no digest tells of them */
    bool aside;        /* text that was gathered from what moves beside things: told only where something is
                          found in it */
    bool message;      /* one of many that move one behind another, of `length`: one of a few octets for which
                          nobody pays is left out */
    bool anew;         /* it begins the whole anew: an unfinished one of this key is over */
    bool stable;       /* RESUME_WRITE: what comes again is what came before (a file that is read in pieces),
                          and the whole is over once all of `total` is there */
    uint64_t offset;   /* of the first octet in the whole */
    uint64_t total;    /* octets of the whole, LENGTH_UNKNOWN if not announced */
};

/* Nothing is known but who sends and by which protocol. */
static inline struct transfer_seed transfer_seed_of(const char *protocol, enum side from) {
    return (struct transfer_seed){
        .from = from, .protocol = protocol, .length = LENGTH_UNKNOWN, .total = LENGTH_UNKNOWN};
}

struct transfer; /* content/'s own */
struct protocol;
struct protocol_services;
struct codings;

/* One flow as a protocol sees it. */
struct conversation {
    const struct protocol_services *services;
    struct codings *codings;       /* coding/: for what the protocol itself has to decode */
    void *owner;                   /* of the services: the context of the flow */
    struct allowance *allowance;   /* pays for what its bytes cost beyond what they are; NULL: nobody */
    struct endpoint end[2];        /* by enum side */
    time_ns now;                   /* packet time of the bytes that are being delivered */
    uint8_t transport;             /* IP protocol number */
    bool lost[2];                  /* by side: bytes of it were missed so far */
    uint32_t quiet[2], granted[2]; /* by side: see conversation_grant(); as much as was granted */
    uint32_t taken[2]; /* by side: of what the last resort reads, octets that went into objects since
                          the owner looked */
    bool spare;        /* by the last resort: nothing but files is looked for, and none is open */
    bool shaking[2];   /* by side: all that it sent was a handshake; protocol.h, `shakes` */
    bool parked;       /* by the owner: what comes next is at hand already, and comes in a later step */
    const struct protocol *protocol; /* NULL while undecided */
    void *state;                     /* the protocol's */
    struct dispatch *dispatch;       /* protocol/dispatch's own */
};

#endif
