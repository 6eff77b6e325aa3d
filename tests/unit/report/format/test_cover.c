/* SPDX-License-Identifier: Apache-2.0 */
/* What a sender wrote and an alert shows: plates in it are covered in every format, other names are not. */
#include "kinds.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const char *const formats[] = {"rfc5424", "cef", "leef", "json", "ocsf", "eve", "human"};
enum { FORMATS = sizeof formats / sizeof formats[0] };

static const enum record_text sent[] = {TEXT_NAME, TEXT_PATH,   TEXT_URL,    TEXT_HOST,
                                        TEXT_USER, TEXT_METHOD, TEXT_COMMAND};
enum { SENT = sizeof sent / sizeof sent[0] };

/* The alert of an incident: its record is as incidents keep it. */
static struct event alert_of(const struct incident_facts *facts) {
    static struct record_builder shown;
    static uint64_t room[4096];
    shown_fill(&shown, example_pack(&example_builder, example_room), bytes_text("vehicle-image"));
    record_pack(&shown, 1, room);
    struct event e = example_alert(facts);
    e.record = (const struct record *)room;
    return e;
}

static const char *value_of(enum record_text which, const char *plate) {
    static const char *const patterns[] = {[TEXT_NAME] = "20260531_%s.jpg",
                                           [TEXT_PATH] = "/in/%s/x",
                                           [TEXT_URL] = "/in/%s/x",
                                           [TEXT_HOST] = "%s.uploads.example",
                                           [TEXT_USER] = "%s",
                                           [TEXT_METHOD] = "%s",
                                           [TEXT_COMMAND] = "%s"};
    static char value[128];
    snprintf(value, sizeof value, patterns[which], plate);
    return value;
}

static void a_plate_in_a_host_user_path_command_or_file_name_is_in_no_format_of_an_alert(void **state) {
    static const char *const plates[] = {
        "ABC1234",
        "abc-1234",
        "1ABC234",
        "AB12%20CDE",
        "TXABC1234",
        "AB12",
        "ab12",
        "1AB2",
        "abc1234",
        "ABC 1234",
        "ABC_1234",
        "ABC.1234",
        "ABC--1234",
        "ABC%2D1234",
        "ABC%252D1234",
        "ABC%5F1234",
        "ABC\u20131234",
        "ABC%E2%80%931234",
        "ABC\u20141234",
        "ABC\u00b71234",
        "ABC\u00a01234",
        "ABC+1234",
        "ABC~1234",
        "abc_1234",
        "KA-01-AB-1234",
        "AB-123-CD",
        "ab-123-cd",
        "M_AB_123",
        "\u0410123\u0412\u042177",
        "\u0430123\u0432\u044177",
        "\u0410 123 \u0412\u0421",
        "%D0%90123%D0%92%D0%A177",
        "\u0399\u039a\u03911234",
        "\u0399\u039a\u0391-1234",
        "\u0623\u0628\u062c1234",
        "\u0661\u0662\u0663\u0664\u0623\u0628\u062c",
        "\u54c1\u5ddd300\u30421234",
        "\u54c1\u5ddd 300 \u3042 12-34",
        "\u7ca4B\u00b712345",
        "\uff2b\uff38\uff32\uff14\uff14\uff17\uff11",
        "1234567",
        "482913",
        "12-345-67",
        "MYTRUCK",
        "041158KXR4471",
        "KXR4471041158",
        "20260531KXR4471",
        "20260531041158KXR4471",
        "20260531T041158KXR4471",
        "ZH 123456",
    };
    const struct incident_facts facts = example_facts();
    for (size_t i = 0; i < sizeof plates / sizeof plates[0]; i++) {
        example_alert_begin();
        for (size_t k = 0; k < SENT; k++)
            record_text(&example_builder, sent[k], bytes_text(value_of(sent[k], plates[i])));
        struct event e = alert_of(&facts);
        for (size_t f = 0; f < FORMATS; f++)
            if (strstr(kind_write(formats[f], &e), plates[i]))
                fail_msg("%s shows %s", formats[f], plates[i]);
    }
}

