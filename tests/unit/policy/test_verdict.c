/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/contracts.h"
#include "policy_text.h"

/* Days: python3 -c "import calendar, time; print(calendar.timegm(time.strptime('2098-01-01', '%Y-%m-%d')))"
 */
#define DAY_2098_01_01 (INT64_C(4039372800) * NS_PER_S)
#define DAY (86400 * NS_PER_S)

static const char config[] =
    "image-networks:\n"
    "  - {name: lanes, prefixes: [10.40.0.0/16, '2001:db8:40::/48']}\n"
    "internal-networks: [10.0.0.0/8]\n"
    "partners:\n"
    "  - name: Plate Systems\n"
    "    prefixes: [198.51.100.0/24]\n"
    "    domains: ['*.plates.example', plates.example]\n"
    "    contracts:\n"
    "      - {id: C-1, from: 2098-01-01, until: 2098-12-31, classes: [diagnostics], protocols: [TLS, ssh]}\n"
    "      - {id: C-2, from: 2098-06-01, until: 2098-06-30, classes: [plate-record]}\n"
    "  - {name: Acme Towing, prefixes: [203.0.113.0/24, '2001:db8:ac::/48'], domains: [acme.example]}\n"
    "  - name: Only Named\n"
    "    domains: ['*.named.example']\n"
    "    contracts: [{id: C-3, from: 2098-01-01, until: 2098-12-31, classes: [vehicle-image]}]\n"
    "  - name: Everything\n"
    "    prefixes: [198.18.0.0/24]\n"
    "    contracts: [{id: C-5, from: 2098-01-01, until: 2098-12-31, classes: ['*']}]\n"
    "  - name: Everything in TLS\n"
    "    prefixes: [198.18.1.0/24]\n"
    "    contracts: [{id: C-6, from: 2098-01-01, until: 2098-12-31, classes: ['*'], protocols: [TLS]}]\n"
    "  - name: Future Works\n"
    "    prefixes: [192.0.2.0/24]\n"
    "    contracts: [{id: C-4, from: 2099-01-01, until: 2099-12-31, classes: [vehicle-image]}]\n";

static const struct policy *policy;

static int load(void **state) {
    policy = policy_from(config);
    problems_print(&problems);
    return policy ? 0 : -1;
}

static struct judgement judge(const char *to, const char *host, const char *class, const char *protocol,
                              time_ns time) {
    struct judgement j;
    struct judgement_facts f = {.source = address_at("10.40.3.7"),
                                .destination = address_at(to),
                                .host = bytes_text(host),
                                .class = class,
                                .protocol = protocol,
                                .time = time};
    policy_judge(policy, &f, &j);
    return j;
}

static void expect(struct judgement j, enum verdict verdict, const char *partner, const char *contract,
                   const char *term, const char *reason) {
    assert_string_equal(verdict_name(j.verdict), verdict_name(verdict));
    assert_string_equal(j.partner ? j.partner->name : "-", partner);
    assert_string_equal(j.contract ? j.contract->id : "-", contract);
    assert_string_equal(j.terms ? term_name((enum contract_term)__builtin_ctz(j.terms)) : "-", term);
    assert_string_equal(j.reason, reason);
}

static void test_a_transfer_that_a_contract_covers_is_approved(void **state) {
    expect(judge("198.51.100.20", "", "diagnostics", "TLS", DAY_2098_01_01), VERDICT_APPROVED,
           "Plate Systems", "C-1", "-", "contract C-1 covers it");
    expect(judge("198.51.100.20", "x.plates.example", "diagnostics", "SSH", DAY_2098_01_01), VERDICT_APPROVED,
           "Plate Systems", "C-1", "-", "contract C-1 covers it"); /* its own name changes nothing */
}

static void test_a_class_outside_the_contract_is_a_breach(void **state) {
    expect(judge("198.51.100.20", "", "vehicle-image", "TLS", DAY_2098_01_01), VERDICT_BREACH,
           "Plate Systems", "C-1", "class", "class vehicle-image is not in contract C-1");
    expect(judge("198.51.100.20", "", NULL, "TLS", DAY_2098_01_01), VERDICT_APPROVED, "Plate Systems", "C-1",
           "-", "contract C-1 is valid"); /* before there is a class */
}

