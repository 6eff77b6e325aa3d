/* SPDX-License-Identifier: Apache-2.0 */
#include "frame.h"

enum { DATA = 3000, SEGMENT = 20 + DATA, CUT = 1480 };
#define START (1780000000 * NS_PER_S)

static struct decoder *decoder;
static struct frame segment; /* a TCP header and DATA bytes */
static struct packet got;

static int set_up(void **state) {
    uint8_t data[DATA];
    for (size_t i = 0; i < DATA; i++)
        data[i] = (uint8_t)(i * 7 + i / 256);
    decoder = decoder_create(&(struct decoder_options){.fragment_bytes = 0});
    segment.length = 0;
    add_tcp(&segment, data, DATA);
    return decoder == NULL;
}

static int tear_down(void **state) {
    decoder_destroy(decoder);
    return 0;
}

static void add_v4_fragment(struct frame *f, unsigned id, const struct frame *whole, size_t from, size_t to) {
    f->length = 0;
    add_ethernet(f, 0x0800);
    add_ipv4(f, 6, (unsigned)(to - from), id, (unsigned)(from / 8) | (to < whole->length ? 0x2000 : 0));
    add(f, whole->bytes + from, to - from);
}

static bool send_v4(unsigned id, size_t from, size_t to, time_ns time) {
    struct frame f;
    add_v4_fragment(&f, id, &segment, from, to);
    return decode_at(decoder, &f, time, &got);
}

static void assert_whole(void) {
    assert_true(got.defragmented);
    assert_int_equal(got.transport, PROTOCOL_TCP);
    assert_int_equal(got.source_port, 51820);
    assert_int_equal(got.destination_port, 21);
    assert_int_equal(got.payload_length, DATA);
    assert_int_equal(got.payload_captured, DATA);
    assert_memory_equal(got.payload, segment.bytes + 20, DATA);
}

static void fragments_in_any_order_make_the_packet(void **state) {
    static const int orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    static const size_t cuts[] = {0, CUT, 2 * CUT, SEGMENT};
    for (unsigned i = 0; i < 6; i++) {
        bool whole = false;
        for (int j = 0; j < 3; j++) {
            assert_false(whole);
            whole = send_v4(i, cuts[orders[i][j]], cuts[orders[i][j] + 1], START);
        }
        assert_true(whole);
        assert_whole();
    }
}

static void the_header_of_the_whole_packet_is_that_of_one_never_cut(void **state) {
    struct frame never;
    never.length = 0;
    add_ipv4(&never, 6, SEGMENT, 5, 0);
    assert_false(send_v4(5, CUT, SEGMENT, START));
    assert_true(send_v4(5, 0, CUT, START));
    assert_int_equal(got.network_length, 20 + SEGMENT);
    assert_memory_equal(got.network, never.bytes, 20);
}

static void fragments_of_different_packets_are_kept_apart(void **state) {
    assert_false(send_v4(1, 0, CUT, START));
    assert_false(send_v4(2, CUT, SEGMENT, START));
    assert_true(send_v4(1, CUT, SEGMENT, START));
    assert_whole();
    assert_true(send_v4(2, 0, CUT, START));
    assert_whole();
}

static void of_overlapping_bytes_the_first_are_kept(void **state) {
    struct frame other = segment, f;
    uint64_t before = count(COUNTER_FRAGMENTS_OVERLAP);
    memset(other.bytes, 'X', SEGMENT);
    assert_false(send_v4(1, 800, 1600, START));
    add_v4_fragment(&f, 1, &other, 800, 1600); /* the same place, other bytes */
    assert_false(decode_at(decoder, &f, START, &got));
    add_v4_fragment(&f, 1, &other, 1000, 1400); /* inside: teardrop */
    assert_false(decode_at(decoder, &f, START, &got));
    assert_false(send_v4(1, 0, 1200, START)); /* reaches into it */
    assert_int_equal(count(COUNTER_FRAGMENTS_OVERLAP) - before, 3);
    assert_true(send_v4(1, 1200, SEGMENT, START));
    assert_whole();
}

/* Here the checksum is left out, so nothing tells which of them is the sender's. */
static void where_two_readings_are_right_one_is_given_after_the_other(void **state) {
    struct frame other = segment, f;
    bool decoded;
    memcpy(other.bytes + 1000, segment.bytes + 1400, 400);
    memcpy(other.bytes + 1400, segment.bytes + 1000, 400);
    add_v4_fragment(&f, 1, &other, 800, 2000);
    assert_false(decode_at(decoder, &f, START, &got));
    assert_false(send_v4(1, 800, 2000, START));
    assert_false(send_v4(1, 0, 800, START));
    assert_true(send_v4(1, 2000, SEGMENT, START));
    assert_memory_equal(got.payload, other.bytes + 20, DATA);
    assert_true(decode_rest(decoder, &got, &decoded));
    assert_true(decoded);
    assert_whole();
    assert_false(decode_rest(decoder, &got, &decoded));
    assert_false(send_v4(1, 0, 800, START)); /* a copy */
}

