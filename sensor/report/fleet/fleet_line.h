/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_FLEET_LINE_H
#define GANTRY_REPORT_FLEET_LINE_H

#include "report/fleet/engine.h"
#include "report/fleet/fleet.h"
#include "report/fleet/place.h"

/* Of the fleet's own files. */

/* What a thousand sensors write a thousand need not read every few seconds: not before so long for each
 * field. */
enum { READ_AFTER_FIELD_MS = 10 };

/* A line or a contract: the keys that have its digest lie in one slot. */
struct matter {
    char name[SECRET_NAME_MAX];
    unsigned under_way;                                  /* commands */
    void (*answered)(struct fleet *f, struct matter *m); /* the last of them was */
    void (*judge)(struct fleet *f, struct matter *m);    /* who tells its alarms has changed */
};

/* Who tells an alarm. */
enum lease_state {
    LEASE_NONE,
    LEASE_ASKED,     /* was it told, and may we */
    LEASE_OURS,      /* we tell it */
    LEASE_ELSEWHERE, /* another sensor told it */
    LEASE_WAITING,   /* another one is about to */
};
enum { LEASE_ALARM_MAX = 28 };
struct lease {
    struct matter *matter;
    enum lease_state state;
    char alarm[LEASE_ALARM_MAX]; /* which of the matter's, in its keys; not changed while commands are under
                                    way */
    time_ns asked, looked;       /* first, and last for the mark */
};

struct fleet_line {
    struct matter matter;
    struct fleet_line *next, *previous; /* of all */
    struct share *share;
    int64_t seen[2];    /* the newest hour and day whose keys expire by our word */
    int64_t week;       /* in which its name was written; -1: never */
    time_ns read;       /* when all hours and days were read; 0: never */
    time_ns read_after; /* the others' amounts again not before */
    struct lease lease[SHARE_RULES_MAX];
};

/* A contract with a limit a day or a month, whose amounts are shared. */
enum { CONTRACT_HELD_MAX = 64 };
struct fleet_contract {
    struct matter matter;
    size_t which; /* of quotas.h */
    bool month;
    struct quota_amount sent; /* what is in the engine; its contract is NULL: nothing */
    int32_t asked;            /* day or month that is being read */
    time_ns read_after;       /* the others' amounts again not before */
    bool read_again;          /* the run ends: what the others have now is to be judged too */
    /* Who tells that the sum is over a limit: of the day or month `index`, and once more each tenfold. */
    struct lease lease;
    int32_t index;
    unsigned tenfold;
    bool tells;                             /* this sensor, for as long as the day or month lasts */
    struct record *held[CONTRACT_HELD_MAX]; /* in breach, until it is known who tells it */
    unsigned held_count;
};

struct fleet {
    const struct fleet_options *options;
    struct fleet_parts parts;
    struct engine *engine;
    char sensor[SECRET_SENSOR_MAX];
    struct share *round; /* to be written */
    time_ns round_begun, worded;
    uint64_t breaks;       /* of the engine's connections that were seen */
    time_ns broken, again; /* the last one, 0: all was written since; when all was written again */
    struct fleet_line *lines;
    struct fleet_contract *contracts;
    size_t contract_count;
    time_ns contracts_read;
    unsigned leases; /* that wait for another sensor */
    bool away, hurry, settled, word_under_way;
    char *text;      /* room for a word of this sensor, */
    uint8_t *sealed; /* and for it sealed */
};

/* --- fleet_line.c --- */
bool line_send(struct fleet *f, struct share *s); /* false: something is left for the next round */
void line_begin(struct fleet_line *line);         /* nothing of it is known to be in the engine */
bool line_under_way(const struct share *s);
void line_gone(void *context, struct share *s);     /* of share_sink */
void line_forget(struct fleet *f, struct share *s); /* the ledger forgot it, and nothing lists it */
void line_drop(struct fleet *f, struct fleet_line *line);
enum share_permit line_permit(void *context, struct share *s, unsigned rule); /* both of share_sink */
void line_told(void *context, struct share *s, unsigned rule);

/* --- fleet.c --- */
/* A command that belongs to the matter; the answer function calls matter_answered(). */
bool matter_command(struct fleet *f, struct matter *m, const struct engine_command *words,
                    engine_answer *answer, void *subject);
void matter_answered(struct fleet *f, struct matter *m);

/* --- fleet_contract.c --- */
bool contracts_open(struct fleet *f); /* false: no memory */
void contracts_close(struct fleet *f);
void contracts_turn(struct fleet *f, time_ns now);
void contracts_begin(struct fleet *f); /* nothing of them is known to be in the engine */
void contracts_read_again(struct fleet *f);
void contracts_settle(struct fleet *f);
bool contracts_idle(const struct fleet *f);

/* --- lease.c --- */
enum share_permit lease_permit(struct fleet *f, struct lease *l);
void lease_told(struct fleet *f, struct lease *l);
void lease_turn(struct fleet *f, time_ns now);
void lease_end_waiting(struct fleet *f, struct lease *l); /* this sensor tells it */
void lease_leave(struct fleet *f, struct lease *l);       /* it is about something else, or nothing */

#endif
