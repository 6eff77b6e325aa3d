/* SPDX-License-Identifier: Apache-2.0 */
#include "report/output.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static uint8_t region[1 << 20];

static bool parse(const char *spec, const char *events, struct output_config *out, struct error *e) {
    struct arena arena;
    arena_init(&arena, region, sizeof region);
    return output_parse(spec, events, &arena, out, e);
}

static void the_command_lines_outputs_are_understood(void **state) {
    struct output_config c;
    struct error e;
    assert_true(parse("json:-", NULL, &c, &e));
    assert_string_equal(c.format, "json");
    assert_string_equal(c.to, "-");
    assert_int_equal(c.records, REPORT_ALERT);
    assert_true(parse("rfc5424:udp://127.0.0.1:514", "alert,transfer", &c, &e));
    assert_int_equal(c.records, REPORT_ALERT | REPORT_TRANSFER);
    assert_true(parse("rfc5424:tcp://[2001:db8::1]:6514", "stats, flow", &c, &e));
    assert_int_equal(c.records, REPORT_STATS | REPORT_FLOW);
    assert_true(parse("rfc5424:udp://siem.example", NULL, &c, &e));
    assert_true(parse("human:file:/tmp/alerts.txt", NULL, &c, &e));
    assert_true(parse("rfc5424:unix:/dev/log", NULL, &c, &e));
}

static void a_bad_output_is_refused_with_a_remedy(void **state) {
    static const struct {
        const char *spec, *events, *says;
    } bad[] = {
        {"json", NULL, "FORMAT:TARGET"},
        {"xml:-", NULL, "rfc5424, json, human"},
        {"json:ftp://x", NULL, "udp://host:port"},
        {"json:", NULL, "no target"},
        {"rfc5424:udp://:514", NULL, "no host"},
        {"rfc5424:udp://h:0", NULL, "1 to 65535"},
        {"rfc5424:udp://h:70000", NULL, "1 to 65535"},
        {"rfc5424:udp://h:51x", NULL, "1 to 65535"},
        {"rfc5424:tcp://2001:db8::1:514", NULL, "brackets"},
        {"rfc5424:tcp://[2001:db8::1", NULL, "']'"},
        {"rfc5424:unix:log", NULL, "no path"},
        {"json:file:alerts", NULL, "no path"},
        {"json:-x", NULL, "nothing may follow"},
        {"human:udp://h:514", NULL, "rfc5424 or json"},
        {"json:-", "alert,transfers", "alert, transfer, flow, stats"},
        {"json:-", "", "names nothing"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct output_config c;
        struct error e = {""};
        assert_false(parse(bad[i].spec, bad[i].events, &c, &e));
        if (!strstr(e.text, bad[i].says))
            fail_msg("%s: %s", bad[i].spec, e.text);
    }
}

/* Reads the entries of an `outputs:` list; true when all are good. */
static bool read_yaml(const char *text, struct output_config *out, struct problems *problems) {
    struct arena arena;
    memset(problems, 0, sizeof *problems);
    arena_init(&arena, region, sizeof region);
    struct yaml_document *d = yaml_parse("gantry.yaml", bytes_text(text), problems);
    struct setting_reader r = {.arena = &arena, .problems = problems};
    bool good = true;
    assert_non_null(d);
    for (const struct yaml *n = yaml_root(d)->child; n; n = n->next)
        good &= output_read(&r, n, out++);
    yaml_free(d);
    return good;
}

static void the_configurations_outputs_are_read(void **state) {
    struct output_config c[3];
    struct problems problems;
    assert_true(read_yaml(
        "- {format: rfc5424, to: \"udp://192.0.2.1:514\", records: [alert, stats], message-max: 480 B}\n"
        "- {format: json, to: file:/var/log/gantry/alerts.json, records: transfer}\n"
        "- {format: json, to: \"-\"}\n",
        c, &problems));
    assert_int_equal(c[0].records, REPORT_ALERT | REPORT_STATS);
    assert_int_equal(c[0].message_max, 480);
    assert_int_equal(c[1].records, REPORT_TRANSFER);
    assert_int_equal(c[1].line, 2);
    assert_int_equal(c[2].records, REPORT_ALERT);
    problems_finish(&problems);
}

static void a_bad_entry_names_file_line_and_remedy(void **state) {
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"- {format: jsn, to: \"-\"}\n", "json"},
        {"- {format: json}\n", "to"},
        {"- {format: json, to: \"carrier-pigeon:1\"}\n", "udp://host:port"},
        {"- {format: json, to: \"-\", records: [alert, bogus]}\n", "bogus"},
        {"- {format: rfc5424, to: \"udp://h:514\", message-max: 479 B}\n", "480"},
        {"- {format: rfc5424, to: \"udp://h:514\", message-max: 2049 B}\n", "message-max"},
        {"- {format: rfc5424, to: \"tcp://h:514\", message-max: 1000 B}\n", "udp"},
        {"- {format: json, to: \"-\", colour: red}\n", "colour"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct output_config c;
        struct problems problems;
        assert_false(read_yaml(bad[i].text, &c, &problems));
        assert_true(problems.count > 0);
        assert_memory_equal(problems.list[0].text, "gantry.yaml:1: error: ", 22);
        if (!strstr(problems.list[0].text, bad[i].says))
            fail_msg("%s: %s", bad[i].text, problems.list[0].text);
        problems_finish(&problems);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_command_lines_outputs_are_understood),
        cmocka_unit_test(a_bad_output_is_refused_with_a_remedy),
        cmocka_unit_test(the_configurations_outputs_are_read),
        cmocka_unit_test(a_bad_entry_names_file_line_and_remedy),
    };
    return cmocka_run_group_tests_name("report/output", tests, NULL, NULL);
}