/* One has TCP behind destination options, the other one ICMPv6. */
static bool send_reading(uint8_t follows, size_t from, size_t to) {
    uint8_t whole[8 + SEGMENT] = {follows, 0, 1, 4};
    struct frame f = {.length = 0};
    memcpy(whole + 8, segment.bytes, SEGMENT);
    add_ethernet(&f, 0x86dd);
    add_ipv6(&f, 44, 8 + (unsigned)(to - from));
    add(&f, "\x3c", 2);
    add_u16(&f, (unsigned)from | (to < sizeof whole));
    add_u32(&f, 1);
    add(&f, whole + from, to - from);
    return decode_at(decoder, &f, START, &got);
}

static void nothing_of_one_reading_is_said_of_the_other(void **state) {
    bool decoded;
    assert_false(send_reading(PROTOCOL_TCP, 0, CUT));
    assert_false(send_reading(58, 0, CUT));
    assert_true(send_reading(58, CUT, 8 + SEGMENT));
    assert_int_equal(got.transport, PROTOCOL_TCP);
    assert_int_equal(got.header_length, 20);
    assert_true(decode_rest(decoder, &got, &decoded) && decoded);
    assert_true(got.defragmented && got.contested);
    assert_int_equal(got.time, START);
    assert_int_equal(got.transport, 58);
    assert_int_equal(got.payload_length, SEGMENT);
    assert_int_equal(got.header_length, 0);
    assert_int_equal(got.source_port, 0);
    assert_int_equal(got.tcp_flags, 0);
}

/* The one is a fragment itself: `first`, or the last of a packet of two readings. */
static void hide_behind_fragment(bool first) {
    enum { IP_IN_IP = 4, CARRIED = 1024, ALL = 20 + CARRIED };
    struct frame reading[2] = {{.length = 0}, {.length = 0}}, f;
    bool whole = false;
    add_ipv4(&reading[0], 6, CARRIED, 77, first ? 0x2000 : CARRIED / 8);
    add_ipv4(&reading[1], 6, CARRIED, 78, 0);
    for (int i = 0; i < 2; i++)
        add(&reading[i], segment.bytes, CARRIED);
    for (int i = 0; i < 3; i++) {
        size_t from = i < 2 ? 0 : CARRIED, to = i < 2 ? CARRIED : ALL;
        assert_false(whole);
        f.length = 0;
        add_ethernet(&f, 0x0800);
        add_ipv4(&f, IP_IN_IP, (unsigned)(to - from), 1, (unsigned)(from / 8) | (i < 2 ? 0x2000 : 0));
        add(&f, reading[i % 2].bytes + from, to - from);
        whole = decode_at(decoder, &f, START, &got);
    }
    assert_int_equal(whole, !first);
}

static void assert_hidden_reading(void) {
    bool decoded;
    assert_true(decode_rest(decoder, &got, &decoded) && decoded);
    assert_int_equal(got.payload_length, 1024 - 20);
    assert_memory_equal(got.payload, segment.bytes + 20, 1024 - 20);
    assert_false(decode_rest(decoder, &got, &decoded));
}

static void a_fragment_within_one_reading_does_not_hide_the_other(void **state) {
    hide_behind_fragment(true);
    assert_hidden_reading();
}

static void two_readings_within_one_do_not_hide_the_other(void **state) {
    struct frame other = segment, f;
    bool decoded;
    memcpy(other.bytes + 40, segment.bytes + 60, 20);
    memcpy(other.bytes + 60, segment.bytes + 40, 20);
    for (int i = 0; i < 2; i++) {
        add_v4_fragment(&f, 77, i ? &other : &segment, 0, 1024);
        assert_false(decode_at(decoder, &f, START, &got));
    }
    hide_behind_fragment(false);
    assert_memory_equal(got.payload, segment.bytes + 20, 1024 - 20);
    assert_true(decode_rest(decoder, &got, &decoded) && decoded);
    assert_memory_equal(got.payload, other.bytes + 20, 1024 - 20);
    assert_hidden_reading();
}

