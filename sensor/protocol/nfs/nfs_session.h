/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_NFS_SESSION_H
#define GANTRY_PROTOCOL_NFS_SESSION_H

#include "protocol/names.h"
#include "protocol/nfs/nfs.h"
#include "protocol/nfs/rpc.h"

/* What the files of nfs/ share. */

enum {
    NFS_NAME_MAX = 255,
    NFS_HANDLE_MAX = 128,
    NFS_OFFSET_BITS = 62, /* what is further is no place in a file */
};

/* --- nfs_files.c: the files that two hosts speak of, on all their connections (shared.h) --- */

/* A file by the digest of its handle, or of a name in a directory as long as no handle is known. */
struct nfs_handle {
    uint64_t a, b;
};

struct nfs_handle nfs_handle_of(struct bytes handle);
struct nfs_handle nfs_handle_child(struct nfs_handle directory, struct bytes name);

enum nfs_way { NFS_READ, NFS_WRITE };

struct nfs_pair;

struct nfs_name {
    uint8_t n;
    uint8_t p[];
};

/* An operation whose result says something of a file: a procedure of version 2 or 3, or one of a compound. */
struct nfs_operation {
    uint32_t number;
    struct nfs_handle handle;
    struct nfs_handle directory; /* with `name` */
    uint64_t offset;
    uint32_t count;        /* octets that are written */
    bool empties;          /* the file that it gives is made, perhaps anew */
    struct nfs_name *name; /* or NULL */
};

/* One more user; NULL: no memory. `caller` is the side that makes calls. */
struct nfs_pair *nfs_pair_join(const struct conversation *c, enum side caller);
/* Files end as they stand with the last one. Accepts NULL. */
void nfs_pair_leave(struct nfs_pair *p, struct conversation *c);

/* Bytes of a file at their place, which are sent by `from`. `end`: behind the last that come with them. */
void nfs_file_bytes(struct nfs_pair *p, struct conversation *c, const struct nfs_handle *h, enum nfs_way way,
                    enum side from, uint64_t offset, struct bytes bytes, uint64_t end);
void nfs_file_missed(struct nfs_pair *p, struct conversation *c, const struct nfs_handle *h, enum nfs_way way,
                     enum side from, uint64_t offset, uint64_t n);
void nfs_file_named(struct nfs_pair *p, struct conversation *c, const struct nfs_handle *h,
                    const struct nfs_handle *directory, struct bytes name);
/* It has another name now. */
void nfs_file_renamed(struct nfs_pair *p, struct conversation *c, const struct nfs_operation *from,
                      const struct nfs_operation *to);
/* The server says how long it is. `moves`: something of it is read or written, else it matters only if it is
 * known. */
void nfs_file_size(struct nfs_pair *p, struct conversation *c, const struct nfs_handle *h, uint64_t size,
                   bool moves);
/* A read came to its end. */
void nfs_file_ended(struct nfs_pair *p, struct conversation *c, const struct nfs_handle *h, enum side from,
                    uint64_t size);
/* All that was written is to stay. */
void nfs_file_committed(struct nfs_pair *p, const struct nfs_handle *h);
/* Calls or replies are missing: what they have moved is not known. */
void nfs_pair_lost(struct nfs_pair *p);
/* It is closed. */
void nfs_file_closed(struct nfs_pair *p, struct conversation *c, const struct nfs_handle *h);
/* What is written from now on begins anew. */
void nfs_file_emptied(struct nfs_pair *p, struct conversation *c, const struct nfs_handle *h);
/* Ends files of which nothing has come for a while; true: others are open. */
bool nfs_files_settle(struct nfs_pair *p, struct conversation *c);

/* --- nfs_calls.c: calls that wait for their replies --- */

enum { NFS_OPERATIONS_MAX = 4 }; /* of a call, whose results matter */

struct nfs_call {
    uint32_t xid;
    uint32_t version, procedure;
    uint8_t seal;     /* enum rpc_seal */
    bool used, other; /* `other`: of another program */
    uint8_t operations;
    struct nfs_operation operation[NFS_OPERATIONS_MAX];
    uint64_t age;
};

struct nfs_calls {
    struct nfs_call *call;
    uint32_t size; /* a power of two */
    uint64_t last;
};

/* NULL: no memory. A call of the same number is gone. */
struct nfs_call *nfs_call_add(struct nfs_calls *t, uint32_t xid);
struct nfs_call *nfs_call_find(const struct nfs_calls *t, uint32_t xid);
void nfs_call_drop(struct nfs_call *call);
void nfs_calls_finish(struct nfs_calls *t);
/* NULL: the call has no more room (counted). */
struct nfs_operation *nfs_call_operation(struct nfs_call *call, uint32_t number, struct nfs_handle handle);
void nfs_operation_drop(struct nfs_operation *o);
void nfs_operation_name(struct nfs_operation *o, struct nfs_handle directory, struct bytes name);

/* --- nfs_message.c: one message while it comes --- */

enum { NFS_HELD_MAX = 4096 }; /* octets of a part that must be seen in one piece */

struct nfs;
struct nfs_message;

