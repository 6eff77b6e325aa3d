/* SPDX-License-Identifier: Apache-2.0 */
#include "report/format/format.h"

#include "../example.h"
#include "check.h"
#include "check_pairs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

static char out[FORMAT_ROOM + 1];
static struct syslog_message message;
static struct pairs_message pairs;
static const char *write_as(const char *format, const struct event *e, size_t limit) {
    bool shortened;
    size_t n = format_event(format_find(bytes_text(format)), e, out, limit, &shortened);
    if (n == 0 || n > limit)
        fail_msg("%s: %zu octets of %zu", format, n, limit);
    out[n] = '\0';
    return out;
}

static void a_transfer_in_json_is_the_record_of_the_contract(void **state) {
    example_begin(&example_builder, RECORD_TRANSFER);
    struct event e = example_transfer();
    assert_string_equal(
        write_as("json", &e, FORMAT_ROOM),
        "{\"@timestamp\":\"2026-05-31T04:12:09.113000Z\",\"ecs\":{\"version\":\"8.11.0\"},\"event\":{"
        "\"kind\":\"event\",\"category\":["
        "\"network\",\"file\"],"
        "\"action\":\"transfer\"},\"observer\":{\"name\":\"edge-1\",\"product\":\"gantry\",\"version\":"
        "\"" GANTRY_VERSION "\"},\"source\":{\"ip\":\"10.40.3.7\",\"port\":51820},\"destination\":{\"ip\":"
        "\"198.51.100.20\",\"port\":21},"
        "\"client\":{\"ip\":\"10.40.3.7\",\"port\":51820},\"server\":{\"ip\":\"198.51.100.20\",\"port\":21},"
        "\"network\":{\"transport\":\"tcp\",\"protocol\":\"ftp\",\"application\":\"FTP_DATA\","
        "\"community_id\":\"1:abcdefghijklmnopqrstuvwxyz0=\",\"direction\":\"outbound\",\"vlan\":{\"id\":"
        "\"40\"}},"
        "\"file\":{\"name\":\"20260531-041158_L04_ABC1234.jpg\",\"size\":183220,\"mime_type\":\"image/jpeg\","
        "\"hash\":{\"sha256\":\"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\"}},"
        "\"gantry\":{\"sequence\":4,\"object\":{\"id\":\"1-17\",\"parent\":null},"
        "\"transfer\":{\"complete\":true,\"missing_bytes\":0},\"verdict\":\"unapproved\",\"partner\":\"Plate "
        "Systems\","
        "\"contract\":null,\"reason\":\"no contract is valid on 2026-05-31\",\"network\":\"lanes\","
        "\"classes\":[\"vehicle-image\"],\"rules\":[\"camera-file-name\"]}}");
}

static void an_alert_in_json_has_incident_rule_and_technique_and_no_plate(void **state) {
    struct incident_facts facts = example_facts();
    example_alert_begin();
    struct event e = example_alert(&facts);
    assert_string_equal(
        write_as("json", &e, FORMAT_ROOM),
        "{\"@timestamp\":\"2026-05-31T04:12:10.113000Z\",\"ecs\":{\"version\":\"8.11.0\"},\"event\":{"
        "\"kind\":\"alert\",\"category\":["
        "\"network\"],"
        "\"action\":\"alert\",\"severity\":8},\"observer\":{\"name\":\"edge-1\",\"product\":\"gantry\","
        "\"version\":\"" GANTRY_VERSION
        "\"},\"rule\":{\"id\":\"camera-file-name\",\"name\":\"File name of a lane camera\"},"
        "\"source\":{\"ip\":\"10.40.3.7\",\"port\":51820},\"destination\":{\"ip\":\"198.51.100.20\",\"port\":"
        "21},"
        "\"client\":{\"ip\":\"10.40.3.7\",\"port\":51820},\"server\":{\"ip\":\"198.51.100.20\",\"port\":21},"
        "\"network\":{\"transport\":\"tcp\",\"protocol\":\"ftp\",\"application\":\"FTP_DATA\","
        "\"community_id\":\"1:abcdefghijklmnopqrstuvwxyz0=\",\"direction\":\"outbound\",\"vlan\":{\"id\":"
        "\"40\"}},"
        "\"file\":{\"name\":\"20260531-041158_L04_AB***34.jpg\",\"mime_type\":\"image/jpeg\"},"
        "\"threat\":{\"technique\":{\"id\":[\"T1048.003\"]}},"
        "\"gantry\":{\"sequence\":5,\"incident\":{\"id\":\"0e0c2f6a-1b2c-8d3e-9f40-5a6b7c8d9e0f\",\"state\":"
        "\"grown\","
        "\"sequence\":2,\"objects\":10,\"bytes\":1832200,\"distinct_plates\":3,"
        "\"first\":\"2026-05-31T04:12:09.113000Z\",\"last\":\"2026-05-31T04:12:10.113000Z\"},"
        "\"object\":{\"id\":\"1-17\",\"parent\":null},\"verdict\":\"unapproved\",\"partner\":\"Plate "
        "Systems\","
        "\"contract\":null,\"reason\":\"no contract is valid on 2026-05-31\",\"network\":\"lanes\","
        "\"classes\":[\"vehicle-image\"],\"rules\":[\"camera-file-name\"]}}");
}

