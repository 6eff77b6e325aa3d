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

void value_token(struct value *v, const char *text) {
    v->kind = text ? VALUE_TOKEN : VALUE_ABSENT;
    v->text = bytes_text(text);
}

void value_text(struct value *v, struct bytes text) {
    v->kind = text.n ? VALUE_TEXT : VALUE_ABSENT;
    v->text = text;
}

void value_number(struct value *v, uint64_t number) {
    v->kind = VALUE_NUMBER;
    v->number = number;
}

void value_bool(struct value *v, bool value) {
    v->kind = VALUE_BOOL;
    v->number = value;
}

static void set_time(struct value *v, time_ns t) {
    value_token(v, clock_format(t, v->room));
}

static void set_list(struct value *v, struct bytes lines) {
    v->kind = VALUE_LIST;
    v->text = lines;
}

/* --- of every event --- */

enum event_part {
    EVENT_TIME,
    EVENT_KIND,
    EVENT_CATEGORY,
    EVENT_ACTION,
    EVENT_OBSERVER,
    EVENT_PRODUCT,
    EVENT_VERSION,
    EVENT_ECS_VERSION,
    EVENT_BOOT,
    EVENT_SEQUENCE,
    EVENT_LAST,
    EVENT_FIGURES,
    EVENT_DIGEST,
};

static void get_event(const struct event *e, size_t part, struct value *v) {
    bool metric = e->kind == REPORT_STATS && !e->record;
    switch ((enum event_part)part) {
    case EVENT_TIME:
        return set_time(v, e->time);
    case EVENT_KIND:
        return value_token(v, e->kind == REPORT_ALERT || e->urgent ? "alert" : metric ? "metric" : "event");
    case EVENT_CATEGORY:
        return set_list(v, bytes_text(e->kind == REPORT_TRANSFER ? "network\nfile" : "network"));
    case EVENT_ACTION:
        return value_token(v, event_action(e));
    case EVENT_OBSERVER:
        return value_text(v, bytes_text(e->observer));
    case EVENT_PRODUCT:
        return value_token(v, "gantry");
    case EVENT_VERSION:
        return value_token(v, GANTRY_VERSION);
    case EVENT_ECS_VERSION:
        return value_token(v, "8.11.0");
    case EVENT_BOOT:
        return value_token(v, e->boot);
    case EVENT_SEQUENCE:
        return value_number(v, e->sequence);
    case EVENT_LAST:
        if (e->figures)
            value_bool(v, e->last);
        return;
    case EVENT_FIGURES:
        v->kind = e->figures ? VALUE_FIGURES : VALUE_ABSENT;
        return;
    case EVENT_DIGEST:
        v->kind = VALUE_DIGEST;
        return;
    }
}

/* --- of the record --- */

static void get_text(const struct event *e, size_t which, struct value *v) {
    if (e->record)
        value_text(v, record_text_of(e->record, (enum record_text)which));
    if (which < FACT_COUNT && !fact_rows[which].wire && v->kind == VALUE_TEXT)
        v->kind = VALUE_TOKEN; /* no sender chose it */
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
    set_list(v, record_text_of(e->record, (enum record_text)which));
}

/* A member of the record, as IN_RECORD() names it: where it lies, and how long it is. */
#define IN_RECORD(member) (offsetof(struct record, member) | sizeof((struct record *)0)->member << 16)
#define MEMBER_AT(e, which) ((const uint8_t *)(e)->record + ((which)&0xffff))

static void get_address(const struct event *e, size_t which, struct value *v) {
    static const struct address none;
    struct address a;
    if (!e->record) /* a stats record is none of anybody */
        return;
    memcpy(&a, MEMBER_AT(e, which), sizeof a);
    if (!address_equal(&a, &none))
        value_token(v, address_format(&a, v->room));
}

static void get_number(const struct event *e, size_t which, struct value *v) {
    const void *member = MEMBER_AT(e, which);
    switch (which >> 16) {
    case 1:
        return value_number(v, *(const uint8_t *)member);
    case 2:
        return value_number(v, *(const uint16_t *)member);
    case 4:
        return value_number(v, *(const uint32_t *)member);
    default:
        return value_number(v, *(const uint64_t *)member);
    }
}