static void where_one_reading_is_right_no_other_is_given(void **state) {
    bool decoded;
    assert_false(send_v4(1, 0, CUT, START));
    assert_false(send_v4(1, 0, CUT, START));
    assert_true(send_v4(1, CUT, SEGMENT, START));
    assert_false(decode_rest(decoder, &got, &decoded));
}

/* What is made of fragments that end on the way is not what the receiver has. */
static void a_packet_that_comes_further_than_one_of_its_number_is_no_copy_of_it(void **state) {
    struct frame f;
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < 2; i++) {
            add_v4_fragment(&f, 1, &segment, i ? CUT : 0, i ? SEGMENT : CUT);
            f.bytes[14 + 8] = round ? 64 : 3;
            assert_int_equal(decode_at(decoder, &f, START, &got), i && round < 2);
            if (i && round < 2)
                assert_int_equal(got.ttl, round ? 64 : 3);
        }
}

static void a_fragment_over_several_holes_fills_them_all(void **state) {
    assert_false(send_v4(1, 400, 480, START));
    assert_false(send_v4(1, 800, 880, START));
    assert_true(send_v4(1, 0, SEGMENT - 4, START) ||
                send_v4(1, SEGMENT - 4 - (SEGMENT - 4) % 8, SEGMENT, START));
    assert_whole();
}

static void copies_from_the_span_port_do_no_harm(void **state) {
    uint64_t repeated = count(COUNTER_FRAGMENTS_REPEATED), whole = count(COUNTER_FRAGMENTS_WHOLE);
    assert_false(send_v4(1, 0, CUT, START));
    assert_false(send_v4(1, 0, CUT, START + 1));
    assert_true(send_v4(1, CUT, SEGMENT, START + 2));
    assert_whole();
    assert_false(send_v4(1, CUT, SEGMENT, START + 3));
    assert_int_equal(count(COUNTER_FRAGMENTS_REPEATED) - repeated, 1);
    assert_int_equal(count(COUNTER_FRAGMENTS_WHOLE) - whole, 1);
}

static void an_id_used_again_a_second_later_is_a_new_packet(void **state) {
    assert_false(send_v4(1, 0, CUT, START));
    assert_true(send_v4(1, CUT, SEGMENT, START));
    assert_false(send_v4(1, 0, CUT, START + NS_PER_S));
    assert_true(send_v4(1, CUT, SEGMENT, START + NS_PER_S));
    assert_whole();
}

static void a_packet_is_given_up_after_thirty_seconds_and_not_before(void **state) {
    uint64_t before = count(COUNTER_FRAGMENTS_TIMEOUT);
    assert_false(send_v4(1, 0, CUT, START));
    decoder_tick(decoder, START + 29 * NS_PER_S);
    assert_int_equal(count(COUNTER_FRAGMENTS_TIMEOUT) - before, 0);
    decoder_tick(decoder, START + 31 * NS_PER_S);
    assert_int_equal(count(COUNTER_FRAGMENTS_TIMEOUT) - before, 1);
    assert_false(send_v4(1, CUT, SEGMENT, START + 31 * NS_PER_S));
}

static void a_packet_that_waits_for_twenty_seconds_is_still_made(void **state) {
    assert_false(send_v4(1, 0, CUT, START));
    assert_true(send_v4(1, CUT, SEGMENT, START + 20 * NS_PER_S));
    assert_whole();
}

static void at_the_cap_the_packet_begun_first_is_shed(void **state) {
    uint64_t before = count(COUNTER_FRAGMENTS_SHED);
    for (unsigned id = 0; id < 1000; id++)
        assert_false(send_v4(id, 0, CUT, START + id));
    assert_in_range(count(COUNTER_FRAGMENTS_SHED) - before, 800, 990); /* of 256 KiB */
    assert_true(send_v4(999, CUT, SEGMENT, START + 1000));
    assert_whole();
    assert_false(send_v4(0, CUT, SEGMENT, START + 1000));
}

static void a_packet_whose_checksum_stays_wrong_is_read_in_so_many_ways_and_no_more(void **state) {
    uint64_t before = count(COUNTER_FRAGMENTS_TOO_MANY);
    struct frame other = segment;
    size_t told = 0;
    segment.bytes[16] ^= 1; /* the checksum */
    segment.bytes[17] ^= 1;
    other = segment;
    assert_false(send_v4(1, 0, CUT, START));
    assert_true(send_v4(1, CUT, SEGMENT, START));
    for (size_t i = 0; i < 100; i++) {
        struct frame f;
        other.bytes[CUT + i] ^= 0xff;
        add_v4_fragment(&f, 1, &other, CUT, CUT + 800);
        told += decode_at(decoder, &f, START, &got);
    }
    assert_int_equal(told, 15); /* and the first */
    assert_int_equal(count(COUNTER_FRAGMENTS_TOO_MANY) - before, 1);
}

