/* SPDX-License-Identifier: Apache-2.0 */
#include "frame.h"

static struct decoder *decoder;
static uint64_t sampled, doubled;

static int begin(void **state) {
    decoder = decoder_create(&(struct decoder_options){.fragment_bytes = 0});
    sampled = count(COUNTER_DUPLICATES_SAMPLED);
    doubled = count(COUNTER_DUPLICATES);
    return decoder ? 0 : -1;
}

static int end(void **state) {
    decoder_destroy(decoder);
    return 0;
}

/* A segment with this sequence number and IP id. */
static struct frame *segment(unsigned seq, unsigned id, unsigned hops) {
    static struct frame f;
    f.length = 0;
    add_ethernet(&f, 0x0800);
    add_ipv4(&f, PROTOCOL_TCP, 27, id, 0);
    f.bytes[14 + 8] = (uint8_t)(64 - hops);
    f.bytes[14 + 10] = (uint8_t)hops; /* the checksum changes with it */
    add_u16(&f, 51820);
    add_u16(&f, 21);
    add_u32(&f, seq);
    add(&f, "\0\0\0\1\x50\x18\x10\0\0\0\0\0payload", 19);
    return &f;
}

static void see(const struct frame *f, time_ns time) {
    struct packet p;
    assert_true(decode_at(decoder, f, time, &p));
}

/* Once no copy can come any more. */
static void judge(void) {
    static time_ns late = 1000 * NS_PER_S;
    decoder_tick(decoder, late += 100 * NS_PER_S);
}

static uint64_t samples(void) {
    judge();
    return count(COUNTER_DUPLICATES_SAMPLED) - sampled;
}

static uint64_t duplicates(void) {
    judge();
    return count(COUNTER_DUPLICATES) - doubled;
}

/* A sequence number whose segments are of the sample. */
static unsigned sampled_seq(void) {
    unsigned seq = 0;
    uint64_t before = samples();
    while (samples() == before)
        see(segment(++seq, 1, 0), 0);
    sampled = count(COUNTER_DUPLICATES_SAMPLED);
    return seq;
}

static void a_copy_within_a_second_is_counted_and_a_later_one_is_not(void **state) {
    unsigned seq = sampled_seq();
    see(segment(seq, 7, 0), 10 * NS_PER_S);
    see(segment(seq, 7, 0), 10 * NS_PER_S + 999 * NS_PER_MS);
    see(segment(seq, 7, 0), 12 * NS_PER_S);
    assert_int_equal(duplicates(), 1);
    assert_int_equal(samples(), 3);
}

static void a_copy_from_behind_a_router_is_one_too(void **state) {
    unsigned seq = sampled_seq();
    see(segment(seq, 7, 0), 10 * NS_PER_S);
    see(segment(seq, 7, 1), 10 * NS_PER_S + NS_PER_MS);
    assert_int_equal(duplicates(), 1);
}

/* It has an IP id of its own. */
static void a_retransmission_is_no_copy(void **state) {
    unsigned seq = sampled_seq();
    see(segment(seq, 7, 0), 10 * NS_PER_S);
    see(segment(seq, 8, 0), 10 * NS_PER_S + NS_PER_MS);
    assert_int_equal(duplicates(), 0);
}

static void what_is_sent_again_and_again_is_no_copy_and_none_of_the_sample(void **state) {
    unsigned seq = sampled_seq();
    for (int i = 0; i < 100; i++)
        see(segment(seq, 7, 0), 10 * NS_PER_S + i * NS_PER_MS);
    assert_int_equal(duplicates(), 0);
    assert_int_equal(samples(), 0);
}

static void at_most_each_second_packet_is_a_copy(void **state) {
    unsigned seq = sampled_seq();
    for (int i = 0; i < 3; i++)
        see(segment(seq, 7, 0), 10 * NS_PER_S + i * NS_PER_MS);
    assert_int_equal(duplicates(), 1);
    assert_int_equal(samples(), 3);
}

/* No checksum and no IP id: their payloads alone tell them apart. */
static struct frame *datagram(unsigned port, unsigned number) {
    static struct frame f;
    f.length = 0;
    add_ethernet(&f, 0x0800);
    add_ipv4(&f, PROTOCOL_UDP, 28, 0, 0x4000);
    add_u16(&f, port);
    add_u16(&f, 9000);
    add_u16(&f, 28);
    add_u16(&f, 0);
    add(&f, "camera 7 counts ", 16);
    add_u32(&f, number);
    return &f;
}

static unsigned sampled_port(void) {
    unsigned port = 40000;
    uint64_t before = samples();
    while (samples() == before)
        see(datagram(++port, 0), 0);
    sampled = count(COUNTER_DUPLICATES_SAMPLED);
    return port;
}

static void datagrams_with_equal_headers_are_copies_where_their_payloads_are_equal(void **state) {
    unsigned port = sampled_port();
    for (unsigned i = 0; i < 100; i++)
        see(datagram(port, i), 10 * NS_PER_S + i * NS_PER_MS);
    assert_int_equal(duplicates(), 0);
    assert_int_equal(samples(), 100);
    for (unsigned i = 0; i < 100; i++)
        see(datagram(port, 1000 + i / 2), 20 * NS_PER_S + i * NS_PER_MS);
    assert_in_range(duplicates(), 45, 50);
}

static void of_many_packets_a_sixteenth_is_looked_at(void **state) {
    for (unsigned i = 0; i < 16000; i++)
        see(segment(i * 1448, 1, 0), i * NS_PER_MS);
    assert_in_range(samples(), 900, 1100);
    assert_int_equal(duplicates(), 0);
}

static void packets_without_payload_or_ports_are_left_out(void **state) {
    static struct frame f;
    for (unsigned i = 0; i < 1000; i++) {
        f.length = 0;
        add_ethernet(&f, 0x0800);
        add_ipv4(&f, i & 1 ? PROTOCOL_TCP : 1, 20, i, 0);
        add_u32(&f, 0xca6c0015);
        add_u32(&f, i);
        add(&f, "\0\0\0\1\x50\x10\x10\0\0\0\0\0", 12);
        see(&f, 0);
        see(&f, 0);
    }
    assert_int_equal(samples(), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_copy_within_a_second_is_counted_and_a_later_one_is_not, begin, end),
        cmocka_unit_test_setup_teardown(a_copy_from_behind_a_router_is_one_too, begin, end),
        cmocka_unit_test_setup_teardown(a_retransmission_is_no_copy, begin, end),
        cmocka_unit_test_setup_teardown(what_is_sent_again_and_again_is_no_copy_and_none_of_the_sample, begin,
                                        end),
        cmocka_unit_test_setup_teardown(at_most_each_second_packet_is_a_copy, begin, end),
        cmocka_unit_test_setup_teardown(
            datagrams_with_equal_headers_are_copies_where_their_payloads_are_equal, begin, end),
        cmocka_unit_test_setup_teardown(of_many_packets_a_sixteenth_is_looked_at, begin, end),
        cmocka_unit_test_setup_teardown(packets_without_payload_or_ports_are_left_out, begin, end),
    };
    return cmocka_run_group_tests_name("decode/repeat", tests, NULL, NULL);
}
