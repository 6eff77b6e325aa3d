/* SPDX-License-Identifier: Apache-2.0 */
#include "report/recent.h"

#include "policy/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const time_ns start = INT64_C(1780000000) * NS_PER_S;

/* A transfer of `bytes` to a partner at `seconds` after the start. */
static const struct record *transfer(const char *partner, int seconds, uint64_t bytes) {
    static struct record_builder b;
    static uint64_t packed[(sizeof(struct record) + RECORD_TEXT_MAX) / sizeof(uint64_t)];
    record_begin(&b, RECORD_TRANSFER);
    b.head.time = start + seconds * NS_PER_S;
    b.head.bytes = bytes;
    b.head.matters = true;
    b.head.verdict = VERDICT_UNAPPROVED;
    record_text(&b, TEXT_PARTNER, bytes_text(partner));
    record_pack(&b, 0, packed);
    return (const struct record *)packed;
}

static void the_busiest_of_the_window_come_first_with_their_last_minute(void **state) {
    struct recent *r = recent_create();
    struct recent_line top[4];
    recent_record(r, transfer("Little", 0, 10));
    recent_record(r, transfer("Much", 0, 1000));
    recent_record(r, transfer("Much", 100, 500));
    recent_alert(r, transfer("Much", 100, 0));
    assert_int_equal(recent_top(r, start + 110 * NS_PER_S, top, 4), 2);
    assert_string_equal(top[0].name, "Much");
    assert_int_equal(top[0].verdict, VERDICT_UNAPPROVED);
    assert_int_equal(top[0].window.bytes, 1500);
    assert_int_equal(top[0].window.transfers, 2);
    assert_int_equal(top[0].minute.bytes, 500);
    assert_int_equal(top[0].minute.alerts, 1);
    assert_string_equal(top[1].name, "Little");
    assert_int_equal(top[1].minute.transfers, 0);
    assert_int_equal(recent_top(r, start + 110 * NS_PER_S, top, 1), 1);
    recent_destroy(r);
}

static void what_is_older_than_the_window_is_forgotten(void **state) {
    struct recent *r = recent_create();
    struct recent_line top[4];
    recent_record(r, transfer("Old", 0, 10));
    assert_int_equal(recent_top(r, start + 280 * NS_PER_S, top, 4), 1);
    assert_int_equal(recent_top(r, start + 310 * NS_PER_S, top, 4), 0);
    recent_record(r, transfer("Old", 1000, 7)); /* slots in between are empty */
    assert_int_equal(recent_top(r, start + 1000 * NS_PER_S, top, 4), 1);
    assert_int_equal(top[0].window.bytes, 7);
    recent_record(r, transfer("Old", 900, 5)); /* late, and counted where it belongs */
    recent_record(r, transfer("Old", 0, 99));  /* too late */
    recent_top(r, start + 1000 * NS_PER_S, top, 4);
    assert_int_equal(top[0].window.bytes, 12);
    assert_int_equal(top[0].minute.bytes, 7);
    recent_destroy(r);
}

static void what_stays_inside_and_parts_of_a_whole_do_not_count(void **state) {
    struct recent *r = recent_create();
    struct recent_line top[4];
    struct record *record = (struct record *)transfer("Inside", 0, 10);
    record->matters = false;
    recent_record(r, record);
    record = (struct record *)transfer("Part", 0, 10);
    record->parent = 3;
    recent_record(r, record);
    record = (struct record *)transfer("Finding", 0, 10);
    record->kind = RECORD_FINDING;
    recent_record(r, record);
    assert_int_equal(recent_top(r, start, top, 4), 0);
    recent_destroy(r);
}

static void the_least_recent_destination_gives_way(void **state) {
    struct recent *r = recent_create();
    static struct recent_line top[RECENT_DESTINATIONS + 1];
    char name[32];
    for (int i = 0; i <= RECENT_DESTINATIONS; i++) {
        snprintf(name, sizeof name, "Partner %d", i);
        recent_record(r, transfer(name, i == 0 ? 0 : 20, 1));
    }
    assert_int_equal(recent_top(r, start + 20 * NS_PER_S, top, RECENT_DESTINATIONS + 1), RECENT_DESTINATIONS);
    for (int i = 0; i < RECENT_DESTINATIONS; i++)
        assert_string_not_equal(top[i].name, "Partner 0");
    recent_destroy(r);
}

static void unknown_hosts_are_named_by_their_network(void **state) {
    struct recent *r = recent_create();
    struct recent_line top[1];
    struct record *record = (struct record *)transfer("", 0, 10);
    assert_true(address_parse("203.0.113.9", &record->destination));
    recent_record(r, record);
    assert_int_equal(recent_top(r, start, top, 1), 1);
    assert_string_equal(top[0].name, "203.0.113.0/24");
    recent_destroy(r);
}

static void check_that_none_is_pushed_out_by(enum verdict many) {
    struct recent *r = recent_create();
    static struct recent_line top[RECENT_DESTINATIONS];
    recent_record(r, transfer("Partner", 0, 10));
    for (int i = 0; i < 2 * RECENT_DESTINATIONS; i++) {
        struct record *stranger = (struct record *)transfer("", 1, 1000);
        stranger->verdict = (uint8_t)many;
        stranger->destination = (struct address){
            {[10] = 0xff, [11] = 0xff, [12] = 100, [13] = (uint8_t)(i >> 8), [14] = (uint8_t)i}};
        recent_record(r, stranger);
    }
    size_t n = recent_top(r, start + 10 * NS_PER_S, top, RECENT_DESTINATIONS);
    assert_int_equal(n, RECENT_DESTINATIONS);
    assert_string_equal(top[n - 1].name, "Partner");
    recent_destroy(r);
}

static void strangers_and_hosts_inside_push_no_partner_out(void **state) {
    check_that_none_is_pushed_out_by(VERDICT_UNKNOWN);
    check_that_none_is_pushed_out_by(VERDICT_UNAPPROVED_READER);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_busiest_of_the_window_come_first_with_their_last_minute),
        cmocka_unit_test(what_is_older_than_the_window_is_forgotten),
        cmocka_unit_test(what_stays_inside_and_parts_of_a_whole_do_not_count),
        cmocka_unit_test(the_least_recent_destination_gives_way),
        cmocka_unit_test(unknown_hosts_are_named_by_their_network),
        cmocka_unit_test(strangers_and_hosts_inside_push_no_partner_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
