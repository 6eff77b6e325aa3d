/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_KEEPER_H
#define GANTRY_REPORT_KEEPER_H

#include "report/digest/digest.h"
#include "report/hosts/hosts.h"
#include "report/incident/history.h"
#include "report/incident/incident.h"
#include "report/incident/mute.h"
#include "report/ledger/ledger.h"
#include "report/output.h"
#include "report/quota/quota.h"
#include "report/traffic/traffic.h"

/* Keeps the reporter's parts in the store: loads them at the start, writes what changed in one transaction a
 * batch, and goes on without when the store cannot be written: then nothing waits for it, all that changed
 * stays marked, and every few seconds it tries again. */
struct keeper_parts {
    struct incidents *incidents;
    struct ledger *ledger;
    struct quotas *quotas;
    struct traffic *traffic;
    struct hosts *hosts;
    struct mutes *mutes;
    struct history *history;
    struct digest *digest;
    struct delivery **deliveries;
    size_t count;
    void *context;
    /* Something that the SOC must know of the sensor itself. */
    void (*notice)(void *context, const char *id, const char *text);
};

struct keeper; /* opaque */

/* NULL with a reason: the store cannot be opened, or another sensor has it. *replaced: it was damaged, and a
 * new one begun. The config's `unstored` counts on when outputs are numbered anew or go on without the store.
 */
struct keeper *keeper_create(const struct store_config *config, const struct keeper_parts *parts,
                             bool *replaced, struct error *e);
void keeper_destroy(struct keeper *k);
/* False: this record of the channel was counted before the reporter's last end. */
bool keeper_take(struct keeper *k, unsigned channel, uint64_t id);
void keeper_commit(struct keeper *k);
bool keeper_works(const struct keeper *k); /* all up to the last commit outlives the process */
/* Once a minute forgets closed incidents, alerts and digests that are too old, by packet time. */
void keeper_tick(struct keeper *k, time_ns now);
uint64_t keeper_size(struct keeper *k); /* octets in use of the database */
/* For those who ask; what is not committed is not in it. */
struct store *keeper_store(struct keeper *k);

#endif
