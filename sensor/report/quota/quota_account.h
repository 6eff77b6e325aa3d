/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_QUOTA_ACCOUNT_H
#define GANTRY_REPORT_QUOTA_ACCOUNT_H

#include "report/incident/seen.h"
#include "report/quota/quota.h"

/* Of the quota's own files. */

enum quota_span { SPAN_DAY, SPAN_MONTH, SPAN_COUNT };
enum { SLOTS = 4 }; /* a record of yesterday, or one with a wrong time, must not forget today */

/* One day or month. */
struct slot {
    int32_t index; /* days or months since 1970 */
    bool used, changed;
    struct contract_amount amount;
};

struct account {
    const struct partner *partner;
    const struct contract *contract;
    uint64_t key; /* of the contract's id, the same in every run */
    struct slot slots[SPAN_COUNT][SLOTS];
    struct slot others[SPAN_COUNT]; /* what other sensors saw, as last told */
    struct record *newest; /* that was counted, of severity of its object; NULL: none, or nobody asks */
    bool reader;           /* it is no partner's */
    struct contract_amount all;
    time_ns first, last;
    bool changed;
};

struct quotas {
    const struct policy *policy;
    struct account *accounts; /* in the order of the contracts in memory, so that one is found by halving */
    size_t count;
    struct seen *seen; /* objects that are moving: `bytes` is a moving object's, packed */
    time_ns since;     /* of the first record that was ever counted */
    bool since_changed;
    bool shared; /* with other sensors */
    struct record_builder builder;
    uint64_t changed[]; /* the record that quotas_record() returns */
};

/* What is remembered of a moving object, in the 64 bits that seen.h keeps. */
struct moving {
    uint64_t bytes;    /* counted so far */
    unsigned broken;   /* limits that it went over, of TERM_LIMITS */
    unsigned severity; /* the highest of its findings */
};
struct moving moving_read(uint64_t packed);
uint64_t moving_pack(struct moving m);

#endif
