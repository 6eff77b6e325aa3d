/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_TESTS_REPORT_EXAMPLE_H
#define GANTRY_TESTS_REPORT_EXAMPLE_H

#include "policy/policy.h"
#include "report/event/event.h"
#include "report/event/shown.h"
#include "report/event/technique.h"

#include <stdio.h>

/* 2026-05-31T04:12:09.113Z, as in the contract's example. */
#define EXAMPLE_TIME (INT64_C(1780200729) * NS_PER_S + 113 * NS_PER_MS)

/* The transfer of the contract's example, in `b`, ready to be changed. */
static inline void example_begin(struct record_builder *b, enum record_kind kind) {
    record_begin(b, kind);
    struct record *r = &b->head;
    r->time = r->first = r->last = EXAMPLE_TIME;
    address_parse("10.40.3.7", &r->source);
    address_parse("198.51.100.20", &r->destination);
    r->client = r->source;
    r->server = r->destination;
    r->source_port = r->client_port = 51820;
    r->destination_port = r->server_port = 21;
    r->transport = 6;
    r->verdict = VERDICT_UNAPPROVED;
    r->severity = 7;
    r->direction = DIRECTION_OUTBOUND;
    r->vlan = 40;
    r->complete = kind == RECORD_TRANSFER;
    r->hashed = kind == RECORD_TRANSFER;
    r->matters = 1;
    r->worker = 1;
    r->partner_known = 1;
    r->object = 17;
    r->bytes = 183220;
    for (int i = 0; i < 32; i++)
        r->sha256[i] = (uint8_t)i;
    record_text(b, TEXT_NAME, bytes_text("20260531-041158_L04_ABC1234.jpg"));
    record_text(b, TEXT_PROTOCOL, bytes_text("ftp"));
    record_text(b, TEXT_APPLICATION, bytes_text("FTP_DATA"));
    record_text(b, TEXT_MIME, bytes_text("image/jpeg"));
    record_text(b, TEXT_NETWORK, bytes_text("lanes"));
    record_text(b, TEXT_PARTNER, bytes_text("Plate Systems"));
    record_text(b, TEXT_REASON, bytes_text("no contract is valid on 2026-05-31"));
    record_text(b, TEXT_COMMUNITY_ID, bytes_text("1:abcdefghijklmnopqrstuvwxyz0="));
    if (kind == RECORD_FINDING) {
        record_text(b, TEXT_RULE_ID, bytes_text("camera-file-name"));
        record_text(b, TEXT_RULE_NAME, bytes_text("File name of a lane camera"));
        record_text(b, TEXT_CLASS, bytes_text("vehicle-image"));
    } else {
        record_text(b, TEXT_RULES, bytes_text("camera-file-name"));
        record_text(b, TEXT_CLASSES, bytes_text("vehicle-image"));
        record_text(b, TEXT_OFFENDING, bytes_text("vehicle-image"));
    }
}

static inline const struct record *example_pack(const struct record_builder *b, void *out) {
    record_pack(b, 1, out);
    return out;
}

/* An incident's facts as of a second alert. */
static inline struct incident_facts example_facts(void) {
    struct incident_facts f = {.id = "0e0c2f6a-1b2c-8d3e-9f40-5a6b7c8d9e0f",
                               .state = INCIDENT_GROWN,
                               .sequence = 2,
                               .objects = 10,
                               .bytes = 1832200,
                               .plates = 3,
                               .first = EXAMPLE_TIME,
                               .last = EXAMPLE_TIME + NS_PER_S,
                               .techniques = 1u << TECHNIQUE_PLAIN};
    return f;
}

/* --- events, from one builder and one room --- */

static struct record_builder example_builder;
static uint64_t example_room[4096];

/* Finding texts that an incident's kept record has: class and rule as lists too. */
static inline void example_alert_begin(void) {
    example_begin(&example_builder, RECORD_FINDING);
    example_builder.head.severity = 8;
    record_text(&example_builder, TEXT_RULES, bytes_text("camera-file-name"));
    record_text(&example_builder, TEXT_CLASSES, bytes_text("vehicle-image"));
}

static inline struct event example_alert(const struct incident_facts *facts) {
    const struct record *r = example_pack(&example_builder, example_room);
    shown_cover((struct record *)example_room);
    struct event e = {.kind = REPORT_ALERT,
                      .time = EXAMPLE_TIME + NS_PER_S,
                      .observer = "edge-1",
                      .sequence = 5,
                      .record = r,
                      .incident = facts};
    return e;
}

static inline struct event example_transfer(void) {
    const struct record *r = example_pack(&example_builder, example_room);
    struct event e = {
        .kind = REPORT_TRANSFER, .time = r->time, .observer = "edge-1", .sequence = 4, .record = r};
    return e;
}

#endif
