/* SPDX-License-Identifier: Apache-2.0 */
/* CEF, LEEF, EVE and OCSF: the formats whose names are not those of fields.c. */
#include "report/event/technique.h"
#include "report/format/mapping.h"

#include "../example.h"
#include "check_pairs.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static char out[FORMAT_ROOM + 1];
static struct pairs_message pairs;

static const char *write_as(const char *format, struct event *e) {
    bool shortened;
    e->boot = "00c0ffee00c0ffee";
    size_t n = format_event(format_find(bytes_text(format)), e, out, FORMAT_ROOM, &shortened);
    assert_true(n > 0);
    out[n] = '\0';
    return out;
}

static struct event grown(struct incident_facts *facts) {
    *facts = example_facts();
    example_alert_begin();
    return example_alert(facts);
}

static void expect(const char *key, const char *value) {
    const char *got = pairs_get(&pairs, key);
    if (!got || strcmp(got, value) != 0)
        fail_msg("%s is %s, not %s", key, got ? got : "absent", value);
}

static void an_alert_in_cef_has_the_keys_of_its_dictionary(void **state) {
    struct incident_facts facts;
    struct event e = grown(&facts);
    write_as("cef", &e);
    assert_memory_equal(out,
                        "CEF:0|Gantry|Gantry|" GANTRY_VERSION
                        "|camera-file-name|File name of a lane camera|8|rt=1780200730113 cat=alert ",
                        strlen(GANTRY_VERSION) + 94);
    assert_true(check_cef(out, strlen(out), &pairs));
    static const char *const expected[][2] = {{"rt", "1780200730113"},
                                              {"externalId", "0e0c2f6a-1b2c-8d3e-9f40-5a6b7c8d9e0f"},
                                              {"src", "10.40.3.7"},
                                              {"spt", "51820"},
                                              {"dst", "198.51.100.20"},
                                              {"dpt", "21"},
                                              {"proto", "TCP"},
                                              {"app", "ftp"},
                                              {"deviceDirection", "1"},
                                              {"cs1", "vehicle-image"},
                                              {"cs1Label", "classes"},
                                              {"cs2", "unapproved"},
                                              {"cs3", "Plate Systems"},
                                              {"cnt", "10"},
                                              {"cn1", "1832200"},
                                              {"cn1Label", "bytes"},
                                              {"act", "grown"},
                                              {"start", "1780200729113"},
                                              {"end", "1780200730113"},
                                              {"dvchost", "edge-1"},
                                              {"gantryBoot", "00c0ffee00c0ffee"},
                                              {"gantrySequence", "5"},
                                              {"fname", "20260531-041158_L04_AB***34.jpg"},
                                              {"gantryNetworkVlanId", "40"}};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        expect(expected[i][0], expected[i][1]);
}

static void an_alert_in_leef_has_its_predefined_attributes_and_declares_the_tab(void **state) {
    struct incident_facts facts;
    struct event e = grown(&facts);
    write_as("leef", &e);
    assert_memory_equal(
        out, "LEEF:2.0|Gantry|Gantry|" GANTRY_VERSION "|camera-file-name|x09|devTime=1780200730113\t",
        strlen(GANTRY_VERSION) + 67);
    assert_true(check_leef(out, strlen(out), &pairs));
    static const char *const expected[][2] = {{"cat", "alert"},
                                              {"sev", "8"},
                                              {"src", "10.40.3.7"},
                                              {"srcPort", "51820"},
                                              {"dst", "198.51.100.20"},
                                              {"dstPort", "21"},
                                              {"proto", "TCP"},
                                              {"gantryFileName", "20260531-041158_L04_AB***34.jpg"},
                                              {"gantryBoot", "00c0ffee00c0ffee"},
                                              {"gantrySequence", "5"},
                                              {"gantryIncidentState", "grown"},
                                              {"gantryIncidentObjects", "10"},
                                              {"gantryClasses", "vehicle-image"},
                                              {"gantryPartner", "Plate Systems"}};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        expect(expected[i][0], expected[i][1]);
}

