/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "packets.h"

static struct flow_table *table;
static int opened_count, closed_count;
static enum flow_end last_end;
static uint32_t last_closed;
static time_ns now;

/* So many of the next flows that are closed are not given back at once. */
enum { KEPT_MOST = 3 };
static int keeping, kept_count;
static struct flow *kept[KEPT_MOST];

static void opened(void *context, struct flow *flow, const struct packet *p) {
    opened_count++;
}

static bool closed(void *context, struct flow *flow, enum flow_end why) {
    closed_count++;
    last_end = why;
    last_closed = flow->number;
    if (kept_count == keeping)
        return true;
    kept[kept_count++] = flow;
    return false;
}

/* The heaviest flow, by its number; 0: all weigh the same. */
static uint32_t heaviest;

static uint32_t weigh(const struct flow *flow) {
    return flow->number == heaviest;
}

static int begin_with(uint64_t memory) {
    struct flow_owner owner = {.opened = opened, .closed = closed};
    struct flow_options options = {.memory = memory};
    setting_defaults(flow_settings, &options);
    table = flow_table_create(&options, &owner);
    opened_count = closed_count = keeping = kept_count = 0;
    now = 1700000000 * NS_PER_S;
    return table ? 0 : -1;
}

static int begin(void **state) {
    return begin_with(1 << 20);
}

static int finish(void **state) {
    flow_table_destroy(table);
    return 0;
}

static const char client[] = "10.0.0.1", server[] = "192.0.2.9";
static enum side sender;

static struct flow *packet(struct packet p) {
    p.time = now;
    return flow_table_packet(table, &p, &sender);
}

static struct flow *tcp(bool from_client, uint8_t flags, uint32_t sequence, uint32_t ack, uint32_t n) {
    struct packet p = from_client ? packet_of(PROTOCOL_TCP, client, 40000, server, 5555)
                                  : packet_of(PROTOCOL_TCP, server, 5555, client, 40000);
    p.tcp_flags = flags;
    p.tcp_seq = sequence;
    p.tcp_ack = ack;
    p.payload_length = p.payload_captured = n;
    p.payload = (const uint8_t *)"";
    return packet(p);
}

static struct flow *handshake(void) {
    tcp(true, TCP_SYN, 100, 0, 0);
    tcp(false, TCP_SYN | TCP_ACK, 500, 101, 0);
    return tcp(true, TCP_ACK, 101, 501, 0);
}

static void wait(time_ns ns) {
    now += ns;
    flow_table_tick(table, now);
}

static void both_directions_are_one_flow(void **state) {
    struct flow *f = tcp(true, TCP_SYN, 100, 0, 0);
    assert_int_equal(sender, SIDE_CLIENT);
    assert_ptr_equal(tcp(false, TCP_SYN | TCP_ACK, 500, 101, 0), f);
    assert_int_equal(sender, SIDE_SERVER);
    assert_int_equal(f->packets[SIDE_CLIENT], 1);
    assert_int_equal(f->packets[SIDE_SERVER], 1);
    assert_int_equal(f->bytes[SIDE_CLIENT], 40);
    assert_true(f->syn_seen);
    assert_int_equal(opened_count, 1);
    assert_int_equal(f->number, 1);
}

static void a_packet_in_two_vlans_is_one_flow(void **state) {
    struct packet p = packet_of(PROTOCOL_UDP, client, 40000, server, 5555);
    p.vlan = 40;
    struct flow *f = packet(p);
    p.vlan = 41;
    assert_ptr_equal(packet(p), f);
    assert_int_equal(f->vlan, 40);
}

static void another_port_address_or_transport_is_another_flow(void **state) {
    packet(packet_of(PROTOCOL_UDP, client, 40000, server, 5555));
    packet(packet_of(PROTOCOL_UDP, client, 40001, server, 5555));
    packet(packet_of(PROTOCOL_UDP, client, 5555, server, 40000));
    packet(packet_of(PROTOCOL_UDP, "10.0.0.2", 40000, server, 5555));
    packet(packet_of(PROTOCOL_TCP, client, 40000, server, 5555));
    assert_int_equal(flow_table_count(table), 5);
}

