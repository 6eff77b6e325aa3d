/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_LEDGER_H
#define GANTRY_REPORT_LEDGER_H

#include "base/hash.h"
#include "policy/target.h"
#include "report/event/event.h"
#include "report/event/standing.h"
#include "report/store/store.h"
#include "settings/setting.h"

/* What has left, by image network, destination (the partner; of a host that nobody knows its /24 or /56) and
 * class, once the transfer has ended: objects, each in the class alone that says most of it (telling.h), and
 * bytes; distinct plates by keyed digest (distinct.h); distinct images that were seen whole (by keyed digest
 * of the SHA-256, so that one picture sent twice is one). What the policy did not allow is counted apart too.
 *
 * Buckets of 5 minutes, hours and UTC days, begun at multiples of their width since 1970, so that those of
 * several sensors can be added up: numbers by addition, registers by their greatest. The last hour is the
 * newest 12 of 5 minutes, the last day the newest 24 hours, 7 and 45 days are days.
 *
 * All on packet time. A step back of less than two days counts where it belongs. A longer jump either way is
 * counted and believed once three records in a row agree on it; until then they count at the time before. */
enum ledger_window { LEDGER_HOUR, LEDGER_DAY, LEDGER_WEEK, LEDGER_PERIOD, LEDGER_WINDOWS };
enum { LEDGER_PERIOD_DAYS = 45 };

struct ledger_totals {
    uint64_t objects, bytes;
    uint64_t denied_objects, denied_bytes; /* of those, not allowed */
    uint64_t plates, images;               /* different ones */
    unsigned denied_days;                  /* week and period: days with something not allowed */
};

/* Thresholds. Objects count once their transfer has ended. */
struct ledger_options {
    uint64_t memory; /* bytes; lines are forgotten in the order of standing.h. A quarter holds exact sets */
    uint64_t slow_objects,
        slow_days;           /* not allowed, within 45 days, on so many days; 0 objects: never told */
    uint64_t growth_factor;  /* times the usual day's objects or bytes; 0: never told */
    uint64_t growth_history; /* days with traffic that must have been seen before */
    uint64_t growth_objects, growth_bytes; /* fewer in 24 hours are no reason */
    uint64_t repeat;                       /* ns between two alerts of one incident of the ledger */
};
extern const struct setting ledger_settings[]; /* ledger of gantry.yaml */

struct ledger; /* opaque */
struct distinct_pool;
struct ledger_sink {
    void *context;
    /* As incident_sink's. The record has the ledger's own rule. */
    bool (*alert)(void *context, time_ns time, const struct incident_facts *facts,
                  const struct record *record);
};

struct ledger *ledger_create(const char *observer, const struct ledger_options *options,
                             const struct ledger_sink *sink, const struct hash_key *digest_key, bool kept);
void ledger_destroy(struct ledger *l);
/* Of the exact sets of its lines, for those of others; lives as long as the ledger. */
struct distinct_pool *ledger_pool(struct ledger *l);
/* A transfer record, or the sum of a volume record, whose uploads are its objects; what does not leave an
 * image network is passed over. */
void ledger_record(struct ledger *l, const struct record *r);
/* Forgets what is older than the period and closes alarms whose reason is gone. */
void ledger_tick(struct ledger *l, time_ns now);
/* `t`, or the ledger's time where it does not believe in `t`. */
time_ns ledger_clock(const struct ledger *l, time_ns t);
/* False: nothing is known of it. `destination` as ledger_destination() names it. */
bool ledger_totals(const struct ledger *l, const char *network, const char *destination, const char *class,
                   enum ledger_window window, struct ledger_totals *out);
/* ATT&CK techniques that what went before shows, of the line that a record with one class belongs to. */
unsigned ledger_techniques(const struct ledger *l, const struct record *r);
/* Lines whose network, destination and class are those `wanted` (NULL: any), the latest first, with their
 * totals; `visit` sees at most `most` of them, those of the highest standing. Returns how many there are. */
struct ledger_line {
    struct bytes network, destination, class;
    time_ns last;
    struct ledger_totals totals[LEDGER_WINDOWS];
};
size_t ledger_each(const struct ledger *l, const char *const wanted[3], size_t most,
                   void (*visit)(void *context, const struct ledger_line *line), void *context);
size_t ledger_count(const struct ledger *l);
/* In the order of standing.h; returns how many. */
size_t ledger_forget(struct ledger *l, size_t lines);
/* The standing of the line that would go first; STANDING_COUNT: there is none. */
enum standing ledger_first_out(const struct ledger *l);

/* As of incident.h; `kept`: in a store. */
bool ledger_save(struct ledger *l, struct store *store);
void ledger_saved(struct ledger *l);
void ledger_spoil(struct ledger *l);
bool ledger_load(struct ledger *l, struct store *store);

/* The partner whose the destination is; empty: it is nobody's. What an unknown host is called (Host, SNI) the
 * sender chose: it is told, and makes nobody the owner. */
struct bytes ledger_owner(const struct record *r);
/* The owner, else the prefix that is announced for the host, else its /24 or /56: "Plate Systems",
 * "203.0.113.0/24", "2001:db8:0:100::/56" in `room`, or in the record; of a relay that of whom it was asked
 * for, or the domain of the name (target.h). No partner is named like a prefix or like these (policy.h). */
enum { DESTINATION_ROOM = TARGET_GROUP_MAX };
struct bytes ledger_destination(const struct record *r, char room[DESTINATION_ROOM]);

#endif
