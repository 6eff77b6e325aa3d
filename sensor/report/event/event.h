/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_EVENT_H
#define GANTRY_REPORT_EVENT_H

#include "base/figure/figure.h"
#include "channel/channel.h"

/* What is written. Privacy: alerts leave the house, so plate-shaped runs in what a sender wrote, the names of
 * files, hosts and users, paths and commands, are covered ("AB***34", shown.h) in every format; transfer
 * records have names whole, since they are the operator's own log: send them nowhere else. */
enum report_records {
    REPORT_ALERT = 1,
    REPORT_TRANSFER = 2,
    REPORT_FLOW = 4,
    REPORT_STATS = 8,
    REPORT_DIGEST = 16
};

/* One thing to tell, as all parts of the reporter see it. */
enum incident_state { INCIDENT_OPENED, INCIDENT_GROWN, INCIDENT_CLOSED, INCIDENT_CHANGED, INCIDENT_STATES };

struct incident_facts {
    char id[37]; /* in the form of a UUID; the same for the same traffic */
    enum incident_state state;
    uint64_t sequence; /* alerts of this incident, this one included */
    uint64_t objects, bytes, plates;
    time_ns first, last; /* packet time of the first and last record */
    uint64_t held;       /* alerts that were held back or muted since the last that went out */
    unsigned techniques; /* a set of technique.h */
    const char *settled; /* closed: why somebody did so; NULL: nobody did */
    const char *before;  /* changed, or closed before that was told: the class it had; NULL: the same */
    const char *joined;  /* closed: the incident that its objects count in; NULL: they count in this one */
    bool worse;          /* the first, or one of a worse verdict or higher severity than any before */
    uint8_t standing;    /* enum standing of standing.h */
};

struct event {
    unsigned kind; /* one of enum report_records; a notice goes with the stats */
    time_ns time;
    const char *observer;
    const char *boot, *interface;          /* of this start of the sensor; NULL: no interface is watched */
    uint64_t sequence;                     /* of this output: a hole means that messages were dropped */
    const struct record *record;           /* of an alert one of shown.h; NULL for stats */
    const struct incident_facts *incident; /* alerts only */
    const uint64_t *figures;               /* stats only: FIGURE_COUNT values */
    const struct digest_facts *digest;     /* digests only */
    bool last;                             /* stats: end of the run */
    bool urgent;                           /* a notice that goes where alerts go */
    bool test;                             /* one that goes everywhere */
    const struct cap_summary *held;        /* a notice of alerts that were held back; NULL */
    bool colour;                           /* the output is a terminal */
    bool syslog;                           /* a syslog receiver reads it, not a file: with its header */
};

/* "opened", "grown", "closed", "changed"; "OPENED", ..., "TRANSFER" for what is no alert. */
const char *incident_state_name(enum incident_state state);
const char *event_action(const struct event *e); /* "alert", "transfer", ... */
const char *event_message_id(const struct event *e);
bool event_is_notice(const struct event *e);

#endif
