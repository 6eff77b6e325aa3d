/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/rtsp/rtsp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "talk.h"

/* Conversations after RFC 2326, 7826, 3550 and 2435, at every split. Digests are those of files that were put
 * together from the tables of another encoder, by another hand. */

/* clang-format off */
#define SDP(map) "v=0\r\no=- 1 1 IN IP4 0\r\ns=x\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 " map "/90000\r\na=control:stream=0\r\n"
#define DESCRIBE C("DESCRIBE rtsp://cam.example:554/lane4 RTSP/1.0\r\nCSeq: 2\r\n\r\n")
#define DESCRIBED(n, map) S("RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Type: application/sdp\r\nContent-Length: " n "\r\n\r\n" SDP(map))
#define SETUP(how) C("SETUP rtsp://cam.example:554/lane4/stream=0 RTSP/1.0\r\nCSeq: 3\r\nAuthorization: Digest username=\"ops\", realm=\"x\"\r\nTransport: " how "\r\n\r\n")
#define SET_UP(how) S("RTSP/1.0 200 OK\r\nCSeq: 3\r\nTransport: " how "\r\n\r\n")
#define PLAY C("PLAY rtsp://cam.example/lane4 RTSP/1.0\r\nCSeq: 4\r\n\r\n"), S("RTSP/1.0 200 OK\r\nCSeq: 4\r\n\r\n")
#define JPEG_CAMERA DESCRIBE, DESCRIBED("94", "JPEG"), SETUP("RTP/AVP/TCP;unicast;interleaved=0-1"), SET_UP("RTP/AVP/TCP;unicast;interleaved=0-1"), PLAY
/* A frame of `n` octets on channel 0; RTP's head with mark and type, number, time. */
#define FRAME(n) "$\0\0" n
#define RTP(mark, number, time) "\x80" mark "\0" number "\0\0\0" time "\1\2\3\4"
#define MORE "\x60"
#define LAST "\xe0"
/* Type-specific, offset, type, quality, 16 x 8 pixels. */
#define PART(offset, type, q) "\0\0\0" offset type q "\2\1"
/* clang-format on */

static void hex_digest(const uint8_t digest[32], char out[65]) {
    for (int i = 0; i < 32; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

static void assert_picture(const struct transfer *t, const char *sha256) {
    char text[65];
    hex_digest(t->sha256, text);
    assert_true(t->ended);
    assert_int_equal(t->how, TRANSFER_DONE);
    assert_int_equal(t->missing, 0);
    assert_text(&t->type, "image/jpeg");
    assert_string_equal(text, sha256);
}

#define ABCDEFGH "589b6383ef7d38a95975cca295e941ed4f72bad070c681c3a7d45639e7409d18"
#define EFGH_ENDED "84f35ce7edb976bb0792aa2c719d2b3c4505b6ab8f39f781dcdf7e44ffaa72c3"

static void pictures_in_fragments_are_put_together(void **state) {
    static const struct piece p[] = {
        JPEG_CAMERA, S(FRAME("\x18") RTP(MORE, "\1", "\1") PART("\0", "\1", "\x32") "abcd"),
        S("$\1\0\10\x80\xc8\0\1abcd" FRAME("\x18") RTP(LAST, "\2", "\1") PART("\4", "\1", "\x32") "efgh"),
        S(FRAME("\x1a") RTP(LAST, "\3", "\2") PART("\0", "\1", "\x32") "efgh\xff\xd9")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 2);
        assert_picture(&w->transfer[0], ABCDEFGH);
        assert_picture(&w->transfer[1], EFGH_ENDED);
        assert_int_equal(w->transfer[0].from, SIDE_SERVER);
        assert_text(&w->transfer[0].url, "/lane4");
        assert_text(&w->transfer[0].user, "ops");
        assert_text(&w->named, "cam.example");
    });
}

static void restart_intervals_stand_in_the_header(void **state) {
    static const struct piece p[] = {JPEG_CAMERA, S(FRAME("\x1c") RTP(LAST, "\1", "\1")
                                                        PART("\0", "\x40", "\x5a") "\0\4\xff\xff"
                                                                                   "abcd")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_picture(&w->transfer[0], "3e779014247159c5cdc68b2342dd00a0864b98ab40f6e85d30735304a7d21212");
    });
}

