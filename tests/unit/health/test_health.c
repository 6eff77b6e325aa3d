/* SPDX-License-Identifier: Apache-2.0 */
#include "health/health.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { WORKERS = 2 };

static const struct health_options options = {.interval = 60 * NS_PER_S, .loss = 1};
static struct ring *rings[WORKERS];
static struct worker_view view[WORKERS];
static const struct worker_view *const views[WORKERS] = {&view[0], &view[1]};
static uint64_t others[2][COUNTER_COUNT];
static struct health_memory memory;
static char said[1024];

static void tell(void *context, const char *key, const char *text) {
    size_t n = strlen(said);
    snprintf(said + n, sizeof said - n, "%s ", key);
}

static void own(void *context, uint64_t *figures) {
    figures[figure_of_gauge(GAUGE_INCIDENTS_OPEN)] = 5;
}

/* Files: nothing is looked at but what was counted. */
static const struct health_setup setup = {.options = &options,
                                          .rings = rings,
                                          .views = views,
                                          .workers = WORKERS, .captures = WORKERS,
                                          .others = {others[0], others[1]},
                                          .memory = &memory,
                                          .own_gauges = own,
                                          .tell = tell};

static int begin(void **state) {
    memset(&memory, 0, sizeof memory);
    memset(view, 0, sizeof view);
    memset(others, 0, sizeof others);
    said[0] = '\0';
    for (int i = 0; i < WORKERS; i++)
        rings[i] = ring_create(1 << 20);
    health_begin(&setup);
    return 0;
}

static int end(void **state) {
    for (int i = 0; i < WORKERS; i++)
        ring_destroy(rings[i]);
    return 0;
}

static void count_at(int worker, enum counter which, uint64_t n) {
    ring_counters(rings[worker])[which] += n;
}

static uint64_t gauge_of(enum gauge which) {
    uint64_t figures[FIGURE_COUNT];
    health_figures(&setup, figures);
    return figures[figure_of_gauge(which)];
}

static uint64_t counter_of(enum counter which) {
    uint64_t figures[FIGURE_COUNT];
    health_figures(&setup, figures);
    return figures[which];
}

static void counters_of_all_processes_are_added_and_gauges_joined(void **state) {
    count_at(0, COUNTER_PACKETS, 100);
    count_at(1, COUNTER_PACKETS, 20);
    others[0][COUNTER_RELOADS] = 3;
    others[1][COUNTER_PACKETS] = 1;
    view[0].gauges[GAUGE_FLOWS_OPEN] = 7;
    view[1].gauges[GAUGE_FLOWS_OPEN] = 8;
    view[0].gauges[GAUGE_PACKET_TIME] = 1000;
    view[1].gauges[GAUGE_PACKET_TIME] = 900;
    assert_int_equal(counter_of(COUNTER_PACKETS), 121);
    assert_int_equal(counter_of(COUNTER_RELOADS), 3);
    assert_int_equal(gauge_of(GAUGE_FLOWS_OPEN), 15);
    assert_int_equal(gauge_of(GAUGE_PACKET_TIME), 1000);
    assert_int_equal(gauge_of(GAUGE_WORKERS), 2);
    assert_int_equal(gauge_of(GAUGE_INCIDENTS_OPEN), 5);
}

static void an_interval_tells_what_was_counted_in_it_alone(void **state) {
    count_at(0, COUNTER_PACKETS, 100);
    health_interval(&setup);
    assert_int_equal(gauge_of(GAUGE_INTERVAL_PACKETS), 100);
    count_at(1, COUNTER_PACKETS, 30);
    assert_int_equal(gauge_of(GAUGE_INTERVAL_PACKETS), 100);
    health_interval(&setup);
    assert_int_equal(gauge_of(GAUGE_INTERVAL_PACKETS), 30);
    health_interval(&setup);
    assert_int_equal(gauge_of(GAUGE_INTERVAL_PACKETS), 0);
}

