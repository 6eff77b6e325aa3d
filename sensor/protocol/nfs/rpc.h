/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_NFS_RPC_H
#define GANTRY_PROTOCOL_NFS_RPC_H

#include "base/bytes.h"

/* ONC RPC (RFC 5531): heads of messages, records over TCP (section 11), and the few kinds of XDR (RFC 4506)
 * that everything is made of. */

/* --- XDR. Each read takes all it asks for, or nothing. --- */

static inline size_t xdr_padded(size_t n) {
    return (n + 3) & ~(size_t)3;
}
bool xdr_u64(struct reader *r, uint64_t *out);
/* A length of at most `most`, as many octets, and what fills them up to four. */
bool xdr_opaque(struct reader *r, size_t most, struct bytes *out);

/* --- Heads --- */

enum rpc_seal { /* RPCSEC_GSS (RFC 2203 section 5) */
                RPC_CLEAR,
                RPC_INTEGRITY, /* what follows stands behind a length and a number */
                RPC_PRIVACY,   /* what follows is encrypted */
                RPC_CONTROL,   /* what follows is the mechanism's own */
};

struct rpc_head {
    uint32_t xid;
    bool reply;
    bool bad; /* it is no message */
    /* A call: */
    uint32_t program, version, procedure;
    enum rpc_seal seal;
    /* A reply: */
    bool accepted;   /* results follow */
    bool starts_tls; /* what follows on the connection is TLS (RFC 9289) */
};

/* Returns its octets; 0: more of it is needed. */
size_t rpc_read_head(struct bytes in, struct rpc_head *out);
/* A call of one of these programs' versions. */
enum rpc_looks { RPC_LOOKS_NO, RPC_LOOKS_MORE, RPC_LOOKS_CALL, RPC_LOOKS_REPLY };
/* Does a message begin here? `in` begins with an xid. */
enum rpc_looks rpc_look(struct bytes in);
/* The same behind the mark of a record. */
enum rpc_looks rpc_look_record(struct bytes in);

/* --- Records over TCP --- */

enum { RPC_MARK = 4, RPC_SIGN = RPC_MARK + 28 /* octets by which a call is known for certain */ };

struct rpc_records {
    uint8_t held[RPC_SIGN]; /* of a mark, or, while lost, of what may be one */
    uint8_t held_n;
    bool inside; /* a record has begun */
    bool last;   /* this fragment is its last */
    bool lost;   /* where the next one begins is not known */
    uint32_t left;
    uint64_t lost_octets; /* since then */
};

struct rpc_sink {
    void (*bytes)(void *context, struct bytes bytes);
    void (*gap)(void *context, uint64_t n);
    void (*end)(void *context, bool whole);     /* of a record */
    void (*lost)(void *context);                /* records may be missing */
    bool (*knows)(void *context, uint32_t xid); /* is a reply with this number waited for? */
};

void rpc_records_data(struct rpc_records *r, struct bytes in, const struct rpc_sink *sink, void *context);
void rpc_records_gap(struct rpc_records *r, uint64_t n, const struct rpc_sink *sink, void *context);

#endif