static void the_path_of_a_url_is_not_the_path_of_a_file(void **state) {
    example_begin(&example_builder, RECORD_TRANSFER);
    record_text(&example_builder, TEXT_PATH, bytes_text("/in/box"));
    record_text(&example_builder, TEXT_NAME, bytes_text(""));
    struct event e = example_transfer();
    assert_non_null(strstr(write_as("json", &e, FORMAT_ROOM), "\"file\":{\"path\":\"/in/box\",\"size\""));
    assert_null(strstr(out, "\"url\""));
    record_text(&example_builder, TEXT_PATH, bytes_text(""));
    record_text(&example_builder, TEXT_URL, bytes_text("/in/box"));
    record_text(&example_builder, TEXT_HOST, bytes_text("up.example"));
    record_text(&example_builder, TEXT_METHOD, bytes_text("PUT"));
    e = example_transfer();
    write_as("json", &e, FORMAT_ROOM);
    assert_non_null(strstr(out, "\"url\":{\"path\":\"/in/box\",\"domain\":\"up.example\"},"
                                "\"http\":{\"request\":{\"method\":\"PUT\"}}"));
    assert_non_null(strstr(out, "\"file\":{\"size\""));
    assert_null(strstr(out, "\"name\":\"\""));
}

static void stats_nest_every_figure_under_its_dotted_key(void **state) {
    uint64_t figures[FIGURE_COUNT] = {
        [COUNTER_PACKETS] = 42, [COUNTER_KERNEL_DROPS] = 7, [COUNTER_COUNT + GAUGE_INTERVAL_PACKETS] = 41};
    struct event e = {.kind = REPORT_STATS,
                      .time = EXAMPLE_TIME,
                      .observer = "edge-1",
                      .sequence = 1,
                      .figures = figures,
                      .last = true};
    write_as("json", &e, FORMAT_ROOM);
    assert_true(check_json(out, strlen(out)));
    assert_non_null(strstr(out, "\"event\":{\"kind\":\"metric\",\"action\":\"stats\"}"));
    const char *capture = strstr(out, "\"stats\":{\"capture\":{");
    assert_non_null(capture);
    assert_non_null(strstr(capture, "\"packets\":42"));
    assert_non_null(strstr(capture, "\"kernel_drops\":7"));
    size_t numbers = 0;
    for (const char *p = capture; *p; p++)
        numbers += p[0] == '"' && p[1] == ':' && p[2] != '{';
    assert_int_equal(numbers, FIGURE_COUNT);
    write_as("rfc5424", &e, 1024);
    assert_true(check_syslog(out, strlen(out), &message));
    assert_string_equal(message.msgid, "STATS");
    assert_string_equal(syslog_get(&message, "capture.packets"), "42");
    assert_string_equal(syslog_get(&message, "interval.packets"), "41");
    assert_string_equal(syslog_get(&message, "interval.dropped"), "0");
    write_as("json", &e, 512);
    assert_true(check_json(out, strlen(out)));
    assert_non_null(strstr(out, "\"interval\":{"));
    assert_non_null(strstr(out, "\"packets\":41"));
}

