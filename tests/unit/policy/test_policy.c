/* SPDX-License-Identifier: Apache-2.0 */
#include "policy_text.h"

#include <unistd.h>

static void refused(const char *text, const char *line) {
    assert_null(policy_from(text));
    assert_problem(&problems, line);
}

static void warned(const char *text, const char *line) {
    assert_non_null(policy_from(text));
    assert_int_equal(problems.errors, 0);
    assert_problem(&problems, line);
}

static void accepted(const char *text) {
    const struct policy *p = policy_from(text);
    problems_print(&problems);
    assert_non_null(p);
    assert_int_equal(problems.count, 0);
}

static void test_an_empty_configuration_knows_nobody(void **state) {
    const struct policy *p = policy_from("");
    struct address a = address_at("10.0.0.1"), b = address_at("2001:db8::1");
    assert_non_null(p);
    assert_int_equal(policy_image_networks(p), 0);
    assert_int_equal(policy_partners(p), 0);
    assert_int_equal(policy_place(p, &a).kind, PLACE_UNKNOWN);
    assert_int_equal(policy_place(p, &b).kind, PLACE_UNKNOWN);
    assert_null(policy_partner(p, 0));
    assert_null(policy_partner_named(p, bytes_text("x.example")));
    p = policy_load(NULL, &(struct arena){.base = policy_region, .size = sizeof policy_region}, &problems,
                    NULL, NULL);
    assert_non_null(p);
}

static void test_networks_and_partners_keep_name_and_line(void **state) {
    const struct policy *p = policy_from("image-networks:\n  - {name: lanes, prefixes: 10.40.0.0/16}\n"
                                         "partners:\n  - {name: A, prefixes: [192.0.2.0/24]}\n"
                                         "  - name: B\n    prefixes: [198.51.100.0/24]\n");
    struct address b = address_at("198.51.100.1");
    assert_non_null(p);
    assert_string_equal(policy_image_network(p, 0)->name, "lanes");
    assert_int_equal(policy_image_network(p, 0)->line, 2);
    struct place place = policy_place(p, &b);
    assert_int_equal(place.kind, PLACE_PARTNER);
    assert_string_equal(policy_partner(p, place.index)->name, "B");
    assert_string_equal(policy_partner(p, place.index)->file, "t.yaml");
    assert_int_equal(policy_partner(p, place.index)->line, 5);
}

static void test_a_bad_prefix_is_told(void **state) {
    refused("image-networks:\n  - name: x\n    prefixes:\n      - 10.0.0.0/8\n      - 10.0.0.1/8\n",
            "t.yaml:5: error: prefixes: \"10.0.0.1/8\": bits are set behind the prefix length; clear them, "
            "or lengthen "
            "the prefix");
    refused("internal-networks: [10.0.0.0/33]",
            "t.yaml:1: error: internal-networks: \"10.0.0.0/33\": the prefix length must be 0 to 32");
    refused("internal-networks: {a: b}",
            "t.yaml:1: error: internal-networks: is a map where a list of prefixes "
            "belongs; write [198.51.100.0/24, ...]");
    refused("partners: [{name: x, prefixes: [[10.0.0.0/8]]}]",
            "t.yaml:1: error: prefixes: is not a prefix; write it like 198.51.100.0/24 or 2001:db8::/32");
}

static void test_one_prefix_for_two_owners_is_an_error(void **state) {
    refused("partners:\n  - {name: A, prefixes: [192.0.2.0/24]}\n  - {name: B, prefixes: [192.0.2.0/24]}\n",
            "t.yaml:3: error: prefixes: 192.0.2.0/24 is given to partner A (t.yaml:2) and to partner B "
            "(t.yaml:3); "
            "remove it from one of them");
    refused("partners:\n  - {name: A, prefixes: ['2001:db8::/32']}\ninternal-networks: ['2001:db8::/32']\n",
            "t.yaml:3: error: internal-networks: 2001:db8::/32 is given to partner A (t.yaml:2) and to "
            "internal-networks (t.yaml:3); remove it from one of them");
    warned("partners:\n  - name: A\n    prefixes:\n      - 192.0.2.0/24\n      - 192.0.2.0/24\n",
           "t.yaml:5: warning: prefixes: 192.0.2.0/24 is given twice, first in t.yaml:4; remove one");
}

