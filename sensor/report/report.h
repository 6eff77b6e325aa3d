/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_REPORT_H
#define GANTRY_REPORT_REPORT_H

#include "base/hash.h"
#include "base/log.h"
#include "channel/channel.h"
#include "policy/policy.h"
#include "settings/problem.h"
#include "settings/setting.h"

#include <sys/types.h>

/* From records to incidents, from incidents to alerts, from alerts to the SOC. */

/* What is written. Privacy: alerts leave the house, so plate-shaped runs in what a sender wrote, the names of files,
 * hosts and users, paths and commands, are covered ("AB***34", shown.h) in every format; transfer records have
 * names whole, since they are the operator's own log: send them nowhere else. */
enum report_records { REPORT_ALERT = 1, REPORT_TRANSFER = 2, REPORT_FLOW = 4, REPORT_STATS = 8, REPORT_DIGEST = 16 };

/* Outputs that a reporter may have: so many each part that names them has room for. */
enum { OUTPUTS_MAX = 96 };

/* One output: a format and a transport, each one const table entry found by name. */
struct output_config {
    const char *format;   /* "rfc5424", "cef", "leef", "json", "ocsf", "eve", "human" */
    const char *to;       /* "udp://host:port", "tls://host:port", "unix:/dev/log", "file:/path", "-", ... */
    unsigned records;     /* enum report_records, or-ed */
    uint64_t message_max; /* octets of a UDP message, 480..2,048; 0: 1,024 */
    /* TLS: PEM files, NULL: the system's authorities, no certificate of our own; the name that the receiver's
     * certificate must have, NULL: the target's host. */
    const char *ca, *certificate, *key, *name;
    uint64_t hold_bytes, hold_time; /* TCP and TLS: octets and ns, see hold.h */
    const char *file;               /* where it was configured, for messages; NULL: command line */
    int line;
};

/* Reads one entry of `outputs:`; false after telling the problems (unknown format, transport, record; bad
 * target). */
bool output_read(struct setting_reader *r, const struct yaml *node, struct output_config *out);
/* The command line's "json:-" or "rfc5424:udp://127.0.0.1:514" with "alert,transfer"; false with a reason. */
bool output_parse(const char *spec, const char *events, struct arena *arena, struct output_config *out,
                  struct error *e);

/* For who configured none: alerts on standard output, for people. */
struct output_config output_for_people(void);

/* The file that an output appends to; NULL: it is none. */
const char *output_path(const struct output_config *o);
/* Opens that file, and those of TLS, in the supervisor while it is root: a reporter that may not open it
 * itself, the successor of one that died too, goes on with this descriptor. A new file is given to `owner`.
 * What is open already stays so. True for what is no file. */
bool output_open_early(const struct output_config *o, uid_t owner, gid_t group, struct error *e);
void output_close_unused(const struct output_config *outputs, size_t count); /* files of no other output */
void output_reopen_early(void); /* SIGHUP; what cannot be opened any more stays open */
void output_close_early(void);  /* in a worker, which is to reach no file */

/* Thresholds of the ledger (ledger.h). Objects count once their transfer has ended. */
struct ledger_options {
    uint64_t memory; /* bytes; 0: 64 MiB; the least recent line is forgotten first */
    uint64_t slow_objects,
        slow_days;           /* not allowed, within 45 days, on so many days; 0 objects: never told */
    uint64_t growth_factor;  /* times the usual day's objects or bytes; 0: never told */
    uint64_t growth_history; /* days with traffic that must have been seen before */
    uint64_t growth_objects, growth_bytes; /* fewer in 24 hours are no reason */
    uint64_t repeat;                       /* ns between two alerts of one incident of the ledger */
};

/* Where incidents, ledger and undelivered messages outlive the reporter (store.h). */
struct store_config {
    const char *folder; /* NULL: nothing outlives it */
    uint64_t run;       /* of this start of the sensor, and of its channels: a reporter that is started again has
                           the same */
    /* How often in this run messages were numbered without the store knowing it; outlives the reporter. With the run
     * it makes the boot id, so that no number comes twice under one. NULL: no reporter comes after this one. */
    uint64_t *unstored;
    uint64_t max_age;   /* ns of packet time that closed incidents are kept; 0: 90 days */
    uint64_t max_bytes; /* of the database; 0: no bound but the disk's */
    bool checked;       /* a predecessor checked it for damage and closed it in order */
};

/* How many alerts may go out in a time (incident/cap.h). */
struct alert_limits {
    uint64_t per_destination, global; /* in `window`; 0: no bound */
    uint64_t window;                  /* ns */
};

/* When the daily digest is told (digest/digest.h). */
struct digest_options {
    bool never;
    uint32_t minute;         /* of the zone's day */
    const struct zone *zone; /* NULL: UTC */
};

