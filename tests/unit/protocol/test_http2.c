/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/http2/http2.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "protocol/memory.h"
#include "talk.h"

/* HTTP/2 among other protocols, and its bounds. Fields are those of RFC 7541, appendix A: 0x88 is :status
 * 200, 0x82 :method GET, 0x83 :method POST, 0x86 :scheme http, 0x04 :path as it stands. */

/* clang-format off */
#define PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define SETTINGS "\0\0\0\4\0\0\0\0\0"
#define ASKED C("PUT /lane/4 HTTP/1.1\r\nHost: x.example\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n" \
                "HTTP2-Settings: AAMAAABk\r\nContent-Length: 4\r\n\r\nbody"), \
    S("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n")
/* clang-format on */

static void assert_whole(const struct transfer *t, enum side from, const char *url, const char *text) {
    assert_true(t->ended);
    assert_int_equal(t->how, TRANSFER_DONE);
    assert_int_equal(t->from, from);
    assert_text(&t->url, url);
    assert_bytes(t, text);
}

static void an_upgrade_is_followed_and_its_answer_named_by_its_request(void **state) {
    static const struct piece p[] = {
        ASKED,
        S(SETTINGS "\0\0\1\1\4\0\0\0\1\x88\0\0\3\0\1\0\0\0\1"
                   "abc"),
        C(PREFACE SETTINGS "\0\0\5\1\4\0\0\0\3\x83\x04\2/b\0\0\2\0\1\0\0\0\3hi")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 3);
        assert_whole(&w->transfer[0], SIDE_CLIENT, "/lane/4", "body");
        assert_whole(&w->transfer[1], SIDE_SERVER, "/lane/4", "abc");
        assert_whole(&w->transfer[2], SIDE_CLIENT, "/b", "hi");
    });
}

static void what_follows_an_upgrade_and_is_none_is_looked_at_as_anything(void **state) {
    static const struct piece p[] = {ASKED, C("GET /b HTTP/1.1\r\nHost: x.example\r\n\r\n"),
                                     S("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 2);
        assert_int_equal(counter_values[COUNTER_HTTP2_ODD], 1);
        assert_bytes(&w->transfer[1], "abc");
    });
}

static void an_upgrade_that_is_refused_stays_what_it_was(void **state) {
    static const struct piece p[] = {
        C("GET /a HTTP/1.1\r\nHost: x.example\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n"),
        S("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_whole(&w->transfer[0], SIDE_SERVER, "/a", "abc");
        assert_int_equal(counter_values[COUNTER_HTTP2_RESPONSES], 0);
    });
}

static void behind_connect_it_is_found(void **state) {
    static const struct piece p[] = {
        C("CONNECT x.example:80 HTTP/1.1\r\nHost: x.example:80\r\n\r\n"), S("HTTP/1.1 200 OK\r\n\r\n"),
        C(PREFACE SETTINGS "\0\0\5\1\4\0\0\0\1\x83\x04\2/b\0\0\2\0\1\0\0\0\1hi")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_whole(&w->transfer[0], SIDE_CLIENT, "/b", "hi");
    });
}

static void what_begins_in_the_middle_of_a_stream_is_found(void **state) {
    static const struct piece p[] = {C("\x7f\x01\x02\x03 the end of a frame \xfe\x9a"
                                       "\0\0\5\1\4\0\0\0\5\x83\x04\2/b\0\0\2\0\1\0\0\0\5hi"),
                                     C("\0\0\5\1\4\0\0\0\7\x83\x04\2/c\0\0\2\0\1\0\0\0\7ho")};
    for (size_t i = 0; i < sizeof talk_splits / sizeof *talk_splits; i++) {
        struct world *w = world_create(&(struct dispatch_options){.conversations = 4});
        size_t flow = world_open(w, (struct endpoint){.port = 40000}, (struct endpoint){.port = 80});
        conversation_named(w->dispatcher, w->flow[flow], NULL);
        for (size_t k = 0; k < sizeof p / sizeof *p; k++)
            world_deliver(w, flow, p[k].from, (const uint8_t *)p[k].bytes, p[k].n, talk_splits[i]);
        world_close_all(w);
        assert_int_equal(w->transfers, 2);
        assert_whole(&w->transfer[0], SIDE_CLIENT, "/b", "hi");
        assert_whole(&w->transfer[1], SIDE_CLIENT, "/c", "ho");
        world_destroy(w);
    }
}

/* --- tunnels in streams --- */

/* clang-format off */
#define OPENED "\0\0\1\1\4\0\0\0\1\x88"
#define CONNECT PREFACE SETTINGS "\0\0\x17\1\4\0\0\0\1\2\7" "CONNECT\1\x0cx.example:80"
/* clang-format on */