static void test_overlapping_partners_are_an_error(void **state) {
    refused(
        "partners:\n  - {name: A, prefixes: [192.0.2.0/25]}\n  - {name: B, prefixes: [192.0.2.0/24]}\n",
        "t.yaml:2: error: prefixes: overlapping partners: 192.0.2.0/25 of partner A (t.yaml:2) lies inside "
        "192.0.2.0/24 of partner B (t.yaml:3); leave the addresses to one of them, splitting the wider "
        "prefix if "
        "need be");
    /* hidden behind a network of another kind */
    refused(
        "partners:\n  - {name: A, prefixes: [192.0.2.0/24]}\n  - {name: B, prefixes: [192.0.2.0/26]}\n"
        "internal-networks: [192.0.2.0/25]\n",
        "t.yaml:3: error: prefixes: overlapping partners: 192.0.2.0/26 of partner B (t.yaml:3) lies inside "
        "192.0.2.0/24 of partner A (t.yaml:2); leave the addresses to one of them, splitting the wider "
        "prefix if "
        "need be");
    accepted(
        "partners:\n  - {name: A, prefixes: [192.0.2.0/25]}\n  - {name: B, prefixes: [192.0.2.128/25]}\n");
    accepted("partners:\n  - {name: A, prefixes: [192.0.2.0/25, 192.0.2.0/24]}\n");
    accepted("partners:\n  - {name: A, prefixes: [10.1.0.0/16]}\ninternal-networks: [10.0.0.0/8, '::/0']\n");
}

static void test_a_partner_inside_an_image_network_is_warned_about(void **state) {
    warned("image-networks: [{name: lanes, prefixes: [10.0.0.0/8]}]\npartners: [{name: A, prefixes: "
           "[10.1.0.0/16]}]\n",
           "t.yaml:2: warning: prefixes: 10.1.0.0/16 of partner A (t.yaml:2) lies inside 10.0.0.0/8 of image "
           "network "
           "lanes (t.yaml:1): what goes there counts as leaving the image network; remove it unless the "
           "partner's "
           "machines stand there");
    accepted("image-networks: [{name: lanes, prefixes: [10.1.0.0/16]}]\ninternal-networks: [10.0.0.0/8]\n");
}

static void test_names_are_given_once(void **state) {
    refused("partners:\n  - {name: A, prefixes: [192.0.2.0/25]}\n  - {name: A, prefixes: [192.0.2.128/25]}\n",
            "t.yaml:3: error: A: there is another partner of this name in line 2; give each its own");
    accepted("image-networks: [{name: A, prefixes: [10.0.0.0/8]}]\npartners: [{name: A, prefixes: "
             "[192.0.2.0/25]}]\n");
    refused("partners: [{name: A, domains: [x.example]}, {name: B, domains: [X.example]}]",
            "t.yaml:1: error: domains: x.example is given to two partners, first in t.yaml:1; remove it from "
            "one of "
            "them");
    accepted("partners: [{name: A, domains: [x.example]}, {name: B, domains: ['*.x.example']}]");
    refused("partners: [{name: A}]",
            "t.yaml:1: error: partners: partner A has neither prefixes nor domains; add what it is "
            "known by");
    refused("partners:\n  - {name: 203.0.113.0/24, prefixes: [192.0.2.0/24]}\n",
            "t.yaml:2: error: name: \"203.0.113.0/24\" is an address or prefix; name the partner by a word");
    refused("partners:\n  - {name: '2001:db8::7', prefixes: [192.0.2.0/24]}\n",
            "t.yaml:2: error: name: \"2001:db8::7\" is an address or prefix; name the partner by a word");
    accepted("partners: [{name: '203.0.113.0/24 Ltd', prefixes: [192.0.2.0/24]}]");
    refused("partners: [{prefixes: [192.0.2.0/24]}]",
            "t.yaml:1: error: name: is missing; add it (what alerts call it)");
    refused("partners: {name: A}",
            "t.yaml:1: error: partners: must be a list; write its entries in lines that begin with a hyphen");
    refused("partners: [{name: A, domains: ['http://x.example/']}]",
            "t.yaml:1: error: domains: \"http://x.example/\" is no domain name; write it like example.org or "
            "*.example.org");
}

#define CONTRACT(terms)                                                                                      \
    "partners:\n  - name: A\n    prefixes: [192.0.2.0/24]\n    contracts:\n      - {" terms "}\n"
#define DATES "id: C, from: 2026-01-01, until: 2098-12-31, "

