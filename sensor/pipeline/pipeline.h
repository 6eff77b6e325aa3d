/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PIPELINE_PIPELINE_H
#define GANTRY_PIPELINE_PIPELINE_H

#include "capture/capture.h"
#include "config/config.h"
#include "pipeline/emit.h"
#include "pipeline/shared/worker_status.h"

/* The data path of one worker: every stage made, sized from one memory budget, and joined to the next.
 *     packet -> flow -> stream -> transfer -> object -> finding
 */
struct pipeline_options {
    struct snapshot_view snapshot;
    uint64_t memory; /* bytes, this worker's part of sensor.memory */
    bool inspect_all;
    struct ring *ring;
    struct doorbell *doorbell;
    bool offline;
    bool examines; /* files that others gathered (examined.h): no packet comes */
    uint16_t worker;
    unsigned workers;                      /* that share the traffic */
    struct worker_status *status;          /* where the worker notes what it is at; NULL: nowhere */
    struct worker_view *view;              /* what the worker shows of itself; NULL: nothing */
    const struct blame *blame;             /* flows to leave out; NULL: none */
    bool keeps_hosts;                      /* there is a store that knows who spoke before */
    uint64_t step_work;                    /* of one packet or turn, base/work.h; 0: preset */
    const struct examination *examination; /* NULL: nothing is examined elsewhere */
    struct board *board;                   /* what this worker announces to others; NULL: there are none */
    const struct board *const *boards; /* of the others, `workers` of them; its own and NULL are left out */
    const struct protocol *const *protocols; /* NULL: protocol_table */
    const struct unpacker *const *unpackers; /* NULL: unpacker_table */
};

struct pipeline; /* opaque */

/* Who examines what cannot be looked into while it streams (process/ joins it). Findings come back by
 * pipeline_late_finding(), and the end of them by pipeline_examined(), from within `collect`. */
struct examination {
    void *context;
    /* A closed object: will it be examined? `o` is not kept; where it should be and is not, its `bounded` is
     * set. */
    bool (*takes)(void *context, struct object *o);
    /* Then: what is said of its transfer, to be copied. NULL: nobody asks. */
    void (*give)(void *context, const struct object *o, const struct record_builder *record,
                 struct bytes host);
    /* Every 100 ms, live: what it has to say of itself. NULL: nothing. */
    void (*tick)(void *context, struct pipeline *p);
    /* Brings what has come back. `wait`: at least one end, if any object is under examination (offline). */
    void (*collect)(void *context, struct pipeline *p, bool wait);
};

struct pipeline *pipeline_create(const struct pipeline_options *options, struct error *e);
/* Ends all flows; their last records go out. */
void pipeline_finish(struct pipeline *p);
void pipeline_destroy(struct pipeline *p); /* the same, and gives its memory back; accepts NULL */

/* A capture_fn. */
void pipeline_packet(void *pipeline, const struct capture_packet *packet);
/* After some packets: the reporter is told of what they brought. */
void pipeline_ring(struct pipeline *p);
/* Timeouts by the clock when no packets come (live), and a share of what is parked. True: some still is. */
bool pipeline_idle(struct pipeline *p, time_ns now);
/* Live, at least every 200 ms: the signs of overload as struct shed_pressure has them. Reading files the
 * pipeline looks after its memory by itself. */
void pipeline_pressure(struct pipeline *p, time_ns now, int ring, uint64_t dropped);
/* All has been read, and what others announce is not waited for any more by itself. Waits until they have
 * read all too. Files alone. */
void pipeline_read_all(struct pipeline *p);
/* What begins from now on is judged and inspected by this snapshot. False with a reason: nothing has
 * changed. Between packets. */
bool pipeline_switch(struct pipeline *p, const struct snapshot_view *snapshot, struct error *e);
/* Room for a new snapshot is needed: transfers that began under one before version `before` are ended as they
 * stand, and counted; snapshots that nobody holds any more are given back. Between packets. */
void pipeline_move_on(struct pipeline *p, uint64_t before);
unsigned pipeline_slots(const struct pipeline *p); /* of snapshots in use: bits 1 << slot */
/* What the stages hold now. All zero when no flow is open and nothing is waited for. */
struct pipeline_use {
    size_t flows, expectations, streams, contexts, conversations, objects, inspections, waiting;
    uint64_t stream_bytes;
    time_ns newest; /* time of the newest packet, 0 before the first: the clock does not move it */
};
struct pipeline_use pipeline_use(const struct pipeline *p);
/* A rule, by its id, holds for an object that has closed, by its number; `f` has no rule and no object.
 * Judged by the newest snapshot. Unknown numbers and rules: counted. */
void pipeline_late_finding(struct pipeline *p, uint64_t object, const char *rule, const struct finding *f);
/* That was all of it: the object counts. */
void pipeline_examined(struct pipeline *p, uint64_t object);
/* Before it: out of the file, for which its hosts paid this price, came so many bytes. */
void pipeline_charge(struct pipeline *p, uint64_t object, size_t price, uint64_t made);
/* Something that the sensor says of itself. */
void pipeline_notice(struct pipeline *p, const char *key, const char *text);
size_t pipeline_flows(const struct pipeline *p); /* open now */
/* Packet time: of the newest packet, or the clock's where none came; 0 before the first. */
time_ns pipeline_time(const struct pipeline *p);

#endif
