/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config_sections.h"

#include "metrics/metrics.h"
#include "report/ledger/ledger.h"
#include "settings/path.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MIB(n) ((uint64_t)(n) << 20)
#define GIB(n) ((uint64_t)(n) << 30)
#define SECONDS(n) ((uint64_t)(n)*NS_PER_S)
#define DAYS(n) SECONDS((n)*UINT64_C(86400))

#define SENSOR(field) .offset = offsetof(struct config_sensor, field)
#define CAPTURE(field) .offset = offsetof(struct config_capture, field)
#define SANDBOX(field) .offset = offsetof(struct sandbox_options, field)
#define ALERTS(field) .offset = offsetof(struct config_alerts, field)
#define LEDGER(field) .offset = offsetof(struct ledger_options, field)
#define STORE(field) .offset = offsetof(struct config_store, field)
#define HEALTH(field) .offset = offsetof(struct health_options, field)
#define FLOW(field) .offset = offsetof(struct flow_options, field)
#define STREAM(field) .offset = offsetof(struct stream_options, field)
#define CONTENT(field) .offset = offsetof(struct content_options, field)
#define LIMIT(field) .offset = offsetof(struct config, field)

/* clang-format off */
static const struct setting sensor_settings[] = {
    {.key = "name", .type = SETTING_TEXT, SENSOR(name),
     .help = "what records call this sensor; the host's name if not given"},
    {.key = "workers", .restart = true, .type = SETTING_COUNT, SENSOR(workers), .low = 1, .high = WORKERS_MAX,
     .help = "processes that share the traffic of an interface; as many as there are processors if not given"},
    {.key = "memory", .restart = true, .type = SETTING_SIZE, SENSOR(memory), .low = MIB(64), .high = GIB(4096), .preset = "1 GiB",
     .help = "memory of the packet rings and workers together, and of all that they share"},
    {.key = "state", .restart = true, .type = SETTING_TEXT, SENSOR(state),
     .help = "folder for what outlives a restart; /var/lib/gantry for an interface, nothing for files if not given"},
    {.key = "stuck-after", .type = SETTING_DURATION, SENSOR(stuck_after), .low = SECONDS(1), .high = SECONDS(3600),
     .preset = "5 s", .help = "time without a step after which a worker is stopped and started again"},
    {.key = "control", .restart = true, .type = SETTING_TEXT, SENSOR(control),
     .help = "socket that gantryctl asks, or off; /run/gantry/control for an interface if not given"},
    {.key = "digest-key", .restart = true, .type = SETTING_TEXT, SENSOR(digest_key_file),
     .help = "file with the key of digests, 32 hexadecimal digits; random for each run if not given"},
    {0},
};

static const char *const splits[] = {
    [CONFIG_SPLIT_ADDRESSES] = "addresses", [CONFIG_SPLIT_PORTS] = "ports", NULL};

static const struct setting capture_settings[] = {
    {.key = "interface", .restart = true, .type = SETTING_TEXT, CAPTURE(interface),
     .help = "interface to watch when the command line names neither an interface nor a file"},
    {.key = "ring", .restart = true, .type = SETTING_SIZE, CAPTURE(ring), .low = MIB(1), .high = GIB(64),
     .help = "kernel's packet rings of all workers together; a quarter of sensor.memory if not given"},
    {.key = "snap-length", .restart = true, .type = SETTING_SIZE, CAPTURE(snap_length), .low = 256, .high = 262144,
     .preset = "262144 B", .help = "bytes taken of a packet"},
    {.key = "promiscuous", .restart = true, .type = SETTING_BOOL, CAPTURE(promiscuous), .preset = "yes",
     .help = "take packets for other machines too"},
    {.key = "filter", .restart = true, .type = SETTING_TEXT, CAPTURE(filter),
     .help = "pcap-filter(7) expression; -f of the command line comes first"},
    {.key = "split", .restart = true, .type = SETTING_CHOICE, CAPTURE(split), .choices = splits, .preset = "addresses",
     .help = "what decides which worker a packet goes to"},
    {0},
};

