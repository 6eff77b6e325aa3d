/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/lone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* A datagram of `n` octets: eight of its header stand in front of them. */
static uint8_t wire[8 + 1024] = "headeron"
                                "0123456789";

static struct packet datagram(uint32_t n) {
    return (struct packet){.transport = PROTOCOL_UDP,
                           .header_length = 8,
                           .payload = wire + 8,
                           .payload_captured = n,
                           .payload_length = n,
                           .network_length = 28 + n};
}

static struct lone_packets start(size_t most) {
    struct lone_packets l;
    assert_true(lone_init(&l, most));
    return l;
}

static struct packet segment(uint32_t n) {
    struct packet p = datagram(n);
    p.transport = PROTOCOL_TCP;
    return p;
}

/* All that was in the purse goes into looks at flows. */
static void make_poor(struct lone_packets *l) {
    struct packet p = datagram(10);
    struct flow paid = {.packets = {1}};
    while (!lone_keep(l, &paid, &p, SIDE_CLIENT))
        continue;
    assert_true(lone_take(l, &paid, &p, &(enum side){SIDE_CLIENT}));
}

static void what_packets_pay_for_does_not_wait(void **state) {
    struct lone_packets l = start(4);
    struct packet p = datagram(10);
    struct flow flow = {.packets = {1}};
    assert_false(lone_keep(&l, &flow, &p, SIDE_CLIENT));
    make_poor(&l);
    for (int i = 0; i < 100; i++)
        lone_earn(&l, 1400);
    assert_false(lone_keep(&l, &flow, &p, SIDE_CLIENT));
    lone_finish(&l);
}

static void one_that_is_not_paid_for_comes_back_as_it_was(void **state) {
    struct lone_packets l = start(4);
    struct packet p = datagram(10), out;
    struct flow flow = {.packets = {0, 1}, .sound = PACKET_DOUBTFUL};
    enum side from = SIDE_CLIENT;
    p.network = p.ethernet = wire;
    make_poor(&l);
    assert_true(lone_keep(&l, &flow, &p, SIDE_SERVER));
    flow.sound = PACKET_SOUND;
    assert_true(lone_take(&l, &flow, &out, &from));
    assert_int_equal(from, SIDE_SERVER);
    assert_int_equal(flow.sound, PACKET_DOUBTFUL);
    assert_int_equal(out.payload_length, 10);
    assert_null(out.network);
    assert_null(out.ethernet);
    assert_memory_equal(out.payload - out.header_length, "headeron0123456789", 18);
    assert_null(flow.lone);
    assert_false(lone_take(&l, &flow, &out, &from));
    lone_finish(&l);
}

static void large_datagrams_answered_ones_and_later_ones_never_wait(void **state) {
    struct lone_packets l = start(4);
    struct packet small = datagram(10), large = datagram(49), cut = datagram(10);
    struct flow first = {.packets = {1}}, second = {.packets = {2}}, answered = {.packets = {1, 1}};
    cut.payload_captured = 9;
    make_poor(&l);
    assert_false(lone_keep(&l, &first, &large, SIDE_CLIENT));
    assert_false(lone_keep(&l, &first, &cut, SIDE_CLIENT));
    assert_false(lone_keep(&l, &second, &small, SIDE_CLIENT));
    assert_false(lone_keep(&l, &answered, &small, SIDE_CLIENT));
    second.syn_seen = true;
    assert_true(lone_keep(&l, &second, &small, SIDE_CLIENT));
    lone_finish(&l);
}

static void where_there_is_no_room_the_oldest_gives_way(void **state) {
    struct lone_packets l = start(2);
    struct packet p = datagram(10), out;
    struct flow flow[3] = {{.packets = {1}}, {.packets = {1}}, {.packets = {1}}};
    enum side from;
    make_poor(&l);
    for (int i = 0; i < 3; i++)
        assert_true(lone_keep(&l, &flow[i], &p, SIDE_CLIENT));
    assert_false(lone_take(&l, &flow[0], &out, &from));
    assert_true(lone_take(&l, &flow[1], &out, &from));
    assert_true(lone_take(&l, &flow[2], &out, &from));
    lone_finish(&l);
}

