/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PIPELINE_PATH_H
#define GANTRY_PIPELINE_PATH_H

#include "base/work.h"
#include "pipeline/gathered.h"
#include "pipeline/hosts.h"
#include "pipeline/lone.h"
#include "pipeline/overload/overload.h"
#include "pipeline/passed.h"
#include "pipeline/pipeline.h"
#include "pipeline/transfer_context.h"
#include "pipeline/unread.h"
#include "pipeline/waiting.h"
#include "protocol/dispatch.h"
#include "stream/stream.h"
#include "tunnel/tunnel.h"

/* Another reading of a flow; the user of its stream's calls. */
struct reading {
    struct flow *flow;
    struct stream_pair *stream;
    struct flow_context *context;
    struct conversation *conversation;
};

/* What was at hand before something else is (turn.c). */
struct turn {
    const struct flow *flow;
    struct flow_name at;
    unsigned without;
    bool other, at_packet;
    uint8_t stage;
};

enum { SHORTAGE_POOLS = 9 }; /* shortage.c */

/* One worker's data path from the inside, for the files of this folder. */
struct pipeline {
    struct generations generations;
    bool inspect_all, offline;
    time_ns now, next_tick, newest;
    struct decoder *decoder;
    struct flow_table *flows;
    struct identify *identify;
    struct expect_table *expected, *expected_elsewhere; /* announced here; by other workers */
    struct board *board;
    struct board_reader reader[WORKERS_MAX][BOARD_RINGS]; /* of the others' boards */
    unsigned readers;
    bool by_ports; /* flows are split over workers by their ports too */
    struct reassembler *reassembler;
    struct dispatcher *dispatcher;
    struct codings *codings;
    struct content *content;
    struct fact_pool facts;
    struct flow_contexts flow_contexts;
    struct transfer_contexts transfer_contexts;
    struct pool readings;
    bool sums_left_told;
    const struct examination *examination;
    struct waiting_objects waiting;
    struct examining *examining; /* examined.c: a file is; NULL: this is a worker's */
    struct unread unread;
    struct passed passed;
    struct gathered gathered;
    struct hosts_seen hosts;
    struct lone_packets lone;
    struct tunnels tunnels;
    struct resolved resolved;
    struct emitter emitter;
    struct overload overload;
    struct worker_status *status;
    uint64_t beat, starts;
    time_ns shortage_told[SHORTAGE_POOLS]; /* 0: never */
    time_ns short_told;                    /* that memory for inspection is short; 0: never */
    const struct blame *blame;
    struct turn visit;              /* what turn_switch() has begun */
    const struct flow *at;          /* whose packet or bytes are worked on; NULL: nobody's */
    uint64_t step_work, parked_due; /* most in one step; what is parked has this coming to it */
    _Atomic uint8_t *stage_before;  /* stage_now, before this pipeline was made */
    struct worker_view *view;
};

/* What a flow that is looked into carries: flow->conversation. Its owner is the flow's context. */
static inline struct flow_context *context_of(const struct flow *flow) {
    const struct conversation *c = flow->conversation;
    return c ? c->owner : NULL;
}

/* The process has one data path. The sink of streams and the services of protocols have no context of their
 * own, and find it here. */
extern struct pipeline *the_pipeline;

/* flows.c: from a packet to its flow. Made by policy and by the first bytes: is it looked into, stepped over,
 * left out? */
void pipeline_flow_packet(struct pipeline *p, const struct packet *packet);
void pipeline_flow_opened(void *pipeline, struct flow *flow, const struct packet *packet);
bool pipeline_flow_closed(void *pipeline, struct flow *flow, enum flow_end why);
/* Does anything matter that either side sends? What a contract covers whatever it is need not be looked into:
 * *covered. */
bool pipeline_matters(const struct pipeline *p, const struct flow *flow, bool *covered);

/* In-order bytes, or a datagram, for nDPI to name the flow by, as long as it has not. */
void pipeline_name_flow(struct flow *flow, enum side from, const uint8_t *bytes, size_t n, time_ns time);

/* turn.c: what follows is done for this flow, though another one's packet, or none, is at hand: it is named
 * if the worker dies of it, and what is left out of it is left out. Costs a comparison where it is at hand.
 */
