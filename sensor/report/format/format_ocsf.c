/* SPDX-License-Identifier: Apache-2.0 */
#include "report/event/technique.h"
#include "report/format/mapping.h"

#include <inttypes.h>
#include <stdio.h>

/* Open Cybersecurity Schema Framework 1.4.0, one JSON object a line: an alert is a Data Security Finding
 * (class 2006), a flow or transfer Network Activity (4001), stats, notices and digests are base events.
 * Fields that no attribute is meant for are in `unmapped`, under the names of fields.c. No profile is
 * declared. The status of a finding is its consumer's to set. Ranks keep together what an object must have.
 */
#define OCSF_VERSION "1.4.0"

enum { BASE_EVENT = 0, DATA_SECURITY_FINDING = 2006, NETWORK_ACTIVITY = 4001 };

static unsigned class_of(const struct event *e) {
    if (e->kind == REPORT_ALERT)
        return DATA_SECURITY_FINDING;
    return e->kind == REPORT_TRANSFER || e->kind == REPORT_FLOW ? NETWORK_ACTIVITY : BASE_EVENT;
}

/* Create, Update, Close of a finding; Traffic for a transfer, Close for a flow; Other for what is no event of
 * the network. */
static unsigned activity_of(const struct event *e) {
    static const uint8_t findings[INCIDENT_STATES] = {
        [INCIDENT_OPENED] = 1, [INCIDENT_GROWN] = 2, [INCIDENT_CLOSED] = 3, [INCIDENT_CHANGED] = 2};
    if (e->incident)
        return findings[e->incident->state];
    return e->kind == REPORT_TRANSFER ? 6 : e->kind == REPORT_FLOW ? 2 : 99;
}

/* Informational, Low, Medium, High, Critical: 1 to 5. */
static unsigned severity_id(const struct event *e) {
    static const uint8_t levels[] = {2, 2, 2, 2, 3, 3, 3, 4, 4, 5, 5};
    if (e->kind == REPORT_ALERT)
        return levels[e->record->severity <= 10 ? e->record->severity : 10];
    return event_is_notice(e) ? 3 : 1;
}

/* Of the message: the same again for one that is sent again. */
static void get_uid(const struct event *e, size_t which, struct value *v) {
    snprintf(v->room, sizeof v->room, "%.32s-%" PRIu64, e->boot ? e->boot : "0", e->sequence);
    value_token(v, v->room);
}

static const struct {
    uint8_t id;
    const char *name;
} directions[] = {[DIRECTION_UNKNOWN] = {0, "Unknown"},
                  [DIRECTION_OUTBOUND] = {2, "Outbound"},
                  [DIRECTION_INBOUND] = {1, "Inbound"},
                  [DIRECTION_INTERNAL] = {3, "Lateral"},
                  [DIRECTION_EXTERNAL] = {99, "External"}};

/* Where the connection was opened to; a record's direction is that of its bytes. */
static unsigned direction_of(const struct event *e) {
    unsigned d = e->record->direction;
    if (!source_is_client(e->record) && (d == DIRECTION_OUTBOUND || d == DIRECTION_INBOUND))
        return d == DIRECTION_OUTBOUND ? DIRECTION_INBOUND : DIRECTION_OUTBOUND;
    return d < sizeof directions / sizeof directions[0] ? d : DIRECTION_UNKNOWN;
}

/* "T1048<tab>T1048.003", "T1199<tab>": a technique and its sub-technique. */
static void get_attacks(const struct event *e, size_t which, struct value *v) {
    static char all[2 * sizeof v->room];
    char ids[sizeof v->room];
    struct bytes list = bytes_of(ids, technique_list(e->incident->techniques, ids)), id;
    struct text t;
    text_init(&t, all, sizeof all);
    while (list_next(&list, &id)) {
        const uint8_t *dot = memchr(id.p, '.', id.n);
        int n = (int)id.n, parent = dot ? (int)(dot - id.p) : n;
        text_print(&t, "%s%.*s\t%.*s", t.at == t.start ? "" : "\n", parent, (const char *)id.p, dot ? n : 0,
                   (const char *)id.p);
    }
    v->text = bytes_of(all, text_size(&t));
    v->kind = v->text.n ? VALUE_LIST : VALUE_ABSENT;
}

/* A file must have a name: the object's number where it has none. */
static void get_file_number(const struct event *e, size_t which, struct value *v) {
    snprintf(v->room, sizeof v->room, "object %u-%" PRIu64, e->record->worker, e->record->object);
    v->kind = VALUE_TEXT;
    v->text = bytes_text(v->room);
}

