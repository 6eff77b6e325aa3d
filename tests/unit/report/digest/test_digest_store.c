/* SPDX-License-Identifier: Apache-2.0 */
/* The digest's sums in the store: written, read back, told, added up over days, forgotten in time. */
#include "report/digest/digest.h"

#include "../kept.h"
#include "report/ask.h"

#define DAY (86400 * NS_PER_S)
#define MIDNIGHT (INT64_C(1780185600) * NS_PER_S) /* 2026-05-31T00:00:00Z */

static struct store *store;
static struct digest *digest;
static struct digest_facts facts;
static uint64_t sums[COUNTER_COUNT];

static struct store *open_store(void) {
    const struct store_options options = {.folder = kept_folder};
    enum store_found found;
    struct error e;
    struct store *s = store_open(&options, &found, &e);
    assert_non_null(s);
    return s;
}

static struct digest *make(void) {
    const struct digest_options options = {.minute = 0};
    struct digest *d = digest_create(&options);
    assert_non_null(d);
    return d;
}

static int begin(void **state) {
    kept_begin(state);
    memset(sums, 0, sizeof sums);
    facts = (struct digest_facts){.open = 0};
    store = open_store();
    digest = make();
    digest_due(digest, MIDNIGHT);
    return 0;
}

static int end(void **state) {
    digest_destroy(digest);
    store_close(store);
    return kept_end(state);
}

static void give(const char *partner, enum verdict verdict, uint64_t bytes) {
    example_begin(&example_builder, RECORD_TRANSFER);
    example_builder.head.bytes = bytes;
    example_builder.head.verdict = (uint8_t)verdict;
    record_text(&example_builder, TEXT_PARTNER, bytes_text(partner));
    digest_record(digest, example_pack(&example_builder, example_room));
}

static void save(void) {
    digest_count(digest, sums);
    store_begin(store);
    assert_true(digest_save(digest, store));
    assert_int_equal(store_end(store), STORE_DONE);
    digest_saved(digest);
}

/* The process ends; another begins. */
static void restart(bool same_run) {
    digest_destroy(digest);
    store_close(store);
    store = open_store();
    digest = make();
    assert_true(digest_load(digest, store, same_run));
}

static uint64_t tally(enum counter which) {
    for (size_t i = 0; i < DIGEST_TALLIES; i++)
        if (digest_tallies[i].counter == which)
            return facts.tally[i];
    fail();
    return 0;
}

static void assert_volume(size_t row, const char *destination, uint64_t objects, uint64_t bytes) {
    assert_true(row < facts.volume_count);
    assert_string_equal(facts.volumes[row].destination, destination);
    assert_int_equal(facts.volumes[row].objects, objects);
    assert_int_equal(facts.volumes[row].bytes, bytes);
}

static void a_day_goes_on_after_a_restart(void **state) {
    give("Plate Systems", VERDICT_UNAPPROVED, 10);
    give("Border Labs", VERDICT_APPROVED, 100);
    sums[COUNTER_KERNEL_DROPS] = 7;
    save();
    give("Acme Towing", VERDICT_UNAPPROVED, 1000); /* is not saved */
    restart(true);
    give("Plate Systems", VERDICT_UNAPPROVED, 5);
    sums[COUNTER_KERNEL_DROPS] = 9; /* two more */
    digest_sum(digest, MIDNIGHT + DAY, sums, &facts);
    assert_int_equal(facts.since, MIDNIGHT);
    assert_int_equal(facts.volume_count, 2);
    assert_volume(0, "Border Labs", 1, 100);
    assert_volume(1, "Plate Systems", 2, 15);
    assert_int_equal(facts.volumes[1].verdict, VERDICT_UNAPPROVED);
    assert_int_equal(tally(COUNTER_KERNEL_DROPS), 9);
}

static void the_counters_of_another_run_begin_at_nothing(void **state) {
    sums[COUNTER_KERNEL_DROPS] = 7;
    save();
    restart(false);
    sums[COUNTER_KERNEL_DROPS] = 2;
    digest_sum(digest, MIDNIGHT + DAY, sums, &facts);
    assert_int_equal(tally(COUNTER_KERNEL_DROPS), 9);
}

static void tell(time_ns until) {
    digest_count(digest, sums);
    digest_told(digest, until);
    save();
    digest_next(digest);
}