static const struct setting sandbox_settings[] = {
    {.key = "seccomp", .restart = true, .type = SETTING_BOOL, SANDBOX(seccomp), .preset = "on",
     .help = "kill a process that makes a system call its role does not need; off is for old kernels, and warns"},
    {.key = "landlock", .restart = true, .type = SETTING_BOOL, SANDBOX(landlock), .preset = "on",
     .help = "close the file system but for what a role needs; off is for old kernels, and warns"},
    {.key = "user", .restart = true, .type = SETTING_TEXT, SANDBOX(user),
     .help = "account that a sensor started as root becomes; gantry if there is such an account, else nobody"},
    {0},
};

static const struct setting alerts_settings[] = {
    {.key = "quiet", .type = SETTING_DURATION, ALERTS(quiet), .low = SECONDS(1), .high = DAYS(30), .preset = "15 min",
     .help = "time without a finding after which an incident closes"},
    {.key = "growth-interval", .type = SETTING_DURATION, ALERTS(growth_interval), .low = SECONDS(1),
     .high = DAYS(30), .preset = "15 min", .help = "time after which growth is told even if it is less than tenfold"},
    {.key = "incidents-max", .type = SETTING_COUNT, ALERTS(incidents_max), .low = 16, .high = 1000000,
     .preset = "65536", .help = "incidents open at once; the least recent is closed first"},
    {.key = "per-destination", .type = SETTING_COUNT, ALERTS(limits.per_destination), .high = 1000000,
     .preset = "60", .help = "alerts to one destination in the window; 0 for no bound"},
    {.key = "global", .type = SETTING_COUNT, ALERTS(limits.global), .high = 1000000, .preset = "600",
     .help = "alerts in all in the window, half of them for openings alone; 0 for no bound"},
    {.key = "window", .type = SETTING_DURATION, ALERTS(limits.window), .low = SECONDS(1), .high = DAYS(7),
     .preset = "1 h", .help = "time that the two bounds count alerts in"},
    {0},
};

#define DIGEST(field) .offset = offsetof(struct config_digest, field)

static const struct setting digest_settings[] = {
    {.key = "at", .type = SETTING_TEXT, DIGEST(at), .preset = "06:00",
     .help = "time of day at which the digest is told; never for none"},
    {.key = "zone", .type = SETTING_TEXT, DIGEST(zone), .preset = "UTC",
     .help = "time zone of that time, such as America/Chicago or UTC-6"},
    {0},
};

static const struct setting ledger_settings[] = {
    {.key = "memory", .type = SETTING_SIZE, LEDGER(memory), .low = MIB(1), .high = GIB(64), .preset = "64 MiB",
     .help = "memory of the ledger; the least recent line is forgotten first"},
    {.key = "slow-objects", .type = SETTING_COUNT, LEDGER(slow_objects), .low = 0, .high = 1000000000, .preset = "50",
     .help = "objects in 45 days that are not allowed and make an alert; 0 for none"},
    {.key = "slow-days", .type = SETTING_COUNT, LEDGER(slow_days), .low = 1, .high = LEDGER_PERIOD_DAYS, .preset = "14",
     .help = "days of the 45 on which they must have left"},
    {.key = "growth-factor", .type = SETTING_COUNT, LEDGER(growth_factor), .low = 0, .high = 1000000, .preset = "10",
     .help = "times the usual day's objects or bytes, within 24 hours, that make an alert; 0 for none"},
    {.key = "growth-history", .type = SETTING_COUNT, LEDGER(growth_history), .low = 1, .high = LEDGER_PERIOD_DAYS - 2,
     .preset = "7", .help = "days with traffic before that; with fewer nothing is usual yet"},
    {.key = "growth-objects", .type = SETTING_COUNT, LEDGER(growth_objects), .low = 1, .high = 1000000000,
     .preset = "50", .help = "fewer objects in 24 hours are never unusual"},
    {.key = "growth-bytes", .type = SETTING_SIZE, LEDGER(growth_bytes), .low = 1, .high = GIB(1048576),
     .preset = "10 MB", .help = "fewer bytes in 24 hours are never unusual"},
    {.key = "repeat", .type = SETTING_DURATION, LEDGER(repeat), .low = SECONDS(1), .high = DAYS(45), .preset = "1 d",
     .help = "time between two alerts of one incident of the ledger"},
    {0},
};