static void what_stands_behind_connect_is_read_by_its_own_protocol(void **state) {
    /* Two requests of HTTP/1, one of them cut by frames of another stream. */
    static const struct piece p[] = {C(CONNECT), S(SETTINGS OPENED),
                                     C("\0\0\x14\0\0\0\0\0\1PUT /a HTTP/1.1\r\nHos"),
                                     C("\0\0\5\1\4\0\0\0\3\x83\x04\2/b\0\0\2\0\1\0\0\0\3hi"),
                                     C("\0\0\x27\0\1\0\0\0\1t: y.example\r\nContent-Length: 3\r\n\r\nabc")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 2);
        assert_whole(&w->transfer[0], SIDE_CLIENT, "/b", "hi");
        assert_whole(&w->transfer[1], SIDE_CLIENT, "/a", "abc");
        assert_text(&w->told[FACT_TARGET], "x.example");
        assert_int_equal(counter_values[COUNTER_HTTP2_TUNNELS], 1);
    });
}

static void a_websocket_in_a_stream_gives_its_messages(void **state) {
    /* RFC 8441 section 5.1: :protocol websocket, :path /lane/4; a masked message of RFC 6455 section 5.7. */
    static const struct piece p[] = {C(PREFACE SETTINGS "\0\0\x27\1\4\0\0\0\1\2\7"
                                                        "CONNECT\0\x09:protocol\x09websocket\x04\7/lane/4"),
                                     S(SETTINGS OPENED),
                                     C("\0\0\x0b\0\0\0\0\0\1\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"),
                                     S("\0\0\7\0\0\0\0\0\1\x82\5Hello")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 2);
        assert_whole(&w->transfer[0], SIDE_CLIENT, "/lane/4", "Hello");
        assert_whole(&w->transfer[1], SIDE_SERVER, "/lane/4", "Hello");
    });
}

static void a_tunnel_that_is_refused_has_an_answer_as_any_other(void **state) {
    static const struct piece p[] = {C(CONNECT), S(SETTINGS "\0\0\1\1\4\0\0\0\1\x8d\0\0\2\0\1\0\0\0\1no")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_int_equal(w->transfer[0].from, SIDE_SERVER);
        assert_bytes(&w->transfer[0], "no");
        assert_true(conversation_read(w->flow[0]));
    });
}

static void a_tunnel_that_nobody_reads_makes_its_flow_one_that_is_not_read(void **state) {
    static uint8_t frame[9 + 8192] = "\0\x20\0\0\0\0\0\0\1";
    static const char connect[] = CONNECT;
    uint32_t noise = 1;
    for (size_t i = 9; i < sizeof frame; i++)
        frame[i] = (uint8_t)((noise = noise * 1103515245 + 12345) >> 24 | 0x80);
    for (int tunnels = 0; tunnels < 2; tunnels++) {
        static const uint8_t a[4] = {192, 0, 2, 1};
        struct world *w = world_create(&(struct dispatch_options){.conversations = 4});
        size_t flow =
            world_open(w, (struct endpoint){address_from_v4(a), 40000}, (struct endpoint){.port = 80});
        world_deliver(w, flow, SIDE_CLIENT, (const uint8_t *)connect, tunnels ? sizeof connect - 1 : 24 + 9,
                      0);
        world_deliver(w, flow, SIDE_CLIENT, frame, sizeof frame, 0);
        assert_int_equal(conversation_read(w->flow[flow]), !tunnels);
        assert_int_equal(conversation_lost(w->flow[flow]), tunnels);
        world_destroy(w);
    }
}

/* Streams behind CONNECT, as many as one connection may have. */
static size_t put_tunnels(uint8_t *out) {
    static const uint8_t connect[] = CONNECT;
    enum { START = 24 + 9, STREAM = sizeof connect - 1 - START, EACH = 16 };
    memcpy(out, connect, START);
    for (uint8_t i = 0; i < EACH; i++) {
        memcpy(out + START + i * STREAM, connect + START, STREAM);
        out[START + i * STREAM + 8] = 2 * i + 1;
    }
    return START + EACH * STREAM;
}

