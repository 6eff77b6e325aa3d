/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_PROTOCOL_H
#define GANTRY_PROTOCOL_PROTOCOL_H

#include "base/bytes.h"
#include "base/clock.h"
#include "flow/side.h"
#include "transfer/transfer_end.h"

/* From ordered stream bytes to transfers. A protocol is one file with one const `struct protocol`, listed once in
 * table.c. It takes any chunk size, never blocks, and knows nothing of what becomes of a transfer. */

#define LENGTH_UNKNOWN UINT64_MAX

/* What the protocol says about one thing that moves. All text is borrowed for the call, comes from the
 * wire, and may hold any byte. Empty (n == 0) means not known. */
struct transfer_facts {
    enum side from;             /* the side the bytes come from */
    const char *protocol;       /* ECS network.protocol, static: "http", "ftp" */
    struct bytes name;          /* file name, without a path where the protocol tells them apart */
    struct bytes path;          /* as asked for: URI path, FTP path */
    struct bytes host;          /* server name that the client used (HTTP Host, proxied target) */
    struct bytes user;
    struct bytes method;        /* "PUT", "STOR" */
    struct bytes content_type;  /* full header value: type and parameters */
    struct bytes content_encoding; /* full header value: "gzip", "gzip, br" */
    struct bytes etag;          /* opaque: parts with different ones never join */
    bool partial;               /* one part of a larger thing: offset and total hold */
    uint64_t offset;            /* of the first byte in the whole */
    uint64_t length;            /* bytes to come on the wire, LENGTH_UNKNOWN if not announced */
    uint64_t total;             /* of the whole, LENGTH_UNKNOWN if not announced */
};

struct transfer; /* content/'s own */
struct conversation;
struct protocol;

/* What a protocol may ask of the rest; implemented by later stages, wired in process/. */
struct protocol_services {
    /* NULL: nobody wants it (counted there); the protocol goes on without. `data`, `gap`, `end`, `rename` accept NULL. */
    struct transfer *(*begin)(struct conversation *c, const struct transfer_facts *facts);
    void (*data)(struct transfer *t, const uint8_t *bytes, size_t n);
    void (*gap)(struct transfer *t, uint64_t n);
    /* Facts that came later than the first bytes (FTP: the command after the data); only name, path, user,
     * method are taken over. */
    void (*rename)(struct transfer *t, const struct transfer_facts *facts);
    void (*end)(struct transfer *t, enum transfer_end how);
    /* A flow from `client` to `server`:`port` will come; it runs `protocol` with `context`; `release(context)` is
     * called once if it never does. */
    void (*expect)(struct conversation *c, struct address client, struct address server, uint16_t port,
                   const struct protocol *protocol, void *context, void (*release)(void *context));
    /* The flow turned out to be encrypted from here on (AUTH TLS, CONNECT to 443): stop rebuilding it. */
    void (*encrypted)(struct conversation *c);
    /* The client named the server (HTTP Host): may make a verdict worse. */
    void (*named)(struct conversation *c, struct bytes host);
};

/* One flow as a protocol sees it. */
struct conversation {
    const struct protocol_services *services;
    void *owner;                 /* of the services; the flow */
    struct endpoint end[2];      /* by enum side */
    time_ns now;                 /* packet time of the bytes being delivered */
    const struct protocol *protocol; /* NULL while undecided */
    void *state;                 /* the protocol's */
    struct dispatch *dispatch;   /* dispatch.c's own: bytes held while undecided */
};

enum protocol_result {
    PROTOCOL_OK,
    PROTOCOL_LOST,   /* cannot make sense of this flow any more: it is closed for this protocol and counted */
    PROTOCOL_INNER,  /* what follows on this flow is another conversation (SOCKS, CONNECT): identify it afresh.
                        Bytes of this call that were not consumed are given through conversation_inner() before. */
};

enum probe { PROBE_NO, PROBE_MORE, PROBE_YES };