enum ocsf_part {
    OCSF_CLASS,
    OCSF_CATEGORY,
    OCSF_ACTIVITY,
    OCSF_TYPE,
    OCSF_SEVERITY,
    OCSF_IS_ALERT,
    OCSF_DIRECTION,
    OCSF_DIRECTION_NAME,
    OCSF_PROTOCOL_NUMBER,
    OCSF_HASH_ALGORITHM,
};

static void get_ocsf(const struct event *e, size_t part, struct value *v) {
    enum { SHA256 = 3 };
    switch ((enum ocsf_part)part) {
    case OCSF_CLASS:
        return value_number(v, class_of(e));
    case OCSF_CATEGORY:
        return value_number(v, class_of(e) / 1000);
    case OCSF_ACTIVITY:
        return value_number(v, activity_of(e));
    case OCSF_TYPE:
        return value_number(v, class_of(e) * 100 + activity_of(e));
    case OCSF_SEVERITY:
        return value_number(v, severity_id(e));
    case OCSF_IS_ALERT:
        return value_bool(v, e->incident->state != INCIDENT_CLOSED);
    case OCSF_DIRECTION:
        return value_number(v, directions[direction_of(e)].id);
    case OCSF_DIRECTION_NAME:
        return value_token(v, directions[direction_of(e)].name);
    case OCSF_PROTOCOL_NUMBER:
        return value_number(v, e->record->transport);
    case OCSF_HASH_ALGORITHM:
        if (e->record->hashed)
            value_number(v, SHA256);
        return;
    }
}

enum { NETWORK = REPORT_TRANSFER | REPORT_FLOW, SENSOR = REPORT_STATS | REPORT_DIGEST, OTHER = 99 };

