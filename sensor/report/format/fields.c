/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hex.h"
#include "policy/policy.h"
#include "report/digest/digest.h"
#include "report/event/technique.h"
#include "report/format/field.h"
#include "report/incident/cap.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

static void set_token(struct value *v, const char *text) {
    v->kind = text ? VALUE_TOKEN : VALUE_ABSENT;
    v->text = bytes_text(text);
}

static void set_bytes(struct value *v, struct bytes text) {
    v->kind = text.n ? VALUE_TEXT : VALUE_ABSENT;
    v->text = text;
}

static void set_number(struct value *v, uint64_t n) {
    v->kind = VALUE_NUMBER;
    v->number = n;
}

static void set_time(struct value *v, time_ns t) {
    set_token(v, clock_format(t, v->room));
}

static const void *record_member(const struct event *e, size_t offset) {
    return (const uint8_t *)e->record + offset;
}

/* --- of every event --- */

static void get_time(const struct event *e, size_t which, struct value *v) {
    set_time(v, e->time);
}

static void get_kind(const struct event *e, size_t which, struct value *v) {
    bool metric = e->kind == REPORT_STATS && !e->record;
    set_token(v, e->kind == REPORT_ALERT || e->urgent ? "alert" : metric ? "metric" : "event");
}

static void get_category(const struct event *e, size_t which, struct value *v) {
    v->kind = VALUE_LIST;
    v->text = bytes_text(e->kind == REPORT_TRANSFER ? "network\nfile" : "network");
}

static void get_action(const struct event *e, size_t which, struct value *v) {
    set_token(v, event_action(e));
}

static void get_observer(const struct event *e, size_t which, struct value *v) {
    set_bytes(v, bytes_text(e->observer));
}

static void get_constant(const struct event *e, size_t which, struct value *v) {
    static const char *const texts[] = {"gantry", GANTRY_VERSION, "8.11.0"};
    set_token(v, texts[which]);
}

static void get_boot(const struct event *e, size_t which, struct value *v) {
    set_token(v, e->boot);
}

static void get_sequence(const struct event *e, size_t which, struct value *v) {
    set_number(v, e->sequence);
}

static void get_figures(const struct event *e, size_t which, struct value *v) {
    v->kind = e->figures ? VALUE_FIGURES : VALUE_ABSENT;
}

static void get_last(const struct event *e, size_t which, struct value *v) {
    set_number(v, e->last);
    v->kind = e->figures ? VALUE_BOOL : VALUE_ABSENT;
}

/* --- of the record --- */

static void get_text(const struct event *e, size_t which, struct value *v) {
    if (e->record)
        set_bytes(v, record_text_of(e->record, (enum record_text)which));
}

static void get_text_or_null(const struct event *e, size_t which, struct value *v) {
    get_text(e, which, v);
    if (v->kind == VALUE_ABSENT)
        v->kind = VALUE_NULL;
}

static void get_list(const struct event *e, size_t which, struct value *v) {
    get_text(e, which, v);
    if (v->kind == VALUE_TEXT)
        v->kind = VALUE_LIST;
}

static void get_first(const struct event *e, size_t which, struct value *v) {
    get_text(e, which, v);
    const uint8_t *line = v->kind == VALUE_TEXT ? memchr(v->text.p, '\n', v->text.n) : NULL;
    if (line)
        v->text.n = (size_t)(line - v->text.p);
}

/* In a transfer record a list is there even when nothing was found. */
static void get_full_list(const struct event *e, size_t which, struct value *v) {
    get_text(e, which, v);
    v->kind = VALUE_LIST;
}

static void get_address(const struct event *e, size_t which, struct value *v) {
    static const struct address none;
    const struct address *a = record_member(e, which);
    if (!address_equal(a, &none))
        set_token(v, address_format(a, v->room));
}

static void get_port(const struct event *e, size_t which, struct value *v) {
    uint16_t port = *(const uint16_t *)record_member(e, which);
    if (port)
        set_number(v, port);
}

static void get_u8(const struct event *e, size_t which, struct value *v) {
    set_number(v, *(const uint8_t *)record_member(e, which));
}

static void get_u64(const struct event *e, size_t which, struct value *v) {
    set_number(v, *(const uint64_t *)record_member(e, which));
}

static void get_u64_unless_zero(const struct event *e, size_t which, struct value *v) {
    get_u64(e, which, v);
    if (v->number == 0)
        v->kind = VALUE_ABSENT;
}

static void get_distinct(const struct event *e, size_t which, struct value *v) {
    if (e->record->distinct)
        set_number(v, e->record->distinct);
}

static void get_record_time(const struct event *e, size_t which, struct value *v) {
    set_time(v, *(const time_ns *)record_member(e, which));
}

