/* SPDX-License-Identifier: Apache-2.0 */
#include "initial.h"

#include "base/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* The examples of RFC 9001 appendix A and RFC 9369 appendix A: a client's first packet, whose connection id
 * is 8394c8f03e515708. */
static const uint8_t id[] = {0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08};

static const char hello[] =
    "060040f1010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e86804fe3a47f06a2b69484c000004130113020100"
    "00c000000010000e00000b6578616d706c652e636f6dff01000100000a00080006001d00170018001000070005"
    "04616c706e000500050100000000003300260024001d00209370b2c9caa47fbabaf4559fedba753de171fa71f50f1ce15d43e994"
    "ec74d748002b0003020304000d0010000e0403050306030203080408050806002d00020101001c00024001003900320408ffffff"
    "ffffffffff05048000ffff07048000ffff0801100104800075300901100f088394c8f03e51570806048000ffff";

static size_t read_hex(const char *text, uint8_t *out) {
    size_t n = 0;
    for (; text[0] && text[1]; text += 2)
        out[n++] = (uint8_t)(hex_value((uint8_t)text[0]) << 4 | hex_value((uint8_t)text[1]));
    return n;
}

static void check_hex(const uint8_t *bytes, size_t n, const char *expected) {
    char text[129];
    assert_string_equal(hex_format(bytes, n, text), expected);
}

static void keys_are_those_of_the_rfcs(void **state) {
    (void)state;
    struct quic_keys k;
    assert_true(quic_keys_derive(1, bytes_of(id, 8), false, &k));
    check_hex(k.key, 16, "1f369613dd76d5467730efcbe3b1a22d");
    check_hex(k.iv, 12, "fa044b2f42a3fd3b46fb255c");
    check_hex(k.header, 16, "9f50449e04a0e810283a1e9933adedd2");
    assert_true(quic_keys_derive(0x6b3343cf, bytes_of(id, 8), false, &k));
    check_hex(k.key, 16, "8b1a0bc121284290a29e0971b5cd045d");
    check_hex(k.iv, 12, "91f73e2351d8fa91660e909f");
    check_hex(k.header, 16, "45b95e15235d6f45a6b19cbcb0294ba9");
    assert_false(quic_keys_derive(0x51303436, bytes_of(id, 8), false, &k));
}

/* Seals the hello, padded, by the header of the RFC; its protected start must be the RFC's. */
static size_t seal(const char *header, const struct quic_keys *k, const char *protected_start,
                   uint8_t *packet) {
    uint8_t clear[1162] = {0};
    read_hex(hello, clear);
    size_t n = initial_seal(k, read_hex(header, packet), bytes_of(clear, sizeof clear), packet);
    check_hex(packet, 32, protected_start);
    return n;
}

static void check_packet(uint32_t version, const char *header, const char *protected_start) {
    struct quic_keys k, others;
    struct quic_long head;
    uint8_t packet[1300], clear[QUIC_PACKET_MAX], expected[1162] = {0};
    struct bytes frames;
    assert_true(quic_keys_derive(version, bytes_of(id, 8), false, &k));
    size_t n = seal(header, &k, protected_start, packet);
    assert_int_equal(n, 1200);
    struct reader r = reader_of(packet, n);
    assert_true(quic_long_next(&r, &head));
    assert_true(head.initial && head.version == version && head.packet.n == n && reader_left(&r) == 0);
    assert_true(bytes_equal(head.destination, bytes_of(id, 8)));
    assert_true(quic_initial_open(&k, &head, clear, &frames));
    read_hex(hello, expected);
    assert_true(bytes_equal(frames, bytes_of(expected, sizeof expected)));
    assert_true(quic_keys_derive(version, bytes_of(id, 8), true, &others));
    assert_false(quic_initial_open(&others, &head, clear, &frames));
    packet[600] ^= 1;
    assert_false(quic_initial_open(&k, &head, clear, &frames));
}

static void the_rfcs_packets_are_opened_and_others_keys_open_none(void **state) {
    (void)state;
    check_packet(1, "c300000001088394c8f03e5157080000449e00000002",
                 "c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11");
    check_packet(0x6b3343cf, "d36b3343cf088394c8f03e5157080000449e00000002",
                 "d76b3343cf088394c8f03e5157080000449ea0c95e82ffe67b6abcdb4298b485");
}

static void numbers_have_the_lengths_of_rfc_9000_a_1(void **state) {
    (void)state;
    static const struct {
        const char *text;
        uint64_t value;
    } examples[] = {{"c2197c5eff14e88c", 151288809941952652u},
                    {"9d7f3e7d", 494878333},
                    {"7bbd", 15293},
                    {"25", 37},
                    {"4025", 37}};
    uint8_t bytes[8];
    uint64_t value;
    for (size_t i = 0; i < 5; i++) {
        size_t n = read_hex(examples[i].text, bytes);
        struct reader r = reader_of(bytes, n), cut = reader_of(bytes, n - 1);
        assert_true(quic_take_number(&r, &value) && value == examples[i].value && reader_left(&r) == 0);
        assert_false(quic_take_number(&cut, &value));
    }
}

static void short_and_damaged_headers_are_none(void **state) {
    (void)state;
    uint8_t packet[64];
    struct quic_long head;
    size_t n = read_hex("c300000001088394c8f03e51570800000400000002", packet);
    for (size_t cut = 0; cut < n; cut++) {
        struct reader r = reader_of(packet, cut);
        assert_false(quic_long_next(&r, &head));
    }
    struct reader r = reader_of(packet, n);
    assert_true(quic_long_next(&r, &head) && !quic_long_next(&r, &head));
    packet[0] = 0x43; /* a short header */
    r = reader_of(packet, n);
    assert_false(quic_long_next(&r, &head));
    packet[0] = 0x83; /* without the fixed bit, of a version that nobody knows */
    packet[4] = 7;
    r = reader_of(packet, n);
    assert_false(quic_long_next(&r, &head));
    packet[4] = 1;
    r = reader_of(packet, n);
    assert_true(quic_long_next(&r, &head) && head.initial);
    packet[5] = 21; /* a connection id that is too long */
    r = reader_of(packet, n);
    assert_false(quic_long_next(&r, &head));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_those_of_the_rfcs),
        cmocka_unit_test(the_rfcs_packets_are_opened_and_others_keys_open_none),
        cmocka_unit_test(numbers_have_the_lengths_of_rfc_9000_a_1),
        cmocka_unit_test(short_and_damaged_headers_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