static const struct setting store_settings[] = {
    {.key = "max-age", .type = SETTING_DURATION, STORE(max_age), .low = SECONDS(3600), .high = DAYS(3650),
     .preset = "90 d", .help = "time that closed incidents are kept"},
    {.key = "max-size", .type = SETTING_SIZE, STORE(max_size), .low = MIB(1), .high = GIB(1024), .preset = "1 GiB",
     .help = "size of the database; the oldest closed incidents, then the least recent of the ledger go first"},
    {.key = "outbox", .type = SETTING_SIZE, STORE(outbox), .low = MIB(1), .high = GIB(4), .preset = "16 MiB",
     .help = "messages held for each output; of alerts updates are dropped first, openings last"},
    {0},
};

static const struct setting health_settings[] = {
    {.key = "interval", .type = SETTING_DURATION, HEALTH(interval), .low = SECONDS(1), .high = SECONDS(3600),
     .preset = "1 min", .help = "time between two stats records, and what warnings are judged by"},
    {.key = "loss", .type = SETTING_COUNT, HEALTH(loss), .low = 0, .high = 100, .preset = "1",
     .help = "percent of the traffic of an interval not seen that make an alert; 0 for none"},
    {.key = "one-sided", .type = SETTING_COUNT, HEALTH(one_sided), .low = 0, .high = 100, .preset = "50",
     .help = "percent of an interval's TCP flows of which one direction is seen that make an alert; 0 for none"},
    {.key = "duplicates", .type = SETTING_COUNT, HEALTH(duplicates), .low = 0, .high = 100, .preset = "20",
     .help = "percent of an interval's packets that come twice that make an alert; 0 for none"},
    {.key = "networks-after", .type = SETTING_DURATION, HEALTH(networks_after), .low = 0, .high = DAYS(30),
     .preset = "10 min", .help = "time after the start when image networks that were never seen are told; 0 for never"},
    {.key = "vlan-silence", .type = SETTING_DURATION, HEALTH(vlan_silence), .low = 0, .high = DAYS(30),
     .preset = "10 min", .help = "silence after which a VLAN that had traffic is lost; 0 for never"},
    {0},
};

static const struct setting flow_settings[] = {
    {.key = "memory", .restart = true, .type = SETTING_SIZE, FLOW(memory), .low = MIB(1), .high = GIB(1024),
     .help = "memory of a worker's flow table; a share of sensor.memory if not given"},
    {.key = "timeout-new", .restart = true, .type = SETTING_DURATION, FLOW(timeout_new), .low = SECONDS(1), .high = DAYS(7),
     .preset = "30 s", .help = "silence after which a TCP flow that was never established is over"},
    {.key = "timeout-established", .restart = true, .type = SETTING_DURATION, FLOW(timeout_established), .low = SECONDS(1),
     .high = DAYS(7), .preset = "1 h", .help = "the same for an established TCP flow"},
    {.key = "timeout-closing", .restart = true, .type = SETTING_DURATION, FLOW(timeout_closing), .low = SECONDS(1), .high = DAYS(7),
     .preset = "10 s", .help = "the same for a TCP flow that is being closed"},
    {.key = "timeout-udp", .restart = true, .type = SETTING_DURATION, FLOW(timeout_udp), .low = SECONDS(1), .high = DAYS(7),
     .preset = "60 s", .help = "the same for anything that is not TCP"},
    {0},
};

static const struct setting stream_settings[] = {
    {.key = "memory", .restart = true, .type = SETTING_SIZE, STREAM(memory), .low = MIB(1), .high = GIB(1024),
     .help = "memory of a worker for bytes that came early; a share of sensor.memory if not given"},
    {.key = "connections", .restart = true, .type = SETTING_COUNT, STREAM(pairs), .low = 16, .high = 100000000,
     .help = "connections that a worker rebuilds at once; a share of sensor.memory if not given"},
    {.key = "late-bytes", .restart = true, .type = SETTING_SIZE, STREAM(late_bytes), .low = 4096, .high = GIB(1), .preset = "1 MiB",
     .help = "bytes that may wait behind missing ones before these are given up"},
    {.key = "late-time", .restart = true, .type = SETTING_DURATION, STREAM(late_time), .low = NS_PER_MS, .high = SECONDS(600),
     .preset = "500 ms", .help = "time that missing bytes are waited for"},
    {0},
};