static void an_alert_in_rfc5424_is_a_header_structured_data_and_a_sentence(void **state) {
    struct incident_facts facts = example_facts();
    char expected[4096];
    example_alert_begin();
    struct event e = example_alert(&facts);
    snprintf(
        expected, sizeof expected,
        "<83>1 2026-05-31T04:12:10.113000Z edge-1 gantry %d GROWN [gantry@32473 severity=\"8\" "
        "rule=\"camera-file-name\" rulename=\"File name of a lane camera\" src=\"10.40.3.7\" spt=\"51820\" "
        "dst=\"198.51.100.20\" dpt=\"21\" client=\"10.40.3.7\" cpt=\"51820\" server=\"198.51.100.20\" "
        "vpt=\"21\" "
        "transport=\"tcp\" proto=\"ftp\" app=\"FTP_DATA\" community=\"1:abcdefghijklmnopqrstuvwxyz0=\" "
        "direction=\"outbound\" vlan=\"40\" file=\"20260531-041158_L04_AB***34.jpg\" mime=\"image/jpeg\" "
        "technique=\"T1048.003\" seq=\"5\" incident=\"0e0c2f6a-1b2c-8d3e-9f40-5a6b7c8d9e0f\" state=\"grown\" "
        "alert=\"2\" objects=\"10\" bytes=\"1832200\" plates=\"3\" first=\"2026-05-31T04:12:09.113000Z\" "
        "last=\"2026-05-31T04:12:10.113000Z\" object=\"1-17\" verdict=\"unapproved\" partner=\"Plate "
        "Systems\" "
        "reason=\"no contract is valid on 2026-05-31\" network=\"lanes\" class=\"vehicle-image\" "
        "rules=\"camera-file-name\"] vehicle-image goes on leaving from lanes (10.40.3.7) to Plate Systems "
        "(198.51.100.20) by ftp: 10 objects, 1.8 MB, 3 distinct plates; a partner without a valid contract",
        (int)getpid());
    assert_string_equal(write_as("rfc5424", &e, FORMAT_ROOM), expected);
}

static void severities_map_to_syslogs(void **state) {
    /* facility 10 (RFC 5424 table 1) times 8, with notice 5 to critical 2 (table 2) */
    static const int expected[11] = {0, 85, 85, 85, 84, 84, 84, 83, 83, 82, 82};
    struct incident_facts facts = example_facts();
    for (int s = 1; s <= 10; s++) {
        example_alert_begin();
        example_builder.head.severity = (uint8_t)s;
        struct event e = example_alert(&facts);
        write_as("rfc5424", &e, 2048);
        assert_true(check_syslog(out, strlen(out), &message));
        assert_int_equal(message.priority, expected[s]);
    }
}

static char huge[65536];

static const struct {
    const char *name;
    size_t n;
} hostile[] = {
    {"new\nline", 8},
    {"nul\0byte", 8},
    {"quote\" ]bracket] back\\slash\\", 29},
    {"\xe2\x80\xaegpj.exe", 10},
    {"bad\xff\xfe\xc3(utf8\xed\xa0\x80", 14},
    {"x\" msg=\"forged\"] <13>1 - evil - - - -", 38},
    {"a msg=b forged=1\tforged=1\nforged=1|forged=1 \\", 46},
    {"x\nCEF:0|Evil|Evil|1|1|forged|10|src=1.2.3.4", 44},
    {"caf\xc3\xa9\xc2\x85\x1b[31m", 11},
    {"\\", 1},
    {"]]]]]]]]\"\"\"\"\"\"\"\"\\\\\\\\\\\\\\", 23},
    {huge, sizeof huge},
};

static void put_everywhere(struct bytes value) {
    for (unsigned i = 0; i < FACT_COUNT; i++)
        record_text(&example_builder, (enum record_text)i, value);
    record_text(&example_builder, TEXT_MIME, value);
    record_text(&example_builder, TEXT_SAMPLE, value);
}

