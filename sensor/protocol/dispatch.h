/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_DISPATCH_H
#define GANTRY_PROTOCOL_DISPATCH_H

#include "protocol/protocol.h"

/* Which protocol a flow speaks: announcements and probes decide, nDPI's names help; and from one protocol to
 * the next on the same flow. */
struct dispatch_options {
    const struct protocol *const *table; /* NULL: protocol_table; at most PROTOCOLS_MAX */
    struct codings *codings;             /* the worker's decoders, for protocols that use them; NULL: none */
    uint64_t conversations;              /* most at once */
    uint64_t hold_bytes;                 /* kept a side while undecided; 0: 4,096 */
    uint64_t memory;      /* bytes that protocols may allocate, all conversations; 0: 256 MiB */
    uint64_t holds;       /* most conversations that hold bytes at once; 0: as many as conversations, */
    uint64_t small_holds; /* and how many more may hold few */
};

enum { PROTOCOLS_MAX = 64 };

struct dispatcher;
struct dispatcher *dispatcher_create(const struct dispatch_options *o,
                                     const struct protocol_services *services);
void dispatcher_destroy(struct dispatcher *d);
/* conversation_open() will succeed, and so will a protocol's own state; what lingers for flows that were
 * announced gives way to that. */
bool dispatcher_room(const struct dispatcher *d);
size_t dispatcher_conversations(const struct dispatcher *d); /* open now */
unsigned dispatcher_fill(const struct dispatcher *d);        /* share of those that may be, 0..1000 */
/* Does any protocol speak in datagrams? */
bool dispatcher_wants_datagrams(const struct dispatcher *d);
/* State that flows shared and nobody uses any more (shared.h) is given back after a while; packet time. */
void dispatcher_tick(struct dispatcher *d, time_ns now);

/* NULL at the cap (counted). */
struct conversation *conversation_open(struct dispatcher *d, void *owner, uint8_t transport,
                                       const struct endpoint end[2]);
/* The flow was announced: run the expectation's protocol from the first byte; held bytes and ends are
 * replayed into it. False if another protocol is already running or this one does not take it. An
 * announcement may come after the flow's first packets: the owner looks for one when the flow opens, and as
 * long as conversation_awaits() before each call below that carries an event, and before
 * conversation_close(). An undecided conversation waits for it until its hold is full or nDPI has named the
 * flow or given up. */
bool conversation_awaits(const struct conversation *c);
bool conversation_announce(struct dispatcher *d, struct conversation *c, const struct expectation *e);
/* The number of a protocol in an expectation, and back: PROTOCOLS_MAX or more, NULL: it is not in the table.
 */
unsigned dispatcher_number(const struct dispatcher *d, const struct protocol *p);
const struct protocol *dispatcher_protocol(const struct dispatcher *d, unsigned number);
/* nDPI has named it (or given up: NULL). The flow becomes the protocol of that name if nothing else may still
 * take it and that one's probe has not refused it; else the name changes nothing but that no other is waited
 * for. */
void conversation_named(struct dispatcher *d, struct conversation *c, const char *ndpi_name);
/* Stream events. False: nobody wants more bytes of this flow (unidentified, lost): stop rebuilding it. */
bool conversation_data(struct dispatcher *d, struct conversation *c, enum side from, const uint8_t *bytes,
                       size_t n, time_ns time);
/* True: these bytes are granted (conversation_grant()), and were counted: conversation_data() would do no
 * more. */
bool conversation_counts(struct conversation *c, enum side from, size_t n, time_ns time);
bool conversation_gap(struct dispatcher *d, struct conversation *c, enum side from, uint64_t n, time_ns time);
void conversation_end(struct dispatcher *d, struct conversation *c, enum side from, bool clean, time_ns time);
/* One datagram's payload. False: nobody wants more of them. */
bool conversation_datagram(struct dispatcher *d, struct conversation *c, enum side from, const uint8_t *bytes,
                           size_t n, time_ns time);
/* Nothing more comes: what is held goes to whoever takes it, who may tell facts of the flow. */
void conversation_decide(struct dispatcher *d, struct conversation *c);
void conversation_close(struct dispatcher *d, struct conversation *c); /* decides; accepts NULL */
/* What it speaks by our own look, or spoke last: the protocol's name; NULL: not known. */
const char *conversation_spoken(const struct conversation *c);
bool conversation_read(const struct conversation *c); /* a protocol reads all of it, the last resort aside */
/* The last resort reads it: what is in no object of it is read by nobody. */
bool conversation_carved(const struct conversation *c);
/* Conversations around it: what it says stands in their tunnel. */
unsigned conversation_tunnels(const struct conversation *c);
/* Whom its tunnel leads to, where others run beside it on the same flow; empty if none do. */
struct bytes conversation_target(const struct conversation *c);
/* Some of it was read, and nobody can make sense of the rest, or it was left out. */
bool conversation_lost(const struct conversation *c);
bool conversation_undecided(const struct conversation *c); /* what protocol it is is not known */
/* As far as anybody knows it is a protocol in clear that usually goes over to TLS after a few words. */
bool conversation_may_seal(const struct conversation *c);
/* Nothing more of it is looked at: its transfers are cut, what it held is given back. */
void conversation_abandon(struct dispatcher *d, struct conversation *c);

#endif
