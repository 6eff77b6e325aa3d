/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_INCIDENT_H
#define GANTRY_REPORT_INCIDENT_H

#include "report/event/event.h"
#include "report/event/standing.h"
#include "report/store/store.h"

/* Findings gathered by class, source image network and destination (whose it is, as ledger_owner() has it,
 * else the address). An object counts in one incident: that of the class which says most of it (telling.h).
 *
 * Where a finding says more of an object than was known of it, the incident that holds it alone changes its
 * class and keeps its id, which is told at once. From an incident that holds others too, or if there is one
 * of the new class already, the object goes over to that; one that is left without objects closes, and says
 * where they are. What is then found that says less changes nothing. The incident of a flow that was told
 * before anything was found in it (TEXT_SAME_FLOW), and that holds no other, is taken for that of the first
 * object in the same way. A finding that would open an incident where one of a more telling class is open
 * already for the destination waits a second, or for what else is found.
 *
 * An alert goes out when the incident opens; each time its objects reach 10, 100, 1,000, ...; at once when a
 * finding has a worse verdict or a higher severity than any before; else when it has grown and
 * `growth_interval` has passed since the last alert; and when it closes, `quiet` after its last record. So
 * 100,000 images make some ten alerts.
 *
 * Severity is that of severity.h and never falls. Only what leaves an image network and is not allowed
 * (breach, unapproved, unknown) makes an incident. */
struct incident_options {
    const char *observer;
    uint64_t quiet, growth_interval; /* ns of packet time */
    uint64_t most;                   /* incidents; one is closed for a new one in the order of standing.h */
    struct distinct_pool *pool;      /* of exact counts; not NULL */
    bool kept;                       /* in a store: what changed is remembered until incidents_saved() */
};

struct incident_sink {
    void *context;
    /* One alert at packet time `time`. `facts` and `record` (the object that opened the incident, or that
     * made it worse; names of at most 255 octets) live for the call. False: it is held back, and not told. */
    bool (*alert)(void *context, time_ns time, const struct incident_facts *facts,
                  const struct record *record);
};

struct incidents; /* opaque */

struct incidents *incidents_create(const struct incident_options *options, const struct incident_sink *sink);
void incidents_destroy(struct incidents *i);
/* A finding, a transfer record with its classes, or a volume record that is to be told. */
void incidents_record(struct incidents *i, const struct record *r);
/* Connections that came to nothing (a volume record with `tries`): they count in an incident of flows to the
 * same destination. False: none is open. */
bool incidents_tries(struct incidents *i, const struct record *r);
/* A volume record of a flow in which something was found (TEXT_SAME_FLOW): it counts in the incident of that,
 * which says so. False: none is open. */
bool incidents_same_flow(struct incidents *i, const struct record *r);
/* Closes by packet time, and counts what has waited. */
void incidents_tick(struct incidents *i, time_ns now);
uint64_t incidents_open(const struct incidents *i); /* how many */
/* Nothing waits any longer: this reporter ends, and the next one does not know of it. */
void incidents_hurry(struct incidents *i);
/* Closes all that are open, the least recent first. */
void incidents_close(struct incidents *i);
/* Closes an open one because somebody (`uid`) says so; false: none has this id. */
bool incidents_settle(struct incidents *i, const char *id, const char *reason, uint32_t uid, time_ns now);

/* Of the closed ones that wait for the store, which may be away for long, the best part (standing.h) of
 * INCIDENTS_WAITING is kept. */
enum { INCIDENTS_WAITING = 1 << 16 };
/* Half of those that wait, of no higher standing than `most`, are forgotten in the order of standing.h;
 * returns how many. */
size_t incidents_forget(struct incidents *i, enum standing most);
/* What changed since incidents_saved(), into the store's transaction. */
bool incidents_save(struct incidents *i, struct store *store);
void incidents_saved(struct incidents *i);
/* Everything is to be written again. */
void incidents_spoil(struct incidents *i);
/* Those that were open; `same_run`: objects that were moving still are. One whose record this version cannot
 * read is counted and left out. */
bool incidents_load(struct incidents *i, struct store *store, bool same_run);

#endif
