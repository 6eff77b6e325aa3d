/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_FLEET_H
#define GANTRY_REPORT_FLEET_H

#include "base/json_writer.h"
#include "report/fleet/fleet_options.h"
#include "report/ledger/ledger.h"
#include "report/quota/quota.h"

/* One ledger over several sensors, in an engine that is there already (Redis, Valkey, their clusters). What
 * changed in this sensor's ledger is written there every few seconds, as it stands, so that what is written
 * twice counts once; in the same batch the sums of all are read back, and the ledger's alarms judge those. Of
 * an alarm that several see one tells: who has the lease. With the engine away the sensor goes on with its
 * own ledger, which holds all that is to be written. */
struct fleet; /* opaque */

struct fleet_parts {
    const char *observer;
    struct ledger *ledger;
    struct quotas *quotas; /* whose limits are judged on the sum; NULL: none */
    bool offline;          /* a file is read: all is judged once more when it has ended */
    time_ns repeat;        /* for so long nobody else tells an alarm that was told */
    void *context;
    void (*notice)(void *context, const char *id, const char *text);
    /* A record that fleet_admit() kept back, or one by which the sum is over a contract's limit, is to be
     * gathered in an incident by this sensor. */
    void (*breach)(void *context, const struct record *r);
    /* Members of the object in which the sensor says how it is; NULL: nothing. */
    void (*describe)(void *context, struct json_writer *j);
    void *describe_context;
};

/* Nothing is connected yet. `options` are kept by reference. NULL with a reason. */
struct fleet *fleet_create(const struct fleet_options *options, const struct fleet_parts *parts,
                           struct error *e);
void fleet_destroy(struct fleet *f); /* before the ledger; accepts NULL */
/* Writes what is due, reads what came; never blocks. */
void fleet_pump(struct fleet *f);
struct pollfd;
size_t fleet_poll(const struct fleet *f, struct pollfd *fds, size_t most);
/* The run ends: nothing waits for its time any more. True once all is written and judged, or cannot be. */
bool fleet_finish(struct fleet *f);
/* A record that is to be gathered in an incident. False: it is in breach of a contract's limits alone, and
 * another sensor tells that, or perhaps will: then `breach` may be called with a copy of it. */
bool fleet_admit(struct fleet *f, const struct record *r);
void fleet_alerted(struct fleet *f, const struct record *r); /* an alert went out that shows it */
/* The run ends: what would be lost with it is told, and no other sensor is waited for any longer. */
void fleet_settle(struct fleet *f);
void fleet_reopen(struct fleet *f);
const char *fleet_trouble(const struct fleet *f); /* why the engine does not answer; NULL: it does */

#endif
