/* SPDX-License-Identifier: Apache-2.0 */
#include "initial.h"
#include "protocol/dispatch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* A client's hello in sealed packets: whose name is told, however it is cut, as far as the bounds go. */

static char name[64]; /* of the server, as it was told last */

static void take_facts(struct conversation *c, const struct bytes *facts) {
    struct bytes host = facts[FACT_HOST];
    assert_true(host.n < sizeof name);
    memcpy(name, host.p, host.n);
    name[host.n] = '\0';
}

static void take_encrypted(struct conversation *c) {
}

static const struct endpoint nobody[2];
static const struct protocol_services services = {
    .encrypted = take_encrypted, .clear = take_encrypted, .tell = take_facts};

static struct dispatcher *dispatcher;
static struct conversation *conversation;

static void begin(void) {
    name[0] = '\0';
    dispatcher = dispatcher_create(&(struct dispatch_options){.conversations = 1}, &services);
    conversation = conversation_open(dispatcher, NULL, PROTOCOL_UDP, nobody);
}

static void check_end(const char *expected) {
    conversation_close(dispatcher, conversation);
    dispatcher_destroy(dispatcher);
    assert_string_equal(name, expected);
}

static void give(const uint8_t *datagram, size_t n) {
    conversation_datagram(dispatcher, conversation, SIDE_CLIENT, datagram, n, 1);
}

/* A ClientHello that names store.example. */
static size_t write_hello(uint8_t out[128]) {
    static const uint8_t behind[] = {0, 2,  0x13, 1,   1,   0,   0,   22,  0,   0,   0,   18,  0,   16,  0,
                                     0, 13, 's',  't', 'o', 'r', 'e', '.', 'e', 'x', 'a', 'm', 'p', 'l', 'e'};
    memset(out, 0, 128);
    out[0] = 1;
    out[3] = (uint8_t)(35 + sizeof behind);
    out[4] = out[5] = 3;
    memcpy(out + 39, behind, sizeof behind);
    return 39 + sizeof behind;
}

/* A packet that holds these octets of the hello; `id` of the connection. */
static size_t pack(uint8_t id, uint8_t number, size_t from, size_t to, uint8_t *packet) {
    uint8_t hello[128], frames[256] = {0};
    write_hello(hello);
    frames[0] = 6;
    frames[1] = 0x40;
    frames[2] = (uint8_t)from;
    frames[3] = 0x40;
    frames[4] = (uint8_t)(to - from);
    memcpy(frames + 5, hello + from, to - from);
    return initial_packet(id, false, number, bytes_of(frames, sizeof frames), packet);
}

static size_t hello_size(void) {
    uint8_t hello[128];
    return write_hello(hello);
}

static void a_hello_is_read_whole_and_in_any_order(void **state) {
    uint8_t packet[600];
    begin();
    give(packet, pack(7, 0, 0, hello_size(), packet));
    check_end("store.example");
    begin();
    give(packet, pack(7, 1, 40, hello_size(), packet));
    assert_string_equal(name, "");
    give(packet, pack(7, 0, 0, 40, packet));
    check_end("store.example");
}

/* Packets in front that open with no key hide it no more than a datagram's bound says. */
static void give_behind_damaged(unsigned damaged) {
    uint8_t datagram[8 * 400];
    size_t n = 0;
    for (unsigned i = 0; i < damaged; i++) {
        size_t more = pack(7, (uint8_t)i, 0, hello_size(), datagram + n);
        datagram[n + more - 1] ^= 1;
        n += more;
    }
    n += pack(7, 9, 0, hello_size(), datagram + n);
    give(datagram, n);
}

static void damaged_packets_cost_a_bounded_look(void **state) {
    begin();
    give_behind_damaged(3);
    check_end("store.example");
    begin();
    give_behind_damaged(4);
    check_end("");
}

/* Of another version, or with another first octet. The keys are of the client's first id. */
static size_t pack_as(uint32_t version, uint8_t first, uint8_t first_id, uint8_t id, size_t from, size_t to,
                      uint8_t *packet) {
    enum { HEAD = 15 };
    struct quic_keys k;
    uint8_t hello[128], frames[256] = {6, 0x40, (uint8_t)from, 0x40, (uint8_t)(to - from)};
    uint8_t head[HEAD] = {first, [5] = 1, id, 0, 0, 0x41, 0x14, [HEAD - 1] = 1};
    for (unsigned i = 0; i < 4; i++)
        head[1 + i] = (uint8_t)(version >> (24 - 8 * i));
    write_hello(hello);
    memcpy(frames + 5, hello + from, to - from);
    assert_true(quic_keys_derive(version, bytes_of(&first_id, 1), false, &k));
    memcpy(packet, head, HEAD);
    return initial_seal(&k, HEAD, bytes_of(frames, sizeof frames), packet);
}