/* The formats with names of their own, each read back by its own rules. */
static void check_mapped(const struct event *e, size_t limit) {
    static const char *const json[] = {"json", "eve", "ocsf"};
    for (int i = 0; i < 3; i++) {
        if (limit < format_find(bytes_text(json[i]))->least)
            continue;
        write_as(json[i], e, limit);
        assert_true(check_json(out, strlen(out)));
        assert_null(strchr(out, '\n'));
    }
    if (limit < format_cef.least)
        return;
    write_as("cef", e, limit);
    assert_true(check_cef(out, strlen(out), &pairs));
    assert_string_equal(pairs_get(&pairs, "src"), "10.40.3.7");
    assert_null(pairs_get(&pairs, "forged"));
    write_as("leef", e, limit);
    assert_true(check_leef(out, strlen(out), &pairs));
    assert_string_equal(pairs_get(&pairs, "src"), "10.40.3.7");
    assert_null(pairs_get(&pairs, "forged"));
}

static void hostile_names_break_no_message_and_forge_no_field(void **state) {
    struct incident_facts facts = example_facts();
    for (size_t i = 0; i < sizeof huge; i++)
        huge[i] = "\xe2\x80\xae\"]\\\n\xc3\xa9z"[i % 10];
    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
        for (int kind = 0; kind < 2; kind++) {
            if (kind)
                example_begin(&example_builder, RECORD_TRANSFER);
            else
                example_alert_begin();
            put_everywhere(bytes_of(hostile[i].name, hostile[i].n));
            struct event e = kind ? example_transfer() : example_alert(&facts);
            for (size_t limit = 480; limit <= FORMAT_ROOM; limit = limit < 9000 ? limit * 2 : limit * 4) {
                check_mapped(&e, limit);
                write_as("rfc5424", &e, limit);
                assert_true(check_syslog(out, strlen(out), &message));
                assert_string_equal(message.app, "gantry");
                assert_string_equal(syslog_get(&message, "src"), "10.40.3.7");
                assert_null(syslog_get(&message, "msg"));
            }
            write_as("human", &e, FORMAT_ROOM);
            for (const char *p = out; *p; p++) /* lines of ours, no escape sequence of theirs */
                assert_true(*p == '\n' || (unsigned char)*p >= 0x20);
            assert_null(strstr(out, "\xe2\x80\xae"));
        }
    }
}

static void escaped_values_read_back_as_they_were(void **state) {
    static const char name[] = "a \"b\" [c] \\d\\ caf\xc3\xa9";
    struct incident_facts facts = example_facts();
    example_alert_begin();
    record_text(&example_builder, TEXT_USER, bytes_text(name));
    struct event e = example_alert(&facts);
    write_as("rfc5424", &e, 4096);
    assert_true(check_syslog(out, strlen(out), &message));
    assert_string_equal(syslog_get(&message, "user"), name);
}

static void what_is_not_ascii_in_the_sentence_stands_behind_a_byte_order_mark(void **state) {
    struct incident_facts facts = example_facts();
    example_alert_begin();
    struct event e = example_alert(&facts);
    write_as("rfc5424", &e, 4096);
    assert_true(check_syslog(out, strlen(out), &message));
    assert_memory_equal(message.message, "vehicle", 7);
    record_text(&example_builder, TEXT_PARTNER, bytes_text("Soci\xc3\xa9t\xc3\xa9"));
    e = example_alert(&facts);
    write_as("rfc5424", &e, 4096);
    assert_true(check_syslog(out, strlen(out), &message));
    assert_memory_equal(message.message, "\xEF\xBB\xBFvehicle", 10);
}

/* IPv6, long names of everything, the largest numbers. */
static struct event longest_alert(struct incident_facts *facts) {
    char name[300];
    memset(name, 'n', sizeof name);
    *facts = example_facts();
    facts->objects = facts->bytes = facts->plates = facts->sequence = UINT64_MAX;
    example_alert_begin();
    address_parse("2001:db8:4000:4000:4000:4000:4000:4001", &example_builder.head.source);
    address_parse("2001:db8:5000:5000:5000:5000:5000:5001", &example_builder.head.destination);
    for (unsigned i = 0; i < TEXT_COUNT; i++)
        record_text(&example_builder, (enum record_text)i, bytes_of(name, 255));
    return example_alert(facts);
}

