/* SPDX-License-Identifier: Apache-2.0 */
/* Each kind of record that leaves, in each format, read back: JSON by Python (kinds.py), OCSF by what is
 * published of its classes (tests/e2e/ocsf.py), the others by check.h and check_pairs.h. */
#include "kinds.h"

#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

static const char *const names[KINDS] = {"opened",   "grown", "closed", "changed", "joined", "settled",
                                         "transfer", "flow",  "stats",  "notice",  "held",   "digest"};

static const char hostile[] = "x\n\"\\\t]|=\xe2\x80\xae\xff{\"forged\":1} forged=1";

static FILE *begin(char path[64]) {
    snprintf(path, 64, "/tmp/gantry-test-kinds.%d", (int)getpid());
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    return f;
}

static void run(const char *script, const char *path) {
    char command[512];
    snprintf(command, sizeof command, "python3 " SOURCE_ROOT "/%s %s", script, path);
    assert_int_equal(system(command), 0);
    unlink(path);
}

static void python_reads_every_kind_from_every_format_of_json(void **state) {
    static const char *const json[] = {"json", "ocsf", "eve"};
    char path[64];
    FILE *f = begin(path);
    for (int kind = 0; kind < KINDS; kind++)
        for (int i = 0; i < 3; i++) {
            struct event e = kind_event((enum kind)kind);
            fprintf(f, "%s\t%s\t%s\n", json[i], names[kind], kind_write(json[i], &e));
        }
    fclose(f);
    run("tests/unit/report/format/kinds.py", path);
}

/* Expected by hand from what the fields mean. */
static const struct {
    enum kind kind;
    const char *format, *key, *value;
} expected[] = {
    {KIND_OPENED, "cef", "act", "opened"},
    {KIND_OPENED, "cef", "cnt", "10"},
    {KIND_OPENED, "cef", "dhost", "uploads.platesystems.example"},
    {KIND_OPENED, "cef", "suser", "jsmith"},
    {KIND_OPENED, "leef", "gantryIncidentState", "opened"},
    {KIND_OPENED, "rfc5424", "state", "opened"},
    {KIND_GROWN, "cef", "act", "grown"},
    {KIND_GROWN, "leef", "sev", "8"},
    {KIND_GROWN, "rfc5424", "class", "vehicle-image"},
    {KIND_CLOSED, "cef", "act", "closed"},
    {KIND_CLOSED, "cef", "gantryIncidentSettled", "absent"},
    {KIND_CLOSED, "rfc5424", "settled", "absent"},
    {KIND_OPENED, "rfc5424", "before", "absent"},
    {KIND_CHANGED, "cef", "act", "changed"},
    {KIND_CHANGED, "cef", "gantryIncidentClassBefore", "image"},
    {KIND_CHANGED, "leef", "gantryIncidentState", "changed"},
    {KIND_CHANGED, "leef", "gantryIncidentClassBefore", "image"},
    {KIND_CHANGED, "rfc5424", "state", "changed"},
    {KIND_CHANGED, "rfc5424", "before", "image"},
    {KIND_CHANGED, "rfc5424", "class", "vehicle-image"},
    {KIND_JOINED, "cef", "gantryIncidentJoined", "1e0c2f6a-1b2c-8d3e-9f40-5a6b7c8d9e0f"},
    {KIND_JOINED, "leef", "gantryIncidentJoined", "1e0c2f6a-1b2c-8d3e-9f40-5a6b7c8d9e0f"},
    {KIND_JOINED, "rfc5424", "joined", "1e0c2f6a-1b2c-8d3e-9f40-5a6b7c8d9e0f"},
    {KIND_CLOSED, "rfc5424", "joined", "absent"},
    {KIND_SETTLED, "cef", "gantryIncidentSettled", "agreed by phone"},
    {KIND_SETTLED, "leef", "gantryIncidentSettled", "agreed by phone"},
    {KIND_SETTLED, "rfc5424", "settled", "agreed by phone"},
    {KIND_TRANSFER, "cef", "cat", "transfer"},
    {KIND_TRANSFER, "cef", "fname", "20260531-041158_L04_ABC1234.jpg"},
    {KIND_TRANSFER, "cef", "fsize", "183220"},
    {KIND_TRANSFER, "leef", "gantryFileName", "20260531-041158_L04_ABC1234.jpg"},
    {KIND_TRANSFER, "leef", "sev", "absent"},
    {KIND_TRANSFER, "rfc5424", "size", "183220"},
    {KIND_FLOW, "cef", "cat", "flow"},
    {KIND_FLOW, "cef", "start", "1780200729113"},
    {KIND_FLOW, "cef", "end", "1780200819113"},
    {KIND_FLOW, "leef", "dst", "198.51.100.20"},
    {KIND_FLOW, "rfc5424", "sbytes", "5000000000"},
    {KIND_STATS, "cef", "gantryFinal", "true"},
    {KIND_STATS, "cef", "capturePackets", "absent"},
    {KIND_STATS, "cef", "gantryCapturePackets", "42"},
    {KIND_STATS, "leef", "gantryCapturePackets", "42"},
    {KIND_STATS, "rfc5424", "capture.packets", "42"},
    {KIND_NOTICE, "cef", "msg", "Output a=b | c is full"},
    {KIND_NOTICE, "leef", "msg", "Output a=b | c is full"},
    {KIND_NOTICE, "rfc5424", "rule", "disk-full"},
    {KIND_HELD, "cef", "gantryHeldAlerts", "3920"},
    {KIND_HELD, "leef", "gantryHeldIncidents", "2000"},
    {KIND_HELD, "rfc5424", "heldids",
     "0e0c2f6a-1b2c-8d3e-9f40-5a6b7c8d9e0f,1e0c2f6a-1b2c-8d3e-9f40-5a6b7c8d9e0f"},
    {KIND_DIGEST, "cef", "cat", "digest"},
    {KIND_DIGEST, "cef", "gantrySequence", "5"},
    {KIND_DIGEST, "leef", "cat", "digest"},
    {KIND_DIGEST, "rfc5424", "seq", "5"},
};

