/* SPDX-License-Identifier: Apache-2.0 */
#include "problem_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "policy/target.h"
#include "policy_text.h"

/* What goes to a relay is judged by whom the relay is asked for. 2098-06-01 */
#define JUNE (INT64_C(4052419200) * NS_PER_S)
#define LANE "10.40.3.7"
#define PROXY "10.1.1.3"

#define NETWORKS                                                                                             \
    "image-networks: [{name: lanes, prefixes: [10.40.0.0/16]}]\n"                                            \
    "internal-networks: [10.0.0.0/8]\n"                                                                      \
    "internal-domains: ['*.corp.example']\n"                                                                 \
    "partners:\n"                                                                                            \
    "  - name: Border Labs\n"                                                                                \
    "    prefixes: [192.0.2.0/24]\n"                                                                         \
    "    domains: ['*.labs.example']\n"                                                                      \
    "    contracts: [{id: C-1, from: 2098-01-01, until: 2098-12-31, classes: [diagnostics]}]\n"              \
    "  - {name: Acme, prefixes: [203.0.113.0/24], domains: ['*.acme.example']}\n"

static const struct policy *policy;

static struct judgement judge(const char *to, const char *target, const char *host, const char *class) {
    struct judgement j;
    const struct judgement_facts f = {.source = address_at(LANE),
                                      .destination = address_at(to),
                                      .target = bytes_text(target),
                                      .host = bytes_text(host),
                                      .class = class,
                                      .any_protocol = true,
                                      .time = JUNE};
    policy_judge(policy, &f, &j);
    return j;
}

static void expect(struct judgement j, enum verdict verdict, const char *partner) {
    assert_string_equal(verdict_name(j.verdict), verdict_name(verdict));
    assert_string_equal(j.partner ? j.partner->name : "-", partner);
}

static struct judgement judge_mail(const char *to, const char *recipients) {
    struct judgement j;
    const struct judgement_facts f = {.source = address_at(LANE),
                                      .destination = address_at(to),
                                      .recipients = bytes_text(recipients),
                                      .class = "image",
                                      .any_protocol = true,
                                      .time = JUNE};
    policy_judge(policy, &f, &j);
    return j;
}

static struct judgement judge_proxy(const char *to, const char *proxied) {
    struct judgement j;
    const struct judgement_facts f = {.source = address_at(LANE),
                                      .destination = address_at(to),
                                      .proxied = bytes_text(proxied),
                                      .class = "diagnostics",
                                      .any_protocol = true,
                                      .time = JUNE};
    policy_judge(policy, &f, &j);
    return j;
}

static int begin(void **state) {
    policy = policy_from(NETWORKS "relays: [10.1.1.0/28, '2001:db8:1::3']\n");
    problems_print(&problems);
    return policy ? 0 : -1;
}

#define LABS "192.0.2.9"
#define STRANGER "198.51.100.9"

static void a_proxy_outside_is_judged_with_whom_it_is_asked_for_and_the_worse_counts(void **state) {
    expect(judge_proxy(LABS, ""), VERDICT_APPROVED, "Border Labs");
    expect(judge_proxy(LABS, "203.0.113.7"), VERDICT_UNAPPROVED, "Acme");
    expect(judge_proxy(LABS, "up.acme.example:443"), VERDICT_UNAPPROVED, "Acme");
    expect(judge_proxy(LABS, "192.0.2.77, [2001:db8::5]:80, 203.0.113.7"), VERDICT_UNAPPROVED, "Acme");
    expect(judge_proxy(LABS, STRANGER), VERDICT_UNKNOWN, "-");
    expect(judge_proxy(STRANGER, "203.0.113.7"), VERDICT_UNAPPROVED, "Acme");
    struct judgement j = judge_proxy(LABS, "203.0.113.7");
    assert_non_null(strstr(j.reason, "a proxy was asked for 203.0.113.7: "));
}

static void whom_a_proxy_outside_is_asked_for_makes_nothing_better(void **state) {
    expect(judge_proxy("203.0.113.7", LABS), VERDICT_UNAPPROVED, "Acme");
    expect(judge_proxy(STRANGER, LABS), VERDICT_UNKNOWN, "-");
    expect(judge_proxy(LABS, "10.1.2.3"), VERDICT_APPROVED, "Border Labs"); /* of its own network, perhaps */
    expect(judge_proxy(LABS, "cdn.nobody.example"), VERDICT_APPROVED, "Border Labs");
    expect(judge_proxy(LABS, "%%%,,"), VERDICT_APPROVED, "Border Labs");
}

