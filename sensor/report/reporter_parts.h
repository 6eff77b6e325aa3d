/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_REPORTER_PARTS_H
#define GANTRY_REPORT_REPORTER_PARTS_H

#include "report/fleet/fleet.h"
#include "report/incident/gate.h"
#include "report/keeper.h"
#include "report/recent.h"

/* The reporter from the inside, for reporter*.c and those who answer questions about it. */
struct reporter {
    struct report_options options;
    const char *observer, *interface;
    uint64_t unstored; /* where nobody comes after */
    char boot[17];
    struct incidents *incidents;
    struct ledger *ledger;
    struct quotas *quotas;
    struct traffic *traffic;
    struct hosts *hosts;
    struct gate *gate;
    struct history *history;
    struct digest *digest;
    struct keeper *keeper; /* NULL: no store */
    struct fleet *fleet;   /* NULL: this sensor is alone */
    struct record_builder builder;
    uint64_t note[(sizeof(struct record) + RECORD_TEXT_MAX) / sizeof(uint64_t)];
    bool offline;
    time_ns now;     /* of the newest record or tick */
    time_ns counted; /* of the tick that counted for the digest */
    struct delivery **deliveries;
    size_t count;
    uint64_t tests; /* test messages */
    struct recent *recent;
};

void reporter_tell(struct reporter *r, const struct event *e);

/* --- reporter_digest.c --- */
/* Tells the digest if its day has ended at `now`. */
void reporter_digest_due(struct reporter *r, time_ns now);
/* Tells the digest up to `until`, if it has begun; the next one begins there. */
void reporter_digest_tell(struct reporter *r, time_ns until);
void reporter_digest_count(struct reporter *r); /* digest_count() */
/* Fills what is not summed up: open incidents, contracts, outputs, mutes. */
struct digest_room {
    struct digest_contract contracts[DIGEST_CONTRACTS_MAX];
    struct digest_output outputs[OUTPUTS_MAX];
};
void reporter_digest_fill(struct reporter *r, struct digest_facts *facts, struct digest_room *room);
void reporter_sums(const struct reporter *r, uint64_t sums[COUNTER_COUNT]);

#endif