static void the_same_address_and_ports_both_ways_are_told_apart_by_sender(void **state) {
    struct packet p = packet_of(PROTOCOL_UDP, "2001:db8::1", 7000, "2001:db8::1", 9001);
    struct flow *f = packet(p);
    assert_int_equal(sender, SIDE_CLIENT);
    p = packet_of(PROTOCOL_UDP, "2001:db8::1", 9001, "2001:db8::1", 7000);
    assert_ptr_equal(packet(p), f);
    assert_int_equal(sender, SIDE_SERVER);
}

static void the_sender_of_a_syn_is_the_client_and_the_receiver_of_its_answer_too(void **state) {
    struct packet p = packet_of(PROTOCOL_TCP, server, 20, client, 40000); /* FTP, active */
    p.tcp_flags = TCP_SYN;
    assert_int_equal(packet(p)->end[SIDE_CLIENT].port, 20);
    p = packet_of(PROTOCOL_TCP, client, 40001, server, 20);
    p.tcp_flags = TCP_SYN | TCP_ACK;
    assert_int_equal(packet(p)->end[SIDE_CLIENT].port, 20);
    assert_int_equal(sender, SIDE_SERVER);
}

static uint16_t client_port(uint16_t source, uint16_t destination) {
    struct packet p = packet_of(PROTOCOL_TCP, client, source, server, destination);
    p.tcp_flags = TCP_ACK;
    return packet(p)->end[SIDE_CLIENT].port;
}

static void
without_a_syn_the_well_known_port_is_the_servers_else_the_first_sender_is_the_client(void **state) {
    assert_int_equal(client_port(80, 40000), 40000);
    assert_int_equal(client_port(40001, 80), 40001);
    assert_int_equal(client_port(8080, 40002), 40002);
    assert_int_equal(client_port(80, 8080), 8080);
    assert_int_equal(client_port(2049, 1023), 1023); /* NFS from a reserved port */
    assert_int_equal(client_port(50000, 40003), 50000);
    assert_int_equal(client_port(30000, 40004), 30000);
}

static void a_repeated_syn_opens_no_flow(void **state) {
    struct flow *f = tcp(true, TCP_SYN, 100, 0, 0);
    tcp(true, TCP_SYN, 100, 0, 0);
    handshake();
    tcp(true, TCP_SYN, 100, 0, 0);
    assert_ptr_equal(tcp(true, TCP_ACK, 101, 501, 10), f);
    assert_int_equal(opened_count, 1);
    assert_int_equal(f->packets[SIDE_CLIENT], 6);
}

static void a_syn_that_comes_behind_its_data_opens_no_flow(void **state) {
    tcp(true, TCP_ACK, 101, 501, 10);
    tcp(true, TCP_SYN, 100, 0, 0);
    tcp(true, TCP_SYN, 100, 0, 0);
    assert_int_equal(opened_count, 1);
}

static void a_syn_with_a_new_sequence_after_the_close_opens_a_flow(void **state) {
    handshake();
    tcp(true, TCP_ACK | TCP_FIN, 101, 501, 0);
    struct flow *f = tcp(false, TCP_ACK | TCP_FIN, 501, 102, 0);
    assert_int_equal(f->state, FLOW_CLOSING);
    tcp(true, TCP_SYN, 100, 0, 0); /* a duplicate of the old one */
    assert_int_equal(opened_count, 1);
    f = tcp(true, TCP_SYN, 9000, 0, 0);
    assert_int_equal(opened_count, 2);
    assert_int_equal(last_end, FLOW_END_REUSED);
    assert_int_equal(last_closed, 1);
    assert_int_equal(f->number, 2);
    assert_int_equal(f->state, FLOW_NEW);
    assert_int_equal(flow_table_count(table), 1);
}

static void a_syn_with_a_new_sequence_on_an_old_flow_opens_a_flow(void **state) {
    handshake();
    now += 40 * NS_PER_S;
    tcp(true, TCP_SYN, 9000, 0, 0);
    assert_int_equal(opened_count, 2);
    assert_int_equal(last_end, FLOW_END_REUSED);
}

