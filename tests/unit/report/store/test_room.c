/* SPDX-License-Identifier: Apache-2.0 */
/* A store that has room for less than comes: who gives way. */
#include "../kept.h"

#include "report/incident/incident.h"

enum { ROOM = 8 << 20, LINES = 1000 };
static const time_ns quiet = 60 * NS_PER_S;
static struct counts { uint64_t forgotten, failures, lost, lines; } before;
static uint64_t id; /* of the last record */

static uint64_t since(enum counter which, uint64_t then) {
    return counter_values[which] - then;
}

static struct reporter *start(uint64_t room, uint64_t alerts) {
    struct report_options options = kept_options(7, kept_target);
    options.store.limits.max_bytes = room;
    options.alerts.quiet = quiet;
    options.alerts.limits.global = alerts;
    options.alerts.limits.window = 86400 * NS_PER_S;
    before = (struct counts){counter_values[COUNTER_STORE_FORGOTTEN], counter_values[COUNTER_STORE_FAILURES],
                             counter_values[COUNTER_HISTORY_LOST], counter_values[COUNTER_LEDGER_FORGOTTEN]};
    id = 0;
    return kept_create(&options);
}

/* To a host of a network of its own. */
static void give_stranger(struct reporter *r, unsigned severity, time_ns after) {
    example_begin(&example_builder, RECORD_TRANSFER);
    example_builder.head.object = ++id;
    example_builder.head.bytes = 3;
    example_builder.head.severity = (uint8_t)severity;
    example_builder.head.verdict = VERDICT_UNKNOWN;
    example_builder.head.time += after;
    example_builder.head.destination.bytes[13] = (uint8_t)(id >> 8);
    example_builder.head.destination.bytes[14] = (uint8_t)id;
    record_text(&example_builder, TEXT_PARTNER, bytes_of(NULL, 0));
    kept_take(r, id);
}

/* Each to the same strangers as before; `pass` closes its incidents. */
static void give_rounds(struct reporter *r, int rounds, void (*pass)(struct reporter *, time_ns)) {
    for (int round = 0; round < rounds; round++) {
        id = (uint64_t)(round + 1) << 20;
        for (int i = 0; i < LINES; i++)
            give_stranger(r, 10, quiet * 4 * (round + 1));
        pass(r, example_builder.head.time + quiet * 2);
    }
}

static void give_partner(struct reporter *r) {
    ++id;
    kept_give(r, RECORD_TRANSFER, id, id, 0);
    reporter_tick(r, EXAMPLE_TIME + quiet * 2); /* closes it */
}

static void expect_partner(int64_t least_of_strangers, int64_t most) {
    assert_int_equal(kept_number("SELECT count(*) FROM incident WHERE standing = 3 AND closed = 1"), 1);
    assert_int_equal(kept_number("SELECT count(*) FROM line WHERE destination = 'Plate Systems'"), 1);
    assert_in_range(kept_number("SELECT count(*) FROM incident WHERE standing < 3"), least_of_strangers,
                    most);
}

static void closed_incidents_of_strangers_are_forgotten_before_those_of_partners(void **state) {
    struct reporter *r = start(ROOM, 0);
    give_partner(r);
    for (int i = 0; i < 12000; i++) {
        give_stranger(r, 5, quiet * 3 + i * quiet / 500);
        if (i % 500 == 0)
            reporter_tick(r, example_builder.head.time);
    }
    reporter_tick(r, example_builder.head.time + quiet * 2);
    reporter_destroy(r);
    assert_true(since(COUNTER_STORE_FORGOTTEN, before.forgotten) > 0);
    expect_partner(10, 11000);
}

/* A sender chooses its names, and so how severe they look; lines of one day are what nights add up from. */
static void
closed_incidents_of_strangers_go_before_small_lines_of_the_ledger_however_severe_they_are(void **state) {
    struct reporter *r = start(ROOM, 0);
    give_partner(r);
    give_rounds(r, 12, reporter_tick);
    reporter_destroy(r);
    assert_true(since(COUNTER_STORE_FORGOTTEN, before.forgotten) > 0);
    assert_int_equal(since(COUNTER_LEDGER_FORGOTTEN, before.lines), 0);
    assert_int_equal(since(COUNTER_STORE_FAILURES, before.failures), 0);
    expect_partner(100, 11000);
    assert_int_equal(kept_number("SELECT count(*) FROM line"), LINES + 1);
}

/* As they come behind a time in which the store could not be written. */
static void what_waited_and_is_more_than_the_store_may_hold_is_written_as_far_as_there_is_room(void **state) {
    struct reporter *r = start(4 << 20, 10);
    give_partner(r);
    give_rounds(r, 12, reporter_pass);
    reporter_commit(r);
    reporter_destroy(r);
    assert_int_equal(since(COUNTER_STORE_FAILURES, before.failures), 0);
    assert_in_range(since(COUNTER_HISTORY_LOST, before.lost), 1, 11900);
    assert_int_equal(since(COUNTER_LEDGER_FORGOTTEN, before.lines), 0);
    expect_partner(100, 6000);
}

/* And the memory that they wait in is bounded. */
static void of_closed_incidents_that_wait_those_of_partners_stay(void **state) {
    struct reporter *r = start(0, 10);
    give_partner(r);
    give_rounds(r, INCIDENTS_WAITING / LINES + 4, reporter_pass);
    assert_in_range(since(COUNTER_HISTORY_LOST, before.lost), 3000, 4999);
    reporter_commit(r);
    reporter_destroy(r);
    expect_partner(INCIDENTS_WAITING - 2, INCIDENTS_WAITING);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KEPT(closed_incidents_of_strangers_are_forgotten_before_those_of_partners),
        KEPT(closed_incidents_of_strangers_go_before_small_lines_of_the_ledger_however_severe_they_are),
        KEPT(what_waited_and_is_more_than_the_store_may_hold_is_written_as_far_as_there_is_room),
        KEPT(of_closed_incidents_that_wait_those_of_partners_stay),
    };
    return cmocka_run_group_tests_name("report/store/room", tests, NULL, NULL);
}
