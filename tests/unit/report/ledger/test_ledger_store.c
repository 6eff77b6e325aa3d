/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger's bound, through the store. */
#include "report/ledger/ledger.h"

#include "../kept.h"

enum { MEMORY = 64 << 10, MANY = 40 };

static struct reporter *start(void) {
    static struct output_config output;
    struct report_options options = kept_options(7, kept_target);
    output = options.outputs[0];
    output.records = REPORT_ALERT | REPORT_STATS;
    options.outputs = &output;
    options.ledger.memory = MEMORY;
    return kept_create(&options);
}

/* To the host in the `net`th /24. */
static void give(struct reporter *r, uint64_t id, unsigned net) {
    char to[32];
    snprintf(to, sizeof to, "203.0.%u.9", net);
    example_begin(&example_builder, RECORD_TRANSFER);
    address_parse(to, &example_builder.head.destination);
    record_text(&example_builder, TEXT_PARTNER, bytes_of(NULL, 0));
    example_builder.head.verdict = VERDICT_UNKNOWN;
    example_builder.head.object = id;
    example_builder.head.time += (time_ns)id * NS_PER_S;
    kept_take(r, id);
    reporter_commit(r);
}

static int64_t lines_of(unsigned net) {
    char sql[128];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM line WHERE destination = '203.0.%u.0/24'", net);
    return kept_number(sql);
}

/* Objects of its days. */
static int64_t objects_of(unsigned net) {
    char sql[192];
    snprintf(sql, sizeof sql,
             "SELECT sum(objects) FROM bucket JOIN line ON line = id WHERE slot >= 36 AND destination = "
             "'203.0.%u.0/24'",
             net);
    return kept_number(sql);
}

static void tell_stats(struct reporter *r) {
    uint64_t figures[FIGURE_COUNT] = {0};
    memcpy(figures, counter_values, COUNTER_COUNT * sizeof *figures);
    reporter_gauges(r, figures);
    reporter_stats(r, figures, EXAMPLE_TIME, false);
}

static void
the_least_recent_line_is_forgotten_in_the_store_too_and_the_stats_say_how_many_were(void **state) {
    char said[64];
    memset(counter_values, 0, COUNTER_COUNT * sizeof *counter_values);
    struct reporter *r = start();
    for (unsigned i = 1; i <= MANY; i++) {
        give(r, 2 * i, i);
        give(r, 2 * i + 1, 0); /* and one that is always recent */
    }
    tell_stats(r);
    kept_finish(r);
    int64_t lines = kept_number("SELECT count(*) FROM line");
    assert_in_range(lines, 4, 20);
    snprintf(said, sizeof said, "\"ledger_forgotten\":%d,", (int)(MANY + 1 - lines));
    assert_int_equal(kept_times_told(said), 1);
    snprintf(said, sizeof said, "\"ledger_lines\":%d,", (int)lines);
    assert_int_equal(kept_times_told(said), 1);
    assert_int_equal(kept_number("SELECT count(*) FROM bucket WHERE line NOT IN (SELECT id FROM line)"), 0);
    for (unsigned i = 1; i <= MANY; i++)
        assert_int_equal(lines_of(i), i > MANY + 1 - lines); /* the last ones, beside the one always recent */
    assert_int_equal(objects_of(0), MANY);
    r = start();
    give(r, 200, MANY); /* known */
    give(r, 201, 1);    /* forgotten: begins anew, and the least recent goes for it */
    kept_finish(r);
    assert_int_equal(objects_of(MANY), 2);
    assert_int_equal(objects_of(0), MANY);
    assert_int_equal(objects_of(1), 1);
    assert_int_equal(lines_of((unsigned)(MANY + 2 - lines)), 0);
    assert_int_equal(kept_number("SELECT count(*) FROM line"), lines);
}

static void below_the_bound_nothing_is_forgotten(void **state) {
    memset(counter_values, 0, COUNTER_COUNT * sizeof *counter_values);
    struct reporter *r = start();
    for (unsigned i = 0; i < 4; i++)
        give(r, i + 1, i);
    tell_stats(r);
    kept_finish(r);
    assert_int_equal(kept_number("SELECT count(*) FROM line"), 4);
    assert_int_equal(kept_times_told("\"ledger_forgotten\":0,"), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KEPT(the_least_recent_line_is_forgotten_in_the_store_too_and_the_stats_say_how_many_were),
        KEPT(below_the_bound_nothing_is_forgotten),
    };
    return cmocka_run_group_tests_name("report/ledger/store", tests, NULL, NULL);
}