void turn_begin(struct turn *t, const struct flow *flow);
void turn_end(const struct turn *turn);
/* Of a stage that says when: one at a time. */
void turn_switch(struct pipeline *p, const struct flow_context *x, bool on);
/* Likewise of the hosts of a transfer, whose flow may be over. */
struct turn turn_begin_ends(const struct endpoint end[2], uint8_t transport);

/* streams.c: from the stream of a flow to the protocol that reads it; the sink's user is the flow. */
extern const struct stream_sink pipeline_streams;
extern const struct stream_again pipeline_readings; /* readings.c */
/* A flow that was announced may begin before its announcement was read: asked again while nobody took the
 * flow. */
void pipeline_announcement(struct flow *flow, time_ns now);
/* Nobody wants more bytes of this flow, but for other readings of it: without one, from now on it costs a
 * look-up and a counter. The stream itself is freed by the caller of stream_packet, never during a call of
 * the sink. */
void pipeline_stop(struct flow *flow);
/* flows.c: all that was parked of a flow that is over is told. */
void pipeline_flow_told(void *flow);

/* boards.c: what this worker and the others announce to each other. Opens the boards; false: no memory. */
bool pipeline_open_boards(struct pipeline *p, const struct pipeline_options *options, size_t most,
                          time_ns life);
/* Takes what others have announced by now; `wait`, reading files: all that they announce at packets before
 * this one. Costs two loads a board where nothing is new. */
void pipeline_hear(struct pipeline *p, bool wait);
/* Is or was this flow announced, by whomever? */
bool pipeline_expects(struct pipeline *p, const struct flow *flow);
bool pipeline_take_expected(struct pipeline *p, const struct flow *flow, time_ns now,
                            struct expectation *out);

/* services.c: from a protocol to its transfers. */
extern const struct protocol_services pipeline_services;
/* Where memory for objects or for inspection is short, up to `most` of what waits for its rest, and of what
 * is open and quiet, ends and gives way to what comes next. Not from within content's sink. */
void pipeline_give_way(struct pipeline *p, unsigned most);

/* objects.c: from an object to what is found in it. */
struct object_sink pipeline_objects(struct pipeline *p);
void pipeline_found(void *pipeline, const struct finding *f);
/* By its id; that of the sensor's own included. NULL: there is none. */
const struct rule *pipeline_find_rule(const struct ruleset *rules, const char *id);
/* Findings of objects that have closed: takes what has come back, and gives up on what is late, or on `all`.
 * Reading files, time does not go on before they are there. */
void pipeline_settle_waiting(struct pipeline *p, bool all);

/* Ends what is over of the small texts that are read together; or `all`. */
void pipeline_end_gathered(struct pipeline *p, bool all);

struct examining;
void examining_destroy(struct examining *x); /* accepts NULL */
/* examined.c: is it the file that is examined, of which others tell? What the path says of it at its end. */
bool pipeline_is_examined(const struct pipeline *p, const struct object *o);
void pipeline_note_examined(struct pipeline *p, const struct object *o);

/* shortage.c: share of the fullest memory that only ends of work give back, 0..1000. */
unsigned shortage_pressure(const struct pipeline *p);
/* Tells which memory is short; each at most every ten minutes. */
void shortage_tick(struct pipeline *p);

/* What sums of unread flows are sent with (unread.h). */
struct unread_way pipeline_unread_way(struct pipeline *p);

/* tunnels.c: data in names, heads and echoes. The first two are services of protocols. */
void pipeline_name_message(struct conversation *c, const struct name_message *m);
void pipeline_head_lines(struct conversation *c, enum side side, struct bytes lines);
/* A packet of ICMP; false: of a kind that only data would use, so that it counts like other unread ones. */
bool pipeline_icmp(struct pipeline *p, struct flow_context *x, const struct packet *packet, enum side side);
/* Sends what there is to tell. */
void pipeline_tell_tunnels(struct pipeline *p);

/* names.c: which name a host asked for before it went to an address. The first is a service of protocols. */
void pipeline_resolved(struct conversation *c, struct bytes name, const struct name_address *address,
                       unsigned n);
/* May this flow, which does not matter otherwise, say names of others that will? */
bool pipeline_may_resolve(const struct pipeline *p, const struct flow *flow);
/* Before a flow is told: gives one that says no name of its own that which its host asked for. */
void pipeline_name_asked(struct pipeline *p, struct flow_context *x);

/* reload.c. Every 100 ms: ends older generations that hold too much memory; a transfer that this ends is
 * counted. */
void pipeline_bound_generations(struct pipeline *p);

#endif
