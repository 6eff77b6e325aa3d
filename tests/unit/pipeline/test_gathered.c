/* SPDX-License-Identifier: Apache-2.0 */
#include "worker.h"

#include "pipeline/path.h"

/* Small texts through the whole data path, under a rule that counts the plates of named columns. */

static int begin_group(void **state) {
    static const char config[] = "sensor: {name: test, memory: 64 MiB}\n"
                                 "image-networks: [{name: lanes, prefixes: [10.40.0.0/16]}]\n"
                                 "rules: [rules.yaml]\n";
    static const char rule[] =
        "identifiers:\n"
        "  - {id: named, pattern: '=plate', validator: cell}\n"
        "rules:\n"
        "  - {id: plates, name: plates, class: plate-record, severity: 5, scopes: [cells],\n"
        "     count: {identifiers: named, distinct: 3}, counterexamples: [{text: b}],\n"
        "     examples: [{text: '{\"license_plate\":\"BDG0013\"} {\"license_plate\":\"HRS1234\"} "
        "{\"license_plate\":\"KMN5678\"}'}]}\n";
    return worker_begin_with(worker_load_texts(config, rule));
}

static const char *read_of(unsigned i) {
    static const char letters[] = "BCDFGHJKLMNPRSTVWXYZ";
    static char text[64];
    snprintf(text, sizeof text, "{\"license_plate\": \"%c%c%c%04u\"}", letters[i * 7 % 20],
             letters[i * 3 % 20], letters[i * 11 % 20], (i * 7919 + 13) % 10000);
    return text;
}

static void send_text(const char *server, const char *body) {
    struct talk k = begin(server, 80);
    put(&k, body, strlen(body));
    answer(&k);
}

/* One to each of so many. */
static void send_to_many(unsigned n) {
    char server[32];
    for (unsigned i = 0; i < n; i++) {
        snprintf(server, sizeof server, "198.51.100.%u", i + 1);
        send_text(server, read_of(i));
    }
}

/* The record of this kind that the worker has sent, all others are left out. */
static struct record finding(void) {
    return take(RECORD_FINDING);
}

static void eight_texts_of_a_plate_each_are_a_finding_and_seven_are_none(void **state) {
    worker_open((struct pipeline_options){0});
    for (unsigned i = 0; i < 7; i++)
        send_text("198.51.100.1", read_of(i));
    assert_int_equal(finding().kind, 0);
    send_text("198.51.100.1", read_of(7));
    struct record r = finding();
    assert_int_equal(r.kind, RECORD_FINDING);
    assert_int_equal(r.distinct, 8);
    pipeline_destroy(t.pipeline);
    assert_int_equal(take(RECORD_TRANSFER).distinct, 8);
}

static void the_same_plate_again_and_again_is_none(void **state) {
    worker_open((struct pipeline_options){0});
    for (unsigned i = 0; i < 40; i++)
        send_text("198.51.100.1", read_of(3));
    pipeline_destroy(t.pipeline);
    assert_int_equal(finding().kind, 0);
}

static void texts_with_ten_minutes_between_them_do_not_count_together(void **state) {
    worker_open((struct pipeline_options){0});
    for (unsigned i = 0; i < 12; i++) {
        send_text("198.51.100.1", read_of(i));
        t.now += i == 5 ? 601 * NS_PER_S : NS_PER_S;
        pipeline_idle(t.pipeline, t.now);
    }
    assert_int_equal(t.pipeline->gathered.table.count, 1);
    pipeline_destroy(t.pipeline);
    assert_int_equal(finding().kind, 0);
}

static void what_was_before_a_jump_of_time_back_is_over(void **state) {
    worker_open((struct pipeline_options){0});
    for (unsigned i = 0; i < 12; i++) {
        send_text("198.51.100.1", read_of(i));
        t.now += i == 5 ? -30000 * NS_PER_S : NS_PER_S;
    }
    send_text("198.51.100.2", read_of(0));
    pipeline_idle(t.pipeline, t.now + 100 * NS_PER_S);
    assert_int_equal(t.pipeline->gathered.table.count, 2);
    pipeline_idle(t.pipeline, t.now + 602 * NS_PER_S);
    assert_int_equal(t.pipeline->gathered.table.count, 0);
    pipeline_destroy(t.pipeline);
    assert_int_equal(finding().kind, 0);
}

static void a_source_that_sends_to_many_has_a_bounded_share_and_what_gives_way_is_counted(void **state) {
    worker_open((struct pipeline_options){.memory = (size_t)2 << 30});
    send_to_many(100);
    assert_int_equal(t.pipeline->gathered.table.count, GATHERED_MOST / 4);
    assert_int_equal(COUNT(GATHERED_SHED), 100 - GATHERED_MOST / 4);
    pipeline_destroy(t.pipeline);
    assert_int_equal(finding().kind, 0);
}