static void an_address_of_ipv6_has_a_key_of_its_own_in_cef_and_none_in_leef(void **state) {
    struct incident_facts facts;
    grown(&facts);
    address_parse("2001:db8:40::7", &example_builder.head.source);
    struct event e = example_alert(&facts);
    write_as("cef", &e);
    assert_true(check_cef(out, strlen(out), &pairs));
    expect("c6a2", "2001:db8:40::7");
    expect("c6a2Label", "Source IPv6 Address");
    assert_null(pairs_get(&pairs, "src"));
    write_as("leef", &e);
    assert_true(check_leef(out, strlen(out), &pairs));
    expect("src", "2001:db8:40::7");
}

/* What a file holds begins with the format itself, what a syslog receiver reads with RFC 3164's header. */
static void cef_and_leef_have_a_syslog_header_where_syslog_reads_them(void **state) {
    struct incident_facts facts;
    struct event e = grown(&facts);
    e.syslog = true;
    assert_memory_equal(write_as("cef", &e), "<83>May 31 04:12:10 edge-1 CEF:0|", 33);
    assert_memory_equal(write_as("leef", &e), "<83>May 31 04:12:10 edge-1 LEEF:2.0|", 36);
    e.time = INT64_C(1767225600) * NS_PER_S; /* the day has a space before it where it has one digit */
    assert_memory_equal(write_as("cef", &e), "<83>Jan  1 00:00:00 edge-1 CEF:0|", 33);
}

static void escaped_values_of_cef_and_leef_read_back_as_they_were(void **state) {
    static const char name[] = "a=b \\c\\ |d| msg=x caf\xc3\xa9";
    struct incident_facts facts;
    grown(&facts);
    record_text(&example_builder, TEXT_USER, bytes_text(name));
    record_text(&example_builder, TEXT_RULE_NAME, bytes_text("pipe | and \\"));
    struct event e = example_alert(&facts);
    write_as("cef", &e);
    assert_true(check_cef(out, strlen(out), &pairs));
    expect("suser", name);
    assert_string_equal(pairs.header[5], "pipe | and \\");
    write_as("leef", &e);
    assert_true(check_leef(out, strlen(out), &pairs));
    expect("usrName", name);
}

static void an_alert_in_eve_is_as_suricata_writes_one(void **state) {
    struct incident_facts facts;
    struct event e = grown(&facts);
    e.interface = "span0";
    write_as("eve", &e);
    assert_true(check_json(out, strlen(out)));
    static const char *const expected[] = {
        "{\"timestamp\":\"2026-05-31T04:12:10.113000+0000\",\"flow_id\":",
        ",\"in_iface\":\"span0\",\"event_type\":\"alert\",\"vlan\":[40],\"src_ip\":\"10.40.3.7\",\"src_"
        "port\":51820,"
        "\"dest_ip\":\"198.51.100.20\",\"dest_port\":21,\"proto\":\"TCP\",\"app_proto\":\"ftp\","
        "\"community_id\":\"1:abcdefghijklmnopqrstuvwxyz0=\",\"direction\":\"to_server\",\"host\":\"edge-"
        "1\",",
        "\"alert\":{\"action\":\"allowed\",\"gid\":1,\"signature_id\":",
        ",\"rev\":1,\"signature\":\"File name of a lane "
        "camera\",\"category\":\"vehicle-image\",\"severity\":1,"
        "\"metadata\":{\"mitre_technique_id\":[\"T1048.003\"],\"rule\":[\"camera-file-name\"]}}",
        "\"boot\":\"00c0ffee00c0ffee\",\"sequence\":5,\"incident\":{\"id\":"};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        if (!strstr(out, expected[i]))
            fail_msg("%s is not in %s", expected[i], out);
}

static unsigned long number_behind(const char *key) {
    const char *at = strstr(out, key);
    assert_non_null(at);
    return strtoul(at + strlen(key), NULL, 10);
}

/* SipHash-2-4 by an implementation that is not ours. Both depend on nothing but rule and ends, so that a
 * receiver may keep lists of them. */
