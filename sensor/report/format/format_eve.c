/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"
#include "report/format/mapping.h"

#include <stdio.h>

/* One JSON object a line, as pipelines read them that were made for Suricata's eve.json: alert, fileinfo (of
 * a transfer), flow, stats, engine (of a notice). What Suricata has no word for is in "gantry", under the
 * names of fields.c. */

static void get_timestamp(const struct event *e, size_t which, struct value *v) {
    char time[CLOCK_TEXT_MAX];
    time_ns t = which == 0 ? e->time : *(const time_ns *)((const uint8_t *)e->record + which);
    clock_format(t, time);
    snprintf(v->room, sizeof v->room, "%.26s+0000", time);
    value_token(v, v->room);
}

static uint64_t digest_octets(const void *data, size_t n) {
    static const struct hash_key key = {0x657665,
                                        1}; /* the same numbers on every sensor and at every start */
    return hash_bytes(&key, data, n);
}

/* The same for all records of one pair of ends; of 53 bits, which JavaScript keeps. */
static void get_flow_id(const struct event *e, size_t which, struct value *v) {
    const struct record *r = e->record;
    uint8_t ends[2 * sizeof r->client + 5] = {r->transport, (uint8_t)(r->client_port >> 8),
                                              (uint8_t)r->client_port, (uint8_t)(r->server_port >> 8),
                                              (uint8_t)r->server_port};
    memcpy(ends + 5, &r->client, sizeof r->client);
    memcpy(ends + 5 + sizeof r->client, &r->server, sizeof r->server);
    value_number(v, digest_octets(ends, sizeof ends) >> 11);
}

enum eve_part {
    EVE_TYPE,
    EVE_SIGNATURE_ID,
    EVE_PRIORITY,
    EVE_INTERFACE,
    EVE_VLAN,
    EVE_DIRECTION,
    EVE_LOG_LEVEL,
    EVE_STATE,
    EVE_GAPS,
    EVE_STORED,
    EVE_AGE,
};

static void get_eve(const struct event *e, size_t part, struct value *v) {
    const struct record *r = e->record;
    struct bytes id;
    switch ((enum eve_part)part) {
    case EVE_TYPE:
        return value_token(v, e->kind == REPORT_TRANSFER ? "fileinfo"
                              : event_is_notice(e)       ? "engine"
                                                         : event_action(e));
    case EVE_SIGNATURE_ID: /* a positive number of 31 bits, from the rule's id alone */
        id = record_text_of(r, TEXT_RULE_ID);
        return value_number(v, (digest_octets(id.p, id.n) & 0x7fffffff) | 1);
    case EVE_PRIORITY: /* Suricata's: 1 is the highest */
        return value_number(v, r->severity >= 7 ? 1 : r->severity >= 4 ? 2 : 3);
    case EVE_INTERFACE:
        return value_token(v, e->interface);
    case EVE_VLAN:
        if (r->vlan)
            value_number(v, r->vlan);
        return;
    case EVE_DIRECTION:
        return value_token(v, source_is_client(r) ? "to_server" : "to_client");
    case EVE_LOG_LEVEL:
        return value_token(v, event_is_notice(e) ? "Warning" : NULL);
    case EVE_STATE:
        return value_token(v, r->complete ? "CLOSED" : "TRUNCATED");
    case EVE_GAPS:
        return value_bool(v, r->missing != 0);
    case EVE_STORED:
        return value_bool(v, false);
    case EVE_AGE:
        return value_number(v, r->last > r->first ? (uint64_t)((r->last - r->first) / NS_PER_S) : 0);
    }
}

enum { OBJECT = REPORT_ALERT | REPORT_TRANSFER, TRAFFIC = OBJECT | REPORT_FLOW };