/* Tables of 1..64 and 65..128. */
static size_t write_tables(uint8_t *out) {
    for (unsigned i = 0; i < 128; i++)
        out[i] = (uint8_t)(i + 1);
    return 128;
}

/* A packet on channel 0 with as many octets of tables as asked for. */
static size_t write_frame(uint8_t *out, uint8_t number, uint8_t q, size_t tables, const char *scan) {
    static const uint8_t head[] = {0x80, 0xe0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0, 1, 0, 2, 1};
    uint8_t *at = out + 4;
    memcpy(at, head, sizeof head);
    at[3] = at[7] = number;
    at[17] = q;
    at += sizeof head;
    memcpy(at, (uint8_t[]){0, 0, 0, (uint8_t)tables}, 4);
    write_tables(at + 4);
    at += 4 + tables;
    memcpy(at, scan, strlen(scan));
    at += strlen(scan);
    size_t n = (size_t)(at - out) - 4;
    memcpy(out, (uint8_t[]){'$', 0, (uint8_t)(n >> 8), (uint8_t)n}, 4);
    return n + 4;
}

static struct world *watch_camera(void) {
    static const struct piece p[] = {JPEG_CAMERA};
    const uint8_t a[4] = {203, 0, 113, 8}, b[4] = {192, 0, 2, 1};
    struct world *w = world_create(&(struct dispatch_options){.conversations = 4});
    memset(counter_values, 0, COUNTER_COUNT * sizeof *counter_values);
    world_open(w, (struct endpoint){address_from_v4(a), 40000}, (struct endpoint){address_from_v4(b), 554});
    for (size_t i = 0; i < sizeof p / sizeof *p; i++)
        world_deliver(w, 0, p[i].from, (const uint8_t *)p[i].bytes, p[i].n, 0);
    return w;
}

static void tables_come_in_band_and_are_kept_but_for_those_of_255(void **state) {
    uint8_t frame[256];
    for (size_t split = 1; split < 7; split += 5) {
        struct world *w = watch_camera();
        world_deliver(w, 0, SIDE_SERVER, frame, write_frame(frame, 1, 255, 128, "abcd"), split);
        world_deliver(w, 0, SIDE_SERVER, frame, write_frame(frame, 2, 128, 128, "abcd"), split);
        world_deliver(w, 0, SIDE_SERVER, frame, write_frame(frame, 3, 128, 0, "xy"), split);
        world_deliver(w, 0, SIDE_SERVER, frame, write_frame(frame, 4, 255, 0, "xy"), split);
        world_deliver(w, 0, SIDE_SERVER, frame, write_frame(frame, 5, 255, 64, "xy"), split);
        world_close_all(w);
        assert_int_equal(w->transfers, 5);
        assert_picture(&w->transfer[0], "fdc1868e65509f9ea82f0179b4bedd75792a503890c67a7fcb371a46af856dd0");
        assert_picture(&w->transfer[1], "fdc1868e65509f9ea82f0179b4bedd75792a503890c67a7fcb371a46af856dd0");
        assert_picture(&w->transfer[2], "2a60dcca4e5078ad0fd15243a7fa5e00c9fae337d067aab46acf63ecc29a6846");
        assert_int_equal(w->transfer[3].missing, 1); /* its header */
        assert_picture(&w->transfer[4], "2e8f91e6c4f8324d7b4d2b4096e364fcf01d316eba33ca2ae42b4a3cf43494ef");
        assert_int_equal(counter_values[COUNTER_RTP_HEADERS_UNKNOWN], 1);
        world_destroy(w);
    }
}

