/* SPDX-License-Identifier: Apache-2.0 */
#include "report/incident.h"
#include "report/ledger.h"
#include "report/output.h"

#include <signal.h>
#include <stdlib.h>

#define QUIET_PRESET (15 * 60 * NS_PER_S)
#define GROWTH_PRESET (15 * 60 * NS_PER_S)
enum { INCIDENTS_PRESET = 65536, HELD_PRESET = 16 << 20 };

struct reporter {
    const char *observer;
    struct incidents *incidents;
    struct ledger *ledger;
    struct delivery **deliveries;
    size_t count;
    uint8_t name[UINT16_MAX], path[UINT16_MAX]; /* redacted, while an alert is told */
};

/* --- what is told --- */

static void tell(struct reporter *r, const struct event *e) {
    for (size_t i = 0; i < r->count; i++)
        delivery_put(r->deliveries[i], e);
}

/* Alerts leave the house, so plates in names do not; transfer records stay with the operator, names whole. */
static void tell_alert(void *context, time_ns time, const struct incident_facts *facts,
                       const struct record *record) {
    struct reporter *r = context;
    struct event e = {
        .kind = REPORT_ALERT, .time = time, .observer = r->observer, .record = record, .incident = facts};
    e.name = redact(record_text_of(record, TEXT_NAME), r->name);
    e.path = redact(record_text_of(record, TEXT_PATH), r->path);
    tell(r, &e);
}

void reporter_record(struct reporter *r, const struct record *record) {
    static const uint8_t kinds[] = {
        [RECORD_TRANSFER] = REPORT_TRANSFER, [RECORD_FLOW] = REPORT_FLOW, [RECORD_NOTICE] = REPORT_STATS};
    struct event e = {
        .kind = kinds[record->kind], .time = record->time, .observer = r->observer, .record = record};
    e.name = record_text_of(record, TEXT_NAME);
    e.path = record_text_of(record, TEXT_PATH);
    if (e.kind)
        tell(r, &e);
    if (record->kind == RECORD_FINDING || record->kind == RECORD_TRANSFER) {
        incidents_record(r->incidents, record);
        ledger_record(r->ledger, record);
    }
}

void reporter_stats(struct reporter *r, const uint64_t *counters, time_ns now, bool last) {
    struct event e = {
        .kind = REPORT_STATS, .time = now, .observer = r->observer, .counters = counters, .last = last};
    tell(r, &e);
}

/* --- life --- */

struct reporter *reporter_create(const struct report_options *o, struct error *e) {
    const struct incident_options incident = {
        .observer = o->observer ? o->observer : "gantry",
        .quiet = o->quiet ? o->quiet : QUIET_PRESET,
        .growth_interval = o->growth_interval ? o->growth_interval : GROWTH_PRESET,
        .most = o->incidents_max ? o->incidents_max : INCIDENTS_PRESET,
    };
    const struct delivery_options delivery = {.held_max = o->held_max ? o->held_max : HELD_PRESET,
                                              .offline = o->offline};
    struct reporter *r = calloc(1, sizeof *r);
    if (!r)
        goto no_memory;
    const struct incident_sink sink = {r, tell_alert};
    r->observer = incident.observer;
    r->incidents = incidents_create(&incident, &sink);
    const struct ledger_sink alarms = {r, tell_alert};
    r->ledger = ledger_create(incident.observer, &o->ledger, &alarms);
    r->deliveries = calloc(o->output_count + 1, sizeof(struct delivery *));
    if (!r->incidents || !r->ledger || !r->deliveries)
        goto no_memory;
    signal(SIGPIPE,
           SIG_IGN); /* a reader of standard output that leaves is an error of one output, not our end */
    for (size_t i = 0; i < o->output_count; i++) {
        r->deliveries[i] = delivery_create(&o->outputs[i], &delivery, e);
        if (!r->deliveries[i])
            goto failed;
        r->count++;
    }
    return r;
no_memory:
    error_set(e, "out of memory");
failed:
    reporter_destroy(r);
    return NULL;
}

void reporter_destroy(struct reporter *r) {
    if (!r)
        return;
    for (size_t i = 0; i < r->count; i++)
        delivery_destroy(r->deliveries[i]);
    free(r->deliveries);
    incidents_destroy(r->incidents);
    ledger_destroy(r->ledger);
    free(r);
}

/* --- time and delivery --- */

void reporter_tick(struct reporter *r, time_ns packet_time) {
    incidents_tick(r->incidents, packet_time);
    ledger_tick(r->ledger, packet_time);
    reporter_deliver(r);
}

size_t reporter_poll(struct reporter *r, struct pollfd *fds, size_t most) {
    size_t n = 0;
    for (size_t i = 0; i < r->count && n < most; i++)
        n += delivery_poll(r->deliveries[i], &fds[n]);
    return n;
}

void reporter_deliver(struct reporter *r) {
    for (size_t i = 0; i < r->count; i++)
        delivery_pump(r->deliveries[i]);
}

void reporter_reopen(struct reporter *r) {
    for (size_t i = 0; i < r->count; i++)
        delivery_reopen(r->deliveries[i]);
}

uint64_t reporter_finish(struct reporter *r, int timeout_ms) {
    const time_ns until = clock_monotonic() + timeout_ms * NS_PER_MS;
    enum { POLL_MAX = 16, SLICE_MS = 20 };
    struct pollfd fds[POLL_MAX];
    uint64_t left;
    incidents_close(r->incidents);
    for (;;) {
        left = 0;
        for (size_t i = 0; i < r->count; i++)
            left += delivery_finish(r->deliveries[i]);
        if (left == 0 || clock_monotonic() >= until)
            break;
        poll(fds, reporter_poll(r, fds, POLL_MAX), SLICE_MS);
    }
    for (size_t i = 0; i < r->count; i++)
        delivery_tell_undelivered(r->deliveries[i]);
    return left;
}
