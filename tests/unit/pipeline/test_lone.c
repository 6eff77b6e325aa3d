/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/lone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* A datagram of `n` octets: eight of its header stand in front of them. */
static uint8_t wire[8 + 64] = "headeron"
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

static void large_ones_answered_ones_and_later_ones_never_wait(void **state) {
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_packets_pay_for_does_not_wait),
        cmocka_unit_test(one_that_is_not_paid_for_comes_back_as_it_was),
        cmocka_unit_test(large_ones_answered_ones_and_later_ones_never_wait),
        cmocka_unit_test(where_there_is_no_room_the_oldest_gives_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
