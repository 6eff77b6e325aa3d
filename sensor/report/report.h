/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_REPORT_H
#define GANTRY_REPORT_REPORT_H

#include "base/hash.h"
#include "base/log.h"
#include "channel/channel.h"
#include "policy/policy.h"
#include "report/digest/digest.h"
#include "report/event/event.h"
#include "report/fleet/fleet_options.h"
#include "report/hosts/hosts.h"
#include "report/incident/alert_settings.h"
#include "report/ledger/ledger.h"
#include "report/store/store.h"
#include "report/traffic/traffic.h"
#include "report/transport/output_config.h"
#include "settings/problem.h"
#include "settings/setting.h"

/* From records to incidents, from incidents to alerts, from alerts to the SOC.
 *
 * Its folders, each of which sees those before it: event/ store/ ledger/ incident/ quota/ traffic/ hosts/
 * digest/ format/ transport/ fleet/; the files beside this one see them all. */

extern const struct setting output_settings[]; /* outputs of gantry.yaml: keys of an entry */

/* Reads one entry of `outputs:`; false after telling the problems (unknown format, transport, record; bad
 * target). */
bool output_read(struct setting_reader *r, const struct doc_node *node, struct output_config *out);
/* The command line's "json:-" or "rfc5424:udp://127.0.0.1:514" with "alert,transfer"; false with a reason. */
bool output_parse(const char *spec, const char *events, struct arena *arena, struct output_config *out,
                  struct error *e);

/* For who configured none: alerts on standard output, for people. */
struct output_config output_for_people(void);

struct report_options {
    const char *observer;                /* sensor name */
    const char *interface;               /* that is watched; NULL: files are read */
    const struct output_config *outputs; /* kept by reference */
    size_t output_count;
    struct alert_options alerts;
    struct hash_key digest_key; /* of the sensor: same key, same digests */
    struct digest_options digest;
    /* Fills COUNTER_COUNT running sums of the whole sensor; NULL: this process's own. */
    void (*sums)(void *context, uint64_t *out);
    void *sums_context;
    struct ledger_options ledger;
    const struct fleet_options *fleet; /* kept by reference; NULL: this sensor is alone */
    /* Members of the object in which the sensor says to the fleet how it is; NULL: it does not. */
    void (*describe)(void *context, struct json_writer *j);
    void *describe_context;
    struct traffic_options traffic;
    struct tunnel_options tunnels;
    struct host_options hosts; /* whose learning time is that of traffic where it is 0 */
    struct store_config store;
    const struct policy *policy; /* whose contracts are watched; kept by reference, NULL: none */
    bool offline; /* reading files: time is packet time only, outputs are waited for at the end */
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
/* Something that the sensor says of itself, to all outputs that want alerts or stats: a key for machines and
 * a sentence for people. */
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
/* Timers on packet time: incidents close, windows and days end. */
void reporter_pass(struct reporter *r, time_ns packet_time);
/* The same, and what is kept and delivered, by the wall clock. */
void reporter_tick(struct reporter *r, time_ns packet_time);
/* Descriptors that wait for writing: fills at most `most` pollfds, returns how many. */
struct pollfd;
size_t reporter_poll(struct reporter *r, struct pollfd *fds, size_t most);
/* Moves held messages on; never blocks. */
void reporter_deliver(struct reporter *r);
/* Why the fleet's engine does not answer; NULL: it does, or there is none. */
const char *reporter_fleet_trouble(const struct reporter *r);
/* What was received under contracts (quota/quota.h). */
struct quotas;
const struct quotas *reporter_quotas(const struct reporter *r);
/* SIGHUP: files are closed and opened again (logrotate). */
void reporter_reopen(struct reporter *r);
/* Waits for outputs at most `timeout_ms`. Live with a store incidents stay open, for the next reporter to go
 * on with; else all are closed, and told. Returns messages undelivered and lost; those that a store keeps go
 * out after the next start. */
uint64_t reporter_finish(struct reporter *r, int timeout_ms);

#endif