/* Where each of them stands, covered. */
static void what_is_covered_keeps_its_place_and_two_characters_at_each_end(void **state) {
    static const char *const expected[][2] = {
        {"json", "\"file\":{\"name\":\"20260531_AB***34.jpg\""},
        {"json", "\"url\":{\"path\":\"/in/AB***34/x\",\"domain\":\"AB***34.uploads.example\"}"},
        {"json", "\"user\":{\"name\":\"AB***34\"},\"http\":{\"request\":{\"method\":\"AB***34\"}}"},
        {"cef", " dhost=AB***34.uploads.example suser=AB***34 requestMethod=AB***34 "},
        {"cef", " request=http://AB***34.uploads.example:21/in/AB***34/x "},
        {"leef", "\tusrName=AB***34\turl=http://AB***34.uploads.example:21/in/AB***34/x\t"},
        {"rfc5424",
         " url=\"/in/AB***34/x\" host=\"AB***34.uploads.example\" user=\"AB***34\" method=\"AB***34\" "},
        {"eve", "\"http\":{\"hostname\":\"AB***34.uploads.example\",\"url\":\"/in/AB***34/"
                "x\",\"http_method\":\"AB***34\"}"},
        {"ocsf", "\"hostname\":\"AB***34.uploads.example\""}};
    const struct incident_facts facts = example_facts();
    example_alert_begin();
    for (size_t k = 0; k < SENT; k++)
        record_text(&example_builder, sent[k], bytes_text(value_of(sent[k], "ABC1234")));
    struct event e = alert_of(&facts);
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        if (!strstr(kind_write(expected[i][0], &e), expected[i][1]))
            fail_msg("%s is not in %s", expected[i][1], kind_write(expected[i][0], &e));
}

static void ordinary_hosts_and_users_stay_readable(void **state) {
    static const char *const hosts[] = {"uploads.platesystems.example", "198.51.100.20", "s3.example.com",
                                        "storage.example-cloud.net"};
    static const char *const users[] = {"jsmith", "svc-upload", "lane.operator",
                                        "jane.doe@platesystems.example"};
    const struct incident_facts facts = example_facts();
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        example_alert_begin();
        record_text(&example_builder, TEXT_HOST, bytes_text(hosts[i]));
        record_text(&example_builder, TEXT_USER, bytes_text(users[i]));
        record_text(&example_builder, TEXT_METHOD, bytes_text("PUT"));
        struct event e = alert_of(&facts);
        for (size_t f = 0; f < FORMATS; f++) {
            assert_non_null(strstr(kind_write(formats[f], &e), users[i]));
            assert_non_null(strstr(kind_write(formats[f], &e), hosts[i]));
        }
    }
}

/* A contract's id looks like a plate, and is the operator's own word; so are networks and partners. */
static void words_of_the_configuration_are_not_covered(void **state) {
    const struct incident_facts facts = example_facts();
    example_alert_begin();
    record_text(&example_builder, TEXT_CONTRACT, bytes_text("HSBP-0042"));
    record_text(&example_builder, TEXT_REASON,
                bytes_text("class vehicle-image is not in contract HSBP-0042"));
    struct event e = alert_of(&facts);
    assert_string_equal(kind_read("cef", kind_write("cef", &e), "cs4"), "HSBP-0042");
    assert_string_equal(kind_read("cef", kind_write("cef", &e), "reason"),
                        "class vehicle-image is not in contract HSBP-0042");
}

/* Covered before it is cut: a cut leaves no half of a plate. */
static void a_plate_where_a_long_name_is_cut_is_covered(void **state) {
    const struct incident_facts facts = example_facts();
    char name[300];
    for (int before = 240; before <= 256; before++) {
        memset(name, '-', sizeof name);
        memcpy(name + before, "ABC1234.jpg", 12);
        example_alert_begin();
        record_text(&example_builder, TEXT_NAME, bytes_text(name));
        struct event e = alert_of(&facts);
        assert_null(strstr(kind_write("json", &e), "ABC1"));
    }
}

/* Stored by a sensor that covered less. */
static void what_is_read_from_the_store_is_covered_again(void **state) {
    example_alert_begin();
    record_text(&example_builder, TEXT_HOST, bytes_text("abc1234.example"));
    const struct record *r = example_pack(&example_builder, example_room);
    struct record *read = shown_read(bytes_of(r, r->size));
    assert_non_null(read);
    assert_memory_equal(record_text_of(read, TEXT_HOST).p, "ab***34.example", 15);
    free(read);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plate_in_a_host_user_path_command_or_file_name_is_in_no_format_of_an_alert),
        cmocka_unit_test(what_is_covered_keeps_its_place_and_two_characters_at_each_end),
        cmocka_unit_test(ordinary_hosts_and_users_stay_readable),
        cmocka_unit_test(words_of_the_configuration_are_not_covered),
        cmocka_unit_test(a_plate_where_a_long_name_is_cut_is_covered),
        cmocka_unit_test(what_is_read_from_the_store_is_covered_again),
    };
    return cmocka_run_group_tests_name("report/format/cover", tests, NULL, NULL);
}