/* clang-format off */
static const struct row rows[] = {
    {.key = "class_uid", .get = get_ocsf, .which = OCSF_CLASS},
    {.key = "category_uid", .get = get_ocsf, .which = OCSF_CATEGORY},
    {.key = "activity_id", .get = get_ocsf, .which = OCSF_ACTIVITY},
    {.key = "activity_name", .ecs = "event.action", .records = SENSOR},
    {.key = "type_uid", .get = get_ocsf, .which = OCSF_TYPE},
    {.key = "severity_id", .ecs = "event.severity", .get = get_ocsf, .which = OCSF_SEVERITY},
    {.key = "severity_id", .records = UINT8_MAX & ~REPORT_ALERT, .get = get_ocsf, .which = OCSF_SEVERITY},
    {.key = "time", .ecs = "@timestamp", .get = row_ms},
    {.key = "start_time", .ecs = "event.start", .get = row_ms, .which = ROW_RECORD_FIRST},
    {.key = "end_time", .ecs = "event.end", .get = row_ms, .which = ROW_RECORD_LAST},
    {.key = "message", .rank = 15, .get = row_sentence},
    {.key = "metadata.version", .text = OCSF_VERSION},
    {.key = "metadata.product.name", .text = "Gantry"},
    {.key = "metadata.product.vendor_name", .text = "Gantry"},
    {.key = "metadata.product.version", .text = GANTRY_VERSION, .rank = 1},
    {.key = "metadata.uid", .get = get_uid},
    {.key = "metadata.sequence", .ecs = "gantry.sequence"},
    {.key = "metadata.loggers[].name", .ecs = "observer.name"},
    {.key = "is_alert", .records = REPORT_ALERT, .rank = 10, .get = get_ocsf, .which = OCSF_IS_ALERT},
    {.key = "finding_info.uid", .ecs = "gantry.incident.id"},
    {.key = "finding_info.title", .records = REPORT_ALERT, .get = row_text, .which = TEXT_RULE_NAME},
    {.key = "finding_info.types", .ecs = "gantry.classes", .records = REPORT_ALERT},
    {.key = "finding_info.first_seen_time", .ecs = "gantry.incident.first", .get = row_ms, .which = ROW_INCIDENT_FIRST},
    {.key = "finding_info.last_seen_time", .ecs = "gantry.incident.last", .get = row_ms, .which = ROW_INCIDENT_LAST},
    {.key = "finding_info.analytic.uid", .ecs = "rule.id", .records = REPORT_ALERT},
    {.key = "finding_info.analytic.type_id", .records = REPORT_ALERT, .rank = 21, .get = row_number, .which = 1},
    {.key = "finding_info.attacks[].technique.uid|sub_technique.uid", .ecs = "threat.technique.id", .get = get_attacks},
    {.key = "data_security.category_id", .records = REPORT_ALERT, .rank = 20, .get = row_number, .which = OTHER},
    {.key = "data_security.category", .records = REPORT_ALERT, .rank = 20, .get = row_text, .which = TEXT_CLASS},
    {.key = "data_security.data_lifecycle_state_id", .records = REPORT_ALERT, .rank = 20, .get = row_number, .which = 2},
    {.key = "data_security.detection_system_id", .records = REPORT_ALERT, .rank = 20, .get = row_number, .which = OTHER},
    {.key = "data_security.detection_system", .records = REPORT_ALERT, .rank = 20, .text = "Network sensor"},
    {.key = "data_security.pattern_match", .ecs = "gantry.sample"},
    {.key = "data_security.policy.uid", .ecs = "gantry.contract", .records = REPORT_ALERT, .get = row_text, .which = TEXT_CONTRACT},
    {.key = "file.name", .ecs = "file.name", .records = REPORT_ALERT, .otherwise = get_file_number},
    {.key = "file.type_id", .records = REPORT_ALERT, .rank = 19, .get = row_number, .which = 1},
    {.key = "file.path", .ecs = "file.path", .records = REPORT_ALERT},
    {.key = "file.size", .ecs = "file.size", .records = REPORT_ALERT},
    {.key = "file.mime_type", .ecs = "file.mime_type", .records = REPORT_ALERT},
    {.key = "file.hashes[].algorithm_id", .records = REPORT_ALERT, .rank = 14, .get = get_ocsf, .which = OCSF_HASH_ALGORITHM},
    {.key = "file.hashes[].value", .ecs = "file.hash.sha256", .records = REPORT_ALERT},
    {.key = "src_endpoint.ip", .ecs = "source.ip", .records = REPORT_ALERT},
    {.key = "src_endpoint.port", .ecs = "source.port", .records = REPORT_ALERT},
    {.key = "src_endpoint.hostname", .ecs = "url.domain", .records = REPORT_ALERT, .when = ROW_SERVER_SENDS},
    {.key = "src_endpoint.ip", .ecs = "client.ip", .records = NETWORK, .stays = true},
    {.key = "src_endpoint.port", .ecs = "client.port", .records = NETWORK},
    {.key = "dst_endpoint.ip", .ecs = "destination.ip", .records = REPORT_ALERT},
    {.key = "dst_endpoint.port", .ecs = "destination.port", .records = REPORT_ALERT},
    {.key = "dst_endpoint.hostname", .ecs = "url.domain", .records = REPORT_ALERT, .when = ROW_CLIENT_SENDS},
    {.key = "dst_endpoint.ip", .ecs = "server.ip", .records = NETWORK, .stays = true},
    {.key = "dst_endpoint.port", .ecs = "server.port", .records = NETWORK},
    {.key = "dst_endpoint.hostname", .ecs = "url.domain", .records = NETWORK},
    {.key = "connection_info.direction_id", .records = NETWORK, .rank = 11, .get = get_ocsf, .which = OCSF_DIRECTION},
    {.key = "connection_info.direction", .records = NETWORK, .rank = 11, .get = get_ocsf, .which = OCSF_DIRECTION_NAME},
    {.key = "connection_info.protocol_name", .ecs = "network.transport", .records = NETWORK},
    {.key = "connection_info.protocol_num", .records = NETWORK, .rank = 11, .get = get_ocsf, .which = OCSF_PROTOCOL_NUMBER},
    {.key = "connection_info.community_uid", .ecs = "network.community_id", .records = NETWORK},
    {.key = "traffic.bytes_out", .ecs = "client.bytes"},
    {.key = "traffic.bytes_in", .ecs = "server.bytes"},
    {.key = "traffic.packets_out", .ecs = "client.packets"},
    {.key = "traffic.packets_in", .ecs = "server.packets"},
    {.ecs = "event.kind"}, {.ecs = "event.category"}, {.ecs = "observer.product"}, {.ecs = "observer.version"},
    {.ecs = "ecs.version"},
    {0},
};
/* clang-format on */

static void name_field(const struct field *f, char *out, size_t size) {
    snprintf(out, size, "unmapped.%s", f->ecs);
}

static struct mapping mapping = {.rows = rows, .name = name_field};

static size_t write_ocsf(const struct event *e, struct detail d, char *out, size_t size) {
    return nest_write(&mapping, e, d, out, size);
}

const struct format format_ocsf = {.name = "ocsf", .least = 768, .write = write_ocsf};
