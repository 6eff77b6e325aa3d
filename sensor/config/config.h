/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_CONFIG_CONFIG_H
#define GANTRY_CONFIG_CONFIG_H

#include "content/content.h"
#include "flow/flow.h"
#include "health/health.h"
#include "inspect/inspect.h"
#include "policy/policy.h"
#include "report/report.h"
#include "stream/stream.h"

/* gantry.yaml as it was loaded, defaults filled in: immutable, in the snapshot's arena. */
enum config_split { CONFIG_SPLIT_ADDRESSES, CONFIG_SPLIT_PORTS };
enum { WORKERS_MAX = 64 };

struct config {
    struct config_sensor {
        const char *name; /* observer.name; default: the host's name */
        uint64_t workers;
        uint64_t memory;             /* bytes, shared out by pipeline/budget.c */
        const char *state;           /* folder; NULL if not given */
        uint64_t stuck_after;        /* ns */
        const char *control;         /* path of the control socket; NULL if not given */
        const char *digest_key_file; /* NULL: a random key for this run */
        struct hash_key digest_key;  /* read from it, or random */
    } sensor;
    struct config_capture {
        const char *interface;      /* NULL: given by -i */
        uint64_t ring, snap_length; /* bytes; ring 0: a share of sensor.memory */
        bool promiscuous;
        const char *filter; /* NULL: none */
        unsigned split;     /* enum config_split */
    } capture;
    struct sandbox_options {
        bool seccomp, landlock;
        const char *user; /* NULL: gantry, or nobody where there is no such account */
    } sandbox;
    struct config_alerts {
        uint64_t quiet, growth_interval; /* ns */
        uint64_t incidents_max;
        struct alert_limits limits;
    } alerts;
    struct config_digest {
        const char *at, *zone; /* as written */
        struct digest_options options;
    } digest;
    struct ledger_options ledger;
    struct config_store {
        uint64_t max_age, max_size, outbox; /* ns; bytes; bytes of each output's messages */
    } store;
    struct health_options health;
    const char *metrics; /* where they are served (metrics.h); NULL: nowhere */
    /* Limits of the stages; memory fields that are 0 are shared out of sensor.memory by pipeline/budget.c. */
    struct flow_options flow;
    struct stream_options stream;
    struct content_options content;
    struct setting_texts rule_paths; /* as loaded, relative ones made to begin where the file lies */
    const struct ruleset *rules;
    const struct policy *policy;
    const struct output_config *outputs;
    size_t output_count;
    unsigned waiting; /* at a reload: keys whose change takes effect with the next start */
    const char *file; /* NULL: the defaults */
    struct config_lines {
        int memory, limits; /* of sensor.memory and limits, 0 if not given */
    } line;
};

/* From a file, or the defaults when `path` is NULL: no networks, and the rules that were installed beside the
 * program (or of the source tree that it was built in). `cache`: of compiled rules, or NULL. `running`: at a
 * reload what is in force; it stays so for all keys whose change needs a restart, which is told as a warning.
 * NULL after telling the problems. */
const struct config *config_load(const char *path, const struct config *running, struct set_cache *cache,
                                 struct arena *arena, struct problems *problems);

/* The setting tables by the path of their keys ("sensor", "capture", ...) and where in struct config they
 * fill; the end has a NULL name. */
struct config_table {
    const char *name;
    const struct setting *settings;
    size_t offset;
};
const struct config_table *config_tables(void);

#endif
