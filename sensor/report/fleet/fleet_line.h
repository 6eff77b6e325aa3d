/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_FLEET_LINE_H
#define GANTRY_REPORT_FLEET_LINE_H

#include "report/fleet/engine.h"
#include "report/fleet/fleet.h"
#include "report/fleet/place.h"

/* Of the fleet's own files. */

/* Who tells an alarm. */
enum lease {
    LEASE_NONE,
    LEASE_ASKED,     /* was it told, and may we */
    LEASE_OURS,      /* we tell it */
    LEASE_ELSEWHERE, /* another sensor told it */
    LEASE_WAITING,   /* another one is about to */
};

struct fleet_line {
    struct fleet_line *next, *previous; /* of all */
    struct share *share;
    char name[SECRET_NAME_MAX];
    unsigned under_way; /* commands */
    int64_t seen[2];    /* the newest hour and day whose keys expire by our word */
    int64_t week;       /* in which its name was written; -1: never */
    time_ns read;       /* when all hours and days were read; 0: never */
    time_ns read_after; /* the others' amounts again not before */
    struct {
        enum lease state;
        time_ns asked, looked; /* first, and last for the mark */
    } lease[SHARE_RULES_MAX];
    bool waits; /* for another sensor; counted in fleet.leases */
};

/* A contract with a limit a day or a month, whose amounts are shared. */
struct fleet_contract {
    struct fleet *fleet;
    size_t which; /* of quotas.h */
    bool month;
    unsigned under_way;
    char name[SECRET_NAME_MAX];
    struct quota_amount sent; /* what is in the engine; its contract is NULL: nothing */
    int32_t asked;            /* day or month that is being read */
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
    unsigned leases; /* lines that wait for another sensor */
    bool away, hurry, word_under_way;
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
/* A command that belongs to the line; the answer function calls line_answered(). */
bool line_command(struct fleet *f, struct fleet_line *line, const struct engine_command *words,
                  engine_answer *answer, void *subject);
void line_answered(struct fleet *f, struct fleet_line *line);

/* --- fleet_contract.c --- */
bool contracts_open(struct fleet *f); /* false: no memory */
void contracts_turn(struct fleet *f, time_ns now);
void contracts_begin(struct fleet *f); /* nothing of them is known to be in the engine */
bool contracts_idle(const struct fleet *f);

/* --- lease.c --- */
enum share_permit lease_permit(void *context, struct share *s, unsigned rule); /* both of share_sink */
void lease_told(void *context, struct share *s, unsigned rule);
void lease_turn(struct fleet *f, time_ns now);
void lease_leave(struct fleet *f, struct fleet_line *line); /* the line is dropped */

#endif
