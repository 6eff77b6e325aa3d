/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/websocket/websocket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "coding/coding.h"
#include "talk.h"

#include <zlib.h>

/* Frames after RFC 6455 section 5.2 and RFC 7692, behind the opening of HTTP, at every split. */

/* clang-format off */
#define OPENED C("GET /lane/4 HTTP/1.1\r\nHost: x.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"), \
    S("HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n\r\n")
/* clang-format on */

static void assert_message(const struct transfer *t, enum side from, const char *text) {
    assert_true(t->ended);
    assert_int_equal(t->how, TRANSFER_DONE);
    assert_int_equal(t->from, from);
    assert_text(&t->url, "/lane/4");
    assert_bytes(t, text);
}

static void messages_are_unmasked_and_put_together(void **state) {
    /* RFC 6455 section 5.7: "Hello" masked by 37 fa 21 3d, alone and in two fragments, with a ping between
     * them. */
    static const struct piece p[] = {OPENED,
                                     C("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"),
                                     S("\x01\3Hel\x89\5Hello\x80\2lo"),
                                     C("\x02\x83\x37\xfa\x21\x3d\x7f\x9f\x4d"),
                                     C("\x80\x82\1\2\3\4\x6d\x6d"),
                                     S("\x82\x7e\0\5Hello\x82\x7f\0\0\0\0\0\0\0\5Hello\x81\0"),
                                     C("\x88\x80\1\2\3\4")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 6);
        assert_message(&w->transfer[0], SIDE_CLIENT, "Hello");
        assert_message(&w->transfer[1], SIDE_SERVER, "Hello");
        assert_message(&w->transfer[2], SIDE_CLIENT, "Hello");
        assert_message(&w->transfer[3], SIDE_SERVER, "Hello");
        assert_message(&w->transfer[4], SIDE_SERVER, "Hello");
        assert_message(&w->transfer[5], SIDE_SERVER, "");
    });
}

static void a_gap_within_a_frame_is_told_and_the_next_message_is_whole(void **state) {
    static const struct piece p[] = {OPENED,
                                     S("\x82\x14"
                                       "abc"),
                                     GAP(SIDE_SERVER, 10), S("1234567\x82\5Hello")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 2);
        assert_int_equal(w->transfer[0].missing, 10);
        assert_bytes(&w->transfer[0], "abc1234567");
        assert_message(&w->transfer[1], SIDE_SERVER, "Hello");
    });
}

static void a_message_that_never_ends_is_cut(void **state) {
    static const struct piece p[] = {OPENED, S("\x02\5Hello")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_int_equal(w->transfer[0].how, TRANSFER_CUT);
        assert_bytes(&w->transfer[0], "Hello");
    });
}

static void what_is_no_frame_is_looked_at_as_anything(void **state) {
    static const struct piece p[] = {OPENED, C("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"),
                                     C("GET /b HTTP/1.1\r\nHost: x.example\r\n\r\n"),
                                     S("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(counter_values[COUNTER_WEBSOCKET_ODD], 1);
        assert_int_equal(w->transfers, 2);
        assert_bytes(&w->transfer[1], "abc");
    });
}

static void another_upgrade_is_no_websocket(void **state) {
    static const struct piece p[] = {C("GET / HTTP/1.1\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"),
                                     S("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n"),
                                     S("\x81\5Hello")};
    FOR_EACH_SPLIT(p, assert_ptr_not_equal(w->flow[0]->protocol, &protocol_websocket));
}

/* --- permessage-deflate --- */

static size_t make_frame(z_stream *z, const char *text, uint8_t *out) {
    uint8_t *payload = out + 2;
    z->next_in = (Bytef *)(uintptr_t)text;
    z->avail_in = (uInt)strlen(text);
    z->next_out = payload;
    z->avail_out = 200;
    assert_int_equal(deflate(z, Z_SYNC_FLUSH), Z_OK);
    size_t n = 200 - z->avail_out - 4;
    assert_true(n < 126);
    out[0] = 0xc1;
    out[1] = (uint8_t)n;
    return n + 2;
}

static void assert_inflated(bool takeover, size_t split) {
    static const struct piece opened[] = {OPENED};
    struct codings *codings =
        codings_create(&(struct codings_options){.memory = 8 << 20, .limits = {8, 64, 1 << 20, 100}});
    struct world *w = world_create(&(struct dispatch_options){.conversations = 4});
    const char *texts[] = {"a message about lane 4", "a message about lane 5",
                           "a message about lane 4 again"};
    z_stream z = {0};
    size_t flow = world_open(w, (struct endpoint){0}, (struct endpoint){0});
    w->flow[flow]->codings = codings;
    for (size_t k = 0; k < 2; k++)
        world_deliver(w, flow, opened[k].from, (const uint8_t *)opened[k].bytes, opened[k].n, split);
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
    for (size_t k = 0; k < 3; k++) {
        uint8_t frame[256];
        size_t n = make_frame(&z, texts[k], frame);
        world_deliver(w, flow, SIDE_SERVER, frame, n, split);
        if (!takeover)
            deflateReset(&z);
    }
    deflateEnd(&z);
    assert_int_equal(w->transfers, 3);
    for (size_t k = 0; k < 3; k++)
        assert_message(&w->transfer[k], SIDE_SERVER, texts[k]);
    world_destroy(w);
    codings_destroy(codings);
}

static void deflated_messages_are_inflated_with_and_without_takeover(void **state) {
    for (size_t i = 0; i < sizeof talk_splits / sizeof *talk_splits; i++) {
        assert_inflated(true, talk_splits[i]);
        assert_inflated(false, talk_splits[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_are_unmasked_and_put_together),
        cmocka_unit_test(a_gap_within_a_frame_is_told_and_the_next_message_is_whole),
        cmocka_unit_test(a_message_that_never_ends_is_cut),
        cmocka_unit_test(what_is_no_frame_is_looked_at_as_anything),
        cmocka_unit_test(another_upgrade_is_no_websocket),
        cmocka_unit_test(deflated_messages_are_inflated_with_and_without_takeover),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