static const struct setting content_settings[] = {
    {.key = "objects", .restart = true, .type = SETTING_COUNT, CONTENT(objects), .low = 16, .high = 10000000,
     .help = "objects that a worker has open at once; a share of sensor.memory if not given"},
    {.key = "assembly-memory", .restart = true, .type = SETTING_SIZE, CONTENT(assembly_bytes), .low = MIB(1), .high = GIB(1024),
     .help = "memory of a worker for parts of an object that came before their turn; a share if not given"},
    {.key = "assembly-time", .restart = true, .type = SETTING_DURATION, CONTENT(assembly_time), .low = SECONDS(1), .high = DAYS(7),
     .preset = "120 s", .help = "time that an unfinished object waits for its other parts"},
    {.key = "output-max", .restart = true, .type = SETTING_SIZE, CONTENT(codings.output_max), .low = MIB(1), .high = GIB(1024),
     .preset = "4 GiB", .help = "decoded bytes of one object that are looked at"},
    {.key = "ratio-max", .restart = true, .type = SETTING_COUNT, CONTENT(codings.ratio_max), .low = 2, .high = 100000, .preset = "200",
     .help = "how many times its encoded size an object may decode to, once it is over 1 MiB"},
    {.key = "container-hash", .restart = true, .type = SETTING_SIZE, CONTENT(container_hash), .low = 1, .high = GIB(1),
     .preset = "64 KiB", .help = "multipart bodies up to this size get a hash of their own"},
    {.key = "depth-max", .restart = true, .type = SETTING_COUNT, CONTENT(depth_max), .low = 1,
     .high = 32, .preset = "8", .help = "objects and codings within one another"},
    {0},
};
/* clang-format on */

static bool read_sensor(struct setting_reader *r, const struct doc_node *node, void *field) {
    return setting_read(r, node, sensor_settings, field);
}

static bool read_capture(struct setting_reader *r, const struct doc_node *node, void *field) {
    return setting_read(r, node, capture_settings, field);
}

static bool read_sandbox(struct setting_reader *r, const struct doc_node *node, void *field) {
    return setting_read(r, node, sandbox_settings, field);
}

/* Were one destination's part as large as the whole, it could use all of it up. */
static bool read_alerts(struct setting_reader *r, const struct doc_node *node, void *field) {
    const struct config_alerts *a = field;
    const struct alert_limits *l = &a->limits;
    if (!setting_read(r, node, alerts_settings, field))
        return false;
    if (l->global == 0 || (l->per_destination && l->per_destination <= l->global / 4))
        return true;
    const struct doc_node *at = doc_get(node, "per-destination");
    return setting_error(r, at ? at : doc_get(node, "global"),
                         "one destination may have a quarter of alerts.global (%llu) at most, or it could hide "
                         "the others; write per-destination: %llu or less, and not 0",
                         (unsigned long long)l->global, (unsigned long long)(l->global / 4));
}

/* "06:00"; false if it is no time of day. */
static bool parse_time_of_day(const char *text, uint32_t *minute) {
    unsigned h, m;
    int end = 0;
    bool shaped = strlen(text) == 5 && sscanf(text, "%2u:%2u%n", &h, &m, &end) == 2 && end == 5;
    if (!shaped || h > 23 || m > 59)
        return false;
    *minute = h * 60 + m;
    return true;
}

static bool read_digest(struct setting_reader *r, const struct doc_node *node, void *field) {
    struct config_digest *c = field;
    struct digest_options *o = &c->options;
    char why[ZONE_WHY_MAX];
    if (!setting_read(r, node, digest_settings, c))
        return false;
    o->never = strcmp(c->at, "never") == 0;
    if (!o->never && !parse_time_of_day(c->at, &o->minute))
        return setting_error(r, doc_get(node, "at"), "must be a time of day; write \"06:00\", or never");
    o->zone = zone_load(ZONE_FOLDER, c->zone, r->arena, why);
    return o->zone || setting_error(r, doc_get(node, "zone"), "%s", why);
}

static bool read_ledger(struct setting_reader *r, const struct doc_node *node, void *field) {
    return setting_read(r, node, ledger_settings, field);
}

static bool read_store(struct setting_reader *r, const struct doc_node *node, void *field) {
    return setting_read(r, node, store_settings, field);
}

static bool read_health(struct setting_reader *r, const struct doc_node *node, void *field) {
    return setting_read(r, node, health_settings, field);
}

static bool read_flow(struct setting_reader *r, const struct doc_node *node, void *field) {
    return setting_read(r, node, flow_settings, field);
}

static bool read_stream(struct setting_reader *r, const struct doc_node *node, void *field) {
    return setting_read(r, node, stream_settings, field);
}