/* As ECS has it: capital letters with hyphens between. Of a notice of a host alone. */
static void get_card(const struct event *e, size_t which, struct value *v) {
    if (!e->record || e->record->object == 0)
        return;
    const uint64_t card = e->record->object;
    snprintf(v->room, sizeof v->room, "%02X-%02X-%02X-%02X-%02X-%02X", (unsigned)(card >> 40 & 255),
             (unsigned)(card >> 32 & 255), (unsigned)(card >> 24 & 255), (unsigned)(card >> 16 & 255),
             (unsigned)(card >> 8 & 255), (unsigned)(card & 255));
    value_token(v, v->room);
}

static void get_number_unless_zero(const struct event *e, size_t which, struct value *v) {
    get_number(e, which, v);
    if (v->number == 0)
        v->kind = VALUE_ABSENT;
}

static void get_member_time(const struct event *e, size_t which, struct value *v) {
    get_number(e, which, v);
    set_time(v, (time_ns)v->number);
}

enum transfer_part {
    TRANSFER_COMPLETE,
    TRANSFER_MISSING,
    TRANSFER_SHED,
    TRANSFER_PENDING,
    TRANSFER_AMBIGUOUS,
    TRANSFER_SIZE
};

/* A finding's file may still be moving: how whole it is nobody knows yet. */
static void get_transfer(const struct event *e, size_t part, struct value *v) {
    const struct record *r = e->record;
    bool ended = r->kind == RECORD_TRANSFER;
    switch ((enum transfer_part)part) {
    case TRANSFER_COMPLETE:
        if (ended)
            value_bool(v, r->complete);
        return;
    case TRANSFER_SHED:
        if (r->shed)
            value_bool(v, true);
        return;
    case TRANSFER_PENDING:
        if (r->pending)
            value_bool(v, true);
        return;
    case TRANSFER_AMBIGUOUS:
        if (r->ambiguous)
            value_bool(v, true);
        return;
    case TRANSFER_MISSING:
        if (ended)
            value_number(v, r->missing);
        return;
    case TRANSFER_SIZE:
        if (ended || r->known_total)
            value_number(v, ended ? r->bytes : r->total);
        return;
    }
}

static void get_sha256(const struct event *e, size_t which, struct value *v) {
    if (!e->record->hashed)
        return;
    value_token(v, hex_format(e->record->sha256, sizeof e->record->sha256, v->room));
}

static char *put_number(char *at, uint64_t number) {
    char digits[20];
    size_t n = 0;
    do
        digits[n++] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    while (n > 0)
        *at++ = digits[--n];
    return at;
}

static void get_object(const struct event *e, size_t which, struct value *v) {
    get_number(e, which, v);
    v->kind = VALUE_NULL;
    if (v->number == 0)
        return;
    char *at = put_number(v->room, e->record->worker);
    *at++ = '-';
    *put_number(at, v->number) = '\0';
    value_token(v, v->room);
}

static void get_transport(const struct event *e, size_t which, struct value *v) {
    static const char *const names[256] = {[IPPROTO_TCP] = "tcp",
                                           [IPPROTO_UDP] = "udp",
                                           [IPPROTO_SCTP] = "sctp",
                                           [IPPROTO_ICMP] = "icmp",
                                           [IPPROTO_ICMPV6] = "ipv6-icmp"};
    value_token(v, names[e->record->transport]);
}

static void get_direction(const struct event *e, size_t which, struct value *v) {
    static const char *const names[] = {NULL, "outbound", "inbound", "internal", "external"};
    if (e->record->direction < sizeof names / sizeof names[0])
        value_token(v, names[e->record->direction]);
}

/* A text, as the example of the contract has it. */
static void get_vlan(const struct event *e, size_t which, struct value *v) {
    if (e->record->vlan == 0)
        return;
    snprintf(v->room, sizeof v->room, "%u", e->record->vlan);
    value_token(v, v->room);
}

static void get_verdict(const struct event *e, size_t which, struct value *v) {
    if (e->record->verdict < VERDICT_COUNT)
        value_token(v, verdict_name((enum verdict)e->record->verdict));
}

