/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_STORE_H
#define GANTRY_REPORT_STORE_H

#include "base/bytes.h"
#include "base/clock.h"
#include "base/log.h"
#include "report/store/schema.h"
#include "settings/setting.h"

/* What outlives the reporter, in one SQLite database; the only file that knows SQLite is store.c, what stands
 * in it is in schema.c. Memory is the truth while the reporter lives: incidents, ledger and outboxes mark
 * what changed and write it in one transaction a batch of records, together with the last record of each
 * channel, so a batch that is repeated after a crash counts once. What a failed transaction did not write
 * stays marked. */
struct store; /* opaque */

enum store_result {
    STORE_DONE,
    STORE_FULL,    /* store_bounded(): forget something and try again; else it is the disk */
    STORE_DAMAGED, /* store_replace() */
    STORE_FAILED,  /* try again later */
};

/* What is kept of the past, and of what waits for its receiver: store of gantry.yaml. */
struct store_limits {
    uint64_t max_age;   /* ns of packet time that closed incidents are kept */
    uint64_t max_bytes; /* of the database; 0: no bound but the disk's */
    uint64_t outbox;    /* bytes of messages held for an output that does not take them */
};
extern const struct setting store_settings[];

struct store_config {
    const char *folder; /* NULL: nothing outlives it */
    uint64_t run; /* of this start of the sensor, and of its channels: a reporter that is started again has
                     the same */
    /* How often in this run messages were numbered without the store knowing it; outlives the reporter. With
     * the run it makes the boot id, so that no number comes twice under one. NULL: no reporter comes after
     * this one. */
    uint64_t *unstored;
    struct store_limits limits;
    bool checked; /* a predecessor checked it for damage and closed it in order */
};

struct store_options {
    const char *folder; /* made if it is not there, for the owner alone; holds gantry.db */
    uint64_t max_bytes; /* 0: no bound but the disk's */
    bool checked; /* who had it before closed it in order: it is not read through for damage once more */
};

/* What opening had to do first. */
enum store_found { STORE_FOUND, STORE_NEW, STORE_SET_ASIDE };

/* NULL with a reason: the folder cannot be made or written, or another sensor uses it. A damaged database, or
 * one of a later version, is renamed to gantry.db.aside-TIME (the two newest are kept) and a new one begun.
 */
struct store *store_open(const struct store_options *options, enum store_found *found, struct error *e);
void store_close(struct store *s);
/* Sets the database aside and begins a new one: all is to be written again. */
bool store_replace(struct store *s, struct error *e);

enum store_kind { STORE_NUMBER, STORE_BYTES, STORE_TEXT };
struct store_value {
    enum store_kind kind;
    int64_t number;
    struct bytes bytes; /* lives for the call */
};
#define STORE_N(n) ((struct store_value){.kind = STORE_NUMBER, .number = (int64_t)(n)})
#define STORE_B(b) ((struct store_value){.kind = STORE_BYTES, .bytes = (b)})
#define STORE_T(b) ((struct store_value){.kind = STORE_TEXT, .bytes = (b)})

/* Binds `n` values in their order and runs the statement. False: the transaction will not be done. */
bool store_run(struct store *s, enum store_statement which, const struct store_value *values, size_t n);
/* Calls `row` with each row's columns. */
bool store_each(struct store *s, enum store_statement which,
                void (*row)(void *context, const struct store_value *columns), void *context);
/* The same with `n` values bound in their order. */
bool store_find(struct store *s, enum store_statement which, const struct store_value *values, size_t n,
                void (*row)(void *context, const struct store_value *columns), void *context);
uint64_t store_changed(const struct store *s); /* rows that the last store_run() changed */

void store_begin(struct store *s);
/* Ends the transaction; unless it is done nothing of it was written. */
enum store_result store_end(struct store *s);
/* What was deleted is overwritten in the database at once; this empties the log of transactions beside it,
 * which has it until then. Not within a transaction. */
void store_tidy(struct store *s);
/* It has grown to max_bytes, or to less than a transaction away from it. */
bool store_bounded(struct store *s);
/* Octets in use of max_bytes. */
uint64_t store_size(struct store *s);

#endif