/* clang-format off */
static const struct row rows[] = {
    {.key = "timestamp", .ecs = "@timestamp", .get = get_timestamp},
    {.key = "flow_id", .records = TRAFFIC, .get = get_flow_id},
    {.key = "in_iface", .rank = 3, .get = get_eve, .which = EVE_INTERFACE},
    {.key = "event_type", .ecs = "event.action", .get = get_eve, .which = EVE_TYPE},
    {.key = "vlan[]", .ecs = "network.vlan.id", .get = get_eve, .which = EVE_VLAN},
    {.key = "src_ip", .ecs = "source.ip", .records = OBJECT},
    {.key = "src_port", .ecs = "source.port", .records = OBJECT},
    {.key = "dest_ip", .ecs = "destination.ip", .records = OBJECT},
    {.key = "dest_port", .ecs = "destination.port", .records = OBJECT},
    {.key = "src_ip", .ecs = "client.ip", .records = REPORT_FLOW, .stays = true},
    {.key = "src_port", .ecs = "client.port", .records = REPORT_FLOW},
    {.key = "dest_ip", .ecs = "server.ip", .records = REPORT_FLOW, .stays = true},
    {.key = "dest_port", .ecs = "server.port", .records = REPORT_FLOW},
    {.key = "proto", .ecs = "network.transport", .get = row_transport},
    {.key = "app_proto", .ecs = "network.protocol"},
    {.key = "community_id", .ecs = "network.community_id"},
    {.key = "direction", .records = OBJECT, .rank = 4, .get = get_eve, .which = EVE_DIRECTION},
    {.key = "host", .ecs = "observer.name"},
    {.key = "alert.action", .records = REPORT_ALERT, .text = "allowed"},
    {.key = "alert.gid", .records = REPORT_ALERT, .get = row_number, .which = 1},
    {.key = "alert.signature_id", .records = REPORT_ALERT, .get = get_eve, .which = EVE_SIGNATURE_ID},
    {.key = "alert.rev", .records = REPORT_ALERT, .rank = 3, .get = row_number, .which = 1},
    {.key = "alert.signature", .ecs = "rule.name", .records = REPORT_ALERT},
    {.key = "alert.category", .records = REPORT_ALERT, .get = row_text, .which = TEXT_CLASS},
    {.key = "alert.severity", .ecs = "event.severity", .get = get_eve, .which = EVE_PRIORITY},
    {.key = "alert.metadata.mitre_technique_id", .ecs = "threat.technique.id"},
    {.key = "alert.metadata.rule[]", .ecs = "rule.id", .records = REPORT_ALERT},
    {.key = "alert.metadata.reference", .ecs = "rule.reference"},
    {.key = "log_level", .records = REPORT_STATS, .get = get_eve, .which = EVE_LOG_LEVEL},
    {.key = "engine.error", .ecs = "rule.id", .records = REPORT_STATS},
    {.key = "engine.message", .ecs = "rule.name", .records = REPORT_STATS},
    {.key = "http.hostname", .ecs = "url.domain"},
    {.key = "http.url", .ecs = "url.path"},
    {.key = "http.http_method", .ecs = "http.request.method"},
    {.key = "ftp_data.command", .ecs = "gantry.command"},
    {.key = "fileinfo.filename", .ecs = "file.name"},
    {.key = "fileinfo.sha256", .ecs = "file.hash.sha256"},
    {.key = "fileinfo.size", .ecs = "file.size"},
    {.key = "fileinfo.state", .records = REPORT_TRANSFER, .rank = 8, .get = get_eve, .which = EVE_STATE},
    {.key = "fileinfo.gaps", .records = REPORT_TRANSFER, .rank = 8, .get = get_eve, .which = EVE_GAPS},
    {.key = "fileinfo.stored", .records = REPORT_TRANSFER, .rank = 1, .get = get_eve, .which = EVE_STORED},
    {.key = "flow.pkts_toserver", .ecs = "client.packets"},
    {.key = "flow.pkts_toclient", .ecs = "server.packets"},
    {.key = "flow.bytes_toserver", .ecs = "client.bytes"},
    {.key = "flow.bytes_toclient", .ecs = "server.bytes"},
    {.key = "flow.start", .ecs = "event.start", .get = get_timestamp, .which = offsetof(struct record, first)},
    {.key = "flow.end", .ecs = "event.end", .get = get_timestamp, .which = offsetof(struct record, last)},
    {.key = "flow.age", .records = REPORT_FLOW, .rank = 17, .get = get_eve, .which = EVE_AGE},
    {.key = "stats", .ecs = "gantry.stats"},
    {.key = "gantry.application", .ecs = "network.application"},
    {.key = "gantry.direction", .ecs = "network.direction"},
    {.key = "gantry.mime_type", .ecs = "file.mime_type"},
    {0},
};
/* clang-format on */

/* What is not in "gantry" already is left out, but for facts, which are there under their short names. */
static void name_field(const struct field *f, char *out, size_t size) {
    bool ours = strncmp(f->ecs, "gantry.", 7) == 0;
    if (field_is_fact(f) && !ours)
        snprintf(out, size, "gantry.%s", f->brief);
    else
        snprintf(out, size, "%s", ours ? f->ecs : "");
}

static struct mapping mapping = {.rows = rows, .name = name_field};

static size_t write_eve(const struct event *e, struct detail d, char *out, size_t size) {
    return nest_write(&mapping, e, d, out, size);
}

const struct format format_eve = {.name = "eve", .least = 640, .write = write_eve};