/* --- of the incident --- */

enum incident_part {
    INCIDENT_ID,
    INCIDENT_STATE,
    INCIDENT_SEQUENCE,
    INCIDENT_OBJECTS,
    INCIDENT_BYTES,
    INCIDENT_PLATES,
    INCIDENT_FIRST,
    INCIDENT_LAST,
    INCIDENT_HELD,
    INCIDENT_SETTLED,
    INCIDENT_BEFORE,
    INCIDENT_JOINED,
    INCIDENT_TECHNIQUES,
};

static void get_incident(const struct event *e, size_t part, struct value *v) {
    const struct incident_facts *i = e->incident;
    switch ((enum incident_part)part) {
    case INCIDENT_ID:
        return value_token(v, i->id);
    case INCIDENT_STATE:
        return value_token(v, incident_state_name(i->state));
    case INCIDENT_SEQUENCE:
        return value_number(v, i->sequence);
    case INCIDENT_OBJECTS:
        return value_number(v, i->objects);
    case INCIDENT_BYTES:
        return value_number(v, i->bytes);
    case INCIDENT_PLATES:
        return value_number(v, i->plates);
    case INCIDENT_FIRST:
        return set_time(v, i->first);
    case INCIDENT_LAST:
        return set_time(v, i->last);
    case INCIDENT_HELD:
        if (i->held)
            value_number(v, i->held);
        return;
    case INCIDENT_SETTLED:
        return value_text(v, bytes_text(i->settled));
    case INCIDENT_BEFORE:
        return value_text(v, bytes_text(i->before));
    case INCIDENT_JOINED:
        return value_text(v, bytes_text(i->joined));
    case INCIDENT_TECHNIQUES:
        v->text = bytes_of(v->room, technique_list(i->techniques, v->room));
        v->kind = v->text.n ? VALUE_LIST : VALUE_ABSENT;
        return;
    }
}

/* --- of flows, and of the sums of flows that nobody reads --- */

enum flow_part { FLOW_CLIENT_BYTES, FLOW_SERVER_BYTES };

/* A flow record counts by client and server, a sum by what left and what came back. */
static void get_flow(const struct event *e, size_t part, struct value *v) {
    const struct record *r = e->record;
    if (r->kind != RECORD_FLOW && r->kind != RECORD_VOLUME)
        return;
    bool client_sends =
        r->kind == RECORD_FLOW || (address_equal(&r->source, &r->client) && r->source_port == r->client_port);
    bool first = (part == FLOW_CLIENT_BYTES) == client_sends;
    value_number(v, first ? r->bytes : r->bytes_back);
}

enum uploads_part {
    UPLOADS_COUNT,
    UPLOADS_MEDIAN,
    UPLOADS_LOWER,
    UPLOADS_UPPER,
    UPLOADS_INTERVAL,
    UPLOADS_LIKE
};

static void get_uploads(const struct event *e, size_t part, struct value *v) {
    static const unsigned percent[] = {[UPLOADS_MEDIAN] = 50, [UPLOADS_LOWER] = 25, [UPLOADS_UPPER] = 75};
    const struct record *r = e->record;
    if (r->uploads == 0)
        return;
    if (part == UPLOADS_COUNT)
        value_number(v, r->uploads);
    else if (part == UPLOADS_INTERVAL && r->upload_interval_ms)
        value_number(v, r->upload_interval_ms);
    else if (part == UPLOADS_LIKE && r->like_images)
        value_number(v, r->like_images - 1u);
    else if (part < UPLOADS_INTERVAL && upload_sizes_any(&r->sizes))
        value_number(v, upload_sizes_percentile(&r->sizes, percent[part]));
}

/* --- of what was held back --- */

enum held_part { HELD_ALERTS, HELD_INCIDENTS, HELD_IDS };

static void get_held(const struct event *e, size_t part, struct value *v) {
    if (e->held && part == HELD_IDS)
        set_list(v, e->held->ids);
    else if (e->held)
        value_number(v, part == HELD_ALERTS ? e->held->alerts : e->held->incidents);
}