static void numbers_of_rules_and_flows_are_the_same_at_every_start(void **state) {
    struct incident_facts facts;
    struct event e = grown(&facts);
    write_as("eve", &e);
    unsigned long rule = number_behind("\"signature_id\":"), flow = number_behind("\"flow_id\":");
    assert_int_equal(rule, 189250907);
    assert_int_equal(flow, 5115850157485285);
    example_transfer();
    example_begin(&example_builder, RECORD_TRANSFER);
    e = example_transfer();
    write_as("eve", &e);
    assert_int_equal(number_behind("\"flow_id\":"), flow);
    example_builder.head.client_port++;
    e = example_transfer();
    write_as("eve", &e);
    assert_int_not_equal(number_behind("\"flow_id\":"), flow);
    grown(&facts);
    record_text(&example_builder, TEXT_RULE_ID, bytes_text("another"));
    e = example_alert(&facts);
    write_as("eve", &e);
    assert_int_not_equal(number_behind("\"signature_id\":"), rule);
}

static void a_transfer_in_eve_is_a_fileinfo(void **state) {
    example_begin(&example_builder, RECORD_TRANSFER);
    struct event e = example_transfer();
    write_as("eve", &e);
    assert_non_null(strstr(out, "\"event_type\":\"fileinfo\""));
    assert_non_null(
        strstr(out, "\"fileinfo\":{\"filename\":\"20260531-041158_L04_ABC1234.jpg\",\"sha256\":\"000102"));
    assert_non_null(strstr(out, "\"size\":183220,\"state\":\"CLOSED\",\"gaps\":false,\"stored\":false}"));
    example_builder.head.complete = 0;
    example_builder.head.missing = 5;
    e = example_transfer();
    write_as("eve", &e);
    assert_non_null(strstr(out, "\"state\":\"TRUNCATED\",\"gaps\":true"));
}

static void an_alert_in_ocsf_is_a_data_security_finding(void **state) {
    struct incident_facts facts;
    struct event e = grown(&facts);
    write_as("ocsf", &e);
    assert_true(check_json(out, strlen(out)));
    static const char *const expected[] = {
        "{\"class_uid\":2006,\"category_uid\":2,\"activity_id\":2,\"type_uid\":200602,\"severity_id\":4,"
        "\"time\":"
        "1780200730113,",
        "\"metadata\":{\"version\":\"1.4.0\",\"product\":{\"name\":\"Gantry\",\"vendor_name\":\"Gantry\","
        "\"version\":"
        "\"" GANTRY_VERSION
        "\"},\"uid\":\"00c0ffee00c0ffee-5\",\"sequence\":5,\"loggers\":[{\"name\":\"edge-1\"}]}",
        "\"finding_info\":{\"uid\":\"0e0c2f6a-1b2c-8d3e-9f40-5a6b7c8d9e0f\",\"title\":\"File name of a lane "
        "camera\","
        "\"types\":[\"vehicle-image\"],",
        "\"attacks\":[{\"technique\":{\"uid\":\"T1048\"},\"sub_technique\":{\"uid\":\"T1048.003\"}}]",
        "\"src_endpoint\":{\"ip\":\"10.40.3.7\",\"port\":51820},\"dst_endpoint\":{\"ip\":\"198.51.100.20\","
        "\"port\":21}"};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        if (!strstr(out, expected[i]))
            fail_msg("%s is not in %s", expected[i], out);
    facts.state = INCIDENT_CLOSED;
    write_as("ocsf", &e);
    assert_non_null(strstr(out, "\"activity_id\":3,\"type_uid\":200603"));
    assert_non_null(strstr(out, "\"is_alert\":false"));
}

/* An object a technique. */
static void a_list_of_objects_has_one_for_each_item(void **state) {
    struct incident_facts facts;
    grown(&facts);
    facts.techniques = 1u << TECHNIQUE_PLAIN | 1u << TECHNIQUE_PARTNER | 1u << TECHNIQUE_STORAGE;
    struct event e = example_alert(&facts);
    write_as("ocsf", &e);
    assert_true(check_json(out, strlen(out)));
    assert_non_null(strstr(
        out, "\"attacks\":[{\"technique\":{\"uid\":\"T1048\"},\"sub_technique\":{\"uid\":\"T1048.003\"}},"
             "{\"technique\":{\"uid\":\"T1199\"}},"
             "{\"technique\":{\"uid\":\"T1567\"},\"sub_technique\":{\"uid\":\"T1567.002\"}}]"));
}

