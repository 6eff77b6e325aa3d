/* SPDX-License-Identifier: Apache-2.0 */
#include "problem_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "policy_text.h"

/* Who inside may receive what. 2098-06-01 */
#define JUNE (INT64_C(4052419200) * NS_PER_S)
#define LANE "10.40.3.7"

#define NETWORKS                                                                                             \
    "image-networks: [{name: lanes, prefixes: [10.40.0.0/16]}, {name: store, prefixes: [10.50.0.0/24]}]\n"   \
    "internal-networks: [10.0.0.0/8]\n"                                                                      \
    "partners:\n"                                                                                            \
    "  - {name: Acme, prefixes: [203.0.113.0/24], domains: ['*.acme.example']}\n"

#define READERS                                                                                              \
    "readers:\n"                                                                                             \
    "  - name: image store\n"                                                                                \
    "    prefixes: [10.50.0.0/24]\n"                                                                         \
    "    contracts: [{id: IN-1, from: 2098-01-01, until: 2098-12-31, classes: ['*']}]\n"                     \
    "  - name: desk\n"                                                                                       \
    "    prefixes: [10.9.0.0/24]\n"                                                                          \
    "    contracts: [{id: IN-2, from: 2098-01-01, until: 2098-12-31, classes: [plate-record], protocols: "   \
    "[HTTP]}]\n"                                                                                             \
    "  - {name: workshop, prefixes: [10.9.0.128/25, 10.40.200.0/24]}\n"

static const struct policy *policy;

static struct judgement judge(const char *to, const char *class, const char *protocol, const char *host) {
    struct judgement j;
    const struct judgement_facts f = {.source = address_at(LANE),
                                      .destination = address_at(to),
                                      .host = bytes_text(host),
                                      .class = class,
                                      .protocol = protocol,
                                      .time = JUNE};
    policy_judge(policy, &f, &j);
    return j;
}

static void expect(struct judgement j, enum verdict verdict, const char *reader) {
    assert_string_equal(verdict_name(j.verdict), verdict_name(verdict));
    assert_string_equal(j.partner ? j.partner->name : "-", reader);
}

static int begin(void **state) {
    policy = policy_from(NETWORKS READERS);
    problems_print(&problems);
    return policy ? 0 : -1;
}

static bool matters(const char *from, const char *to) {
    struct address a = address_at(from), b = address_at(to);
    return policy_matters(policy, &a, &b);
}

static void what_another_host_inside_receives_of_an_image_network_matters(void **state) {
    assert_true(matters(LANE, "10.9.0.5"));
    assert_true(matters(LANE, "10.40.3.8"));
    assert_true(matters(LANE, "203.0.113.9"));
    assert_false(matters(LANE, LANE));
    assert_false(matters("10.9.0.5", LANE));
    assert_false(matters("10.9.0.5", "10.9.0.6"));
}

static void without_readers_what_stays_inside_is_internal(void **state) {
    policy = policy_from(NETWORKS);
    assert_false(matters(LANE, "10.9.0.5"));
    assert_false(matters(LANE, "10.40.3.8"));
    expect(judge("10.9.0.5", "vehicle-image", "http", ""), VERDICT_INTERNAL, "-");
    begin(state);
}

static void a_reader_is_judged_by_its_contract(void **state) {
    expect(judge("10.50.0.3", "vehicle-image", "ftp", ""), VERDICT_APPROVED, "image store");
    expect(judge("10.9.0.5", "plate-record", "http", ""), VERDICT_APPROVED, "desk");
    expect(judge("10.9.0.5", "vehicle-image", "http", ""), VERDICT_READER_BREACH, "desk");
    expect(judge("10.9.0.5", "plate-record", "ftp", ""), VERDICT_READER_BREACH, "desk");
    expect(judge("10.9.0.200", "plate-record", "http", ""), VERDICT_UNAPPROVED_READER,
           "workshop"); /* no contract */
}

static void who_is_no_reader_may_read_nothing_image_hosts_included(void **state) {
    expect(judge("10.1.2.3", "vehicle-image", "http", ""), VERDICT_UNAPPROVED_READER, "-");
    expect(judge("10.40.3.8", "vehicle-image", "http", ""), VERDICT_UNAPPROVED_READER, "-");
    expect(judge("10.40.200.8", "vehicle-image", "http", ""), VERDICT_UNAPPROVED_READER, "workshop");
    expect(judge("10.1.2.3", NULL, "http", ""), VERDICT_INTERNAL, "-"); /* before anything is found */
    expect(judge("203.0.113.9", "vehicle-image", "http", ""), VERDICT_UNAPPROVED,
           "Acme"); /* outside as ever */
}

static void what_it_is_called_changes_nothing_inside(void **state) {
    expect(judge("10.50.0.3", "vehicle-image", "ftp", "x.acme.example"), VERDICT_APPROVED, "image store");
    expect(judge("10.1.2.3", "vehicle-image", "ftp", "x.acme.example"), VERDICT_UNAPPROVED_READER, "-");
}

static void a_reader_of_everything_costs_no_look(void **state) {
    struct address store = address_at("10.50.0.3"), desk = address_at("10.9.0.5");
    assert_true(policy_covers_all(policy, &store, JUNE));
    assert_false(policy_covers_all(policy, &desk, JUNE));
}

static void bad_readers_are_told_with_their_line_and_how_to_mend_them(void **state) {
    static const struct {
        const char *readers, *says;
    } bad[] = {
        {"readers: {a: b}\n", "must be a list; write its entries in lines that begin with a hyphen"},
        {"readers: [{name: x}]\n", "prefixes"},
        {"readers: [{name: x, prefixes: [10.9.0.1/24]}]\n", "t.yaml:5: error: readers: prefixes"},
        {"readers: [{name: x, prefixes: [198.51.100.0/24]}]\n",
         "is in neither internal-networks nor image-networks"},
        {"readers: [{name: x, prefixes: [203.0.113.0/24]}]\n", "or make it a partner"},
        {"readers: [{name: Acme, prefixes: [10.9.0.0/24]}]\n", "give each its own"},
        {"readers: [{name: x, prefixes: [10.9.0.0/24]}, {name: y, prefixes: [10.9.0.0/24]}]\n",
         "belongs to x too"},
        {"readers: [{name: x, prefixes: [10.9.0.0/24], contract: []}]\n", "contract"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[2048];
        snprintf(text, sizeof text, "%s%s", NETWORKS, bad[i].readers);
        assert_null(policy_from(text));
        if (!strstr(problems.list[0].text, bad[i].says))
            fail_msg("%s", problems.list[0].text);
        problems_finish(&problems);
    }
    begin(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_another_host_inside_receives_of_an_image_network_matters),
        cmocka_unit_test(without_readers_what_stays_inside_is_internal),
        cmocka_unit_test(a_reader_is_judged_by_its_contract),
        cmocka_unit_test(who_is_no_reader_may_read_nothing_image_hosts_included),
        cmocka_unit_test(what_it_is_called_changes_nothing_inside),
        cmocka_unit_test(a_reader_of_everything_costs_no_look),
        cmocka_unit_test(bad_readers_are_told_with_their_line_and_how_to_mend_them),
    };
    return cmocka_run_group_tests_name("policy/readers", tests, begin, NULL);
}