static void what_is_missing_of_a_picture_is_told_and_the_next_one_is_whole(void **state) {
    static const struct piece p[] = {
        JPEG_CAMERA, S(FRAME("\x18") RTP(MORE, "\1", "\1") PART("\0", "\1", "\x32") "abcd"),
        GAP(SIDE_SERVER, 2000),
        S("cut" FRAME("\x18") RTP(LAST, "\4", "\1") PART("\x14", "\1", "\x32") "efgh"),
        S(FRAME("\x1a") RTP(LAST, "\5", "\2") PART("\0", "\1", "\x32") "efgh\xff\xd9")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 2);
        assert_int_equal(w->transfer[0].missing, 16);
        assert_picture(&w->transfer[1], EFGH_ENDED);
    });
}

static void pictures_of_one_time_are_not_joined_over_what_is_missing(void **state) {
    static const struct piece p[] = {
        JPEG_CAMERA, S(FRAME("\x18") RTP(MORE, "\1", "\1") PART("\0", "\1", "\x32") "abcd"),
        S(FRAME("\x18") RTP(LAST, "\4", "\1") PART("\4", "\1", "\x32") "efgh"),
        S(FRAME("\x1a") RTP(LAST, "\5", "\1") PART("\0", "\1", "\x32") "efgh\xff\xd9")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 3);
        assert_int_equal(w->transfer[0].how, TRANSFER_CUT);
        assert_int_equal(w->transfer[1].missing, 4);
        assert_picture(&w->transfer[2], EFGH_ENDED);
    });
}

static void a_picture_whose_last_part_is_missing_is_cut(void **state) {
    static const struct piece p[] = {
        JPEG_CAMERA, S(FRAME("\x18") RTP(MORE, "\1", "\1") PART("\0", "\1", "\x32") "abcd"),
        S(FRAME("\x1a") RTP(LAST, "\3", "\2") PART("\0", "\1", "\x32") "efgh\xff\xd9")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 2);
        assert_int_equal(w->transfer[0].how, TRANSFER_CUT);
        assert_picture(&w->transfer[1], EFGH_ENDED);
    });
}

static void pictures_are_seen_without_what_set_them_up(void **state) {
    static const struct piece p[] = {
        C("GET_PARAMETER * RTSP/1.0\r\nCSeq: 9\r\n\r\n"), S("RTSP/1.0 200 OK\r\nCSeq: 9\r\n\r\n"),
        S(FRAME("\x1a") RTP("\x9a", "\3", "\2") PART("\0", "\1", "\x32") "efgh\xff\xd9")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_picture(&w->transfer[0], EFGH_ENDED);
    });
}

#define OTHER S(FRAME("\x10") RTP("\x60", "\1", "\1") "abcd")

static void other_media_are_lost_and_told(void **state) {
    static const struct piece p[] = {DESCRIBE,
                                     DESCRIBED("94", "H264"),
                                     SETUP("RTP/AVP/TCP;unicast;interleaved=0-1"),
                                     SET_UP("RTP/AVP/TCP;unicast;interleaved=0-1"),
                                     PLAY,
                                     OTHER,
                                     OTHER,
                                     OTHER,
                                     OTHER,
                                     OTHER,
                                     OTHER,
                                     OTHER,
                                     OTHER};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 0);
        assert_text(&w->told[FACT_MEDIUM], "H264");
        assert_int_equal(counter_values[COUNTER_PROTOCOL_LOST], 1);
    });
}

static void assert_expected(const struct world *w, size_t i, const uint8_t client[4], uint16_t client_port,
                            const uint8_t server[4], uint16_t server_port) {
    const struct expectation *e = &w->expectation[i].e;
    struct address a = address_from_v4(client), b = address_from_v4(server);
    assert_int_equal(e->transport, PROTOCOL_UDP);
    assert_true(address_equal(&e->end[SIDE_CLIENT].address, &a));
    assert_true(address_equal(&e->end[SIDE_SERVER].address, &b));
    assert_int_equal(e->end[SIDE_CLIENT].port, client_port);
    assert_int_equal(e->end[SIDE_SERVER].port, server_port);
}

static const uint8_t client[4] = {192, 0, 2, 1}, server[4] = {203, 0, 113, 8};