static bool matters(const char *from, const char *to) {
    struct address a = address_at(from), b = address_at(to);
    return policy_matters(policy, &a, &b);
}

static void what_image_networks_send_to_relays_matters_and_nothing_else_inside(void **state) {
    assert_true(matters(LANE, PROXY));
    assert_true(matters(LANE, "2001:db8:1::3"));
    assert_false(matters(LANE, "10.1.1.16"));
    assert_false(matters("10.9.0.5", PROXY));
    assert_false(matters(PROXY, LANE));
}

static void without_the_key_what_stays_inside_does_not_matter(void **state) {
    policy = policy_from(NETWORKS);
    assert_false(matters(LANE, PROXY));
    expect(judge(PROXY, "x.acme.example", "", "diagnostics"), VERDICT_INTERNAL, "-");
    begin(state);
}

static void the_target_decides_by_address_or_by_name(void **state) {
    expect(judge(PROXY, "203.0.113.9:443", "", "diagnostics"), VERDICT_UNAPPROVED, "Acme");
    expect(judge(PROXY, "192.0.2.9", "", "diagnostics"), VERDICT_APPROVED, "Border Labs");
    expect(judge(PROXY, "192.0.2.9", "", "vehicle-image"), VERDICT_BREACH, "Border Labs");
    expect(judge(PROXY, "198.51.100.9", "", "diagnostics"), VERDICT_UNKNOWN, "-");
    expect(judge(PROXY, "10.9.0.5", "", "diagnostics"), VERDICT_INTERNAL, "-");
    expect(judge(PROXY, "Up.ACME.example:443", "", "diagnostics"), VERDICT_UNAPPROVED, "Acme");
    expect(judge(PROXY, "up.labs.example", "", "diagnostics"), VERDICT_APPROVED, "Border Labs");
    expect(judge(PROXY, "up.elsewhere.example", "", "diagnostics"), VERDICT_UNKNOWN, "-");
    expect(judge(PROXY, "wiki.corp.example", "", "diagnostics"), VERDICT_INTERNAL, "-");
    expect(judge(PROXY, "somebody@x.acme.example", "", "diagnostics"), VERDICT_UNAPPROVED, "Acme"); /* mail */
    assert_true(judge(PROXY, "203.0.113.9:443", "", NULL).relayed);
}

static void where_no_target_is_said_the_name_decides(void **state) {
    expect(judge(PROXY, "", "up.acme.example", "diagnostics"), VERDICT_UNAPPROVED, "Acme");
    expect(judge(PROXY, "", "up.labs.example", "diagnostics"), VERDICT_APPROVED, "Border Labs");
    expect(judge(PROXY, "", "", "diagnostics"), VERDICT_INTERNAL, "-");
    expect(judge(PROXY, "", PROXY, "diagnostics"), VERDICT_INTERNAL, "-"); /* the relay itself */
}

static void a_name_in_the_tunnel_makes_it_worse_and_never_better(void **state) {
    expect(judge(PROXY, "203.0.113.9", "up.labs.example", "diagnostics"), VERDICT_UNAPPROVED, "Acme");
    expect(judge(PROXY, "up.labs.example", "up.acme.example", "diagnostics"), VERDICT_UNAPPROVED, "Acme");
    expect(judge(PROXY, "wiki.corp.example", "up.acme.example", "diagnostics"), VERDICT_UNAPPROVED, "Acme");
}

static void of_several_recipients_the_worst_counts_and_is_named(void **state) {
    static const char several[] = "a@up.labs.example, b@up.acme.example, c@wiki.corp.example, d@x.example";
    struct judgement j = judge(PROXY, several, "", "diagnostics");
    expect(j, VERDICT_UNAPPROVED, "Acme");
    assert_true(bytes_equal(j.target, bytes_text("b@up.acme.example")));
    expect(judge(PROXY, "a@up.labs.example, d@x.example", "", "diagnostics"), VERDICT_UNKNOWN, "-");
    expect(judge(PROXY, "c@wiki.corp.example, a@up.labs.example", "", "diagnostics"), VERDICT_APPROVED,
           "Border Labs");
    expect(judge(PROXY, "a@up.labs.example, d@x.example", "", "vehicle-image"), VERDICT_BREACH,
           "Border Labs");
    expect(judge(PROXY, " ,, ", "", "diagnostics"), VERDICT_INTERNAL, "-");
    j = judge(PROXY, "a@wiki.corp.example, b@up.labs.example", "up.acme.example", "diagnostics");
    expect(j, VERDICT_UNAPPROVED, "Acme");
    assert_true(bytes_equal(j.target, bytes_text("b@up.labs.example")));
}