static void get_complete(const struct event *e, size_t which, struct value *v) {
    if (e->record->kind != RECORD_TRANSFER)
        return; /* a finding in a file that is still moving */
    set_number(v, e->record->complete);
    v->kind = VALUE_BOOL;
}

static void get_missing(const struct event *e, size_t which, struct value *v) {
    if (e->record->kind == RECORD_TRANSFER)
        set_number(v, e->record->missing);
}

static void get_shed(const struct event *e, size_t which, struct value *v) {
    if (!e->record->shed)
        return;
    set_number(v, 1);
    v->kind = VALUE_BOOL;
}

static void get_size(const struct event *e, size_t which, struct value *v) {
    if (e->record->kind == RECORD_TRANSFER)
        set_number(v, e->record->bytes);
    else if (e->record->known_total)
        set_number(v, e->record->total);
}

static void get_sha256(const struct event *e, size_t which, struct value *v) {
    if (!e->record->hashed)
        return;
    set_token(v, hex_format(e->record->sha256, sizeof e->record->sha256, v->room));
}

static void get_object(const struct event *e, size_t which, struct value *v) {
    uint64_t number = *(const uint64_t *)record_member(e, which);
    v->kind = VALUE_NULL;
    if (number == 0)
        return;
    snprintf(v->room, sizeof v->room, "%u-%llu", e->record->worker, (unsigned long long)number);
    set_token(v, v->room);
}

static void get_transport(const struct event *e, size_t which, struct value *v) {
    static const char *const names[256] = {[IPPROTO_TCP] = "tcp",
                                           [IPPROTO_UDP] = "udp",
                                           [IPPROTO_SCTP] = "sctp",
                                           [IPPROTO_ICMP] = "icmp",
                                           [IPPROTO_ICMPV6] = "ipv6-icmp"};
    set_token(v, names[e->record->transport]);
}

static void get_direction(const struct event *e, size_t which, struct value *v) {
    static const char *const names[] = {NULL, "outbound", "inbound", "internal", "external"};
    if (e->record->direction < sizeof names / sizeof names[0])
        set_token(v, names[e->record->direction]);
}

/* A text, as the example of the contract has it. */
static void get_vlan(const struct event *e, size_t which, struct value *v) {
    if (e->record->vlan == 0)
        return;
    snprintf(v->room, sizeof v->room, "%u", e->record->vlan);
    set_token(v, v->room);
}

static void get_verdict(const struct event *e, size_t which, struct value *v) {
    if (e->record->verdict <= VERDICT_UNKNOWN)
        set_token(v, verdict_name((enum verdict)e->record->verdict));
}

static bool is_http(const struct event *e) {
    return bytes_starts_nocase(record_text_of(e->record, TEXT_PROTOCOL), "http");
}

/* What a request names is its URL's path, whatever else has one names a file. */
static void get_path(const struct event *e, size_t url, struct value *v) {
    if (is_http(e) == (url != 0))
        get_text(e, TEXT_PATH, v);
}

/* A method of HTTP, a command of any other protocol. */
static void get_method(const struct event *e, size_t http, struct value *v) {
    if (is_http(e) == (http != 0))
        set_bytes(v, record_text_of(e->record, TEXT_METHOD));
}

/* --- of the incident --- */

static void get_incident(const struct event *e, size_t which, struct value *v) {
    set_number(v, *(const uint64_t *)((const uint8_t *)e->incident + which));
}

static void get_incident_id(const struct event *e, size_t which, struct value *v) {
    set_token(v, e->incident->id);
}

static void get_incident_state(const struct event *e, size_t which, struct value *v) {
    set_token(v, incident_state_name(e->incident->state));
}

static void get_incident_time(const struct event *e, size_t which, struct value *v) {
    set_time(v, *(const time_ns *)((const uint8_t *)e->incident + which));
}

static void get_settled(const struct event *e, size_t which, struct value *v) {
    set_bytes(v, bytes_text(e->incident->settled));
}

static void get_held(const struct event *e, size_t which, struct value *v) {
    set_number(v, e->incident->held);
    if (v->number == 0)
        v->kind = VALUE_ABSENT;
}

static void get_technique(const struct event *e, size_t which, struct value *v) {
    v->text = bytes_of(v->room, technique_list(e->incident->techniques, v->room));
    v->kind = v->text.n ? VALUE_LIST : VALUE_ABSENT;
}

/* --- of the digest --- */

static void get_digest(const struct event *e, size_t which, struct value *v) {
    v->kind = VALUE_DIGEST;
}

/* --- of what was held back --- */

static void get_held_amount(const struct event *e, size_t which, struct value *v) {
    if (e->held)
        set_number(v, *(const uint64_t *)((const uint8_t *)e->held + which));
}

static void get_held_ids(const struct event *e, size_t which, struct value *v) {
    if (!e->held)
        return;
    v->kind = VALUE_LIST;
    v->text = e->held->ids;
}

