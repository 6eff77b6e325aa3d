/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_INCIDENT_ENTRY_H
#define GANTRY_REPORT_INCIDENT_ENTRY_H

#include "base/hash.h"
#include "base/table.h"
#include "report/event/shown.h"
#include "report/event/standing.h"
#include "report/incident/incident.h"
#include "report/incident/incident_files.h"
#include "report/incident/seen.h"
#include "report/ledger/distinct.h"
#include "report/store/change.h"

/* One incident and their table; for incident*.c. */
struct incident {
    struct change change;
    struct table_node node; /* while it is open; its age is that of the last record */
    struct table_node kin;  /* likewise, among those of its network and destination, whatever their class */
    struct ranked ranked;   /* of those that are open, then of those that wait; each weighs one */
    uint64_t serial;
    struct incident_facts facts;
    struct record *record; /* what opened it or made it worse; its severity is the one that was shown */
    uint8_t rule_severity; /* the worst of its rules */
    bool whole, holes;     /* an object of it was seen whole; bytes of one were missed */
    struct distinct plates;
    struct incident_files files;
    struct distinct_owner owner; /* of them */
    uint64_t next_tenfold;
    time_ns told; /* or would have been, had it not been held back */
    bool grown;   /* since `told` */
    bool closed;
    bool saved;    /* it has a row in the store */
    char *settled; /* why somebody closed it; NULL: nobody did */
    uint32_t settled_by;
    char *before;    /* the class that it had when it was told last; NULL: the one that it has */
    char joined[37]; /* the incident in which all its objects count now; "": they count here */
    size_t key_size;
    uint8_t *key; /* class, network, destination: shown_key_add() */
};

/* Findings that wait (incident_later.c), the oldest first. */
enum { LATER_MAX = 256 };
struct later {
    struct record *records[LATER_MAX];
    size_t first, count;
};

struct incidents {
    struct incident_options options;
    struct incident_sink sink;
    struct hash_key secret;
    struct table open; /* struct incident, by key */
    struct table kin;  /* the same by what stands behind the class in their keys */
    struct ranking ranking;
    uint64_t serial;
    struct changes changes;
    struct ranking waiting; /* closed, for the store */
    struct gone gone;       /* serials */
    struct seen *seen;
    struct later later;
    time_ns scanned;
    struct record_builder builder;
};

/* --- incident.c --- */
void incident_free(struct incident *i);
void incident_link(struct incidents *t, struct incident *i); /* to the open ones, as the most recent */
struct incident *incident_find(const struct incidents *t, struct bytes key); /* NULL: none is open */
/* NULL: no memory. */
struct incident *incident_open(struct incidents *t, const struct record *r, struct bytes class,
                               struct bytes key);
/* Tells it; `i` is gone. */
void incident_close(struct incidents *t, struct incident *i, time_ns time);
/* `i`, or NULL if its quiet time was over before `now`: then it is closed. Accepts NULL. */
struct incident *incident_still_open(struct incidents *t, struct incident *i, time_ns now);
enum standing incident_standing(const struct incident *i);
/* One that was closed now: until incidents_saved(), unless there is no store. `i` may be gone. */
void incident_wait_for_store(struct incidents *t, struct incident *i);
void incident_weigh_plates(struct incidents *t, struct incident *i); /* after they have changed */
/* Of the open ones, by age; NULL: there is none. */
static inline struct incident *incident_oldest(const struct incidents *t) {
    return TABLE_ENTRY(table_oldest(&t->open), struct incident, node);
}
static inline struct incident *incident_younger(const struct incident *i) {
    return TABLE_ENTRY(table_younger(&i->node), struct incident, node);
}

/* Counts a finding or transfer record that the policy does not allow. `now`: it waits for nothing. */
void incident_add(struct incidents *t, const struct record *r, bool now);

/* --- incident_later.c --- */
/* Keeps a copy; false: no memory. */
bool incident_wait(struct incidents *t, const struct record *r);
/* What waits of this object is forgotten, since this record says more. True: it says less, and that goes on
 * waiting. */
bool incident_outweighed(struct incidents *t, const struct record *r);
/* Counts what has waited long enough: by the time of a record of the same worker, and by that of all. */
void incident_wait_of_worker(struct incidents *t, const struct record *r);
void incident_wait_until(struct incidents *t, time_ns now);
void incident_wait_finish(struct incidents *t); /* forgets it all */

/* --- incident_shown.c: the record that alerts show --- */
/* NULL: no memory. */
struct record *incident_show(struct incidents *t, const struct record *r, struct bytes class);
/* Alerts show this record from now on, with the worst of what they said so far. False: no memory. */
bool incident_show_instead(struct incidents *t, struct incident *i, const struct record *r,
                           struct bytes class);
/* Alerts show what the builder holds, a copy of what they showed that was changed. False: no memory. */
bool incident_show_built(struct incidents *t, struct incident *i);
/* As incident_show_instead() if its verdict is worse or its rule's severity higher; true: it does. */
bool incident_worsen(struct incidents *t, struct incident *i, const struct record *r, struct bytes class);
/* Under the same verdict the newest reason is what alerts say, with its amounts. True: a term is broken that
 * was not before. */
bool incident_renew_reason(struct incidents *t, struct incident *i, const struct record *r);

/* --- incident_class.c: in which incident something counts --- */
struct placed {
    struct incident *i;        /* NULL: no memory */
    struct seen_value *object; /* NULL: flows */
    bool is_new;               /* the incident did not hold the object before */
    bool opened, changed;      /* the incident is new, or has the class of this record now */
    bool aside;                /* the object is known for a class that says more */
    bool passed;               /* the record counts nowhere */
};
void incident_place_flows(struct incidents *t, const struct record *r, struct bytes class, struct bytes key,
                          struct placed *p);
/* Takes the object out of the incident that it counted in where `class` says more of it. */
void incident_place_object(struct incidents *t, const struct record *r, struct bytes class, struct bytes key,
                           bool now, struct placed *p);
void incident_forget_object(struct incidents *t, const struct record *r); /* no more will come of it */
uint64_t incident_family_hash(const struct incidents *t, struct bytes key);
/* An open one of objects, of the same network and destination and of a class that says more; NULL: none. */
struct incident *incident_of_content(const struct incidents *t, struct bytes key);
/* Another open one of the same network and destination whose id is that of `i`; NULL: none. */
struct incident *incident_of_name(const struct incidents *t, const struct incident *i);

#endif