static void test_a_protocol_outside_the_contract_is_a_breach(void **state) {
    expect(judge("198.51.100.20", "", "diagnostics", "HTTP", DAY_2098_01_01), VERDICT_BREACH, "Plate Systems",
           "C-1", "protocol", "protocol HTTP is not in contract C-1");
    expect(judge("198.51.100.20", "", "diagnostics", NULL, DAY_2098_01_01), VERDICT_BREACH, "Plate Systems",
           "C-1", "protocol", "the protocol is not recognised, and contract C-1 names some");
}

static void test_ftp_in_a_contract_is_both_of_its_connections(void **state) {
    struct contract c = {0};
    const char *names[] = {"FTP_DATA"};
    c.protocols = (struct setting_texts){names, 1};
    assert_true(contract_covers_protocol(&c, "ftp"));
    names[0] = "FTP";
    assert_true(contract_covers_protocol(&c, "ftp"));
    names[0] = "FTPS";
    assert_false(contract_covers_protocol(&c, "ftp"));
    assert_false(contract_covers_protocol(&c, NULL));
}

static void test_two_contracts_do_not_add_up(void **state) {
    time_ns june = DAY_2098_01_01 + 160 * DAY;
    expect(judge("198.51.100.20", "", "plate-record", "HTTP", june), VERDICT_APPROVED, "Plate Systems", "C-2",
           "-", "contract C-2 covers it");
    expect(judge("198.51.100.20", "", "diagnostics", "HTTP", june), VERDICT_BREACH, "Plate Systems", "C-1",
           "protocol", "protocol HTTP is not in contract C-1");
}

static void test_first_and_last_day_belong_to_the_contract(void **state) {
    assert_int_equal(judge("198.51.100.20", "", "diagnostics", "TLS", DAY_2098_01_01).verdict,
                     VERDICT_APPROVED);
    assert_int_equal(judge("198.51.100.20", "", "diagnostics", "TLS", DAY_2098_01_01 + 365 * DAY - 1).verdict,
                     VERDICT_APPROVED);
    expect(judge("198.51.100.20", "", "diagnostics", "TLS", DAY_2098_01_01 - 1), VERDICT_UNAPPROVED,
           "Plate Systems", "C-1", "dates", "contract C-1 of Plate Systems begins on 2098-01-01 only");
    expect(judge("198.51.100.20", "", "diagnostics", "TLS", DAY_2098_01_01 + 365 * DAY), VERDICT_UNAPPROVED,
           "Plate Systems", "C-1", "dates", "contract C-1 of Plate Systems ended on 2098-12-31");
}

static void test_a_partner_without_a_contract_is_unapproved(void **state) {
    expect(judge("203.0.113.9", "", "diagnostics", "TLS", DAY_2098_01_01), VERDICT_UNAPPROVED, "Acme Towing",
           "-", "-", "Acme Towing has no contract");
    expect(judge("2001:db8:ac::9", "", "diagnostics", "TLS", DAY_2098_01_01), VERDICT_UNAPPROVED,
           "Acme Towing", "-", "-", "Acme Towing has no contract");
    expect(judge("192.0.2.9", "", "vehicle-image", "TLS", DAY_2098_01_01), VERDICT_UNAPPROVED, "Future Works",
           "C-4", "dates", "contract C-4 of Future Works begins on 2099-01-01 only");
}

static void test_an_address_that_nobody_owns_is_unknown(void **state) {
    expect(judge("203.0.112.255", "", "diagnostics", "TLS", DAY_2098_01_01), VERDICT_UNKNOWN, "-", "-", "-",
           "the address belongs to no partner");
}

