/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_TESTS_REPORT_KINDS_H
#define GANTRY_TESTS_REPORT_KINDS_H

#include "../example.h"
#include "check_pairs.h"

#include "report/digest/digest.h"
#include "report/format/format.h"
#include "report/incident/cap.h"

/* One of each kind of record that leaves, in the room of example.h. */
enum kind {
    KIND_OPENED,
    KIND_GROWN,
    KIND_CLOSED,  /* by quiet */
    KIND_CHANGED, /* to another class */
    KIND_JOINED,  /* closed because its objects count in another one */
    KIND_SETTLED, /* by somebody */
    KIND_TRANSFER,
    KIND_FLOW, /* its source is the server: somebody fetched from an image network */
    KIND_STATS,
    KIND_NOTICE,
    KIND_HELD, /* the notice of alerts that were held back */
    KIND_DIGEST,
    KINDS
};

static inline struct event kind_of_alert(enum kind kind) {
    static struct incident_facts facts;
    facts = example_facts();
    facts.state = kind == KIND_OPENED    ? INCIDENT_OPENED
                  : kind == KIND_GROWN   ? INCIDENT_GROWN
                  : kind == KIND_CHANGED ? INCIDENT_CHANGED
                                         : INCIDENT_CLOSED;
    facts.before = kind == KIND_CHANGED ? "image" : NULL;
    facts.joined = kind == KIND_JOINED ? "1e0c2f6a-1b2c-8d3e-9f40-5a6b7c8d9e0f" : NULL;
    facts.settled = kind == KIND_SETTLED ? "agreed by phone" : NULL;
    example_alert_begin();
    record_text(&example_builder, TEXT_PROTOCOL, bytes_text("http"));
    record_text(&example_builder, TEXT_URL, bytes_text("/in/20260531-041158_L04_ABC1234.jpg"));
    record_text(&example_builder, TEXT_HOST, bytes_text("uploads.platesystems.example"));
    record_text(&example_builder, TEXT_USER, bytes_text("jsmith"));
    record_text(&example_builder, TEXT_METHOD, bytes_text("PUT"));
    record_text(&example_builder, TEXT_SAMPLE, bytes_text("AB***34"));
    record_text(&example_builder, TEXT_CONTRACT, bytes_text("PS-9"));
    return example_alert(&facts);
}

static inline struct event kind_of_flow(void) {
    example_begin(&example_builder, RECORD_FLOW);
    struct record *r = &example_builder.head;
    address_parse("198.51.100.20", &r->client);
    address_parse("10.40.3.7", &r->server);
    r->source_port = r->server_port = 80;
    r->destination_port = r->client_port = 51820;
    r->bytes = 700;
    r->bytes_back = UINT64_C(5000000000);
    r->packets = 7;
    r->packets_back = 4000000;
    r->last = r->first + 90 * NS_PER_S;
    struct event e = example_transfer();
    e.kind = REPORT_FLOW;
    return e;
}

static inline struct event kind_of_notice(bool held) {
    static const struct cap_summary summary = {.alerts = 3920, .incidents = 2000};
    static struct cap_summary all;
    all = summary;
    all.ids = bytes_text("0e0c2f6a-1b2c-8d3e-9f40-5a6b7c8d9e0f\n1e0c2f6a-1b2c-8d3e-9f40-5a6b7c8d9e0f");
    record_begin(&example_builder, RECORD_NOTICE);
    example_builder.head.time = EXAMPLE_TIME;
    record_text(&example_builder, TEXT_RULE_ID, bytes_text(held ? "alerts-held" : "disk-full"));
    record_text(&example_builder, TEXT_RULE_NAME, bytes_text("Output a=b | c is full"));
    struct event e = example_transfer();
    e.kind = REPORT_STATS;
    e.urgent = true;
    e.held = held ? &all : NULL;
    return e;
}

static inline struct event kind_of_digest(void) {
    static const struct digest_volume volumes[] = {
        {"lanes", "Plate \"=|] Systems", VERDICT_UNAPPROVED, 214, 39209080}};
    static const struct digest_contract contracts[] = {{"Plate \"=|] Systems", NULL, "no contract holds"}};
    static const struct digest_output outputs[] = {{"cef to tls://siem.example:6514", 3, 4}};
    static struct digest_facts facts;
    facts = (struct digest_facts){.since = EXAMPLE_TIME - 86400 * NS_PER_S,
                                  .until = EXAMPLE_TIME,
                                  .open = 2,
                                  .tally = {[0] = 7},
                                  .volumes = volumes,
                                  .volume_count = 1,
                                  .contracts = contracts,
                                  .contract_count = 1,
                                  .contracts_in_all = 1,
                                  .outputs = outputs,
                                  .output_count = 1};
    return (struct event){.kind = REPORT_DIGEST, .time = EXAMPLE_TIME, .digest = &facts};
}

static inline struct event kind_of_stats(void) {
    static uint64_t figures[FIGURE_COUNT];
    figures[COUNTER_PACKETS] = 42;
    return (struct event){.kind = REPORT_STATS, .time = EXAMPLE_TIME, .figures = figures, .last = true};
}

static inline struct event kind_event(enum kind kind) {
    struct event e;
    if (kind <= KIND_SETTLED) {
        e = kind_of_alert(kind);
    } else if (kind == KIND_TRANSFER) {
        example_begin(&example_builder, RECORD_TRANSFER);
        e = example_transfer();
    } else {
        e = kind == KIND_FLOW     ? kind_of_flow()
            : kind == KIND_STATS  ? kind_of_stats()
            : kind == KIND_DIGEST ? kind_of_digest()
                                  : kind_of_notice(kind == KIND_HELD);
    }
    e.observer = "edge-1";
    e.interface = "span0";
    e.boot = "00c0ffee00c0ffee";
    e.sequence = 5;
    return e;
}

/* The message, ended by a zero byte; valid until the next call. */
static inline const char *kind_write(const char *format, const struct event *e) {
    static char out[FORMAT_ROOM + 1];
    bool shortened;
    size_t n = format_event(format_find(bytes_text(format)), e, out, FORMAT_ROOM, &shortened);
    out[n] = '\0';
    return out;
}

/* What `message` of CEF, LEEF or RFC 5424 says at `key`; "absent", "broken". */
static inline const char *kind_read(const char *format, const char *message, const char *key) {
    static struct pairs_message pairs;
    static struct syslog_message syslog;
    size_t n = strlen(message);
    const char *found = NULL;
    bool good = true;
    if (strcmp(format, "rfc5424") == 0)
        found = (good = check_syslog(message, n, &syslog)) ? syslog_get(&syslog, key) : NULL;
    else if ((good = strcmp(format, "cef") == 0 ? check_cef(message, n, &pairs)
                                                : check_leef(message, n, &pairs)))
        found = pairs_get(&pairs, key);
    return found ? found : good ? "absent" : "broken";
}

#endif
