/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_CONFIG_CONFIG_H
#define GANTRY_CONFIG_CONFIG_H

#include "capture/capture.h"
#include "content/content.h"
#include "examine/examine.h"
#include "flow/flow.h"
#include "health/health.h"
#include "inspect/inspect.h"
#include "policy/policy.h"
#include "report/report.h"
#include "stream/stream.h"
#include "tunnel/tunnel.h"

enum { WORKERS_MAX = 64 };

/* gantry.yaml as it was loaded, defaults filled in: immutable, in the snapshot's arena. */

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
    struct capture_options capture; /* what the file says: the command line may differ */
    struct sandbox_options {
        bool seccomp, landlock;
        const char *user; /* NULL: gantry, or nobody where there is no such account */
    } sandbox;
    struct alert_options alerts;
    struct digest_options digest;
    struct ledger_options ledger;
    struct fleet_options fleet;
    struct traffic_options traffic;
    struct tunnel_options tunnels;
    struct host_options hosts;
    struct store_limits store;
    struct health_options health;
    const char *metrics; /* where they are served (metrics.h); NULL: nowhere */
    /* Limits of the stages; memory fields that are 0 are shared out of sensor.memory by pipeline/budget.c. */
    struct flow_options flow;
    struct stream_options stream;
    struct content_options content;
    struct examine_options examine;
    struct setting_texts rule_paths; /* as loaded, relative ones made to begin where the file lies */
    const struct ruleset *rules;
    const struct policy *policy;
    const struct output_config *outputs;
    size_t output_count;
    struct hash_wide file_digest; /* of the file, as doc_digest() */
    unsigned waiting;             /* at a reload: keys whose change takes effect with the next start */
    const char *file;             /* NULL: the defaults */
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

#endif