#define ALL (REPORT_ALERT | REPORT_TRANSFER | REPORT_FLOW | REPORT_STATS | REPORT_DIGEST)
#define TRAFFIC (REPORT_ALERT | REPORT_TRANSFER | REPORT_FLOW)
#define OBJECT (REPORT_ALERT | REPORT_TRANSFER)

#define FACTS_HERE "" /* those whose names begin like no other's */

/* clang-format off */
static const struct field rows[] = {
    {"@timestamp",                     NULL,         0, ALL,             get_event, EVENT_TIME},
    {"ecs.version",                    NULL,         1, ALL,             get_event, EVENT_ECS_VERSION},
    {"event.kind",                     NULL,        26, ALL,             get_event, EVENT_KIND},
    {"event.category",                 NULL,         1, TRAFFIC,         get_event, EVENT_CATEGORY},
    {"event.action",                   NULL,         0, ALL,             get_event, EVENT_ACTION},
    {"event.severity",                 "severity",   0, REPORT_ALERT,    get_number, IN_RECORD(severity)},
    {"event.start",                    "start",     17, REPORT_FLOW,     get_member_time, IN_RECORD(first)},
    {"event.end",                      "end",       17, REPORT_FLOW,     get_member_time, IN_RECORD(last)},
    {"observer.name",                  NULL,        25, ALL,             get_event, EVENT_OBSERVER},
    {"observer.product",               NULL,         1, ALL,             get_event, EVENT_PRODUCT},
    {"observer.version",               NULL,         1, ALL,             get_event, EVENT_VERSION},
    {"rule.id",                        "rule",      21, REPORT_ALERT | REPORT_STATS, get_text, TEXT_RULE_ID},
    {"rule.name",                      "rulename",  15, REPORT_ALERT | REPORT_STATS, get_text, TEXT_RULE_NAME},
    {"rule.reference",                 "reference",  5, REPORT_ALERT,    get_list, TEXT_REFERENCES},
    {"source.ip",                      "src",        0, TRAFFIC | REPORT_STATS,        get_address, IN_RECORD(source)},
    {"source.mac",                     "smac",       6, REPORT_STATS,    get_card, IN_RECORD(object)},
    {"source.port",                    "spt",       18, TRAFFIC,         get_number_unless_zero, IN_RECORD(source_port)},
    {"destination.ip",                 "dst",        0, TRAFFIC,         get_address, IN_RECORD(destination)},
    {"destination.port",               "dpt",       18, TRAFFIC,         get_number_unless_zero, IN_RECORD(destination_port)},
    {"client.ip",                      "client",     4, TRAFFIC,         get_address, IN_RECORD(client)},
    {"client.port",                    "cpt",        4, TRAFFIC,         get_number_unless_zero, IN_RECORD(client_port)},
    {"client.bytes",                   "cbytes",    16, REPORT_FLOW | REPORT_ALERT, get_flow, FLOW_CLIENT_BYTES},
    {"client.packets",                 "cpackets",   8, REPORT_FLOW,     get_number, IN_RECORD(packets)},
    {"server.ip",                      "server",     4, TRAFFIC,         get_address, IN_RECORD(server)},
    {"server.port",                    "vpt",        4, TRAFFIC,         get_number_unless_zero, IN_RECORD(server_port)},
    {"server.bytes",                   "sbytes",    16, REPORT_FLOW | REPORT_ALERT, get_flow, FLOW_SERVER_BYTES},
    {"server.packets",                 "spackets",   8, REPORT_FLOW,     get_number, IN_RECORD(packets_back)},
    {"network.transport",              "transport", 11, TRAFFIC,         get_transport, 0},
    {"network.protocol",               "proto",     22, TRAFFIC,         get_text, TEXT_PROTOCOL},
    {"network.application",            "app",       11, TRAFFIC,         get_text, TEXT_APPLICATION},
    {"network.community_id",           "community",  3, TRAFFIC,         get_text, TEXT_COMMUNITY_ID},
    {"network.direction",              "direction", 11, TRAFFIC,         get_direction, 0},
    {"network.vlan.id",                "vlan",       3, TRAFFIC,         get_vlan, 0},
    {"file.size",                      "size",      18, OBJECT,          get_transfer, TRANSFER_SIZE},
    {"file.mime_type",                 "mime",       8, OBJECT,          get_text, TEXT_MIME},
    {"file.hash.sha256",               "sha256",    14, OBJECT,          get_sha256, 0},
    {FACTS_HERE,                       NULL,         0, 0,               NULL, 0},
    {"threat.technique.id",            "technique", 12, REPORT_ALERT,    get_incident, INCIDENT_TECHNIQUES},
    {"gantry.boot",                    "boot",       0, ALL,             get_event, EVENT_BOOT},
    {"gantry.sequence",                "seq",        0, ALL,             get_event, EVENT_SEQUENCE},
    {"gantry.incident.id",             "incident",   0, REPORT_ALERT,    get_incident, INCIDENT_ID},
    {"gantry.incident.state",          "state",      0, REPORT_ALERT,    get_incident, INCIDENT_STATE},
    {"gantry.incident.sequence",       "alert",     23, REPORT_ALERT,    get_incident, INCIDENT_SEQUENCE},
    {"gantry.incident.objects",        "objects",    0, REPORT_ALERT,    get_incident, INCIDENT_OBJECTS},
    {"gantry.incident.bytes",          "bytes",      0, REPORT_ALERT,    get_incident, INCIDENT_BYTES},
    {"gantry.incident.distinct_plates", "plates",   24, REPORT_ALERT,    get_incident, INCIDENT_PLATES},
    {"gantry.incident.first",          "first",     17, REPORT_ALERT,    get_incident, INCIDENT_FIRST},
    {"gantry.incident.last",           "last",      17, REPORT_ALERT,    get_incident, INCIDENT_LAST},
    {"gantry.incident.held_alerts",    "held",      17, REPORT_ALERT,    get_incident, INCIDENT_HELD},
    {"gantry.incident.attempts",       "attempts",  17, REPORT_ALERT,    get_number_unless_zero, IN_RECORD(tries)},
    {"gantry.incident.same_flow",      "sameflow",  16, REPORT_ALERT,    get_list, TEXT_SAME_FLOW},
    {"gantry.incident.settled",        "settled",   16, REPORT_ALERT,    get_incident, INCIDENT_SETTLED},
    {"gantry.incident.class_before",   "before",    16, REPORT_ALERT,    get_incident, INCIDENT_BEFORE},
    {"gantry.incident.joined",         "joined",    16, REPORT_ALERT,    get_incident, INCIDENT_JOINED},
    {"gantry.object.id",               "object",    16, OBJECT,          get_object, IN_RECORD(object)},
    {"gantry.object.parent",           "parent",     8, OBJECT,          get_object, IN_RECORD(parent)},
    {"gantry.object.offset",           "offset",     8, OBJECT,          get_number_unless_zero, IN_RECORD(offset)},
    {"gantry.transfer.complete",       "complete",   8, OBJECT,          get_transfer, TRANSFER_COMPLETE},
    {"gantry.transfer.missing_bytes",  "missing",    8, OBJECT,          get_transfer, TRANSFER_MISSING},
    {"gantry.transfer.shed",           "shed",       8, REPORT_TRANSFER, get_transfer, TRANSFER_SHED},
    {"gantry.transfer.pending",        "pending",    8, REPORT_TRANSFER, get_transfer, TRANSFER_PENDING},
    {"gantry.flow.uploads.count",      "uploads",   16, REPORT_FLOW | REPORT_ALERT, get_uploads, UPLOADS_COUNT},
    {"gantry.flow.uploads.median_bytes", "median",   9, REPORT_FLOW | REPORT_ALERT, get_uploads, UPLOADS_MEDIAN},
    {"gantry.flow.uploads.lower_quartile_bytes", "lower", 5, REPORT_FLOW | REPORT_ALERT, get_uploads, UPLOADS_LOWER},
    {"gantry.flow.uploads.upper_quartile_bytes", "upper", 5, REPORT_FLOW | REPORT_ALERT, get_uploads, UPLOADS_UPPER},
    {"gantry.flow.uploads.interval_ms", "pause",     7, REPORT_FLOW | REPORT_ALERT, get_uploads, UPLOADS_INTERVAL},
    {"gantry.flow.uploads.like_images", "likeImages", 9, REPORT_ALERT, get_uploads, UPLOADS_LIKE},
    {"gantry.ambiguous",               "ambiguous",  8, TRAFFIC,         get_transfer, TRANSFER_AMBIGUOUS},
    {"gantry.verdict",                 "verdict",    0, TRAFFIC,         get_verdict, 0},
    {"gantry.partner",                 "partner",    0, TRAFFIC,         get_text_or_null, TEXT_PARTNER},
    {"gantry.contract",                "contract",  20, OBJECT,          get_text_or_null, TEXT_CONTRACT},
    {"gantry.reason",                  "reason",    13, OBJECT,          get_text, TEXT_REASON},
    {"gantry.term",                    "term",      10, OBJECT,          get_first, TEXT_TERM},
    {"gantry.terms",                   "terms",     10, OBJECT,          get_list, TEXT_TERM},
    {"gantry.network",                 "network",   27, TRAFFIC | REPORT_STATS, get_text, TEXT_NETWORK},
    {"gantry.classes",                 "class",      0, OBJECT,          get_full_list, TEXT_CLASSES},
    {"gantry.rules",                   "rules",      9, OBJECT,          get_full_list, TEXT_RULES},
    {"gantry.distinct_values",         "values",     9, OBJECT,          get_number_unless_zero, IN_RECORD(distinct)},
    {"gantry.sample",                  "sample",    10, REPORT_ALERT,    get_text, TEXT_SAMPLE},
    {"gantry.held.alerts",             "heldalerts", 0, REPORT_STATS,    get_held, HELD_ALERTS},
    {"gantry.held.incidents",          "heldincidents", 0, REPORT_STATS, get_held, HELD_INCIDENTS},
    {"gantry.held.ids",                "heldids",   16, REPORT_STATS,    get_held, HELD_IDS},
    {"gantry.final",                   "final",      0, REPORT_STATS,    get_event, EVENT_LAST},
    {"gantry.stats",                   "stats",      0, REPORT_STATS,    get_event, EVENT_FIGURES},
    {"gantry.digest",                  NULL,        24, REPORT_DIGEST,   get_event, EVENT_DIGEST},
    {0},
};
/* clang-format on */