static void an_unanswered_syn_may_be_tried_again_with_another_sequence(void **state) {
    tcp(true, TCP_SYN, 100, 0, 0);
    tcp(true, TCP_SYN, 9000, 0, 0);
    assert_int_equal(opened_count, 2);
}

static void a_forged_syn_in_a_living_flow_changes_nothing(void **state) {
    handshake();
    struct flow *f = tcp(true, TCP_ACK, 101, 501, 10);
    tcp(true, TCP_SYN, 9000, 0, 0);
    assert_ptr_equal(tcp(true, TCP_ACK, 111, 501, 10), f);
    assert_int_equal(opened_count, 1);
    assert_int_equal(f->state, FLOW_ESTABLISHED);
}

static void a_syn_in_a_living_flow_that_is_answered_opens_a_flow(void **state) {
    handshake();
    tcp(true, TCP_SYN, 9000, 0, 0);
    struct flow *f = tcp(false, TCP_SYN | TCP_ACK, 7000, 9001, 0);
    assert_int_equal(opened_count, 2);
    assert_int_equal(sender, SIDE_SERVER);
    assert_int_equal(f->end[SIDE_CLIENT].port, 40000);
}

static void a_reset_in_the_window_closes_and_late_segments_still_find_the_flow(void **state) {
    struct flow *f = handshake();
    tcp(false, TCP_RST, 501, 0, 0);
    assert_int_equal(f->state, FLOW_CLOSED);
    wait(5 * NS_PER_S);
    assert_ptr_equal(tcp(true, TCP_ACK, 101, 501, 0), f);
    wait(10 * NS_PER_S);
    assert_int_equal(last_end, FLOW_END_RESET);
    assert_int_equal(flow_table_count(table), 0);
}

static void a_flow_that_goes_on_behind_a_reset_lives(void **state) {
    struct flow *f = handshake();
    tcp(false, TCP_RST, 501, 0, 0);
    wait(5 * NS_PER_S);
    assert_ptr_equal(tcp(true, TCP_ACK, 101, 501, 10), f);
    assert_int_equal(f->state, FLOW_ESTABLISHED);
}

static void a_reset_out_of_the_window_closes_nothing_and_is_counted(void **state) {
    struct flow *f = handshake();
    uint64_t before = counter_values[COUNTER_RESETS_IGNORED];
    tcp(false, TCP_RST, 501 + 100000, 0, 0);
    tcp(true, TCP_RST, 101 - 100000, 0, 0);
    assert_int_equal(f->state, FLOW_ESTABLISHED);
    assert_int_equal(counter_values[COUNTER_RESETS_IGNORED] - before, 2);
    tcp(false, TCP_RST, 501, 0, 0);
    assert_int_equal(f->state, FLOW_CLOSED);
}

static void a_refused_syn_closes_and_a_reset_that_answers_another_syn_does_not(void **state) {
    struct flow *f = tcp(true, TCP_SYN, 100, 0, 0);
    tcp(false, TCP_RST | TCP_ACK, 0, 90000, 0);
    assert_int_equal(f->state, FLOW_NEW);
    tcp(false, TCP_RST | TCP_ACK, 0, 101, 0);
    assert_int_equal(f->state, FLOW_CLOSED);
}

static void half_closed_is_not_closed(void **state) {
    handshake();
    struct flow *f = tcp(true, TCP_ACK | TCP_FIN, 101, 501, 0);
    wait(600 * NS_PER_S);
    assert_ptr_equal(tcp(false, TCP_ACK, 501, 102, 10), f);
    assert_int_equal(f->state, FLOW_ESTABLISHED);
    assert_int_equal(f->fin_seen, 1 << SIDE_CLIENT);
}

static void the_fin_of_the_only_side_seen_closes(void **state) {
    tcp(true, TCP_ACK, 101, 501, 10);
    struct flow *f = tcp(true, TCP_ACK | TCP_FIN, 111, 501, 0);
    assert_int_equal(f->state, FLOW_CLOSING);
    wait(10 * NS_PER_S);
    assert_int_equal(last_end, FLOW_END_CLOSED);
}

