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
    {.name = "qinq-9200", .vlan = 102},
    {.name = "geneve", .tunnelled = true},
    {.name = "geneve-options", .v6 = true, .tunnelled = true},
    {.name = "gtp-u", .tunnelled = true},
    {.name = "gtp-u-sequence", .v6 = true, .tunnelled = true},
    {.name = "gtp-u-extensions", .tunnelled = true},
    {.name = "gtp-u-ethernet", .tunnelled = true},
    {.name = "vntag"},
    {.name = "vntag-vlan", .vlan = 42},
    {.name = "etag"},
    {.name = "fabricpath"},
    {.name = "metadata"},
    {.name = "macsec"},
    {.name = "macsec-channel", .v6 = true},
    {.name = "backbone"},
    {.name = "trill"},
    {.name = "hsr"},
    {.name = "redundancy"},
    {.name = "nsh"},
    {.name = "nsh-ethernet"},
    {.name = "gre-nsh", .v6 = true, .tunnelled = true},
    {.name = "gre-wccp", .tunnelled = true},
    {.name = "vxlan-gpe", .tunnelled = true},
    {.name = "vxlan-gpe-nsh", .tunnelled = true},
    {.name = "vxlan-anywhere", .tunnelled = true},
    {.name = "geneve-anywhere", .tunnelled = true},
    {.name = "gtp-u-anywhere", .tunnelled = true},
    {.name = "l2tp", .tunnelled = true},
    {.name = "l2tp-fields", .v6 = true, .tunnelled = true},
    {.name = "l2tp-from", .tunnelled = true},
    {.name = "l2tp-anywhere", .tunnelled = true},
    {.name = "l2tpv3-udp", .tunnelled = true},
    {.name = "l2tpv3-ip", .tunnelled = true},
    {.name = "l2tpv3-ip-cookie", .tunnelled = true},
    {.name = "lisp", .tunnelled = true},
    {.name = "gue", .tunnelled = true},
    {.name = "gue-fields", .v6 = true, .tunnelled = true},
    {.name = "gue-1", .tunnelled = true},
    {.name = "gue-gre-anywhere", .tunnelled = true},
    {.name = "fou", .tunnelled = true},
    {.name = "fou-v6", .v6 = true, .tunnelled = true},
    {.name = "fou-gre", .tunnelled = true},
    {.name = "gre-udp", .v6 = true, .tunnelled = true},
    {.name = "mpls-udp", .tunnelled = true},
    {.name = "mpls-ip", .tunnelled = true},
    {.name = "teredo", .v6 = true, .tunnelled = true},
    {.name = "teredo-origin", .v6 = true, .tunnelled = true},
    {.name = "esp-null"},
    {.name = "esp-null-16", .v6 = true},
    {.name = "esp-null-gmac"},
    {.name = "esp-null-tunnel", .tunnelled = true},
    {.name = "esp-null-tunnel-v6", .v6 = true, .tunnelled = true},
    {.name = "esp-null-udp", .tunnelled = true},
    {.name = "etherip", .tunnelled = true},
    {.name = "srv6-ethernet", .tunnelled = true},
    {.name = "tzsp", .tunnelled = true},
    {.name = "tzsp-air", .tunnelled = true},
    {.name = "capwap", .tunnelled = true},
    {.name = "capwap-air", .tunnelled = true},
    {.name = "v6-new-extension", .v6 = true},
    {.name = "v6-20-extensions", .v6 = true},
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
        {.name = "air"},
        {.name = "air-qos-wds", .v6 = true},
        {.name = "radiotap"},
        {.name = "radiotap-padded"},
        {.name = "ppi"},
        {.name = "prism"},
        {.name = "avs"},
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

/* Whose the frame is that stands around the packet: where it begins, or -1. */
static int ethernet_at(const struct frame *f, const struct packet *p) {
    static const uint8_t source[] = {0, 0x0c, 0x29, 0x44, 0x55, 0x66};
    int found = -1;
    for (size_t at = 0; at + 12 <= f->length && p->ethernet; at++)
        if (memcmp(f->bytes + at + 6, source, 6) == 0)
            found = (int)at;
    assert_true(!p->ethernet || (found >= 0 && memcmp(p->ethernet + 6, source, 6) == 0));
    return p->ethernet ? found : -1;
}

/* The same with TCP behind what is there already; the frame is empty then. */
static int decode_hello(struct frame *f, struct packet *p) {
    add_ipv4(f, PROTOCOL_TCP, 20 + 5, 1, 0);
    add_tcp(f, "hello", 5);
    assert_true(decode_at(decoder, f, 1, p));
    int at = ethernet_at(f, p);
    f->length = 0;
    return at;
}