/* --- the facts of a transfer (transfer/fact_table.h) --- */

_Static_assert((int)FACT_IN_ALERT == REPORT_ALERT && (int)FACT_IN_TRANSFER == REPORT_TRANSFER &&
                   (int)FACT_IN_FLOW == REPORT_FLOW,
               "a fact says in the bits of enum report_records what shows it");

/* Names that both begin with, between the dots. */
static size_t count_shared(const char *a, const char *b) {
    size_t n = 0;
    for (; *a && *a == *b; a++, b++)
        n += *a == '.';
    return n;
}

/* The row that a field of this name stands before: the first of those that share most with it. */
static const struct field *find_place(const char *ecs) {
    const struct field *place = NULL;
    size_t most = 0;
    for (const struct field *r = rows; r->ecs; r++) {
        size_t shared = count_shared(r->ecs, ecs);
        if (shared > most || (!place && strcmp(r->ecs, FACTS_HERE) == 0)) {
            place = r;
            most = shared;
        }
    }
    return place;
}

bool field_is_fact(const struct field *f) {
    return f->get == get_text && f->which < FACT_COUNT;
}

const struct field *fields_all(void) {
    static struct field all[sizeof rows / sizeof rows[0] + FACT_COUNT];
    size_t n = 0;
    if (all[0].ecs)
        return all;
    for (const struct field *r = rows; r->ecs; r++) {
        for (unsigned i = 0; i < FACT_COUNT; i++) {
            const struct fact_row *f = &fact_rows[i];
            if (f->ecs && find_place(f->ecs) == r)
                all[n++] = (struct field){f->ecs, f->brief, f->rank, f->shown, get_text, i};
        }
        if (strcmp(r->ecs, FACTS_HERE) != 0)
            all[n++] = *r;
    }
    return all;
}

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