struct report_options {
    const char *observer;                /* sensor name */
    const char *interface;               /* that is watched; NULL: files are read */
    const struct output_config *outputs; /* kept by reference */
    size_t output_count;
    uint64_t quiet;           /* ns without a finding after which an incident closes; 0: 15 min */
    uint64_t growth_interval; /* ns after which growth is told even if below tenfold; 0: 15 min */
    uint64_t incidents_max;   /* 0: 65,536; the least recent is closed first */
    struct alert_limits limits;
    struct hash_key digest_key; /* of the sensor: same key, same digests */
    struct digest_options digest;
    /* Fills COUNTER_COUNT running sums of the whole sensor; NULL: this process's own. */
    void (*sums)(void *context, uint64_t *out);
    void *sums_context;
    struct ledger_options ledger;
    struct store_config store;
    const struct policy *policy; /* whose contracts are watched; kept by reference, NULL: none */
    uint64_t held_max; /* bytes of messages held for an output that does not take them; 0: 16 MiB */
    bool offline;      /* reading files: time is packet time only, outputs are waited for at the end */
};

/* How an output stands. */
enum report_test { REPORT_TEST_NONE, REPORT_TEST_UNDER_WAY, REPORT_TEST_ARRIVED, REPORT_TEST_LOST };

struct output_facts {
    const char *name;    /* lives as long as the reporter */
    uint64_t queued;     /* messages not sent yet */
    uint64_t in_doubt;   /* sent, and not confirmed by the receiver */
    uint64_t delivered;  /* since the reporter was started; */
    uint64_t lost;       /* likewise, for want of room */
    uint64_t sequence;   /* of the last message */
    const char *trouble; /* why nothing can be sent now; NULL: it can; lives until the next call */
    enum report_test test;
    const char *proof; /* what is known of a message that has arrived: static text */
};

struct reporter;
/* Opens outputs that need privileges or paths now; ignores SIGPIPE in this process. NULL with a reason. */
struct reporter *reporter_create(const struct report_options *options, struct error *e);
void reporter_destroy(struct reporter *r);
/* One record from a worker, already checked by record_valid(). */
void reporter_record(struct reporter *r, const struct record *record);
/* The same of this channel (0 for the first worker's), unless the record's id says that it was counted before
 * the reporter was started again. */
void reporter_take(struct reporter *r, unsigned channel, const struct record *record);
/* All that was taken is in the store, so that the channels may forget it; only now do its messages go out.
 * Without a store, or while it cannot be written, memory is all there is. */
void reporter_commit(struct reporter *r);
/* The stats record: FIGURE_COUNT values (base/figure/figure.h). `last`: at the end of the run. */
void reporter_stats(struct reporter *r, const uint64_t *figures, time_ns now, bool last);
/* Sets the gauges of this stage among FIGURE_COUNT values. */
void reporter_gauges(const struct reporter *r, uint64_t *figures);
/* Something that the sensor says of itself, to all outputs that want alerts or stats: a key for machines and a sentence
 * for people. */
void reporter_notice(struct reporter *r, const char *key, const char *text);
/* A notice that says it is a test goes to every output, whatever records this wants. Its number, from 1 on;
 * the fate of the newest is in the outputs' facts. */
uint64_t reporter_test(struct reporter *r);
uint64_t reporter_tested(const struct reporter *r); /* number of the newest; 0: none yet */
/* What has left of late (recent.h). */
struct recent;
const struct recent *reporter_recent(const struct reporter *r);
/* The boot id that its messages show. */
const char *reporter_boot(const struct reporter *r);
/* False: there are not so many outputs. */
bool reporter_output(const struct reporter *r, size_t which, struct output_facts *out);
/* Timers on packet time (close incidents, growth), delivery on the wall clock. */
void reporter_tick(struct reporter *r, time_ns packet_time);
/* Descriptors that wait for writing: fills at most `most` pollfds, returns how many. */
struct pollfd;
size_t reporter_poll(struct reporter *r, struct pollfd *fds, size_t most);
/* Moves held messages on; never blocks. */
void reporter_deliver(struct reporter *r);
/* What was received under contracts (quota/quota.h). */
struct quotas;
const struct quotas *reporter_quotas(const struct reporter *r);
/* SIGHUP: files are closed and opened again (logrotate). */
void reporter_reopen(struct reporter *r);
/* Waits for outputs at most `timeout_ms`. Live with a store incidents stay open, for the next reporter to go on
 * with; else all are closed, and told. Returns messages undelivered and lost; those that a store keeps go out
 * after the next start. */
uint64_t reporter_finish(struct reporter *r, int timeout_ms);

#endif
