/* SPDX-License-Identifier: Apache-2.0 */
#include "report/output.h"

#include "peer.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
        {"xml:-", NULL, "rfc5424, cef, leef, json, ocsf, eve, human"},
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
        {"human:udp://h:514", NULL, "such as rfc5424"},
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
    struct doc *d = doc_parse("gantry.yaml", bytes_text(text), problems);
    struct setting_reader r = {.arena = &arena, .problems = problems};
    bool good = true;
    assert_non_null(d);
    for (const struct doc_node *n = doc_root(d)->child; n; n = n->next)
        good &= output_read(&r, n, out++);
    doc_free(d);
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
    assert_int_equal(c[0].records, REPORT_ALERT | REPORT_STATS | REPORT_DIGEST); /* alerts bring it */
    assert_int_equal(c[0].message_max, 480);
    assert_int_equal(c[1].records, REPORT_TRANSFER);
    assert_int_equal(c[1].line, 2);
    assert_int_equal(c[2].records, REPORT_ALERT | REPORT_DIGEST);
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

/* --- keys and files of TLS --- */

static char folder[] = "/tmp/gantry-test-output.XXXXXX";

static void write_keys(void) {
    struct identity ca = identity_make(NULL, NULL, 86400), one = identity_make("DNS:a", &ca, 86400),
                    two = identity_make("DNS:b", &ca, 86400);
    assert_non_null(mkdtemp(folder));
    identity_write(&ca, folder, "ca", NULL);
    identity_write(&one, folder, "one", NULL);
    identity_write(&two, folder, "two", NULL);
    identity_write(&two, folder, "locked", "a password");
    identity_free(&ca);
    identity_free(&one);
    identity_free(&two);
}

/* `text` with each % for the folder of the keys. */
static bool read_with_keys(const char *text, struct output_config *out, struct problems *problems) {
    char whole[1024];
    size_t n = 0;
    for (; *text; text++)
        n += (size_t)(*text == '%' ? sprintf(whole + n, "%s", folder) : sprintf(whole + n, "%c", *text));
    return read_yaml(whole, out, problems);
}

static void keys_of_tls_are_read_and_held_back_where_they_mean_nothing(void **state) {
    struct output_config c[3];
    struct problems problems;
    write_keys();
    assert_true(read_with_keys("- {format: json, to: \"tls://h\", ca: %/ca.pem, certificate: %/one.pem, key: "
                               "%/one.key, name: siem}\n"
                               "- {format: json, to: \"relp+tls://h\", ca: %/ca.pem}\n"
                               "- {format: json, to: \"tcp://h\", hold-bytes: 64 KiB, hold-time: 1 min}\n",
                               c, &problems));
    assert_int_equal(problems.count, 0);
    assert_string_equal(c[0].name, "siem");
    assert_int_equal(c[0].hold_bytes, 131072);
    assert_int_equal(c[0].hold_time, 10 * NS_PER_S);
    assert_int_equal(c[2].hold_bytes, 65536);
    assert_int_equal(c[2].hold_time, 60 * NS_PER_S);
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"to: \"tls://h\", ca: %/none.pem", "ca: cannot read"},
        {"to: \"tls://h\", ca: %/one.key", "ca: "},
        {"to: \"tls://h\", ca: %/ca.pem, certificate: %/none.pem, key: %/one.key",
         "certificate: cannot read"},
        {"to: \"tls://h\", ca: %/ca.pem, certificate: %/one.pem", "key: is missing"},
        {"to: \"tls://h\", ca: %/ca.pem, key: %/one.key", "certificate: is missing"},
        {"to: \"tls://h\", ca: %/ca.pem, certificate: %/one.pem, key: %/none.key", "key: cannot read"},
        {"to: \"tls://h\", ca: %/ca.pem, certificate: %/one.pem, key: %/two.key", "is not the key of"},
        {"to: \"tls://h\", ca: %/ca.pem, certificate: %/two.pem, key: %/locked.key", "without a password"},
        {"to: \"tls://h\", ca: %/ca.pem, certificate: %/one.pem, key: %/ca.pem", "key: "},
        {"to: \"tcp://h\", ca: %/ca.pem", "ca: is for tls:// and relp+tls://"},
        {"to: \"relp://h\", name: siem", "name: is for tls:// and relp+tls://"},
        {"to: \"relp+tls://h\", ca: %/ca.pem, hold-time: 1 s", "hold-time: is for tcp:// and tls://"},
        {"to: \"udp://h\", hold-bytes: 0", "hold-bytes: is for tcp:// and tls://"},
        {"to: \"tls://h\", ca: %/ca.pem, hold-bytes: 9 MiB", "hold-bytes: "},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char entry[512];
        snprintf(entry, sizeof entry, "- {format: json, to: \"-\"}\n- {format: json, %s}\n", bad[i].text);
        assert_false(read_with_keys(entry, c, &problems));
        assert_int_equal(problems.count, 1);
        assert_memory_equal(problems.list[0].text, "gantry.yaml:2: error: ", 22);
        if (!strstr(problems.list[0].text, bad[i].says))
            fail_msg("%s: %s", bad[i].text, problems.list[0].text);
        problems_finish(&problems);
    }
}

