/* SPDX-License-Identifier: Apache-2.0 */
#include "worker.h"

/* The whole data path of a worker, with a pressure that the test sets: what is left out at which level. */

static int open_path(void **state) {
    worker_open((struct pipeline_options){0});
    return 0;
}

static int close_path(void **state) {
    static uint64_t copy[4096];
    uint64_t damaged = 0;
    pipeline_destroy(t.pipeline);
    while (ring_read(t.ring, copy, &damaged))
        ;
    ring_commit(t.ring);
    return 0;
}

static void without_pressure_everything_is_looked_into(void **state) {
    struct talk approved = begin(APPROVED, 80), unapproved = begin(UNAPPROVED, 80);
    press(0);
    put(&approved, "MARKMARK", 8);
    put(&unapproved, "MARKMARK", 8);
    assert_int_equal(COUNT(TRANSFERS), 2);
    assert_int_equal(COUNT(FINDINGS), 2);
    assert_int_equal(COUNT(SHED_EPISODES), 0);
}

static void a_flow_takes_memory_only_when_it_carries_something(void **state) {
    struct talk k = begin(UNAPPROVED, 80);
    assert_int_equal(pipeline_use(t.pipeline).flows, 1);
    assert_int_equal(pipeline_use(t.pipeline).contexts, 0);
    assert_int_equal(pipeline_use(t.pipeline).streams, 0);
    put(&k, "MARKMARK", 8);
    assert_int_equal(pipeline_use(t.pipeline).contexts, 1);
    assert_int_equal(pipeline_use(t.pipeline).streams, 1);
    assert_int_equal(COUNT(FINDINGS), 1);
    assert_int_equal(COUNT(STREAM_MIDWAY), 0); /* where it began is known from the SYN */
}

static void what_a_contract_covers_whatever_it_is_costs_a_look_up_and_a_counter(void **state) {
    struct talk covered = begin("203.0.113.9", 80), other = begin(APPROVED, 80);
    put(&covered, "MARKMARK", 8);
    assert_int_equal(COUNT(FLOWS_COVERED), 1);
    assert_int_equal(pipeline_use(t.pipeline).contexts, 0);
    put(&other, "MARKMARK", 8);
    assert_int_equal(COUNT(FLOWS_COVERED), 1);
    assert_int_equal(COUNT(FINDINGS), 1);
}

/* The volume records that are due, as one. */
static struct record take_volume(void) {
    struct record all = {0}, r;
    pause_talk();
    pause_talk();
    while ((r = take(RECORD_VOLUME)).kind) {
        r.bytes += all.bytes;
        r.flows += all.flows;
        all = r;
    }
    return all;
}

static void a_contract_for_everything_means_no_canary_unless_it_names_it(void **state) {
    struct talk k = begin("203.0.114.9", 80);
    put(&k, "MARKMARK", 8);
    assert_int_equal(COUNT(FLOWS_COVERED), 0);
    assert_int_equal(COUNT(FINDINGS), 1);
    assert_int_equal(take(RECORD_FINDING).verdict, VERDICT_BREACH);
}

static void what_is_covered_is_counted_by_destination(void **state) {
    struct talk k = begin("203.0.113.9", 80);
    char body[1001] = {0};
    uint64_t sent = 0;
    memset(body, 'x', 1000);
    for (int i = 0; i < 2000; i++, sent += 1000)
        say_on(&k, body);
    struct record r = take_volume();
    assert_int_equal(r.verdict, VERDICT_APPROVED);
    assert_int_equal(r.flows, 1);
    uint64_t counted = r.bytes;
    send_packet(LANE, k.client_port, k.server, k.port, k.sequence, TCP_RST | TCP_ACK, "");
    t.now += 60 * NS_PER_S; /* the rest comes when the flow is over */
    pipeline_idle(t.pipeline, t.now);
    r = take_volume();
    assert_in_range(r.bytes, 0, 1 << 20);
    assert_int_equal(r.flows, 0);
    counted += r.bytes;
    assert_in_range(counted, sent * 98 / 100, sent * 102 / 100);
}

static void a_flow_that_overload_left_out_is_told_with_its_first_octets(void **state) {
    struct talk k = begin(APPROVED, 80);
    press(1);
    say_on(&k, put_text("MARKMARK", 8));
    assert_int_equal(COUNT(SHED_APPROVED), 1);
    struct record r = take_volume();
    assert_in_range(r.bytes, 32, 100);
    assert_int_equal(r.flows, 1);
}

static void wait_for_end(void) {
    t.now += 120 * NS_PER_S;
    pipeline_idle(t.pipeline, t.now);
}

