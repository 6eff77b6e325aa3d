/* SPDX-License-Identifier: Apache-2.0 */
#include "frame.h"

static struct decoder *decoder;

/* What make_frames.py (scapy) put around the segment; the payload is the name. */
static const struct stack {
    const char *name;
    bool v6, tunnelled;
    uint16_t vlan;
} stacks[] = {
    {.name = "v4"},
    {.name = "v6", .v6 = true},
    {.name = "vlan", .vlan = 40},
    {.name = "qinq", .vlan = 100},
    {.name = "qinq-9100", .v6 = true, .vlan = 101},
    {.name = "snap"},
    {.name = "v4-options"},
    {.name = "v6-extensions", .v6 = true},
    {.name = "v6-atomic", .v6 = true},
    {.name = "v4-ah"},
    {.name = "v6-ah", .v6 = true},
    {.name = "mpls"},
    {.name = "mpls-v6", .v6 = true},
    {.name = "mpls-pseudowire"},
    {.name = "mpls-control-word"},
    {.name = "pppoe"},
    {.name = "pppoe-v6", .v6 = true},
    {.name = "qinq-pppoe", .vlan = 100},
    {.name = "gre", .tunnelled = true},
    {.name = "gre-v6", .v6 = true, .tunnelled = true},
    {.name = "gre-fields", .tunnelled = true},
    {.name = "gre-bridged", .tunnelled = true},
    {.name = "gre-over-v6", .tunnelled = true},
    {.name = "gre-mpls", .tunnelled = true},
    {.name = "gre-pptp", .tunnelled = true},
    {.name = "gre-pptp-compressed", .tunnelled = true},
    {.name = "erspan1", .tunnelled = true},
    {.name = "erspan2", .tunnelled = true, .vlan = 77},
    {.name = "erspan3", .tunnelled = true, .vlan = 78},
    {.name = "erspan3-sub", .tunnelled = true, .vlan = 78},
    {.name = "vxlan", .tunnelled = true},
    {.name = "vxlan-8472", .tunnelled = true},
    {.name = "vxlan-vlan", .tunnelled = true, .vlan = 41},
    {.name = "ipip", .tunnelled = true},
    {.name = "6in4", .v6 = true, .tunnelled = true},
    {.name = "4in6", .tunnelled = true},
    {.name = "6in6-options", .v6 = true, .tunnelled = true},
    {.name = "pad"},
    {.name = "total-length-0"},
    {.name = "v6-length-0", .v6 = true},
    {.name = "gre-route", .tunnelled = true},
};
enum { STACKS = sizeof stacks / sizeof *stacks };

static void assert_segment(const struct packet *p, const struct stack *s) {
    char source[ADDRESS_TEXT_MAX], destination[ADDRESS_TEXT_MAX];
    assert_int_equal(p->payload_length, strlen(s->name));
    assert_int_equal(p->payload_captured, strlen(s->name));
    assert_memory_equal(p->payload, s->name, strlen(s->name));
    assert_string_equal(address_format(&p->source, source), s->v6 ? "2001:db8:40::7" : "10.40.3.7");
    assert_string_equal(address_format(&p->destination, destination),
                        s->v6 ? "2001:db8:ffff::20" : "198.51.100.20");
    assert_int_equal(p->source_port, 51820);
    assert_int_equal(p->destination_port, 21);
    assert_int_equal(p->transport, PROTOCOL_TCP);
    assert_int_equal(p->tcp_seq, 0x01020304);
    assert_int_equal(p->tcp_ack, 0x0a0b0c0d);
    assert_int_equal(p->tcp_flags, TCP_PSH | TCP_ACK);
    assert_int_equal(p->tcp_window, 4096);
    assert_int_equal(p->vlan, s->vlan);
    assert_int_equal(p->tunnelled, s->tunnelled);
    assert_false(p->defragmented);
    assert_int_equal(p->network[0] >> 4, s->v6 ? 6 : 4);
    assert_ptr_equal(p->network + p->network_length, p->payload + p->payload_captured);
}

struct progress {
    size_t at;
};

static void expect_stack(void *context, const struct capture_packet *in) {
    struct progress *progress = context;
    struct packet p;
    assert_in_range(progress->at, 0, STACKS - 1);
    const struct stack *s = &stacks[progress->at++];
    if (!decode_packet(decoder, in, &p))
        fail_msg("%s is not understood", s->name);
    assert_segment(&p, s);
}

static void read_file(const char *name, capture_fn *fn, void *context) {
    char path[512];
    const char *paths[] = {path};
    struct error e;
    snprintf(path, sizeof path, TEST_DATA "/%s.pcap", name);
    struct capture *c = capture_open_files(paths, 1, NULL, &e);
    if (!c)
        fail_msg("%s", e.text);
    while (capture_read(c, 64, fn, context) >= 0)
        ;
    capture_close(c);
}