static void a_successor_that_has_counted_less_gives_nothing_instead_of_a_huge_number(void **state) {
    others[1][COUNTER_BYTES] = 500;
    health_interval(&setup);
    others[1][COUNTER_BYTES] = 100;
    health_interval(&setup);
    assert_int_equal(gauge_of(GAUGE_INTERVAL_BYTES), 0);
}

/* 25 of 1025 are 2.439 %, 1 of 1000 is 0.1 %; bytes that nobody saw weigh as much as packets. */
static void loss_is_the_worse_share_of_packets_and_bytes(void **state) {
    count_at(0, COUNTER_PACKETS, 1000);
    count_at(0, COUNTER_KERNEL_DROPS, 20);
    count_at(1, COUNTER_INTERFACE_DROPS, 5);
    count_at(0, COUNTER_STREAM_BYTES, 999);
    count_at(0, COUNTER_STREAM_GAP_BYTES, 1);
    health_interval(&setup);
    assert_int_equal(gauge_of(GAUGE_LOSS), 24390);
    assert_int_equal(gauge_of(GAUGE_INTERVAL_DROPS), 25);
    count_at(0, COUNTER_STREAM_BYTES, 700);
    count_at(0, COUNTER_STREAM_GAP_BYTES, 400);
    count_at(0, COUNTER_STREAM_CUT_BYTES, 100); /* by the snap length: that is no loss on the way */
    health_interval(&setup);
    assert_int_equal(gauge_of(GAUGE_LOSS), 300000);
}

static void what_holds_is_told_once_and_once_more_when_it_is_over_and_anew(void **state) {
    static const bool lost[] = {false, true, true, false, false, true};
    for (size_t i = 0; i < sizeof lost / sizeof *lost; i++) {
        count_at(0, COUNTER_PACKETS, 1000);
        count_at(0, COUNTER_STREAM_BYTES, 100000);
        count_at(0, COUNTER_STREAM_GAP_BYTES, lost[i] ? 50000 : 0);
        health_interval(&setup);
        assert_int_equal(gauge_of(GAUGE_WARNINGS), lost[i]);
    }
    assert_string_equal(said, "traffic-lost traffic-lost-over traffic-lost ");
}

static void conditions_are_listed_with_what_holds(void **state) {
    const char *key;
    bool holds;
    size_t n = 0, held = 0;
    count_at(0, COUNTER_RECORDS_LOST, 1);
    health_interval(&setup);
    for (; health_condition(&setup, n, &key, &holds); n++) {
        assert_true(holds == (strcmp(key, "records-lost") == 0));
        held += holds;
    }
    assert_int_equal(held, 1);
    assert_in_range(n, 2, HEALTH_CONDITIONS_MAX);
}

static void a_successor_of_the_reporter_goes_on_with_the_interval(void **state) {
    time_ns since = memory.since, started = memory.started;
    health_begin(&setup);
    assert_true(memory.since == since && memory.started == started && since > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(counters_of_all_processes_are_added_and_gauges_joined, begin, end),
        cmocka_unit_test_setup_teardown(an_interval_tells_what_was_counted_in_it_alone, begin, end),
        cmocka_unit_test_setup_teardown(
            a_successor_that_has_counted_less_gives_nothing_instead_of_a_huge_number, begin, end),
        cmocka_unit_test_setup_teardown(loss_is_the_worse_share_of_packets_and_bytes, begin, end),
        cmocka_unit_test_setup_teardown(what_holds_is_told_once_and_once_more_when_it_is_over_and_anew, begin,
                                        end),
        cmocka_unit_test_setup_teardown(conditions_are_listed_with_what_holds, begin, end),
        cmocka_unit_test_setup_teardown(a_successor_of_the_reporter_goes_on_with_the_interval, begin, end),
    };
    return cmocka_run_group_tests_name("health/health", tests, NULL, NULL);
}
