/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_LEDGER_SHARE_H
#define GANTRY_REPORT_LEDGER_SHARE_H

#include "report/ledger/ledger.h"
#include "report/store/change.h"

/* The ledgers of several sensors, added up by somebody else (fleet/), who takes what changed here and puts
 * what the others have; then the ledger's alarms judge the sum. A sensor that is alone has none of it.
 *
 * What is taken are amounts as they stand, never what was added: who has them twice has them once. */
enum { SHARE_HOURS = 24, SHARE_BUCKETS = SHARE_HOURS + LEDGER_PERIOD_DAYS, SHARE_DIGESTS_MAX = 4096 };

/* One hour or day of a line. */
struct share_amount {
    bool day;
    int64_t index; /* hours or days since 1970; -1: none */
    uint64_t objects, bytes, denied_objects, denied_bytes;
};
/* A different plate or image of a day. */
struct share_digest {
    int64_t day;
    uint64_t digest;
    bool image;
};

struct entry;
struct share {
    struct share *next; /* the fleet's: in a list of its own, */
    bool listed;        /* in which it stands */
    void *line;         /* the fleet's: what it knows of the line */
    struct change change;
    struct entry *entry;          /* NULL: the ledger forgot the line */
    bool whole;                   /* digests were left out: all that are known are to be taken */
    struct share_digest *digests; /* not taken yet */
    size_t count, room;
    struct share_amount others[SHARE_BUCKETS];
    uint64_t plates;        /* different ones of all sensors, as last told */
    bool moved;             /* a record came; the fleet's to clear when it asks for the others' amounts */
    struct record *witness; /* a record of the line that was not judged with them yet */
};

enum share_permit { SHARE_TELL, SHARE_WAIT, SHARE_TOLD_ELSEWHERE };
struct share_sink {
    void *context;
    bool ends; /* the run will: witnesses stay, for a last judgement */
    /* May this sensor tell alarm number `rule` (below SHARE_RULES_MAX) of the line now? */
    enum share_permit (*permit)(void *context, struct share *s, unsigned rule);
    void (*told)(void *context, struct share *s, unsigned rule);
    /* The ledger forgot the line; what is left of it is to be freed with share_free(). */
    void (*gone)(void *context, struct share *s);
};
enum { SHARE_RULES_MAX = 4 };

/* From now on lines are shared: all that are there, and what changes. */
void ledger_share_begin(struct ledger *l, const struct share_sink *sink);
void ledger_share_again(struct ledger *l); /* all lines are to be taken once more */
void ledger_share_end(struct ledger *l);
time_ns ledger_now(const struct ledger *l); /* packet time */
/* The next line with something to take, which is no longer marked; NULL: there is none. */
struct share *ledger_share_next(struct ledger *l);
void ledger_share_mark(struct ledger *l, struct share *s);
bool ledger_share_waits(const struct ledger *l); /* some line is marked */
/* Of a line that is there: network, destination and class, a newline behind each; its number, which no other
 * line of this sensor ever has; hours and days that changed, how many (nothing is told of them again). */
struct bytes share_key(const struct share *s);
uint64_t share_number(const struct share *s);
size_t share_take(struct share *s, struct share_amount out[SHARE_BUCKETS]);
/* Digests that were not taken yet, and with `whole` all of the exact sets (the rest is counted as lost); to
 * be freed. NULL: none. */
struct share_digest *share_take_digests(struct share *s, size_t *count);
void share_take_back(struct share *s); /* what was taken is to be taken again */
/* What the others have in this hour or day. */
void share_put(struct share *s, const struct share_amount *others);
/* The alarms are judged by the last record that was not yet. */
void ledger_share_judge(struct ledger *l, struct share *s);
void share_free(struct share *s);

#endif