static void no_message_is_longer_than_any_limit_allows(void **state) {
    struct incident_facts facts;
    struct event longest = longest_alert(&facts);
    char observer[300] = {0};
    memset(observer, 'o', 299);
    longest.observer = observer;
    longest.sequence = UINT64_MAX;
    longest.boot = "0123456789abcdef";
    longest.interface = observer;
    for (size_t limit = 480; limit <= 2048; limit++) {
        write_as("rfc5424", &longest, limit);
        assert_true(check_syslog(out, strlen(out), &message));
        assert_string_equal(syslog_get(&message, "state"), "grown");
        assert_string_equal(syslog_get(&message, "incident"), facts.id);
        assert_non_null(syslog_get(&message, "class"));
        longest.syslog = limit % 2;
        static const char *const others[] = {"json", "eve", "ocsf", "cef", "leef"};
        for (int i = 0; i < 5; i++) {
            if (limit < format_find(bytes_text(others[i]))->least)
                continue;
            write_as(others[i], &longest, limit);
            assert_true(i < 3    ? check_json(out, strlen(out))
                        : i == 3 ? check_cef(strstr(out, "CEF:"), strlen(strstr(out, "CEF:")), &pairs)
                                 : check_leef(strstr(out, "LEEF:"), strlen(strstr(out, "LEEF:")), &pairs));
            assert_non_null(strstr(out, "grown"));
            assert_non_null(strstr(out, facts.id));
            assert_non_null(strstr(out, longest.boot));
            assert_non_null(strstr(out, "18446744073709551615"));
        }
    }
}

static void fields_go_in_the_written_order_and_file_names_are_shortened_last(void **state) {
    struct incident_facts facts = example_facts();
    example_alert_begin();
    record_text(&example_builder, TEXT_PATH, bytes_text("/a/path/of/some/length"));
    record_text(&example_builder, TEXT_REFERENCES, bytes_text("https://example.org/reference"));
    struct event e = example_alert(&facts);
    size_t all = strlen(write_as("rfc5424", &e, 4096));
    write_as("rfc5424", &e, all - 1); /* the path is of the lowest rank that stands in structured data */
    assert_true(check_syslog(out, strlen(out), &message));
    assert_null(syslog_get(&message, "path"));
    assert_non_null(syslog_get(&message, "community"));
    write_as("rfc5424", &e, strlen(out) - 1);
    assert_true(check_syslog(out, strlen(out), &message));
    assert_null(syslog_get(&message, "community"));
    assert_non_null(syslog_get(&message, "reference"));
    assert_non_null(syslog_get(&message, "file"));

    char name[1001];
    for (size_t i = 0; i < 1000; i += 2)
        memcpy(name + i, "\xc3\xa9", 2);
    record_text(&example_builder, TEXT_NAME, bytes_of(name, 1000));
    e = example_alert(&facts);
    write_as("rfc5424", &e, 1024);
    assert_true(check_syslog(out, strlen(out), &message));
    const char *file = syslog_get(&message, "file");
    assert_non_null(file);
    assert_string_equal(file + strlen(file) - 3, "\xe2\x80\xa6"); /* an ellipsis, after whole characters */
    assert_memory_equal(file, name, strlen(file) - 3);
    assert_int_equal((strlen(file) - 3) % 2, 0);
    assert_string_equal(syslog_get(&message, "partner"), "Plate Systems");
}