#define ALL (REPORT_ALERT | REPORT_TRANSFER | REPORT_FLOW | REPORT_STATS | REPORT_DIGEST)
#define TRAFFIC (REPORT_ALERT | REPORT_TRANSFER | REPORT_FLOW)
#define OBJECT (REPORT_ALERT | REPORT_TRANSFER)
#define IN_RECORD(member) offsetof(struct record, member)
#define IN_INCIDENT(member) offsetof(struct incident_facts, member)
#define IN_HELD(member) offsetof(struct cap_summary, member)

/* clang-format off */
const struct field fields[] = {
    {"@timestamp",                     NULL,         0, ALL,             get_time, 0},
    {"ecs.version",                    NULL,         1, ALL,             get_constant, 2},
    {"event.kind",                     NULL,        26, ALL,             get_kind, 0},
    {"event.category",                 NULL,         1, TRAFFIC,         get_category, 0},
    {"event.action",                   NULL,         0, ALL,             get_action, 0},
    {"event.severity",                 "severity",   0, REPORT_ALERT,    get_u8, IN_RECORD(severity)},
    {"event.start",                    "start",     17, REPORT_FLOW,     get_record_time, IN_RECORD(first)},
    {"event.end",                      "end",       17, REPORT_FLOW,     get_record_time, IN_RECORD(last)},
    {"observer.name",                  NULL,        25, ALL,             get_observer, 0},
    {"observer.product",               NULL,         1, ALL,             get_constant, 0},
    {"observer.version",               NULL,         1, ALL,             get_constant, 1},
    {"rule.id",                        "rule",      21, REPORT_ALERT | REPORT_STATS, get_text, TEXT_RULE_ID},
    {"rule.name",                      "rulename",  15, REPORT_ALERT | REPORT_STATS, get_text, TEXT_RULE_NAME},
    {"rule.reference",                 "reference",  5, REPORT_ALERT,    get_list, TEXT_REFERENCES},
    {"source.ip",                      "src",        0, TRAFFIC,         get_address, IN_RECORD(source)},
    {"source.port",                    "spt",       18, TRAFFIC,         get_port, IN_RECORD(source_port)},
    {"destination.ip",                 "dst",        0, TRAFFIC,         get_address, IN_RECORD(destination)},
    {"destination.port",               "dpt",       18, TRAFFIC,         get_port, IN_RECORD(destination_port)},
    {"client.ip",                      "client",     4, TRAFFIC,         get_address, IN_RECORD(client)},
    {"client.port",                    "cpt",        4, TRAFFIC,         get_port, IN_RECORD(client_port)},
    {"client.bytes",                   "cbytes",    16, REPORT_FLOW,     get_u64, IN_RECORD(bytes)},
    {"client.packets",                 "cpackets",   8, REPORT_FLOW,     get_u64, IN_RECORD(packets)},
    {"server.ip",                      "server",     4, TRAFFIC,         get_address, IN_RECORD(server)},
    {"server.port",                    "vpt",        4, TRAFFIC,         get_port, IN_RECORD(server_port)},
    {"server.bytes",                   "sbytes",    16, REPORT_FLOW,     get_u64, IN_RECORD(bytes_back)},
    {"server.packets",                 "spackets",   8, REPORT_FLOW,     get_u64, IN_RECORD(packets_back)},
    {"network.transport",              "transport", 11, TRAFFIC,         get_transport, 0},
    {"network.protocol",               "proto",     22, TRAFFIC,         get_text, TEXT_PROTOCOL},
    {"network.application",            "app",       11, TRAFFIC,         get_text, TEXT_APPLICATION},
    {"network.community_id",           "community",  3, TRAFFIC,         get_text, TEXT_COMMUNITY_ID},
    {"network.direction",              "direction", 11, TRAFFIC,         get_direction, 0},
    {"network.vlan.id",                "vlan",       3, TRAFFIC,         get_vlan, 0},
    {"file.name",                      "file",      19, OBJECT,          get_text, TEXT_NAME},
    {"file.path",                      "path",       2, OBJECT,          get_path, 0},
    {"file.size",                      "size",      18, OBJECT,          get_size, 0},
    {"file.mime_type",                 "mime",       8, OBJECT,          get_text, TEXT_MIME},
    {"file.hash.sha256",               "sha256",    14, OBJECT,          get_sha256, 0},
    {"url.path",                       "url",        6, OBJECT,          get_path, 1},
    {"url.domain",                     "host",       6, OBJECT,          get_text, TEXT_HOST},
    {"user.name",                      "user",       7, OBJECT,          get_text, TEXT_USER},
    {"http.request.method",            "method",     7, OBJECT,          get_method, 1},
    {"threat.technique.id",            "technique", 12, REPORT_ALERT,    get_technique, 0},
    {"gantry.boot",                    "boot",       0, ALL,             get_boot, 0},
    {"gantry.sequence",                "seq",        0, ALL,             get_sequence, 0},
    {"gantry.command",                 "command",    7, OBJECT,          get_method, 0},
    {"gantry.incident.id",             "incident",   0, REPORT_ALERT,    get_incident_id, 0},
    {"gantry.incident.state",          "state",      0, REPORT_ALERT,    get_incident_state, 0},
    {"gantry.incident.sequence",       "alert",     23, REPORT_ALERT,    get_incident, IN_INCIDENT(sequence)},
    {"gantry.incident.objects",        "objects",    0, REPORT_ALERT,    get_incident, IN_INCIDENT(objects)},
    {"gantry.incident.bytes",          "bytes",      0, REPORT_ALERT,    get_incident, IN_INCIDENT(bytes)},
    {"gantry.incident.distinct_plates", "plates",   24, REPORT_ALERT,    get_incident, IN_INCIDENT(plates)},
    {"gantry.incident.first",          "first",     17, REPORT_ALERT,    get_incident_time, IN_INCIDENT(first)},
    {"gantry.incident.last",           "last",      17, REPORT_ALERT,    get_incident_time, IN_INCIDENT(last)},
    {"gantry.incident.held_alerts",    "held",      17, REPORT_ALERT,    get_held, 0},
    {"gantry.incident.settled",        "settled",   16, REPORT_ALERT,    get_settled, 0},
    {"gantry.object.id",               "object",    16, OBJECT,          get_object, IN_RECORD(object)},
    {"gantry.object.parent",           "parent",     8, OBJECT,          get_object, IN_RECORD(parent)},
    {"gantry.object.offset",           "offset",     8, OBJECT,          get_u64_unless_zero, IN_RECORD(offset)},
    {"gantry.transfer.complete",       "complete",   8, OBJECT,          get_complete, 0},
    {"gantry.transfer.missing_bytes",  "missing",    8, OBJECT,          get_missing, 0},
    {"gantry.transfer.shed",           "shed",       8, REPORT_TRANSFER, get_shed, 0},
    {"gantry.verdict",                 "verdict",    0, TRAFFIC,         get_verdict, 0},
    {"gantry.partner",                 "partner",    0, TRAFFIC,         get_text_or_null, TEXT_PARTNER},
    {"gantry.contract",                "contract",  20, OBJECT,          get_text_or_null, TEXT_CONTRACT},
    {"gantry.reason",                  "reason",    13, OBJECT,          get_text, TEXT_REASON},
    {"gantry.term",                    "term",      10, OBJECT,          get_first, TEXT_TERM},
    {"gantry.terms",                   "terms",     10, OBJECT,          get_list, TEXT_TERM},
    {"gantry.network",                 "network",   27, TRAFFIC,         get_text, TEXT_NETWORK},
    {"gantry.classes",                 "class",      0, OBJECT,          get_full_list, TEXT_CLASSES},
    {"gantry.rules",                   "rules",      9, OBJECT,          get_full_list, TEXT_RULES},
    {"gantry.distinct_values",         "values",     9, OBJECT,          get_distinct, 0},
    {"gantry.sample",                  "sample",    10, REPORT_ALERT,    get_text, TEXT_SAMPLE},
    {"gantry.held.alerts",             "heldalerts", 0, REPORT_STATS,    get_held_amount, IN_HELD(alerts)},
    {"gantry.held.incidents",          "heldincidents", 0, REPORT_STATS, get_held_amount, IN_HELD(incidents)},
    {"gantry.held.ids",                "heldids",   16, REPORT_STATS,    get_held_ids, 0},
    {"gantry.final",                   "final",      0, REPORT_STATS,    get_last, 0},
    {"gantry.stats",                   "stats",      0, REPORT_STATS,    get_figures, 0},
    {"gantry.digest",                  NULL,        24, REPORT_DIGEST,   get_digest, 0},
    {0},
};
/* clang-format on */

bool field_get(const struct field *f, const struct event *e, unsigned level, struct value *v) {
    v->kind = VALUE_ABSENT;
    if ((f->records & e->kind) && (f->rank == 0 || f->rank > level))
        f->get(e, f->which, v);
    return v->kind != VALUE_ABSENT;
}

size_t event_figures(const struct event *e, unsigned level, uint16_t out[FIGURE_COUNT]) {
    size_t most = level == 0 ? FIGURE_COUNT : level < 20 ? 8 * (20 - level) : 0, n = 0, headlines;
    const uint16_t *ranked = figures_ranked(&headlines);
    for (size_t i = 0; i < FIGURE_COUNT && n < most; i++)
        if (level == 0 || i < headlines || e->figures[ranked[i]])
            out[n++] = ranked[i];
    return n;
}