static bool asks(const char *from, const char *to) {
    struct address a = address_at(from), b = address_at(to);
    return policy_asks(policy, &a, &b);
}

static void any_resolver_inside_may_pass_on_what_it_is_asked(void **state) {
    assert_true(asks(LANE, "10.9.0.53"));
    assert_true(asks(LANE, "10.40.3.53"));
    assert_false(asks(LANE, PROXY)); /* judged as a relay in any case */
    assert_false(asks(LANE, "198.51.100.53"));
    assert_false(asks("10.9.0.5", "10.9.0.53"));
    struct judgement j;
    struct judgement_facts f = {.source = address_at(LANE),
                                .destination = address_at("10.9.0.53"),
                                .host = bytes_text("t.elsewhere.example"),
                                .class = "tunnel",
                                .passed_on = true,
                                .time = JUNE};
    policy_judge(policy, &f, &j);
    expect(j, VERDICT_UNKNOWN, "-");
    f.passed_on = false;
    policy_judge(policy, &f, &j);
    expect(j, VERDICT_INTERNAL, "-");
    policy = policy_from(NETWORKS);
    assert_false(asks(LANE, "10.9.0.53")); /* without relays */
    assert_int_equal(begin(NULL), 0);
}

static void elsewhere_a_target_says_nothing(void **state) {
    expect(judge("203.0.113.9", "192.0.2.9", "", "diagnostics"), VERDICT_UNAPPROVED, "Acme");
    assert_false(judge("203.0.113.9", "192.0.2.9", "", NULL).relayed);
}