static void flows_of_their_own_are_announced_once(void **state) {
    static const struct piece p[] = {
        DESCRIBE, DESCRIBED("94", "JPEG"), SETUP("RTP/AVP;unicast;client_port=5000-5001"),
        SET_UP("RTP/AVP;unicast;client_port=5000-5001;server_port=6000-6001;ssrc=1"), PLAY};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->expectations, 2);
        assert_expected(w, 0, client, 5000, server, 0);
        assert_expected(w, 1, client, 5001, server, 0);
    });
}

static void other_addresses_are_announced_as_they_are_named(void **state) {
    static const uint8_t source[4] = {203, 0, 113, 9}, group[4] = {233, 252, 0, 1};
    static const struct piece elsewhere[] = {
        SETUP("RTP/AVP;unicast;client_port=5000-5001"),
        SET_UP("RTP/AVP;unicast;client_port=5000-5001;server_port=6000-6001;source=203.0.113.9")};
    static const struct piece many[] = {
        SETUP("RTP/AVP;multicast"), SET_UP("RTP/AVP;multicast;destination=233.252.0.1;port=7000-7001;ttl=4")};
    static const struct piece two[] = {
        C("SETUP rtsp://cam.example/lane4 RTSP/2.0\r\nCSeq: 3\r\n"
          "Transport: RTP/AVP/UDP;unicast;dest_addr=\":5000\"/\":5001\"\r\n\r\n"),
        S("RTSP/2.0 200 OK\r\nCSeq: 3\r\nTransport: RTP/AVP/UDP;unicast;dest_addr=\"192.0.2.1:5000\"/"
          "\"192.0.2.1:5001\";src_addr=\"203.0.113.9:6000\"/\"203.0.113.9:6001\"\r\n\r\n")};
    FOR_EACH_SPLIT(elsewhere, {
        assert_int_equal(w->expectations, 4);
        assert_expected(w, 2, client, 5000, source, 6000);
        assert_expected(w, 3, client, 5001, source, 6001);
    });
    FOR_EACH_SPLIT(many, {
        assert_int_equal(w->expectations, 2);
        assert_expected(w, 0, server, 0, group, 7000);
    });
    FOR_EACH_SPLIT(two, {
        assert_int_equal(w->expectations, 4);
        assert_expected(w, 0, client, 5000, server, 0);
        assert_expected(w, 3, client, 5001, source, 6001);
    });
}

static void bodies_that_describe_nothing_are_things(void **state) {
    static const struct piece p[] = {
        C("SET_PARAMETER rtsp://cam.example/lane4 RTSP/1.0\r\nCSeq: 5\r\nContent-Type: "
          "text/parameters\r\nContent-Length: 9\r\n\r\nplates: 1"),
        C("ANNOUNCE rtsp://cam.example/lane4 RTSP/1.0\r\nCSeq: 6\r\nContent-Type: "
          "application/sdp\r\nContent-Length: 4\r\n\r\nABCD")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 2);
        assert_bytes(&w->transfer[0], "plates: 1");
        assert_text(&w->transfer[0].type, "text/parameters");
        assert_bytes(&w->transfer[1], "ABCD");
    });
}

static void what_begins_no_message_is_another_ones(void **state) {
    static const struct piece p[] = {PLAY, C("Content of another kind\r\n")};
    static const struct piece http[] = {C("OPTIONS / HTTP/1.1\r\nHost: a\r\n\r\n")};
    static const struct piece sip[] = {C("OPTIONS sip:a@b SIP/2.0\r\nCSeq: 1 OPTIONS\r\n\r\n")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(counter_values[COUNTER_RTSP_STRAYS], 1);
        assert_ptr_not_equal(w->flow[0]->protocol, &protocol_rtsp);
    });
    FOR_EACH_SPLIT(http, assert_ptr_not_equal(w->flow[0]->protocol, &protocol_rtsp));
    FOR_EACH_SPLIT(sip, assert_ptr_not_equal(w->flow[0]->protocol, &protocol_rtsp));
}

/* --- datagrams --- */

#define DATAGRAM(text) rtp_take(&s, bytes_of(text, sizeof text - 1))

