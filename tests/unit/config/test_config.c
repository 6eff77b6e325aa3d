/* SPDX-License-Identifier: Apache-2.0 */
#include "problem_text.h"

#include "config/config.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Rules with their compiled databases need room. */
static const size_t region_size = (size_t)256 << 20;
static uint8_t *region;
static char folder[] = "/tmp/gantry-config-XXXXXX";
static struct problems problems;

static const char *path_of(const char *name) {
    static char path[2][128];
    static int turn;
    turn = !turn;
    snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
    return path[turn];
}

static void write_file(const char *name, const char *text) {
    FILE *f = fopen(path_of(name), "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    chmod(path_of(name), 0600);
}

static int begin(void **state) {
    region =
        mmap(NULL, region_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (region == MAP_FAILED || !mkdtemp(folder))
        return -1;
    write_file("rule.yaml",
               "identifiers:\n"
               "  - {id: tag, pattern: 'SECRET-[0-9]{4}'}\n"
               "rules:\n"
               "  - {id: tag, name: Tag, description: For the test., class: plate-record, severity: 5,\n"
               "     all: [tag], scopes: [text],\n"
               "     examples: [{text: SECRET-1234}], counterexamples: [{text: SECRET-12}]}\n");
    return 0;
}

static int end(void **state) {
    static const char *const names[] = {"gantry.yaml", "rule.yaml", "key", "list"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unlink(path_of(names[i]));
    return rmdir(folder);
}

static const struct config *load_path(const char *path) {
    struct arena arena;
    arena_init(&arena, region, region_size);
    return config_load(path, NULL, NULL, &arena, &problems);
}

/* With one small rule, unless the text brings its own. */
static const struct config *load(const char *text) {
    static char whole[4096];
    snprintf(whole, sizeof whole, "%s%s", text, strstr(text, "rules:") ? "" : "\nrules: [rule.yaml]\n");
    write_file("gantry.yaml", whole);
    return load_path(path_of("gantry.yaml"));
}

static bool told(const char *part) {
    for (size_t i = 0; i < problems.count; i++)
        if (strstr(problems.list[i].text, part))
            return true;
    problems_print(&problems);
    return false;
}

static void test_an_empty_file_gives_the_documented_defaults(void **state) {
    const struct config *c = load("");
    char host[256];
    gethostname(host, sizeof host);
    assert_non_null(c);
    assert_string_equal(c->sensor.name, host);
    assert_true(c->sensor.workers >= 1);
    assert_true(c->sensor.memory == 1073741824);
    assert_true(c->capture.ring_bytes == 0);
    assert_true(c->capture.snap_length == 262144);
    assert_true(c->capture.promiscuous);
    assert_null(c->capture.interface);
    assert_null(c->capture.filter);
    assert_int_equal(c->capture.split, CAPTURE_BY_ADDRESSES);
    assert_true(c->alerts.quiet == 900 * (uint64_t)NS_PER_S);
    assert_int_equal(c->alerts.incidents_max, 65536);
    assert_true(c->flow.timeout_established == 3600 * (uint64_t)NS_PER_S);
    assert_int_equal(c->flow.memory, 0); /* a share of sensor.memory */
    assert_int_equal(c->stream.late_bytes, 1048576);
    assert_int_equal(c->content.codings.limits.depth_max, 8);
    assert_true(c->content.codings.limits.output_max == 4294967296);
    assert_int_equal(c->output_count, 0);
    assert_true(told("image-networks: none are given"));
    assert_int_equal(ruleset_count(c->rules), 1);
    assert_int_equal(problems.errors, 0);
    problems_finish(&problems);
}

static void test_every_section_is_read(void **state) {
    const struct config *c =
        load("sensor: {name: edge-1, workers: 2, memory: 2 GiB}\n"
             "capture: {interface: eth9, ring: 128 MiB, snap-length: 65535 B, promiscuous: no, filter: tcp, "
             "split: ports}\n"
             "image-networks: [{name: lanes, prefixes: [10.40.0.0/16]}]\n"
             "partners: [{name: A, prefixes: [192.0.2.0/24]}]\n"
             "alerts: {quiet: 5 min, growth-interval: 1 h, incidents-max: 100}\n"
             "limits:\n"
             "  flow: {memory: 64 MiB, timeout-udp: 5 s}\n"
             "  stream: {connections: 1000, late-time: 500 ms}\n"
             "  content: {objects: 500, assembly-memory: 8 MiB, depth-max: 3, ratio-max: 50}\n");
    problems_print(&problems);
    assert_non_null(c);
    assert_string_equal(c->sensor.name, "edge-1");
    assert_int_equal(c->sensor.workers, 2);
    assert_true(c->sensor.memory == 2147483648);
    assert_string_equal(c->capture.interface, "eth9");
    assert_int_equal(c->capture.ring_bytes, 134217728);
    assert_int_equal(c->capture.snap_length, 65535);
    assert_false(c->capture.promiscuous);
    assert_string_equal(c->capture.filter, "tcp");
    assert_int_equal(c->capture.split, CAPTURE_BY_PORTS);
    assert_int_equal(policy_image_networks(c->policy), 1);
    assert_int_equal(policy_partners(c->policy), 1);
    assert_true(c->alerts.quiet == 300 * (uint64_t)NS_PER_S);
    assert_int_equal(c->alerts.incidents_max, 100);
    assert_int_equal(c->flow.memory, 67108864);
    assert_true(c->flow.timeout_udp == 5 * (uint64_t)NS_PER_S);
    assert_true(c->flow.timeout_new == 30 * (uint64_t)NS_PER_S); /* not named: its default */
    assert_int_equal(c->stream.pairs, 1000);
    assert_int_equal(c->stream.late_time, 500000000);
    assert_int_equal(c->content.objects, 500);
    assert_int_equal(c->content.codings.limits.depth_max, 3);
    assert_int_equal(c->content.codings.limits.ratio_max, 50);
    problems_finish(&problems);
}

static void test_all_mistakes_are_told_in_one_run(void **state) {
    assert_null(
        load("sensor: {name: 'two words'}\nsenser: {}\ncapture: {split: hosts}\nalerts: {quiet: 15}\n"
             "image-networks: [{name: a, prefixes: [10.0.0.1/8]}]\nlimits: {flow: {timeout-new: 8 d}}\n"));
    assert_int_equal(problems.errors, 6);
    assert_true(told("gantry.yaml:1: error: name: must have 1 to 255 printable ASCII characters"));
    assert_true(told("gantry.yaml:2: error: senser: is not a key that is known here; did you mean sensor?"));
    assert_true(told("gantry.yaml:3: error: split: \"hosts\" is no choice; write one of addresses, ports"));
    assert_true(told("gantry.yaml:4: error: quiet: \"15\" has no unit"));
    assert_true(
        told("gantry.yaml:5: error: prefixes: \"10.0.0.1/8\": bits are set behind the prefix length"));
    assert_true(told("gantry.yaml:6: error: timeout-new: 8 d is out of bounds; give 1 s to 7 d"));
    problems_finish(&problems);
    assert_null(load("sensor: {name: 'two words'}\n"));
    assert_true(told("gantry.yaml:1: error: name: must have 1 to 255 printable ASCII characters"));
    problems_finish(&problems);
}

static void test_an_unreadable_configuration_is_one_error(void **state) {
    assert_null(load_path("/nonexistent/gantry.yaml"));
    assert_problem(&problems,
                   "/nonexistent/gantry.yaml: error: cannot be read: No such file or directory; check the "
                   "path and its permissions");
}

static void test_relative_paths_begin_beside_the_file(void **state) {
    write_file("list", "192.0.2.0/24\n");
    write_file("key", "000102030405060708090a0b0c0d0e0F\n");
    const struct config *c = load("sensor: {digest-key: key}\npartners: [{name: A, prefixes-file: list}]\n"
                                  "image-networks: [{name: lanes, prefixes: [10.40.0.0/16]}]\n");
    problems_print(&problems);
    assert_non_null(c);
    assert_true(c->sensor.digest_key.k0 == 0x0001020304050607);
    assert_true(c->sensor.digest_key.k1 == 0x08090a0b0c0d0e0f);
    struct address a;
    address_parse("192.0.2.9", &a);
    assert_int_equal(policy_place(c->policy, &a).kind, PLACE_PARTNER);
    problems_finish(&problems);
    assert_null(load("rules: [no-such-folder]\n"));
    assert_true(told("no-such-folder cannot be read: No such file or directory; name a rule file"));
    assert_true(told("gantry.yaml:1: error: rules: "));
    assert_int_equal(problems.errors, 1);
    problems_finish(&problems);
    assert_null(load("rules: []\n"));
    assert_true(told("gantry.yaml:1: error: rules: names no rules, so nothing would be found"));
    problems_finish(&problems);
}

static void test_a_bad_digest_key_is_told(void **state) {
    write_file("key", "000102030405060708090a0b0c0d0e0\n");
    assert_null(load("sensor: {digest-key: key}\n"));
    assert_true(told("key does not hold 32 hexadecimal digits; make it with openssl rand -hex 16"));
    problems_finish(&problems);
    write_file("key", "000102030405060708090a0b0c0d0e0g\n");
    assert_null(load("sensor: {digest-key: key}\n"));
    problems_finish(&problems);
    write_file("key", "000102030405060708090a0b0c0d0e0f\n");
    chmod(path_of("key"), 0644);
    assert_non_null(load("sensor: {digest-key: key}\n"));
    assert_true(told("gantry.yaml:1: warning: digest-key: others than its owner may read "));
    problems_finish(&problems);
    assert_null(load("sensor:\n  digest-key: no-such-key\n"));
    assert_true(told("gantry.yaml:2: error: digest-key: "));
    problems_finish(&problems);
}

static void test_protocols_of_contracts_are_those_that_ndpi_knows(void **state) {
    static const char contract[] =
        "image-networks: [{name: lanes, prefixes: [10.40.0.0/16]}]\npartners:\n  - name: A\n    prefixes: "
        "[192.0.2.0/24]\n    contracts: [{id: C, from: 2026-01-01, until: 2098-12-31, classes: [x], "
        "protocols: [%s]}]\n";
    char text[512];
    snprintf(text, sizeof text, contract, "TLS, SSH, ftp_data");
    assert_non_null(load(text));
    problems_finish(&problems);
    snprintf(text, sizeof text, contract, "TLS, NOSUCH");
    assert_null(load(text));
    assert_true(told("gantry.yaml:5: error: protocols: nDPI knows no protocol \"NOSUCH\""));
    problems_finish(&problems);
}

static void test_the_key_is_random_when_none_is_given(void **state) {
    struct hash_key first = load("")->sensor.digest_key, second = load("")->sensor.digest_key;
    assert_memory_not_equal(&first, &second, sizeof first);
    problems_finish(&problems);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_empty_file_gives_the_documented_defaults),
        cmocka_unit_test(test_every_section_is_read),
        cmocka_unit_test(test_all_mistakes_are_told_in_one_run),
        cmocka_unit_test(test_an_unreadable_configuration_is_one_error),
        cmocka_unit_test(test_relative_paths_begin_beside_the_file),
        cmocka_unit_test(test_a_bad_digest_key_is_told),
        cmocka_unit_test(test_protocols_of_contracts_are_those_that_ndpi_knows),
        cmocka_unit_test(test_the_key_is_random_when_none_is_given),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