static void the_frame_of_a_packet_is_known_where_nothing_but_tags_is_between(void **state) {
    enum { IP_IN_IP = 4, GRE = 47 };
    struct frame f = {.length = 0};
    struct packet p;
    add_ethernet(&f, 0x0800);
    assert_int_equal(decode_hello(&f, &p), 0);
    add_ethernet(&f, 0x8100);
    add_u16(&f, 40);
    add_u16(&f, 0x0800);
    assert_int_equal(decode_hello(&f, &p), 0);
    add_ethernet(&f, 0x0800);
    add_ipv4(&f, IP_IN_IP, 20 + 20 + 5, 1, 0); /* of the tunnel's ends */
    assert_int_equal(decode_hello(&f, &p), -1);
    assert_true(p.tunnelled);
    add_ethernet(&f, 0x0800);
    /* a mirror's: the frame within is the one that was mirrored */
    add_ipv4(&f, GRE, 4 + 14 + 20 + 20 + 5, 1, 0);
    add_u16(&f, 0);
    add_u16(&f, 0x6558);
    add_ethernet(&f, 0x0800);
    assert_int_equal(decode_hello(&f, &p), 14 + 20 + 4);
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

static bool is_of_association(const char *chunks, size_t n) {
    struct packet p = {.transport = 132,
                       .payload = (const uint8_t *)chunks,
                       .payload_captured = (uint32_t)n,
                       .payload_length = (uint32_t)n};
    return sctp_is_of_association(&p);
}

static void sctp_that_carries_data_is_told_from_the_rest(void **state) {
    (void)state;
    assert_true(is_of_association("\1\0\0\x06xy\0\0\x0e\0\0\4", 12)); /* the first one is padded */
    assert_true(is_of_association("", 0));
    assert_false(is_of_association("\3\0\0\4\0\3\0\x05x\0\0\0", 12)); /* data behind an acknowledgement */
    assert_false(is_of_association("\x40\0\0\4", 4));                 /* I-DATA */
    assert_false(is_of_association("\1\0\0\0", 4));                   /* a length that is none */
    assert_false(is_of_association("\1\0\0\x04\0\3\0", 7));           /* a cut header behind one */
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
    REFUSED(0x0800, IP4("\x2f", "\x24") "\x20\x81\x88\x0b\0\0\0\1\0\0\0\1\0\0\0\0", DECODE_GRE_EMPTY);
    REFUSED(0x0800, IP4("\x2f", "\x20") "\x10\0\x88\xbe\0\0\0\1\x10\0\0\0", DECODE_ERSPAN_SHORT);
    REFUSED(0x0800, IP4("\x2f", "\x1a") "\0\0\x65\x58\0\0", DECODE_ETHERNET_SHORT);
    REFUSED(0x8926, "\0\x0a\0\x14\x08", DECODE_FABRIC_SHORT);
    REFUSED(0x8903, "\4", DECODE_FABRIC_SHORT);
    REFUSED(0x88e5, "\x0c\0\0\0\0\1\x08\0", DECODE_MACSEC);
    REFUSED(0x894f, "\x0f\xc1\1\1\0\0\7\xff", DECODE_NSH);
#undef REFUSED
}

/* One frame that is not stepped into, and counts for its hosts. */
static void assert_counted(const void *rest, size_t n, unsigned transport, enum counter why) {
    struct frame f = {.length = 0};
    struct packet p;
    char text[ADDRESS_TEXT_MAX];
    uint64_t before = count(why);
    add_ethernet(&f, 0x0800);
    add(&f, rest, n);
    assert_true(decode_at(decoder, &f, 0, &p));
    assert_int_equal(p.transport, transport);
    assert_string_equal(address_format(&p.source, text), "10.0.0.1");
    assert_string_equal(address_format(&p.destination, text), "10.0.0.2");
    assert_int_equal(count(why), before + 1);
}

static void what_is_not_known_in_a_tunnel_counts_for_its_ends(void **state) {
#define COUNTED(rest, transport, why) assert_counted(rest, sizeof rest - 1, transport, COUNTER_##why)
    COUNTED(IP4("\x2f", "\x18") "\0\2\x08\0", 47, DECODE_GRE_UNKNOWN);
    COUNTED(IP4("\x2f", "\x18") "\0\0\0\4", 47, DECODE_GRE_UNKNOWN);
    COUNTED(IP4("\x2f", "\x24") "\x10\0\x88\xbe\0\0\0\1\x30\0\0\0\0\0\0\0", 47, DECODE_ERSPAN_UNKNOWN);
    COUNTED(IP4("\x2f", "\x1a") "\0\0\x76\x5b..", 47, DECODE_NOT_IP);
#undef COUNTED
}

static void a_frame_without_its_link_header_is_counted(void **state) {
    struct frame f = {.length = 13};
    struct packet p;
    uint64_t before = count(COUNTER_DECODE_LINK);
    assert_false(decode_at(decoder, &f, 0, &p));
    assert_int_equal(count(COUNTER_DECODE_LINK) - before, 1);
}

static void extension_headers_are_bounded_and_what_has_more_counts_for_its_hosts(void **state) {
    for (unsigned n = 256; n <= 257; n++) {
        struct frame f = {.length = 0};
        struct packet p;
        uint64_t before = count(COUNTER_DECODE_EXTENSIONS_MANY);
        add_ethernet(&f, 0x86dd);
        add_ipv6(&f, 60, n * 8 + 24);
        for (unsigned i = 0; i < n; i++)
            add(&f, i + 1 < n ? "\x3c\0\1\4\0\0\0\0" : "\6\0\1\4\0\0\0\0", 8);
        add_tcp(&f, "data", 4);
        assert_true(decode_at(decoder, &f, 0, &p));
        assert_int_equal(p.transport, n == 256 ? 6 : 60);
        assert_int_equal(p.destination_port, n == 256 ? 21 : 0);
        assert_int_equal(count(COUNTER_DECODE_EXTENSIONS_MANY) - before, n == 257);
    }
}

static void encapsulations_are_bounded_by_the_option(void **state) {
    struct decoder *shallow = decoder_create(&(struct decoder_options){.depth = 2});
    assert_non_null(shallow);
    for (unsigned n = 1; n <= 17; n++) {
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
        assert_int_equal(decode_at(decoder, &f, 0, &p), n <= 16);
        assert_int_equal(count(COUNTER_DECODE_DEPTH) - before, n > 16);
        assert_int_equal(decode_at(shallow, &f, 0, &p), n <= 2);
    }
    decoder_destroy(shallow);
}

static void tunnels_beyond_the_bound_count_for_the_last_pair_of_hosts(void **state) {
    struct frame f = {.length = 0};
    struct packet p;
    uint64_t before = count(COUNTER_DECODE_DEPTH);
    add_ethernet(&f, 0x0800);
    for (unsigned n = 20; n > 0; n--)
        add_ipv4(&f, 4, (n - 1) * 20, 1, 0);
    assert_true(decode_at(decoder, &f, 0, &p));
    assert_int_equal(p.transport, 4);
    assert_int_equal(p.payload_length, 3 * 20);
    assert_int_equal(count(COUNTER_DECODE_DEPTH) - before, 1);
}

static void add_long(struct frame *f, unsigned total) {
    add_ethernet(f, 0x0800);
    add_ipv4(f, 6, 20 + total, 1, 0);
    add_tcp(f, "four", 4);
}

/* Its receiver drops it: garbage that takes the place of what comes next. */
static void an_ip_packet_longer_than_its_frame_is_dropped_and_counted(void **state) {
    struct decoder *fresh = decoder_create(&(struct decoder_options){.depth = 0});
    struct frame longer = {.length = 0}, right = {.length = 0};
    struct packet p;
    uint64_t before = count(COUNTER_DECODE_IP_BEYOND);
    add_long(&longer, 10);
    add_long(&right, 4);
    add_u8(&right, 0); /* padding: a longer frame was shown whole */
    for (int i = 0; i < 100; i++)
        assert_true(decode_at(fresh, &right, 0, &p));
    assert_false(decode_at(fresh, &longer, 0, &p));
    assert_int_equal(count(COUNTER_DECODE_IP_BEYOND) - before, 1);
    decoder_destroy(fresh);
}

static void a_mirror_that_cuts_packets_and_does_not_say_so_is_used(void **state) {
    struct decoder *fresh = decoder_create(&(struct decoder_options){.depth = 0});
    struct frame longer = {.length = 0}, right = {.length = 0};
    struct packet p;
    add_long(&longer, 10);
    add_long(&right, 4);
    right.length -= 2;
    right.bytes[17] -= 2;
    for (int i = 0; i < 100; i++) {
        assert_true(decode_at(fresh, &right, 0, &p));
        assert_true(decode_at(fresh, &longer, 0, &p)); /* no frame was longer and whole */
    }
    assert_int_equal(p.payload_captured, 4);
    assert_int_equal(p.payload_length, 10);
    decoder_destroy(fresh);
}

static void where_many_are_longer_they_are_used_though_a_whole_one_was_as_long(void **state) {
    struct decoder *fresh = decoder_create(&(struct decoder_options){.depth = 0});
    struct frame longer = {.length = 0}, right = {.length = 0};
    struct packet p;
    add_long(&longer, 10);
    add_long(&right, 4);
    assert_true(decode_at(fresh, &right, 0, &p));
    for (int i = 0; i < 100; i++)
        assert_int_equal(decode_at(fresh, &longer, 0, &p), i >= 3);
    decoder_destroy(fresh);
}

/* Segmentation in the network card leaves them out, of packets that are too large for the wire. */
static void a_length_of_zero_means_the_rest_of_a_large_frame_and_nothing_in_a_small_one(void **state) {
    static const char large[3000] = "large";
    for (int v6 = 0; v6 < 2; v6++)
        for (int small = 0; small < 2; small++) {
            struct frame f = {.length = 0};
            struct packet p;
            add_ethernet(&f, v6 ? 0x86dd : 0x0800);
            size_t at = f.length + (v6 ? 4 : 2);
            if (v6)
                add_ipv6(&f, 6, 0);
            else
                add_ipv4(&f, 6, 0, 1, 0);
            memset(f.bytes + at, 0, 2);
            add_tcp(&f, large, small ? 100 : sizeof large);
            assert_int_equal(decode_at(decoder, &f, 0, &p), !small);
            if (!small)
                assert_int_equal(p.payload_length, sizeof large);
        }
}

/* What begins like a tunnel's header and holds no packet is what its port says. */
static void a_datagram_to_a_tunnels_port_that_is_none_is_a_datagram(void **state) {
    static const struct {
        uint16_t port;
        const char *bytes;
        size_t n;
    } none[] = {
#define NONE(port, bytes) {port, bytes, sizeof bytes - 1}
        NONE(6081, "\x40\0\x65\x58\0\0\x2a\0..............................................."),
        NONE(6081, "\0\0\0\x35\0\0\x2a\0................................................"),
        NONE(2152, "\x32\1\0\4\0\0\0\0\0\1\0\0............................................"),
        NONE(2152, "\x30\xff\0\x10\0\0\0\1GET / HTTP/1.1\r\n"),
        NONE(1701, "\xc8\2\0\x14\0\0\0\0\0\0\0\0\x80\x08\0\0\0\0\0\1"),
        NONE(6080, "\x20\4\0\0\x45\0\0\x30...................."),
        NONE(6080, "\0\4\0\0GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        NONE(5555, "\x45\0\0\x30\0\1\0\0\x40\6\0\0\x0a\0\0\1\x0a\0\0\2............................"),
        NONE(5555, "e lengths do not agree and so this is a text of more than forty bytes"),
        NONE(4790, "\x0c\0\0\x09\0\0\x2a\0...................."),
        NONE(4341, "\x80\0\x12\x34\0\0\0\1...................."),
        NONE(37008, "\1\0\0\1\x0a\1\x2c...................."),
        NONE(5247, "\0\x10\x80\0\0\0\0\0...................."),
        NONE(4500, "\0\0\0\0................................"),
        NONE(4500, "\1\2\3\4\0\0\0\1................................"),
        NONE(3544, "\0\0\x63\xbf\x3f\xff\xfd\xd2...................."),
        NONE(6635, "\0\1\1\x40text that is no packet"),
#undef NONE
    };
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        struct frame f = {.length = 0};
        struct packet p;
        add_ethernet(&f, 0x0800);
        add_ipv4(&f, 17, (unsigned)(8 + none[i].n), 1, 0);
        add_u16(&f, 50000);
        add_u16(&f, none[i].port);
        add_u16(&f, (unsigned)(8 + none[i].n));
        add_u16(&f, 0);
        add(&f, none[i].bytes, none[i].n);
        assert_true(decode_at(decoder, &f, 0, &p));
        if (p.tunnelled || p.destination_port != none[i].port || p.payload_length != none[i].n)
            fail_msg("row %zu, port %u", i, none[i].port);
    }
}

static void esp_that_is_encrypted_stays_closed(void **state) {
    for (unsigned seed = 0; seed < 2000; seed++) {
        struct frame f = {.length = 0};
        struct packet p;
        uint32_t x = seed * 2654435761u + 1;
        add_ethernet(&f, 0x0800);
        add_ipv4(&f, 50, 8 + 120, 1, 0);
        add_u32(&f, 0x1001);
        add_u32(&f, seed);
        for (int i = 0; i < 120; i++) {
            x = x * 1664525u + 1013904223u;
            add_u8(&f, x >> 24);
        }
        assert_true(decode_at(decoder, &f, 0, &p));
        assert_int_equal(p.transport, 50);
        assert_int_equal(p.payload_length, 128);
    }
}

/* An aggregate (IEEE 802.11, section 9.3.2.2) of three subframes, the second of which is ARP. */
static void each_packet_of_an_aggregate_is_given(void **state) {
    struct frame f = {.length = 0};
    add(&f, "\x88\1\0\0\2\0\0\0\0\1\2\0\0\0\0\1\2\0\0\0\0\1\x10\0\x80\0", 26);
    for (unsigned i = 0; i < 3; i++) {
        size_t n = i == 1 ? 8 + 28 : 8 + 20 + 20 + 4 + i;
        add(&f, "\2\0\0\0\0\1\2\0\0\0\0\2", 12);
        add_u16(&f, (unsigned)n);
        add(&f, "\xaa\xaa\3\0\0\0", 6);
        add_u16(&f, i == 1 ? 0x0806 : 0x0800);
        if (i == 1) {
            for (int k = 0; k < 28; k++)
                add_u8(&f, 0);
        } else {
            add_ipv4(&f, 6, 20 + 4 + i, 1, 0);
            add_tcp(&f, "number", 4 + i);
        }
        while (i < 2 && (14 + n) % 4) {
            add_u8(&f, 0);
            n++;
        }
    }
    struct capture_packet in = {
        .data = f.bytes, .captured = (uint32_t)f.length, .wire = (uint32_t)f.length, .link_type = 105};
    struct packet p;
    unsigned lengths = 0, frames = 0;
    bool decoded = decode_packet(decoder, &in, &p);
    do {
        frames++;
        lengths += decoded ? p.payload_length : 0;
    } while (decode_rest(decoder, &p, &decoded));
    assert_int_equal(frames, 3);
    assert_int_equal(lengths, 4 + 6);
}

static void a_frame_of_the_air_that_is_encrypted_is_counted(void **state) {
    struct packet p;
    uint8_t frame[80] = {0x08, 0x41};
    uint64_t before = count(COUNTER_DECODE_WIRELESS_OTHER);
    struct capture_packet in = {.data = frame, .captured = 80, .wire = 80, .link_type = 105};
    memset(frame + 24, 0x5a, 56);
    assert_false(decode_packet(decoder, &in, &p));
    assert_int_equal(count(COUNTER_DECODE_WIRELESS_OTHER) - before, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_stack_of_headers_is_taken_off),
        cmocka_unit_test(every_link_type_is_understood),
        cmocka_unit_test(a_frame_cut_anywhere_gives_only_what_is_there),
        cmocka_unit_test(a_payload_cut_by_the_snap_length_keeps_its_length),
        cmocka_unit_test(udp_ends_where_its_own_length_says),
        cmocka_unit_test(the_frame_of_a_packet_is_known_where_nothing_but_tags_is_between),
        cmocka_unit_test(udp_to_a_port_of_vxlan_without_its_header_is_udp),
        cmocka_unit_test(other_transports_are_given_without_ports),
        cmocka_unit_test(sctp_has_ports),
        cmocka_unit_test(sctp_that_carries_data_is_told_from_the_rest),
        cmocka_unit_test(each_reason_not_to_understand_has_its_counter),
        cmocka_unit_test(a_frame_without_its_link_header_is_counted),
        cmocka_unit_test(extension_headers_are_bounded_and_what_has_more_counts_for_its_hosts),
        cmocka_unit_test(encapsulations_are_bounded_by_the_option),
        cmocka_unit_test(what_is_not_known_in_a_tunnel_counts_for_its_ends),
        cmocka_unit_test(tunnels_beyond_the_bound_count_for_the_last_pair_of_hosts),
        cmocka_unit_test(an_ip_packet_longer_than_its_frame_is_dropped_and_counted),
        cmocka_unit_test(a_mirror_that_cuts_packets_and_does_not_say_so_is_used),
        cmocka_unit_test(where_many_are_longer_they_are_used_though_a_whole_one_was_as_long),
        cmocka_unit_test(a_length_of_zero_means_the_rest_of_a_large_frame_and_nothing_in_a_small_one),
        cmocka_unit_test(a_datagram_to_a_tunnels_port_that_is_none_is_a_datagram),
        cmocka_unit_test(esp_that_is_encrypted_stays_closed),
        cmocka_unit_test(each_packet_of_an_aggregate_is_given),
        cmocka_unit_test(a_frame_of_the_air_that_is_encrypted_is_counted),
    };
    decoder = decoder_create(&(struct decoder_options){.fragment_bytes = 1 << 20});
    int failed = cmocka_run_group_tests_name("decode/layers", tests, NULL, NULL);
    decoder_destroy(decoder);
    return failed;
}