static void datagrams_out_of_order_are_put_in_order(void **state) {
    struct world *w = watch_camera();
    struct rtp_source s = {.origin = {w->flow[0], SIDE_SERVER, "rtp", NULL}, .waits = true};
    assert_int_equal(DATAGRAM(RTP("\x1a", "\1", "\1") PART("\0", "\1", "\x32") "ab"), RTP_PICTURE);
    assert_int_equal(DATAGRAM(RTP("\x9a", "\4", "\1") PART("\6", "\1", "\x32") "gh"), RTP_PICTURE);
    assert_int_equal(DATAGRAM(RTP("\x1a", "\3", "\1") PART("\4", "\1", "\x32") "ef"), RTP_PICTURE);
    assert_int_equal(DATAGRAM(RTP("\x1a", "\3", "\1") PART("\4", "\1", "\x32") "ef"), RTP_PICTURE);
    assert_int_equal(DATAGRAM(RTP("\x1a", "\2", "\1") PART("\2", "\1", "\x32") "cd"), RTP_PICTURE);
    assert_int_equal(DATAGRAM("\xce\xfa\xed\xfe"), RTP_NONE);
    assert_int_equal(DATAGRAM(RTP("\x60", "\5", "\1") "abcd"), RTP_OTHER);
    assert_int_equal(w->transfers, 1);
    assert_picture(&w->transfer[0], ABCDEFGH);
    rtp_end(&s);
    world_destroy(w);
}

static void a_datagram_that_does_not_come_is_not_waited_for_long(void **state) {
    struct world *w = watch_camera();
    struct rtp_source s = {.origin = {w->flow[0], SIDE_SERVER, "rtp", NULL}, .waits = true};
    char late[] = RTP("\x1a", "\0", "\1") PART("\0", "\1", "\x32") "ab";
    DATAGRAM(RTP("\x1a", "\1", "\1") PART("\0", "\1", "\x32") "ab");
    for (char i = 3; i < 14; i++) {
        late[3] = i;
        late[15] = (char)(2 * (i - 1));
        rtp_take(&s, bytes_of(late, sizeof late - 1));
    }
    assert_int_equal(w->transfer[0].missing, 2);
    rtp_end(&s);
    assert_int_equal(w->transfer[0].how, TRANSFER_CUT);
    world_destroy(w);
}

static void only_the_first_part_of_a_picture_is_certain(void **state) {
    static const char first[] = RTP("\x1a", "\1", "\1") PART("\0", "\1", "\x32") "ab";
    static const char later[] = RTP("\x1a", "\1", "\1") PART("\4", "\1", "\x32") "ab";
    static const char other[] = RTP("\x60", "\1", "\1") PART("\0", "\1", "\x32") "ab";
    static const char form[] = RTP("\x1a", "\1", "\1") PART("\0", "\5", "\x32") "ab";
    assert_true(rtp_begins(bytes_of(first, sizeof first - 1)));
    assert_false(rtp_begins(bytes_of(later, sizeof later - 1)));
    assert_false(rtp_begins(bytes_of(other, sizeof other - 1)));
    assert_false(rtp_begins(bytes_of(form, sizeof form - 1)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pictures_in_fragments_are_put_together),
        cmocka_unit_test(restart_intervals_stand_in_the_header),
        cmocka_unit_test(tables_come_in_band_and_are_kept_but_for_those_of_255),
        cmocka_unit_test(what_is_missing_of_a_picture_is_told_and_the_next_one_is_whole),
        cmocka_unit_test(pictures_of_one_time_are_not_joined_over_what_is_missing),
        cmocka_unit_test(a_picture_whose_last_part_is_missing_is_cut),
        cmocka_unit_test(pictures_are_seen_without_what_set_them_up),
        cmocka_unit_test(other_media_are_lost_and_told),
        cmocka_unit_test(flows_of_their_own_are_announced_once),
        cmocka_unit_test(other_addresses_are_announced_as_they_are_named),
        cmocka_unit_test(bodies_that_describe_nothing_are_things),
        cmocka_unit_test(what_begins_no_message_is_another_ones),
        cmocka_unit_test(datagrams_out_of_order_are_put_in_order),
        cmocka_unit_test(a_datagram_that_does_not_come_is_not_waited_for_long),
        cmocka_unit_test(only_the_first_part_of_a_picture_is_certain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
