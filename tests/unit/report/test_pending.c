/* SPDX-License-Identifier: Apache-2.0 */
/* An object that is examined elsewhere has two transfer records: a pending one when it closes, and another
 * when its findings are known. The first is told and counts nothing, the second counts once. */
#include "policy/policy_text.h"

#include "kept.h"
#include "report/quota/quota_account.h"
#include "report/reporter_parts.h"

/* No more than one object a day may be received. */
static const char config[] =
    "image-networks:\n"
    "  - {name: lanes, prefixes: [10.40.0.0/16]}\n"
    "partners:\n"
    "  - name: Plate Systems\n"
    "    prefixes: [198.51.100.0/24]\n"
    "    contracts:\n"
    "      - {id: A, from: 2026-01-01, until: 2098-12-31, classes: [vehicle-image], per-day: {objects: 1}}\n";

enum { LATER = 60 }; /* seconds until it was examined */

static struct reporter *start(void) {
    static const struct policy *policy;
    struct report_options options = kept_options(1, kept_target);
    if (!policy)
        policy = policy_from(config);
    ((struct output_config *)options.outputs)->records |= REPORT_TRANSFER;
    options.ledger.memory = 1 << 20;
    options.policy = policy;
    return kept_create(&options);
}

/* The object's first record, without classes, or its second, with them. */
static void give_transfer(struct reporter *r, uint64_t id, bool pending) {
    example_begin(&example_builder, RECORD_TRANSFER);
    example_builder.head.pending = pending;
    example_builder.head.time += pending ? 0 : LATER * NS_PER_S;
    kept_take(r, id);
}

static uint64_t count_received(const struct reporter *r) {
    uint64_t n = 0;
    for (size_t i = 0; i < r->quotas->count; i++)
        n += r->quotas->accounts[i].all.objects;
    return n;
}

struct counts {
    uint64_t incidents, ledger, digest, recent, quota;
};

static struct counts count_all(struct reporter *r) {
    struct recent_line line;
    struct digest_facts f = {.running = true};
    uint64_t sums[COUNTER_COUNT];
    struct counts c = {.incidents = incidents_open(r->incidents), .ledger = ledger_count(r->ledger)};
    reporter_sums(r, sums);
    digest_sum(r->digest, EXAMPLE_TIME + 3600 * NS_PER_S, sums, &f);
    for (size_t i = 0; i < f.volume_count; i++)
        c.digest += f.volumes[i].objects;
    if (recent_top(r->recent, EXAMPLE_TIME + LATER * NS_PER_S, &line, 1))
        c.recent = line.window.transfers;
    c.quota = count_received(r);
    return c;
}

static void assert_counts(struct reporter *r, struct counts expected) {
    struct counts c = count_all(r);
    assert_int_equal(c.incidents, expected.incidents);
    assert_int_equal(c.ledger, expected.ledger);
    assert_int_equal(c.digest, expected.digest);
    assert_int_equal(c.recent, expected.recent);
    assert_int_equal(c.quota, expected.quota);
}

static void a_pending_transfer_is_told_and_counts_nothing(void **state) {
    struct reporter *r = start();
    give_transfer(r, 1, true);
    assert_counts(r, (struct counts){0});
    kept_finish(r);
    assert_int_equal(kept_times_told("\"action\":\"transfer\""), 1);
    assert_int_equal(kept_times_told("\"pending\":true"), 1);
    assert_int_equal(kept_times_told("\"action\":\"alert\""), 0);
    assert_int_equal(kept_number("SELECT count(*) FROM incident"), 0);
}

static void a_transfer_that_was_not_pending_counts_at_once(void **state) {
    struct reporter *r = start();
    give_transfer(r, 1, false);
    assert_counts(r, (struct counts){.incidents = 1, .ledger = 1, .digest = 1, .recent = 1, .quota = 1});
    kept_finish(r);
    assert_int_equal(kept_times_told("\"action\":\"transfer\""), 1);
    assert_int_equal(kept_times_told("\"pending\""), 0);
}

static void its_second_record_counts_it_once_with_all_its_rules(void **state) {
    struct reporter *r = start();
    give_transfer(r, 1, true);
    give_transfer(r, 2, false);
    assert_counts(r, (struct counts){.incidents = 1, .ledger = 1, .digest = 1, .recent = 1, .quota = 1});
    kept_finish(r);
    assert_int_equal(kept_times_told("\"action\":\"transfer\""), 2);
    assert_int_equal(kept_times_told("\"pending\":true"), 1);
    assert_int_equal(kept_times_told("\"state\":\"opened\""), 1);
    assert_int_equal(kept_number("SELECT objects FROM incident"), 1);
    assert_int_equal(kept_number("SELECT bytes FROM incident"), 183220);
}

/* The object is one and the same, whatever it is told of by. */
static void a_finding_in_between_opens_the_incident_and_the_object_counts_once(void **state) {
    struct reporter *r = start();
    give_transfer(r, 1, true);
    kept_give(r, RECORD_FINDING, 2, 17, 1 * NS_PER_S);
    assert_int_equal(incidents_open(r->incidents), 1);
    assert_int_equal(count_received(r), 1);
    assert_int_equal(count_all(r).recent, 0);
    give_transfer(r, 3, false);
    assert_counts(r, (struct counts){.incidents = 1, .ledger = 1, .digest = 1, .recent = 1, .quota = 1});
    kept_finish(r);
    assert_int_equal(kept_times_told("\"state\":\"opened\""), 1);
    assert_int_equal(kept_number("SELECT objects FROM incident"), 1);
    assert_int_equal(kept_number("SELECT bytes FROM incident"), 183220);
}

/* Were it counted when it closed, the next object would be the second of the day. */
static void an_object_that_is_pending_uses_up_no_limit_of_a_contract(void **state) {
    struct reporter *r = start();
    give_transfer(r, 1, true);
    example_begin(&example_builder, RECORD_TRANSFER);
    example_builder.head.object = 18;
    example_builder.head.verdict = VERDICT_APPROVED;
    record_text(&example_builder, TEXT_OFFENDING, bytes_of(NULL, 0));
    kept_take(r, 2);
    assert_int_equal(incidents_open(r->incidents), 0);
    example_builder.head.object = 19;
    kept_take(r, 3);
    assert_int_equal(incidents_open(r->incidents), 1); /* this is the second */
    kept_finish(r);
}

/* Neither would a predecessor's end make it count, or count twice. */
static void it_counts_once_where_the_reporter_is_started_again_in_between(void **state) {
    struct reporter *r = start();
    give_transfer(r, 1, true);
    kept_give(r, RECORD_FINDING, 2, 17, 1 * NS_PER_S);
    reporter_commit(r);
    kept_finish(r);
    r = start();
    assert_int_equal(incidents_open(r->incidents), 1);
    give_transfer(r, 3, false);
    assert_int_equal(count_received(r), 1);
    kept_finish(r);
    assert_int_equal(kept_number("SELECT objects FROM incident"), 1);
    assert_int_equal(kept_number("SELECT bytes FROM incident"), 183220);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KEPT(a_pending_transfer_is_told_and_counts_nothing),
        KEPT(a_transfer_that_was_not_pending_counts_at_once),
        KEPT(its_second_record_counts_it_once_with_all_its_rules),
        KEPT(a_finding_in_between_opens_the_incident_and_the_object_counts_once),
        KEPT(an_object_that_is_pending_uses_up_no_limit_of_a_contract),
        KEPT(it_counts_once_where_the_reporter_is_started_again_in_between),
    };
    return cmocka_run_group_tests_name("report/pending", tests, NULL, NULL);
}
