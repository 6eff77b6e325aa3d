/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config_sections.h"

#include "metrics/metrics.h"
#include "settings/path.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

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
static bool leave_to_policy(struct setting_reader *r, const struct doc_node *node, void *field) {
    return true;
}

#define MAP .type = SETTING_MAP
#define CUSTOM .type = SETTING_CUSTOM
#define FIELD(field) .offset = offsetof(struct config, field)

/* clang-format off */
/* They fill the configuration itself: no offset of its own. */
static const struct setting limits_settings[] = {
    {.key = "flow", MAP, FIELD(flow), .table = flow_settings, .help = "the flow table"},
    {.key = "stream", MAP, FIELD(stream), .table = stream_settings, .help = "TCP reassembly"},
    {.key = "content", MAP, FIELD(content), .table = content_settings, .help = "objects"},
    {0},
};

const struct setting config_sections[] = {
    {.key = "sensor", MAP, FIELD(sensor), .table = sensor_settings, .check = sensor_check, .help = "the sensor itself"},
    {.key = "capture", MAP, FIELD(capture), .table = capture_settings, .help = "where packets come from"},
    {.key = "sandbox", MAP, FIELD(sandbox), .table = sandbox_settings, .help = "what the sensor's processes give up"},
    {.key = "image-networks", CUSTOM, .read = leave_to_policy, .table = image_network_settings, .help = "the protected networks"},
    {.key = "internal-networks", CUSTOM, .read = leave_to_policy, .help = "our other networks"},
    {.key = "internal-domains", CUSTOM, .read = leave_to_policy, .help = "names of our own servers"},
    {.key = "relays", CUSTOM, .read = leave_to_policy, .help = "proxies, mail relays and resolvers inside"},
    {.key = "partners", CUSTOM, .read = leave_to_policy, .table = partner_settings, .help = "who outside may receive what"},
    {.key = "readers", CUSTOM, .read = leave_to_policy, .table = reader_settings, .help = "who inside may receive what"},
    {.key = "announced-prefixes", CUSTOM, .read = leave_to_policy,
     .help = "file of prefixes by which the ledger gathers unknown hosts"},
    {.key = "rules", CUSTOM, FIELD(rule_paths), .read = read_rules, .help = "files and folders"},
    {.key = "outputs", CUSTOM, .read = read_outputs, .table = output_settings, .help = "where records go"},
    {.key = "alerts", MAP, FIELD(alerts), .table = alert_settings, .check = alert_check, .help = "how incidents are told"},
    {.key = "digest", MAP, FIELD(digest), .table = digest_settings, .check = digest_check, .help = "the daily summary"},
    {.key = "ledger", MAP, FIELD(ledger), .table = ledger_settings,
     .help = "what is little by little, and what is unusual"},
    {.key = "fleet", MAP, FIELD(fleet), .table = fleet_settings, .check = fleet_check,
     .help = "the engine in which several sensors add up their ledgers"},
    {.key = "flows", MAP, FIELD(traffic), .table = traffic_settings,
     .help = "what is told of flows whose content nobody reads"},
    {.key = "tunnels", MAP, FIELD(tunnels), .table = tunnel_settings,
     .help = "how much may move in names, echoes and heads"},
    {.key = "hosts", MAP, FIELD(hosts), .table = host_settings, .help = "who is new in an image network"},
    {.key = "store", MAP, FIELD(store), .table = store_settings, .help = "how much of the past is kept"},
    {.key = "health", MAP, FIELD(health), .table = health_settings,
     .help = "stats records, and what the sensor tells of itself"},
    {.key = "metrics", .restart = true, .type = SETTING_TEXT, FIELD(metrics), .help = "where Prometheus may ask"},
    {.key = "examiners", MAP, FIELD(examine), .table = examine_settings,
     .help = "files that must be there in one piece before anything in them can be read"},
    {.key = "limits", MAP, .table = limits_settings, .help = "bounds of the stages"},
    {0},
};
/* clang-format on */

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

bool config_read(const struct doc_node *root, struct arena *arena, struct problems *problems,
                 struct config *out) {
    struct setting_reader r = {.arena = arena, .problems = problems};
    struct error e;
    if (!setting_read(&r, root, config_sections, out))
        return false;
    if (out->metrics && !metrics_check(out->metrics, &e))
        return setting_error(&r, doc_get(root, "metrics"), "%s", e.text);
    fill_from_machine(arena, out);
    return !arena->failed;
}
