/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_LEDGER_ENTRY_H
#define GANTRY_REPORT_LEDGER_ENTRY_H

#include "base/hash.h"
#include "base/table.h"
#include "report/event/standing.h"
#include "report/event/technique.h"
#include "report/ledger/distinct.h"
#include "report/ledger/ledger.h"
#include "report/ledger/ledger_share.h"
#include "report/store/change.h"

/* One line of the ledger and what is asked of it; for ledger*.c. */
enum ledger_span { SPAN_MINUTES, SPAN_HOURS, SPAN_DAYS, SPAN_COUNT };
enum { BUCKETS = 12 + 24 + LEDGER_PERIOD_DAYS };

struct bucket {
    int64_t index; /* time / width; -1: never used */
    uint64_t objects, bytes, denied_objects, denied_bytes;
    uint64_t plates_least; /* the most distinct values that one object had: it names only so many digests */
    struct distinct plates, images; /* by keyed digest of the value, and of the content's SHA-256 */
    bool changed;                   /* since it was saved */
    bool unshared;                  /* since the fleet took it */
};

enum alarm_rule { ALARM_SLOW, ALARM_UNUSUAL, ALARM_COUNT };

struct alarm {
    struct record *record; /* what is shown; NULL: not raised */
    struct incident_facts facts;
    time_ns told;
    bool changed;
};

struct entry {
    struct change change;
    struct table_node node; /* its age is that of the last record */
    struct ranked ranked;   /* its weight are octets */
    struct distinct_owner owner;
    uint64_t id;
    time_ns last;
    uint64_t octets; /* of it all */
    bool saved;
    bool partner; /* the destination is a partner's name, and no prefix */
    struct bucket buckets[BUCKETS];
    struct shape shape;
    struct alarm alarms[ALARM_COUNT];
    struct share *share; /* NULL: nothing is shared */
    bool waiting;        /* an alarm may not be told yet, for another sensor may tell it */
    size_t key_size;
    uint8_t key[];
};

/* What one record adds. */
struct addition {
    uint64_t objects, bytes;
    bool denied;
    uint64_t plates_least;
    const uint64_t *digests; /* of plates */
    size_t digest_count;
    bool pictured; /* it is an image that was seen whole: */
    uint64_t image;
};

/* --- ledger_bucket.c --- */
/* To all spans at time `t`; `now` tells what lies in the future. Returns the octets that it took, less those
 * that it freed. */
int64_t bucket_add(struct entry *e, time_ns t, time_ns now, const struct addition *a);
void bucket_sum(const struct entry *e, time_ns now, enum ledger_window window,
                struct ledger_totals *out); /* all but what is distinct */
uint64_t bucket_plates(const struct entry *e, time_ns now, enum ledger_window window);
uint64_t bucket_images(const struct entry *e, time_ns now, enum ledger_window window);
/* The middle one of the days with traffic that ended before the last 24 hours began, of all sensors; returns
 * their number. */
unsigned bucket_usual(const struct entry *e, time_ns now, uint64_t *objects, uint64_t *bytes);
void bucket_init(struct entry *e);
void bucket_finish(struct entry *e);
size_t bucket_octets(const struct bucket *b);    /* of what is distinct */
size_t bucket_set_octets(const struct entry *e); /* of all exact sets */
/* All counts become estimates; the octets that this freed. */
size_t bucket_estimate(struct entry *e);

/* --- ledger_alarm.c --- */
/* One that is over, until it is in the store as a closed incident. */
struct alarm_past {
    struct change change;
    struct record *record;
    struct incident_facts facts;
};
enum { ALARM_PASTS_MAX = 4096 };

struct alarm_watch {
    const char *observer;
    struct ledger_options options;
    struct ledger_sink sink;
    struct record_builder builder;
    struct changes past;
    size_t past_count;
    const struct share_sink *share; /* whom to ask before something is told; its context is NULL: nobody */
};
/* After `r` was counted; NULL: only to see whether the reason is gone. True: something was told. */
bool alarm_check(struct alarm_watch *w, struct entry *e, const struct record *r, struct bytes class,
                 time_ns now);
/* The line is forgotten while it is still in use: what was opened is closed. */
void alarm_end(struct alarm_watch *w, struct entry *e, time_ns now);
void alarm_finish(struct entry *e);
void alarm_drop_past(struct alarm_watch *w);

/* --- ledger_share.c --- */
struct ledger;
void share_note(struct ledger *l, struct entry *e, const struct record *r, time_ns t,
                const struct addition *a);
void share_forget(struct ledger *l, struct entry *e);
/* Of this sensor and the others: in 24 hours or 45 days, all but what is distinct; of each day with traffic
 * that ended before the last 24 hours began, how many days; different plates. */
void share_sum(const struct entry *e, time_ns now, bool days, struct ledger_totals *out);
unsigned share_days(const struct entry *e, time_ns now, uint64_t *objects, uint64_t *bytes);
uint64_t share_plates(const struct entry *e, time_ns now, enum ledger_window window);

/* --- ledger.c --- */
struct ledger {
    struct alarm_watch watch;
    struct hash_key secret, digest_key;
    struct table lines; /* struct entry */
    struct ranking ranking;
    struct distinct_pool pool;
    uint64_t memory;
    time_ns now, elsewhere; /* packet time; where the last jump went */
    unsigned agreed;        /* records in a row that jumped there */
    time_ns scanned;
    uint64_t serial;     /* of the last entry */
    uint64_t highest;    /* while loading: serial */
    struct entry *found; /* while loading: the last one */
    struct changes changes;
    struct share_sink share;
    struct changes shared; /* struct share */
    struct gone gone;      /* uint64_t: entries forgotten, and still in the store */
};

/* By age; NULL: there is none. */
static inline struct entry *ledger_oldest(const struct ledger *l) {
    return TABLE_ENTRY(table_oldest(&l->lines), struct entry, node);
}
static inline struct entry *ledger_younger(const struct entry *e) {
    return TABLE_ENTRY(table_younger(&e->node), struct entry, node);
}
struct bytes ledger_part(const struct entry *e, unsigned n); /* of the key: network, destination, class */
struct entry *ledger_begin(struct ledger *l, const uint8_t *key, size_t n); /* NULL: no memory */
/* After what was counted, `octets` more; makes it the most recent of its standing. */
void ledger_rank(struct ledger *l, struct entry *e, int64_t octets);
/* After its sets have changed, and its rank. */
void ledger_weigh_sets(struct ledger *l, struct entry *e);

#endif