static void a_packet_in_too_many_fragments_is_given_up(void **state) {
    struct decoder *roomy = decoder_create(&(struct decoder_options){.fragment_bytes = 16 << 20});
    uint64_t before = count(COUNTER_FRAGMENTS_TOO_MANY);
    struct frame f, large = {.length = 60000};
    for (size_t i = 0; i < 1025; i++) {
        add_v4_fragment(&f, 1, &large, i * 16, i * 16 + 8);
        assert_false(decode_at(roomy, &f, START, &got));
    }
    assert_int_equal(count(COUNTER_FRAGMENTS_TOO_MANY) - before, 1);
    decoder_destroy(roomy);
}

static void a_packet_of_the_largest_size_is_made_and_a_larger_one_is_not(void **state) {
    for (int over = 0; over < 2; over++) {
        struct frame f;
        uint64_t before = count(COUNTER_FRAGMENTS_MALFORMED);
        bool whole = false;
        struct frame whole_data = {.length = 65515 + (size_t)over};
        whole_data.bytes[12] = 0x50;
        for (size_t at = 0; at < whole_data.length; at += CUT) {
            size_t end = at + CUT < whole_data.length ? at + CUT : whole_data.length;
            add_v4_fragment(&f, 1 + (unsigned)over, &whole_data, at, end);
            whole = decode_at(decoder, &f, START, &got);
        }
        assert_int_equal(whole, !over);
        assert_int_equal(count(COUNTER_FRAGMENTS_MALFORMED) - before, over);
    }
}

static void assert_malformed(unsigned place, unsigned length) {
    struct frame f = {.length = 0};
    uint64_t before = count(COUNTER_FRAGMENTS_MALFORMED);
    add_ethernet(&f, 0x0800);
    add_ipv4(&f, 6, length, 77, place);
    f.length += length;
    assert_false(decode_at(decoder, &f, START, &got));
    assert_int_equal(count(COUNTER_FRAGMENTS_MALFORMED) - before, 1);
}

static void impossible_fragments_are_left_out(void **state) {
    assert_malformed(0x2000, 9);    /* not the last, not a multiple of 8 */
    assert_malformed(0x2000, 0);    /* not the last, empty */
    assert_malformed(0x1fff, 1000); /* ping of death */
    assert_false(send_v4(77, 16, SEGMENT, START));
    assert_malformed(0x2000 | SEGMENT / 8, 8); /* behind the end */
    assert_malformed(2, 16);                   /* another end */
    assert_true(send_v4(77, 0, 16, START));
    assert_whole();
}

static void tiny_fragments_are_put_together_and_counted(void **state) {
    uint64_t before = count(COUNTER_FRAGMENTS_TINY);
    assert_false(send_v4(1, 0, 8, START)); /* the ports alone: RFC 1858 */
    assert_false(send_v4(1, 8, 16, START));
    assert_true(send_v4(1, 16, SEGMENT, START));
    assert_whole();
    assert_int_equal(count(COUNTER_FRAGMENTS_TINY) - before, 2);
}

static void a_fragment_cut_by_the_snap_length_is_not_used(void **state) {
    struct frame f;
    uint64_t before = count(COUNTER_FRAGMENTS_CUT);
    add_v4_fragment(&f, 1, &segment, 0, CUT);
    struct capture_packet in = {
        .time = START, .data = f.bytes, .captured = 200, .wire = (uint32_t)f.length, .link_type = 1};
    assert_false(decode_packet(decoder, &in, &got));
    assert_int_equal(count(COUNTER_FRAGMENTS_CUT) - before, 1);
    assert_false(send_v4(1, CUT, SEGMENT, START));
}

/* Behind an extension header of this kind. */
static bool send_v6_behind(uint8_t kind, struct bytes header, uint32_t id, size_t from, size_t to) {
    struct frame f = {.length = 0};
    add_ethernet(&f, 0x86dd);
    add_ipv6(&f, kind, (unsigned)(to - from) + (unsigned)header.n + 8);
    add(&f, header.p, header.n);
    add_u8(&f, 6);
    add_u8(&f, 0);
    add_u16(&f, (unsigned)from | (to < SEGMENT));
    add_u32(&f, id);
    add(&f, segment.bytes + from, to - from);
    return decode_at(decoder, &f, START, &got);
}

