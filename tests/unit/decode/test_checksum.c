/* SPDX-License-Identifier: Apache-2.0 */
#include "decode/checksum.h"
#include "decode/tcp_options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* "hello" from 10.0.0.1:40000 to 10.0.0.2:80; its checksums are put in by a sum that is written as RFC 1071
 * has it. */
static const uint8_t sent[] = {
    0x45, 0, 0, 45, 0,    1, 0x40, 0, 64,   6,    0x26, 0xc8, 10,   0, 0, 1, 10, 0,   0,   2,   0x9c, 0x40, 0,
    80,   0, 0, 3,  0xe8, 0, 0,    7, 0xd0, 0x50, 0x18, 0xff, 0xff, 0, 0, 0, 0,  'h', 'e', 'l', 'l',  'o'};

/* RFC 1071 word by word, as the document has it. */
static uint16_t plain_sum(const uint8_t *p, size_t n, uint32_t sum) {
    for (; n > 1; p += 2, n -= 2)
        sum += (uint32_t)(p[0] << 8 | p[1]);
    if (n)
        sum += (uint32_t)p[0] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

static uint8_t wire[20 + 60 + 1500];

static struct packet packet_of(size_t header, size_t payload) {
    struct packet p = {.transport = PROTOCOL_TCP,
                       .source = address_from_v4(wire + 12),
                       .destination = address_from_v4(wire + 16),
                       .network = wire,
                       .header_length = (uint8_t)header,
                       .payload = wire + 20 + header,
                       .payload_captured = (uint32_t)payload,
                       .payload_length = (uint32_t)payload};
    return p;
}

static void put_sums(size_t segment) {
    uint32_t pseudo = 0x0a00 + 0x0001 + 0x0a00 + 0x0002 + PROTOCOL_TCP + (uint32_t)segment;
    wire[2] = (uint8_t)((20 + segment) >> 8);
    wire[3] = (uint8_t)(20 + segment);
    wire[10] = wire[11] = wire[36] = wire[37] = 0;
    uint16_t network = (uint16_t)~plain_sum(wire, 20, 0),
             transport = (uint16_t)~plain_sum(wire + 20, segment, pseudo);
    wire[10] = (uint8_t)(network >> 8);
    wire[11] = (uint8_t)network;
    wire[36] = (uint8_t)(transport >> 8);
    wire[37] = (uint8_t)transport;
}

static int begin(void **state) {
    memset(wire, 0, sizeof wire);
    memcpy(wire, sent, sizeof sent);
    return 0;
}

static void a_right_checksum_is_right_at_any_length_and_one_bit_makes_it_wrong(void **state) {
    for (size_t n = 0; n < 200; n++) {
        for (size_t i = 0; i < n; i++)
            wire[40 + i] = (uint8_t)(i * 151 + n);
        put_sums(20 + n);
        struct packet p = packet_of(20, n);
        assert_int_equal(packet_sum(&p), SUM_GOOD);
        wire[20 + (n * 7) % (20 + n)] ^= 1;
        assert_int_equal(packet_sum(&p), SUM_BAD);
        wire[20 + (n * 7) % (20 + n)] ^= 1;
    }
}

static void a_wrong_header_of_ipv4_is_wrong(void **state) {
    put_sums(25);
    wire[8]--;
    struct packet p = packet_of(20, 5);
    assert_int_equal(packet_sum(&p), SUM_BAD);
}

static void the_sum_of_the_pseudo_header_alone_was_left_to_the_network_card(void **state) {
    put_sums(25);
    uint16_t pseudo = plain_sum(NULL, 0, 0x0a00 + 0x0001 + 0x0a00 + 0x0002 + PROTOCOL_TCP + 25);
    wire[36] = (uint8_t)(pseudo >> 8);
    wire[37] = (uint8_t)pseudo;
    struct packet p = packet_of(20, 5);
    assert_int_equal(packet_sum(&p), SUM_LEFT_OUT);
}

static void one_that_was_computed_may_be_that_and_is_right_all_the_same(void **state) {
    put_sums(26);
    struct packet p = packet_of(20, 6);
    uint16_t pseudo = plain_sum(NULL, 0, 0x0a00 + 0x0001 + 0x0a00 + 0x0002 + PROTOCOL_TCP + 26);
    uint32_t word =
        (uint32_t)(wire[40] << 8 | wire[41]) + (uint32_t)(wire[36] << 8 | wire[37]) + 0xffffu - pseudo;
    word = (word & 0xffff) + (word >> 16);
    word = (word & 0xffff) + (word >> 16);
    wire[40] = (uint8_t)(word >> 8); /* what the sum loses the payload gains */
    wire[41] = (uint8_t)word;
    wire[36] = (uint8_t)(pseudo >> 8);
    wire[37] = (uint8_t)pseudo;
    assert_int_equal(packet_sum(&p), SUM_LEFT_OUT);
    assert_true(packet_sum_holds(&p));
    wire[41] ^= 1;
    assert_int_equal(packet_sum(&p), SUM_LEFT_OUT);
    assert_false(packet_sum_holds(&p));
}

static void what_the_capture_cut_or_a_route_hides_is_unknown(void **state) {
    put_sums(25);
    struct packet p = packet_of(20, 5);
    p.payload_length = 6;
    assert_int_equal(packet_sum(&p), SUM_UNKNOWN);
    p = packet_of(20, 5);
    p.transport = 132;
    assert_int_equal(packet_sum(&p), SUM_UNKNOWN);
}

static void options_are_read_and_damaged_ones_end_them(void **state) {
    static const uint8_t options[] = {1, 3, 3, 7, 1, 1, 8, 10, 0, 0, 0x13, 0x88, 0, 0, 0, 0, 19, 18, 0, 0};
    memcpy(wire + 40, options, sizeof options);
    struct packet p = packet_of(20 + sizeof options, 0);
    struct tcp_options o = tcp_options_of(&p);
    assert_true(o.has_scale && o.scale == 7);
    assert_true(o.has_stamp && o.stamp == 5000);
    assert_false(o.is_signed); /* longer than the header */
    wire[40] = 19;
    wire[41] = 2;
    o = tcp_options_of(&p);
    assert_true(o.is_signed);
    wire[41] = 0;
    o = tcp_options_of(&p);
    assert_false(o.is_signed || o.has_scale || o.has_stamp);
    p = packet_of(20, 0);
    o = tcp_options_of(&p);
    assert_false(o.is_signed || o.has_scale || o.has_stamp);
}

/* Zeros behind it change no sum. */
static void the_usual_header_is_summed_as_a_longer_one_is(void **state) {
    enum { USUAL = 20, LONGER = 24 };
    unsigned holding = 0;
    uint64_t random = 22;
    for (unsigned i = 0; i < 1 << 20; i++) {
        uint8_t header[LONGER] = {0};
        for (unsigned k = 0; k < USUAL; k++) {
            random = random * UINT64_C(6364136223846793005) + 1;
            header[k] = i % 2 ? (uint8_t)(random >> 56) : (uint8_t) - (random >> 63);
        }
        bool holds = header_sum_holds(bytes_of(header, LONGER));
        assert_int_equal(header_sum_holds(bytes_of(header, USUAL)), holds);
        holding += holds;
    }
    assert_true(holding > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_usual_header_is_summed_as_a_longer_one_is),
        cmocka_unit_test_setup(a_right_checksum_is_right_at_any_length_and_one_bit_makes_it_wrong, begin),
        cmocka_unit_test_setup(a_wrong_header_of_ipv4_is_wrong, begin),
        cmocka_unit_test_setup(the_sum_of_the_pseudo_header_alone_was_left_to_the_network_card, begin),
        cmocka_unit_test_setup(one_that_was_computed_may_be_that_and_is_right_all_the_same, begin),
        cmocka_unit_test_setup(what_the_capture_cut_or_a_route_hides_is_unknown, begin),
        cmocka_unit_test_setup(options_are_read_and_damaged_ones_end_them, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