static void a_person_reads_what_from_where_to_whom_why_and_what_to_do(void **state) {
    struct incident_facts facts = example_facts();
    example_alert_begin();
    struct event e = example_alert(&facts);
    write_as("human", &e, FORMAT_ROOM);
    assert_string_equal(
        out, "ALERT 8/10  vehicle-image goes on leaving the image network\n"
             "  when   2026-05-31T04:12:10 UTC\n"
             "  what   vehicle-image: 10 objects, 1.8 MB so far, 3 distinct plates, such as "
             "20260531-041158_L04_AB***34.jpg\n"
             "  from   lanes, host 10.40.3.7\n"
             "  to     Plate Systems, host 198.51.100.20, by ftp\n"
             "  why    a partner without a valid contract: no contract is valid on 2026-05-31\n"
             "  rule   File name of a lane camera (camera-file-name)\n"
             "  do     Block the destination, find who runs the copy on the source, keep both hosts' logs.\n"
             "  id     0e0c2f6a-1b2c-8d3e-9f40-5a6b7c8d9e0f, grown, alert 2 of it\n");
    assert_null(strchr(out, '\033'));
    e.colour = true;
    assert_non_null(strchr(write_as("human", &e, FORMAT_ROOM), '\033'));
}

static void techniques_are_a_list_and_absent_where_there_are_none(void **state) {
    struct incident_facts facts = example_facts();
    example_alert_begin();
    struct event e = example_alert(&facts);
    facts.techniques |= 1u << TECHNIQUE_PARTNER;
    write_as("rfc5424", &e, 4096);
    assert_true(check_syslog(out, strlen(out), &message));
    assert_string_equal(syslog_get(&message, "technique"), "T1048.003,T1199");
    facts.techniques = 0;
    write_as("rfc5424", &e, 4096);
    assert_true(check_syslog(out, strlen(out), &message));
    assert_null(syslog_get(&message, "technique"));
}

/* A field whose name does not fit RFC 5424, or that breaks up an object of the JSON form, would spoil every
 * message. */
static void the_table_of_fields_is_sound(void **state) {
    for (const struct field *f = fields_all(); f->ecs; f++) {
        assert_true(!f->brief || strlen(f->brief) <= 32);
        assert_true(f->rank <= RANK_LAST);
        for (const struct field *g = f + 1; g->ecs; g++) {
            assert_string_not_equal(f->ecs, g->ecs);
            assert_true(!f->brief || !g->brief || strcmp(f->brief, g->brief) != 0);
        }
    }
    for (int i = 0; i < COUNTER_COUNT; i++)
        assert_true(strlen(counter_key((enum counter)i)) <= 32);
}

static void a_host_name_is_made_fit_for_the_header(void **state) {
    struct incident_facts facts = example_facts();
    example_alert_begin();
    struct event e = example_alert(&facts);
    e.observer = "edge one\xc3\xa9\n";
    write_as("rfc5424", &e, 2048);
    assert_true(check_syslog(out, strlen(out), &message));
    assert_string_equal(message.hostname, "edge-one---");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_transfer_in_json_is_the_record_of_the_contract),
        cmocka_unit_test(an_alert_in_json_has_incident_rule_and_technique_and_no_plate),
        cmocka_unit_test(the_path_of_a_url_is_not_the_path_of_a_file),
        cmocka_unit_test(stats_nest_every_figure_under_its_dotted_key),
        cmocka_unit_test(an_alert_in_rfc5424_is_a_header_structured_data_and_a_sentence),
        cmocka_unit_test(severities_map_to_syslogs),
        cmocka_unit_test(hostile_names_break_no_message_and_forge_no_field),
        cmocka_unit_test(escaped_values_read_back_as_they_were),
        cmocka_unit_test(what_is_not_ascii_in_the_sentence_stands_behind_a_byte_order_mark),
        cmocka_unit_test(no_message_is_longer_than_any_limit_allows),
        cmocka_unit_test(fields_go_in_the_written_order_and_file_names_are_shortened_last),
        cmocka_unit_test(a_person_reads_what_from_where_to_whom_why_and_what_to_do),
        cmocka_unit_test(techniques_are_a_list_and_absent_where_there_are_none),
        cmocka_unit_test(the_table_of_fields_is_sound),
        cmocka_unit_test(a_host_name_is_made_fit_for_the_header),
    };
    return cmocka_run_group_tests_name("report/format", tests, NULL, NULL);
}