static void every_stack_of_headers_is_taken_off(void **state) {
    struct progress progress = {0};
    read_file("frames-ethernet", expect_stack, &progress);
    assert_int_equal(progress.at, STACKS);
}

static void expect_link(void *context, const struct capture_packet *in) {
    struct packet p;
    assert_true(decode_packet(decoder, in, &p));
    assert_segment(&p, context);
}

static void every_link_type_is_understood(void **state) {
    static const struct stack links[] = {
        {.name = "sll"},
        {.name = "sll2", .v6 = true},
        {.name = "raw", .v6 = true},
        {.name = "ipv4"},
        {.name = "ipv6", .v6 = true},
        {.name = "null-le"},
        {.name = "null-be", .v6 = true},
        {.name = "loop", .v6 = true},
        {.name = "nflog"},
        {.name = "ppp"},
        {.name = "ppp-bare", .v6 = true},
        {.name = "ppp-serial"},
        {.name = "ppp-cisco"},
        {.name = "ppp-ether"},
    };
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        char name[64];
        snprintf(name, sizeof name, "frames-%s", links[i].name);
        read_file(name, expect_link, (void *)&links[i]);
    }
}

/* Every way to cut a frame: nothing is read behind the end (the sanitizer watches), what is given lies
 * inside. */
static void cut_frame(void *context, const struct capture_packet *in) {
    for (uint32_t n = 0; n < in->captured; n++) {
        uint8_t *copy = malloc(n ? n : 1);
        struct capture_packet cut = *in;
        struct packet p;
        assert_non_null(copy);
        memcpy(copy, in->data, n);
        cut.data = copy;
        cut.captured = n;
        if (decode_packet(decoder, &cut, &p)) {
            assert_true(p.payload >= copy && p.payload + p.payload_captured <= copy + n);
            assert_in_range(p.payload_captured, 0, p.payload_length);
        }
        free(copy);
    }
}

static void a_frame_cut_anywhere_gives_only_what_is_there(void **state) {
    read_file("frames-ethernet", cut_frame, NULL);
    read_file("frames-nflog", cut_frame, NULL);
    read_file("frames-sll2", cut_frame, NULL);
}

static void a_payload_cut_by_the_snap_length_keeps_its_length(void **state) {
    struct frame f = {.length = 0};
    struct packet p;
    add_ethernet(&f, 0x0800);
    add_ipv4(&f, 6, 20 + 1000, 1, 0);
    add_tcp(&f, "only the start", 14);
    struct capture_packet in = {
        .data = f.bytes, .captured = (uint32_t)f.length, .wire = 14 + 1040, .link_type = 1};
    assert_true(decode_packet(decoder, &in, &p));
    assert_int_equal(p.payload_captured, 14);
    assert_int_equal(p.payload_length, 1000);
}

static void udp_ends_where_its_own_length_says(void **state) {
    struct frame f = {.length = 0};
    struct packet p;
    add_ethernet(&f, 0x0800);
    add_ipv4(&f, 17, 8 + 9, 1, 0);
    add(&f, "\0\x35\xc0\0\0\x0d\0\0hello1234", 17);
    assert_true(decode_at(decoder, &f, 0, &p));
    assert_int_equal(p.source_port, 53);
    assert_int_equal(p.destination_port, 49152);
    assert_int_equal(p.payload_length, 5);
    assert_memory_equal(p.payload, "hello", 5);
}

/* A DNS answer to a client whose port is 8472 is no VXLAN: its flags byte is not that of VXLAN. */
static void udp_to_a_port_of_vxlan_without_its_header_is_udp(void **state) {
    struct frame f = {.length = 0};
    struct packet p;
    add_ethernet(&f, 0x0800);
    add_ipv4(&f, 17, 8 + 16, 1, 0);
    add(&f, "\0\x35\x21\x18\0\x18\0\0\x12\x34\x81\x80\0\1\0\1abcdefgh", 24);
    assert_true(decode_at(decoder, &f, 0, &p));
    assert_int_equal(p.destination_port, 8472);
    assert_int_equal(p.payload_length, 16);
    assert_false(p.tunnelled);
}