static void a_connection_that_came_to_nothing_is_counted(void **state) {
    struct talk k = begin(UNAPPROVED, 80);
    wait_for_end();
    struct record r = take_volume();
    assert_int_equal(r.tries, 1);
    assert_int_equal(r.bytes, 0);
    assert_int_equal(r.flows, 0);
    assert_int_equal(r.verdict, VERDICT_UNAPPROVED);
    k = begin(UNAPPROVED, 80); /* refused */
    send_packet(k.server, k.port, LANE, k.client_port, 0, TCP_RST | TCP_ACK, "");
    wait_for_end();
    r = take_volume();
    assert_int_equal(r.tries, 1);
    assert_int_equal(COUNT(FLOWS_TRIED), 2);
}

static void one_that_was_agreed_to_or_goes_to_a_stranger_or_that_nothing_forbids_is_not(void **state) {
    struct talk k = begin(UNAPPROVED, 80);
    send_packet(k.server, k.port, LANE, k.client_port, 5000, TCP_SYN | TCP_ACK, "");
    begin("8.8.8.8", 80);
    wait_for_end();
    assert_int_equal(COUNT(FLOWS_TRIED), 0);
    begin(APPROVED, 80);
    wait_for_end();
    struct record r = take_volume();
    assert_int_equal(r.tries, 1);
    assert_int_equal(r.verdict, VERDICT_APPROVED);
}

static void a_flood_of_openings_to_a_partner_is_one_record(void **state) {
    enum { OPENINGS = 20000 };
    for (int i = 0; i < OPENINGS; i++) {
        char to[32];
        snprintf(to, sizeof to, "198.51.100.%d", i % 250 + 1);
        send_packet(LANE, (uint16_t)(1024 + i), to, 80, 1000, TCP_SYN, "");
    }
    uint64_t before = COUNT(RECORDS);
    wait_for_end();
    struct record r = take_volume();
    assert_int_equal(r.tries, OPENINGS);
    assert_int_equal(COUNT(RECORDS) - before, 1);
    assert_int_equal(COUNT(TRIES_LEFT), 0);
}

static void first_goes_depth_on_approved_flows_begun_before_or_after(void **state) {
    struct talk before = begin(APPROVED, 80), other = begin(UNAPPROVED, 80);
    put(&before, "0123", 1000);
    assert_int_equal(COUNT(TRANSFERS), 1);
    press(1);
    say(&before, "MARKMARK");
    assert_int_equal(COUNT(SHED_APPROVED), 1);
    struct talk after = begin(APPROVED, 80);
    put(&after, "MARKMARK", 8);
    assert_int_equal(COUNT(SHED_APPROVED), 2);
    assert_int_equal(COUNT(FINDINGS), 0);
    put(&other, "MARKMARK", 8);
    assert_int_equal(COUNT(FINDINGS), 1);
    assert_int_equal(COUNT(SHED_UNKNOWN), 0);
    assert_int_equal(pipeline_use(t.pipeline).conversations,
                     2); /* `after` has none, `before` until it ends */
}

/* Behind the octets in which its protocol may show itself; its first 64 KiB. */
static void so_goes_the_search_for_files_in_what_nobody_parses(void **state) {
    struct talk searched = begin(UNAPPROVED, 4444), watched = begin(UNAPPROVED, 4445);
    static char noise[1025];
    for (size_t i = 0; i < sizeof noise - 1; i++)
        noise[i] = (char)(128 + (i * 89 + i / 7) % 127);
    for (int i = 0; i < 80; i++)
        say(&searched, noise);
    say(&watched, noise);
    assert_int_equal(COUNT(SHED_CARVED), 0);
    press(1);
    say(&searched, noise);
    say(&watched, noise);
    assert_int_equal(COUNT(SHED_CARVED), 1);
    assert_int_equal(COUNT(SHED_UNKNOWN), 0);
}

static void then_goes_rebuilding_of_unknown_protocols_and_not_of_known_ones(void **state) {
    struct talk strange = begin(UNAPPROVED, 4444), stranger = begin(UNAPPROVED, 4445),
                known = begin(UNAPPROVED, 80);
    put(&known, "", 68);
    press(1);
    for (int i = 0; i < 6; i++)
        say(&stranger, "\x01\x93\x7f???");
    assert_int_equal(COUNT(SHED_UNKNOWN), 0);
    press(2);
    for (int i = 0; i < 6; i++) {
        say(&strange, "\x01\x93\x7f???");
        say(&known, "ten bytes.");
    }
    say(&known, "MARKMARK");
    assert_int_equal(COUNT(SHED_UNKNOWN), 1);
    assert_int_equal(COUNT(SHED_ALERTED), 0);
    assert_int_equal(COUNT(FINDINGS), 1);
}

static void then_goes_content_behind_an_alert_and_its_record_says_so(void **state) {
    struct talk alerted = begin(UNAPPROVED, 80), not_yet = begin(UNAPPROVED, 80);
    char filler[601];
    memset(filler, 'x', 600), filler[600] = '\0';
    put(&alerted, "MARKMARK", 1808);
    put(&not_yet, "", 1208);
    say(&alerted, filler);
    say(&not_yet, filler);
    assert_int_equal(COUNT(FINDINGS), 1);
    press(3);
    for (int i = 0; i < 2; i++)
        say(&alerted, filler);
    say(&not_yet, "MARKMARK");
    say(&not_yet, filler);
    assert_int_equal(COUNT(FINDINGS), 2);
    assert_int_equal(COUNT(SHED_ALERTED), 2); /* the second one once it has its alert too */
    assert_int_equal(COUNT(SHED_ALERTED_BYTES), 600);
    struct record shed = take(RECORD_TRANSFER);
    assert_true(shed.shed && !shed.hashed && shed.complete && shed.bytes == 1808);
}

