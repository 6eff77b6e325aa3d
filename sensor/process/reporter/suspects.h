/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROCESS_REPORTER_SUSPECTS_H
#define GANTRY_PROCESS_REPORTER_SUSPECTS_H

#include "base/clock.h"
#include "config/config.h"

#include <stdbool.h>
#include <stddef.h>

/* Records that reporters died of, in memory that the reporter and the supervisor alone see. The reporter
 * notes which record it is at; if it dies there by a fault of its own the supervisor holds that against the
 * record, and after the second time the reporter's successor steps over it. A record is known by where it
 * stands in its channel, for all else is what a worker says, which may have been taken over. */

enum {
    SUSPECT_CHANNELS = 2 * WORKERS_MAX,
    SUSPECT_DEATHS = 2, /* of one record */
    SUSPECT_TRIES = 5,  /* deaths in a row between which no record was worked off, */
    SUSPECT_ROW = 16,   /* or records stepped over between which none was taken: it is none of them */
    SUSPECT_TEXT_MAX = 120
};

struct suspect_record {
    unsigned channel;  /* from 0 */
    uint64_t position; /* bytes, as ring_position() has it */
    uint64_t id;       /* as its worker says, as is */
    uint16_t kind;     /* enum record_kind */
};

struct suspects {
    /* By the reporter: */
    _Atomic bool working;            /* it is at this record: */
    struct suspect_record at;        /* written before */
    uint64_t read[SUSPECT_CHANNELS]; /* the furthest position up to which each channel was read */
    uint64_t taken, given_up;        /* records, so far */
    unsigned row;                    /* of those that were given up, since one was taken */
    /* By the supervisor, as deaths come; the reporter clears what it has told. */
    struct reporter_death {
        unsigned times; /* since it was told last; 0: nothing to tell */
        int signal;     /* that the last died of, */
        bool at_record; /* while it was at this one: */
        struct suspect_record record;
    } death;
    struct suspect {
        uint64_t position; /* of the record that is suspected, */
        unsigned deaths;   /* at it; 0: none is */
        unsigned all;      /* at any of this channel of late, */
        time_ns last;      /* the last of them, monotonic */
    } channel[SUSPECT_CHANNELS];
    uint64_t worked_off; /* taken and given up until the last death */
};

/* --- in the reporter --- */

/* The channel was read up to this position. */
void suspects_read(struct suspects *s, unsigned channel, uint64_t position);
/* It works on this record from now on, until suspects_leave(). */
void suspects_enter(struct suspects *s, const struct suspect_record *r);
void suspects_leave(struct suspects *s);
/* That record was taken, or given up. */
void suspects_taken(struct suspects *s, uint64_t records);
void suspects_gave_up(struct suspects *s);
/* The record at this position is to be stepped over. */
bool suspects_condemned(const struct suspects *s, unsigned channel, uint64_t position);
/* Up to this position the channel is to be read record by record, each of them settled before the next, so
 * that the next death names one: what the reporter that died had read, and not settled. 0: nothing. */
uint64_t suspects_careful(const struct suspects *s, unsigned channel);
/* Monotonic time before which a live sensor leaves the channel alone, so that other channels' records go out
 * meanwhile: longer with each death beyond those of one record, up to ten minutes. 0: none. */
time_ns suspects_rest(const struct suspects *s, unsigned channel);

/* --- in the supervisor --- */

/* The reporter died of this signal; `own_fault`: what it was at may be the reason. True: records were worked
 * off since it died last. */
bool suspects_died(struct suspects *s, int signal_number, bool own_fault, time_ns now);

/* --- for people --- */

/* "record 7 of worker 1, a transfer"; channels from `workers` on are examiners'. */
const char *suspect_write(const struct suspect_record *r, unsigned workers, char out[SUSPECT_TEXT_MAX]);

#endif
