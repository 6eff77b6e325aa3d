/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_EVENT_H
#define GANTRY_REPORT_EVENT_H

#include "base/figure/figure.h"
#include "report/report.h"

/* One thing to tell, as the formats see it, and its fields. Adding a field is one line in fields.c. */
enum incident_state { INCIDENT_OPENED, INCIDENT_GROWN, INCIDENT_CLOSED };

struct incident_facts {
    char id[37]; /* in the form of a UUID; the same for the same traffic */
    enum incident_state state;
    uint64_t sequence; /* alerts of this incident, this one included */
    uint64_t objects, bytes, plates;
    time_ns first, last; /* packet time of the first and last record */
    uint64_t held;       /* alerts that were held back or muted since the last that went out */
    unsigned techniques; /* a set of technique.h */
    const char *settled; /* closed: why somebody did so; NULL: nobody did */
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

enum value_kind {
    VALUE_ABSENT,
    VALUE_NULL,
    VALUE_TEXT,  /* hostile, or as long as somebody wrote it: escaped, may be shortened */
    VALUE_TOKEN, /* our own: an address, a time, a digest, a word; never shortened */
    VALUE_NUMBER,
    VALUE_BOOL,
    VALUE_LIST, /* of texts */
    VALUE_FIGURES,
    VALUE_SENTENCE, /* sentence_write() */
    VALUE_DIGEST,   /* nested: JSON alone has it */
};

struct value {
    enum value_kind kind;
    struct bytes text; /* LIST: newline between; lies in the event, in `room`, or is static */
    uint64_t number;   /* NUMBER, BOOL */
    char room[96];
};

/* Least important first: fields of rank 1 are left out first when a message is too long, those of rank 0
 * never. */
enum { RANK_TEXTS = 18, RANK_LAST = 27 };

struct field {
    const char *ecs;   /* dotted; fields with a common beginning stand together */
    const char *brief; /* name in structured data; NULL: stands elsewhere in the message */
    uint8_t rank;
    uint8_t records; /* enum report_records, or-ed */
    void (*get)(const struct event *e, size_t which, struct value *v);
    size_t which; /* for `get`: an offset or an index */
};

extern const struct field fields[]; /* ends with a NULL ecs */

/* What the field says of the event; false when the event has no such field or it is left out. */
bool field_get(const struct field *f, const struct event *e, unsigned level, struct value *v);

/* "opened", "grown", "closed"; "OPENED", ..., "TRANSFER" for what is no alert. */
const char *incident_state_name(enum incident_state state);
const char *event_action(const struct event *e); /* "alert", "transfer", ... */
const char *event_message_id(const struct event *e);
bool event_is_notice(const struct event *e);

/* Numbers of the figures to be told, those that matter most first: all at level 0, else the headlines and what is not
 * zero; fewer the higher the level. */
size_t event_figures(const struct event *e, unsigned level, uint16_t out[FIGURE_COUNT]);

/* Covers plate-shaped runs but for their first two and last two characters: "L04_ABC1234.jpg" becomes
 * "L04_AB***34.jpg". See redact.c for what is plate-shaped. What is covered stays as it is when it is done again. */
void redact(uint8_t *text, size_t n);

#endif