static bool read_content(struct setting_reader *r, const struct doc_node *node, void *field) {
    return setting_read(r, node, content_settings, field);
}

static const struct setting limits_settings[] = {
    {.key = "flow", .type = SETTING_CUSTOM, LIMIT(flow), .read = read_flow, .help = "the flow table"},
    {.key = "stream", .type = SETTING_CUSTOM, LIMIT(stream), .read = read_stream, .help = "TCP reassembly"},
    {.key = "content", .type = SETTING_CUSTOM, LIMIT(content), .read = read_content, .help = "objects"},
    {0},
};

/* The three fill the configuration itself. */
static bool read_limits(struct setting_reader *r, const struct doc_node *node, void *field) {
    return setting_read(r, node, limits_settings, field);
}

/* Relative paths begin in the configuration file's folder. */
static bool read_rules(struct setting_reader *r, const struct doc_node *node, void *field) {
    struct setting_texts *paths = field;
    if (!setting_texts(r, node, paths))
        return false;
    if (paths->count == 0)
        return setting_error(r, node,
                             "names no rules, so nothing would be found; name a file or folder of rules");
    const char **items = (const char **)paths->items;
    const struct doc_node *item = node->kind == DOC_LIST ? node->child : node;
    bool ok = true;
    for (size_t i = 0; i < paths->count; i++, item = item->next) {
        items[i] = path_beside(r->arena, node->file, items[i]);
        if (items[i] && access(items[i], R_OK) != 0)
            ok = setting_error(r, item,
                               "%s cannot be read: %s; name a rule file or a folder of them, or mend its "
                               "permissions",
                               items[i], strerror(errno));
    }
    if (!ok)
        paths->count = 0; /* told once, here */
    return ok;
}

static bool read_outputs(struct setting_reader *r, const struct doc_node *node, void *field) {
    struct config *c = field;
    bool ok = true;
    if (node->kind != DOC_LIST)
        return setting_error(r, node, "must be a list; write - {format: rfc5424, to: \"udp://...\"}");
    struct output_config *outputs = arena_array(r->arena, node->children + 1, sizeof *outputs);
    if (!outputs)
        return setting_error(r, node, "there is no room left for it; make the file smaller");
    const char *file =
        arena_text(r->arena, node->file, strlen(node->file)); /* the document's own ends with it */
    for (const struct doc_node *item = node->child; item; item = item->next) {
        struct output_config *o = &outputs[c->output_count++];
        ok = output_read(r, item, o) && ok;
        o->file = file;
    }
    c->outputs = outputs;
    return ok;
}

/* policy_load() reads these. */
static bool leave(struct setting_reader *r, const struct doc_node *node, void *field) {
    return true;
}

static const struct setting top_settings[] = {
    {.key = "sensor",
     .type = SETTING_CUSTOM,
     LIMIT(sensor),
     .read = read_sensor,
     .help = "the sensor itself"},
    {.key = "capture",
     .type = SETTING_CUSTOM,
     LIMIT(capture),
     .read = read_capture,
     .help = "where packets come from"},
    {.key = "sandbox",
     .type = SETTING_CUSTOM,
     LIMIT(sandbox),
     .read = read_sandbox,
     .help = "what the sensor's processes give up"},
    {.key = "image-networks", .type = SETTING_CUSTOM, .read = leave, .help = "the protected networks"},
    {.key = "internal-networks", .type = SETTING_CUSTOM, .read = leave, .help = "our other networks"},
    {.key = "partners", .type = SETTING_CUSTOM, .read = leave, .help = "who outside may receive what"},
    {.key = "announced-prefixes",
     .type = SETTING_CUSTOM,
     .read = leave,
     .help = "file of prefixes by which the ledger gathers unknown hosts"},
    {.key = "rules",
     .type = SETTING_CUSTOM,
     LIMIT(rule_paths),
     .read = read_rules,
     .help = "files and folders"},
    {.key = "outputs", .type = SETTING_CUSTOM, .read = read_outputs, .help = "where records go"},
    {.key = "alerts",
     .type = SETTING_CUSTOM,
     LIMIT(alerts),
     .read = read_alerts,
     .help = "how incidents are told"},
    {.key = "digest",
     .type = SETTING_CUSTOM,
     LIMIT(digest),
     .read = read_digest,
     .help = "the daily summary"},
    {.key = "ledger",
     .type = SETTING_CUSTOM,
     LIMIT(ledger),
     .read = read_ledger,
     .help = "what is little by little, and what is unusual"},
    {.key = "store",
     .type = SETTING_CUSTOM,
     LIMIT(store),
     .read = read_store,
     .help = "how much of the past is kept"},
    {.key = "health",
     .type = SETTING_CUSTOM,
     LIMIT(health),
     .read = read_health,
     .help = "stats records, and what the sensor tells of itself"},
    {.key = "metrics",
     .restart = true,
     .type = SETTING_TEXT,
     LIMIT(metrics),
     .help = "where Prometheus may ask"},
    {.key = "limits", .type = SETTING_CUSTOM, .read = read_limits, .help = "bounds of the stages"},
    {0},
};

