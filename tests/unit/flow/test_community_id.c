/* SPDX-License-Identifier: Apache-2.0 */
#include "packets.h"

/* Expected values: tshark's communityid post-dissector; for ICMPv6 the baseline of the published
 * specification. */

static char id[COMMUNITY_ID_MAX];

static void opened(void *context, struct flow *flow, const struct packet *p) {
    flow_community_id(flow, id);
}

static bool closed(void *context, struct flow *flow, enum flow_end why) {
    return true;
}

static const char *id_of(struct packet p) {
    enum side from;
    struct flow_owner owner = {.opened = opened, .closed = closed};
    struct flow_options options = {.memory = 1 << 16};
    setting_defaults(flow_settings, &options);
    struct flow_table *t = flow_table_create(&options, &owner);
    assert_non_null(flow_table_packet(t, &p, &from));
    flow_table_destroy(t);
    return id;
}

static const char *icmp_id(uint8_t transport, const char *source, const char *destination, uint8_t type,
                           uint8_t code) {
    struct packet p = packet_of(transport, source, 0, destination, 0);
    uint8_t header[8] = {type, code};
    p.payload = header;
    p.payload_captured = p.payload_length = sizeof header;
    return id_of(p);
}

static void tcp_has_one_id_whichever_side_is_seen_first(void **state) {
    static const char expected[] = "1:LQU9qZlK+B5F3KDmev6m5PMibrg=";
    assert_string_equal(id_of(packet_of(6, "128.232.110.120", 34855, "66.35.250.204", 80)), expected);
    assert_string_equal(id_of(packet_of(6, "66.35.250.204", 80, "128.232.110.120", 34855)), expected);
    assert_string_equal(id_of(packet_of(6, "2001:db8::1", 49832, "2001:db8::2", 80)),
                        "1:+A4p+51NtpIg10JiawrAjHff9Ug=");
}

static void udp_and_sctp_have_theirs(void **state) {
    assert_string_equal(id_of(packet_of(17, "192.168.1.52", 54585, "8.8.8.8", 53)),
                        "1:d/FP5EW3wiY1vCndhwleRRKHowQ=");
    assert_string_equal(id_of(packet_of(17, "fe80::2", 5353, "fe80::1", 53)),
                        "1:K1gRBG7QLdxJnzb4Vr7fkh3ITeI=");
    assert_string_equal(id_of(packet_of(132, "192.168.170.8", 7, "192.168.170.56", 80)),
                        "1:jQgCxbku+pNGw8WPbEc/TS/uTpQ=");
}

static void another_port_gives_another_id(void **state) {
    char first[COMMUNITY_ID_MAX];
    strcpy(first, id_of(packet_of(17, "192.168.1.52", 54585, "8.8.8.8", 53)));
    assert_string_not_equal(id_of(packet_of(17, "192.168.1.52", 54586, "8.8.8.8", 53)), first);
}

static void icmp_request_and_reply_have_one_id(void **state) {
    static const char expected[] = "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=";
    assert_string_equal(icmp_id(1, "192.168.0.89", "192.168.0.1", 8, 0), expected);
    assert_string_equal(icmp_id(1, "192.168.0.1", "192.168.0.89", 0, 0), expected);
}

static void icmp_without_an_answer_keeps_its_direction(void **state) {
    assert_string_equal(icmp_id(1, "192.168.0.89", "192.168.0.1", 3, 3), "1:dPRpNwuTNOTQEtM23HPAdlCnrwc=");
    assert_string_equal(icmp_id(1, "192.168.0.1", "192.168.0.89", 3, 3), "1:ZouhgnVac3AK62b9tKlLG4N+dVQ=");
    assert_string_equal(icmp_id(1, "192.168.0.89", "192.168.0.1", 20, 0), "1:3o2RFccXzUgjl7zDpqmY7yJi8rI=");
}

static void icmp6_has_its_pairs(void **state) {
    static const char solicitation[] = "1:dGHyGvjMfljg6Bppwm3bg0LO8TY=";
    assert_string_equal(icmp_id(58, "fe80::200:86ff:fe05:80da", "fe80::260:97ff:fe07:69ea", 135, 0),
                        solicitation);
    assert_string_equal(icmp_id(58, "fe80::260:97ff:fe07:69ea", "fe80::200:86ff:fe05:80da", 136, 0),
                        solicitation);
    assert_string_equal(
        icmp_id(58, "3ffe:507:0:1:260:97ff:fe07:69ea", "3ffe:507:0:1:200:86ff:fe05:80da", 3, 0),
        "1:NdobDX8PQNJbAyfkWxhtL2Pqp5w=");
}

static void a_transport_without_ports_has_an_id_without_them(void **state) {
    assert_string_equal(id_of(packet_of(47, "10.1.24.4", 0, "10.1.24.5", 0)),
                        "1:tjZv9iePGy0vSsvDOtgbyjk4unA=");
    assert_string_equal(id_of(packet_of(50, "10.1.24.5", 0, "10.1.24.4", 0)),
                        "1:s8tiBGdX0LsCI5P7GdbL5/6Sfik=");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tcp_has_one_id_whichever_side_is_seen_first),
        cmocka_unit_test(udp_and_sctp_have_theirs),
        cmocka_unit_test(another_port_gives_another_id),
        cmocka_unit_test(icmp_request_and_reply_have_one_id),
        cmocka_unit_test(icmp_without_an_answer_keeps_its_direction),
        cmocka_unit_test(icmp6_has_its_pairs),
        cmocka_unit_test(a_transport_without_ports_has_an_id_without_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
