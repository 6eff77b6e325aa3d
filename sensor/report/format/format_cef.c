/* SPDX-License-Identifier: Apache-2.0 */
#include "report/format/mapping.h"

/* ArcSight Common Event Format, version 0 ("ArcSight CEF Implementation Standard", version 27). Keys of its
 * dictionary with its bounds where it has one for the thing, custom strings and numbers with their labels,
 * and what is left under the vendor's name as its section on custom extensions asks for. In the header `|`
 * and `\` have a backslash, in values `=` and `\`; a line end cannot occur, it is shown as <U+000A>. */
enum { SHORT = 31, HOST = 100, NAME = 512, TEXT = 1023, CUSTOM = 4000, INTEGER = INT32_MAX };

static void get_direction(const struct event *e, size_t which, struct value *v) {
    if (e->record->direction == DIRECTION_OUTBOUND || e->record->direction == DIRECTION_INBOUND)
        value_number(v, e->record->direction == DIRECTION_OUTBOUND);
}

/* clang-format off */
static const struct row rows[] = {
    {.key = "rt", .ecs = "@timestamp", .get = row_ms},
    {.key = "cat", .ecs = "event.action"},
    {.key = "dvchost", .ecs = "observer.name", .most = HOST},
    {.key = "externalId", .ecs = "gantry.incident.id"},
    {.key = "start", .ecs = "event.start", .get = row_ms, .which = ROW_RECORD_FIRST},
    {.key = "end", .ecs = "event.end", .get = row_ms, .which = ROW_RECORD_LAST},
    {.key = "start", .ecs = "gantry.incident.first", .get = row_ms, .which = ROW_INCIDENT_FIRST},
    {.key = "end", .ecs = "gantry.incident.last", .get = row_ms, .which = ROW_INCIDENT_LAST},
    {.key = "src", .ecs = "source.ip", .key6 = "c6a2", .label6 = "Source IPv6 Address"},
    {.key = "spt", .ecs = "source.port"},
    {.key = "dst", .ecs = "destination.ip", .key6 = "c6a3", .label6 = "Destination IPv6 Address"},
    {.key = "dpt", .ecs = "destination.port"},
    {.key = "in", .ecs = "client.bytes", .get = row_amount, .most = INTEGER},
    {.key = "out", .ecs = "server.bytes", .get = row_amount, .which = ROW_RECEIVED, .most = INTEGER},
    {.key = "proto", .ecs = "network.transport", .get = row_transport},
    {.key = "app", .ecs = "network.protocol", .most = SHORT},
    {.key = "deviceDirection", .ecs = "network.direction", .get = get_direction},
    {.key = "fname", .ecs = "file.name", .most = TEXT},
    {.key = "filePath", .ecs = "file.path", .most = TEXT},
    {.key = "fsize", .ecs = "file.size", .most = INTEGER},
    {.key = "fileType", .ecs = "file.mime_type", .most = TEXT},
    {.key = "fileHash", .ecs = "file.hash.sha256"},
    {.key = "request", .ecs = "url.path", .get = row_url, .most = TEXT},
    {.key = "shost", .ecs = "url.domain", .when = ROW_SERVER_SENDS, .most = TEXT},
    {.key = "dhost", .ecs = "url.domain", .when = ROW_CLIENT_SENDS, .most = TEXT},
    {.key = "suser", .ecs = "user.name", .when = ROW_CLIENT_SENDS, .most = TEXT},
    {.key = "duser", .ecs = "user.name", .when = ROW_SERVER_SENDS, .most = TEXT},
    {.key = "requestMethod", .ecs = "http.request.method", .most = TEXT},
    {.key = "cnt", .ecs = "gantry.incident.objects", .most = INTEGER},
    {.key = "reason", .ecs = "gantry.reason", .most = TEXT},
    {.key = "act", .ecs = "gantry.incident.state"},
    {.key = "cs1", .ecs = "gantry.classes", .label = "classes"},
    {.key = "cs2", .ecs = "gantry.verdict", .label = "verdict"},
    {.key = "cs3", .ecs = "gantry.partner", .label = "partner", .most = CUSTOM},
    {.key = "cs4", .ecs = "gantry.contract", .label = "contract", .most = CUSTOM},
    {.key = "cs5", .ecs = "gantry.network", .label = "network", .most = CUSTOM},
    {.key = "cs6", .ecs = "threat.technique.id", .label = "technique"},
    {.key = "cn1", .ecs = "gantry.incident.bytes", .label = "bytes", .most = INT64_MAX},
    {.key = "cn2", .ecs = "gantry.incident.distinct_plates", .label = "plates", .most = INT64_MAX},
    {.key = "cn3", .ecs = "gantry.incident.sequence", .label = "alert", .most = INT64_MAX},
    {.key = "msg", .get = row_sentence, .most = TEXT},
    {.ecs = "event.kind"}, {.ecs = "event.category"}, {.ecs = "event.severity"}, {.ecs = "observer.product"},
    {.ecs = "observer.version"}, {.ecs = "ecs.version"}, {.ecs = "rule.id"}, {.ecs = "rule.name"},
    {0},
};
/* clang-format on */

static struct mapping mapping = {.rows = rows, .name = pairs_name};
static const struct pairs pairs = {.mapping = &mapping, .separator = " ", .escape = "=\\"};

/* 0 to 10, what is no alert 0 and a notice of the sensor 5. */
static unsigned severity_of_event(const struct event *e) {
    if (e->kind == REPORT_ALERT)
        return e->record->severity <= 10 ? e->record->severity : 10;
    return event_is_notice(e) ? 5 : 0;
}

/* The rule where there is one, else the kind of record. */
static void write_header(struct text *t, const struct event *e, struct detail d) {
    struct bytes id = bytes_text(event_message_id(e)), name = id;
    if (e->kind == REPORT_ALERT || event_is_notice(e)) {
        id = record_text_of(e->record, TEXT_RULE_ID);
        name = record_text_of(e->record, TEXT_RULE_NAME);
    }
    text_put(t, "CEF:0|Gantry|Gantry|" GANTRY_VERSION "|");
    text_safe(t, id, d.text_max, "|\\");
    text_put(t, "|");
    text_safe(t, d.level > RANK_TEXTS || !name.n ? id : name, d.text_max < NAME ? d.text_max : NAME, "|\\");
    text_print(t, "|%u|", severity_of_event(e));
}

static size_t write_cef(const struct event *e, struct detail d, char *out, size_t size) {
    struct text t;
    text_init(&t, out, size);
    if (e->syslog)
        syslog_header(&t, e, d);
    write_header(&t, e, d);
    pairs_write(&t, &pairs, e, d);
    return text_size(&t);
}

const struct format format_cef = {.name = "cef", .octet_counting = true, .least = 640, .write = write_cef};
