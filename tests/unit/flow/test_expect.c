/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "packets.h"

static const time_ns lifetime = 30 * NS_PER_S;
static struct expect_table *table;

/* `id` is the only fact that it carries. */
static struct expectation expectation_of(int id, uint16_t port) {
    return (struct expectation){
        .transport = PROTOCOL_TCP,
        .facts_n = 1,
        .facts = {(uint8_t)id},
        .end = {{.address = address_of("10.0.0.1")}, {address_of("192.0.2.9"), port}}};
}

static struct flow flow_of(const char *client, uint16_t client_port, const char *server,
                           uint16_t server_port) {
    return (struct flow){.transport = PROTOCOL_TCP,
                         .end = {{address_of(client), client_port}, {address_of(server), server_port}}};
}

static void add(int id, uint16_t port, time_ns now) {
    struct expectation e = expectation_of(id, port);
    expect_add(table, &e, now);
}

static int begin(void **state) {
    table = expect_create(3, lifetime);
    return table ? 0 : -1;
}

static int finish(void **state) {
    expect_destroy(table);
    return 0;
}

static void an_announced_flow_is_taken_once(void **state) {
    struct flow f = flow_of("10.0.0.1", 40000, "192.0.2.9", 2020);
    struct expectation out;
    add(0, 2020, 0);
    assert_true(expect_take(table, &f, 1, &out));
    assert_int_equal(out.facts[0], 0);
    assert_false(expect_take(table, &f, 1, &out));
}

static void it_is_found_when_the_sides_are_the_wrong_way_round(void **state) {
    struct flow f = flow_of("192.0.2.9", 2020, "10.0.0.1", 40000);
    struct expectation out;
    add(0, 2020, 0);
    assert_true(expect_take(table, &f, 1, &out));
}

static void another_client_server_or_port_does_not_take_it(void **state) {
    struct flow flows[] = {
        flow_of("10.0.0.2", 40000, "192.0.2.9", 2020),
        flow_of("10.0.0.1", 40000, "192.0.2.8", 2020),
        flow_of("10.0.0.1", 40000, "192.0.2.9", 2021),
        flow_of("10.0.0.1", 2020, "192.0.2.9", 40000),
    };
    struct expectation out;
    add(0, 2020, 0);
    for (size_t i = 0; i < 4; i++)
        assert_false(expect_take(table, &flows[i], 1, &out));
}

static void it_lives_for_its_lifetime(void **state) {
    struct flow f = flow_of("10.0.0.1", 40000, "192.0.2.9", 2020);
    struct expectation out;
    add(0, 2020, 0);
    add(1, 2021, 10);
    expect_tick(table, lifetime - 1);
    assert_int_equal(expect_count(table), 2);
    expect_tick(table, lifetime);
    assert_int_equal(expect_count(table), 1);
    f.end[SIDE_SERVER].port = 2021;
    assert_false(expect_take(table, &f, lifetime + 10, &out)); /* late, no tick in between */
    assert_int_equal(expect_count(table), 0);
}

static void a_time_stamp_far_ahead_does_not_keep_it_for_ever(void **state) {
    add(0, 2020, 1000 * lifetime); /* damaged */
    add(1, 2021, 0);
    assert_int_equal(expect_count(table), 1); /* the first was over as soon as time was known again */
    expect_tick(table, lifetime);
    assert_int_equal(expect_count(table), 0);
}

static void the_same_one_again_replaces_the_first(void **state) {
    struct flow f = flow_of("10.0.0.1", 40000, "192.0.2.9", 2020);
    struct expectation out;
    add(0, 2020, 0);
    add(1, 2020, 5);
    assert_true(expect_take(table, &f, 6, &out));
    assert_int_equal(out.facts[0], 1);
}

static void beyond_the_limit_the_oldest_goes_and_is_counted(void **state) {
    struct expectation out;
    uint64_t before = counter_values[COUNTER_EXPECTATIONS_SHED];
    for (uint16_t port = 1; port <= 4; port++)
        add(port, port, 0);
    assert_int_equal(counter_values[COUNTER_EXPECTATIONS_SHED] - before, 1);
    for (uint16_t port = 1; port <= 4; port++) {
        struct flow f = flow_of("10.0.0.1", 40000, "192.0.2.9", port);
        assert_int_equal(expect_take(table, &f, 1, &out), port > 1);
    }
    for (uint16_t port = 1; port <= 3; port++)
        add(port, port, 0);
    add(4, 4, lifetime); /* the others are over */
    assert_int_equal(counter_values[COUNTER_EXPECTATIONS_SHED] - before, 1);
}