static void last_goes_the_start_of_transfers_which_comes_back_first(void **state) {
    struct talk k = begin(UNAPPROVED, 80);
    press(3);
    put(&k, "MARKMARK", 8);
    assert_int_equal(COUNT(FINDINGS), 1);
    press(4);
    for (int i = 0; i < 8; i++)
        put(&k, "MARKMARK", 8);
    assert_int_equal(COUNT(SHED_STARTS), 7); /* never quite blind */
    assert_int_equal(COUNT(FINDINGS), 2);
    for (int i = 0; i < 6; i++)
        pipeline_pressure(t.pipeline, t.clock += 100 * NS_PER_MS, 0, 0);
    put(&k, "MARKMARK", 8); /* on the same connection */
    assert_int_equal(COUNT(FINDINGS), 3);
}

static void notices_say_when_it_begins_gets_worse_and_ends(void **state) {
    static const char *const keys[] = {"overload", "overload-worse", "overload-ended"};
    static uint64_t copy[4096];
    uint64_t damaged = 0;
    const struct record *r;
    size_t n = 0;
    press(2);
    for (int i = 0; i < 100; i++)
        pipeline_pressure(t.pipeline, t.clock += 200 * NS_PER_MS, 0, 0);
    while ((r = ring_read(t.ring, copy, &damaged)))
        if (r->kind == RECORD_NOTICE) {
            assert_in_range(n, 0, 2);
            assert_true(bytes_equal(record_text_of(r, TEXT_RULE_ID), bytes_text(keys[n])));
            n++;
        }
    assert_int_equal(n, 3);
}

static void the_pair_that_makes_most_of_the_work_is_named_once(void **state) {
    static uint64_t copy[4096];
    struct talk k = begin(UNAPPROVED, 80);
    uint64_t damaged = 0;
    const struct record *r;
    int named = 0;
    press(1);
    for (int second = 0; second < 3; second++) {
        for (int i = 0; i < 5000; i++)
            say(&k, "x");
        for (int i = 0; i < 10; i++)
            pipeline_pressure(t.pipeline, t.clock += 200 * NS_PER_MS, 300, 0);
    }
    while ((r = ring_read(t.ring, copy, &damaged)))
        if (bytes_equal(record_text_of(r, TEXT_RULE_ID), bytes_text("heavy-pair"))) {
            struct bytes text = record_text_of(r, TEXT_RULE_NAME);
            assert_non_null(memmem(text.p, text.n, LANE " and " UNAPPROVED, strlen(LANE " and " UNAPPROVED)));
            assert_non_null(memmem(text.p, text.n, "capture.split: ports", 20));
            named++;
        }
    assert_int_equal(named, 1);
}

int main(void) {
#define UNDER_LOAD(test) cmocka_unit_test_setup_teardown(test, open_path, close_path)
    const struct CMUnitTest tests[] = {
        UNDER_LOAD(without_pressure_everything_is_looked_into),
        UNDER_LOAD(a_flow_takes_memory_only_when_it_carries_something),
        UNDER_LOAD(what_a_contract_covers_whatever_it_is_costs_a_look_up_and_a_counter),
        UNDER_LOAD(a_contract_for_everything_means_no_canary_unless_it_names_it),
        UNDER_LOAD(what_is_covered_is_counted_by_destination),
        UNDER_LOAD(a_flow_that_overload_left_out_is_told_with_its_first_octets),
        UNDER_LOAD(a_connection_that_came_to_nothing_is_counted),
        UNDER_LOAD(one_that_was_agreed_to_or_goes_to_a_stranger_or_that_nothing_forbids_is_not),
        UNDER_LOAD(a_flood_of_openings_to_a_partner_is_one_record),
        UNDER_LOAD(first_goes_depth_on_approved_flows_begun_before_or_after),
        UNDER_LOAD(so_goes_the_search_for_files_in_what_nobody_parses),
        UNDER_LOAD(then_goes_rebuilding_of_unknown_protocols_and_not_of_known_ones),
        UNDER_LOAD(then_goes_content_behind_an_alert_and_its_record_says_so),
        UNDER_LOAD(last_goes_the_start_of_transfers_which_comes_back_first),
        UNDER_LOAD(notices_say_when_it_begins_gets_worse_and_ends),
        UNDER_LOAD(the_pair_that_makes_most_of_the_work_is_named_once),
    };
    return cmocka_run_group_tests_name("pipeline/overload", tests, worker_begin, NULL);
}