static void tunnels_of_one_flow_have_a_bound_however_they_stand_in_each_other(void **state) {
    enum { EACH = 16, MOST = 64 };
    uint8_t frame[9 + 1024] = "\0\0\0\0\0\0\0\0\0";
    size_t n = put_tunnels(frame + 9);
    struct world *w = world_create(&(struct dispatch_options){.conversations = 400});
    size_t flow = world_open(w, (struct endpoint){.port = 40000}, (struct endpoint){.port = 80});
    memset(counter_values, 0, COUNTER_COUNT * sizeof *counter_values);
    world_deliver(w, flow, SIDE_CLIENT, frame + 9, n, 0);
    assert_int_equal(dispatcher_conversations(w->dispatcher), 1 + EACH);
    frame[1] = (uint8_t)(n >> 8);
    frame[2] = (uint8_t)n;
    for (uint8_t i = 0; i < EACH; i++) {
        frame[8] = 2 * i + 1;
        world_deliver(w, flow, SIDE_CLIENT, frame, 9 + n, 0);
    }
    assert_int_equal(dispatcher_conversations(w->dispatcher), 1 + MOST);
    assert_int_equal(counter_values[COUNTER_TUNNELS_TOO_DEEP], EACH * EACH + EACH - MOST);
    world_deliver(w, flow, SIDE_SERVER, (const uint8_t *)SETTINGS, 9, 0);
    for (int side = 0; side < 2; side++) /* the first one's go with it */
        world_deliver(w, flow, side, (const uint8_t *)"\0\0\0\0\1\0\0\0\1", 9, 0);
    assert_int_equal(dispatcher_conversations(w->dispatcher), MOST - EACH);
    world_destroy(w);
}

/* --- bounds --- */

static struct world *open_world(size_t *flow) {
    static const uint8_t a[4] = {192, 0, 2, 1}, b[4] = {203, 0, 113, 8};
    struct world *w = world_create(&(struct dispatch_options){.conversations = 4});
    memset(counter_values, 0, COUNTER_COUNT * sizeof *counter_values);
    *flow = world_open(w, (struct endpoint){address_from_v4(a), 40000},
                       (struct endpoint){address_from_v4(b), 80});
    world_deliver(w, *flow, SIDE_CLIENT, (const uint8_t *)PREFACE SETTINGS, 24 + 9, 0);
    return w;
}

static void begin_stream(struct world *w, size_t flow, uint32_t id) {
    uint8_t frame[] = "\0\0\5\1\4\0\0\0\0\x83\x04\2/b\0\0\2\0\0\0\0\0\0hi";
    for (int i = 0; i < 4; i++)
        frame[5 + i] = frame[14 + 5 + i] = (uint8_t)(id >> (24 - 8 * i));
    world_deliver(w, flow, SIDE_CLIENT, frame, sizeof frame - 1, 0);
}

static void of_too_many_streams_the_oldest_are_cut_and_counted(void **state) {
    enum { STREAMS = 1100, MOST = 1024 };
    size_t flow;
    struct world *w = open_world(&flow);
    for (uint32_t i = 0; i < STREAMS; i++)
        begin_stream(w, flow, 2 * i + 1);
    assert_int_equal(counter_values[COUNTER_HTTP2_REQUESTS], STREAMS);
    assert_int_equal(counter_values[COUNTER_HTTP2_STREAMS_SHED], STREAMS - MOST);
    assert_true(w->transfer[0].ended && w->transfer[0].how == TRANSFER_CUT);
    world_destroy(w);
}

/* POST /b?uploadId=12, which a list of parts would follow. */
static void a_request_behind_the_end_of_its_stream_leaves_nothing_behind(void **state) {
    static const struct piece p[] = {C(PREFACE SETTINGS "\0\0\1\0\1\0\0\0\1x"),
                                     C("\0\0\x11\1\4\0\0\0\1\x83\x04\x0e/b?uploadId=12")};
    uint64_t before = protocol_memory_used(PROTOCOL_HELD);
    FOR_EACH_SPLIT(p, assert_int_equal(counter_values[COUNTER_HTTP2_REQUESTS], 1));
    assert_int_equal(protocol_memory_used(PROTOCOL_HELD), before);
}

/* Heads whose bodies do not come are kept: an entry of the table, content-disposition, referred to by each.
 */