static void other_transports_are_given_without_ports(void **state) {
    struct frame f = {.length = 0};
    struct packet p;
    uint64_t before = count(COUNTER_DECODE_OTHER);
    add_ethernet(&f, 0x0800);
    add_ipv4(&f, 1, 12, 1, 0);
    add(&f, "\x08\0\0\0\0\1\0\1ping", 12);
    assert_true(decode_at(decoder, &f, 0, &p));
    assert_int_equal(p.transport, 1);
    assert_int_equal(p.source_port, 0);
    assert_int_equal(p.payload_length, 12);
    assert_int_equal(count(COUNTER_DECODE_OTHER) - before, 1);
}

static void sctp_has_ports(void **state) {
    struct frame f = {.length = 0};
    struct packet p;
    add_ethernet(&f, 0x86dd);
    add_ipv6(&f, 132, 16);
    add(&f, "\x0b\x59\x0b\x5a\0\0\0\1\0\0\0\0\x0e\0\0\4", 16);
    assert_true(decode_at(decoder, &f, 0, &p));
    assert_int_equal(p.source_port, 2905);
    assert_int_equal(p.destination_port, 2906);
    assert_int_equal(p.payload_length, 4);
}

/* Builds one frame that is not understood: the rest of it behind the Ethernet header. */
static void assert_refused(unsigned type, const void *rest, size_t n, enum counter why) {
    struct frame f = {.length = 0};
    struct packet p;
    uint64_t before = count(why);
    add_ethernet(&f, type);
    add(&f, rest, n);
    assert_false(decode_at(decoder, &f, 0, &p));
    if (count(why) != before + 1)
        fail_msg("not counted as %s", counter_key(why));
}

#define IP4(protocol, length) "\x45\0\0" length "\0\1\0\0\x40" protocol "\0\0\x0a\0\0\1\x0a\0\0\2"

static void each_reason_not_to_understand_has_its_counter(void **state) {
#define REFUSED(type, rest, why) assert_refused(type, rest, sizeof rest - 1, COUNTER_##why)
    REFUSED(0x0806, "\0\1\x08\0\6\4\0\1", DECODE_NOT_IP);
    REFUSED(0x0026, "\x42\x42\3\0\0\0\0\0\0", DECODE_LLC);
    REFUSED(0x8100, "\0\x28\x08", DECODE_VLAN_SHORT);
    REFUSED(0x8847, "\0\1\1\x40", DECODE_MPLS_SHORT);
    REFUSED(0x8864, "\x11\0\0", DECODE_PPPOE_SHORT);
    REFUSED(0x8864, "\x11\x09\0\0\0\2\0\x21", DECODE_PPPOE_MALFORMED);
    REFUSED(0x8864, "\x11\0\0\1\0\0", DECODE_PPP_SHORT);
    REFUSED(0x8864, "\x11\0\0\1\0\6\xc0\x21\1\1\0\4", DECODE_PPP_OTHER);
    REFUSED(0x0800, "\x45\0\0\x28", DECODE_IP_SHORT);
    REFUSED(0x0800, "\x65" IP4("\6", "\x28"), DECODE_IP_MALFORMED);
    REFUSED(0x86dd, IP4("\6", "\x28") IP4("\6", "\x28"), DECODE_IP_MALFORMED);
    REFUSED(0x0800, IP4("\6", "\x13"), DECODE_IP_MALFORMED);
    REFUSED(0x0800, IP4("\6", "\x18") "\0\1\0\2", DECODE_TCP_SHORT);
    REFUSED(0x0800, IP4("\6", "\x28") "\0\1\0\2\0\0\0\0\0\0\0\0\x40\0\0\0\0\0\0\0", DECODE_TCP_MALFORMED);
    REFUSED(0x0800, IP4("\6", "\x28") "\0\1\0\2\0\0\0\0\0\0\0\0\xf0\0\0\0\0\0\0\0", DECODE_TCP_MALFORMED);
    REFUSED(0x0800, IP4("\x11", "\x18") "\0\1\0\2", DECODE_UDP_SHORT);
    REFUSED(0x0800, IP4("\x11", "\x1c") "\0\1\0\2\0\7\0\0", DECODE_UDP_MALFORMED);
    REFUSED(0x0800, IP4("\x84", "\x18") "\0\1\0\2", DECODE_SCTP_SHORT);
    REFUSED(0x0800, IP4("\x2f", "\x16") "\0\0", DECODE_GRE_SHORT);
    REFUSED(0x0800, IP4("\x2f", "\x18") "\x20\0\x08\0", DECODE_GRE_SHORT);
    REFUSED(0x0800, IP4("\x2f", "\x18") "\0\2\x08\0", DECODE_GRE_UNKNOWN);
    REFUSED(0x0800, IP4("\x2f", "\x18") "\0\0\0\4", DECODE_GRE_UNKNOWN);
    REFUSED(0x0800, IP4("\x2f", "\x24") "\x20\x81\x88\x0b\0\0\0\1\0\0\0\1\0\0\0\0", DECODE_GRE_EMPTY);
    REFUSED(0x0800, IP4("\x2f", "\x20") "\x10\0\x88\xbe\0\0\0\1\x10\0\0\0", DECODE_ERSPAN_SHORT);
    REFUSED(0x0800, IP4("\x2f", "\x24") "\x10\0\x88\xbe\0\0\0\1\x30\0\0\0\0\0\0\0", DECODE_ERSPAN_UNKNOWN);
    REFUSED(0x0800, IP4("\x2f", "\x1a") "\0\0\x65\x58\0\0", DECODE_ETHERNET_SHORT);
#undef REFUSED
}

