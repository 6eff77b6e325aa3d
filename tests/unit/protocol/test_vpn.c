/* SPDX-License-Identifier: Apache-2.0 */
#include "streams.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* WireGuard and OpenVPN over datagrams and streams: encrypted once both sides have said so, by lengths and
 * numbers of wireguard.com/protocol and OpenVPN's doc/doxygen. */

static struct world *w;
static struct stream packet, picture;

static void begin(uint8_t transport) {
    const struct endpoint end[2] = {0};
    w = world_create(&(struct dispatch_options){.conversations = 2});
    w->flow[0] = conversation_open(w->dispatcher, w, transport, end);
    w->wanted[0] = true;
    w->flows = 1;
    conversation_named(w->dispatcher, w->flow[0], NULL);
}

static void check(unsigned encrypted, const char *spoken) {
    conversation_decide(w->dispatcher, w->flow[0]);
    assert_int_equal(w->encrypted - w->cleared, encrypted);
    const char *said = conversation_spoken(w->flow[0]);
    assert_string_equal(said ? said : "", spoken);
    world_destroy(w);
}

static void give(enum side from) {
    conversation_datagram(w->dispatcher, w->flow[0], from, packet.p, packet.n, ++w->now);
}

static void put(const void *head, size_t head_n, size_t all) {
    packet.n = 0;
    stream_add(&packet, head, head_n);
    stream_noise(&packet, all - head_n, all);
}

static void wireguard_is_encrypted_once_its_initiation_was_answered(void **state) {
    static const uint8_t answers[2][12] = {{2, 0, 0, 0, 9, 9, 9, 9, 7, 7, 7, 1}, {3, 0, 0, 0, 7, 7, 7, 1}};
    static const size_t sizes[2] = {92, 64};
    for (unsigned i = 0; i < 2; i++) {
        begin(PROTOCOL_UDP);
        put("\1\0\0\0\7\7\7\1", 8, 148);
        give(SIDE_CLIENT);
        put(answers[i], i ? 8 : 12, sizes[i]);
        give(SIDE_SERVER);
        check(1, "wireguard");
    }
}

static void an_answer_to_another_one_or_by_the_same_side_is_none(void **state) {
    for (unsigned i = 0; i < 2; i++) {
        begin(PROTOCOL_UDP);
        put("\1\0\0\0\7\7\7\1", 8, 148);
        give(SIDE_CLIENT);
        put(i ? "\2\0\0\0\7\7\7\1\7\7\7\1" : "\2\0\0\0\7\7\7\1\7\7\7\2", 12, 92);
        give(i ? SIDE_CLIENT : SIDE_SERVER);
        check(0, "wireguard");
    }
}

static const uint8_t reset[14] = {0x38, 1, 2, 3, 4, 5, 6, 7, 8},
                     answer[26] = {0x40, 8, 7, 6, 5, 4, 3, 2, 1, 1};

static void openvpn_over_datagrams_is_encrypted_once_its_reset_was_answered(void **state) {
    begin(PROTOCOL_UDP);
    put(reset, sizeof reset, sizeof reset);
    give(SIDE_CLIENT);
    put(answer, sizeof answer, sizeof answer);
    give(SIDE_SERVER);
    check(1, "openvpn");
    for (unsigned i = 0; i < 3; i++) { /* behind a MAC of SHA-1, SHA-256, SHA-512 */
        static const size_t more[] = {28, 40, 72};
        begin(PROTOCOL_UDP);
        put(reset, 9, sizeof reset + more[i]);
        give(SIDE_CLIENT);
        put(answer, 9, sizeof answer + more[i]);
        give(SIDE_SERVER);
        check(1, "openvpn");
    }
}

static void datagrams_that_only_begin_like_it_are_not(void **state) {
    begin(PROTOCOL_UDP);
    put(reset, sizeof reset, 15);
    give(SIDE_CLIENT);
    check(0, "");
    begin(PROTOCOL_UDP);
    put(reset, sizeof reset, sizeof reset);
    give(SIDE_CLIENT);
    put("no", 2, 300);
    give(SIDE_SERVER);
    check(0, "openvpn");
}

/* --- over a stream --- */

static void say(enum side from, const void *head, size_t head_n, size_t all, size_t split) {
    put((const uint8_t[]){(uint8_t)(all >> 8), (uint8_t)all}, 2, 2);
    stream_add(&packet, head, head_n);
    stream_noise(&packet, all - head_n, all);
    world_deliver(w, 0, from, packet.p, packet.n, split);
}

static const size_t splits[] = {0, 1, 7, 333};

static void over_a_stream_its_packets_are_walked_and_it_stays_encrypted(void **state) {
    for (unsigned i = 0; i < 4; i++) {
        begin(PROTOCOL_TCP);
        say(SIDE_CLIENT, reset, sizeof reset, sizeof reset, splits[i]);
        say(SIDE_SERVER, answer, sizeof answer, sizeof answer, splits[i]);
        for (unsigned j = 0; j < 60; j++) {
            say(SIDE_CLIENT, "\x48\0\0\0", 4, 1400, splits[i]);
            say(SIDE_SERVER, "\x48\0\0\0", 4, 90 + j, splits[i]);
        }
        check(1, "openvpn");
    }
}

static void a_picture_behind_its_resets_is_a_transfer(void **state) {
    for (unsigned i = 0; i < 4; i++) {
        begin(PROTOCOL_TCP);
        picture.n = 0;
        stream_jpeg(&picture, 20000);
        say(SIDE_CLIENT, reset, sizeof reset, sizeof reset, splits[i]);
        say(SIDE_SERVER, answer, sizeof answer, sizeof answer, splits[i]);
        world_deliver(w, 0, SIDE_CLIENT, picture.p, picture.n, splits[i]);
        world_finish(w, 0, SIDE_CLIENT, true);
        assert_int_equal(w->transfers, 1);
        assert_int_equal(w->transfer[0].size, picture.n);
        check(0, "openvpn");
    }
}

static void one_whose_reset_nobody_answers_is_none(void **state) {
    begin(PROTOCOL_TCP);
    say(SIDE_CLIENT, reset, sizeof reset, sizeof reset, 0);
    world_deliver(w, 0, SIDE_SERVER, (const uint8_t *)"no such thing", 13, 0);
    check(0, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wireguard_is_encrypted_once_its_initiation_was_answered),
        cmocka_unit_test(an_answer_to_another_one_or_by_the_same_side_is_none),
        cmocka_unit_test(openvpn_over_datagrams_is_encrypted_once_its_reset_was_answered),
        cmocka_unit_test(datagrams_that_only_begin_like_it_are_not),
        cmocka_unit_test(over_a_stream_its_packets_are_walked_and_it_stays_encrypted),
        cmocka_unit_test(a_picture_behind_its_resets_is_a_transfer),
        cmocka_unit_test(one_whose_reset_nobody_answers_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