static void test_what_goes_to_a_translator_is_judged_by_the_address_behind_it(void **state) {
    expect(judge("64:ff9b::198.51.100.20", "", "diagnostics", "TLS", DAY_2098_01_01), VERDICT_APPROVED,
           "Plate Systems", "C-1", "-", "contract C-1 covers it");
    expect(judge("64:ff9b::198.51.100.20", "", "vehicle-image", "TLS", DAY_2098_01_01), VERDICT_BREACH,
           "Plate Systems", "C-1", "class", "class vehicle-image is not in contract C-1");
    assert_int_equal(judge("64:ff9b:1::203.0.113.9", "", "vehicle-image", "TLS", DAY_2098_01_01).verdict,
                     VERDICT_UNAPPROVED);
    assert_int_equal(judge("64:ff9b::10.1.2.3", "", "vehicle-image", "TLS", DAY_2098_01_01).verdict,
                     VERDICT_INTERNAL);
    assert_int_equal(judge("64:ff9b::198.19.0.1", "", "vehicle-image", "TLS", DAY_2098_01_01).verdict,
                     VERDICT_UNKNOWN);
    assert_int_equal(judge("64:ff9c::198.51.100.20", "", "diagnostics", "TLS", DAY_2098_01_01).verdict,
                     VERDICT_UNKNOWN);
}

static void test_own_networks_are_internal(void **state) {
    expect(judge("10.41.0.1", "", "diagnostics", "TLS", DAY_2098_01_01), VERDICT_INTERNAL, "-", "-", "-",
           "the address is in an internal network");
    expect(judge("10.40.0.1", "", "diagnostics", "TLS", DAY_2098_01_01), VERDICT_INTERNAL, "-", "-", "-",
           "the address is in an image network");
    assert_int_equal(judge("11.0.0.0", "", "diagnostics", "TLS", DAY_2098_01_01).verdict, VERDICT_UNKNOWN);
}

static void test_a_name_never_makes_a_verdict_better(void **state) {
    expect(judge("203.0.112.1", "a.plates.example", "diagnostics", "TLS", DAY_2098_01_01), VERDICT_UNKNOWN,
           "Plate Systems", "-", "-", "the address belongs to no partner, the name to Plate Systems");
    expect(judge("203.0.113.9", "a.plates.example", "diagnostics", "TLS", DAY_2098_01_01), VERDICT_UNAPPROVED,
           "Acme Towing", "-", "-", "Acme Towing has no contract");
    expect(judge("198.51.100.20", "x.named.example", "vehicle-image", "TLS", DAY_2098_01_01), VERDICT_BREACH,
           "Plate Systems", "C-1", "class", "class vehicle-image is not in contract C-1");
}

static void test_a_name_makes_a_verdict_worse(void **state) {
    expect(judge("198.51.100.20", "ACME.example:443", "diagnostics", "TLS", DAY_2098_01_01),
           VERDICT_UNAPPROVED, "Acme Towing", "-", "name",
           "the name belongs to Acme Towing, the address to Plate Systems: Acme Towing has no contract");
    expect(judge("198.51.100.20", "x.named.example", "diagnostics", "TLS", DAY_2098_01_01), VERDICT_BREACH,
           "Only Named", "C-3", "name",
           "the name belongs to Only Named, the address to Plate Systems: class diagnostics is not in "
           "contract C-3");
    expect(judge("10.41.0.1", "acme.example", "diagnostics", "TLS", DAY_2098_01_01), VERDICT_UNAPPROVED,
           "Acme Towing", "-", "name", "the name belongs to Acme Towing: Acme Towing has no contract");
    expect(judge("198.51.100.20", "notacme.example", "diagnostics", "TLS", DAY_2098_01_01), VERDICT_APPROVED,
           "Plate Systems", "C-1", "-", "contract C-1 covers it");
}