/* As TFTP has it: the client's port is known, the server answers from one that nobody knows. */
static void one_port_may_be_left_open(void **state) {
    struct expectation e = expectation_of(0, 0), out;
    struct flow right = flow_of("10.0.0.1", 3333, "192.0.2.9", 50123);
    struct flow wrong = flow_of("10.0.0.1", 3334, "192.0.2.9", 50123);
    struct flow turned = flow_of("192.0.2.9", 50123, "10.0.0.1", 3333);
    e.transport = right.transport = wrong.transport = turned.transport = PROTOCOL_UDP;
    e.end[SIDE_CLIENT].port = 3333;
    expect_add(table, &e, 0);
    assert_false(expect_knows(table, &wrong));
    assert_true(expect_knows(table, &turned));
    assert_true(expect_take(table, &right, 1, &out));
}

static void where_both_ports_are_known_both_must_fit(void **state) {
    struct expectation e = expectation_of(0, 2020), out;
    struct flow right = flow_of("10.0.0.1", 3333, "192.0.2.9", 2020);
    struct flow wrong = flow_of("10.0.0.1", 3334, "192.0.2.9", 2020);
    e.end[SIDE_CLIENT].port = 3333;
    expect_add(table, &e, 0);
    assert_false(expect_take(table, &wrong, 1, &out));
    assert_true(expect_take(table, &right, 1, &out));
}

static void another_transport_does_not_take_it(void **state) {
    struct flow f = flow_of("10.0.0.1", 40000, "192.0.2.9", 2020);
    struct expectation out;
    f.transport = PROTOCOL_UDP;
    add(0, 2020, 0);
    assert_false(expect_take(table, &f, 1, &out));
    f.transport = PROTOCOL_TCP;
    assert_true(expect_take(table, &f, 1, &out));
}

static void who_announces_most_pushes_out_his_own(void **state) {
    struct expectation other = expectation_of(9, 2000), out;
    struct flow f = flow_of("10.0.0.77", 40000, "192.0.2.77", 2000);
    other.end[SIDE_CLIENT].address = address_of("10.0.0.77");
    other.end[SIDE_SERVER].address = address_of("192.0.2.77");
    expect_add(table, &other, 0);
    for (uint16_t i = 0; i < 100; i++)
        add(1, (uint16_t)(3000 + i), 1);
    assert_true(expect_take(table, &f, 2, &out));
    assert_int_equal(out.facts[0], 9);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, finish)

static void one_whose_other_end_nobody_knows_is_taken_by_whoever_comes(void **state) {
    struct expectation e = expectation_of(7, 2020), out;
    struct flow wrong[] = {flow_of("10.0.0.2", 40000, "192.0.2.9", 2021),
                           flow_of("10.0.0.2", 40000, "192.0.2.8", 2020)};
    struct flow f = flow_of("203.0.113.5", 40000, "192.0.2.9", 2020);
    e.end[SIDE_CLIENT].address = (struct address){0};
    expect_add(table, &e, 0);
    for (size_t i = 0; i < 2; i++)
        assert_false(expect_take(table, &wrong[i], 1, &out));
    assert_true(expect_take(table, &f, 1, &out));
    assert_int_equal(out.facts[0], 7);
    assert_false(expect_take(table, &f, 1, &out));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(an_announced_flow_is_taken_once),
        TEST(it_is_found_when_the_sides_are_the_wrong_way_round),
        TEST(another_client_server_or_port_does_not_take_it),
        TEST(it_lives_for_its_lifetime),
        TEST(a_time_stamp_far_ahead_does_not_keep_it_for_ever),
        TEST(the_same_one_again_replaces_the_first),
        TEST(beyond_the_limit_the_oldest_goes_and_is_counted),
        TEST(who_announces_most_pushes_out_his_own),
        TEST(one_port_may_be_left_open),
        TEST(where_both_ports_are_known_both_must_fit),
        TEST(another_transport_does_not_take_it),
        TEST(one_whose_other_end_nobody_knows_is_taken_by_whoever_comes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