const struct config_table *config_tables(void) {
    static const struct config_table tables[] = {
        {"", top_settings, 0},
        {"sensor", sensor_settings, offsetof(struct config, sensor)},
        {"capture", capture_settings, offsetof(struct config, capture)},
        {"sandbox", sandbox_settings, offsetof(struct config, sandbox)},
        {"alerts", alerts_settings, offsetof(struct config, alerts)},
        {"digest", digest_settings, offsetof(struct config, digest)},
        {"ledger", ledger_settings, offsetof(struct config, ledger)},
        {"store", store_settings, offsetof(struct config, store)},
        {"health", health_settings, offsetof(struct config, health)},
        {"limits", limits_settings, 0},
        {"limits.flow", flow_settings, offsetof(struct config, flow)},
        {"limits.stream", stream_settings, offsetof(struct config, stream)},
        {"limits.content", content_settings, offsetof(struct config, content)},
        {0},
    };
    return tables;
}

static void fill_defaults(struct setting_reader *r, struct config *c) {
    read_sensor(r, NULL, &c->sensor);
    read_capture(r, NULL, &c->capture);
    read_sandbox(r, NULL, &c->sandbox);
    read_alerts(r, NULL, &c->alerts);
    read_digest(r, NULL, &c->digest);
    read_ledger(r, NULL, &c->ledger);
    read_store(r, NULL, &c->store);
    read_health(r, NULL, &c->health);
    read_flow(r, NULL, &c->flow);
    read_stream(r, NULL, &c->stream);
    read_content(r, NULL, &c->content);
}

/* Defaults that depend on the machine. */
static void fill_from_machine(struct arena *arena, struct config *c) {
    char host[256] = "";
    if (!c->sensor.name) {
        if (gethostname(host, sizeof host - 1) != 0 || !host[0])
            strcpy(host, "gantry");
        c->sensor.name = arena_text(arena, host, strlen(host));
    }
    if (!c->sensor.workers) {
        long n = sysconf(_SC_NPROCESSORS_ONLN);
        c->sensor.workers = n < 1 ? 1 : n > WORKERS_MAX ? WORKERS_MAX : (uint64_t)n;
    }
}

/* It becomes the HOSTNAME of RFC 5424 messages (section 6.2.4): printable ASCII without a space. */
static bool check_name(struct setting_reader *r, const struct doc_node *root, const char *name) {
    const struct doc_node *node = doc_get(doc_get(root, "sensor"), "name");
    size_t n = name ? strlen(name) : 1;
    bool good = n >= 1 && n <= 255;
    for (size_t i = 0; good && name && i < n; i++)
        good = name[i] > ' ' && name[i] < 0x7f;
    return good || !node ||
           setting_error(
               r, node,
               "must have 1 to 255 printable ASCII characters without spaces; shorten or respell it");
}

static bool check_metrics(struct setting_reader *r, const struct doc_node *root, const char *place) {
    struct error e;
    return !place || metrics_check(place, &e) || setting_error(r, doc_get(root, "metrics"), "%s", e.text);
}

bool config_read(const struct doc_node *root, struct arena *arena, struct problems *problems,
                 struct config *out) {
    struct setting_reader r = {.arena = arena, .problems = problems};
    fill_defaults(&r, out);
    if (root && !setting_read(&r, root, top_settings, out))
        return false;
    if (!check_name(&r, root, out->sensor.name) || !check_metrics(&r, root, out->metrics))
        return false;
    fill_from_machine(arena, out);
    return !arena->failed;
}