static void sum_since(time_ns since) {
    assert_true(digest_sum_since(digest, store, since, MIDNIGHT + 4 * DAY, sums, &facts));
}

static void days_that_were_told_are_added_up_as_far_back_as_is_asked(void **state) {
    for (uint64_t day = 1; day <= 3; day++) {
        give("Plate Systems", VERDICT_UNAPPROVED, day);
        sums[COUNTER_KERNEL_DROPS] += 10 * day;
        tell(MIDNIGHT + (time_ns)day * DAY);
        if (day == 2)
            restart(true);
    }
    give("Plate Systems", VERDICT_UNAPPROVED, 100);
    sums[COUNTER_KERNEL_DROPS] += 1000;
    sum_since(MIDNIGHT - 1);
    assert_int_equal(facts.volume_count, 1);
    assert_volume(0, "Plate Systems", 4, 106);
    assert_int_equal(tally(COUNTER_KERNEL_DROPS), 1060);
    sum_since(MIDNIGHT + 2 * DAY);
    assert_volume(0, "Plate Systems", 2, 103);
    assert_int_equal(tally(COUNTER_KERNEL_DROPS), 1030);
    digest_sum(digest, MIDNIGHT + 4 * DAY, sums, &facts); /* the running one is none of them */
    assert_volume(0, "Plate Systems", 1, 100);
    assert_int_equal(facts.since, MIDNIGHT + 3 * DAY);
}

static void what_is_told_twice_up_to_one_moment_is_added_up(void **state) {
    for (int reading = 0; reading < 2; reading++) { /* of one capture */
        give("Plate Systems", VERDICT_UNAPPROVED, 10);
        sums[COUNTER_KERNEL_DROPS] = 7;
        tell(MIDNIGHT + DAY);
        restart(false);
    }
    sums[COUNTER_KERNEL_DROPS] = 0;
    sum_since(MIDNIGHT);
    assert_int_equal(facts.volume_count, 1);
    assert_volume(0, "Plate Systems", 2, 20);
    assert_int_equal(tally(COUNTER_KERNEL_DROPS), 14);
}

static void what_was_told_while_the_store_could_not_be_written_is_marked_later(void **state) {
    give("Plate Systems", VERDICT_UNAPPROVED, 10);
    save();
    digest_told(digest, MIDNIGHT + DAY);
    digest_next(digest); /* without a transaction */
    give("Border Labs", VERDICT_APPROVED, 100);
    save();
    restart(true);
    digest_sum(digest, MIDNIGHT + 2 * DAY, sums, &facts);
    assert_int_equal(facts.since, MIDNIGHT + DAY);
    assert_int_equal(facts.volume_count, 1);
    assert_volume(0, "Border Labs", 1, 100);
    sum_since(MIDNIGHT);
    assert_int_equal(facts.volume_count, 2);
    assert_volume(1, "Plate Systems", 1, 10);
}

static void a_new_database_gets_the_day_that_is_in_memory(void **state) {
    struct error e;
    give("Plate Systems", VERDICT_UNAPPROVED, 10);
    sums[COUNTER_KERNEL_DROPS] = 7;
    tell(MIDNIGHT + DAY);
    give("Border Labs", VERDICT_APPROVED, 100);
    save();
    assert_true(store_replace(store, &e));
    digest_spoil(digest);
    save();
    restart(true);
    sum_since(MIDNIGHT);
    assert_int_equal(facts.volume_count, 1); /* what was told is in the old one */
    assert_volume(0, "Border Labs", 1, 100);
    assert_int_equal(tally(COUNTER_KERNEL_DROPS), 0);
}

static void a_full_table_is_the_same_after_a_restart(void **state) {
    static struct digest_volume before[DIGEST_VOLUMES_MAX + 1];
    char name[32];
    for (unsigned i = 0; i < DIGEST_VOLUMES_MAX + 500; i++) {
        snprintf(name, sizeof name, "partner %u", i);
        give(name, VERDICT_UNAPPROVED, 10 + i);
    }
    digest_sum(digest, MIDNIGHT, sums, &facts);
    memcpy(before, facts.volumes, sizeof before);
    save();
    struct digest *first = digest; /* whose texts are compared */
    digest = make();
    assert_true(digest_load(digest, store, true));
    digest_sum(digest, MIDNIGHT, sums, &facts);
    assert_int_equal(facts.volume_count, DIGEST_VOLUMES_MAX + 1);
    for (size_t i = 0; i < facts.volume_count; i++)
        assert_volume(i, before[i].destination, before[i].objects, before[i].bytes);
    digest_destroy(first);
}