static void test_contract_terms_are_checked(void **state) {
    accepted(CONTRACT(DATES "classes: [diagnostics], protocols: [tls]"));
    refused(CONTRACT("id: C, from: 2026-02-02, until: 2026-02-01, classes: diagnostics"),
            "t.yaml:5: error: until: 2026-02-01 is before the first day 2026-02-02; swap or correct them");
    warned(CONTRACT("id: C, from: 2001-01-01, until: 2001-12-31, classes: [diagnostics]"),
           "t.yaml:5: warning: until: contract C ended on 2001-12-31: it approves nothing any more; renew or "
           "remove it");
    warned(CONTRACT("id: C, from: 2026-01-01, until: 2098-12-31"),
           "t.yaml:5: warning: classes: contract C names none: it approves nothing that rules find; add what "
           "may be "
           "received");
    refused(CONTRACT(DATES "classes: [plate-recrod]"),
            "t.yaml:5: error: classes: no rule has the class \"plate-recrod\"; did you mean plate-record?");
    warned(CONTRACT(DATES "classes: [diagnostics, canary]"),
           "t.yaml:5: warning: classes: no rule has the class \"canary\": it approves nothing yet; load a "
           "rule of this "
           "class, or remove it");
    refused(CONTRACT(DATES "classes: [diagnostics], protocols: [TSL]"),
            "t.yaml:5: error: protocols: nDPI knows no protocol \"TSL\"; write its name for it, such as TLS, "
            "SSH or "
            "HTTP");
    accepted(CONTRACT(DATES
                      "classes: [diagnostics], protocols: [tls], "
                      "hours: 'Mon-Fri 07:00-19:00 America/Chicago', per-day: {objects: 50, bytes: 200 MB}, "
                      "per-month: {bytes: 2 GB}"));
    refused(
        CONTRACT(DATES "classes: [diagnostics], hours: 'Mon-Fri 07:00-19:00 America/Chicgo'"),
        "t.yaml:5: error: hours: there is no time zone \"America/Chicgo\"; did you mean America/Chicago?");
    refused(CONTRACT(DATES "classes: [diagnostics], hours: [Mon, Tue]"),
            "t.yaml:5: error: hours: is no text; write it like \"Mon-Fri 07:00-19:00 America/Chicago\"");
    refused(CONTRACT(DATES "classes: [diagnostics], per-day: 50"),
            "t.yaml:5: error: per-day: is no map; write {objects: 50, bytes: 200 MB}, or one of them");
    refused(CONTRACT(DATES "classes: [diagnostics], per-day: {bytes: 200}"),
            "t.yaml:5: error: bytes: \"200\" has no unit; write it like 64 KiB, 200 MB or 2 GiB");
    refused(CONTRACT(DATES "classes: [diagnostics], per-month: {objects: 0}"),
            "t.yaml:5: error: objects: 0 is too small; give at least 1");
    refused(CONTRACT(DATES "class: [diagnostics]"),
            "t.yaml:5: error: class: is not a key that is known here; did you mean classes?");
}

static void test_contract_ids_are_given_once(void **state) {
    refused("partners:\n  - {name: A, prefixes: [192.0.2.0/25], contracts: [{" DATES
            "classes: [diagnostics]}]}\n"
            "  - {name: B, prefixes: [192.0.2.128/25], contracts: [{" DATES "classes: [diagnostics]}]}\n",
            "t.yaml:3: error: C: there is another contract of this name in line 2; give each its own");
}

static void test_prefixes_come_from_a_file_too(void **state) {
    char path[] = "/tmp/gantry-prefixes-XXXXXX", text[256], line[256];
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *f = fdopen(fd, "w");
    fputs("# partner's own list\n\n192.0.2.0/24   # office\r\n  2001:db8::/32\n198.51.100.7", f);
    fclose(f);
    snprintf(text, sizeof text, "partners: [{name: A, prefixes-file: %s}]", path);
    const struct policy *p = policy_from(text);
    problems_print(&problems);
    assert_non_null(p);
    struct address in = address_at("198.51.100.7"), out = address_at("198.51.100.8"),
                   v6 = address_at("2001:db8::9");
    assert_int_equal(policy_place(p, &in).kind, PLACE_PARTNER);
    assert_int_equal(policy_place(p, &v6).kind, PLACE_PARTNER);
    assert_int_equal(policy_place(p, &out).kind, PLACE_UNKNOWN);
    f = fopen(path, "w");
    fputs("192.0.2.0/24\nnot a prefix\n", f);
    fclose(f);
    snprintf(line, sizeof line,
             "%s:2: error: prefixes: \"not a prefix\": not an IPv4 or IPv6 prefix; write it like "
             "198.51.100.0/24 or "
             "2001:db8::/32",
             path);
    refused(text, line);
    unlink(path);
    snprintf(line, sizeof line,
             "t.yaml:1: error: prefixes-file: %s cannot be read: No such file or directory; check the path "
             "and its "
             "permissions",
             path);
    refused(text, line);
    refused("partners: [{name: A, prefixes-file: /dev/zero}]",
            "t.yaml:1: error: prefixes-file: /dev/zero cannot be read: not a regular file; check the path "
            "and its "
            "permissions");
}

