/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_DIGEST_H
#define GANTRY_REPORT_DIGEST_H

#include "base/counter.h"
#include "channel/channel.h"
#include "policy/policy.h"
#include "report/incident/mute.h"
#include "report/store/store.h"

/* The day in numbers, for people who do not read each alert: what incidents did, what went where, what the
 * sensor could not see, how the alerts fared. It sums up from one digest to the next; the sums of those that
 * were told stay in the store, so that any run of days can be added up. */

/* When the daily digest is told. */
struct digest_options {
    const char *at, *zone_name; /* as they are written; digest_check() makes the rest of them */
    bool never;
    uint32_t minute;         /* of the zone's day */
    const struct zone *zone; /* NULL: UTC */
};
extern const struct setting digest_settings[]; /* digest of gantry.yaml */
bool digest_check(struct setting_reader *r, const struct doc_node *map, void *options);

/* What left of the findings' objects, each counted once, by the worst that the policy says of it. */
struct digest_volume {
    const char *network, *destination; /* as the ledger names it */
    uint8_t verdict;
    uint64_t objects, bytes;
};
/* Rows in memory; what finds no room is in one row whose destination is DIGEST_OTHERS, what is small and to
 * unknown destinations first (event/standing.h). */
enum { DIGEST_VOLUMES_MAX = 4096 };
#define DIGEST_OTHERS "(others)"

/* Counters that are summed up, by what they tell. */
enum digest_part { DIGEST_INCIDENTS, DIGEST_ALERTS, DIGEST_UNSEEN };
struct digest_tally {
    enum digest_part part;
    enum counter counter;
    const char *name; /* in records; of what was not seen the counter's own key */
};
enum { DIGEST_TALLIES = 33 };
extern const struct digest_tally digest_tallies[DIGEST_TALLIES];

/* A contract, or a partner without one, that somebody should look at. */
struct digest_contract {
    const char *partner, *contract; /* contract NULL: the partner has none that holds */
    char says[320];
};
enum { DIGEST_CONTRACTS_MAX = 64 };

struct digest_output {
    const char *name;
    uint64_t queued, in_doubt; /* messages not sent, and sent but not confirmed */
};

/* What is told. All by reference, for the call. */
struct digest_facts {
    time_ns since, until;
    bool running;  /* somebody asked: the day goes on */
    uint64_t open; /* incidents */
    uint64_t tally[DIGEST_TALLIES];
    const struct digest_volume *volumes; /* most bytes first */
    size_t volume_count;
    const struct digest_contract *contracts;
    size_t contract_count,
        contracts_in_all; /* in the list, which has DIGEST_CONTRACTS_MAX at most; of them all */
    const struct digest_output *outputs;
    size_t output_count;
    const struct mutes *mutes;
};

struct digest; /* opaque */

struct digest *digest_create(const struct digest_options *options); /* NULL: no memory */
void digest_destroy(struct digest *d);
/* A transfer record, or the sum of a volume record for the ledger. */
void digest_record(struct digest *d, const struct record *r);
/* Adds what the sums grew by since the last time, so that it is in the store when the sensor ends: to be
 * called now and then, and at the end. `sums` are COUNTER_COUNT running sums of the whole sensor. */
void digest_count(struct digest *d, const uint64_t *sums);
/* When the digest that is due ends; 0: none is. The first call begins the first one. */
time_ns digest_due(struct digest *d, time_ns now);
bool digest_begun(const struct digest *d); /* and may be told: digests are wanted */
/* Fills `since`, `until`, `tally` and the volumes, which are valid until the next call of any of these.
 * `sums` as for digest_count(). */
void digest_sum(struct digest *d, time_ns until, const uint64_t *sums, struct digest_facts *out);
/* It was told: to be written to the store in the transaction that has its messages too. */
void digest_told(struct digest *d, time_ns until);
void digest_next(struct digest *d); /* after that transaction: the next one begins */
/* digest_sum() and all digests in the store that ended after `since`. False: the store cannot be read. */
bool digest_sum_since(struct digest *d, struct store *store, time_ns since, time_ns until,
                      const uint64_t *sums, struct digest_facts *out);

/* As of incident.h; `same_run`: the sums go on where they were. */
bool digest_save(struct digest *d, struct store *store);
void digest_saved(struct digest *d);
void digest_spoil(struct digest *d);
bool digest_load(struct digest *d, struct store *store, bool same_run);

/* --- digest_contracts.c --- */
/* Contracts that ended, end within 30 days of `now`, are used to four fifths of a limit or were never used,
 * and partners that have none that holds; how many in all, of which the first `most` are in `out`, what can
 * wait last. `p` NULL: none. */
struct quotas;
size_t digest_contracts(const struct policy *p, const struct quotas *quotas, time_ns now,
                        struct digest_contract *out, size_t most);

/* --- digest_write.c --- */
struct json_writer;
struct text;
/* Rows of each list in a message: fewer the higher the level. */
size_t digest_rows(unsigned level);
/* The members of an object; lists have at most `most` rows, and say how many are left out. */
void digest_write_json(struct json_writer *j, const struct digest_facts *f, size_t most);
void digest_write_sentence(struct text *t, const struct digest_facts *f);
void digest_write_table(struct text *t, const struct digest_facts *f);

#endif
