/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_QUOTA_H
#define GANTRY_REPORT_QUOTA_H

#include "channel/channel.h"
#include "policy/policy.h"
#include "report/store/store.h"

/* What partners received under each contract, today and this month, and what its limits say of it: the
 * reporter decides them, since it alone sees what all workers see.
 *
 * Days and months are those of the contract's zone, in packet time. All image networks and all addresses of
 * the partner count together. An object counts as soon as a rule gives it a class, once; bytes are those of
 * all objects that are no containers, with or without a class, and those of flows whose content cannot be
 * read; they count while they move. What a contract does not cover for another reason counts too: its limits
 * are on what was received. Of several contracts that cover an object, the first with room takes it; one
 * whose class says more of the object (telling.h) takes it over from another. The object that goes over a
 * limit is the first in breach. */
struct quotas; /* opaque */

/* Bytes for the objects that are under way, whatever the contracts. */
size_t quotas_bytes(void);
/* `policy` is kept by reference; NULL: there are no contracts. NULL: no memory. */
struct quotas *quotas_create(const struct policy *policy);
void quotas_destroy(struct quotas *q); /* accepts NULL */

/* Counts a finding, transfer or volume record. Returns it, or where limits do not hold it with its verdict
 * made worse and the terms named, until the next call. What has no class of its own gets QUOTA_CLASS then. */
const struct record *quotas_record(struct quotas *q, const struct record *r);
#define QUOTA_CLASS "contract-volume"

/* One contract's use at packet time `now`, for the digest, reports and gantryctl. */
struct quota_line {
    const struct partner *partner;
    const struct contract *contract;
    struct contract_amount day, month; /* of today and this month */
    struct contract_amount all;        /* since it was first used */
    time_ns first, last;               /* 0: it was never used */
};
/* All of the configuration, in its order. Returns since when the store counts, 0: nothing was counted yet. */
time_ns quotas_each(const struct quotas *q, time_ns now,
                    void (*line)(void *context, const struct quota_line *l), void *context);

/* For several sensors that add up what they saw (fleet/): the contracts with limits, by number; false: that
 * one has none, or there are no more. */
struct quota_amount {
    const struct contract *contract;
    int32_t index; /* days or months since 1970, in the contract's zone */
    struct contract_amount amount;
};
size_t quotas_count(const struct quotas *q);
bool quotas_amount(const struct quotas *q, size_t which, bool month, time_ns now, struct quota_amount *out);
/* What the other sensors saw of it: limits are judged on the sum. */
void quotas_put_others(struct quotas *q, size_t which, bool month, const struct quota_amount *others);
/* From now on the last record of each contract with a limit is kept, for quotas_over(). */
void quotas_share(struct quotas *q);
/* How far the sum of all sensors is over a limit of today (this month): 0: it is not; 1: it is; 2: ten times,
 * 3: a hundred times the limit or more ... */
unsigned quotas_tenfold(const struct quotas *q, size_t which, bool month, time_ns now);
/* The last record of this sensor that counts in a sum that is over its limit, with the verdict and the terms
 * that quotas_record() gives, until the next call of either. NULL: the sum is not, or this sensor has no
 * part. */
const struct record *quotas_over(struct quotas *q, size_t which, bool month, time_ns now);
/* When the first record was counted that the amounts hold; 0: none was. */
time_ns quotas_since(const struct quotas *q);

/* What changed since quotas_saved(), into the store's transaction. */
bool quotas_save(struct quotas *q, struct store *store);
void quotas_saved(struct quotas *q);
/* Everything is to be written again. */
void quotas_spoil(struct quotas *q);
/* `same_run`: objects that were moving still are. Contracts that are not configured stay in the store. */
bool quotas_load(struct quotas *q, struct store *store, bool same_run);

#endif