static void assert_announced(const struct policy *p, const char *address, unsigned bits) {
    struct address a = address_at(address);
    assert_int_equal(policy_announced(p, &a), bits);
}

static void test_of_what_is_announced_the_longest_prefix_counts(void **state) {
    char path[] = "/tmp/gantry-prefixes-XXXXXX", text[256], line[256];
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *f = fdopen(fd, "w");
    fputs("203.0.112.0/20 # a hoster\n203.0.113.0/28\n2001:db8::/32\n203.0.112.0/20\n0.0.0.0/0\n", f);
    fclose(f);
    snprintf(text, sizeof text, "announced-prefixes: %s\npartners: [{name: A, prefixes: [203.0.113.16/28]}]",
             path);
    snprintf(line, sizeof line,
             "%s:5: warning: announced-prefixes: a default route is nobody's; it is left out", path);
    warned(text, line);
    const struct policy *p = policy_from(text);
    problems_finish(&problems);
    assert_announced(p, "203.0.113.15", 96 + 28);
    assert_announced(p, "203.0.113.16", 96 + 20);
    assert_announced(p, "203.0.112.0", 96 + 20);
    assert_announced(p, "203.0.128.0", 0);
    assert_announced(p, "2001:db8:ffff::1", 32);
    assert_announced(p, "2001:db9::1", 0);
    struct address a = address_at("203.0.113.16"), b = address_at("203.0.113.15");
    assert_int_equal(policy_place(p, &a).kind, PLACE_PARTNER);
    assert_int_equal(policy_place(p, &b).kind, PLACE_UNKNOWN);
    f = fopen(path, "w");
    fputs("203.0.112.1/20\n", f);
    fclose(f);
    assert_null(policy_from(text));
    snprintf(line, sizeof line, "%s:1: error: announced-prefixes: ", path);
    char all[4096];
    problems_write(&problems, all, sizeof all);
    problems_finish(&problems);
    assert_non_null(strstr(all, line));
    unlink(path);
}

static void test_nothing_is_announced_without_a_file(void **state) {
    assert_announced(policy_from("partners: [{name: A, prefixes: [203.0.113.0/24]}]"), "203.0.113.9", 0);
    refused("announced-prefixes: [203.0.113.0/24]",
            "t.yaml:1: error: announced-prefixes: is not the path of a file; write one");
}

static void test_a_full_arena_is_a_problem_and_no_crash(void **state) {
    const char *text =
        "image-networks: [{name: lanes, prefixes: [10.40.0.0/16]}]\n"
        "partners: [{name: A, prefixes: [192.0.2.0/24], domains: [a.example], contracts: [{" DATES
        "classes: [diagnostics]}]}]\n";
    size_t good = 0;
    for (size_t size = 0; size < 16384; size += 16) {
        struct arena arena;
        arena_init(&arena, policy_region, size);
        struct doc *d = doc_parse("t.yaml", bytes_text(text), &problems);
        const struct policy *p = policy_load(doc_root(d), &arena, &problems, policy_classes, NULL);
        assert_true((p == NULL) == (problems.errors > 0));
        good += p != NULL;
        problems_finish(&problems);
        doc_free(d);
    }
    assert_true(good > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_empty_configuration_knows_nobody),
        cmocka_unit_test(test_networks_and_partners_keep_name_and_line),
        cmocka_unit_test(test_a_bad_prefix_is_told),
        cmocka_unit_test(test_one_prefix_for_two_owners_is_an_error),
        cmocka_unit_test(test_overlapping_partners_are_an_error),
        cmocka_unit_test(test_a_partner_inside_an_image_network_is_warned_about),
        cmocka_unit_test(test_names_are_given_once),
        cmocka_unit_test(test_contract_terms_are_checked),
        cmocka_unit_test(test_contract_ids_are_given_once),
        cmocka_unit_test(test_prefixes_come_from_a_file_too),
        cmocka_unit_test(test_of_what_is_announced_the_longest_prefix_counts),
        cmocka_unit_test(test_nothing_is_announced_without_a_file),
        cmocka_unit_test(test_a_full_arena_is_a_problem_and_no_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