/* Who fetches from an image network calls the source by that name, and logs in from the destination. */
static void names_of_host_and_user_stand_at_the_end_that_they_belong_to(void **state) {
    struct incident_facts facts;
    grown(&facts);
    record_text(&example_builder, TEXT_HOST, bytes_text("store.lanes.example"));
    record_text(&example_builder, TEXT_USER, bytes_text("jsmith"));
    struct event e = example_alert(&facts);
    assert_non_null(strstr(write_as("cef", &e), " dhost=store.lanes.example suser=jsmith "));
    assert_non_null(strstr(write_as("ocsf", &e), "\"port\":21,\"hostname\":\"store.lanes.example\"}"));
    struct record *r = &example_builder.head;
    r->client = r->destination;
    r->client_port = r->destination_port;
    r->server = r->source;
    r->server_port = r->source_port;
    e = example_alert(&facts);
    assert_non_null(strstr(write_as("cef", &e), " shost=store.lanes.example duser=jsmith "));
    assert_non_null(
        strstr(write_as("ocsf", &e),
               "\"src_endpoint\":{\"ip\":\"10.40.3.7\",\"port\":51820,\"hostname\":"
               "\"store.lanes.example\"},\"dst_endpoint\":{\"ip\":\"198.51.100.20\",\"port\":21}"));
}

/* Every text of the record says which it is. */
static struct event told_apart(struct incident_facts *facts) {
    char name[32];
    grown(facts);
    for (unsigned t = 0; t < TEXT_COUNT; t++) {
        snprintf(name, sizeof name, "value-%u-x", t);
        if (t != TEXT_PROTOCOL && t != TEXT_APPLICATION)
            record_text(&example_builder, (enum record_text)t, bytes_text(name));
    }
    struct event e = example_alert(facts);
    return e;
}

/* A row that names no field would be left out in silence. */
static void what_json_shows_of_an_alert_every_format_shows(void **state) {
    static const char *const formats[] = {"json", "rfc5424", "cef", "leef", "ocsf", "eve"};
    bool shown[TEXT_COUNT];
    char name[32];
    struct incident_facts facts;
    struct event e = told_apart(&facts);
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        write_as(formats[i], &e);
        for (unsigned t = 0; t < TEXT_COUNT; t++) {
            snprintf(name, sizeof name, "value-%u-x", t);
            bool here = strstr(out, name) != NULL;
            if (i == 0)
                shown[t] = here;
            else if (shown[t] && !here)
                fail_msg("text %u is not in %s: %s", t, formats[i], out);
        }
    }
    assert_true(shown[TEXT_NAME] && shown[TEXT_SAMPLE] && shown[TEXT_REFERENCES]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_alert_in_cef_has_the_keys_of_its_dictionary),
        cmocka_unit_test(an_alert_in_leef_has_its_predefined_attributes_and_declares_the_tab),
        cmocka_unit_test(an_address_of_ipv6_has_a_key_of_its_own_in_cef_and_none_in_leef),
        cmocka_unit_test(cef_and_leef_have_a_syslog_header_where_syslog_reads_them),
        cmocka_unit_test(escaped_values_of_cef_and_leef_read_back_as_they_were),
        cmocka_unit_test(an_alert_in_eve_is_as_suricata_writes_one),
        cmocka_unit_test(numbers_of_rules_and_flows_are_the_same_at_every_start),
        cmocka_unit_test(a_transfer_in_eve_is_a_fileinfo),
        cmocka_unit_test(an_alert_in_ocsf_is_a_data_security_finding),
        cmocka_unit_test(a_list_of_objects_has_one_for_each_item),
        cmocka_unit_test(names_of_host_and_user_stand_at_the_end_that_they_belong_to),
        cmocka_unit_test(what_json_shows_of_an_alert_every_format_shows),
    };
    return cmocka_run_group_tests_name("report/mapping", tests, NULL, NULL);
}
