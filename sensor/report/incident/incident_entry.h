/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_INCIDENT_ENTRY_H
#define GANTRY_REPORT_INCIDENT_ENTRY_H

#include "base/hash.h"
#include "base/table.h"
#include "report/event/shown.h"
#include "report/event/standing.h"
#include "report/incident/incident.h"
#include "report/incident/seen.h"
#include "report/ledger/distinct.h"
#include "report/store/change.h"

/* One incident and their table; for incident*.c. */
struct incident {
    struct change change;
    struct table_node node; /* while it is open; its age is that of the last record */
    struct ranked ranked;   /* likewise; each weighs one */
    uint64_t serial;
    struct incident_facts facts;
    struct record *record; /* what opened it or made it worse; its severity is the one that was shown */
    uint8_t rule_severity; /* the worst of its rules */
    bool whole, holes;     /* an object of it was seen whole; bytes of one were missed */
    struct distinct plates;
    uint64_t next_tenfold;
    time_ns told; /* or would have been, had it not been held back */
    bool grown;   /* since `told` */
    bool closed;
    char *settled; /* why somebody closed it; NULL: nobody did */
    uint32_t settled_by;
    size_t key_size;
    uint8_t key[];
};

struct incidents {
    struct incident_options options;
    struct incident_sink sink;
    struct hash_key secret;
    struct table open; /* struct incident */
    struct ranking ranking;
    uint64_t serial;
    struct changes changes;
    struct seen *seen;
    time_ns scanned;
    struct record_builder builder;
};

/* --- incident.c --- */
void incident_free(struct incident *i);
void incident_link(struct incidents *t, struct incident *i); /* to the open ones, as the most recent */
enum standing incident_standing(const struct incident *i);
/* Of the open ones, by age; NULL: there is none. */
static inline struct incident *incident_oldest(const struct incidents *t) {
    return TABLE_ENTRY(table_oldest(&t->open), struct incident, node);
}
static inline struct incident *incident_younger(const struct incident *i) {
    return TABLE_ENTRY(table_younger(&i->node), struct incident, node);
}

#endif