static void a_key_that_everybody_may_read_is_a_warning(void **state) {
    struct output_config c;
    struct problems problems;
    char path[64];
    snprintf(path, sizeof path, "%s/one.key", folder);
    chmod(path, 0644);
    assert_true(read_with_keys(
        "- {format: json, to: \"tls://h\", ca: %/ca.pem, certificate: %/one.pem, key: %/one.key}\n", &c,
        &problems));
    assert_int_equal(problems.warnings, 1);
    assert_non_null(strstr(problems.list[0].text, "chmod 600"));
    problems_finish(&problems);
}

static int end(void **state) {
    static const char *const files[] = {"ca", "one", "two", "locked"};
    char path[64];
    for (size_t i = 0; i < 8; i++) {
        snprintf(path, sizeof path, "%s/%s.%s", folder, files[i / 2], i % 2 ? "key" : "pem");
        unlink(path);
    }
    return rmdir(folder);
}

static bool open_early(const char *to, struct error *e) {
    struct output_config c;
    char spec[256];
    snprintf(spec, sizeof spec, "json:file:%s", to);
    assert_true(parse(spec, NULL, &c, e));
    bool opened = output_open_early(&c, geteuid(), getegid(), e);
    output_close_early();
    return opened;
}

static void a_file_is_opened_only_where_it_is_itself(void **state) {
    char place[] = "/tmp/gantry-output-XXXXXX", file[128], link[128], dangling[128], pipe[128];
    struct error e = {""};
    assert_non_null(mkdtemp(place));
    snprintf(file, sizeof file, "%s/alerts.json", place);
    snprintf(link, sizeof link, "%s/link.json", place);
    snprintf(dangling, sizeof dangling, "%s/dangling.json", place);
    snprintf(pipe, sizeof pipe, "%s/pipe", place);
    assert_true(open_early(file, &e) && open_early(file, &e)); /* made, and there already */
    assert_int_equal(symlink(file, link), 0);
    assert_false(open_early(link, &e));
    assert_non_null(strstr(e.text, "symbolic link"));
    snprintf(file + strlen(place), sizeof file - strlen(place), "/made-by-the-link");
    assert_int_equal(symlink(file, dangling), 0);
    assert_false(open_early(dangling, &e));
    assert_int_equal(access(file, F_OK), -1);
    assert_false(open_early(place, &e));
    assert_int_equal(mkfifo(pipe, 0600), 0);
    int reader = open(pipe, O_RDONLY | O_NONBLOCK);
    assert_true(open_early(pipe, &e));
    close(reader);
    unlink(pipe);
    unlink(link);
    unlink(dangling);
    snprintf(file, sizeof file, "%s/alerts.json", place);
    unlink(file);
    assert_int_equal(rmdir(place), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_command_lines_outputs_are_understood),
        cmocka_unit_test(a_bad_output_is_refused_with_a_remedy),
        cmocka_unit_test(a_file_is_opened_only_where_it_is_itself),
        cmocka_unit_test(the_configurations_outputs_are_read),
        cmocka_unit_test(a_bad_entry_names_file_line_and_remedy),
        cmocka_unit_test(keys_of_tls_are_read_and_held_back_where_they_mean_nothing),
        cmocka_unit_test(a_key_that_everybody_may_read_is_a_warning),
    };
    return cmocka_run_group_tests_name("report/output", tests, NULL, end);
}