static void bad_relays_are_told_with_their_line_and_how_to_mend_them(void **state) {
    static const struct {
        const char *key, *says;
    } bad[] = {
        {"relays: [10.1.1.0/33]\n",
         "t.yaml:10: error: relays: \"10.1.1.0/33\": the prefix length must be 0 to 32"},
        {"relays: {a: b}\n", "is a map where a list of prefixes belongs"},
        {"relays: [0.0.0.0/0]\n", "relays: this prefix is everybody's; write the addresses of the relays"},
        {"relays: [192.0.2.7]\n", "belongs to partner Border Labs; relays stand inside, so remove it"},
        {"internal-domains: {a: b}\n", "is a map where a list of names belongs"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[2048];
        bool own = strncmp(bad[i].key, "internal", 8) == 0;
        snprintf(text, sizeof text, "%s%s", own ? "partners: []\n" : NETWORKS, bad[i].key);
        assert_null(policy_from(text));
        if (!strstr(problems.list[0].text, bad[i].says))
            fail_msg("%s", problems.list[0].text);
        problems_finish(&problems);
    }
    begin(state);
}

static void names_are_grouped_by_their_domain(void **state) {
    static const char *const rows[][2] = {
        {"a.b.Upload.example", "upload.example (by relay)"}, {"example", "example (by relay)"},
        {"x.shop.co.uk", "shop.co.uk (by relay)"},           {"co.uk", "co.uk (by relay)"},
        {"a\nb.example", "a?b.example (by relay)"},          {"..", ".. (by relay)"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char out[TARGET_GROUP_MAX];
        size_t n = target_group(bytes_text(rows[i][0]), out);
        assert_true(bytes_equal(bytes_of(out, n), bytes_text(rows[i][1])));
        assert_true(target_is_group(bytes_of(out, n)));
    }
    char out[TARGET_GROUP_MAX], longest[300];
    memset(longest, 'x', sizeof longest);
    assert_in_range(target_group(bytes_of(longest, sizeof longest), out), 1, TARGET_GROUP_MAX);
    assert_false(target_is_group(bytes_text("Border Labs")));
}

static void targets_are_read_as_clients_write_them(void **state) {
    static const struct {
        const char *text, *address, *name;
    } rows[] = {
        {"198.51.100.9:443", "198.51.100.9", ""}, {"[2001:db8::1]:443", "2001:db8::1", ""},
        {"2001:db8::1", "2001:db8::1", ""},       {"x.example:8080", NULL, "x.example"},
        {"x.example.", NULL, "x.example"},        {"a@b@x.example", NULL, "x.example"},
    };
    struct target t;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_true(target_parse(bytes_text(rows[i].text), &t));
        assert_int_equal(t.addressed, rows[i].address != NULL);
        struct address a = address_at(rows[i].address ? rows[i].address : "::");
        assert_true(rows[i].address ? address_equal(&t.address, &a)
                                    : bytes_equal(t.name, bytes_text(rows[i].name)));
    }
    assert_false(target_parse(bytes_text(""), &t));
    assert_false(target_parse(bytes_text(":443"), &t));
    assert_false(target_parse(bytes_text("["), &t));
}

static void assert_recipient(struct judgement j, const char *recipient) {
    assert_int_equal(j.target.n, strlen(recipient));
    assert_memory_equal(j.target.p, recipient, j.target.n);
}

static void mail_to_a_relay_is_judged_by_its_worst_recipient(void **state) {
    struct judgement j = judge_mail(PROXY, "a@mail.corp.example, b@x.acme.example, c@mail.corp.example");
    expect(j, VERDICT_UNAPPROVED, "Acme");
    assert_recipient(j, "b@x.acme.example");
    expect(judge_mail(PROXY, "a@mail.corp.example"), VERDICT_INTERNAL, "-");
    j = judge_mail(PROXY, "a@x.acme.example, somebody@else.example");
    expect(j, VERDICT_UNAPPROVED, "Acme");
    assert_recipient(j, "a@x.acme.example");
    expect(judge_mail(PROXY, "a@mail.corp.example, somebody@else.example"), VERDICT_UNKNOWN, "-");
    expect(judge_mail(PROXY, "x@[203.0.113.7]"), VERDICT_UNAPPROVED, "Acme");
    expect(judge_mail(PROXY, "x@[IPv6:2001:db8:7::1]"), VERDICT_UNKNOWN, "-");
    expect(judge_mail(PROXY, "\"a, b@mail.corp.example\"@x.acme.example"), VERDICT_UNAPPROVED, "Acme");
}

static void a_recipient_makes_mail_to_anybody_worse_and_never_better(void **state) {
    expect(judge_mail("192.0.2.9", "a@x.labs.example"), VERDICT_BREACH, "Border Labs");
    expect(judge_mail("192.0.2.9", "a@x.labs.example, b@x.acme.example"), VERDICT_UNAPPROVED, "Acme");
    expect(judge_mail("203.0.113.9", "a@x.labs.example"), VERDICT_UNAPPROVED, "Acme");
    expect(judge_mail("203.0.113.9", "a@mail.corp.example"), VERDICT_UNAPPROVED, "Acme");
    expect(judge_mail("203.0.113.9", ""), VERDICT_UNAPPROVED, "Acme");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_proxy_outside_is_judged_with_whom_it_is_asked_for_and_the_worse_counts),
        cmocka_unit_test(whom_a_proxy_outside_is_asked_for_makes_nothing_better),
        cmocka_unit_test(what_image_networks_send_to_relays_matters_and_nothing_else_inside),
        cmocka_unit_test(without_the_key_what_stays_inside_does_not_matter),
        cmocka_unit_test(the_target_decides_by_address_or_by_name),
        cmocka_unit_test(where_no_target_is_said_the_name_decides),
        cmocka_unit_test(a_name_in_the_tunnel_makes_it_worse_and_never_better),
        cmocka_unit_test(of_several_recipients_the_worst_counts_and_is_named),
        cmocka_unit_test(any_resolver_inside_may_pass_on_what_it_is_asked),
        cmocka_unit_test(elsewhere_a_target_says_nothing),
        cmocka_unit_test(bad_relays_are_told_with_their_line_and_how_to_mend_them),
        cmocka_unit_test(names_are_grouped_by_their_domain),
        cmocka_unit_test(targets_are_read_as_clients_write_them),
        cmocka_unit_test(mail_to_a_relay_is_judged_by_its_worst_recipient),
        cmocka_unit_test(a_recipient_makes_mail_to_anybody_worse_and_never_better),
    };
    return cmocka_run_group_tests_name("policy/relays", tests, begin, NULL);
}