static void each_state_has_its_timeout(void **state) {
    tcp(true, TCP_SYN, 100, 0, 0);
    packet(packet_of(PROTOCOL_UDP, client, 1, server, 2));
    wait(30 * NS_PER_S - 1);
    assert_int_equal(closed_count, 0);
    wait(1);
    assert_int_equal(closed_count, 1);
    assert_int_equal(last_end, FLOW_END_TIMEOUT);
    wait(30 * NS_PER_S);
    assert_int_equal(closed_count, 2);
    handshake();
    wait(3600 * NS_PER_S - 1);
    assert_int_equal(closed_count, 2);
    wait(1);
    assert_int_equal(closed_count, 3);
}

static void a_flow_that_is_used_does_not_expire_and_the_others_do(void **state) {
    struct packet used = packet_of(PROTOCOL_UDP, client, 1, server, 2);
    packet(used);
    for (uint16_t i = 0; i < 50; i++)
        packet(packet_of(PROTOCOL_UDP, client, (uint16_t)(1000 + i), server, 2));
    for (int i = 0; i < 10; i++) {
        wait(20 * NS_PER_S);
        packet(used);
    }
    assert_int_equal(flow_table_count(table), 1);
    assert_int_equal(closed_count, 50);
}

static void a_damaged_time_stamp_does_not_keep_others_from_expiring(void **state) {
    struct packet p = packet_of(PROTOCOL_UDP, client, 1, server, 2);
    p.time = now + 1000000 * NS_PER_S;
    flow_table_packet(table, &p, &sender);
    for (uint16_t i = 0; i < 50; i++)
        packet(packet_of(PROTOCOL_UDP, client, (uint16_t)(1000 + i), server, 2));
    wait(60 * NS_PER_S);
    assert_int_equal(flow_table_count(table), 0);
}

static void at_the_cap_the_oldest_of_the_least_valuable_state_is_shed_and_counted(void **state) {
    flow_table_destroy(table);
    begin_with(100 * 208);
    uint64_t before = counter_values[COUNTER_FLOWS_SHED];
    struct flow *living = handshake();
    struct packet p = packet_of(PROTOCOL_TCP, client, 1, server, 2);
    p.tcp_flags = TCP_SYN;
    for (uint32_t i = 0; i < 100000; i++) { /* a flood of SYNs */
        p.source_port = (uint16_t)i;
        p.destination_port = (uint16_t)(i >> 16);
        packet(p);
    }
    assert_true(flow_table_count(table) <= 110);
    assert_true(counter_values[COUNTER_FLOWS_SHED] - before > 99000);
    assert_int_equal(last_end, FLOW_END_SHED);
    assert_int_equal(last_closed, 100001 - (uint32_t)flow_table_count(table) + 1);
    assert_ptr_equal(tcp(true, TCP_ACK, 101, 501, 10), living);
}

static void at_the_cap_a_flow_that_its_owner_keeps_yet_keeps_no_other_out(void **state) {
    flow_table_destroy(table);
    begin_with(100 * 208);
    struct packet p = packet_of(PROTOCOL_TCP, client, 1, server, 2);
    p.tcp_flags = TCP_SYN;
    keeping = KEPT_MOST;
    for (uint16_t i = 1; i < 300; i++) {
        p.source_port = i;
        assert_non_null(packet(p));
    }
    assert_int_equal(kept_count, KEPT_MOST);
    for (int i = 0; i < KEPT_MOST; i++)
        flow_table_release(table, kept[i]);
}

static struct flow *looked_into(uint16_t port, bool answered) {
    struct packet p = packet_of(PROTOCOL_TCP, client, port, server, 5555);
    struct packet q = packet_of(PROTOCOL_TCP, server, 5555, client, port);
    p.tcp_flags = TCP_SYN;
    q.tcp_flags = TCP_ACK;
    struct flow *f = packet(p);
    f->conversation = f;
    return answered ? packet(q) : f;
}