/* A flow of which so many packets came from each side, the last of `n` octets. */
static bool keep(struct lone_packets *l, struct flow *flow, enum side from, uint32_t n) {
    struct packet p = segment(n);
    flow->packets[from]++;
    return lone_keep(l, flow, &p, from);
}

static void three_packets_of_tcp_wait_together_and_come_back_in_order(void **state) {
    struct lone_packets l = start(4);
    struct packet out;
    struct flow flow = {.packets = {0}};
    enum side from;
    make_poor(&l);
    assert_true(keep(&l, &flow, SIDE_CLIENT, 40));
    assert_true(keep(&l, &flow, SIDE_SERVER, 20));
    assert_true(keep(&l, &flow, SIDE_CLIENT, 0));
    assert_false(keep(&l, &flow, SIDE_CLIENT, 1));
    const uint32_t octets[] = {40, 20, 0};
    const enum side sides[] = {SIDE_CLIENT, SIDE_SERVER, SIDE_CLIENT};
    for (int i = 0; i < 3; i++) {
        assert_true(lone_take(&l, &flow, &out, &from));
        assert_int_equal(out.payload_length, octets[i]);
        assert_int_equal(from, sides[i]);
    }
    assert_null(flow.lone);
    lone_finish(&l);
}

static void what_is_no_longer_small_with_what_waits_does_not_wait(void **state) {
    struct lone_packets l = start(4);
    struct flow small = {.packets = {0}}, large = {.packets = {0}}, seen = {.packets = {1}},
                opened = {.packets = {1}, .syn_seen = true};
    make_poor(&l);
    assert_true(keep(&l, &small, SIDE_CLIENT, 60));
    assert_true(keep(&l, &small, SIDE_SERVER, 60));
    assert_true(keep(&l, &large, SIDE_CLIENT, 64));
    large.packets[SIDE_CLIENT]++;
    struct packet p = segment(1024);
    assert_false(lone_keep(&l, &large, &p, SIDE_CLIENT));
    assert_false(keep(&l, &seen, SIDE_SERVER, 1)); /* one came that does not wait */
    assert_false(keep(&l, &opened, SIDE_SERVER, 0));
    lone_finish(&l);
}

static void a_flow_whose_oldest_packet_gives_way_loses_those_that_wait_behind_it(void **state) {
    struct lone_packets l = start(2);
    struct packet out;
    struct flow first = {.packets = {0}}, second = {.packets = {0}};
    enum side from;
    make_poor(&l);
    assert_true(keep(&l, &first, SIDE_CLIENT, 10));
    assert_true(keep(&l, &first, SIDE_SERVER, 10));
    assert_true(keep(&l, &second, SIDE_CLIENT, 10));
    assert_null(first.lone);
    assert_false(keep(&l, &first, SIDE_CLIENT, 10));
    assert_true(keep(&l, &second, SIDE_CLIENT, 10)); /* there is a place for one more */
    assert_true(lone_take(&l, &second, &out, &from));
    assert_true(lone_take(&l, &second, &out, &from));
    assert_false(lone_take(&l, &second, &out, &from));
    lone_finish(&l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_packets_pay_for_does_not_wait),
        cmocka_unit_test(one_that_is_not_paid_for_comes_back_as_it_was),
        cmocka_unit_test(large_datagrams_answered_ones_and_later_ones_never_wait),
        cmocka_unit_test(where_there_is_no_room_the_oldest_gives_way),
        cmocka_unit_test(three_packets_of_tcp_wait_together_and_come_back_in_order),
        cmocka_unit_test(what_is_no_longer_small_with_what_waits_does_not_wait),
        cmocka_unit_test(a_flow_whose_oldest_packet_gives_way_loses_those_that_wait_behind_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