static void people_read_what_an_incident_was_before_and_where_its_objects_are(void **state) {
    struct event e = kind_event(KIND_CHANGED);
    assert_non_null(strstr(kind_write("human", &e), ", changed, alert 2 of it, before: image\n"));
    assert_non_null(strstr(kind_write("rfc5424", &e), "vehicle-image (told as image before) is leaving"));
    e = kind_event(KIND_JOINED);
    assert_non_null(
        strstr(kind_write("human", &e), "; its objects count in 1e0c2f6a-1b2c-8d3e-9f40-5a6b7c8d9e0f\n"));
    e = kind_event(KIND_GROWN);
    assert_null(strstr(kind_write("human", &e), "before"));
}

static void every_kind_reads_back_from_cef_leef_and_rfc5424(void **state) {
    bool seen[KINDS] = {false};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        struct event e = kind_event(expected[i].kind);
        const char *message = kind_write(expected[i].format, &e);
        const char *got = kind_read(expected[i].format, message, expected[i].key);
        if (strcmp(got, expected[i].value) != 0)
            fail_msg("%s in %s: %s is %s, not %s: %s", names[expected[i].kind], expected[i].format,
                     expected[i].key, got, expected[i].value, message);
        seen[expected[i].kind] = true;
    }
    for (int kind = 0; kind < KINDS; kind++)
        assert_true(seen[kind]);
}

static void a_digest_is_a_sentence_where_nothing_can_nest(void **state) {
    static const char *const formats[] = {"cef", "leef"};
    for (int i = 0; i < 2; i++) {
        struct event e = kind_event(KIND_DIGEST);
        const char *sentence = kind_read(formats[i], kind_write(formats[i], &e), "msg");
        assert_non_null(
            strstr(sentence, "Digest from 2026-05-30T04:12Z to 2026-05-31T04:12Z: 7 incidents opened"));
        assert_non_null(strstr(sentence, "214 objects (39.2 MB) left that nobody allowed"));
    }
}

/* IPv6, long names of everything, the largest numbers. */
static struct event longest(enum kind kind) {
    static char name[256], observer[300];
    memset(name, 'n', sizeof name - 1);
    memset(observer, 'o', sizeof observer - 1);
    struct event e = kind_event(kind);
    struct record *r = &example_builder.head;
    struct address *const ends[] = {&r->source, &r->destination, &r->client, &r->server};
    for (int i = 0; i < 4; i++)
        address_parse(i % 2 ? "2001:db8:5000:5000:5000:5000:5000:5001"
                            : "2001:db8:4000:4000:4000:4000:4000:4001",
                      ends[i]);
    for (unsigned t = 0; t < TEXT_COUNT; t++)
        record_text(&example_builder, (enum record_text)t, bytes_text(name));
    r->bytes = r->bytes_back = r->packets = r->packets_back = r->missing = r->offset = UINT64_MAX;
    if (e.record)
        example_pack(&example_builder, example_room);
    e.observer = observer;
    e.sequence = UINT64_MAX;
    e.syslog = true;
    return e;
}