static void room_is_made_by_the_least_valuable_flow_that_is_looked_into(void **state) {
    struct flow *living = looked_into(1000, true), *unanswered = looked_into(1001, false);
    uint64_t before = counter_values[COUNTER_FLOWS_GAVE_WAY];
    tcp(true, TCP_SYN, 100, 0, 0); /* nobody looks into it */
    struct flow *newest = looked_into(1002, false);
    uint32_t gone = unanswered->number, stays = newest->number, last = living->number;
    assert_true(flow_table_make_room(table, newest, weigh));
    assert_int_equal(last_closed, gone);
    assert_int_equal(last_end, FLOW_END_SHED);
    assert_true(flow_table_make_room(table, newest, weigh));
    assert_int_equal(last_closed, last);
    assert_false(flow_table_make_room(table, newest, weigh));
    assert_int_equal(closed_count, 2);
    assert_int_equal(newest->number, stays);
    assert_int_equal(counter_values[COUNTER_FLOWS_GAVE_WAY] - before, 2);
}

static void room_is_made_by_the_source_that_has_most(void **state) {
    looked_into(1000, false);
    const struct flow *heavy = looked_into(1001, true);
    heaviest = heavy->number;
    assert_true(flow_table_make_room(table, NULL, weigh));
    assert_int_equal(last_closed, heaviest);
    heaviest = 0;
}

static void what_is_left_at_the_end_is_closed_once(void **state) {
    handshake();
    packet(packet_of(PROTOCOL_UDP, "2001:db8::1", 1, "2001:db8::2", 2));
    flow_table_destroy(table);
    table = NULL;
    assert_int_equal(closed_count, 2);
    assert_int_equal(last_end, FLOW_END_EXIT);
}

static void a_million_flows_fit_into_400_megabytes(void **state) {
    flow_table_destroy(table);
    begin_with(400 << 20);
    struct packet p = packet_of(PROTOCOL_UDP, "2001:db8::1", 1, "2001:db8::2", 2);
    uint64_t before = counter_values[COUNTER_FLOWS_SHED];
    for (uint32_t i = 0; i < 1000000; i++) {
        p.source_port = (uint16_t)i;
        p.destination_port = (uint16_t)(30000 + (i >> 16));
        packet(p);
    }
    assert_int_equal(flow_table_count(table), 1000000);
    assert_int_equal(counter_values[COUNTER_FLOWS_SHED], before);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, finish)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(both_directions_are_one_flow),
        TEST(a_packet_in_two_vlans_is_one_flow),
        TEST(another_port_address_or_transport_is_another_flow),
        TEST(the_same_address_and_ports_both_ways_are_told_apart_by_sender),
        TEST(the_sender_of_a_syn_is_the_client_and_the_receiver_of_its_answer_too),
        TEST(without_a_syn_the_well_known_port_is_the_servers_else_the_first_sender_is_the_client),
        TEST(a_repeated_syn_opens_no_flow),
        TEST(a_syn_that_comes_behind_its_data_opens_no_flow),
        TEST(a_syn_with_a_new_sequence_after_the_close_opens_a_flow),
        TEST(a_syn_with_a_new_sequence_on_an_old_flow_opens_a_flow),
        TEST(an_unanswered_syn_may_be_tried_again_with_another_sequence),
        TEST(a_forged_syn_in_a_living_flow_changes_nothing),
        TEST(a_syn_in_a_living_flow_that_is_answered_opens_a_flow),
        TEST(a_reset_in_the_window_closes_and_late_segments_still_find_the_flow),
        TEST(a_flow_that_goes_on_behind_a_reset_lives),
        TEST(a_reset_out_of_the_window_closes_nothing_and_is_counted),
        TEST(a_refused_syn_closes_and_a_reset_that_answers_another_syn_does_not),
        TEST(half_closed_is_not_closed),
        TEST(the_fin_of_the_only_side_seen_closes),
        TEST(each_state_has_its_timeout),
        TEST(a_flow_that_is_used_does_not_expire_and_the_others_do),
        TEST(a_damaged_time_stamp_does_not_keep_others_from_expiring),
        TEST(at_the_cap_the_oldest_of_the_least_valuable_state_is_shed_and_counted),
        TEST(at_the_cap_a_flow_that_its_owner_keeps_yet_keeps_no_other_out),
        TEST(room_is_made_by_the_least_valuable_flow_that_is_looked_into),
        TEST(room_is_made_by_the_source_that_has_most),
        TEST(what_is_left_at_the_end_is_closed_once),
        TEST(a_million_flows_fit_into_400_megabytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
