/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PIPELINE_SHARED_EXAMINE_AREA_H
#define GANTRY_PIPELINE_SHARED_EXAMINE_AREA_H

#include "base/shares.h"
#include "channel/channel.h"
#include "config/config.h"
#include "examine/slots.h"

#include <stdatomic.h>

/* Between workers and examiners. A worker's area holds the files that it gathers and what it asks for: it
 * alone writes there, and examiners read. What comes of it stands in the answers of an examiner: it alone
 * writes there, and workers read. Neither trusts the other: either may have been taken over. */

enum {
    EXAMINERS_MAX = 16,
    EXAMINE_NOTE_MAX = 48 << 10, /* of a transfer's record without digests */
    EXAMINE_RULES_MAX = 8,
    EXAMINE_GIVEN_UP_MAX = 256, /* files that are known by their digest as such; the oldest are forgotten */
    EXAMINE_RULE_MAX = 128,     /* octets of a rule's id, with its end */
};

/* One file to be examined: that of the slot of the same number. */
struct examine_job {
    _Atomic uint64_t ticket; /* 0: none; grows; written last */
    uint32_t examiner;       /* who is to do it */
    uint64_t at, n;          /* bytes of the file, in the area's */
    uint8_t whole;
    time_ns since; /* by the monotonic clock */
    uint16_t host_n;
    uint8_t host[256];                     /* by which the client called the server */
    uint64_t record[EXAMINE_NOTE_MAX / 8]; /* packed: what is said of the object's transfer */
};

struct examine_area {
    uint64_t tickets;           /* given so far */
    struct examine_slots slots; /* the worker's own: for a successor to clear */
    struct examine_job job[EXAMINE_SLOTS_MAX];
    uint8_t bytes[];
};

/* What an examiner says of a file itself; of what is in it there are records in the examiner's own ring. */
struct examine_result {
    enum examine_outcome { EXAMINE_DONE, EXAMINE_GIVEN_UP } outcome; /* it killed an examiner twice */
    uint8_t bounded;                                                 /* some of it was not looked at */
    uint64_t made;                                                   /* bytes that came out of it */
    unsigned rules;                                                  /* that hold for it */
    char rule[EXAMINE_RULES_MAX][EXAMINE_RULE_MAX];                  /* NUL-terminated ids */
};

/* Milliseconds of processor time that files took lately; half of it is forgotten each minute. */
struct examine_spent {
    time_ns halved; /* by the monotonic clock */
    uint32_t worker[WORKERS_MAX];
    struct shares source; /* of the files of all of them */
};

struct examine_answers {
    _Atomic time_ns seen; /* by the monotonic clock: when it last took or ended one, or looked for one */
    /* What it is at; for its successor, if it does not live through it. */
    uint32_t worker, slot;
    uint64_t ticket;    /* 0: nothing */
    uint8_t sha256[32]; /* of it, as its worker says */
    struct examine_given_up {
        uint8_t sha256[32]; /* zeros: none */
        uint32_t worker;    /* which said so: the files of others are not held against it */
    } given_up[EXAMINE_GIVEN_UP_MAX];
    uint32_t given_up_next;
    struct examine_spent spent;
    uint64_t numbers; /* of objects, given so far */
    struct examine_answer {
        _Atomic uint64_t ticket; /* of the job that is over; written last */
        uint64_t died;           /* of that which ended an examiner, once */
        struct examine_result result;
    } answer[WORKERS_MAX][EXAMINE_SLOTS_MAX];
};

#endif