/* Reads the next part of a message. Returns its octets; 0: more are needed. */
typedef size_t (*nfs_step)(struct nfs_message *m, struct bytes in);

struct nfs_message {
    struct nfs *s;
    enum side from;
    nfs_step step; /* NULL: what is left is not looked at */
    uint8_t *held; /* of NFS_HELD_MAX octets, or NULL */
    uint32_t held_n;
    uint64_t skip;
    bool bad;   /* it is no message */
    bool lacks; /* a gap was in it */
    struct rpc_head head;
    struct nfs_call call; /* that it is, or answers; in use if call.used */
    unsigned answered;    /* operations of a compound's call that were met in its reply */
    /* A compound: */
    uint32_t left; /* operations to come */
    struct nfs_handle current, saved;
    uint32_t segments;           /* of READ_PLUS, to come */
    bool to_end;                 /* and the file ends behind them */
    bool entries;                /* of a directory are being read */
    struct nfs_handle directory; /* of the name by which `current` was entered */
    bool makes;                  /* that operation may have made it */
    uint8_t child;               /* octets of that name, 0: it was entered otherwise */
    uint8_t name[NFS_NAME_MAX];
    /* Content that goes through: */
    struct {
        struct nfs_handle handle;
        uint64_t offset, left;
        enum nfs_way way;
        bool dropped; /* it came before */
    } pass;
    uint64_t ended_at;      /* behind it a read has come to the file's end, UINT64_MAX: it has not */
    struct transfer *stray; /* what nobody understands, if it is long */
    bool strays;
};

struct nfs {
    struct conversation *c;
    struct nfs_pair *pair[2];      /* by the side that calls; NULL: it has not */
    struct nfs_calls calls[2];     /* likewise */
    struct rpc_records records[2]; /* by the side that sends */
    struct nfs_message message[2];
    bool turns_tls;
    uint64_t unread;
    struct names names; /* of the folder that was listed last */
    struct nfs_handle folder;
};

/* An entry of a folder that is listed. */
void nfs_list_entry(struct nfs_message *m, struct nfs_handle folder, struct bytes name);

void nfs_message_bytes(struct nfs_message *m, struct bytes bytes);
void nfs_message_gap(struct nfs_message *m, uint64_t n);
void nfs_message_end(struct nfs_message *m, bool whole);
/* Messages of this side are missing. */
void nfs_message_lost(struct nfs_message *m);
/* The next step reads its head. */
void nfs_message_begin(struct nfs_message *m, struct nfs *s, enum side from);
/* For steps: content that follows, then the next step. */
void nfs_message_pass(struct nfs_message *m, struct nfs_handle h, enum nfs_way way, uint64_t offset,
                      uint32_t n);
/* The side that made the call to which this message belongs. */
enum side nfs_caller(const struct nfs_message *m);
/* The files of its two hosts, or NULL. */
struct nfs_pair *nfs_pair_of(struct nfs_message *m);

/* --- nfs2.c: versions 2 and 3; nfs4.c: compounds --- */
bool nfs2_reads(const struct nfs_call *call); /* says this procedure something of a file? */
size_t nfs2_step_call(struct nfs_message *m, struct bytes in);
size_t nfs2_step_reply(struct nfs_message *m, struct bytes in);
size_t nfs4_step_call(struct nfs_message *m, struct bytes in);
size_t nfs4_step_reply(struct nfs_message *m, struct bytes in);

/* --- nfs4_operations.c: what operations are followed by --- */

enum nfs4_number {
    NFS4_CLOSE = 4,
    NFS4_COMMIT = 5,
    NFS4_CREATE = 6,
    NFS4_GETATTR = 9,
    NFS4_GETFH = 10,
    NFS4_LOOKUP = 15,
    NFS4_LOOKUPP = 16,
    NFS4_OPEN = 18,
    NFS4_PUTFH = 22,
    NFS4_PUTPUBFH = 23,
    NFS4_PUTROOTFH = 24,
    NFS4_READ = 25,
    NFS4_READDIR = 26,
    NFS4_RENAME = 29,
    NFS4_RESTOREFH = 31,
    NFS4_SAVEFH = 32,
    NFS4_SETATTR = 34,
    NFS4_WRITE = 38,
    NFS4_READ_PLUS = 68,
};

struct nfs4_values {
    struct bytes text, second; /* the first opaques */
    uint64_t number;           /* the first of eight octets */
    bool opens_file;           /* OPEN that makes one anew or may */
    bool sized;                /* attributes with a size */
    uint64_t size;
    struct bytes handle; /* attributes with a handle; n == 0: without */
};

/* False: more octets are needed. *known: what it is followed by. READ's and WRITE's content is not taken. */
bool nfs4_read_arguments(uint32_t operation, struct reader *r, struct nfs4_values *v, bool *known);
bool nfs4_read_result(uint32_t operation, struct reader *r, struct nfs4_values *v, bool *known);
/* An entry of READDIR; *more: one follows. */
bool nfs4_read_entry(struct reader *r, struct bytes *name, struct nfs4_values *v, bool *more);

#endif