static void every_kind_fits_the_shortest_message_of_its_format(void **state) {
    static const char *const formats[] = {"rfc5424", "cef", "leef", "json", "ocsf", "eve"};
    enum { UDP_LEAST = 480 };
    static char out[FORMAT_ROOM];
    for (int kind = 0; kind < KINDS; kind++)
        for (int i = 0; i < 6; i++) {
            const struct format *f = format_find(bytes_text(formats[i]));
            struct event e = longest((enum kind)kind);
            bool shortened;
            if (!format_event(f, &e, out, f->least ? f->least : UDP_LEAST, &shortened))
                fail_msg("%s in %s does not fit", names[kind], formats[i]);
        }
}

/* Everything that a sender or the configuration may write. */
static void make_hostile(void) {
    for (unsigned t = 0; t < TEXT_COUNT; t++)
        if (t != TEXT_PROTOCOL && t != TEXT_RULES && t != TEXT_CLASSES)
            record_text(&example_builder, (enum record_text)t, bytes_text(hostile));
}

/* As the digest has names of partners, and a notice texts. */
static struct event hostile_event(enum kind kind) {
    static const struct digest_volume volumes[] = {{hostile, hostile, VERDICT_UNKNOWN, 1, 1}};
    static const struct digest_contract contracts[] = {{hostile, hostile, "no contract holds"}};
    static struct digest_facts facts;
    struct event e = kind_event(kind);
    make_hostile();
    if (e.record)
        example_pack(&example_builder, example_room);
    if (kind == KIND_DIGEST) {
        facts = *e.digest;
        facts.volumes = volumes;
        facts.contracts = contracts;
        e.digest = &facts;
    }
    e.observer = hostile;
    return e;
}

static void hostile_texts_break_no_kind_and_forge_nothing(void **state) {
    static const char *const json[] = {"json", "ocsf", "eve"}, *const pairs[] = {"rfc5424", "cef", "leef"};
    for (int kind = 0; kind < KINDS; kind++) {
        struct event e = hostile_event((enum kind)kind);
        for (int i = 0; i < 3; i++) {
            const char *message = kind_write(json[i], &e);
            assert_true(check_json(message, strlen(message)));
            assert_null(strstr(message, "{\"forged\""));
            message = kind_write(pairs[i], &e);
            assert_null(strchr(message, '\n'));
            if (strcmp(kind_read(pairs[i], message, "forged"), "absent") != 0)
                fail_msg("%s in %s: %s", names[kind], pairs[i], message);
        }
    }
}

static void write_lengths(FILE *f, const struct event *e) {
    static char out[FORMAT_ROOM + 1];
    bool shortened;
    for (size_t limit = format_ocsf.least; limit < 3000; limit += 24) {
        size_t n = format_event(&format_ocsf, e, out, limit, &shortened);
        fprintf(f, "%.*s\n", (int)n, out);
    }
}

static void ocsf_has_what_is_published_at_every_length_and_whatever_names_are_like(void **state) {
    static const uint8_t directions[] = {DIRECTION_UNKNOWN, DIRECTION_OUTBOUND, DIRECTION_INBOUND,
                                         DIRECTION_INTERNAL, DIRECTION_EXTERNAL};
    char path[64];
    FILE *f = begin(path);
    for (int kind = 0; kind < KINDS; kind++)
        for (int turn = 0; turn < 5; turn++) {
            struct event e = kind_event((enum kind)kind);
            example_builder.head.direction = directions[turn];
            if (turn % 2)
                make_hostile();
            if (turn == 2)
                address_parse("2001:db8:40::7", &example_builder.head.source);
            if (kind <= KIND_HELD && kind != KIND_STATS)
                example_pack(&example_builder, example_room);
            write_lengths(f, &e);
        }
    fclose(f);
    run("tests/e2e/ocsf.py", path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(python_reads_every_kind_from_every_format_of_json),
        cmocka_unit_test(every_kind_reads_back_from_cef_leef_and_rfc5424),
        cmocka_unit_test(people_read_what_an_incident_was_before_and_where_its_objects_are),
        cmocka_unit_test(a_digest_is_a_sentence_where_nothing_can_nest),
        cmocka_unit_test(hostile_texts_break_no_kind_and_forge_nothing),
        cmocka_unit_test(every_kind_fits_the_shortest_message_of_its_format),
        cmocka_unit_test(ocsf_has_what_is_published_at_every_length_and_whatever_names_are_like),
    };
    return cmocka_run_group_tests_name("report/format/kinds", tests, NULL, NULL);
}
