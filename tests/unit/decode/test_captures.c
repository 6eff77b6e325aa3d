/* SPDX-License-Identifier: Apache-2.0 */
#include "frame.h"

/* What tshark 4.0.17 counts in the public captures: packets whose innermost transport is TCP or UDP (not
 * those quoted in ICMP), and the sum of tcp.len. */
static const struct expected {
    const char *name;
    unsigned tcp, udp;
    uint64_t tcp_bytes;
} captures[] = {
    {"arkime__http-simple-get.pcap", 16, 0, 5389},
    {"arkime__http-syn-ack.pcap", 13, 0, 12679},
    {"arkime__http-xff.pcap", 11, 0, 881},
    {"arkime__nflog.pcap", 10, 0, 1339},
    {"arkime__smtp-subject-utf8-q.pcap", 19, 0, 2329},
    {"arkime__socks5-http-302.pcap", 14, 0, 1361},
    {"nDPI__tftp.pcap", 0, 109, 0},
    {"suricata-verify__bug-130__input.pcap", 14, 0, 2391},
    {"suricata-verify__bug-6207-2__input.pcap", 79, 0, 1196},
    {"suricata-verify__filestore-ftp-active-mode__ftp-active-mode.pcap", 43, 4, 415},
    {"suricata-verify__ftp__ftp-download-active__input.pcap", 63, 0, 804},
    {"suricata-verify__ftp__ftp-upload-active__input.pcap", 63, 0, 760},
    {"suricata-verify__http-evader__http-evader-395__input.pcap", 8, 0, 447},
    {"suricata-verify__http-evader__http-evader-409__input.pcap", 8, 0, 365},
    {"suricata-verify__http-evader__http-evader-452__input.pcap", 8, 0, 310},
    {"suricata-verify__http2-deflate-case__input.pcap", 28, 0, 553},
    {"suricata-verify__nfs-bug-5140__nfsv2.pcap", 0, 156, 0},
    {"suricata-verify__output-eve-fileinfo__input.pcap", 10, 0, 378},
    {"suricata-verify__pop3-02-bug-7709__input.pcap", 50, 0, 7196},
    {"suricata-verify__smb-length-5786__input.pcap", 689, 0, 272975},
    {"suricata-verify__smtp-bug-5981__input.pcap", 46, 0, 20575},
    {"zeek__http__basic-auth-with-extra-space.pcap", 38, 0, 2024},
    {"zeek__http__missing-zlib-header.pcap", 28, 0, 12760},
    {"zeek__http__multipart-form-data.pcap", 7, 0, 1429},
    {"zeek__http__percent-end-of-line.pcap", 23, 0, 1627},
    {"zeek__http__version-mismatch.pcap", 24, 0, 15277},
    {"zeek__smb__smb2.pcap", 1178, 0, 1522131},
    {"zeek__smtp-attachment-msg.pcap", 17, 0, 688},
    {"zeek__snap-tcp.pcap", 8, 0, 114},
    {"zeek__www-odd-url.pcap", 12, 0, 915},
    {"zeek__zip__descriptor.pcap", 26, 0, 522},
};
enum { CAPTURES = sizeof captures / sizeof *captures };
#define FOLDER SOURCE_ROOT "/../shared/captures/captures/"

struct sums {
    struct decoder *decoder;
    unsigned tcp, udp;
    uint64_t tcp_bytes;
};

static void sum(void *context, const struct capture_packet *in) {
    struct sums *s = context;
    struct packet p;
    if (!decode_packet(s->decoder, in, &p))
        return;
    s->tcp += p.transport == PROTOCOL_TCP;
    s->udp += p.transport == PROTOCOL_UDP;
    s->tcp_bytes += p.transport == PROTOCOL_TCP ? p.payload_length : 0;
}

static void public_captures_hold_as_many_tcp_and_udp_packets_as_tshark_finds(void **state) {
    int read = 0;
    for (int i = 0; i < CAPTURES; i++) {
        char path[512];
        const char *paths[] = {path};
        struct sums s = {.decoder = decoder_create(&(struct decoder_options){.fragment_bytes = 1 << 20})};
        snprintf(path, sizeof path, FOLDER "%s", captures[i].name);
        struct capture *c = capture_open_files(paths, 1, NULL, NULL);
        while (c && capture_read(c, 64, sum, &s) >= 0)
            ;
        if (c &&
            (s.tcp != captures[i].tcp || s.udp != captures[i].udp || s.tcp_bytes != captures[i].tcp_bytes))
            fail_msg("%s: %u TCP with %llu bytes, %u UDP", captures[i].name, s.tcp,
                     (unsigned long long)s.tcp_bytes, s.udp);
        read += c != NULL;
        capture_close(c);
        decoder_destroy(s.decoder);
    }
    if (read == 0) {
        print_message("skipped: no captures in ../shared/captures\n");
        skip();
    }
    assert_int_equal(read, CAPTURES);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(public_captures_hold_as_many_tcp_and_udp_packets_as_tshark_finds),
    };
    return cmocka_run_group_tests_name("decode/captures", tests, NULL, NULL);
}
