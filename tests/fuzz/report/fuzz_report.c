/* SPDX-License-Identifier: Apache-2.0 */
#include "report/format/format.h"
#include "report/incident/incident.h"
#include "report/ledger/distinct.h"

#include "../../unit/report/format/check_pairs.h"

/* Records with hostile texts through incidents and all formats at several limits. Invariants: each message is
 * one line of valid UTF-8 without a character that acts, reads back by the rules of its format, and is no
 * longer than its limit; a message is lost only where the limit is below what the format needs. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct record_builder b;
static uint64_t room[4096];
static char out[FORMAT_ROOM + 1];
static struct syslog_message message;
static size_t turn;
static size_t limits[] = {480, 1024, FORMAT_ROOM};

static bool reads_back(const struct format *f, size_t n) {
    static struct pairs_message pairs;
    if (f == &format_rfc5424)
        return check_syslog(out, n, &message);
    if (f == &format_cef)
        return check_cef(out, n, &pairs);
    if (f == &format_leef)
        return check_leef(out, n, &pairs);
    return check_json(out, n) && !memchr(out, '\n', n);
}

static void check(const struct event *e) {
    static const struct format *const formats[] = {&format_rfc5424, &format_cef,  &format_leef,
                                                   &format_json,    &format_ocsf, &format_eve};
    bool shortened;
    /* One limit a format and event, each in its turn: all at once would leave few runs a second. */
    for (size_t k = 0; k < sizeof formats / sizeof formats[0]; k++) {
        size_t limit = limits[(k + turn) % (sizeof limits / sizeof limits[0])];
        size_t n = format_event(formats[k], e, out, limit, &shortened);
        if (n > limit || (n ? !reads_back(formats[k], n) : limit >= formats[k]->least))
            abort();
    }
    turn++;
    size_t n = format_event(&format_human, e, out, FORMAT_ROOM, &shortened);
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)out[i] < 0x20 && out[i] != '\n')
            abort();
    if (n == 0)
        abort();
}

static bool alert(void *context, time_ns time, const struct incident_facts *facts,
                  const struct record *record) {
    struct event e = {.kind = REPORT_ALERT,
                      .time = time,
                      .observer = "edge-1",
                      .boot = "0123456789abcdef",
                      .record = record,
                      .incident = facts};
    check(&e);
    return true;
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
    static struct distinct_pool pool = {.limit = 4096};
    const struct incident_options options = {.observer = "edge-1",
                                             .quiet = NS_PER_S * 5000,
                                             .growth_interval = NS_PER_S * 1000,
                                             .most = 3,
                                             .pool = &pool};
    const struct incident_sink sink = {NULL, alert};
    static struct incidents *t;
    if (!t)
        t = incidents_create(&options, &sink);
    turn = 0;
    struct reader r = reader_of(data, size);
    for (int i = 0; i < 6 && reader_left(&r); i++) {
        build(&r);
        record_pack(&b, 1, room);
        const struct record *record = (const struct record *)room;
        struct event e = {.kind = i % 2 ? REPORT_TRANSFER : REPORT_FLOW,
                          .time = record->time,
                          .observer = "edge-1",
                          .boot = "0123456789abcdef",
                          .interface = "span0",
                          .record = record};
        check(&e);
        incidents_record(t, record);
    }
    incidents_close(t);
    return 0;
}
