/* SPDX-License-Identifier: Apache-2.0 */
#include "policy_text.h"

#include "policy/outlook.h"

/* 2098-06-15T12:00:00Z: python3 -c "import calendar; print(calendar.timegm((2098, 6, 15, 12, 0, 0)))" */
#define NOW (INT64_C(4053672000) * NS_PER_S)

static struct outlook_item items[16];
static size_t count;

static void take(void *context, const struct outlook_item *i) {
    items[count++] = *i;
}

static void look(const char *text, time_ns now) {
    const struct policy *p = policy_from(text);
    problems_print(&problems);
    problems_finish(&problems);
    assert_non_null(p);
    count = 0;
    size_t told = policy_outlook(p, now, take, NULL);
    assert_int_equal(told, count);
}

#define PARTNER(until)                                                                                       \
    "partners:\n  - name: A\n    prefixes: [192.0.2.0/24]\n    contracts:\n"                                 \
    "      - {id: C, from: 2098-01-01, until: " until ", classes: [diagnostics]}\n"

static void expect(enum outlook_kind kind, int32_t days, int line, const char *text) {
    assert_int_equal(count, 1);
    assert_int_equal(items[0].kind, kind);
    assert_int_equal(items[0].days, days);
    assert_int_equal(items[0].line, line);
    assert_string_equal(items[0].file, "t.yaml");
    assert_string_equal(items[0].text, text);
}

static void test_a_contract_that_runs_out_within_thirty_days_is_named(void **state) {
    look(PARTNER("2098-07-15"), NOW);
    expect(OUTLOOK_ENDS, 30, 5,
           "contract C of A ends on 2098-07-15, in 30 days; renew it before, or what goes there alerts");
    look(PARTNER("2098-06-16"), NOW);
    expect(OUTLOOK_ENDS, 1, 5,
           "contract C of A ends on 2098-06-16, in 1 day; renew it before, or what goes there alerts");
    look(PARTNER("2098-06-15"), NOW); /* its last day */
    assert_int_equal(items[0].kind, OUTLOOK_ENDS);
    look(PARTNER("2098-07-16"), NOW);
    assert_int_equal(count, 0);
}

static void test_a_contract_that_has_run_out_leaves_its_partner_without_one(void **state) {
    look(PARTNER("2098-06-14"), NOW);
    assert_int_equal(count, 2);
    assert_int_equal(items[0].kind, OUTLOOK_ENDED);
    assert_int_equal(items[0].days, 1);
    assert_int_equal(items[1].kind, OUTLOOK_NO_CONTRACT);
    assert_string_equal(items[1].text, "partner A has no valid contract: all that rules find on its way "
                                       "there alerts; add one, or leave it so");
}

static void
test_a_partner_without_a_contract_is_named_and_one_whose_contract_is_to_come_is_not(void **state) {
    look("partners:\n  - {name: A, prefixes: [192.0.2.0/24]}\n", NOW);
    expect(OUTLOOK_NO_CONTRACT, 0, 2,
           "partner A has no contract: all that rules find on its way there alerts; add one, or leave it so");
    look("partners:\n  - {name: A, prefixes: [192.0.2.0/24], contracts: [{id: C, from: 2099-01-01, until: "
         "2099-12-31, "
         "classes: [diagnostics]}]}\n",
         NOW);
    assert_int_equal(count, 0);
}

static void test_days_are_those_of_the_contracts_zone(void **state) {
    static const char zone[] =
        "partners: [{name: A, prefixes: [192.0.2.0/24], contracts: [{id: C, from: 2098-01-01, "
        "until: 2098-06-14, classes: [diagnostics], hours: 24h UTC-6}]}]\n";
    look(zone, NOW - 7 * 3600 * NS_PER_S); /* 05:00 UTC on the 15th, the 14th there */
    assert_int_equal(count, 1);
    assert_int_equal(items[0].kind, OUTLOOK_ENDS);
    look(zone, NOW);
    assert_int_equal(items[0].kind, OUTLOOK_ENDED);
}

#define VALID ", contracts: [{id: C, from: 2098-01-01, until: 2099-12-31, classes: [diagnostics]}]"

static void test_a_prefix_that_narrower_ones_of_others_hold_whole_is_never_reached(void **state) {
    look("internal-networks: [192.0.2.0/25, 192.0.2.128/25]\n"
         "partners: [{name: A, prefixes: [192.0.2.0/24]" VALID "}]\n",
         NOW);
    expect(OUTLOOK_UNREACHABLE, 0, 2,
           "192.0.2.0/24 of A is never the longest prefix: narrower ones of others hold all of it; remove "
           "it, or theirs");
    look("image-networks: [{name: x, prefixes: ['2001:db8::/33', '2001:db8:8000::/34', "
         "'2001:db8:c000::/34']}]\n"
         "internal-networks: ['2001:db8::/32']\n",
         NOW);
    assert_int_equal(count, 1);
    assert_int_equal(items[0].kind, OUTLOOK_UNREACHABLE);
}

static void
test_a_prefix_with_one_address_of_its_own_or_with_narrower_ones_of_the_same_owner_is_fine(void **state) {
    look("internal-networks: [192.0.2.0/25, 192.0.2.128/26, 192.0.2.192/27, 192.0.2.224/28, 192.0.2.240/29, "
         "192.0.2.248/30, "
         "192.0.2.252/31, 192.0.2.254/32]\n"
         "partners: [{name: A, prefixes: [192.0.2.0/24]" VALID "}]\n",
         NOW);
    assert_int_equal(count, 0);
    look("partners: [{name: A, prefixes: [192.0.2.0/24, 192.0.2.0/25, 192.0.2.128/25]" VALID "}]\n", NOW);
    assert_int_equal(count, 0);
    look("internal-networks: ['::/0', 0.0.0.0/0]\nimage-networks: [{name: x, prefixes: [0.0.0.0/1, "
         "'::/1']}]\n",
         NOW);
    assert_int_equal(count, 0);
    look("internal-networks: [0.0.0.0/0]\nimage-networks: [{name: x, prefixes: [0.0.0.0/1, 128.0.0.0/1]}]\n",
         NOW);
    assert_int_equal(count, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_contract_that_runs_out_within_thirty_days_is_named),
        cmocka_unit_test(test_a_contract_that_has_run_out_leaves_its_partner_without_one),
        cmocka_unit_test(test_a_partner_without_a_contract_is_named_and_one_whose_contract_is_to_come_is_not),
        cmocka_unit_test(test_days_are_those_of_the_contracts_zone),
        cmocka_unit_test(test_a_prefix_that_narrower_ones_of_others_hold_whole_is_never_reached),
        cmocka_unit_test(
            test_a_prefix_with_one_address_of_its_own_or_with_narrower_ones_of_the_same_owner_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