static void what_is_kept_of_many_streams_has_a_bound(void **state) {
    enum { VALUE = 3900, STREAMS = 1000, MOST = (512 << 10) + (256 << 10) };
    static uint8_t first[9 + 4 + VALUE] = "\0\x0f\x40\1\4\0\0\0\1\x6e\x7f\xbd\x1d", /* name: entry 46 */
        field[] = "\0\0\5\1\4\0\0\0\0\x83\x04\1/\xbe";
    size_t flow;
    uint64_t before = protocol_memory_used(PROTOCOL_HELD);
    struct world *w = open_world(&flow);
    memset(first + 13, 'v', VALUE);
    world_deliver(w, flow, SIDE_CLIENT, first, sizeof first, 0);
    for (uint32_t i = 1; i < STREAMS; i++) {
        field[7] = (uint8_t)((2 * i + 1) >> 8);
        field[8] = (uint8_t)(2 * i + 1);
        world_deliver(w, flow, SIDE_CLIENT, field, sizeof field - 1, 0);
        assert_in_range(protocol_memory_used(PROTOCOL_HELD) - before, 0, MOST);
    }
    assert_int_equal(counter_values[COUNTER_HTTP2_REQUESTS], STREAMS);
    assert_int_equal(counter_values[COUNTER_HTTP2_FIELDS_BAD], 0);
    world_destroy(w);
    assert_int_equal(protocol_memory_used(PROTOCOL_HELD), before);
}

/* Streams that are open when the way is lost are told so each time. */
static void a_way_that_is_lost_again_and_again_is_given_up_where_it_costs_much(void **state) {
    static const uint8_t bad[] = "\0\0\0\4\0\0\0\0\1" SETTINGS SETTINGS;
    enum { TIMES = 400 };
    for (uint32_t streams = 2; streams <= 1000; streams += 998) {
        size_t flow;
        struct world *w = open_world(&flow);
        for (uint32_t i = 0; i < streams; i++)
            begin_stream(w, flow, 2 * i + 1);
        for (int i = 0; i < TIMES; i++)
            world_deliver(w, flow, SIDE_CLIENT, bad, sizeof bad - 1, 0);
        assert_int_equal(conversation_lost(w->flow[flow]), streams == 1000);
        begin_stream(w, flow, 2 * streams + 1);
        assert_int_equal(counter_values[COUNTER_HTTP2_REQUESTS], streams == 1000 ? streams : streams + 1);
        world_destroy(w);
    }
}

/* A table's entry of 4 KB, referred to by an octet each. */
static void a_head_that_unfolds_is_kept_within_its_bound(void **state) {
    enum { VALUE = 3900, TIMES = 8000 };
    static uint8_t frame[9 + 11 + VALUE + TIMES];
    size_t flow, n = 9;
    struct world *w = open_world(&flow);
    const uint8_t head[] = {0x83, 0x04, 2,    '/',  'b', 0x40,
                            1,    'x',  0x7f, 0xbd, 0x1d}; /* 127 + 0x3d + 0x1d * 128 */
    memcpy(frame + n, head, sizeof head);
    n += sizeof head;
    memset(frame + n, 'v', VALUE);
    n += VALUE;
    memset(frame + n, 0xbe, TIMES);
    n += TIMES;
    frame[1] = (uint8_t)((n - 9) >> 8);
    frame[2] = (uint8_t)(n - 9);
    frame[3] = 1;
    frame[4] = 5;
    frame[8] = 1;
    world_deliver(w, flow, SIDE_CLIENT, frame, n, 0);
    assert_int_equal(counter_values[COUNTER_HTTP2_HEADS_PARTLY], 1);
    assert_int_equal(counter_values[COUNTER_HTTP2_FIELDS_BAD], 0);
    assert_int_equal(counter_values[COUNTER_HTTP2_REQUESTS], 1);
    world_destroy(w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_upgrade_is_followed_and_its_answer_named_by_its_request),
        cmocka_unit_test(what_follows_an_upgrade_and_is_none_is_looked_at_as_anything),
        cmocka_unit_test(an_upgrade_that_is_refused_stays_what_it_was),
        cmocka_unit_test(behind_connect_it_is_found),
        cmocka_unit_test(what_begins_in_the_middle_of_a_stream_is_found),
        cmocka_unit_test(what_stands_behind_connect_is_read_by_its_own_protocol),
        cmocka_unit_test(a_websocket_in_a_stream_gives_its_messages),
        cmocka_unit_test(a_tunnel_that_is_refused_has_an_answer_as_any_other),
        cmocka_unit_test(a_tunnel_that_nobody_reads_makes_its_flow_one_that_is_not_read),
        cmocka_unit_test(tunnels_of_one_flow_have_a_bound_however_they_stand_in_each_other),
        cmocka_unit_test(of_too_many_streams_the_oldest_are_cut_and_counted),
        cmocka_unit_test(a_request_behind_the_end_of_its_stream_leaves_nothing_behind),
        cmocka_unit_test(what_is_kept_of_many_streams_has_a_bound),
        cmocka_unit_test(a_way_that_is_lost_again_and_again_is_given_up_where_it_costs_much),
        cmocka_unit_test(a_head_that_unfolds_is_kept_within_its_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