static void a_frame_without_its_link_header_is_counted(void **state) {
    struct frame f = {.length = 13};
    struct packet p;
    uint64_t before = count(COUNTER_DECODE_LINK);
    assert_false(decode_at(decoder, &f, 0, &p));
    assert_int_equal(count(COUNTER_DECODE_LINK) - before, 1);
}

static void extension_headers_are_bounded(void **state) {
    for (unsigned n = 15; n <= 16; n++) {
        struct frame f = {.length = 0};
        struct packet p;
        uint64_t before = count(COUNTER_DECODE_EXTENSIONS);
        add_ethernet(&f, 0x86dd);
        add_ipv6(&f, 60, n * 8 + 24);
        for (unsigned i = 0; i < n; i++)
            add(&f, i + 1 < n ? "\x3c\0\1\4\0\0\0\0" : "\6\0\1\4\0\0\0\0", 8);
        add_tcp(&f, "data", 4);
        assert_int_equal(decode_at(decoder, &f, 0, &p), n == 15);
        assert_int_equal(count(COUNTER_DECODE_EXTENSIONS) - before, n == 16);
    }
}

static void encapsulations_are_bounded_by_the_option(void **state) {
    struct decoder *shallow = decoder_create(&(struct decoder_options){.depth = 2});
    assert_non_null(shallow);
    for (unsigned n = 1; n <= 9; n++) {
        struct frame f = {.length = 0};
        struct packet p;
        uint64_t before = count(COUNTER_DECODE_DEPTH);
        add_ethernet(&f, 0x8100);
        for (unsigned i = 0; i < n; i++) {
            add_u16(&f, 40 + i);
            add_u16(&f, i + 1 < n ? 0x8100 : 0x0800);
        }
        add_ipv4(&f, 6, 24, 1, 0);
        add_tcp(&f, "data", 4);
        assert_int_equal(decode_at(decoder, &f, 0, &p), n <= 8);
        assert_int_equal(count(COUNTER_DECODE_DEPTH) - before, n > 8);
        assert_int_equal(decode_at(shallow, &f, 0, &p), n <= 2);
    }
    decoder_destroy(shallow);
}

static void an_ip_packet_longer_than_its_frame_is_used_and_counted(void **state) {
    struct frame f = {.length = 0};
    struct packet p;
    uint64_t before = count(COUNTER_DECODE_IP_BEYOND);
    add_ethernet(&f, 0x0800);
    add_ipv4(&f, 6, 20 + 10, 1, 0);
    add_tcp(&f, "four", 4);
    assert_true(decode_at(decoder, &f, 0, &p));
    assert_int_equal(p.payload_captured, 4);
    assert_int_equal(p.payload_length, 10);
    assert_int_equal(count(COUNTER_DECODE_IP_BEYOND) - before, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_stack_of_headers_is_taken_off),
        cmocka_unit_test(every_link_type_is_understood),
        cmocka_unit_test(a_frame_cut_anywhere_gives_only_what_is_there),
        cmocka_unit_test(a_payload_cut_by_the_snap_length_keeps_its_length),
        cmocka_unit_test(udp_ends_where_its_own_length_says),
        cmocka_unit_test(udp_to_a_port_of_vxlan_without_its_header_is_udp),
        cmocka_unit_test(other_transports_are_given_without_ports),
        cmocka_unit_test(sctp_has_ports),
        cmocka_unit_test(each_reason_not_to_understand_has_its_counter),
        cmocka_unit_test(a_frame_without_its_link_header_is_counted),
        cmocka_unit_test(extension_headers_are_bounded),
        cmocka_unit_test(encapsulations_are_bounded_by_the_option),
        cmocka_unit_test(an_ip_packet_longer_than_its_frame_is_used_and_counted),
    };
    decoder = decoder_create(&(struct decoder_options){.fragment_bytes = 1 << 20});
    int failed = cmocka_run_group_tests_name("decode/layers", tests, NULL, NULL);
    decoder_destroy(decoder);
    return failed;
}
