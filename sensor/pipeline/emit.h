/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PIPELINE_EMIT_H
#define GANTRY_PIPELINE_EMIT_H

#include "channel/channel.h"
#include "inspect/inspect.h"
#include "pipeline/transfer_context.h"
#include "tunnel/tunnel.h"

/* Puts what the data path found into records and these into the worker's ring. */
struct emitter {
    struct ring *ring;
    struct doorbell *doorbell;
    bool wait; /* offline: wait for room instead of losing a record */
    uint16_t worker;
    unsigned wants; /* enum report_records that any output writes */
    struct record_list
        *hold;       /* records go there, as long as there is room, instead of into the ring; or NULL */
    unsigned untold; /* records of which the reporter was not told yet */
    uint32_t id_of;  /* number of a flow, */
    char id[COMMUNITY_ID_MAX]; /* and its Community ID */
    struct record_builder builder;
};

/* Packed records, one behind another. */
struct record_list {
    uint8_t *bytes; /* borrowed, aligned as a record is */
    size_t n, size;
    unsigned count;
    bool over; /* one had no room: all have gone into the ring since, those before it first */
};
/* What is held goes into the ring. */
void emit_held(struct emitter *e, const struct record_list *list);

/* Tells the reporter of what was put into the ring: after some packets, or when none comes. */
void emit_ring(struct emitter *e);

/* An object has closed. `pending`: it is examined elsewhere, and its findings may come later: it does not
 * count yet. The emitter's builder then holds the record, whether it was sent or not. False: nobody wants it,
 * and nothing was found so far. */
bool emit_transfer(struct emitter *e, const struct object *o, const struct transfer_context *x, bool pending);
void emit_finding(struct emitter *e, const struct finding *f, const struct transfer_context *x);
/* What left in flows that nobody reads (unread.h), since the last such record of them. */
struct unread_sum {
    struct address source, destination;
    const char *class, *protocol, *application;
    const struct partner *named;      /* whose the server name is, NULL */
    const struct flow_context *alone; /* the one flow, where something was found in it; NULL */
    uint64_t target;                  /* of whom a relay was asked for: unread.c's own */
    struct flow_context *flow;        /* one of them, which the record shows */
    enum side from;
    bool quiet;
    bool shaking; /* handshakes alone */
    time_ns time;
    uint64_t out, back; /* octets of payload */
    uint32_t flows;     /* that began */
    uint32_t uploads;   /* that ended */
    struct upload_sizes sizes;
    uint32_t tries; /* connections that came to nothing: a sum of them has no octets */
};
void emit_volume(struct emitter *e, const struct unread_sum *sum);
/* What a tunnel moved since the last such record of it; `x`: one of its flows. */
void emit_tunnel(struct emitter *e, const struct tunnels *t, const struct tunnel_line *l,
                 const struct flow_context *x);
void emit_flow(struct emitter *e, const struct flow *flow, const struct flow_context *x);
/* A host that speaks in an image network (hosts.h). */
struct host_sight {
    const char *network;
    struct endpoint end[2]; /* its own, and that of whom it speaks with */
    bool opened;            /* it opened the flow */
    uint8_t transport;
    uint16_t vlan;
    uint64_t card; /* its address on the link, as of a record */
    time_ns time;
};
void emit_host(struct emitter *e, const struct host_sight *h);
/* RECORD_NOTICE, now by the clock: a key for machines and a sentence for people. */
void emit_notice(struct emitter *e, const char *key, const char *text);

/* --- Of an object that closed as pending: `record` is a copy of its transfer record --- */

/* One more rule holds for it. Judged as `policy` stands now; `host`: by which the flow's client called the
 * server. Writes the finding and adds the rule to `record`. False: that rule stands there already. */
bool emit_late_finding(struct emitter *e, struct record_builder *record, const struct policy *policy,
                       struct bytes host, const struct finding *f);
/* The record is judged anew, as one of an object in which nothing was found. */
void emit_judge(struct record_builder *record, const struct policy *policy, struct bytes host);
/* There will be no more of them: the object counts now. */
void emit_examined(struct emitter *e, struct record_builder *record);

#endif