/* RFC 9368 section 4. */
static void one_that_goes_over_to_another_version_is_read_on(void **state) {
    uint8_t packet[600];
    begin();
    give(packet, pack(7, 0, 0, 40, packet));
    give(packet, pack_as(0x6b3343cf, 0xd3, 7, 99, 40, hello_size(), packet));
    check_end("store.example");
}

/* RFC 9287: whoever may clear the fixed bit does so at random. */
static void one_whose_fixed_bit_is_not_set_is_read(void **state) {
    uint8_t packet[600];
    begin();
    give(packet, pack(7, 0, 0, 40, packet));
    give(packet, pack_as(1, 0x83, 7, 99, 40, hello_size(), packet));
    check_end("store.example");
    begin();
    give(packet, pack_as(1, 0x83, 7, 7, 0, hello_size(), packet));
    check_end("store.example");
}

static void a_version_that_nobody_knows_may_be_followed_by_one(void **state) {
    uint8_t packet[600], strange[1200] = {0xc3, 0x1a, 0x2a, 0x3a, 0x4a, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0};
    const uint8_t versions[] = {0xe7, 0, 0, 0, 0, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 1};
    begin();
    give(strange, sizeof strange);
    conversation_datagram(dispatcher, conversation, SIDE_SERVER, versions, sizeof versions, 1);
    give(packet, pack(7, 0, 0, hello_size(), packet));
    check_end("store.example");
}

static void one_behind_datagrams_of_anything_is_found_as_far_as_the_bound(void **state) {
    for (unsigned before = 60; before <= 70; before += 10) {
        uint8_t packet[600], media[160] = {0x80, 0x60};
        begin();
        conversation_named(dispatcher, conversation, NULL);
        for (unsigned i = 0; i < before; i++)
            give(media, sizeof media);
        give(packet, pack(7, 0, 0, hello_size(), packet));
        check_end(before < 64 ? "store.example" : "");
    }
}

/* Each second pair of octets of the hello comes as a frame of its own, then the others. */
static void a_hello_in_many_small_frames_is_read(void **state) {
    uint8_t hello[128], frames[400], packet[600];
    size_t all = write_hello(hello);
    begin();
    for (size_t odd = 2; odd-- > 0;) {
        size_t n = 0;
        for (size_t at = 2 * odd; at < all; at += 4) {
            const uint8_t frame[] = {6, 0x40, (uint8_t)at, 2, hello[at], hello[at + 1]};
            memcpy(frames + n, frame, sizeof frame);
            n += sizeof frame;
        }
        n = initial_packet(7, false, (uint8_t)odd, bytes_of(frames, n), packet);
        give(packet, n);
    }
    check_end("store.example");
}

/* After a Retry the client's packets name another id; ids are tried so often and no more. */
static void another_id_is_tried_and_not_for_ever(void **state) {
    for (unsigned wrong = 3; wrong <= 4; wrong++) {
        uint8_t packet[600];
        begin();
        for (unsigned i = 0; i < wrong; i++) {
            size_t n = pack((uint8_t)(20 + i), 0, 0, hello_size(), packet);
            packet[n - 1] ^= 1;
            give(packet, n);
        }
        give(packet, pack(7, 0, 0, hello_size(), packet));
        check_end(wrong < 4 ? "store.example" : "");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hello_is_read_whole_and_in_any_order),
        cmocka_unit_test(damaged_packets_cost_a_bounded_look),
        cmocka_unit_test(another_id_is_tried_and_not_for_ever),
        cmocka_unit_test(one_that_goes_over_to_another_version_is_read_on),
        cmocka_unit_test(one_whose_fixed_bit_is_not_set_is_read),
        cmocka_unit_test(a_version_that_nobody_knows_may_be_followed_by_one),
        cmocka_unit_test(one_behind_datagrams_of_anything_is_found_as_far_as_the_bound),
        cmocka_unit_test(a_hello_in_many_small_frames_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