static void test_names_are_found_whatever_their_case_port_and_depth(void **state) {
    static const struct {
        const char *host, *partner;
    } cases[] = {
        {"plates.example", "Plate Systems"},
        {"Up.Plates.EXAMPLE:8443", "Plate Systems"},
        {"a.b.c.plates.example.", "Plate Systems"},
        {"xplates.example", NULL},
        {"plates.example.org", NULL},
        {"named.example", NULL},
        {"a.named.example", "Only Named"},
        {"acme.example", "Acme Towing"},
        {"www.acme.example", NULL},
        {"", NULL},
        {".", NULL},
        {":443", NULL},
        {"example", NULL},
        {"..plates.example", "Plate Systems"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct partner *p = policy_partner_named(policy, bytes_text(cases[i].host));
        assert_string_equal(p ? p->name : "-", cases[i].partner ? cases[i].partner : "-");
    }
    assert_null(policy_partner_named(policy, bytes_of("acme.example\0", 13)));
    char longest[600];
    memset(longest, 'a', sizeof longest);
    assert_null(policy_partner_named(policy, bytes_of(longest, sizeof longest)));
}

static void test_only_bytes_that_leave_an_image_network_matter(void **state) {
    static const struct {
        const char *from, *to;
        bool matters;
    } cases[] = {
        {"10.40.3.7", "198.51.100.20", true},       {"10.40.3.7", "8.8.8.8", true},
        {"198.51.100.20", "10.40.3.7", false},      {"10.40.3.7", "10.41.0.1", false},
        {"10.40.3.7", "10.40.9.9", false},          {"10.41.0.1", "8.8.8.8", false},
        {"2001:db8:40::1", "2001:db8:41::1", true}, {"2001:db8:41::1", "2001:db8:40::1", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct address from = address_at(cases[i].from), to = address_at(cases[i].to);
        assert_int_equal(policy_matters(policy, &from, &to), cases[i].matters);
    }
}

static void
test_only_a_contract_for_all_classes_without_other_terms_covers_all_and_only_between_its_days(void **state) {
    static const struct {
        const char *to;
        time_ns time;
        bool covered;
    } cases[] = {
        {"198.18.0.7", DAY_2098_01_01, true},
        {"198.18.0.7", DAY_2098_01_01 - NS_PER_S, false},
        {"198.18.0.7", DAY_2098_01_01 + 365 * DAY, false},
        {"198.18.1.7", DAY_2098_01_01, false},
        {"198.51.100.7", DAY_2098_01_01, false},
        {"10.40.0.7", DAY_2098_01_01, false},
        {"9.9.9.9", DAY_2098_01_01, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct address to;
        assert_true(address_parse(cases[i].to, &to));
        assert_int_equal(policy_covers_all(policy, &to, cases[i].time), cases[i].covered);
    }
}

static void test_every_verdict_has_its_word(void **state) {
    assert_string_equal(verdict_name(VERDICT_APPROVED), "approved");
    assert_string_equal(verdict_name(VERDICT_BREACH), "breach");
    assert_string_equal(verdict_name(VERDICT_UNAPPROVED), "unapproved");
    assert_string_equal(verdict_name(VERDICT_UNKNOWN), "unknown");
    assert_string_equal(verdict_name(VERDICT_INTERNAL), "internal");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_transfer_that_a_contract_covers_is_approved),
        cmocka_unit_test(test_a_class_outside_the_contract_is_a_breach),
        cmocka_unit_test(test_a_protocol_outside_the_contract_is_a_breach),
        cmocka_unit_test(test_ftp_in_a_contract_is_both_of_its_connections),
        cmocka_unit_test(test_two_contracts_do_not_add_up),
        cmocka_unit_test(test_first_and_last_day_belong_to_the_contract),
        cmocka_unit_test(test_a_partner_without_a_contract_is_unapproved),
        cmocka_unit_test(test_an_address_that_nobody_owns_is_unknown),
        cmocka_unit_test(test_what_goes_to_a_translator_is_judged_by_the_address_behind_it),
        cmocka_unit_test(test_own_networks_are_internal),
        cmocka_unit_test(test_a_name_never_makes_a_verdict_better),
        cmocka_unit_test(test_a_name_makes_a_verdict_worse),
        cmocka_unit_test(test_names_are_found_whatever_their_case_port_and_depth),
        cmocka_unit_test(test_only_bytes_that_leave_an_image_network_matter),
        cmocka_unit_test(
            test_only_a_contract_for_all_classes_without_other_terms_covers_all_and_only_between_its_days),
        cmocka_unit_test(test_every_verdict_has_its_word),
    };
    return cmocka_run_group_tests(tests, load, NULL);
}