/* Behind a hop-by-hop header, as RFC 8200, section 4.5, has it. */
static bool send_v6(uint32_t id, size_t from, size_t to) {
    static const uint8_t hop_by_hop[] = {44, 0, 1, 4, 0, 0, 0, 0};
    return send_v6_behind(0, bytes_of(hop_by_hop, sizeof hop_by_hop), id, from, to);
}

static void ipv6_fragments_make_the_packet(void **state) {
    assert_false(send_v6(0x12345678, CUT, 2 * CUT));
    assert_false(send_v6(0x12345679, 0, CUT));
    assert_false(send_v6(0x12345678, 0, CUT));
    assert_true(send_v6(0x12345678, 2 * CUT, SEGMENT));
    assert_whole();
    /* as if it had never been cut: IPv6, hop-by-hop that names TCP */
    assert_int_equal(got.network_length, 40 + 8 + SEGMENT);
    assert_int_equal(got.network[4] << 8 | got.network[5], 8 + SEGMENT);
    assert_int_equal(got.network[6], 0);
    assert_int_equal(got.network[40], 6);
}

/* Behind destination options of 512 bytes, which a receiver skips. */
static bool send_v6_behind_options(uint32_t id, size_t from, size_t to) {
    static const uint8_t options[512] = {44, sizeof options / 8 - 1, 1, 4};
    return send_v6_behind(60, bytes_of(options, sizeof options), id, from, to);
}

static void headers_of_any_length_before_the_fragment_header_hide_nothing(void **state) {
    assert_false(send_v6_behind_options(0x22345678, CUT, SEGMENT));
    assert_true(send_v6_behind_options(0x22345678, 0, CUT));
    assert_whole();
    assert_int_equal(got.network_length, 40 + SEGMENT);
    assert_int_equal(got.network[6], 6);
}

static void fragments_inside_a_fragmented_tunnel_make_the_packet(void **state) {
    bool whole = false;
    for (unsigned i = 0; i < 2; i++) {
        struct frame gre = {.length = 0}, f;
        size_t from = i ? CUT : 0, to = i ? SEGMENT : CUT;
        add(&gre, "\0\0\x08\0", 4);
        add_ipv4(&gre, 6, (unsigned)(to - from), 9, (unsigned)(from / 8) | (i ? 0 : 0x2000));
        add(&gre, segment.bytes + from, to - from);
        for (unsigned j = 0; j < 2; j++) {
            assert_false(whole);
            add_v4_fragment(&f, 100 + i, &gre, j ? 800 : 0, j ? gre.length : 800);
            f.bytes[14 + 9] = 47;
            whole = decode_at(decoder, &f, START, &got);
        }
    }
    assert_true(whole);
    assert_whole();
    assert_true(got.tunnelled);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(fragments_in_any_order_make_the_packet),
        TEST(the_header_of_the_whole_packet_is_that_of_one_never_cut),
        TEST(fragments_of_different_packets_are_kept_apart),
        TEST(of_overlapping_bytes_the_first_are_kept),
        TEST(where_two_readings_are_right_one_is_given_after_the_other),
        TEST(nothing_of_one_reading_is_said_of_the_other),
        TEST(a_fragment_within_one_reading_does_not_hide_the_other),
        TEST(two_readings_within_one_do_not_hide_the_other),
        TEST(where_one_reading_is_right_no_other_is_given),
        TEST(a_packet_that_comes_further_than_one_of_its_number_is_no_copy_of_it),
        TEST(a_fragment_over_several_holes_fills_them_all),
        TEST(copies_from_the_span_port_do_no_harm),
        TEST(an_id_used_again_a_second_later_is_a_new_packet),
        TEST(a_packet_is_given_up_after_thirty_seconds_and_not_before),
        TEST(a_packet_that_waits_for_twenty_seconds_is_still_made),
        TEST(at_the_cap_the_packet_begun_first_is_shed),
        TEST(a_packet_whose_checksum_stays_wrong_is_read_in_so_many_ways_and_no_more),
        TEST(a_packet_in_too_many_fragments_is_given_up),
        TEST(a_packet_of_the_largest_size_is_made_and_a_larger_one_is_not),
        TEST(impossible_fragments_are_left_out),
        TEST(tiny_fragments_are_put_together_and_counted),
        TEST(a_fragment_cut_by_the_snap_length_is_not_used),
        TEST(ipv6_fragments_make_the_packet),
        TEST(headers_of_any_length_before_the_fragment_header_hide_nothing),
        TEST(fragments_inside_a_fragmented_tunnel_make_the_packet),
    };
    return cmocka_run_group_tests_name("decode/defrag", tests, NULL, NULL);
}
