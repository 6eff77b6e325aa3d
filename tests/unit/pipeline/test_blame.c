/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/shared/blame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct packet packet(const char *source, uint16_t source_port, const char *destination,
                            uint16_t port) {
    struct packet p = {.transport = 6, .source_port = source_port, .destination_port = port};
    assert_true(address_parse(source, &p.source) && address_parse(destination, &p.destination));
    return p;
}

static unsigned left_out(const struct blame *b, const struct packet *p) {
    struct flow_name f;
    flow_name_of(p, &f);
    return blame_without(b, &f);
}

static enum blame_verdict die(struct blame *b, const struct packet *p, time_ns now) {
    struct flow_name f;
    flow_name_of(p, &f);
    return blame_death(b, &f, STAGE_PACKET, now);
}

static const time_ns start = 1000 * NS_PER_S;

static void test_a_flow_is_left_out_from_the_second_death_in_both_directions(void **state) {
    struct blame b = {0};
    struct packet to = packet("10.40.0.1", 5000, "192.0.2.1", 80),
                  back = packet("192.0.2.1", 80, "10.40.0.1", 5000);
    struct packet other = packet("10.40.0.1", 5001, "192.0.2.1", 80);
    assert_int_equal(die(&b, &to, start), BLAME_NOTED);
    assert_false(left_out(&b, &to));
    assert_int_equal(die(&b, &back, start + 1), BLAME_SKIP_FLOW);
    assert_true(left_out(&b, &to));
    assert_true(left_out(&b, &back));
    assert_false(left_out(&b, &other));
}

static void test_who_tries_again_from_other_ports_is_left_out_from_the_third_death(void **state) {
    struct blame b = {0};
    struct packet p[4], elsewhere = packet("10.40.0.1", 5009, "192.0.2.2", 80);
    struct packet other_service = packet("10.40.0.1", 5010, "192.0.2.1", 21);
    for (uint16_t i = 0; i < 4; i++)
        p[i] = packet("10.40.0.1", (uint16_t)(5000 + i), "192.0.2.1", 80);
    assert_int_equal(die(&b, &p[0], start), BLAME_NOTED);
    assert_int_equal(die(&b, &p[1], start), BLAME_NOTED);
    assert_false(left_out(&b, &p[3]));
    assert_int_equal(die(&b, &p[2], start), BLAME_SKIP_SERVICE);
    assert_true(left_out(&b, &p[3]));
    assert_false(left_out(&b, &elsewhere));
    assert_false(left_out(&b, &other_service));
}

static void test_blame_is_forgotten_after_ten_minutes(void **state) {
    struct blame b = {0};
    struct packet p = packet("10.40.0.1", 5000, "192.0.2.1", 80);
    die(&b, &p, start);
    die(&b, &p, start);
    blame_expire(&b, start + 600 * NS_PER_S);
    assert_true(left_out(&b, &p));
    blame_expire(&b, start + 601 * NS_PER_S);
    assert_false(left_out(&b, &p));
    assert_int_equal(die(&b, &p, start + 602 * NS_PER_S), BLAME_NOTED);
}

static void test_many_other_deaths_take_the_oldest_place(void **state) {
    struct blame b = {0};
    struct packet first = packet("10.40.0.1", 5000, "192.0.2.1", 80);
    die(&b, &first, start);
    die(&b, &first, start);
    assert_true(left_out(&b, &first));
    for (uint16_t i = 0; i < BLAMED_MAX; i++) {
        char source[32];
        snprintf(source, sizeof source, "10.40.1.%u", i);
        struct packet p = packet(source, (uint16_t)(6000 + i), "192.0.2.9", (uint16_t)(100 + i));
        die(&b, &p, start + 1 + i);
    }
    assert_false(left_out(&b, &first));
    assert_int_equal(atomic_load(&b.skipped), 0);
}

static enum blame_verdict die_in(struct blame *b, const struct packet *p, enum stage stage, time_ns now) {
    struct flow_name f;
    flow_name_of(p, &f);
    return blame_death(b, &f, stage, now);
}

static void test_a_flow_goes_on_without_the_stage_that_died_of_it_once(void **state) {
    struct blame b = {0};
    struct packet p = packet("10.40.0.1", 5000, "192.0.2.1", 80),
                  other = packet("10.40.0.1", 5001, "192.0.2.1", 80);
    assert_int_equal(die_in(&b, &p, STAGE_CODING, start), BLAME_SKIP_FLOW);
    assert_int_equal(left_out(&b, &p), 1 << STAGE_CODING);
    assert_int_equal(left_out(&b, &other), 0);
    assert_int_equal(die_in(&b, &p, STAGE_PATTERNS, start + 1), BLAME_SKIP_FLOW);
    assert_int_equal(left_out(&b, &p), 1 << STAGE_CODING | 1 << STAGE_PATTERNS);
    assert_int_equal(atomic_load(&b.skipped), 1);
}

static void test_a_service_loses_the_stages_that_died_and_no_other(void **state) {
    struct blame b = {0};
    struct packet fresh = packet("10.40.0.1", 6000, "192.0.2.1", 80);
    for (uint16_t i = 0; i < BLAME_SERVICE_DEATHS; i++) {
        struct packet p = packet("10.40.0.1", (uint16_t)(5000 + i), "192.0.2.1", 80);
        assert_int_equal(left_out(&b, &fresh), 0);
        die_in(&b, &p, STAGE_DIGEST, start + i);
    }
    assert_int_equal(left_out(&b, &fresh), 1 << STAGE_DIGEST);
}

static void test_who_changes_both_ports_is_left_out_from_the_fourth_death(void **state) {
    struct blame b = {0};
    struct packet fresh = packet("10.40.0.1", 7000, "192.0.2.1", 7001);
    struct packet elsewhere = packet("10.40.0.1", 7000, "192.0.2.2", 7001);
    for (uint16_t i = 0; i < BLAME_PAIR_DEATHS; i++) {
        struct packet p = packet("10.40.0.1", (uint16_t)(5000 + i), "192.0.2.1", (uint16_t)(4000 + i));
        assert_int_equal(left_out(&b, &fresh), 0);
        assert_int_equal(die_in(&b, &p, STAGE_CODING, start + i),
                         i + 1 < BLAME_PAIR_DEATHS ? BLAME_SKIP_FLOW : BLAME_SKIP_PAIR);
    }
    assert_int_equal(left_out(&b, &fresh), 1 << STAGE_CODING);
    assert_int_equal(left_out(&b, &elsewhere), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_changes_both_ports_is_left_out_from_the_fourth_death),
        cmocka_unit_test(test_a_flow_goes_on_without_the_stage_that_died_of_it_once),
        cmocka_unit_test(test_a_service_loses_the_stages_that_died_and_no_other),
        cmocka_unit_test(test_a_flow_is_left_out_from_the_second_death_in_both_directions),
        cmocka_unit_test(test_who_tries_again_from_other_ports_is_left_out_from_the_third_death),
        cmocka_unit_test(test_blame_is_forgotten_after_ten_minutes),
        cmocka_unit_test(test_many_other_deaths_take_the_oldest_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