static void what_is_read_together_leaves_room_for_tables_of_others(void **state) {
    worker_open((struct pipeline_options){0});
    send_to_many(100);
    send_text("203.0.113.1",
              "{\"license_plate\": \"BCD4711\"}\n{\"license_plate\": \"XKT0815\"}\n{\"license_plate\": "
              "\"RWZ1234\"}\n{\"license_plate\": \"LPM9876\"}\n");
    assert_int_equal(COUNT(INSPECT_ROWS_SHED), 0);
    assert_int_equal(finding().distinct, 4);
    pipeline_destroy(t.pipeline);
}

/* Of the readers one is left, which reads the small text itself. */
static void what_begins_while_nobody_can_read_it_begins_again_once_somebody_can(void **state) {
    enum { HALF = 800, MOST = 64 };
    struct talk others[MOST];
    char text[HALF + 1] = "";
    memset(text, 'a', HALF);
    worker_open((struct pipeline_options){0});
    size_t n = inspector_readers(t.pipeline->generations.newest->inspector) - 1;
    assert_in_range(n, 1, MOST);
    for (size_t i = 0; i < n; i++) {
        others[i] = begin(i % 2 ? "203.0.113.1" : "203.0.113.2", 80);
        put(&others[i], text, 2 * HALF);
    }
    send_text("198.51.100.1", read_of(8));
    assert_int_equal(t.pipeline->gathered.table.count, 0);
    for (size_t i = 0; i < n; i++)
        say(&others[i], text);
    for (unsigned i = 0; i < 8; i++)
        send_text("198.51.100.1", read_of(i));
    assert_int_equal(finding().distinct, 8);
    pipeline_destroy(t.pipeline);
}

/* More texts that never end than there are readers: the table behind them is read. */
static void of_texts_that_never_end_those_that_rest_longest_give_way(void **state) {
    enum { HALF = 800, MOST = 64 };
    struct talk others[MOST];
    char text[HALF + 1] = "";
    memset(text, 'a', HALF);
    worker_open((struct pipeline_options){0});
    size_t n = inspector_readers(t.pipeline->generations.newest->inspector);
    assert_in_range(n, 1, MOST);
    for (size_t i = 0; i < n; i++) {
        others[i] = begin(i % 2 ? "203.0.113.2" : "203.0.113.3", 80);
        put(&others[i], text, 2 * HALF);
    }
    send_text("203.0.113.1",
              "{\"license_plate\": \"BCD4711\"}\n{\"license_plate\": \"XKT0815\"}\n{\"license_plate\": "
              "\"RWZ1234\"}\n{\"license_plate\": \"LPM9876\"}\n");
    assert_int_equal(finding().distinct, 4);
    assert_true(COUNT(INSPECT_ROWS_SHED) > 0); /* one of theirs */
    pipeline_destroy(t.pipeline);
}

static void large_texts_and_texts_without_a_digit_are_not_gathered(void **state) {
    static char large[900];
    worker_open((struct pipeline_options){0});
    send_text("198.51.100.1", "{\"license_plate\": \"none\"}");
    assert_int_equal(t.pipeline->gathered.table.count, 0);
    struct talk k = begin("198.51.100.1", 80);
    memset(large, '1', sizeof large - 1);
    put(&k, large, 3 * (sizeof large - 1));
    say(&k, large);
    say(&k, large);
    answer(&k);
    assert_int_equal(t.pipeline->gathered.table.count, 0);
    pipeline_destroy(t.pipeline);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eight_texts_of_a_plate_each_are_a_finding_and_seven_are_none),
        cmocka_unit_test(the_same_plate_again_and_again_is_none),
        cmocka_unit_test(texts_with_ten_minutes_between_them_do_not_count_together),
        cmocka_unit_test(what_was_before_a_jump_of_time_back_is_over),
        cmocka_unit_test(a_source_that_sends_to_many_has_a_bounded_share_and_what_gives_way_is_counted),
        cmocka_unit_test(what_is_read_together_leaves_room_for_tables_of_others),
        cmocka_unit_test(what_begins_while_nobody_can_read_it_begins_again_once_somebody_can),
        cmocka_unit_test(of_texts_that_never_end_those_that_rest_longest_give_way),
        cmocka_unit_test(large_texts_and_texts_without_a_digit_are_not_gathered),
    };
    return cmocka_run_group_tests_name("pipeline/gathered", tests, begin_group, NULL);
}