struct protocol {
    const char *name;              /* ECS network.protocol */
    const char *const *ndpi_names; /* nDPI's names for it, NULL-terminated */
    /* Do the first bytes of each side look like it? Either run may be empty. NULL: only nDPI or an announcement
     * chooses it. `MORE` while more bytes could still decide. */
    enum probe (*probe)(const struct bytes first[2]);
    /* `context` is the announcement's or NULL. NULL: no memory (counted). Sets nothing on the conversation. */
    void *(*open)(struct conversation *c, void *context);
    enum protocol_result (*data)(struct conversation *c, enum side from, const uint8_t *bytes, size_t n);
    enum protocol_result (*gap)(struct conversation *c, enum side from, uint64_t n);
    void (*end)(struct conversation *c, enum side from, bool clean);
    /* Ends transfers that are open (TRANSFER_CUT), frees the state. */
    void (*close)(struct conversation *c);
    /* An announcement that came after nDPI's name had chosen this protocol; false: not taken. NULL: never is. */
    bool (*adopt)(struct conversation *c, void *context);
    /* May this flow be its own, though neither a probe nor nDPI nor an announcement names it? Asked before such a flow
     * is given up, and only if its bytes went one way. NULL: never. */
    bool (*claims)(const struct conversation *c);
};

/* table.c: all of them, NULL-terminated, in the order in which probes are asked. */
extern const struct protocol *const protocol_table[];
const struct protocol *protocol_by_ndpi_name(const char *name); /* NULL if none */

/* --- dispatch.c: which protocol a flow speaks --- */
struct dispatch_options {
    uint64_t conversations; /* most at once */
    uint64_t hold_bytes;    /* kept per side while undecided; 0: 4,096 */
    uint64_t memory;        /* bytes that protocols may allocate, all conversations; 0: 256 MiB */
    uint64_t holds;         /* most conversations that hold bytes at once; 0: as many as conversations */
};

struct dispatcher;
struct dispatcher *dispatcher_create(const struct dispatch_options *o, const struct protocol_services *services);
void dispatcher_destroy(struct dispatcher *d);
bool dispatcher_room(const struct dispatcher *d); /* conversation_open() will succeed */
size_t dispatcher_conversations(const struct dispatcher *d); /* open now */

/* NULL at the cap (counted). */
struct conversation *conversation_open(struct dispatcher *d, void *owner, const struct endpoint end[2]);
/* The flow was announced: run this protocol from the first byte; held bytes and ends are replayed into it. False (and
 * `release` is the caller's) if another protocol is already running or this one does not take it. An announcement may
 * come after the flow's first packets: the owner looks for one when the flow opens, and as long as
 * conversation_awaits() before each call below that carries an event, and before conversation_close(). An undecided
 * conversation waits for it until its hold is full or nDPI has named the flow or given up. */
bool conversation_awaits(const struct conversation *c);
bool conversation_announce(struct dispatcher *d, struct conversation *c, const struct protocol *p, void *context);
/* nDPI has named it (or given up: NULL). Held bytes are replayed into the protocol. A protocol chosen by its probe
 * stays unless nDPI is certain of another one of ours before any transfer began. */
void conversation_named(struct dispatcher *d, struct conversation *c, const char *ndpi_name);
/* Stream events. False: nobody wants more bytes of this flow (unidentified, encrypted, lost): stop rebuilding it. */
bool conversation_data(struct dispatcher *d, struct conversation *c, enum side from, const uint8_t *bytes, size_t n,
                       time_ns time);
bool conversation_gap(struct dispatcher *d, struct conversation *c, enum side from, uint64_t n, time_ns time);
void conversation_end(struct dispatcher *d, struct conversation *c, enum side from, bool clean, time_ns time);
void conversation_close(struct dispatcher *d, struct conversation *c); /* accepts NULL */
bool conversation_undecided(const struct conversation *c); /* what protocol it is is not known yet */
/* Nothing more of it is looked at: its transfers are cut, what it held is given back. */
void conversation_abandon(struct dispatcher *d, struct conversation *c);

/* For tunnels: bytes behind the tunnel's own handshake in the call that finished it, in their order; at most four runs,
 * each either the call's own bytes or part of the state. Only inside the `data` that then returns PROTOCOL_INNER. */
void conversation_inner(struct conversation *c, enum side from, const uint8_t *bytes, size_t n);

#endif