/* Through the reporter, which forgets. */
static void digests_are_forgotten_after_their_time_and_not_before(void **state) {
    store_close(store);
    store = NULL;
    struct reporter *r = kept_start(7);
    for (uint64_t i = 1; i <= 3; i++) {
        kept_give(r, RECORD_TRANSFER, i, i, (time_ns)(i - 1) * DAY);
        reporter_tick(r, EXAMPLE_TIME + (time_ns)(i - 1) * DAY);
    }
    kept_finish(r);
    assert_int_equal(kept_number("SELECT count(DISTINCT until) FROM volume WHERE until > 0"), 2);
    r = kept_start(7);
    reporter_tick(r, EXAMPLE_TIME + 91 * DAY); /* 90 days behind the first midnight */
    kept_finish(r);
    assert_int_equal(kept_number("SELECT count(*) FROM volume WHERE until = 1780272000000000000"), 0);
    assert_int_equal(kept_number("SELECT count(*) FROM tally WHERE until = 1780272000000000000"), 0);
    assert_int_equal(kept_number("SELECT objects FROM volume WHERE until = 1780358400000000000"), 1);
    assert_true(kept_number("SELECT count(*) FROM tally WHERE until = 1780358400000000000") > 0);
    store = open_store();
}

static unsigned times(const char *text, const char *what) {
    unsigned n = 0;
    for (const char *at = text; (at = strstr(at, what)); at += strlen(what))
        n++;
    return n;
}

static void every_output_that_there_may_be_is_named_with_what_waits_for_it(void **state) {
    static struct output_config outputs[OUTPUTS_MAX + 1];
    static char to[OUTPUTS_MAX + 1][160];
    struct report_options options = report_defaults(outputs, OUTPUTS_MAX + 1);
    struct error e = {""};
    struct json_writer j;
    for (size_t i = 0; i <= OUTPUTS_MAX; i++) {
        snprintf(to[i], sizeof to[i], "%s%zu", kept_nowhere, i);
        outputs[i] = output_default("json", to[i], REPORT_ALERT);
    }
    assert_null(reporter_create(&options, &e));
    assert_non_null(strstr(e.text, "more than 96 outputs"));
    options.output_count = OUTPUTS_MAX;
    struct reporter *r = kept_create(&options);
    kept_give(r, RECORD_TRANSFER, 1, 1, 0);
    json_writer_grow(&j, 1 << 20);
    json_write_object(&j, NULL);
    assert_true(ask_digest(r, 0, &j, &e));
    json_write_object_end(&j);
    *j.at = '\0';
    assert_int_equal(times(j.start, "{\"name\":\"json:unix:"), OUTPUTS_MAX);
    assert_int_equal(times(j.start, "\"queued\":1,"), OUTPUTS_MAX);
    assert_int_equal(times(j.start, "\"queued\":96,"), 1);
    assert_null(strstr(j.start, "outputs_left_out"));
    json_writer_free(&j);
    reporter_destroy(r);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    log_verbosity(LOG_LEVEL_ERROR); /* nobody listens at many sockets */
    const struct CMUnitTest tests[] = {
        TEST(a_day_goes_on_after_a_restart),
        TEST(the_counters_of_another_run_begin_at_nothing),
        TEST(days_that_were_told_are_added_up_as_far_back_as_is_asked),
        TEST(what_is_told_twice_up_to_one_moment_is_added_up),
        TEST(what_was_told_while_the_store_could_not_be_written_is_marked_later),
        TEST(a_new_database_gets_the_day_that_is_in_memory),
        TEST(a_full_table_is_the_same_after_a_restart),
        TEST(every_output_that_there_may_be_is_named_with_what_waits_for_it),
        TEST(digests_are_forgotten_after_their_time_and_not_before),
    };
    return cmocka_run_group_tests_name("report/digest/store", tests, NULL, NULL);
}
