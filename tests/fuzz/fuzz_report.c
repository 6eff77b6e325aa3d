/* SPDX-License-Identifier: Apache-2.0 */
#include "report/format/format.h"
#include "report/incident/incident.h"

#include "../unit/report/check.h"

/* Records with hostile texts through incidents and all formats at several limits. Invariants: JSON is valid
 * and on one line, RFC 5424 reads back, nothing is longer than its limit, no plate of an alert's file name is
 * whole. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct record_builder b;
static uint64_t room[4096];
static char out[FORMAT_ROOM + 1];
static struct syslog_message message;
static size_t limits[] = {480, 1024, FORMAT_ROOM};
static uint8_t name[8192], path[8192];

static void check(const struct event *e) {
    bool shortened;
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        size_t n = format_event(&format_json, e, out, limits[i], &shortened);
        if (n > limits[i] || (n && (!check_json(out, n) || memchr(out, '\n', n))))
            abort();
        if (n == 0 && limits[i] == FORMAT_ROOM)
            abort();
        n = format_event(&format_rfc5424, e, out, limits[i], &shortened);
        if (n > limits[i] || (n && !check_syslog(out, n, &message)))
            abort();
        if (n == 0 && limits[i] == FORMAT_ROOM)
            abort();
    }
    size_t n = format_event(&format_human, e, out, FORMAT_ROOM, &shortened);
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)out[i] < 0x20 && out[i] != '\n')
            abort();
    if (n == 0)
        abort();
}

static void alert(void *context, time_ns time, const struct incident_facts *facts,
                  const struct record *record) {
    struct event e = {
        .kind = REPORT_ALERT, .time = time, .observer = "edge-1", .record = record, .incident = facts};
    e.name = redact(record_text_of(record, TEXT_NAME), name);
    e.path = redact(record_text_of(record, TEXT_PATH), path);
    check(&e);
}

/* Lengths and texts from the input; the numbers too, where a byte is left for them. */
static void build(struct reader *r) {
    uint8_t kind = 0, n, verdict = 0, bits = 0;
    uint16_t wide = 0;
    const uint8_t *text;
    reader_u8(r, &kind);
    reader_u8(r, &verdict);
    reader_u8(r, &bits);
    reader_u16(r, &wide);
    record_begin(&b, kind % 2 ? RECORD_TRANSFER : RECORD_FINDING);
    b.head.verdict = verdict % 6;
    b.head.severity = bits;
    b.head.matters = 1;
    b.head.complete = bits & 1;
    b.head.hashed = bits >> 1 & 1;
    b.head.transport = verdict;
    b.head.direction = bits;
    b.head.bytes = (uint64_t)wide << (bits & 31);
    b.head.object = wide;
    b.head.time = (time_ns)wide * NS_PER_S * 1000;
    b.head.distinct = wide;
    for (unsigned i = 0; i < TEXT_COUNT && reader_u8(r, &n); i++) {
        size_t take = n < reader_left(r) ? n : reader_left(r);
        if (reader_take(r, take, &text))
            record_text(&b, (enum record_text)i, bytes_of(text, take));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const struct incident_options options = {
        .observer = "edge-1", .quiet = NS_PER_S * 5000, .growth_interval = NS_PER_S * 1000, .most = 3};
    const struct incident_sink sink = {NULL, alert};
    static struct incidents *t;
    if (!t)
        t = incidents_create(&options, &sink);
    struct reader r = reader_of(data, size);
    for (int i = 0; i < 6 && reader_left(&r); i++) {
        build(&r);
        record_pack(&b, 1, room);
        const struct record *record = (const struct record *)room;
        struct event e = {.kind = i % 2 ? REPORT_TRANSFER : REPORT_FLOW,
                          .time = record->time,
                          .observer = "edge-1",
                          .record = record,
                          .name = record_text_of(record, TEXT_NAME),
                          .path = record_text_of(record, TEXT_PATH)};
        check(&e);
        incidents_record(t, record);
    }
    incidents_close(t);
    return 0;
}
